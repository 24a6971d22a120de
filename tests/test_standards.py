"""Built-in standards, a user's own, and what a project may change in them."""

import math

import pytest

from lifecircle.errors import InputError
from lifecircle.profiles import PROJECT_FILE, load_standard, standard_names
from lifecircle.project.standard_tables import (
    AreaTable,
    PresenceTable,
    ServiceTable,
    StandardTable,
    TierTable,
)


def table(profile="shanghai-14fyp", **keys):
    return StandardTable(profile=profile, **keys)


@pytest.mark.parametrize("name", standard_names())
def test_built_in_standards_say_where_every_number_comes_from(name):
    standard = load_standard(table(name))
    assert standard.source
    assert all(service.source for service in standard.services)
    assert all(service.name_zh and service.name_en for service in standard.services)
    assert set(standard.all) <= set(standard.keys)


def test_shanghai_is_what_the_plan_says():
    standard = load_standard(table())
    assert standard.keys == standard.all == ("health", "elderly", "culture", "sports")
    assert {service.minutes for service in standard.services} == {15.0}
    assert {service.target for service in standard.services} == {0.85}
    assert {service.status for service in standard.services} == {"official"}


def test_osm_profile_never_bears_an_official_name():
    standard = load_standard(table("osm-15min"))
    assert {standard.status, *(service.status for service in standard.services)} == {"unverified"}
    assert all(service.proxy for service in standard.services)


def test_changed_minutes_are_no_longer_official():
    standard = load_standard(table(services={"health": ServiceTable(minutes=10)}))
    health, culture = standard.service("health"), standard.service("culture")
    assert (health.minutes, health.source, health.status) == (10, PROJECT_FILE, "unverified")
    assert (culture.minutes, culture.status) == (15, "official")


def test_a_number_written_again_stays_official():
    standard = load_standard(table(target=0.85, services={"health": ServiceTable(minutes=15)}))
    assert standard.status == standard.service("health").status == "official"


def test_target_applies_to_every_service_but_those_with_their_own():
    standard = load_standard(table(target=0.9, services={"health": ServiceTable(target=0.7)}))
    targets = {service.key: service.target for service in standard.services}
    assert targets == {"health": 0.7, "elderly": 0.9, "culture": 0.9, "sports": 0.9}
    assert (standard.target, standard.source, standard.status) == (0.9, PROJECT_FILE, "unverified")
    culture = standard.service("culture")
    assert culture.source.endswith(f"; target: {PROJECT_FILE}")
    assert culture.status == "unverified"


def test_minutes_by_area_are_added_to_the_profile():
    limits = {"rural": 30.0}
    standard = load_standard(table(services={"health": ServiceTable(minutes_by_area=limits)}))
    health = standard.service("health")
    assert (health.minutes_in("rural"), health.minutes_in("urban")) == (30.0, 15.0)
    assert health.source == PROJECT_FILE


def test_own_service_needs_minutes():
    with pytest.raises(InputError, match=r"\[standard.services.library\] is not in the profile"):
        load_standard(table(services={"library": ServiceTable(name_en="Library")}))


def test_a_slip_in_a_service_key_names_the_one_that_was_meant():
    with pytest.raises(InputError, match="Did you mean health"):
        load_standard(table(services={"helth": ServiceTable(target=0.5)}))


def test_own_service_comes_last_and_is_called_by_its_key():
    standard = load_standard(table(services={"library": ServiceTable(minutes=12)}))
    library = standard.services[-1]
    assert (library.key, library.name_zh, library.name_en) == ("library",) * 3
    assert (library.minutes, library.target, library.source) == (12, 0.85, PROJECT_FILE)


def test_all_and_scope_can_be_changed():
    standard = load_standard(table(all=["health"], scope=[]))
    assert (standard.all, standard.scope) == (("health",), ())


def test_all_names_known_services_only():
    with pytest.raises(InputError, match="all names healthy, which is no service"):
        load_standard(table(all=["healthy"]))


def test_no_service_can_be_called_all():
    with pytest.raises(InputError, match="cannot be called all"):
        load_standard(table(services={"all": ServiceTable(minutes=5)}))


def test_tags_are_key_and_value():
    with pytest.raises(InputError, match="not key=value: library, =x"):
        services = {"culture": ServiceTable(osm=["library", "amenity=library", "=x"])}
        load_standard(table(services=services))


def test_unknown_profile_names_the_nearest():
    with pytest.raises(InputError, match=r"no built-in standard osm-15mn\. Did you mean osm-15min"):
        load_standard(table("osm-15mn"))
    with pytest.raises(InputError, match="Built in: complete-community, gb50180, ghsci-500m, osm"):
        load_standard(table("xyz"))


def test_all_faults_come_at_once():
    services = {"library": ServiceTable(), "all": ServiceTable(minutes=1)}
    with pytest.raises(InputError) as caught:
        load_standard(table(services=services, all=["nothing"]))
    assert [fault.code for fault in caught.value.faults] == [
        "standards.needs_minutes",
        "standards.reserved",
        "standards.all",
    ]


OWN = """
name_zh = "区标准"
target = 0.9
source = "district plan, table 3"
status = "secondary"
[services.health]
minutes = 12
minutes_by_area = { town = 20 }
target = 0.95
"""


def test_own_standard_is_a_file(tmp_path):
    path = tmp_path / "district.toml"
    path.write_text(OWN, encoding="utf-8")
    standard = load_standard(table(str(path)))
    health = standard.service("health")
    assert (standard.key, standard.name("en"), standard.all) == ("district", "区标准", ())
    assert (health.minutes_in("town"), health.target, standard.longest_minutes) == (20, 0.95, 20)
    assert health.source == "district plan, table 3"


def test_own_standard_is_checked_like_a_project(tmp_path):
    path = tmp_path / "district.toml"
    path.write_text(OWN.replace("minutes = 12", "minuts = 12"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_standard(table(str(path)))
    text = str(caught.value)
    assert "district.toml: services.health.minutes is missing." in text
    assert "unknown key services.health.minuts. Did you mean minutes?" in text


def own(tmp_path, text, **keys):
    """A standard of one's own, as a project with `keys` loads it."""
    path = tmp_path / "district.toml"
    path.write_text(text, encoding="utf-8")
    return load_standard(table(str(path), **keys))


def test_own_standard_says_all_services_without_a_limit(tmp_path):
    text = OWN.replace("minutes = 12", "mode = 'walk'") + "[services.culture]\nname_zh = '文化'\n"
    with pytest.raises(InputError) as caught:
        own(tmp_path, text, all=["health"])
    said = [fault.text("en") for fault in caught.value.faults]
    assert said == [
        "district.toml: services.health.minutes is missing.",
        "district.toml: services.culture.minutes is missing.",
    ]


LISTED = """
source = "plan"
status = "official"
[services.health]
minutes = 15
[services.hospital]
name_zh = "医院"
names = ["医院"]
[presence.hospital]
per = "parent"
[services.ground]
[supply.area]
service = "ground"
per_person = 2.6
"""


def test_a_service_that_a_rule_counts_needs_no_limit(tmp_path):
    standard = own(tmp_path, LISTED)
    assert standard.keys == ("health",)
    assert [service.key for service in standard.listed_services] == ["hospital", "ground"]
    assert [service.key for service in standard.offered] == ["health", "hospital", "ground"]
    assert math.isnan(standard.service("hospital").minutes)
    assert (standard.longest_minutes, standard.at(5).longest_minutes) == (15, 5)
    assert standard.service("hospital").status == "official"


def test_a_limit_in_the_project_makes_a_listed_service_one_with_a_rate(tmp_path):
    standard = own(tmp_path, LISTED, services={"hospital": ServiceTable(metres=2000)})
    assert standard.keys == ("health", "hospital")
    # 2,000 m at 4 km/h
    assert standard.service("hospital").minutes == 30
    assert standard.service("hospital").source == PROJECT_FILE


def test_a_rule_in_the_project_does_for_a_limit(tmp_path):
    rules = {"library": PresenceTable(per="city")}
    standard = own(tmp_path, LISTED, services={"library": ServiceTable()}, presence=rules)
    assert standard.listed_services[-1].key == "library"


def test_all_cannot_name_what_has_no_limit(tmp_path):
    with pytest.raises(InputError, match="all names hospital, which is no service of the standard"):
        own(tmp_path, LISTED, all=["hospital"])


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("[services.x]\ntier = 'ten'", "service x belongs to the tier ten.*Its tiers: five"),
        ("[services.x]\nminutes = 5\ngroup = 'old'", "services.x is for the group old.*aged_60"),
        ("[supply.y]\nservice='health'\nper_1000=4\ngroup='old'", "supply.y is for the group old"),
        ("[presence.z]\nservice = 'gym'", "presence.z is about the service gym.*health, hospital"),
        ("[presence.z]\nservice = 'health'\nwhere = 'grade'", "where = .grade., which is not col"),
        ("[presence.z]\nservice = 'health'\nper = 'zones'", "per = .zones., which.*area_type:TYPE"),
        ("[tiers.ten]\nradius_m = [500]", "tiers.ten.minutes is missing"),
    ],
)
def test_what_does_not_fit_is_said_with_what_is_known(tmp_path, more, expected):
    text = f"{LISTED}\n[tiers.five]\nminutes = 5\n{more}\n"
    with pytest.raises(InputError, match=expected):
        own(tmp_path, text)


def test_names_do_not_unsettle_a_number_but_numbers_do(tmp_path):
    text = LISTED + "[tiers.five]\nminutes = 5\n[areas.town]\nmode = 'cycle'\n"
    renamed = own(tmp_path, text, tiers={"five": TierTable(minutes=5, name_en="Five")})
    assert (renamed.tiers[0].name_en, renamed.tiers[0].status) == ("Five", "official")
    changed = own(tmp_path, text, areas={"town": AreaTable(mode="walk")})
    assert (changed.areas[0].source, changed.areas[0].status) == (PROJECT_FILE, "unverified")


def test_what_a_standard_lists_and_what_is_known_of_it(tmp_path):
    assert own(tmp_path, LISTED).known is None
    assert own(tmp_path, "listed = 21\n" + LISTED).known == 3
    assert own(tmp_path, "listed = 21\nknown = 0\n" + LISTED).known == 0


def test_own_standard_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_standard(table(str(tmp_path / "nothing.toml")))
