"""What real layers get wrong: one thing broken in a tiny city, and the words that follow.

Every case runs the command. An error is exit code 2 and one message on stderr, in English and in
Chinese, that names file, layer, column, rows and the remedy; nothing is written. A finding lets the
run go on, with numbers that can be checked in the head (see `messy`).
"""

from __future__ import annotations

import codecs
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from lifecircle.cli import app
from lifecircle.datum import gcj02_from_wgs84
from tests.conftest import MONACO, ROOT
from tests.messy import CLINICS, EAST, PEOPLE, STREET_M, WEST, ZONES, City, along

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
        ("people", "人口.csv", "2, 3, 4, 5", "500100, 3.43e+06", "EPSG:4326", "EPSG:4549"),
        "write the projected one", "请写出投影坐标系",
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
        ("people", "人口.csv", "CGCS 2000", "EPSG:4326"), "Write an EPSG code", "请写 EPSG 代码",
    ),
    # 6: swapped
    "x and y swapped in a table": Fault(
        lambda city: (city.set('x = "经度"', 'x = "纬度"'), city.set('y = "纬度"\ncrs', 'y = "经度"\ncrs'))[0],
        ("people", "人口.csv", "2, 3, 4, 5"), "exchange the two columns", "请把两列对调",
    ),
    "x and y swapped in a layer": Fault(
        swapped_zones, ("zones", "街镇.geojson", "1, 2"), "exchange", "对调"
    ),
    # 7: the zone number before the easting
    "no zone number": Fault(
        lambda city: in_metres(city, 4528, 0),
        ("people", "人口.csv", "EPSG:4528", "500100", "2, 3, 4, 5", "EPSG:4549"),
        "without the zone number", "不带带号",
    ),
    "a zone number too many": Fault(
        lambda city: in_metres(city, 4549, 40e6),
        ("people", "人口.csv", "EPSG:4549", "40500100", "2, 3, 4, 5", "EPSG:4528"),
        "with the zone number", "带带号",
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
        clinics(lat=["", 31.0]), ("clinics", "卫生.csv", "lat", ": 2"), "Fill in", "请补上坐标"
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
        lambda city: (city.people(街镇=["10101", "10101", "10102", "10102"]),
                      city.set('unit = "persons"', 'zone = "街镇"'))[0],
        ("people", "人口.csv", "街镇", "10101, 10102", "2, 3, 4, 5"), "leading zeros", "前导零",
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
        ("zones", "街镇.geojson", "a 甲 / c 丙 (330,", "b 乙 / c 丙 (270,"), "count twice", "重复计算",
    ),
    # 22: off the streets
    "every clinic far away": Fault(
        all_clinics_far_away,
        ("clinics", "卫生.csv", "200", f"{along(500, 15_000)[0]:.5f}, {along(500, 15_000)[1]:.5f}"),
        "coordinates and `crs`", "坐标和 `crs`",
    ),
    # 31, 33: encodings
    "bytes of no encoding": Fault(
        lambda city: content("人口.csv", city.path("人口.csv").read_bytes() + b"\r\n0005,\xff\xff")(city),
        ("people", "人口.csv", "6", "encoding ="), "Name its encoding", "请写明编码",
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
        ("clinics", "卫生.csv", "5", ": 2"), "quotation marks around", "用引号括起",
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
        content("道路.geojson", b""), ("network", "道路.geojson"), "Copy or export", "请重新",
    ),
    # 36: services nobody knows
    "unknown services": Fault(
        clinics(类型=["卫生院", "090101"]),
        ("clinics", "卫生.csv", "类型", "090101 (1)", "health, elderly"),
        "[facilities.map]", "[facilities.map]",
    ),
    "a row without a service": Fault(
        clinics(类型=["卫生院", " "]), ("clinics", "卫生.csv", "类型", ": 3"), "Fill in", "请补填"
    ),
    # 51: a boundary that is not whole
    "wards of which ways are missing": Fault(
        monaco_wards_of_osm,
        ("monaco.osm.pbf", "relation/5986436", "Fontvieille", "way/"),
        "holds the whole boundary", "包含完整边界",
    ),
    # 52: Windows in the project file
    "a path that became a tab and a line": Fault(
        set_to('"人口.csv"', '"C:\\new\\table.csv"'),
        ("项目.toml", "demand.people.source", '"C:/new/table.csv"'), "Write", "请写成",
    ),
    "a path that is no TOML": Fault(
        set_to('"人口.csv"', '"D:\\数据\\人口.csv"'),
        ("项目.toml", '"D:/数据/人口.csv"', "20"), "single quotes", "单引号",
    ),
    # the issue's own list
    "a missing file": Fault(
        lambda city: city.path("卫生.csv").unlink(),
        ("项目.toml", "facilities.clinics.source", "卫生.csv"), "Paths start", "路径从",
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
        assert err.count("\n") == 1, err
        lacking = [words for words in (*fault.says, remedy) if words not in err]
        assert not lacking, f"{lacking} not in: {err}"
    assert sorted(city.folder.iterdir()) == before
