"""What real layers get wrong: one thing broken in a tiny city, and the words that follow.

Every case runs the command. An error is exit code 2 and one message on stderr, in English and in
Chinese, that names file, layer, column, rows and the remedy; nothing is written. A finding lets the
run go on, with numbers that can be checked in the head (see `messy`).
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from lifecircle.command.cli import app
from lifecircle.datum import gcj02_from_wgs84
from tests.conftest import MONACO, ROOT
from tests.messy import CLINICS, EAST, PEOPLE, STREET_M, WEST, City, along

Call = Callable[..., tuple[int, str, str]]


@dataclass(frozen=True)
class Fault:
    """One thing broken, and what the message about it must say."""

    break_it: Callable[[City], None]
    says: tuple[str, ...]
    """In both languages: file, layer, column, rows, values."""
    en: str
    """Part of the English remedy."""
    zh: str
    """Part of the Chinese remedy."""
    lines: int = 1
    """One for each thing that is wrong."""


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "老 城")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command here: exit code, stdout, stderr."""
    monkeypatch.setenv("LC_ALL", "C")

    def called(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            app([str(argument) for argument in arguments], prog_name="lifecircle")
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, out, err

    return called


@pytest.fixture
def run(city: City, call: Call) -> Callable[..., None]:
    """Runs the city, which must succeed."""

    def ran(*options: object) -> None:
        code, _, err = call("run", city.project, "--quiet", *options)
        assert (code, err) == (0, "")

    return ran


# Faults that end the run -------------------------------------------------------------------------


def streets(city: City, name: str, crs: object) -> None:
    city.layer(name, [shapely.LineString([(x, 0) for x in STREET_M])], crs=crs)
    city.set('source = "道路.geojson"', f'source = "{name}"')


def streets_without_crs(city: City) -> None:
    streets(city, "道路.shp", 4549)
    city.path("道路.prj").unlink()


def zones_without_crs(city: City) -> None:
    frame = gpd.read_file(city.path("街镇.geojson")).set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        city.write("街镇.gpkg", frame)
    city.set('source = "街镇.geojson"', 'source = "街镇.gpkg"')


def set_to(old: str, new: str) -> Callable[[City], None]:
    return lambda city: city.set(old, new)


def people(**cells: list[object]) -> Callable[[City], None]:
    return lambda city: city.people(**cells)


def clinics(**cells: list[object]) -> Callable[[City], None]:
    return lambda city: city.clinics(**cells)


def content(name: str, content: bytes) -> Callable[[City], None]:
    return lambda city: city.path(name).write_bytes(content) and None


def added(text: str) -> Callable[[City], None]:
    """Tables at the end of the project file."""
    return lambda city: city.set('all = ["health"]\n', f'all = ["health"]\n\n{text}\n')


def own_standard(text: str) -> Callable[[City], None]:
    def write(city: City) -> None:
        city.path("标准.toml").write_text(f"target = 0.85\n{text}\n", encoding="utf-8")
        city.set("[standard]\n", '[standard]\nprofile = "标准.toml"\n')

    return write


def own_groups_without_columns(city: City) -> None:
    own_standard('[services.health]\nminutes = 15\ngroup = "aged_65"')(city)
    added('[[definitions]]\nkey = "own"\ndemand = "people"\ngroup = "own"')(city)


def group_without_speed(city: City) -> None:
    city.set('unit = "persons"\n', 'unit = "persons"\ngroups = { pupils = "60岁及以上" }\n')
    named = 'key = "old"\ndemand = "people"\ngroup = "pupils"\nspeed_kmh = "group"'
    added(f"[[definitions]]\n{named}")(city)


def unknown_area_type(city: City) -> None:
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=["1", "2"], 名称=["甲", "乙"], 类型=["urban", "山区"]
    )
    city.set('name = "名称"\n\n[[demand]]', 'name = "名称"\narea_type = "类型"\n\n[[demand]]')
    city.set("[standard]\n", '[standard]\nprofile = "shanghai-2024-draft"\n')
    city.set('all = ["health"]\n', "")
    city.set('卫生院 = "health"', '卫生院 = "one_stop_centre"')


def odd_bytes(city: City) -> None:
    people = city.path("人口.csv")
    people.write_bytes(people.read_bytes() + b"\r\n0005,\xff\xff")


def swapped_columns(city: City) -> None:
    city.set('x = "经度"\ny = "纬度"', 'x = "纬度"\ny = "经度"')


def lost_zeros(city: City) -> None:
    city.people(街镇=["10101", "10101", "10102", "10102"])
    city.set('unit = "persons"', 'zone = "街镇"')


def titled_table(city: City) -> None:
    people = city.path("人口.csv")
    people.write_bytes("2020年人口普查,,,,\r\n".encode("gbk") + people.read_bytes())


def titled_workbook(city: City) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["2020年人口普查"])
    sheet.merge_cells("A1:D1")
    sheet.append(["编号", "经度", "纬度", "常住人口"])
    sheet.append(["0001", *along(100), 100])
    book.save(city.path("人口.xlsx"))
    city.set('"人口.csv"', '"人口.xlsx"')


def in_metres(city: City, crs: int, zone_number: float) -> None:
    x = [f"{zone_number + 500_000 + where}" for where, _, _ in PEOPLE.values()]
    city.people(经度=x, 纬度=["3430000"] * 4)
    city.set('crs = "EPSG:4326"', f'crs = "EPSG:{crs}"')


def swapped_zones(city: City) -> None:
    frame = gpd.read_file(city.path("街镇.geojson"))
    turned = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    city.write("街镇.geojson", frame.set_geometry(turned))


def zones(city: City, shapes: list[shapely.Geometry], ids: list[str]) -> None:
    city.layer("街镇.geojson", shapes, 编码=ids, 名称=["甲", "乙", "丙"][: len(ids)])


def empty_layer(city: City) -> None:
    city.path("街镇.geojson").write_text('{"type": "FeatureCollection", "features": []}', "utf-8")


def all_clinics_far_away(city: City) -> None:
    lon, lat = zip(along(500, 15_000), along(2000, 15_000), strict=True)
    lng, lat = gcj02_from_wgs84(np.array(lon), np.array(lat))
    city.clinics(lng=lng, lat=lat)


def monaco_wards_of_osm(city: City) -> None:
    extract = (MONACO / "monaco.osm.pbf").as_posix()
    city.set('source = "道路.geojson"', f'source = "{extract}"')
    city.set('source = "街镇.geojson"\nid = "编码"\nname = "名称"', 'source = "osm:admin_level=10"')


def geopackage_of_two_layers(city: City) -> None:
    frame = gpd.read_file(city.path("街镇.geojson"))
    for layer in ("街道", "居委"):
        frame.to_file(city.path("街镇.gpkg"), layer=layer, engine="pyogrio")
    city.set('source = "街镇.geojson"', 'source = "街镇.gpkg"\nlayer = "区县"')


FAULTS = {
    # 4: no coordinate system
    "streets without .prj": Fault(
        streets_without_crs, ("network", "道路.shp", ".prj", "crs ="), "add `crs", "请在其表中加"
    ),
    "zones without crs": Fault(
        zones_without_crs, ("zones", "街镇.gpkg", "crs ="), "add `crs", "请在其表中加"
    ),
    # 5: the wrong one
    "degrees called metres": Fault(
        set_to('crs = "EPSG:4326"', 'crs = "EPSG:4549"'),
        ("people", "人口.csv", "EPSG:4549", "EPSG:4326"), "geographic system", "请写地理坐标系",
    ),
    "metres called degrees": Fault(
        lambda city: in_metres(city, 4326, 0),
        ("people", "人口.csv", "2, 3, 4, 5", "500100, 3430000", "EPSG:4326", "EPSG:4549"),
        "write the projected one", "请改写投影坐标系",
    ),
    "a working system in degrees": Fault(
        set_to("[project]", '[project]\ncrs = "EPSG:4490"'),
        ("[project] crs", "EPSG:4490", 'crs = "auto"'), "Write crs", "请写 crs",
    ),
    "a working system of another place": Fault(
        set_to("[project]", '[project]\ncrs = "EPSG:3857"'),
        ("[project] crs", "EPSG:3857", "17"), 'Write crs = "auto"', '请写 crs = "auto"',
    ),
    "a system that is none": Fault(
        set_to('crs = "EPSG:4326"', 'crs = "CGCS 2000"'),
        ("项目.toml", "demand.people.crs", "CGCS 2000", "EPSG:4326"),
        "Write an EPSG code", "请写 EPSG 代码",
    ),
    "results in shifted coordinates": Fault(
        set_to("[project]", '[project]\noutput_crs = "GCJ-02"'),
        ("项目.toml", "project.output_crs", "GCJ-02"), "Write EPSG:4326", "请写 EPSG:4326",
    ),
    # 6: swapped
    "x and y swapped in a table": Fault(
        swapped_columns,
        ("people", "人口.csv", "2, 3, 4, 5"), "exchange the two columns", "请把两列对调",
    ),
    "x and y swapped in a layer": Fault(
        swapped_zones, ("zones", "街镇.geojson", "1, 2"), "exchange", "对调"
    ),
    # 7: the zone number before the easting
    "no zone number": Fault(
        lambda city: in_metres(city, 4528, 0),
        ("people", "人口.csv", "EPSG:4528", "500100", "2, 3, 4, 5", "EPSG:4549"),
        "without the zone number", "、不带带号的坐标系",
    ),
    "a zone number too many": Fault(
        lambda city: in_metres(city, 4549, 40e6),
        ("people", "人口.csv", "EPSG:4549", "40500100", "2, 3, 4, 5", "EPSG:4528"),
        "with the zone number", "、带带号的坐标系",
    ),
    # 8: no word of the datum
    "a table that does not say its datum": Fault(
        set_to('crs = "GCJ-02"\n', ""),
        ("clinics", "卫生.csv", "EPSG:4326", "GCJ-02", "BD-09"), "Add crs", "请加 crs",
    ),
    # 10: coordinates that are none
    "coordinates that are words": Fault(
        people(经度=[120.01, "不详", "120.02E", 120.03]),
        ("people", "人口.csv", "经度", "3 '不详', 4 '120.02E'", "2"), "plain numbers", "普通数字",
    ),
    "coordinates that are missing": Fault(
        clinics(lat=["", 31.0]), ("clinics", "卫生.csv", " 2", "lat"), "Fill in", "请补上坐标"
    ),
    "coordinates NaN": Fault(
        people(纬度=["NaN", 31, 31, "nan"]),
        ("people", "人口.csv", "纬度", "2, 5"), "Fill in", "请补上坐标",
    ),
    # 11: ids twice
    "a zone twice": Fault(
        lambda city: zones(city, [WEST, EAST], ["010101", "010101"]),
        ("zones", "街镇.geojson", "编码", "010101", "1, 2"), "Merge the parts", "请合并",
    ),
    "a place twice": Fault(
        people(编号=["0001", "0002", "0001", "0004"]),
        ("people", "人口.csv", "编号", "0001", "2, 4"), "remove the repetitions", "请去重",
    ),
    # 12: codes that lost their zeros
    "codes without their zeros": Fault(
        lost_zeros,
        ("people", "人口.csv", "街镇", "10101, 10102", "010101", "2, 3, 4, 5"),
        "leading zeros", "前导零",
    ),
    # 13, 14, 16: numbers
    "no population": Fault(
        people(常住人口=[100, "", "NA", 200]),
        ("people", "人口.csv", "常住人口", "3, 4", 'missing_weight = "drop"'), "0 where", "填 0",
    ),
    "negative population": Fault(
        people(常住人口=[100, -99999, 40, -1]),
        ("people", "人口.csv", "常住人口", "3 '-99999', 5 '-1'"), "leave the cell empty", "请留空",
    ),
    "a population that is no number": Fault(
        people(常住人口=[100, "约60", "4 0人", 200]),
        ("people", "人口.csv", "常住人口", "3 '约60', 4 '4 0人'"), "Correct them", "请更正",
    ),
    # 20: zones over each other
    "zones that overlap": Fault(
        lambda city: zones(city, [WEST, EAST, shapely.box(1000, -300, 2000, 300)], ["a", "b", "c"]),
        ("zones", "街镇.geojson", "a 甲 / c 丙 (330,000", "b 乙 / c 丙 (270,000"),
        "count twice", "重复计算",
    ),
    # 22: off the streets
    "every clinic far away": Fault(
        all_clinics_far_away,
        ("clinics", "卫生.csv", "200", f"{along(500, 15_000)[0]:.5f}, {along(500, 15_000)[1]:.5f}"),
        "coordinates and `crs`", "坐标和 `crs`",
    ),
    # 31, 33: encodings
    "bytes of no encoding": Fault(
        odd_bytes,
        ("people", "人口.csv", "7", "encoding ="), "Name its encoding", "请写明编码",
    ),
    "the wrong encoding": Fault(
        set_to('crs = "EPSG:4326"', 'crs = "EPSG:4326"\nencoding = "utf-8"'),
        ("people", "人口.csv", "utf-8", "0"), "Correct encoding", "请更正 encoding",
    ),
    "an encoding of no name": Fault(
        set_to('crs = "EPSG:4326"', 'crs = "EPSG:4326"\nencoding = "ANSI中文"'),
        ("people", "ANSI中文", "gb18030"), "Write encoding", "请写 encoding",
    ),
    # 34: quotation marks
    "a quotation mark left open": Fault(
        lambda city: city.edit("卫生.csv", "城隍庙", '"城隍庙'),
        ("clinics", "卫生.csv", "2"), "Correct the quotation marks", "请更正",
    ),
    "a comma in a name": Fault(
        lambda city: city.edit("卫生.csv", "城隍庙", "城隍庙,"),
        ("clinics", "卫生.csv", " 2", "5"), "quotation marks around", "用引号括起",
    ),
    # 35: nothing there
    "an empty file": Fault(
        content("人口.csv", b""), ("people", "人口.csv"), "Export it again", "请重新导出"
    ),
    "a header alone": Fault(
        content("卫生.csv", "编号,名称,类型,lng,lat\r\n".encode("gbk")),
        ("clinics", "卫生.csv", "empty = true"), "Export it again", "请重新导出",
    ),
    "no zone": Fault(empty_layer, ("zones", "街镇.geojson"), "Export it again", "请重新导出"),
    "empty streets": Fault(
        content("道路.geojson", b""), ("network", "道路.geojson"), "Export it again", "请重新导出",
    ),
    # titles, and tables where a layer is wanted
    "a title above the names in a workbook": Fault(
        titled_workbook,
        ("people", "人口.xlsx", " 1", "2020年人口普查"), "Delete the rows above", "请删去列名以上",
    ),
    "a title above the names in a table": Fault(
        titled_table,
        ("people", "人口.csv", " 1", "2020年人口普查"), "Delete the rows above", "请删去列名以上",
    ),
    "a table as zones": Fault(
        set_to('source = "街镇.geojson"', 'source = "人口.csv"'),
        ("zones", "人口.csv", ".gpkg"), "Give a layer", "请提供图层",
    ),
    # 36: services nobody knows
    "unknown services": Fault(
        clinics(类型=["卫生院", "090101"]),
        ("clinics", "卫生.csv", "类型", "090101 (1)", '"090101" = "health"', "health, elderly"),
        "Translate each in [facilities.map]", "请在 [facilities.map] 中逐个对应",
    ),
    "a row without a service": Fault(
        clinics(类型=["卫生院", " "]), ("clinics", "卫生.csv", "类型", " 3"), "Fill in", "请补填"
    ),
    # 51: a boundary that is not whole
    "wards of which ways are missing": Fault(
        monaco_wards_of_osm,
        ("monaco.osm.pbf", "relation/5986473", "Jardin Exotique", "398362859"),
        "holds the whole boundary", "包含完整边界", 3,
    ),
    # 52: Windows in the project file
    "a path that became a tab and a line": Fault(
        set_to('"人口.csv"', '"C:\\new\\table.csv"'),
        ("项目.toml", "demand.people.source", '"C:/new/table.csv"'), "Write", "请写成",
    ),
    "a path that is no TOML": Fault(
        set_to('"人口.csv"', '"D:\\数据\\人口.csv"'),
        ("项目.toml", '"D:/数据/人口.csv"', " 18"), "single quotes", "单引号",
    ),
    # the issue's own list
    "a missing file": Fault(
        lambda city: city.path("卫生.csv").unlink(),
        ("项目.toml", "facilities.clinics.source", "卫生.csv"), "Paths start", "路径从",
    ),
    "a file of nearly that name": Fault(
        set_to("卫生.csv", "卫生院.csv"),
        ("项目.toml", "facilities.clinics.source", "卫生院.csv", " 卫生.csv"),
        "Beside it there is", "同一文件夹里有",
    ),
    "a missing layer": Fault(
        geopackage_of_two_layers,
        ("zones", "街镇.gpkg", "区县", "街道, 居委"), "Correct the key layer", "请更正 layer",
    ),
    "a missing column": Fault(
        set_to('weight = "常住人口"', 'weight = "总人口"'),
        ("people", "人口.csv", "总人口", "编号, 经度, 纬度, 常住人口, 60岁及以上"),
        "Correct the column's name", "请更正项目文件中的列名",
    ),
    "an unknown key": Fault(
        set_to('weight = "常住人口"', 'wieght = "常住人口"'),
        ("项目.toml", "demand.people.wieght", "weight"), "Did you mean", "是不是想写",
    ),
    "a definition of an unknown mode": Fault(
        added('[[definitions]]\nkey = "fast"\ndemand = "people"\nmode = "scooter"'),
        ("项目.toml", "scooter", "walk, cycle, drive"),
        "[network.modes.scooter]", "[network.modes.scooter]",
    ),
    "a standard with an unknown mode": Fault(
        own_standard('[services.health]\nminutes = 15\nmode = "walk|boat"'),
        ("项目.toml", "boat", "walk, cycle, drive"), "[network.modes.boat]", "[network.modes.boat]",
    ),
    "a tier without limit": Fault(
        own_standard('[tiers.near]\nname_zh = "近"\n[services.health]\ntier = "near"'),
        ("标准.toml", "tiers.near.minutes"), "is missing", "缺少",
    ),
    "a service of an unknown tier": Fault(
        own_standard('[tiers.near]\nminutes = 5\n[services.health]\ntier = "far"'),
        ("项目.toml", "health", "far", "near"), "or name another", "或改用",
    ),
    "a definition without its layer": Fault(
        added('[[definitions]]\nkey = "land"\ndemand = "residential_land"'),
        ("项目.toml", "[definitions.land]", "residential_land", "people"), "people", "people",
    ),
    "a definition of an unknown group": Fault(
        added('[[definitions]]\nkey = "old"\ndemand = "people"\ngroup = "aged_60"'),
        ("项目.toml", "[definitions.old]", "aged_60", "people"), "groups = {", "groups = {",
    ),
    "each service's own group without its column": Fault(
        own_groups_without_columns,
        ("项目.toml", "[definitions.own]", "aged_65", "people"), "groups = {", "groups = {",
    ),
    "the speed of a group that has none": Fault(
        group_without_speed,
        ("项目.toml", "[definitions.old]", "pupils"), "Write speed_kmh", "请写 speed_kmh",
    ),
    "an unknown standard of a definition": Fault(
        added('[[definitions]]\nkey = "a"\ndemand = "people"\nstandard = "tdt1064"'),
        ("项目.toml", "tdt1064", "tdt1063"), "Did you mean tdt1063", "是不是想写 tdt1063",
    ),
    "zones of an unknown area type": Fault(
        unknown_area_type,
        ("街镇.geojson", "类型", "山区 (1)", "shanghai-2024-draft", "new_town"),
        "[zones.area_types]", "[zones.area_types]",
    ),
    "a rule about an unknown service": Fault(
        added('[standard.presence.hospital]\nmin = 1'),
        ("项目.toml", "presence.hospital", "hospital", "health"), "Its services", "已有服务",
    ),
    "a rule about an unknown attribute": Fault(
        added('[standard.presence.health]\nwhere = "等级=三级甲等"'),
        ("卫生.csv", "presence.health", "等级", "类型", "名称"),
        'in `where` of [standard.presence.health]', "[standard.presence.health] 的 where",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_message_in_either_language(city: City, call: Call, name: str) -> None:
    fault = FAULTS[name]
    fault.break_it(city)
    before = sorted(city.folder.iterdir())
    for language, remedy in (("en", fault.en), ("zh", fault.zh)):
        code, out, err = call("run", city.project, "--lang", language)
        assert (code, out) == (2, ""), err
        assert "Traceback" not in err
        assert err.count("\n") == fault.lines, err
        assert err.count(remedy) == 1, err
        lacking = [words for words in fault.says if words not in err]
        assert not lacking, f"{lacking} not in: {err}"
    assert sorted(city.folder.iterdir()) == before


def test_what_was_there_before_stays_as_it_was(city: City, call: Call) -> None:
    city.out.mkdir()
    (city.out / "coverage.csv").write_text("of an earlier run", encoding="utf-8")
    city.path("人口.csv").write_bytes(b"")
    assert call("run", city.project)[0] == 2
    assert [path.name for path in city.out.iterdir()] == ["coverage.csv"]
    assert (city.out / "coverage.csv").read_text(encoding="utf-8") == "of an earlier run"


def test_all_that_is_wrong_with_a_table_is_said_at_once(city: City, call: Call) -> None:
    city.set('weight = "常住人口"', 'weight = "常住人口"\nspacing = 0\nmissing = "drop"')
    code, _, err = call("run", city.project)
    assert code == 2
    assert err.splitlines() == [
        "项目.toml: demand.people.spacing = 0 is not possible; it must be more than 0.",
        "项目.toml: unknown key demand.people.missing. Did you mean missing_weight?",
    ]


# Faults that the run survives --------------------------------------------------------------------


def test_the_city_as_it_is(city: City, run: Callable[..., None]) -> None:
    run()
    health = city.coverage()
    assert health.loc["010101", ["demand", "covered", "rate"]].tolist() == [160, 160, 1]
    assert health.loc["010102", ["demand", "covered"]].tolist() == [240, 40]
    assert health.loc["", ["demand", "covered", "rate", "gap"]].tolist() == [400, 200, 0.5, 140]
    assert {"error", "warning"}.isdisjoint(city.findings()["severity"])


def loose_streets(city: City) -> list[tuple[float, float]]:
    """Draws streets of no period that a shift could match; returns 24 points on them."""
    rng = np.random.default_rng(3)
    x, y = np.cumsum(rng.uniform(280, 420, (2, 12)), axis=1)
    rows = [shapely.LineString([(0, at), *((cross, at) for cross in x), (4800, at)]) for at in y]
    columns = [shapely.LineString([(at, 0), *((at, cross) for cross in y), (at, 4800)]) for at in x]
    city.layer("道路.geojson", rows + columns)
    city.layer("街镇.geojson", [shapely.box(0, 0, 4800, 4800)], 编码=["010101"], 名称=["老城"])
    streets = np.array(rows + columns)
    spots = shapely.line_interpolate_point(streets, rng.uniform(200, 4600, 24))
    return [along(spot.x, spot.y) for spot in spots]


@pytest.mark.parametrize("declared", ["GCJ-02", "EPSG:4326"])
def test_gcj02_that_is_not_declared_is_noticed(
    city: City, run: Callable[..., None], declared: str
) -> None:
    lon, lat = np.array(loose_streets(city)).T
    lng, lat = gcj02_from_wgs84(lon, lat)
    cells = {"编号": range(24), "名称": "", "类型": "卫生院", "lng": lng, "lat": lat}
    city.table("卫生.csv", cells)
    city.set('crs = "GCJ-02"', f'crs = "{declared}"')
    run()
    found = city.findings()
    if declared == "GCJ-02":
        assert "datum.looks_shifted" not in found.index
    else:
        assert found.loc["datum.looks_shifted", "layer"] == "clinics"
        assert "as GCJ-02: 0 m to the nearest street" in found.loc["datum.looks_shifted", "message"]
        assert 'set `crs = "GCJ-02"`' in found.loc["datum.looks_shifted", "action"]


def test_blanks_around_coordinates_do_no_harm(city: City, run: Callable[..., None]) -> None:
    city.people(经度=[f" {along(x)[0]:.9f} " for x, _, _ in PEOPLE.values()])
    run()
    assert city.coverage().loc["", "covered"] == 200


def test_codes_keep_their_zeros(city: City, run: Callable[..., None]) -> None:
    city.people(街镇=["010101", "010101", "010102", "010102"])
    city.set('unit = "persons"', 'zone = "街镇"')
    run()
    assert city.coverage().index.tolist() == ["010101", "010102", "", "(outside)"]


def test_no_population_where_that_is_meant(city: City, run: Callable[..., None]) -> None:
    city.people(常住人口=[100, "", 40, 200])
    run("--set", "demand.people.missing_weight=drop")
    found = city.findings().loc["demand.dropped"]
    assert found[["source", "row", "column"]].tolist() == ["人口.csv", "3", "常住人口"]
    assert "1 of 4 rows" in found["message"]
    assert city.coverage().loc["", ["demand", "covered"]].tolist() == [340, 140]
    report = (city.out / "report.html").read_text(encoding="utf-8")
    assert "1 of 4 rows were left out" in report


def test_a_zone_of_nobody_has_no_rate(city: City, run: Callable[..., None]) -> None:
    city.people(常住人口=[100, 60, 0, 0])
    run()
    empty = city.coverage().loc["010102"]
    assert (empty["status"], empty["demand"]) == ("no demand", 0)
    assert np.isnan(empty["rate"])
    assert city.coverage().loc["", "rate"] == 1


def test_a_city_of_nobody_has_no_rate(city: City, run: Callable[..., None]) -> None:
    city.people(常住人口=[0, 0, 0, 0])
    run()
    assert city.coverage()["status"].tolist() == ["no demand"] * 4
    assert city.coverage()["rate"].isna().all()


def test_numbers_as_people_write_them(city: City, run: Callable[..., None]) -> None:
    city.people(常住人口=["１００", " 60 ", "40.0", "1,200"])
    run()
    assert city.coverage().loc["", ["demand", "covered"]].tolist() == [1400, 200]


def test_a_slight_overlap_is_told_in_square_metres(city: City, run: Callable[..., None]) -> None:
    zones(city, [WEST, shapely.box(1545, -300, 3300, 300)], ["a", "b"])
    run()
    found = city.findings().loc["outlines.overlap"]
    assert (found["layer"], found["source"]) == ("zones", "街镇.geojson")
    assert "a 甲 / b 乙 (3,000 m²)" in found["message"]


def test_a_gap_is_told_in_square_metres(city: City, run: Callable[..., None]) -> None:
    hole = shapely.box(2400, -200, 2500, -100)
    zones(city, [WEST, EAST - hole], ["a", "b"])
    run()
    assert "1 gaps between the zones, 10,000 m²" in city.findings().loc["outlines.gaps", "message"]


def test_a_facility_outside_the_zones_counts(city: City, run: Callable[..., None]) -> None:
    zones(city, [WEST, shapely.box(1550, -300, 3150, 300)], ["010101", "010102"])
    clinic_at(city, 3180)
    run()
    assert "1 of 2 facilities lie outside" in city.findings().loc["facilities.outside", "message"]
    assert city.coverage().loc["", "covered"] == 100 + 60 + 200


def clinic_at(city: City, x: float, y: float = 0) -> None:
    """Moves clinic B."""
    lon, lat = zip(along(CLINICS["A"][0]), along(x, y), strict=True)
    lng, lat = gcj02_from_wgs84(np.array(lon), np.array(lat))
    city.clinics(lng=lng, lat=lat)


@pytest.mark.parametrize(
    ("y", "code"), [(300, "network.facility_unsnapped"), (15_000, "network.facility_beyond")]
)
def test_a_facility_off_the_streets_is_listed(
    city: City, run: Callable[..., None], y: float, code: str
) -> None:
    """300 m from any street amid the streets, or 15 km beyond all of them."""
    branch = shapely.LineString([(3200, 0), (3200, 1500)])
    city.layer("道路.geojson", [shapely.LineString([(x, 0) for x in STREET_M]), branch])
    clinic_at(city, 2000, y)
    run()
    found = city.findings().loc[code]
    assert found[["source", "row"]].tolist() == ["卫生.csv", "clinics:B"]
    assert found["severity"] == "warning"
    assert "新城卫生服务中心" in found["message"]
    assert city.coverage().loc["", ["covered", "rate"]].tolist() == [160, 0.4]


@pytest.mark.parametrize(
    ("y", "code", "covered"),
    [(150, "network.moved", 200), (250, "network.on_small_component", 160)],
)
def test_islands_stay_and_are_told(
    city: City, run: Callable[..., None], y: float, code: str, covered: float
) -> None:
    """At 150 m clinic B goes to the large street, 0003 walks 300 + 150 m; at 250 m it cannot."""
    main = shapely.LineString([(x, 0) for x in STREET_M])
    city.layer("道路.geojson", [main, shapely.LineString([(1900, y), (2200, y)])])
    clinic_at(city, 2000, y)
    run()
    found = city.findings()
    assert code in found.index
    components = found.loc["network.components", "message"]
    assert "2 unconnected pieces" in components
    assert "1 pieces have less than 2,000 m each, 0.3 km together. All are kept" in components
    assert city.coverage().loc["", "covered"] == covered


def test_walking_knows_no_one_way(city: City, run: Callable[..., None]) -> None:
    places = [along(x) for x in STREET_M]
    nodes = [f'<node id="{i}" lon="{x}" lat="{y}"/>' for i, (x, y) in enumerate(places, start=1)]
    refs = "".join(f'<nd ref="{i}"/>' for i in (4, 3, 2, 1))
    tags = '<tag k="highway" v="residential"/><tag k="oneway" v="yes"/><tag k="name" v="中山路"/>'
    way = f'<way id="9">{refs}{tags}</way>'
    osm = f'<osm version="0.6">{"".join(nodes)}{way}</osm>'
    city.path("道路.osm").write_text(osm, encoding="utf-8")
    city.set('source = "道路.geojson"', 'source = "道路.osm"')
    run()
    assert city.coverage().loc["", ["covered", "rate"]].tolist() == [200, 0.5]


def test_the_rim_is_told_with_the_margin(city: City, run: Callable[..., None]) -> None:
    run()
    found = city.findings().loc["network.rim"]
    assert "2 dead ends" in found["message"]
    assert "1.0 km" in found["action"]  # 15 minutes at 4 km/h
    # 0004 walks 100 m to the east end, 1,100 m to clinic B.
    assert city.coverage().loc["", "rim_exposed"] == 200


def test_odd_lengths_and_loops_change_nothing(city: City, run: Callable[..., None]) -> None:
    main = shapely.LineString([(x, 0) for x in STREET_M])
    point = shapely.LineString([(500, 0), (500, 0)])
    loop = shapely.LineString([(1000, 0), (1000, 90), (1080, 90), (1000, 0)])
    city.layer("道路.geojson", [main, point, loop], length=[-1.0, np.nan, 0.0])
    run()
    found = city.findings().loc["lines.no_length"]
    assert found[["layer", "source", "row"]].tolist() == ["network", "道路.geojson", "2"]
    assert city.coverage().loc["", ["covered", "rate"]].tolist() == [200, 0.5]


def test_a_shapefile_in_gbk_without_cpg(city: City, run: Callable[..., None]) -> None:
    frame = gpd.read_file(city.path("街镇.geojson")).to_crs(4549)
    city.write("街镇.shp", frame, encoding="gbk")
    city.path("街镇.cpg").unlink()
    city.set('source = "街镇.geojson"', 'source = "街镇.shp"')
    run()
    found = city.findings().query("layer == 'zones'").loc["readers.gb18030"]
    assert "老城街道、新城街道" in found["message"]
    assert city.coverage().loc["010101", "name"] == "老城街道"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_tables_in_every_encoding_that_excel_writes(
    city: City, run: Callable[..., None], encoding: str
) -> None:
    content = city.path("人口.csv").read_bytes().decode("gbk")
    city.path("人口.csv").write_bytes(content.encode(encoding))
    run()
    told = "people" in city.findings().query("code == 'readers.gb18030'")["layer"].tolist()
    assert told == encoding.startswith("gb")
    assert city.coverage().loc["", "covered"] == 200


def test_a_cell_of_several_lines_is_told(city: City, run: Callable[..., None]) -> None:
    city.clinics(名称=["城隍庙\n卫生院", "新城"])
    run()
    found = city.findings().loc["readers.line_breaks"]
    assert found[["layer", "source", "row"]].tolist() == ["clinics", "卫生.csv", "2"]
    assert city.coverage().loc["", "covered"] == 200


def test_an_empty_table_that_is_meant(city: City, run: Callable[..., None]) -> None:
    city.path("卫生.csv").write_text("编号,名称,类型,lng,lat\n", encoding="utf-8")
    city.set('title = "名称"', 'title = "名称"\nempty = true')
    run()
    city_row = city.coverage().loc[""]
    assert (city_row["rate"], city_row["status"], city_row["gap"]) == (0, "fail", 340)


def test_names_that_mean_harm_stay_names(city: City, run: Callable[..., None]) -> None:
    formula, script = '=HYPERLINK("http://x","点我")', "</script><img src=x onerror=alert(1)>"
    city.layer("街镇.geojson", [WEST, EAST], 编码=["=1+1", "010102"], 名称=[formula, script])
    city.clinics(编号=["@A", "-1"], 名称=["=cmd|'/c calc'!A0", script])
    run()
    csv = (city.out / "coverage.csv").read_text(encoding="utf-8-sig")
    assert '''zone,'=1+1,"'=HYPERLINK(""http://x"",""点我"")"''' in csv
    for sheet in openpyxl.load_workbook(city.out / "coverage.xlsx"):
        formulas = [cell.value for row in sheet for cell in row if cell.data_type == "f"]
        assert not [text for text in formulas if "HYPERLINK" in text or "1+1" in text]
        assert not [cell for row in sheet for cell in row if cell.hyperlink]
    assert gpd.read_file(city.out / "layers.gpkg", layer="zones")["name"].tolist() == [
        script,
        formula,
    ]
    record = pd.read_parquet(city.out / "travel_time.parquet")
    assert record["zone"].unique().tolist() == ["=1+1", "010102"]
    report = (city.out / "report.html").read_text(encoding="utf-8")
    assert "<img" not in report
    assert "onerror" in report


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_project_file_as_notepad_saves_it(
    city: City, run: Callable[..., None], encoding: str
) -> None:
    text = city.project.read_text(encoding="utf-8").replace("\n", "\r\n")
    city.project.write_bytes(text.encode(encoding))
    run()
    assert ("project.gb18030" in city.findings().index) == (encoding == "gbk")
    assert city.coverage().loc["", "covered"] == 200
    assert city.run_record()["project"]["project"]["name"] == "老城区"


def test_long_codes_stay_text_everywhere(city: City, run: Callable[..., None]) -> None:
    codes = ["310101001000", "310101002000"]
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=[float(code) for code in codes], 名称=["甲", "乙"]
    )
    run()
    csv = (city.out / "coverage.csv").read_text(encoding="utf-8-sig")
    assert f",zone,{codes[0]},甲," in csv
    cells = [
        cell
        for sheet in openpyxl.load_workbook(city.out / "coverage.xlsx")
        for row in sheet
        for cell in row
        if str(cell.value).startswith("3101")
    ]
    assert {cell.value for cell in cells} == set(codes)
    assert {cell.data_type for cell in cells} == {"s"}
    package = json.loads((city.out / "datapackage.json").read_text("utf-8"))
    kinds = {
        field["type"]
        for resource in package["resources"]
        for field in resource.get("schema", {}).get("fields", [])
        if field["name"] == "zone"
    }
    assert kinds == {"string"}
    assert 'dtype={"zone": str}' in (ROOT / "README.md").read_text("utf-8")


def test_what_is_not_known_is_empty_and_has_a_state(city: City, run: Callable[..., None]) -> None:
    clinic_at(city, 2000, 15_000)
    city.people(
        纬度=[along(x)[1] for x, _, _ in list(PEOPLE.values())[:3]] + [along(3100, 15_000)[1]]
    )
    run()
    for name in ("run.json", "datapackage.json"):
        json.loads((city.out / name).read_text("utf-8"), parse_constant=pytest.fail)
    for name in ("coverage.csv", "findings.csv"):
        words = re.split("[,\n]", (city.out / name).read_text("utf-8-sig").lower())
        assert {"inf", "nan", "-inf"}.isdisjoint(words)
    minutes = pd.read_parquet(city.out / "travel_time.parquet")["min_health"]
    assert np.isposinf(minutes[2]) or minutes[2] == pytest.approx(1200 / 1000 * 15, rel=1e-3)
    assert np.isnan(minutes[3])
    demand = gpd.read_file(city.out / "layers.gpkg", layer="demand").set_index("id")
    assert demand.loc["0004", "state_health"] == "unsnapped"
    assert demand.loc["0001", "state_health"] == "reached"
    with sqlite3.connect(city.out / "layers.gpkg") as database:
        for table in ("zones", "facilities", "streets", "demand", "isochrones"):
            for cells in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
                assert not [x for x in cells if isinstance(x, float) and not np.isfinite(x)]


def test_a_new_service_of_nearly_a_known_name_is_a_warning(
    city: City, run: Callable[..., None]
) -> None:
    run("--set", "standard.services.healht.minutes=10")
    found = city.findings().loc["project.near_service"]
    assert (found["source"], found["severity"]) == ("项目.toml", "warning")
    assert "healht is a new service" in found["message"]
    assert city.coverage().loc["", "minutes"] == 15


def test_words_of_the_plans_for_areas_are_understood(city: City, run: Callable[..., None]) -> None:
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=["1", "2"], 名称=["甲", "乙"], 类型=["主城区", "乡村"]
    )
    run("--set", "standard.profile=shanghai-14fyp", "--set", "zones.area_type=类型")
    assert city.coverage()["status"].tolist()[:2] == ["pass", "not in scope"]


def test_a_scope_without_a_zone_is_told(city: City, run: Callable[..., None]) -> None:
    city.layer(
        "街镇.geojson", [WEST, EAST], 编码=["1", "2"], 名称=["甲", "乙"], 类型=["urban", "town"]
    )
    run("--set", "zones.area_type=类型", "--set", 'standard.scope=["nowhere"]')
    found = city.findings().loc["zones.nothing_in_scope"]
    assert (found["source"], found["severity"]) == ("街镇.geojson", "warning")
    assert "(nowhere)" in found["message"]
    assert city.coverage().loc[["1", "2", ""], "status"].tolist() == ["not in scope"] * 3


def test_people_outside_the_zones_are_listed_and_in_no_sum(
    city: City, run: Callable[..., None]
) -> None:
    lon = [along(x)[0] for x, _, _ in PEOPLE.values()]
    city.people(经度=[12.0, *lon[1:]])
    run()
    found = city.findings()
    assert found.loc["demand.outside", "source"] == "人口.csv"
    assert (
        "1 of 4 places lie in no zone (100 of 400 persons)"
        in found.loc["demand.outside", "message"]
    )
    assert found.loc["network.unsnapped", ["layer", "row"]].tolist() == ["people", "0001"]
    assert city.coverage().loc["(outside)", ["demand", "unsnapped"]].tolist() == [100, 100]
    assert city.coverage().loc["", ["demand", "covered"]].tolist() == [300, 100]


def test_no_finding_names_a_folder(city: City, run: Callable[..., None]) -> None:
    city.people(常住人口=[100, "", 40, 200], 经度=[12.0, 120.01, 120.02, 120.03])
    run("--set", "demand.people.missing_weight=drop")
    assert not city.findings()["source"].str.contains("/").any()
    assert str(city.folder) not in (city.out / "findings.csv").read_text(encoding="utf-8")


# As a stranger types it --------------------------------------------------------------------------


def typed(city: City, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, from another folder, on a console of ASCII."""
    return subprocess.run(
        [sys.executable, "-m", "lifecircle", *arguments],
        capture_output=True,
        check=False,
        cwd=city.folder.parent,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", **settings},
    )


def test_a_console_without_chinese_still_gets_the_message(city: City) -> None:
    city.people(常住人口=[100, -1, 40, 200])
    done = typed(city, "run", "老 城/项目.toml", LC_ALL="zh_CN.UTF-8")
    assert (done.returncode, done.stdout) == (2, "")
    words = "people：人口.csv 的“常住人口”列有负数：行 3 '-1'。请更正；若负值表示未知，请留空。\n"
    assert done.stderr == words.encode("ascii", "replace").decode()
    assert not city.out.exists()
