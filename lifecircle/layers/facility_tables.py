"""Facilities as a table of coordinates or a layer gives them: points stay points, areas areas."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.geodesy import WGS84
from lifecircle.layers.access_points import PLACE_COLUMNS, Places, no_entrances
from lifecircle.layers.attributes import column_attributes
from lifecircle.layers.classification import services_of
from lifecircle.layers.outlines import repaired
from lifecircle.messages import some
from lifecircle.project.tables import FacilitiesTable
from lifecircle.readers.layer import drop_missing_geometry, read_layer
from lifecircle.readers.quantities import codes, column, numbers
from lifecircle.standards import Standard

_NAME_COLUMNS = ("name", "名称")


def read_facility_table(table: FacilitiesTable, standard: Standard) -> Places:
    """Facilities of a table of coordinates or a layer of points and areas.

    Raises
    ------
    InputError
        If a service is missing, unknown to the standard or not to be told from another, an id is
        missing, a capacity negative, or a row is neither point nor area.
    """
    source = Path(table.source).name
    read = read_layer(table, layer=table.name)
    read = drop_missing_geometry(read, layer=table.name, source=source)
    frame, found = _whole(read.frame, table, source)
    services, left_out = services_of(frame, table, standard, source)
    offering = services.str.len() > 0
    dropped = frame.loc[~offering, "row"].nunique()
    frame = frame[offering]
    attributes = column_attributes(frame, standard)
    described = _described(frame, table, source).assign(service=services, **attributes)
    # of a frame without rows, explode makes one of nothing
    described = described.explode("service").dropna(subset="service").reset_index(drop=True)
    described["access"] = entered_by(described["service"], table, standard)
    asked = frozenset(_named_services(table)) | frozenset(described["service"])
    found = (*read.findings, *found, *left_out, *_doubts(described, table.name, source))
    places = gpd.GeoDataFrame(described[[*PLACE_COLUMNS, *attributes]], crs=WGS84)
    columns = tuple(str(name) for name in frame.columns if name not in ("row", "geometry"))
    sources = tuple(
        dataclasses.replace(each, rows_used=each.rows_used - dropped) for each in read.sources
    )
    return Places(places, no_entrances(), asked, found, sources, columns)


def _whole(
    frame: gpd.GeoDataFrame, table: FacilitiesTable, source: str
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Points of multipoints one by one, and valid areas; the column `row` names them."""
    frame = frame.explode(index_parts=False, ignore_index=True) if _has_multipoint(frame) else frame
    point = frame.geom_type == "Point"
    areas, found = repaired(frame[~point], ids="row", layer=table.name, source=source)
    whole = pd.concat([frame[point], areas]).sort_index()
    return gpd.GeoDataFrame(whole, crs=WGS84), found


def _has_multipoint(frame: gpd.GeoDataFrame) -> bool:
    return bool((frame.geom_type == "MultiPoint").any())


def _described(frame: gpd.GeoDataFrame, table: FacilitiesTable, source: str) -> gpd.GeoDataFrame:
    """The table's rows under the names we use, with their `row`."""

    def text(name: str | None) -> pd.Series[str]:
        if name is None:
            return pd.Series("", index=frame.index, dtype="str")
        return codes(column(frame, name, layer=table.name, source=source))

    ids = frame["row"] if table.id is None else text(table.id)
    if (ids == "").any():
        raise _rows_error("facilities.id_missing", frame[ids == ""], table, table.id, source)
    title = table.title or next((name for name in _NAME_COLUMNS if name in frame.columns), None)
    described = {
        "facility": table.name + ":" + ids,
        "name": text(title),
        "layer": table.name,
        "site": text(table.site),
        "capacity": _capacity(frame, table, source),
        "row": frame["row"],
    }
    return gpd.GeoDataFrame(described, geometry=frame.geometry)


def _capacity(frame: gpd.GeoDataFrame, table: FacilitiesTable, source: str) -> pd.Series[float]:
    if table.capacity is None:
        return pd.Series(np.nan, index=frame.index)
    capacity = numbers(frame, table.capacity, layer=table.name, source=source)
    if (capacity < 0).any():
        faulty = frame[capacity < 0]
        raise _rows_error("facilities.capacity_negative", faulty, table, table.capacity, source)
    return capacity


def _rows_error(
    code: str, faulty: pd.DataFrame, table: FacilitiesTable, column: str | None, source: str
) -> InputError:
    rows = faulty["row"].tolist()
    where = {"layer": table.name, "source": source, "column": column}
    return InputError.of(code, count=len(rows), rows=some(rows), **where)


def _named_services(table: FacilitiesTable) -> list[str]:
    """The services that the project file itself names for this table."""
    named = [table.service or "", *table.map.values()]
    return [key.strip() for keys in named for key in keys.split(";") if key.strip()]


def entered_by(
    services: pd.Series[str], table: FacilitiesTable, standard: Standard
) -> pd.Series[str]:
    """How an area of each service is entered: as the table says, else as the standard does."""
    if table.access != "auto":
        return pd.Series(table.access, index=services.index, dtype="str")
    return services.map({service.key: service.access for service in standard.offered})


def _doubts(described: pd.DataFrame, layer: str, source: str) -> list[Finding]:
    """Rows of one facility that disagree on its name, and rows that repeat another facility."""
    found = []
    named = described[described["name"] != ""].groupby("facility")["name"].nunique()
    differing = named.index[named > 1]
    if len(differing):
        ids = some([label.removeprefix(f"{layer}:") for label in differing])
        found.append(finding(layer, "facilities.names_differ", source=source, ids=ids))
    repeated = described.assign(place=shapely.to_wkb(described["geometry"].to_numpy()))
    repeated = repeated.drop_duplicates(["facility", "service", "place"])
    double = repeated[repeated.duplicated(["place", "service", "name"])]
    if len(double):
        found.append(
            finding(
                layer,
                "facilities.duplicates",
                severity="info",
                source=source,
                row=some(double["row"].tolist()),
                count=len(double),
            )
        )
    return found
