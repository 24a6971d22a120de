"""Streets from a file of any known kind, as the network of a mode."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj

from lifecircle.crs import metric_crs
from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, Source, finding
from lifecircle.graphs import read_graphml, streets_from_graph
from lifecircle.lines import load_line_streets
from lifecircle.modes import Mode, factors, mode_of
from lifecircle.network import Bools, Segments, StreetNetwork, Streets, street_network
from lifecircle.osm.extract import is_extract
from lifecircle.osm.streets import read_osm_streets
from lifecircle.osm.ways import is_street
from lifecircle.project.schema import checked
from lifecircle.project.tables import LayerTable, NetworkTable
from lifecircle.readers.files import existing_file, sha256
from lifecircle.readers.layer import read_layer
from lifecircle.rim import with_rim
from lifecircle.slope import heights, slope_finding, with_slope


@dataclass(frozen=True, eq=False)
class LoadedNetwork:
    """A street network, what was found in it, and where it came from."""

    network: StreetNetwork
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, eq=False)
class _Read:
    """Segments of a file, the header's box if there is one, findings and source."""

    streets: Segments
    box: tuple[float, float, float, float] | None
    findings: tuple[Finding, ...]
    source: Source


def load_network(
    table: NetworkTable, *, crs: pyproj.CRS | None = None, mode: Mode | None = None
) -> LoadedNetwork:
    """The streets that a `[network]` table names, as a mode gets along them, with their rim.

    Parameters
    ----------
    crs
        The metric system to work in; by default the one nearest the middle of the streets.
    mode
        By default the table's own; see `lifecircle.modes.mode_of`.

    Raises
    ------
    InputError
        If the file is missing, broken, of an unknown kind, or holds no street for the mode.
    """
    mode = mode_of(table, table.mode) if mode is None else mode
    layer = "network" if mode.key == table.mode else f"network ({mode.key})"
    read = _read(table, mode, layer)
    streets = read.streets
    if crs is None:
        middle = (float(np.median(streets.lon)), float(np.median(streets.lat)))
        crs = metric_crs("auto", *middle)
    forward, backward = factors(mode, streets.highway, streets.oneway)
    network = street_network(
        streets, crs=crs, speed_kmh=mode.speed_kmh, forward=forward, backward=backward
    )
    extent = _extent(table)
    network = with_rim(network, box=read.box, extent=extent.frame.union_all() if extent else None)
    found = network_findings(
        network,
        source=Path(table.source).name,
        min_component_m=table.min_component_m,
        layer=layer,
    )
    sources = [dataclasses.replace(read.source, rows_used=len(network.u))]
    if extent:
        found = (*extent.findings, *found)
        sources += extent.sources
    if table.elevation is not None and mode.kind == "walk":
        network, steep, source = _on_ground(network, table.elevation, layer)
        found, sources = (*found, steep), [*sources, source]
    return LoadedNetwork(network, (*read.findings, *found), tuple(sources))


def read_network(source: str | Path, **keys: object) -> StreetNetwork:
    """The street network in a file: an OSM extract, an OSMnx GraphML or a line layer.

    Parameters
    ----------
    keys
        Any key of the `[network]` table of a project file, such as `speed_kmh` or `ways`;
        `mode="cycle"` or `"drive"` for another way to get about.

    Raises
    ------
    InputError
        As `load_network`.
    """
    table = checked(NetworkTable, {"source": str(source), **keys}, "read_network")
    return load_network(table).network


def _read(table: NetworkTable, mode: Mode, layer: str) -> _Read:
    """The streets that are open to the mode, by the file's suffix."""
    path = Path(table.source)
    meaningless = sorted({"where", "encoding", "layer", "crs"} & table.model_fields_set)
    if meaningless and (is_extract(path) or path.suffix.lower() == ".graphml"):
        keys = ", ".join(meaningless)
        raise InputError.of("network.unused_keys", source=path.name, keys=keys)
    if is_extract(path):
        ways = table.ways if mode.kind == "walk" else mode.kind
        osm = read_osm_streets(path, ways=ways, layer=layer)
        return _Read(osm, osm.box, osm.findings, _source(table, path, len(osm.u), osm.date))
    if path.suffix.lower() == ".graphml":
        graph = streets_from_graph(read_graphml(path))
        read = _Read(graph, None, (), _source(table, path, len(graph.u)))
        return _open_to(mode, read, graph, layer)
    lines = load_line_streets(table, kind=mode.kind)
    read = _Read(lines.streets, None, lines.findings, lines.sources[0])
    return _open_to(mode, read, lines.streets, layer)


def _open_to(mode: Mode, read: _Read, streets: Streets, layer: str) -> _Read:
    """Of streets that are no OSM extract those that their `highway` opens to the mode.

    A layer of streets for walkers is walked as it is. For others, what the file does not say is
    taken for open both ways, and said.
    """
    if mode.kind == "walk":
        return read
    name, key = Path(read.source.source).name, mode.key
    found = list(read.findings)
    if streets.oneway is None and mode.kind == "drive":
        found.append(finding(layer, "modes.no_directions", source=name, mode=key))
    if streets.highway is None:
        speed_kmh = mode.speed_kmh
        found.append(finding(layer, "modes.no_highway", source=name, mode=key, speed_kmh=speed_kmh))
        return dataclasses.replace(read, findings=tuple(found))
    classes = streets.highway.categories
    ways = mode.kind
    closed = [not is_street({"highway": str(each)}, ways) for each in classes]
    # code -1, a street of no class, reads the last
    kept = ~np.array([*closed, False])[streets.highway.codes]
    if not kept.any():
        raise InputError.of("modes.no_street", source=name, mode=key)
    return dataclasses.replace(read, streets=_some(streets, kept), findings=tuple(found))


def _some(streets: Streets, kept: Bools) -> Streets:
    """Some segments of the streets; nodes on none of them are left out."""
    ends = np.concatenate([streets.u[kept], streets.v[kept]])
    node, position = np.unique(ends, return_inverse=True)
    u, v = position.reshape(2, -1)
    return Streets(
        streets.lon[node],
        streets.lat[node],
        u,
        v,
        streets.steps[kept],
        streets.tunnel[kept],
        barred=None if streets.barred is None else streets.barred[kept],
        oneway=None if streets.oneway is None else streets.oneway[kept],
        highway=None if streets.highway is None else streets.highway[kept],
    )


def _source(table: NetworkTable, path: Path, rows: int, date: str = "") -> Source:
    return Source("network", table.source, sha256(path), table.date or date, rows, rows)


def _extent(table: NetworkTable) -> Layer | None:
    """The polygons inside which the street data are complete, if the user gave one."""
    if table.extent is None:
        return None
    existing_file(table.extent, layer="network")
    return read_layer(LayerTable(source=table.extent), layer="network extent")


def _on_ground(
    network: StreetNetwork, elevation: str, layer: str
) -> tuple[StreetNetwork, Finding, Source]:
    """The network slowed by the slopes of a raster, what to know of them, and the raster."""
    path = Path(elevation)
    height_m = heights(network, path)
    sloped = with_slope(network, height_m)
    rows = len(network.lon)
    source = Source("network elevation", elevation, sha256(path), "", rows, rows)
    return sloped, slope_finding(sloped, height_m, source=path.name, layer=layer), source


def network_findings(
    network: StreetNetwork, *, source: str, min_component_m: float, layer: str = "network"
) -> tuple[Finding, ...]:
    """What a reader of the report should know of the streets: how many, in how many pieces."""
    found = [
        finding(
            layer,
            "network.streets",
            severity="info",
            source=source,
            edges=len(network.u),
            km=network.length_m.sum() / 1000,
            steps_km=network.length_m[network.steps].sum() / 1000,
        )
    ]
    small = network.component_m < min_component_m
    small[0] = False
    if len(network.component_m) > 1:
        found.append(
            finding(
                layer,
                "network.components",
                severity="warning" if small.any() else "info",
                source=source,
                count=len(network.component_m),
                largest_km=network.component_m[0] / 1000,
                small=int(small.sum()),
                small_km=network.component_m[small].sum() / 1000,
                limit_m=min_component_m,
            )
        )
    return tuple(found)
