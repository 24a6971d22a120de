"""Facilities keep the columns by which a standard counts them."""

from __future__ import annotations

import dataclasses

import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.layers.facilities import load_facilities
from lifecircle.project.tables import FacilitiesTable
from lifecircle.provision import presence
from lifecircle.standards import Presence
from tests.drawn import write_extract, write_layer
from tests.test_facilities import STANDARD, ZONES, codes, message, table

RULE = Presence("graded", "health", "三甲医院", "Graded", per="city", where="grade=三级甲等")
GRADED = dataclasses.replace(STANDARD, presence=(RULE,))


def load(town, *tables, standard=GRADED, **options):
    return load_facilities(tables, standard, zones=ZONES, network=town, **options)


def count(found, standard=GRADED):
    zones = ZONES.assign(name="A", parent="", area_type="")
    return presence(found.layer.frame, zones, standard, given=found.given)["facilities"].tolist()


def test_the_column_that_a_rule_asks_for_is_kept_as_text(town, tmp_path):
    text = "grade,kind,x,y\n三级甲等 ,1,@0,0\n二级,2,@5,0\n,3,@9,0"
    found = load(town, table(tmp_path, text, service="health"))
    assert found.layer.frame["attr:grade"].tolist() == ["三级甲等", "二级", ""]
    assert "attr:kind" not in found.layer.frame
    assert codes(found) == []
    assert count(found) == [1]


def test_codes_are_compared_as_they_are_written(town, tmp_path):
    rule = dataclasses.replace(RULE, where="level = 3")
    source = write_layer(
        tmp_path / "f.gpkg", [shapely.Point(0, 0), shapely.Point(5, 0)], level=[3.0, 2.0]
    )
    standard = dataclasses.replace(STANDARD, presence=(rule,))
    given = FacilitiesTable(name="list", source=source, service="health")
    assert count(load(town, given, standard=standard), standard) == [1]


def test_what_is_known_of_a_facility_holds_for_all_its_entrances_and_services(town, tmp_path):
    text = "id,grade,kind,x,y\na,,health;elderly,@0,0\na,三级甲等,health,@10,0"
    found = load(town, table(tmp_path, text, service_column="kind", id="id"))
    frame = found.layer.frame
    assert frame["service"].tolist() == ["health", "elderly", "health"]
    assert frame["attr:grade"].tolist() == ["三级甲等"] * 3
    assert count(found) == [1]


def test_a_table_without_the_column_is_told_and_counts_for_nothing(town, tmp_path):
    (tmp_path / "b").mkdir()
    graded = table(tmp_path, "grade,x,y\n三级甲等,@0,0", service="health")
    plain = table(tmp_path / "b", "x,y\n@5,0", service="health", name="more")
    found = load(town, graded, plain)
    assert found.layer.frame["attr:grade"].tolist() == ["三级甲等", ""]
    assert "f.csv has no column grade" in message(found, "provision.column_lacking")
    assert found.layer.findings[0].layer == "more"
    assert count(found) == [1]


def test_a_column_that_no_table_has_is_an_error(town, tmp_path):
    given = table(tmp_path, "Grade,beds,x,y\n三级甲等,3,@0,0", service="health")
    with pytest.raises(InputError, match=r"graded.*column grade, which f.csv lacks.*Grade, beds"):
        load(town, given)


def test_a_rule_of_another_service_asks_nothing_of_a_table(town, tmp_path):
    found = load(town, table(tmp_path, "x,y\n@0,0", service="elderly"))
    assert codes(found) == []
    empty = load(town, table(tmp_path, "grade,x,y", service="health", empty=True))
    assert codes(empty) == []
    assert count(empty) == [0]


def test_a_value_that_no_facility_has_is_told_with_those_there_are(town, tmp_path):
    text = "grade,x,y\n三甲,@0,0\n三甲,@5,0\n,@9,0"
    found = load(town, table(tmp_path, text, service="health"))
    said = message(found, "provision.value_unknown")
    assert "whose grade is 三级甲等; none is. Values: 三甲 (2), – (1)" in said
    assert count(found) == [0]


def test_of_osm_elements_attributes_are_tags(town, tmp_path):
    rule = dataclasses.replace(RULE, where="emergency=yes")
    standard = dataclasses.replace(STANDARD, presence=(rule,))
    clinic = {"amenity": "clinic"}
    extract = write_extract(
        tmp_path / "town.osm",
        (shapely.Point(0, 0), clinic | {"emergency": "yes"}),
        (shapely.box(50, 80, 90, 120), clinic | {"emergency": "no"}),
        (shapely.Point(9, 0), clinic),
    )
    osm = FacilitiesTable(name="osm", source="osm", service="health")
    found = load(town, osm, standard=standard, extract=extract)
    kept = found.layer.frame.drop_duplicates("facility")["attr:emergency"].tolist()
    assert kept == ["yes", "", "no"]
    assert count(found, standard) == [1]


def test_without_such_rules_facilities_stay_as_they_were(town, tmp_path):
    given = table(tmp_path, "grade,x,y\n三级甲等,@0,0", service="health")
    frame = load(town, given, standard=STANDARD).layer.frame
    assert [name for name in frame if name.startswith("attr:")] == []
