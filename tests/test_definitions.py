"""Definitions: what each asks for, and the same city under several at once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.definitions import (
    Definition,
    catalogue,
    definitions_of,
    methods_of,
    search_minutes_of,
    standards_of,
)
from lifecircle.errors import InputError
from lifecircle.pipeline import analyse
from lifecircle.project.tables import Project
from lifecircle.standards import Presence, Service, Standard
from tests.conftest import MONACO
from tests.messy import EAST, WEST, City


def project(*definitions: dict[str, Any], **tables: Any) -> Project:
    return Project.model_validate(
        {
            "schema": 1,
            "network": {"source": "roads.osm.pbf", **tables.pop("network", {})},
            "zones": {"source": "zones.geojson"},
            "demand": [{"name": "people", "source": "p.csv", "groups": {"aged_60": "60+"}}],
            "definitions": list(definitions),
            **tables,
        }
    )


def of(table: dict[str, Any], **tables: Any) -> tuple[Definition, Standard]:
    """The definition that a table asks for, with its standard."""
    asked = project({"key": "d", "demand": "people", **table}, **tables)
    return definitions_of(asked)[0], standards_of(asked)["d"]


def test_without_any_there_is_one_per_demand_layer_by_the_project_s_standard():
    definition, standard = definitions_of(project())[0], standards_of(project())
    assert (definition.key, definition.standard) == ("people.network", "osm-15min")
    assert list(standard) == ["people.network"]


def test_a_limit_of_its_own_is_no_longer_the_standard_s():
    _, standard = of({"minutes": 12.0})
    assert {service.minutes for service in standard.services} == {12.0}
    assert {(s.source, s.status) for s in standard.services} == {("project file", "unverified")}


def test_target_scope_and_mode_of_its_own():
    definition, standard = of({"target": 0.9, "scope": ["urban"], "mode": "walk|cycle"})
    assert {service.target for service in standard.services} == {0.9}
    assert standard.scope == definition.scope == ("urban",)
    assert definition.mode == "walk|cycle"
    assert methods_of(definition, standard) == ("walk", "cycle")


def test_a_source_is_unverified_unless_its_status_is_said():
    assert (of({})[0].status, of({"source": "沪府发"})[0].status) == ("unverified", "unverified")
    definition, standard = of({"source": "沪府发", "status": "official"})
    assert (definition.source, definition.status) == ("沪府发", "official")
    # How sure the definition is says nothing of the standard's numbers.
    assert {service.status for service in standard.services} == {"unverified"}


def test_a_mode_of_its_own_goes_before_those_of_the_standard():
    # Pudong's villages cycle, unless the definition says that everybody walks.
    by_standard = of({"standard": "pudong"})
    assert set(methods_of(*by_standard)) == {"walk", "cycle"}
    assert methods_of(*of({"standard": "pudong", "mode": "walk"})) == ("walk",)


def test_another_standard_has_its_own_services():
    definition, standard = of({"standard": "tdt1063"})
    assert definition.standard == standard.key == "tdt1063"
    assert standard.keys != of({})[1].keys


def test_an_unknown_standard_of_a_definition_names_the_nearest():
    with pytest.raises(InputError, match="no built-in standard tdt1064"):
        standards_of(project({"key": "d", "demand": "people", "standard": "tdt1064"}))


def test_speeds_are_as_written_then_the_group_s_then_the_mode_s():
    own = {"groups": {"aged_60": {"speed_kmh": 3.2}}}
    assert of({"speed_kmh": 3.0, "group": "aged_60"})[0].speed_kmh == 3.0
    slow = {"speed_kmh": "group", "group": "aged_60"}
    assert of(slow, standard=own)[0].speed_kmh == 3.2
    assert of({"group": "aged_60"}, network={"speed_kmh": 3.6})[0].speed_kmh == 3.6
    assert of({"mode": "cycle"})[0].speed_kmh == 12.0
    assert of({"mode": "walk|cycle"}, network={"speed_kmh": 3.6})[0].speed_kmh == 3.6


def test_limits_in_metres_follow_the_speed():
    own = {"services": {"station": {"metres": 800.0}}}
    _, slow = of({"speed_kmh": 3.2}, standard=own)
    _, usual = of({}, standard=own)
    assert slow.service("station").minutes == pytest.approx(15.0)
    assert usual.service("station").minutes == pytest.approx(12.0)


def test_methods_of_steps_and_straight_lines():
    assert methods_of(*of({"steps": "avoid"})) == ("walk__stepfree",)
    assert methods_of(*of({"steps": "avoid", "mode": "walk|cycle"})) == ("walk__stepfree", "cycle")
    assert methods_of(*of({"metric": "radius", "mode": "cycle"})) == ("radius",)


def test_a_search_goes_twice_as_far_as_the_longest_limit_at_the_fastest_speed():
    asked = project(
        {"key": "a", "demand": "people"}, {"key": "b", "demand": "people", "speed_kmh": 12.0}
    )
    standards = standards_of(asked)
    # Three times as fast as the network's 4 km/h: 15 minutes there are 45 here.
    assert search_minutes_of(asked, standards, definitions_of(asked)) == 45.0
    assert search_minutes_of(asked, standards, definitions_of(asked)[:1]) == 30.0


def test_a_catalogue_holds_what_all_standards_ask_for():
    health, culture = (Service(key, key, key, 15.0, 0.85) for key in ("health", "culture"))
    rule = Presence("everywhere", "culture", "", "")
    first = Standard("a", "", "", 0.85, (health,))
    other = Standard("b", "", "", 0.85, (dataclasses.replace(health, minutes=5.0), culture))
    other = dataclasses.replace(other, presence=(rule,))
    both = catalogue([first, other])
    assert (both.key, both.keys, both.presence) == ("a", ("health", "culture"), (rule,))
    assert both.service("health").minutes == 15.0


def test_names_stand_for_keys_in_both_languages():
    definition = Definition(
        "d", "people", unit="persons", mode="walk|cycle", name_zh="慢行", name_en="Active travel"
    )
    assert definition.text("en").startswith("Active travel: people (persons), ")
    assert definition.text("zh").startswith("慢行：people（persons），")


def test_each_of_several_modes_has_its_own_speed():
    slow = {"speed_kmh": 3.2, "mode": "walk|cycle"}
    definition, _ = of(slow, network={"modes": {"cycle": {"speed_kmh": 13.5}}})
    assert definition.text("en") == (
        "d: people (places), walk at 3.2 km/h or cycle at 13.5 km/h along streets, by osm-15min"
    )
    assert definition.text("zh") == (
        "d：people（处），沿路网步行 3.2 公里/时或骑行 13.5 公里/时，按 osm-15min"
    )


def test_a_single_mode_and_a_straight_line_have_one_speed():
    assert "cycle along streets at 12 km/h" in of({"mode": "cycle"})[0].text("en")
    radius = of({"mode": "walk|cycle", "metric": "radius"})[0].text("en")
    assert "straight line within limit × 4 km/h (walk or cycle)" in radius


def test_a_definition_made_by_hand_claims_no_speed_that_it_does_not_have():
    definition = Definition("d", "people", mode="walk|cycle")
    assert definition.text("en") == "d: people (places), walk at 4 km/h or cycle along streets"
    assert definition.text("zh") == "d：people（处），沿路网步行 4 公里/时或骑行"
    walking = dataclasses.replace(definition, mode="walk", other_speeds_kmh=(12.0,))
    assert walking.text("en") == "d: people (places), walk along streets at 4 km/h"


# The real sample under several definitions -------------------------------------------------------


@pytest.fixture(scope="module")
def several() -> Analysis:
    """Monaco under six definitions."""
    asked = {
        "walk": {},
        "active": {"mode": "walk|cycle"},
        "step_free": {"steps": "avoid"},
        "radius": {"metric": "radius"},
        "slow": {"speed_kmh": 3.2},
        "health_check": {"standard": "tdt1063"},
    }
    tables = [{"key": key, "demand": "floor_area", **table} for key, table in asked.items()]
    data = {
        "schema": 1,
        "network": {"source": str(MONACO / "monaco.osm.pbf")},
        "zones": {"source": str(MONACO / "wards.geojson"), "id": "osm_relation", "name": "name"},
        "demand": [{"name": "floor_area", "source": "osm:buildings", "unit": "m²"}],
        "facilities": [{"name": "osm", "source": "osm"}],
        "definitions": tables,
    }
    return analyse(Project.model_validate(data))


def test_every_layer_and_method_is_searched_once(several):
    assert list(several.measured["floor_area"]) == [
        "walk",
        "radius",
        "cycle",
        "walk__stepfree",
        "drive",  # the health check's fire stations, which OSM has
    ]
    assert several.travel_times["slow"] is several.travel_times["walk"]


def test_the_faster_of_walking_and_cycling_counts(several):
    measured = several.measured["floor_area"]
    fastest = np.fmin(measured["walk"].minutes, measured["cycle"].minutes)
    pd.testing.assert_frame_equal(
        several.travel_times["active"].minutes, fastest[list(several.standard.keys)[:1] + [
            key for key in several.standard.keys[1:] if key in fastest
        ]],
    )  # fmt: skip


def test_who_avoids_steps_is_never_quicker_and_monaco_has_them(several):
    measured = several.measured["floor_area"]
    plain, without = measured["walk"].minutes, measured["walk__stepfree"].minutes
    assert (without.to_numpy() >= plain.to_numpy() - 1e-9).all()
    assert (without > plain + 1).any().all()


def test_rates_rank_as_their_definitions_do(several):
    rates = several.coverage[several.coverage["level"] == "city"].pivot_table(
        index="service", columns="definition", values="rate"
    )
    rates = rates.loc[["health", "culture", "childcare"]]
    assert (rates["step_free"] <= rates["walk"]).all()
    assert (rates["slow"] <= rates["walk"]).all()
    assert (rates["walk"] <= rates["radius"]).all()
    assert (rates["walk"] <= rates["active"]).all()


def test_a_run_of_several_definitions_comes_back_from_its_files(several, tmp_path):
    lc.write(several, tmp_path / "out")
    back = lc.open_run(tmp_path / "out", streets=False)
    pd.testing.assert_frame_equal(back.coverage, several.coverage, check_dtype=False)
    assert back.definitions == several.definitions
    for definition in several.definitions:
        # As text, for a standard without target has NaN there, which equals nothing.
        assert repr(back.standard_of(definition)) == repr(several.standard_of(definition))
        again = lc.coverage(
            back.travel_times[definition.key],
            back.demands[definition.demand],
            back.zones,
            back.standard_of(definition),
            definition,
        )
        own = several.coverage[several.coverage["definition"] == definition.key]
        np.testing.assert_array_equal(again["covered"], own["covered"])
    for name, table in several.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table, check_dtype=False)


def test_facilities_that_two_standards_tell_apart_otherwise_are_said(tmp_path):
    data = {
        "schema": 1,
        "network": {"source": str(MONACO / "monaco.osm.pbf")},
        "zones": {"source": str(MONACO / "wards.geojson"), "id": "osm_relation"},
        "demand": [{"name": "floor_area", "source": "osm:buildings"}],
        "facilities": [{"name": "osm", "source": "osm", "service": "health"}],
        "definitions": [
            {"key": "osm", "demand": "floor_area"},
            {"key": "plan", "demand": "floor_area", "standard": "shanghai-14fyp"},
        ],
    }
    found = analyse(Project.model_validate(data)).findings
    told = [each for each in found if each.code == "facilities.other_tags"]
    assert told
    assert all("shanghai-14fyp" in each.message.text("en") for each in told)


# The plan's target under both its scopes and both its modes --------------------------------------

PLAN = """
[[definitions]]
key = "town_walk"
demand = "people"

[[definitions]]
key = "urban_walk"
demand = "people"
scope = ["urban"]

[[definitions]]
key = "town_active"
demand = "people"
mode = "walk|cycle"

[[definitions]]
key = "urban_active"
demand = "people"
mode = "walk|cycle"
scope = ["urban"]
"""


def test_the_plan_s_target_under_both_scopes_and_both_modes_from_one_run(tmp_path: Path):
    city = City(tmp_path / "city")
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=["010101", "010102"], 名称=["老城", "新城"],
        类型=["主城区", "新城"],
    )  # fmt: skip
    city.set('name = "名称"\n\n[[demand]]', 'name = "名称"\narea_type = "类型"\n\n[[demand]]')
    city.set("[standard]\n", '[standard]\nprofile = "shanghai-14fyp"\n')
    city.set('all = ["health"]\n', f'all = ["health"]\n{PLAN}')
    table = analyse(city.project).coverage
    table = table[table["service"] == "health"].set_index(["definition", "level"])
    # On foot 160 of 160 in the west and 40 of 240 in the east; by bicycle everybody.
    assert table.loc[("town_walk", "city"), "rate"] == 0.5
    assert table.loc[("town_active", "city"), "rate"] == 1.0
    assert table.loc[("urban_walk", "city"), "rate"] == 0.5
    assert table.loc[("urban_walk", "scope"), ["demand", "rate"]].tolist() == [160.0, 1.0]
    assert table.loc[("urban_active", "scope"), "rate"] == 1.0
    # All zones are 城镇: there is no scope apart from the city.
    assert ("town_walk", "scope") not in table.index
    zones = table.loc[("urban_walk", "zone")].set_index("zone")
    assert zones["status"].to_dict() == {"010101": "pass", "010102": "not in scope"}
