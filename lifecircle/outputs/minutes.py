"""`travel_time.parquet`: who is where, and how long it takes to every service, by every method.

Of a demand layer, the main columns are those of its first definition; minutes by another mode, in a
straight line or without steps have the method as a suffix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.applied import base_method
from lifecircle.definitions import RADIUS, STEPFREE, Definition
from lifecircle.geodesy import WGS84, lonlat
from lifecircle.travel import TravelTime

TRAVEL_TIME = "travel_time.parquet"

LAYERS = "layers"
"""Key of `DataFrame.attrs` under which a record says how each of its demand layers was measured."""

APPLIED = "applied"
"""Method of minutes put together from several: those that the main definition applies."""

_PLACE_COLUMNS = ["demand", "id", "zone", "lon", "lat", "weight"]
# What a demand layer may carry besides its groups: its geometry and its place on the streets.
_NO_GROUPS = {
    "id", "zone", "weight", "geometry", "row", "kind",
    "edge", "fraction", "distance_m", "street_lon", "street_lat", "moved",
}  # fmt: skip

Measured = Mapping[str, TravelTime]


@dataclass(frozen=True)
class _Layout:
    """The columns of one method: its suffix, and the services it was measured for."""

    suffix: str
    services: tuple[str, ...]
    straight: bool


def travel_time_record(
    demands: Mapping[str, gpd.GeoDataFrame],
    measured: Mapping[str, Measured],
    applied: Mapping[str, TravelTime],
    definitions: Sequence[Definition],
) -> pd.DataFrame:
    """One row per demand place: who is there, and how long it takes to every service.

    Parameters
    ----------
    demands
        Demand places by the name of their layer.
    measured
        Minutes by layer and method.
    applied
        Minutes by the key of the definition that applies them.

    Returns
    -------
        The contract's columns, then minutes to the rim and what is cut off. Speeds and search
        limits stand in `attrs`.
    """
    recorded = {
        name: _recorded(name, measured.get(name, {}), applied, definitions) for name in demands
    }
    layouts = _layouts(recorded)
    groups = list(dict.fromkeys(g for frame in demands.values() for g in _groups(frame)))
    kinds = ["kind"] if any("kind" in frame for frame in demands.values()) else []
    parts = [
        _places(name, demand, groups, layouts, recorded[name]) for name, demand in demands.items()
    ]
    record = pd.concat(parts, ignore_index=True)[_column_order(groups, layouts, kinds)]
    record.attrs = {
        LAYERS: {name: _about(demand, recorded[name]) for name, demand in demands.items()}
    }
    return record


def write_travel_time(record: pd.DataFrame, path: Path) -> None:
    """Write `travel_time.parquet`."""
    record.to_parquet(path, index=False, compression="zstd")


def read_travel_time(path: Path) -> pd.DataFrame:
    """The record that `write_travel_time` wrote, `inf` and `NaN` included."""
    return pd.read_parquet(path)


def demands_of(record: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """The demand layers of a record: `id`, `zone`, `weight`, groups, kinds and points."""
    layers = {}
    for name, about in record.attrs[LAYERS].items():
        rows = record[record["demand"] == name].reset_index(drop=True)
        kinds = ["kind"] if about.get("kinds") else []
        columns = rows[["id", "zone", "weight", *about["groups"], *kinds]]
        columns.attrs = {}
        points = gpd.points_from_xy(rows["lon"], rows["lat"])
        layers[name] = gpd.GeoDataFrame(columns, geometry=points, crs=WGS84)
    return layers


def measured_of(record: pd.DataFrame) -> dict[str, dict[str, TravelTime]]:
    """The minutes of a record by demand layer and method."""
    return {
        name: {
            method: _travel_time(record[record["demand"] == name], method, how)
            for method, how in about["methods"].items()
            if method != APPLIED
        }
        for name, about in record.attrs[LAYERS].items()
    }


def _recorded(
    name: str,
    measured: Measured,
    applied: Mapping[str, TravelTime],
    definitions: Sequence[Definition],
) -> dict[str, tuple[str, TravelTime]]:
    """By method its suffix and its minutes; the main ones have none."""
    main = next((d for d in definitions if d.demand == name), None)
    found: dict[str, tuple[str, TravelTime]] = {}
    usual = base_method(main) if main else ""
    mixed = main is not None and applied[main.key] is not measured.get(usual)
    if main is not None and mixed:
        found[APPLIED] = ("", applied[main.key])
    for method, taken in measured.items():
        is_main = method == usual and not mixed and method != RADIUS
        found[method] = ("" if is_main else _suffix(method), taken)
    return found


def _suffix(method: str) -> str:
    """Of a step-free walk `__stepfree`, else the method itself.

    >>> _suffix("walk__stepfree"), _suffix("cycle"), _suffix("radius")
    ('__stepfree', '__cycle', '__radius')
    """
    return STEPFREE if method == f"walk{STEPFREE}" else f"__{method}"


def _about(
    demand: gpd.GeoDataFrame, recorded: Mapping[str, tuple[str, TravelTime]]
) -> dict[str, Any]:
    """What the columns cannot say of a demand layer."""
    methods = {
        method: {
            "suffix": suffix,
            "speed_kmh": taken.speed_kmh,
            "search_minutes": taken.search_minutes if math.isfinite(taken.search_minutes) else None,
            "services": list(taken.minutes.columns),
        }
        for method, (suffix, taken) in recorded.items()
    }
    return {"groups": _groups(demand), "kinds": "kind" in demand, "methods": methods}


def _layouts(recorded: Mapping[str, Mapping[str, tuple[str, TravelTime]]]) -> list[_Layout]:
    """The columns of every method of any demand layer, the main ones first."""
    services: dict[str, dict[str, None]] = {}
    straight = {}
    for by_method in recorded.values():
        for method, (suffix, taken) in by_method.items():
            services.setdefault(suffix, {}).update(dict.fromkeys(taken.minutes.columns))
            straight[suffix] = method == RADIUS
    return [_Layout(key, tuple(services[key]), straight[key]) for key in sorted(services)]


def _groups(demand: gpd.GeoDataFrame) -> list[str]:
    return [column for column in demand.columns if column not in _NO_GROUPS]


def _column_order(groups: list[str], layouts: list[_Layout], kinds: list[str]) -> list[str]:
    """As the contract orders them, with our additions on the right."""
    nearest = [
        f"{kind}_{service}{layout.suffix}"
        for layout in layouts
        for service in layout.services
        for kind in ("min", "facility")
    ]
    streets = [layout for layout in layouts if not layout.straight]
    legs = [f"access_m{layout.suffix}" for layout in streets if layout.suffix]
    rims = [f"min_rim{layout.suffix}" for layout in streets]
    cut_off = [
        f"cut_off_{service}{layout.suffix}" for layout in streets for service in layout.services
    ]
    return [*_PLACE_COLUMNS, "access_m", *groups, *kinds, *nearest, *rims, *legs, *cut_off]


def _places(
    name: str,
    demand: gpd.GeoDataFrame,
    groups: list[str],
    layouts: list[_Layout],
    recorded: Mapping[str, tuple[str, TravelTime]],
) -> pd.DataFrame:
    """The rows of one demand layer, with every column that any layer has."""
    lon, lat = lonlat(demand)
    part = pd.DataFrame({"demand": name, "id": demand["id"], "zone": demand["zone"]}, dtype="str")
    part = part.assign(lon=lon, lat=lat, weight=demand["weight"].to_numpy(float), access_m=np.nan)
    part = part.assign(
        **{group: demand[group].astype(float) if group in demand else np.nan for group in groups}
    )
    part["kind"] = demand["kind"].astype("str") if "kind" in demand else ""
    by_suffix = dict(recorded.values())
    columns = [_columns(by_suffix.get(one.suffix), one, demand.index) for one in layouts]
    whole = pd.concat([part, *columns], axis="columns")
    return whole.loc[:, ~whole.columns.duplicated(keep="last")]


def _columns(taken: TravelTime | None, layout: _Layout, places: pd.Index[int]) -> pd.DataFrame:
    """The columns of one method; `NaN` and "" where the layer was not measured by it."""
    services = list(layout.services)
    if taken is None:
        minutes = pd.DataFrame(np.nan, places, services)
        facility = pd.DataFrame("", places, services, dtype="str")
        cut_off = pd.DataFrame(False, places, services)
        legs = pd.DataFrame(np.nan, places, ["access_m", "min_rim"])
    else:
        minutes = taken.minutes.reindex(columns=services)
        facility = taken.facility.reindex(columns=services, fill_value="")
        cut_off = taken.cut_off.reindex(columns=services, fill_value=False)
        legs = pd.DataFrame({"access_m": taken.access_m, "min_rim": taken.rim})
    parts = [minutes.add_prefix("min_"), facility.add_prefix("facility_")]
    if not layout.straight:
        parts += [legs, cut_off.add_prefix("cut_off_")]
    return pd.concat(parts, axis="columns").add_suffix(layout.suffix)


def _travel_time(rows: pd.DataFrame, method: str, how: Mapping[str, Any]) -> TravelTime:
    """The minutes of one demand layer by one method, as they were before writing."""
    services, suffix, straight = how["services"], how["suffix"], method == RADIUS
    rows = rows.reset_index(drop=True)
    rows.attrs = {}

    def per_service(kind: str) -> pd.DataFrame:
        columns = [f"{kind}_{service}{suffix}" for service in services]
        return rows[columns].set_axis(services, axis="columns")

    # A straight line needs no street: nothing is unsnapped, cut off or near a rim.
    none = pd.Series(0.0, rows.index), pd.Series(np.inf, rows.index)
    leg, rim = none if straight else (rows[f"access_m{suffix}"], rows[f"min_rim{suffix}"])
    return TravelTime(
        minutes=per_service("min"),
        facility=per_service("facility"),
        access_m=leg.rename(None if straight else "distance_m"),
        rim=rim.rename(None),
        cut_off=pd.DataFrame(False, rows.index, services) if straight else per_service("cut_off"),
        speed_kmh=how["speed_kmh"],
        search_minutes=math.inf if how["search_minutes"] is None else how["search_minutes"],
    )
