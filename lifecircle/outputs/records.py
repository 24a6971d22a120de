"""The tables of a run as files, and back: coverage, minutes of every demand place, findings.

Every `write_` has a `read_` that gives the same table back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.definitions import Definition
from lifecircle.findings import Finding, findings_table
from lifecircle.geodesy import WGS84, lonlat
from lifecircle.outputs.columns import number_columns
from lifecircle.outputs.csv_tables import read_csv, write_csv
from lifecircle.travel import TravelTime

COVERAGE = "coverage.csv"
FINDINGS = "findings.csv"
TRAVEL_TIME = "travel_time.parquet"

LAYERS = "layers"
"""Key of `DataFrame.attrs` under which a record says how each of its demand layers was measured."""

_SUFFIXES = {"network": "", "radius": "__radius"}
_PLACE_COLUMNS = ["demand", "id", "zone", "lon", "lat", "weight"]
# What a demand layer may carry besides its groups: its geometry and its place on the streets.
_NO_GROUPS = {
    "id", "zone", "weight", "geometry", "row",
    "edge", "fraction", "distance_m", "street_lon", "street_lat", "moved",
}  # fmt: skip


def write_coverage(coverage: pd.DataFrame, path: Path) -> None:
    """Write `coverage.csv`: the same bytes for the same table, numbers at full precision."""
    write_csv(coverage, path)


def read_coverage(path: Path) -> pd.DataFrame:
    """The table that `write_coverage` wrote; codes are text, empty numbers `NaN`."""
    return read_csv(path, numbers=number_columns(COVERAGE))


def write_findings(findings: Iterable[Finding], path: Path, language: str) -> None:
    """Write `findings.csv`, worded in `language`."""
    write_csv(findings_table(findings, language), path)


def read_findings(path: Path) -> pd.DataFrame:
    """The table that `write_findings` wrote, all text."""
    return read_csv(path)


def travel_time_record(
    demands: Mapping[str, gpd.GeoDataFrame],
    travel_times: Mapping[str, TravelTime],
    definitions: Sequence[Definition],
) -> pd.DataFrame:
    """One row per demand place: who is there, and how long it takes to every service.

    Definitions of one demand layer with the same metric share their minutes (other speeds and
    groups are read off the same table), so the first of them is recorded.

    Parameters
    ----------
    demands
        Demand places by the name of their layer.
    travel_times
        Minutes by the key of the definition.

    Returns
    -------
        The contract's columns, then minutes to the rim and what is cut off. Speeds and search
        limits stand in `attrs`.
    """
    measured = {name: _measured(name, travel_times, definitions) for name in demands}
    layouts = _layouts(measured)
    groups = list(dict.fromkeys(g for frame in demands.values() for g in _groups(frame)))
    parts = [
        _places(name, demand, groups, layouts, measured[name]) for name, demand in demands.items()
    ]
    record = pd.concat(parts, ignore_index=True)[_column_order(groups, layouts)]
    record.attrs = {
        LAYERS: {name: _about(demand, measured[name]) for name, demand in demands.items()}
    }
    return record


def write_travel_time(record: pd.DataFrame, path: Path) -> None:
    """Write `travel_time.parquet`."""
    record.to_parquet(path, index=False, compression="zstd")


def read_travel_time(path: Path) -> pd.DataFrame:
    """The record that `write_travel_time` wrote, `inf` and `NaN` included."""
    return pd.read_parquet(path)


def demands_of(record: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """The demand layers of a record: `id`, `zone`, `weight`, groups and points."""
    layers = {}
    for name, about in record.attrs[LAYERS].items():
        rows = record[record["demand"] == name].reset_index(drop=True)
        columns = rows[["id", "zone", "weight", *about["groups"]]]
        columns.attrs = {}
        points = gpd.points_from_xy(rows["lon"], rows["lat"])
        layers[name] = gpd.GeoDataFrame(columns, geometry=points, crs=WGS84)
    return layers


def travel_times_of(record: pd.DataFrame) -> dict[tuple[str, str], TravelTime]:
    """The minutes of a record by demand layer and metric (`network` or `radius`)."""
    return {
        (name, metric): _travel_time(record[record["demand"] == name], metric, about[metric])
        for name, about in record.attrs[LAYERS].items()
        for metric in _SUFFIXES
        if metric in about
    }


def _measured(
    name: str, travel_times: Mapping[str, TravelTime], definitions: Sequence[Definition]
) -> dict[str, TravelTime]:
    """By metric, the minutes of a demand layer's first definition."""
    first: dict[str, TravelTime] = {}
    for definition in definitions:
        if definition.demand == name:
            first.setdefault(definition.metric, travel_times[definition.key])
    return first


def _about(demand: gpd.GeoDataFrame, measured: Mapping[str, TravelTime]) -> dict[str, Any]:
    """What the columns cannot say of a demand layer."""
    metrics = {
        metric: {
            "speed_kmh": taken.speed_kmh,
            "search_minutes": taken.search_minutes if math.isfinite(taken.search_minutes) else None,
            "services": list(taken.minutes.columns),
        }
        for metric, taken in measured.items()
    }
    return {"groups": _groups(demand), **metrics}


def _layouts(measured: Mapping[str, Mapping[str, TravelTime]]) -> dict[str, list[str]]:
    """By metric, the services that any demand layer was measured for."""
    layouts: dict[str, dict[str, None]] = {metric: {} for metric in _SUFFIXES}
    for by_metric in measured.values():
        for metric, taken in by_metric.items():
            layouts[metric].update(dict.fromkeys(taken.minutes.columns))
    return {metric: list(services) for metric, services in layouts.items()}


def _groups(demand: gpd.GeoDataFrame) -> list[str]:
    return [column for column in demand.columns if column not in _NO_GROUPS]


def _column_order(groups: list[str], layouts: Mapping[str, list[str]]) -> list[str]:
    """As the contract orders them, with our additions on the right."""
    nearest = [
        f"{kind}_{service}{suffix}"
        for metric, suffix in _SUFFIXES.items()
        for service in layouts[metric]
        for kind in ("min", "facility")
    ]
    cut_off = [f"cut_off_{service}" for service in layouts["network"]]
    return [*_PLACE_COLUMNS, "access_m", *groups, *nearest, "min_rim", *cut_off]


def _places(
    name: str,
    demand: gpd.GeoDataFrame,
    groups: list[str],
    layouts: Mapping[str, list[str]],
    measured: Mapping[str, TravelTime],
) -> pd.DataFrame:
    """The rows of one demand layer, with every column that any layer has."""
    lon, lat = lonlat(demand)
    part = pd.DataFrame({"demand": name, "id": demand["id"], "zone": demand["zone"]}, dtype="str")
    part = part.assign(lon=lon, lat=lat, weight=demand["weight"].to_numpy(float))
    part = part.assign(
        **{group: demand[group].astype(float) if group in demand else np.nan for group in groups}
    )
    nearest = [
        _nearest(measured.get(metric), layouts[metric], demand.index).add_suffix(suffix)
        for metric, suffix in _SUFFIXES.items()
    ]
    streets = _along_streets(measured.get("network"), layouts["network"], demand.index)
    return pd.concat([part, *nearest, streets], axis="columns")


def _nearest(taken: TravelTime | None, services: list[str], places: pd.Index[int]) -> pd.DataFrame:
    """Minutes and facilities; `NaN` and "" where the layer was not measured for a service."""
    if taken is None:
        minutes = pd.DataFrame(np.nan, places, services)
        facility = pd.DataFrame("", places, services, dtype="str")
    else:
        minutes = taken.minutes.reindex(columns=services)
        facility = taken.facility.reindex(columns=services, fill_value="")
    return minutes.add_prefix("min_").join(facility.add_prefix("facility_"))


def _along_streets(
    taken: TravelTime | None, services: list[str], places: pd.Index[int]
) -> pd.DataFrame:
    """What only streets have: access legs, a rim, pieces without a facility."""
    if taken is None:
        legs = pd.DataFrame(np.nan, places, ["access_m", "min_rim"])
        cut_off = pd.DataFrame(False, places, services)
    else:
        legs = pd.DataFrame({"access_m": taken.access_m, "min_rim": taken.rim})
        cut_off = taken.cut_off.reindex(columns=services, fill_value=False)
    return legs.join(cut_off.add_prefix("cut_off_"))


def _travel_time(rows: pd.DataFrame, metric: str, about: Mapping[str, Any]) -> TravelTime:
    """The minutes of one demand layer, as they were before writing."""
    services, suffix, straight = about["services"], _SUFFIXES[metric], metric == "radius"
    rows = rows.reset_index(drop=True)
    rows.attrs = {}

    def per_service(kind: str) -> pd.DataFrame:
        columns = [f"{kind}_{service}{suffix}" for service in services]
        return rows[columns].set_axis(services, axis="columns")

    return TravelTime(
        minutes=per_service("min"),
        facility=per_service("facility"),
        # A straight line needs no street: nothing is unsnapped, cut off or near a rim.
        access_m=pd.Series(0.0, rows.index) if straight else rows["access_m"].rename("distance_m"),
        rim=pd.Series(np.inf, rows.index) if straight else rows["min_rim"].rename(None),
        cut_off=pd.DataFrame(False, rows.index, services) if straight else per_service("cut_off"),
        speed_kmh=about["speed_kmh"],
        search_minutes=math.inf if about["search_minutes"] is None else about["search_minutes"],
    )
