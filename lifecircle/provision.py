"""Which facilities every zone has, beside how far they are (街镇全覆盖).

What is counted are distinct facilities: one with entrances in two zones stands in both, but in the
city only once. Facilities that share a `site` remain facilities of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from lifecircle.applied import area_types
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.layers.attributes import attribute, attributes_of, where_of
from lifecircle.layers.zones import assign_zones
from lifecircle.standards import Presence, Standard

PRESENCE_COLUMNS = [
    "standard", "rule", "title_zh", "title_en", "service", "per", "level", "zone", "name", "parent",
    "facilities", "min", "missing", "status", "where", "source", "source_status",
]  # fmt: skip

Ints = npt.NDArray[np.int64]


def presence(
    facilities: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    standard: Standard,
    *,
    given: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Whether every unit has the facilities that the standard wants in it, wherever they stand.

    Parameters
    ----------
    facilities
        Access points with `facility` and `service`, and the attributes that rules ask for.
    zones
        Polygons in the CRS of `facilities`, with `name`, `parent` and `area_type`.
    given
        Services with data; by default those of `facilities`. Others are `no data`.

    Returns
    -------
        One row per rule and unit: each zone, each parent, the city, or the zones of an area type
        together, in each parent. `facilities` is the number of distinct facilities that have an
        access point inside, `min` the number wanted, `missing` what is lacking, `status` one of
        `pass`, `fail` and `no data`; `source` and `source_status` say by whose word.

    Raises
    ------
    InputError
        If a rule asks for an attribute that the facilities do not carry.
    """
    known = frozenset(facilities["service"] if given is None else given)
    inside = inside_zones(facilities, zones)
    parts = [
        _present(rule, inside, zones, known=rule.service in known) for rule in standard.presence
    ]
    if not parts:
        return pd.DataFrame(columns=PRESENCE_COLUMNS)
    return pd.concat(parts, ignore_index=True).assign(standard=standard.key)[PRESENCE_COLUMNS]


def presence_findings(zones: pd.DataFrame, standard: Standard) -> list[Finding]:
    """Rules of presence that are about no zone here."""
    return [
        finding(
            "zones", "provision.no_units", severity="info", standard=standard.key, rule=rule.key,
            per=rule.per,
        )
        for rule in standard.presence
        if _units(rule.per, zones)[0].empty
    ]  # fmt: skip


def inside_zones(facilities: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Every facility once per service and zone in which it has an access point.

    `position` is that of the zone.
    """
    position = pd.Index(zones.index).get_indexer(pd.Index(assign_zones(facilities, zones)))
    columns = ["facility", "service", "capacity", *attributes_of(facilities)]
    placed = pd.DataFrame(facilities[columns]).assign(position=position)
    inside: pd.DataFrame = placed[position >= 0]
    return inside.drop_duplicates(["facility", "service", "position"])


def standing(inside: pd.DataFrame, members: sparse.csr_array) -> sparse.csr_array:
    """One where a facility (column, in order of appearance) stands in a unit (row).

    `members` is one where a zone (column) belongs to a unit (row).
    """
    facility, labels = pd.factorize(inside["facility"])
    where = inside["position"].to_numpy(), facility
    shape = (members.shape[1], len(labels))
    in_zones = sparse.coo_array((np.ones(len(inside)), where), shape=shape).tocsr()
    return (members @ in_zones > 0).astype(float)


def _present(
    rule: Presence, inside: pd.DataFrame, zones: pd.DataFrame, *, known: bool
) -> pd.DataFrame:
    """The rows of one rule."""
    labels, members = _units(rule.per, zones)
    rows = labels.assign(
        rule=rule.key, title_zh=rule.name_zh, title_en=rule.name_en, service=rule.service,
        per=rule.per, min=rule.min, where=rule.where, source=rule.source,
        source_status=rule.status,
    )  # fmt: skip
    number: Ints = standing(_meant(rule, inside), members).sum(axis=1).astype(np.int64)
    missing = np.maximum(rule.min - number, 0)
    counted = np.full(len(rows), known)
    return rows.assign(
        facilities=pd.Series(number, dtype="Int64").where(counted),
        missing=pd.Series(missing, dtype="Int64").where(counted),
        status=np.select([~counted, missing > 0], ["no data", "fail"], "pass"),
    )


def _meant(rule: Presence, inside: pd.DataFrame) -> pd.DataFrame:
    """The facilities that a rule counts."""
    meant = inside[inside["service"] == rule.service]
    if not rule.where or meant.empty:
        return meant
    column, value = where_of(rule.where)
    if attribute(column) not in meant:
        raise InputError.of("provision.no_attribute", rule=rule.key, column=column)
    return meant[meant[attribute(column)] == value]


def _units(per: str, zones: pd.DataFrame) -> tuple[pd.DataFrame, sparse.csr_array]:
    """What a rule is about, unit by unit, and which zones belong to each.

    An area type under names of its own (嘉定新城) is one unit per name.
    """
    level, _, kind = per.partition(":")
    name, parent, label = (
        zones[column].to_numpy(object) for column in ("name", "parent", "area_type")
    )
    everywhere = np.ones(len(zones), dtype=bool)
    columns, chosen = {
        "zone": ((zones.index.to_numpy(object), name, parent), everywhere),
        "parent": ((parent, parent, ""), parent != ""),
        "city": (("", "", ""), everywhere),
        "area_type": ((label, label, parent), (area_types(zones) == kind).to_numpy()),
    }[level]
    described = dict(zip(("zone", "name", "parent"), columns, strict=True))
    of_zones = pd.DataFrame({"level": level, **described}, index=range(len(zones)))[chosen]
    unit = of_zones.groupby(["parent", "zone"], sort=True).ngroup()
    units = of_zones.assign(unit=unit).drop_duplicates("unit").sort_values("unit")
    members = sparse.coo_array(
        (np.ones(len(unit)), (unit, unit.index)), shape=(len(units), len(zones))
    )
    return units.drop(columns="unit").reset_index(drop=True), members.tocsr()
