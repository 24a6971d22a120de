"""Streets from a file of any known kind, as a network."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj

from lifecircle.crs import metric_crs
from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, Source
from lifecircle.graphs import read_graphml, streets_from_graph
from lifecircle.lines import load_line_streets
from lifecircle.network import Segments, StreetNetwork, network_findings, street_network, with_rim
from lifecircle.osm.extract import is_extract
from lifecircle.osm.streets import read_osm_streets
from lifecircle.project.schema import checked
from lifecircle.project.tables import LayerTable, NetworkTable
from lifecircle.readers.files import existing_file, sha256
from lifecircle.readers.layer import read_layer


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A street network, what was found in it, and where it came from."""

    network: StreetNetwork
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


def load_network(table: NetworkTable, *, crs: pyproj.CRS | None = None) -> LoadedNetwork:
    """The streets that a `[network]` table names, with their rim.

    Parameters
    ----------
    crs
        The metric system to work in; by default the one nearest the middle of the streets.

    Raises
    ------
    InputError
        If the file is missing, broken, of an unknown kind, or holds no street.
    """
    streets, box, findings, source = _read(table)
    if crs is None:
        middle = (float(np.median(streets.lon)), float(np.median(streets.lat)))
        crs = metric_crs("auto", *middle)
    network = street_network(streets, crs=crs, speed_kmh=table.speed_kmh)
    extent = _extent(table)
    outline = extent.frame.union_all() if extent else None
    network = with_rim(network, box=box, extent=outline)
    found = network_findings(
        network, source=Path(table.source).name, min_component_m=table.min_component_m
    )
    source = dataclasses.replace(source, rows_used=len(network.u))
    further, sources = (extent.findings, extent.sources) if extent else ((), ())
    return LoadedNetwork(network, (*findings, *further, *found), (source, *sources))


def read_network(source: str | Path, **keys: object) -> StreetNetwork:
    """The street network in a file: an OSM extract, an OSMnx GraphML or a line layer.

    Parameters
    ----------
    keys
        Any key of the `[network]` table of a project file, such as `speed_kmh` or `ways`.

    Raises
    ------
    InputError
        As `load_network`.
    """
    table = checked(NetworkTable, {"source": str(source), **keys}, "read_network")
    return load_network(table).network


def _read(
    table: NetworkTable,
) -> tuple[Segments, tuple[float, float, float, float] | None, tuple[Finding, ...], Source]:
    """Segments, the header's box if there is one, findings and source, by the file's suffix."""
    path = Path(table.source)
    meaningless = sorted({"where", "encoding", "layer", "crs"} & table.model_fields_set)
    if meaningless and (is_extract(path) or path.suffix.lower() == ".graphml"):
        keys = ", ".join(meaningless)
        raise InputError.of("network.unused_keys", source=path.name, keys=keys)
    if is_extract(path):
        osm = read_osm_streets(path, ways=table.ways)
        return osm, osm.box, osm.findings, _source(table, path, len(osm.u), osm.date)
    if path.suffix.lower() == ".graphml":
        graph = streets_from_graph(read_graphml(path))
        return graph, None, (), _source(table, path, len(graph.u))
    lines = load_line_streets(table)
    return lines.streets, None, lines.findings, lines.sources[0]


def _source(table: NetworkTable, path: Path, rows: int, date: str = "") -> Source:
    return Source("network", table.source, sha256(path), table.date or date, rows, rows)


def _extent(table: NetworkTable) -> Layer | None:
    """The polygons inside which the street data are complete, if the user gave one."""
    if table.extent is None:
        return None
    existing_file(table.extent, layer="network")
    return read_layer(LayerTable(source=table.extent), layer="network extent")
