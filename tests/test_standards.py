"""Built-in standards, a user's own, and what a project may change in them."""

import pytest

from lifecircle.errors import InputError
from lifecircle.project.standard_tables import ServiceTable, StandardTable
from lifecircle.profiles import PROJECT_FILE, load_standard, standard_names


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
    with pytest.raises(InputError, match="Built in: osm-15min, shanghai-14fyp"):
        load_standard(table("gb50180"))


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


def test_own_standard_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_standard(table(str(tmp_path / "nothing.toml")))
