"""Facilities: the places that offer services, as the access points by which they are entered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Layer, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.access_points import Places, enter
from lifecircle.layers.attributes import attribute_faults, attribute_findings, attributes_of
from lifecircle.layers.facility_osm import read_osm_facilities
from lifecircle.layers.facility_tables import read_facility_table
from lifecircle.layers.zones import OUTSIDE, assign_zones
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import FacilitiesTable
from lifecircle.standards import Standard


@dataclass(frozen=True, eq=False)
class Facilities:
    """The checked facilities and the services that have a rate.

    A service that is not `given` is `no data`: no table was given for it, or the OSM extract holds
    none. A service that is given without facilities (`empty = true`) has the rate 0.
    """

    layer: Layer
    given: frozenset[str]


def load_facilities(
    tables: Sequence[FacilitiesTable],
    standard: Standard,
    *,
    zones: gpd.GeoDataFrame,
    network: StreetNetwork,
    extract: Path | None = None,
) -> Facilities:
    """Access points of all facilities of all tables.

    Parameters
    ----------
    zones
        Polygons in EPSG:4326; facilities outside are counted, and used.
    network
        The streets, whose crossings with an area's outline are its entrances where none are known.
    extract
        The network's OSM extract, for `source = "osm"`.

    Returns
    -------
        A layer of points in EPSG:4326, one row per access point and service: `facility` (shared by
        its entrances), `service`, `name`, `layer`, `site`, `capacity` (NaN unknown), and the
        attributes that the standard's rules of presence ask for.

    Raises
    ------
    InputError
        If a table yields no facility without `empty = true`, or holds what the readers refuse, or
        a rule of presence asks for a column that no table has.
    """
    read = [_read(table, standard, extract) for table in tables]
    by_table = list(zip(tables, read, strict=True))
    faults = attribute_faults(standard, by_table)
    if faults:
        raise InputError(*faults)
    entered = [enter(places, network) for places in read]
    frame = _united(entered)
    given = frozenset(frame["service"]) | _meant_empty(tables, read)
    asked_of_osm = [places.asked for table, places in by_table if table.source == "osm"]
    absent = frozenset[str]().union(*asked_of_osm) - given
    found = (
        *(found for places in read for found in places.findings),
        *_absent(absent, standard),
        *attribute_findings(standard, by_table, frame),
        *_outside(frame, zones),
    )
    sources = tuple(source for places in read for source in places.sources)
    return Facilities(Layer(frame, found, sources), given)


def _read(table: FacilitiesTable, standard: Standard, extract: Path | None) -> Places:
    if table.source == "osm":
        return read_osm_facilities(table, standard, extract)
    places = read_facility_table(table, standard)
    if places.frame.empty and not table.empty:
        source = Path(table.source).name
        raise InputError.of("facilities.none", layer=table.name, source=source)
    return places


def _meant_empty(tables: Sequence[FacilitiesTable], read: Sequence[Places]) -> frozenset[str]:
    """Services of tables that say `empty = true`."""
    empty = [places.asked for table, places in zip(tables, read, strict=True) if table.empty]
    return frozenset[str]().union(*empty)


def _united(entered: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """All access points, none twice; what is known of a facility holds for all its entrances."""
    columns = {
        "facility": "str",
        "service": "str",
        "name": "str",
        "layer": "str",
        "site": "str",
        "capacity": "float64",
    }
    none = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=WGS84)
    frame = pd.concat(entered, ignore_index=True) if entered else none
    attributes = attributes_of(frame)
    columns |= dict.fromkeys(attributes, "str")
    # A table that lacks a column of another says nothing of it.
    frame = frame.assign(**{name: frame[name].fillna("") for name in attributes}).astype(columns)
    frame = frame[~frame.duplicated(["facility", "service", "geometry"])].reset_index(drop=True)
    texts = ["name", "site", *attributes]
    known = frame[[*texts, "capacity"]].replace("", np.nan).groupby(frame["facility"])
    first = known.transform("first").fillna(dict.fromkeys(texts, ""))
    return frame.assign(**{name: first[name].astype(columns[name]) for name in first})


def _absent(services: frozenset[str], standard: Standard) -> list[Finding]:
    """That OSM knows no facility of a service."""
    return [
        finding(
            "facilities",
            "facilities.absent_in_osm",
            source="osm",
            service=service.name_en,
            service_zh=service.name_zh,
            key=service.key,
            tags=", ".join(service.osm),
        )
        for service in standard.offered
        if service.key in services
    ]


def _outside(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[Finding]:
    """How many facilities have no access point inside a zone."""
    inside = frame.loc[assign_zones(frame, zones) != OUTSIDE, "facility"].nunique()
    total = frame["facility"].nunique()
    if inside == total:
        return []
    values = {"count": total - inside, "total": total}
    return [finding("facilities", "facilities.outside", severity="info", **values)]
