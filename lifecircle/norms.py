"""How much there is of every service beside what its people need: beds, m², places, facilities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.definitions import OWN, Definition
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.levels import units_of
from lifecircle.provision import inside_zones, standing
from lifecircle.standards import Service, Standard, Supply

SUPPLY_COLUMNS = [
    "definition", "level", "zone", "name", "parent", "service", "facilities", "capacity",
    "capacity_unknown", "unit", "group", "people", "people_per_facility", "capacity_per_1000",
    "rule", "title_zh", "title_en", "norm_in", "norm_basis", "norm", "shortfall", "status",
    "source", "source_status",
]  # fmt: skip
SUPPLY_LEVELS = ("zone", "parent", "area_type", "city")
PERSONS = frozenset({"persons", "people", "person", "人"})
"""Units of demand that are people."""

_RELATIVE = 1e-12

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Norm:
    """A norm for a service, or what is said of a service without one.

    `basis` is the capacity a person, or the people a facility; `group` whom it counts.
    """

    group: str
    kind: Literal["", "capacity", "facilities"] = ""
    basis: float = np.nan
    rule: Supply | None = None


def supply(
    facilities: gpd.GeoDataFrame,
    demand: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    standard: Standard,
    definition: Definition,
    *,
    given: Iterable[str] | None = None,
) -> pd.DataFrame:
    """What there is of every service, per zone and roll-up, beside what its people need.

    Parameters
    ----------
    facilities
        Access points with `facility`, `service` and `capacity` (`NaN` unknown).
    demand
        Places with `zone`, `weight` and groups of people.
    zones
        Polygons in the CRS of `facilities`, with `name`, `parent` and `area_type`.
    definition
        Says in what unit the demand is, and whom a service without a rule counts.
    given
        Services with data, which have rows; by default those of `facilities`.

    Returns
    -------
        A row per zone, parent, area type and city, service and norm of it (one without, where there
        is none): the `facilities` inside, the sum of their `capacity` as far as known and of how
        many it is unknown; the `people` of `group` ("" is everybody), people per facility, capacity
        per 1,000 people; what the norm requires (`norm`, counted in `norm_in`: `capacity` or
        `facilities`) and the `shortfall`. Nothing is rounded.

    Raises
    ------
    InputError
        If a rule counts a group that neither the standard nor the demand knows.

    Notes
    -----
    Required capacity is capacity a person × people, required facilities are people / people a
    facility; `norm_basis` is that number of the rule. A rule without a group is about everybody.
    Only persons are people: where the demand is in another unit, `people` is `NaN`, unless it is a
    group. Unknown capacity counts as none, unless that of no facility is known.

    A facility that stands in two zones counts in both, in the city once.
    """
    units = units_of(zones, standard)
    chosen = np.flatnonzero(units.labels["level"].isin(SUPPLY_LEVELS))
    labels = units.labels.iloc[chosen].reset_index(drop=True).assign(definition=definition.key)
    members = units.members[chosen][:, : len(zones)]
    inside = inside_zones(facilities, zones)
    known = frozenset(facilities["service"] if given is None else given)
    parts = []
    for service in standard.offered:
        if service.key not in known:
            continue
        stock = _stock(inside[inside["service"] == service.key], members)
        for norm in _norms(service, standard, definition):
            people = _by_zone(demand, _column(norm, demand, standard, definition), zones)
            rows = labels.assign(service=service.key, **stock, people=members @ people)
            parts.append(_compared(rows, norm))
    if not parts:
        return pd.DataFrame(columns=SUPPLY_COLUMNS)
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)[SUPPLY_COLUMNS]


def supply_findings(
    demand: pd.DataFrame, standard: Standard, definition: Definition
) -> Iterator[Finding]:
    """Rules of supply whose people the demand does not hold: their norm stays unknown."""
    for rule in standard.supply:
        if not (rule.group in demand if rule.group else definition.unit in PERSONS):
            yield finding(
                definition.demand, "provision.no_people", standard=standard.key, rule=rule.key,
                group=rule.group or "persons", unit=definition.unit or "–",
            )  # fmt: skip


def _norms(service: Service, standard: Standard, definition: Definition) -> list[_Norm]:
    """The norms of a service, in the standard's order."""
    found = []
    for rule in standard.supply:
        if rule.service == service.key and rule.per_person is not None:
            found.append(_Norm(rule.group, "capacity", rule.per_person, rule))
        if rule.service == service.key and rule.people_per_facility is not None:
            found.append(_Norm(rule.group, "facilities", rule.people_per_facility, rule))
    own = service.group if definition.group == OWN else definition.group
    return found or [_Norm(own)]


def _column(norm: _Norm, demand: pd.DataFrame, standard: Standard, definition: Definition) -> str:
    """The column of the people that a norm counts; empty where the demand does not hold them."""
    if norm.group in demand:
        return norm.group
    groups = {group.key for group in standard.groups}
    if norm.group and norm.group not in groups:
        known = sorted(groups | {str(name) for name in demand} - {"id", "zone", "geometry"})
        rule = norm.rule.key if norm.rule else definition.key
        values = {"rule": rule, "group": norm.group, "known": ", ".join(known)}
        raise InputError.of("provision.unknown_people", **values)
    return "weight" if not norm.group and definition.unit in PERSONS else ""


def _by_zone(demand: pd.DataFrame, column: str, zones: pd.DataFrame) -> Floats:
    """The sum of a column in each zone; `NaN` without a column."""
    if not column:
        return np.full(len(zones), np.nan)
    position = pd.Index(zones.index).get_indexer(pd.Index(demand["zone"]))
    inside = position >= 0
    weight = demand[column].to_numpy(float)[inside]
    return np.asarray(np.bincount(position[inside], weight, len(zones)), dtype=float)


def _stock(inside: pd.DataFrame, members: sparse.csr_array) -> Mapping[str, npt.NDArray[Any]]:
    """What stands in each unit: facilities, their capacity, and how many have it unknown."""
    here = standing(inside, members)
    capacity = inside.drop_duplicates("facility")["capacity"].to_numpy(float)
    number, unknown = here.sum(axis=1), here @ np.isnan(capacity).astype(float)
    some_known = (unknown < number) | (number == 0)
    return {
        "facilities": number.astype(np.int64),
        "capacity": np.where(some_known, here @ np.nan_to_num(capacity), np.nan),
        "capacity_unknown": unknown.astype(np.int64),
    }


def _compared(rows: pd.DataFrame, norm: _Norm) -> pd.DataFrame:
    """What there is for so many people, and what is lacking to the norm."""
    people, number, capacity = rows["people"], rows["facilities"], rows["capacity"]
    some = people.where(people > 0)
    rows = rows.assign(
        group=norm.group,
        people_per_facility=people / number.where(number > 0),
        capacity_per_1000=capacity / some * 1000,
        norm_in=norm.kind,
        norm_basis=norm.basis,
    )
    if norm.rule is None:
        blank = dict.fromkeys(["rule", "title_zh", "title_en", "unit", "source"], "")
        return rows.assign(**blank, source_status="", norm=np.nan, shortfall=np.nan, status="")
    required, there = people / norm.basis, number
    if norm.kind == "capacity":
        required, there = people * norm.basis, capacity
    lacking = (required - there).clip(lower=0.0)
    status = np.select(
        [lacking.isna(), people <= 0, lacking > _RELATIVE * required],
        ["no data", "no demand", "fail"],
        "pass",
    )
    rule = norm.rule
    return rows.assign(
        rule=rule.key, title_zh=rule.name_zh, title_en=rule.name_en, unit=rule.unit,
        norm=required, shortfall=lacking, status=status, source=rule.source,
        source_status=rule.status,
    )  # fmt: skip
