"""Facilities of an OpenStreetMap extract, by the tags that a standard names for its services."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Source, finding
from lifecircle.layers.access_points import PLACE_COLUMNS, Places
from lifecircle.layers.attributes import tag_attributes
from lifecircle.layers.facility_tables import entered_by
from lifecircle.osm.areas import carries
from lifecircle.osm.features import read_features
from lifecircle.project.tables import FacilitiesTable
from lifecircle.standards import Service, Standard

_KEYS = frozenset({"name", "source", "service", "access", "empty", "date"})


def read_osm_facilities(table: FacilitiesTable, standard: Standard, extract: Path | None) -> Places:
    """Facilities of the extract; where the table names no service, of all that have tags.

    A point inside an area of the same service with the same or no name is the same facility as the
    area (contract §4).

    Raises
    ------
    InputError
        If there is no extract, no tag to look for, or the table has keys that OSM cannot serve.
    """
    if extract is None:
        raise InputError.of("facilities.needs_extract", layer=table.name)
    services = _services(table, standard)
    tags = list(dict.fromkeys(tag for service in services for tag in service.osm))
    features = read_features(extract, tags, layer=table.name)
    matched = _by_service(features.frame, services).assign(layer=table.name, site="")
    attributes = tag_attributes(matched["tags"], standard)
    matched = matched.assign(access=entered_by(matched["service"], table, standard), **attributes)
    same = _points_in_areas(matched)
    found = list(features.findings)
    if same.any():
        found.append(
            finding(
                table.name,
                "facilities.node_in_area",
                severity="info",
                source=extract.name,
                count=int(same.sum()),
            )
        )
    places = matched.loc[~same, [*PLACE_COLUMNS, *attributes]].reset_index(drop=True)
    labels = "osm:" + features.entrances["osm"].astype("str")
    source = Source(
        table.name,
        table.source,
        date=table.date or "",
        rows_in=len(features.frame) + features.private,
        rows_used=places["facility"].nunique(),
    )
    return Places(
        frame=places,
        entrances=features.entrances[["geometry"]].assign(facility=labels),
        asked=frozenset(service.key for service in services),
        findings=tuple(found),
        sources=(source,),
    )


def _services(table: FacilitiesTable, standard: Standard) -> Sequence[Service]:
    unused = sorted(table.model_fields_set - _KEYS)
    if unused:
        keys = ", ".join(unused)
        raise InputError.of("facilities.unused_keys", layer=table.name, keys=keys)
    # what has no limit is only read where somebody asks for it
    offered = standard.services if table.service is None else standard.offered
    wanted = [s for s in offered if s.osm and table.service in (None, s.key)]
    if not wanted:
        service = table.service or ", ".join(standard.keys)
        values = {"layer": table.name, "standard": standard.key, "service": service}
        raise InputError.of("facilities.no_tags", **values)
    return wanted


def _by_service(features: gpd.GeoDataFrame, services: Sequence[Service]) -> gpd.GeoDataFrame:
    """The features once for each service whose tags they carry."""
    matches = [
        features[_carry(features["tags"], service)].assign(service=service.key)
        for service in services
    ]
    matched = gpd.GeoDataFrame(pd.concat(matches, ignore_index=True), crs=features.crs)
    labels = "osm:" + matched["osm"].astype("str")
    return matched.assign(facility=labels, capacity=np.nan)


def _carry(tags: pd.Series, service: Service) -> npt.NDArray[np.bool_]:
    """Which of the features are facilities of the service."""
    return np.array([carries(each, service.osm) for each in tags], dtype=bool)


def _points_in_areas(matched: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Which points lie in an area of their service that bears their name, or have no name."""
    point = (matched.geom_type == "Point").to_numpy()
    points, areas = matched[point], matched[~point]
    inner, outer = shapely.STRtree(areas.geometry.to_numpy()).query(
        points.geometry.to_numpy(), predicate="intersects"
    )
    name, service = points["name"].to_numpy()[inner], points["service"].to_numpy()[inner]
    alike = (name == "") | (name == areas["name"].to_numpy()[outer])
    alike &= service == areas["service"].to_numpy()[outer]
    same = np.zeros(len(matched), dtype=bool)
    same[np.flatnonzero(point)[inner[alike]]] = True
    return same
