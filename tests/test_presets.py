"""The built-in standards: every number is what is known of it, and says by whose word.

The numbers here are typed from the page of definitions (its section stands beside each), not read
off the files.
"""

from __future__ import annotations

import math
import re
import tomllib

import pytest

from lifecircle.profiles import PRESETS, load_standard, standard_names
from lifecircle.project.standard_tables import ServiceTable, StandardTable

NAMES = (
    "complete-community", "gb50180", "ghsci-500m", "osm-15min", "pudong", "shanghai-14fyp",
    "shanghai-2024-draft", "shanghai-2035", "shanghai-medical", "sony-15min", "tdt1062", "tdt1063",
)  # fmt: skip
OFFICIAL = {"shanghai-14fyp", "shanghai-medical"}
STANDARDS = {name: load_standard(StandardTable(profile=name)) for name in NAMES}
RAW = {name: tomllib.loads((PRESETS / f"{name}.toml").read_text("utf-8")) for name in NAMES}

FOUR = ("health", "elderly", "culture", "sports")


def limits(name):
    """Minutes, or metres, of every service."""
    services = STANDARDS[name].services
    return {s.key: s.minutes if s.metres is None else f"{s.metres:g} m" for s in services}


def with_numbers(name):
    """Everything of a standard that holds a number."""
    standard = STANDARDS[name]
    areas = [area for area in standard.areas if area.minutes or area.mode or area.people]
    groups = [group for group in standard.groups if group.speed_kmh is not None]
    rules = [*standard.presence, *standard.supply]
    return [standard, *standard.offered, *standard.tiers, *areas, *groups, *rules]


def test_these_are_the_built_in_standards():
    assert standard_names() == NAMES


# Sources and how sure -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source_and_how_sure_it_is(name):
    for thing in with_numbers(name):
        assert thing.source, thing.key
        assert thing.status in ("official", "secondary", "unverified")
    # an inherited status is as good as a written one; a source of its own wants its own status
    for kind in ("services", "tiers", "areas", "groups", "presence", "supply"):
        for key, table in RAW[name].get(kind, {}).items():
            assert "source" not in table or "status" in table, key


@pytest.mark.parametrize("name", NAMES)
def test_radius_and_size_say_how_sure_they_are(name):
    for key, table in RAW[name]["services"].items():
        assert ("radius_m" in table) == ("radius_status" in table), key
        assert ("size" in table) == ("size_status" in table), key


@pytest.mark.parametrize("name", NAMES)
def test_official_is_only_what_the_plan_itself_says(name):
    statuses = {thing.status for thing in with_numbers(name) if thing.key not in ("aged_65",)}
    statuses |= {s.radius_status for s in STANDARDS[name].services if s.radius_m is not None}
    statuses |= {s.size_status for s in STANDARDS[name].services if s.size}
    assert ("official" in statuses) == (name in OFFICIAL)
    for thing in with_numbers(name):
        if thing.status == "official":
            assert thing.source.startswith("沪府发〔2021〕5号")


def test_what_comes_from_memory_is_unverified():
    # definitions §3: of these rows radius and class size, or the tier, were read second-hand
    read = {"kindergarten", "primary_school"}
    gb = STANDARDS["gb50180"]
    assert {s.key for s in gb.services if s.status == "secondary"} == read
    assert {s.key for s in gb.services if s.radius_m and s.radius_status == "secondary"} == read
    assert {s.size_status for s in gb.services if s.size} == {"unverified"}
    # §2: the metres of the health check
    check = STANDARDS["tdt1063"]
    assert {s.radius_status for s in check.services if s.radius_m} == {"unverified"}
    # §6: only the activity ground's 150 m² stands in a transcription
    sizes = {s.key: s.size_status for s in STANDARDS["complete-community"].services if s.size}
    assert {key for key, status in sizes.items() if status == "secondary"} == {"activity_ground"}
    assert {status for key, status in sizes.items() if key != "activity_ground"} == {"unverified"}
    # §8: the profile for cities that have only OSM
    assert {s.status for s in STANDARDS["osm-15min"].services} == {"unverified"}


# Numbers --------------------------------------------------------------------------------------


# §1, §0, §8; the other documents set none
TARGETS = {"shanghai-14fyp": 0.85, "shanghai-2035": 0.99, "osm-15min": 0.85}


@pytest.mark.parametrize("name", NAMES)
def test_targets(name):
    standard = STANDARDS[name]
    targets = {standard.target, *(s.target for s in standard.services)}
    if name in TARGETS:
        assert targets == {TARGETS[name]}
    else:
        assert all(map(math.isnan, targets))


LIMITS = {
    # §1: fifteen minutes for what the plan lists
    "shanghai-14fyp": dict.fromkeys(FOUR, 15),
    "shanghai-2035": dict.fromkeys(FOUR, 15),
    # §1: 30 to 45 minutes by car
    "shanghai-medical": {"regional_medical_centre": 45},
    # §2
    "tdt1063": {
        "health": 15, "elderly": 5, "culture": 15, "sports": 15, "primary_school": 10,
        "middle_school": 15, "market": 10, "green": 5, "hospital": "2000 m", "metro": "800 m",
        "fire": 5,
    },
    # §3
    "gb50180": {
        "kindergarten": 5, "primary_school": 10, "middle_school": 15, "health_centre": 15,
        "health_station": 5, "care_home": 15, "nursing_home": 15, "day_care": 5,
        "culture_centre": 15, "culture_station": 5, "large_sports_ground": 15,
        "medium_sports_ground": 10, "small_sports_ground": 5, "service_centre": 15,
        "service_station": 5, "market": 10, "nursery": 5, "bus_stop": "500 m", "metro": "800 m",
    },
    # §4
    "tdt1062": dict.fromkeys(FOUR, 15),
    # §5
    "shanghai-2024-draft": {"one_stop_centre": 15, "health_centre": 15, "bus_stop": "500 m"},
    "pudong": dict.fromkeys(("education", *FOUR), 15),
    # §6: five to ten minutes
    "complete-community": dict.fromkeys(
        ("service_station", "kindergarten", "nursery", "elderly_station", "health_station",
         "supermarket", "parcels", "activity_ground", "green"), 10,
    ),
    # Bruno et al. 2024, Methods: nine categories, fifteen minutes
    "sony-15min": dict.fromkeys(
        ("outdoor", "learning", "supplies", "eating", "moving", "culture", "exercise",
         "everyday_services", "health_care"), 15,
    ),
    # Boeing et al. 2022: 500 m
    "ghsci-500m": dict.fromkeys(("fresh_food", "convenience", "transit", "open_space"), "500 m"),
    # §8
    "osm-15min": dict.fromkeys((*FOUR, "education", "childcare", "shopping", "green"), 15),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_limits(name):
    assert limits(name) == LIMITS[name]


def test_radii_of_the_residential_standard():
    # §3
    assert {s.key: s.radius_m for s in STANDARDS["gb50180"].services if s.radius_m} == {
        "kindergarten": 300, "primary_school": 500, "middle_school": 1000, "health_centre": 1000,
        "health_station": 300, "day_care": 300, "culture_centre": 1000, "culture_station": 500,
        "large_sports_ground": 1000, "medium_sports_ground": 500, "small_sports_ground": 300,
        "service_centre": 1000, "service_station": 300, "market": 500, "nursery": 300,
    }  # fmt: skip


def test_radii_of_the_health_check():
    # §2
    assert {s.key: s.radius_m for s in STANDARDS["tdt1063"].services if s.radius_m} == {
        "health": 1000, "elderly": 300, "culture": 1000, "sports": 1000, "primary_school": 500,
        "middle_school": 1000, "market": 500, "green": 300,
    }  # fmt: skip


def test_sizes_of_the_residential_standard():
    # §3, building / land
    sizes = {s.key: s.size for s in STANDARDS["gb50180"].services}
    expected = {
        "kindergarten": "3150–4550 / 5240–7580", "health_centre": "1700–2000 / 1420–2860",
        "health_station": "120–270", "care_home": "7000–17500 / 3500–22000",
        "nursing_home": "3500–17500 / 1750–22000", "day_care": "350–750",
        "culture_centre": "3000–6000 / 3000–12000", "culture_station": "250–1200",
        "large_sports_ground": "3150–5620", "medium_sports_ground": "1310–2460",
        "small_sports_ground": "770–1310", "service_centre": "700–1500 / 600–1200",
        "service_station": "600–1000 / 500–800",
    }  # fmt: skip
    assert {key: size for key, size in expected.items() if size not in sizes[key]} == {}


def test_straight_radii_and_modes_of_single_services():
    check, gb = STANDARDS["tdt1063"], STANDARDS["gb50180"]
    straight = {s.key for s in (*check.services, *gb.services) if s.metric == "radius"}
    assert straight == {"hospital", "metro", "bus_stop"}
    assert check.service("fire").mode == "drive"
    assert STANDARDS["shanghai-medical"].service("regional_medical_centre").mode == "drive"
    assert STANDARDS["shanghai-14fyp"].mode == "walk"
    assert all(s.metric == "" for s in STANDARDS["ghsci-500m"].services)


@pytest.mark.parametrize(
    ("name", "tiers"),
    [
        # §3
        ("gb50180", {"fifteen": (15, (800, 1000), (50000, 100000)),
                     "ten": (10, (500,), (15000, 25000)), "five": (5, (300,), (5000, 12000))}),
        # §4
        ("tdt1062", {"fifteen": (15, (800, 1000), (50000, 100000)), "five_ten": (10, (), ())}),
        # §2
        ("tdt1063", {"five": (5, (), ()), "ten": (10, (), ()), "fifteen": (15, (), ())}),
        # §6
        ("complete-community", {"community": (10, (), (5000, 12000))}),
        # §1
        ("shanghai-medical", {"drive_45": (45, (), (300000, 500000)),
                              "drive_30": (30, (), (300000, 500000))}),
    ],
)  # fmt: skip
def test_tiers(name, tiers):
    found = {t.key: (t.minutes, t.radius_m, t.people) for t in STANDARDS[name].tiers}
    assert found == tiers


def test_tiers_are_tests_of_their_own():
    # §3: a large centre does not stand in for the small one of the same kind
    tiers = {s.key: s.tier for s in STANDARDS["gb50180"].services}
    assert (tiers["culture_centre"], tiers["culture_station"]) == ("fifteen", "five")
    assert (tiers["health_centre"], tiers["health_station"]) == ("fifteen", "five")
    tags = [tag for s in STANDARDS["gb50180"].services for tag in s.osm]
    assert len(tags) == len(set(tags))


def test_pudong_chooses_mode_by_kind_of_town():
    # §5: 12 subdistricts walk; 16 towns: 居委 walk, 村委 cycle; 8 outer towns cycle
    pudong = STANDARDS["pudong"]
    modes = {"urban": "walk", "town": "walk", "town:village": "cycle", "outer_town": "cycle",
             "outer_town:village": "cycle"}  # fmt: skip
    for service in pudong.services:
        assert {area: service.mode_in(area) for area in modes} == modes
        assert {service.minutes_in(area) for area in modes} == {15}
    assert (pudong.listed, pudong.known) == (21, 0)


def test_the_draft_goes_by_area_type():
    # §5
    draft = STANDARDS["shanghai-2024-draft"]
    areas = {a.key: (a.mode, a.radius_m, a.people) for a in draft.areas}
    assert areas == {
        "urban": ("walk", (800, 1000), (30000, 50000)),
        "new_town": ("walk|cycle", (800, 1500), (20000,)),
        "town": ("walk|cycle", (1000, 5000), (20000,)),
    }
    centre = draft.service("one_stop_centre")
    assert [centre.mode_in(a) for a in areas] == ["walk", "walk|cycle", "walk|cycle"]
    assert "800" in centre.size
    assert "50–200" in centre.size


def test_the_plan_counts_and_supplies():
    # §1
    plan = STANDARDS["shanghai-14fyp"]
    rules = {p.key: (p.service, p.per, p.min, p.where) for p in plan.presence}
    assert rules == {
        "dementia_friendly": ("dementia_friendly", "zone", 1, ""),
        "rehab_aids": ("rehab_aids", "zone", 1, ""),
        "new_town_hospital": ("general_hospital", "area_type:new_town", 1, "grade=三级甲等"),
    }
    (ground,) = plan.supply
    assert (ground.per_person, ground.unit) == (2.6, "m²")
    assert "100" in plan.service("health").size
    listed = [service.key for service in plan.listed_services]
    assert listed == ["dementia_friendly", "rehab_aids", "general_hospital", "sports_ground"]
    assert plan.all == plan.keys == FOUR
    assert plan.scope == ("urban", "new_town", "town")
    assert plan.service("elderly").group == "aged_60"


def test_a_medical_circle_is_for_so_many_people_and_has_a_stricter_limit():
    # §1: 300,000 to 500,000 people, 30 to 45 minutes
    (rule,) = STANDARDS["shanghai-medical"].supply
    assert rule.people_per_facility == 500000
    strict = {"regional_medical_centre": ServiceTable(tier="drive_30")}
    table = StandardTable(profile="shanghai-medical", services=strict)
    assert load_standard(table).services[0].minutes == 30


def test_groups_have_a_speed_only_where_there_is_evidence():
    # §7: over 65, 0.8 to 1.0 m/s, not verified
    groups = {g.key: g for g in STANDARDS["osm-15min"].groups}
    assert list(groups) == [
        "resident", "registered", "age_0_3", "age_0_14", "age_15_59", "aged_60", "aged_65",
        "aged_80",
    ]  # fmt: skip
    assert {key for key, g in groups.items() if g.speed_kmh is not None} == {"aged_65"}
    assert 0.8 * 3.6 <= groups["aged_65"].speed_kmh <= 1.0 * 3.6
    assert groups["aged_65"].status == "unverified"
    assert all(g.name_zh and g.name_en for g in groups.values())


# What lists and maps call them ----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_names_tags_and_codes_are_well_formed(name):
    for service in STANDARDS[name].offered:
        assert service.name_zh, service.key
        assert service.name_en, service.key
        assert re.search("[\u4e00-\u9fff]", service.name_zh)
        for tag in service.osm:
            assert re.fullmatch(r"[a-z_:]+=[a-z_]+", tag)
        for code in service.amap:
            assert re.fullmatch(r"\d{4}(\d{2})?", code)
        for word in service.names:
            assert len(word) >= 2
            assert word == "".join(word.split())
        assert len(set(service.osm)) == len(service.osm)


@pytest.mark.parametrize("name", NAMES)
def test_tags_are_proxies_but_where_they_are_the_definition(name):
    own = {"fresh_food", "convenience", "transit"} if name == "ghsci-500m" else set()
    tagged = {s.key for s in STANDARDS[name].offered if s.osm and not s.proxy}
    assert tagged == own


@pytest.mark.parametrize("name", NAMES)
def test_no_name_stands_for_two_services(name):
    words = [word for s in STANDARDS[name].offered for word in s.names]
    assert len(words) == len(set(words))


# AMap's table of types, of which copies agree: the codes that the files use.
AMAP = {
    "060400": "超市", "060703": "农副产品市场", "060705": "蔬菜市场", "080108": "户外健身场所",
    "090100": "综合医院", "090101": "三级甲等医院", "110101": "公园", "110105": "城市广场",
    "130504": "消防机关", "141202": "中学", "141203": "小学", "141204": "幼儿园",
    "1505": "地铁站", "1506": "轻轨站", "150700": "公交车站相关", "150702": "普通公交站",
}  # fmt: skip


def test_only_codes_of_the_table_are_used():
    used = {code for name in NAMES for s in STANDARDS[name].offered for code in s.amap}
    assert used == set(AMAP)


@pytest.mark.parametrize("name", NAMES)
def test_a_standard_speaks_both_languages(name):
    standard = STANDARDS[name]
    assert standard.name_zh != standard.name_en
    assert bool(standard.note_zh) == bool(standard.note_en)
    assert bool(standard.denominator_zh) == bool(standard.denominator_en)
    for tier in (*standard.tiers, *standard.areas, *standard.presence, *standard.supply):
        assert tier.name_zh != tier.name_en
