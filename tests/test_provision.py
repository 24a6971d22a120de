"""Presence of facilities in zones, by hand, on the squares drawn below.

y=2 +-----+-----+-----+       zone   parent   area type
    |  c  |  d  |  e  |       a, b   north    urban, town
y=1 +-----+-----+-----+       c      north    town
    |  a  |  b  |             d, e   south    town, rural
y=0 +-----+-----+
    0     1     2     3
"""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.provision import PRESENCE_COLUMNS, presence, presence_findings
from lifecircle.standards import Presence, Service, Standard

HOSPITAL = Service("hospital", "医院", "Hospital", 15, 0.85)
RULE = Presence("hospital", "hospital", "医院全覆盖", "A hospital each", source="§1")


def zones(**changes: list[str]) -> gpd.GeoDataFrame:
    corners = {"a": (0, 0), "b": (1, 0), "c": (0, 1), "d": (1, 1), "e": (2, 1)}
    columns = {
        "name": [key.upper() for key in corners],
        "parent": ["north", "north", "north", "south", "south"],
        "area_type": ["urban", "town", "town", "town", "rural"],
    } | changes
    return gpd.GeoDataFrame(
        columns,
        geometry=[shapely.box(x, y, x + 1, y + 1) for x, y in corners.values()],
        index=pd.Index(list(corners), name="zone", dtype="str"),
        crs=4326,
    )


def facilities(
    *rows: tuple[str, float, float], service: str = "hospital", **columns: list[object]
) -> gpd.GeoDataFrame:
    """Access points (facility, x, y)."""
    return gpd.GeoDataFrame(
        {"facility": [key for key, *_ in rows], "service": service, "name": "", "layer": "list",
         "site": "", "capacity": np.nan} | columns,
        geometry=gpd.points_from_xy([x for _, x, _ in rows], [y for *_, y in rows]),
        crs=4326,
    )  # fmt: skip


def standard(*rules: Presence) -> Standard:
    return Standard("own", "", "", 0.85, (HOSPITAL,), presence=rules)


def told(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(table[list(columns)].itertuples(index=False, name=None))


# One in a; one with doors in a and b; two in d; one on the line of d and e, which is d's, the
# smallest id; one outside all zones.
OFFERED = facilities(
    ("one", 0.5, 0.5), ("two", 0.9, 0.5), ("two", 1.1, 0.5), ("two", 1.2, 0.5),
    ("three", 1.5, 1.5), ("four", 1.6, 1.6), ("five", 2.0, 1.5), ("six", 9.0, 9.0),
)  # fmt: skip


def test_every_zone_counts_the_facilities_that_have_an_entrance_in_it() -> None:
    table = presence(OFFERED, zones(), standard(dataclasses.replace(RULE, min=2)))
    assert list(table.columns) == PRESENCE_COLUMNS
    assert told(table, "zone", "parent", "facilities", "missing", "status") == [
        ("a", "north", 2, 0, "pass"),
        ("b", "north", 1, 1, "fail"),
        ("c", "north", 0, 2, "fail"),
        ("d", "south", 3, 0, "pass"),
        ("e", "south", 0, 2, "fail"),
    ]
    first = table.iloc[0]
    assert (first["rule"], first["level"], first["name"], first["min"]) == (
        "hospital", "zone", "A", 2,
    )  # fmt: skip
    assert (first["title_zh"], first["source"], first["source_status"]) == (
        "医院全覆盖", "§1", "unverified",
    )  # fmt: skip


def test_a_facility_with_entrances_in_two_zones_counts_once_above_them() -> None:
    rules = [dataclasses.replace(RULE, per=per) for per in ("parent", "city")]
    table = presence(OFFERED, zones(), standard(*rules))
    # north: one, two; south: three, four, five; never six, which is in no zone.
    assert told(table, "level", "zone", "name", "facilities") == [
        ("parent", "north", "north", 2), ("parent", "south", "south", 3), ("city", "", "", 5),
    ]  # fmt: skip


def test_the_zones_of_an_area_type_are_one_unit_in_each_parent() -> None:
    # Towns: b (with two) and c in the north; d in the south, with three, four, five.
    rule = dataclasses.replace(RULE, per="area_type:town", min=2)
    table = presence(OFFERED, zones(), standard(rule))
    assert told(table, "level", "zone", "parent", "facilities", "status") == [
        ("area_type", "town", "north", 1, "fail"), ("area_type", "town", "south", 3, "pass"),
    ]  # fmt: skip
    alone = presence(OFFERED, zones(parent=[""] * 5), standard(rule))
    assert told(alone, "zone", "parent", "facilities") == [("town", "", 4)]


def test_towns_with_names_of_their_own_are_units_of_their_own() -> None:
    # In the standard's words all three are towns; in the zones' they are two new towns.
    named = zones(area_type=["urban", "嘉定新城", "松江新城", "嘉定新城", "rural"], parent=[""] * 5)
    named["area_kind"] = ["urban", "town", "town", "town", "rural"]
    table = presence(OFFERED, named, standard(dataclasses.replace(RULE, per="area_type:town")))
    assert told(table, "zone", "facilities") == [("嘉定新城", 4), ("松江新城", 0)]


def test_where_counts_only_facilities_of_that_value() -> None:
    rule = dataclasses.replace(RULE, where="grade=三级甲等")
    graded = facilities(
        ("one", 0.5, 0.5), ("two", 1.5, 0.5), ("three", 1.5, 1.5),
        **{"attr:grade": ["三级甲等", "二级", ""]},
    )  # fmt: skip
    table = presence(graded, zones(), standard(rule))
    assert table["facilities"].tolist() == [1, 0, 0, 0, 0]
    assert set(table["where"]) == {"grade=三级甲等"}
    with pytest.raises(InputError, match="counts facilities by their column grade"):
        presence(OFFERED, zones(), standard(rule))


def test_without_a_facility_table_there_are_no_data_but_an_empty_one_says_none() -> None:
    rules = standard(RULE, dataclasses.replace(RULE, key="graded", where="grade=x"))
    nothing = OFFERED.iloc[:0]
    unknown = presence(nothing, zones(), rules)
    assert set(unknown["status"]) == {"no data"}
    assert unknown[["facilities", "missing"]].isna().all(axis=None)
    none = presence(nothing, zones(), rules, given={"hospital"})
    assert told(none, "facilities", "missing", "status") == [(0, 1, "fail")] * 10
    # Facilities of another service change nothing.
    other = facilities(("one", 0.5, 0.5), service="library")
    assert set(presence(other, zones(), standard(RULE))["status"]) == {"no data"}


def test_a_standard_without_rules_gives_an_empty_table() -> None:
    table = presence(OFFERED, zones(), standard())
    assert table.empty
    assert list(table.columns) == PRESENCE_COLUMNS


def test_a_rule_about_no_zone_is_told() -> None:
    rules = standard(
        dataclasses.replace(RULE, per="area_type:new_town"),
        dataclasses.replace(RULE, per="parent"),
        RULE,
    )
    assert [found.code for found in presence_findings(zones(), rules)] == ["provision.no_units"]
    alone = zones(parent=[""] * 5)
    found = presence_findings(alone, rules)
    assert [each.message.values["per"] for each in found] == ["area_type:new_town", "parent"]
    assert presence(OFFERED, alone, rules)["level"].unique().tolist() == ["zone"]


def test_order_of_facilities_and_entrances_does_not_matter() -> None:
    rule = standard(RULE, dataclasses.replace(RULE, per="city"))
    first = presence(OFFERED, zones(), rule)
    second = presence(OFFERED.iloc[::-1].reset_index(drop=True), zones(), rule)
    pd.testing.assert_frame_equal(first, second)
