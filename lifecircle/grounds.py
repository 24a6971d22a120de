"""The columns of the coverage table that say how sure a rate is, from what was measured.

What may be off comes from `[confidence]` of the project: how positions were found, a common bias of
lengths, how people were put on the map. The arithmetic is in `lifecircle.confidence`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from scipy import sparse

from lifecircle.confidence import WALKED_PER_OFF, Errors, Margin, all_at_once, intervals
from lifecircle.definitions import RADIUS, method, steps_in
from lifecircle.levels import units_of
from lifecircle.measured import COVERED_TOLERANCE_MIN, Measured, Reach
from lifecircle.network import Bools, Floats, Ints, metres_per_minute
from lifecircle.project.tables import ConfidenceTable, DemandTable, Project
from lifecircle.standards import ALL
from lifecircle.travel import TravelTime

POSITION_M = {"surveyed": 15.0, "geocoded": 30.0, "address": 100.0}
"""How far a facility may be off by how its coordinates were found, one standard error."""
POINT_M = 15.0
"""The same of a demand place that is a point of its own."""
SPREAD_PEOPLE = 0.5
"""Relative error of the people in a block where a total was spread over the map."""
BLOCK_M = 500.0

COLUMNS = ["rate_low", "rate_high", "certainty", "undecided_by"]


@dataclass(frozen=True, eq=False)
class Grounds:
    """What certainty is judged from, besides the minutes: the same for all definitions of a layer.

    `line` are minutes in a straight line; `facility_m` how far each facility may be off, by its
    label; `block` the number of each place's square of 500 m; `gated` minutes where compounds are
    left by gates only, by the method `gated_method`.
    """

    line: TravelTime
    facility_m: pd.Series[float]
    demand_m: float
    network: float
    allocation: float
    block: Ints
    gated: TravelTime | None = None
    gated_method: str = ""


def grounds_of(
    project: Project,
    demand: DemandTable,
    places: gpd.GeoDataFrame,
    facilities: pd.DataFrame,
    *,
    line: TravelTime,
    crs: pyproj.CRS,
    gated: TravelTime | None = None,
) -> Grounds:
    """What may be off, as `[confidence]` and the tables of the project say."""
    table = project.confidence
    return Grounds(
        line=line,
        facility_m=_facility_m(project, facilities),
        demand_m=_demand_m(demand) if table.demand_m is None else table.demand_m,
        network=table.network,
        allocation=_allocation(table, demand),
        block=_blocks(places, crs),
        gated=gated,
        gated_method=project.network.mode,
    )


def with_certainty(
    table: pd.DataFrame, measured: Measured, zones: pd.DataFrame, known: Grounds
) -> pd.DataFrame:
    """The coverage table of what was measured, with `rate_low`, `rate_high` and certainty.

    Neither rate nor status changes. A service without data has none of them.
    """
    units = units_of(zones, measured.standard)
    margins = _margins(measured, known)
    target = {service.key: service.target for service in measured.services}
    errors = Errors(
        facility_m=np.asarray(known.facility_m, dtype=np.float64),
        demand_m=np.full(len(known.block), known.demand_m),
        network=known.network,
        allocation=known.allocation,
        block=known.block,
    )
    ways = _ways(units.labels["level"], units.members, measured.zone)
    found = intervals(margins, errors, ways, {key: target[key] for key in margins})
    keys = pd.MultiIndex.from_product(
        [range(len(units.labels)), [service.key for service in measured.services]]
    )
    columns = found.set_index(["unit", "service"])[COLUMNS].reindex(keys)
    judged = table["status"].isin(["pass", "fail"]).to_numpy()
    rate = table["rate"].to_numpy(dtype=float)
    # The same sums in another order may differ in the last digit; without a rate there is `NaN`.
    return table.assign(
        rate_low=np.minimum(columns["rate_low"].to_numpy(dtype=float), rate),
        rate_high=np.maximum(columns["rate_high"].to_numpy(dtype=float), rate),
        certainty=columns["certainty"].fillna("").where(judged, "").to_numpy(),
        undecided_by=columns["undecided_by"].fillna("").where(judged, "").to_numpy(),
    )


def _margins(measured: Measured, known: Grounds) -> dict[str, Margin]:
    """Metres beyond the limit by service, and of all at once by the one hardest to reach."""
    margins = {
        key: _margin(key, reach, measured, known)
        for key, reach in measured.reach.items()
        if key != ALL
    }
    if ALL in measured.reach:
        margins[ALL] = all_at_once([margins[key] for key in measured.standard.all])
    return margins


def _margin(service: str, reach: Reach, measured: Measured, known: Grounds) -> Margin:
    taken = measured.travel_time
    speed = taken.speeds.get(service)
    speed_kmh = taken.speed_kmh if speed is None else np.asarray(speed, dtype=np.float64)
    pace = speed_kmh * metres_per_minute(1.0)
    line_m = known.line.minutes[service].to_numpy() * metres_per_minute(known.line.speed_kmh)
    number = pd.Index(known.facility_m.index).get_indexer(pd.Index(taken.facility[service]))
    metric = measured.standard.service(service).metric or measured.definition.metric
    straight = metric == RADIUS
    return Margin(
        over_m=(taken.minutes[service].to_numpy() - reach.limit) * pace,
        limit_m=reach.limit * pace,
        line_over_m=line_m - reach.limit * pace,
        weight=reach.weight,
        facility=number.astype(np.int64),
        covered=reach.covered,
        rim_exposed=reach.rim_exposed,
        cut_off=reach.cut_off,
        unsnapped=reach.unsnapped,
        access_m=np.asarray(taken.leg_of(service), dtype=np.float64),
        gated=_gated(service, measured, known, speed_kmh),
        straight=np.full(len(line_m), straight),
        walked_per_off=1.0 if straight else WALKED_PER_OFF,
    )


def _gated(
    service: str, measured: Measured, known: Grounds, speed_kmh: float | Floats
) -> Bools | None:
    """Places out of reach if compounds are left by gates only, where people go that way."""
    if known.gated is None:
        return None
    rule, by = measured.standard.service(service), measured.definition
    modes = [rule.mode_in(label) or by.mode for label in measured.areas.labels]
    methods = [method(rule.metric or by.metric, mode, steps_in(mode, by)) for mode in modes]
    stopped = np.array([each == known.gated_method for each in methods], dtype=bool)
    minutes = known.gated.minutes[service].to_numpy() * (known.gated.speed_kmh / speed_kmh)
    limit = measured.reach[service].limit + COVERED_TOLERANCE_MIN
    return stopped[measured.areas.code] & (minutes > limit)


def _ways(level: pd.Series[str], members: sparse.csr_array, zone: Ints) -> list[Ints]:
    """For each level the number of each place's unit, -1 where it is in none."""
    ways = []
    matrix = members.tocoo()
    for name in dict.fromkeys(level):
        unit_of_zone = np.full(matrix.shape[1], -1, dtype=np.int64)
        mine = (level == name).to_numpy()[matrix.row]
        unit_of_zone[matrix.col[mine]] = matrix.row[mine]
        ways.append(unit_of_zone[zone])
    return ways


def _facility_m(project: Project, facilities: pd.DataFrame) -> pd.Series[float]:
    """How far each facility may be off, by its label."""
    usual = project.confidence.facility_m
    by_layer = {
        table.name: POSITION_M[
            table.positions or ("geocoded" if table.source == "osm" else "surveyed")
        ]
        if usual is None or table.positions
        else usual
        for table in project.facilities
    }
    layer = facilities.drop_duplicates("facility").set_index("facility")["layer"]
    # What does not exist yet stands where it was put.
    return layer.map(by_layer).fillna(0.0).astype(float)


def _demand_m(table: DemandTable) -> float:
    """A point may be off as it was surveyed; a point of a grid stands for its cell.

    In a square of side s the standard deviation along either axis is s / √12.

    >>> _demand_m(DemandTable(name="people", source="people.csv"))
    15.0
    >>> round(_demand_m(DemandTable(name="people", source="grid:50")), 1)
    14.4
    """
    grid = re.fullmatch(r"grid:(\d+(?:\.\d+)?)", table.source)
    if grid:
        return float(grid[1]) / math.sqrt(12)
    if table.weight == "area" or table.source == "osm:residential_land":
        return table.spacing / math.sqrt(12)
    return POINT_M


def _allocation(table: ConfidenceTable, demand: DemandTable) -> float:
    if isinstance(table.allocation, float):
        return table.allocation
    return SPREAD_PEOPLE if demand.total is not None else 0.0


def _blocks(places: gpd.GeoDataFrame, crs: pyproj.CRS) -> Ints:
    """The square of 500 m in which each place lies."""
    metric = places.geometry.to_crs(crs)
    corner = np.floor(np.column_stack([metric.x, metric.y]) / BLOCK_M).astype(np.int64)
    # One number a square; to sort pairs would take longer.
    column, row = (corner - corner.min(axis=0, initial=0)).T
    return np.asarray(pd.factorize(column * (1 << 32) + row)[0], dtype=np.int64)
