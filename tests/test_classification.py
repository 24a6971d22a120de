"""What facility lists call things, and which service that is.

The lists are made up, after the manner of real ones; no place in them is a real one.
"""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.layers.classification import classify
from lifecircle.layers.facilities import load_facilities
from lifecircle.profiles import load_standard
from lifecircle.project.standard_tables import StandardTable
from lifecircle.project.tables import FacilitiesTable
from lifecircle.standards import Service
from tests.drawn import in_degrees
from tests.test_facilities import in_lonlat


def service(key, names=(), amap=()):
    return Service(key, key, key, 15, 0.85, names=tuple(names), amap=tuple(amap))


SERVICES = (
    service("health", ["社区卫生服务中心", "卫生院"], ["090102"]),
    service("elderly", ["综合为老服务中心", "日间照料"]),
    service("culture", ["文化活动中心", "文化"], ["1405"]),
    service("school", ["小学"], ["1412"]),
    service("primary", [], ["141203"]),
)


def meant(*cells, words=None):
    """The services of each cell, and what is unknown."""
    found = classify(pd.Series(cells, dtype="str"), SERVICES, words or {})
    return found.services.tolist(), dict(found.unknown), dict(found.tied)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("health", ["health"]),
        ("health;elderly", ["health", "elderly"]),
        ("elderly；health ; elderly", ["elderly", "health"]),
        # names stand anywhere in a type or a name
        ("塘东社区卫生服务中心（本部）", ["health"]),
        ("老年人日间照料中心", ["elderly"]),
        ("街道文化活动中心;综合为老服务中心", ["culture", "elderly"]),
        # the longer name decides, whatever stands first
        ("文化路社区卫生服务中心", ["health"]),
        # width of characters and blanks
        ("ｈｅａｌｔｈ", ["health"]),
        ("社区 卫生服务中心", ["health"]),
        ("１４０５００", ["culture"]),
        # AMap codes: the longer beginning decides, any of several counts, a lost zero comes back
        ("141202", ["school"]),
        ("141203", ["primary"]),
        ("090102", ["health"]),
        ("90102", ["health"]),
        ("050000|141204", ["school"]),
        ("141203|140500", ["primary", "culture"]),
        # AMap types: the last level decides, then the middle one, never the first
        ("医疗保健服务;综合医院;卫生院", ["health"]),
        ("科教文化服务;学校;小学", ["school"]),
        ("科教文化服务;小学;其他", ["school"]),
        ("餐饮服务;中餐厅;中餐厅|科教文化服务;学校;小学", ["school"]),
    ],
)
def test_words_of_a_list(cell, expected):
    assert meant(cell) == ([expected], {}, {})


def test_what_means_nothing_is_counted_and_leaves_the_rest():
    services, unknown, tied = meant(
        "gym", "gym", "spa;health", "科教文化服务;学校;幼儿园", "050000"
    )
    assert services == [[], [], ["health"], [], []]
    assert unknown == {"gym": 2, "spa": 1, "科教文化服务;学校;幼儿园": 1, "050000": 1}
    assert tied == {}


def test_map_comes_before_everything():
    words = {
        "卫生 院": "elderly",
        "health": "culture",
        "综合体;二期": "health;elderly",
        "141203": "school",
        "Sports hall": "culture",
    }
    cells = ("卫生院", "health", "综合体；二期", "141203", "sports hall", "Sports  hall")
    services, unknown, _ = meant(*cells, words=words)
    assert services == [
        ["elderly"], ["culture"], ["health", "elderly"], ["school"], [], ["culture"],
    ]  # fmt: skip
    assert unknown == {"sports hall": 1}


def test_a_map_to_what_is_no_service_is_unknown():
    services, unknown, _ = meant("卫生院", words={"卫生院": "helth"})
    assert (services, unknown) == ([[]], {"helth": 1})


def test_names_of_equal_length_cannot_decide():
    # 社区卫生服务中心 and 综合为老服务中心 have eight characters each
    both = "综合为老服务中心暨社区卫生服务中心"
    services, unknown, tied = meant(both, "小学")
    assert services == [[], ["school"]]
    assert (unknown, tied) == ({}, {both: ("health", "elderly")})
    services, _, tied = meant(both, words={both: "elderly;health"})
    assert (services, tied) == ([["elderly", "health"]], {})


def test_cells_keep_their_rows():
    cells = pd.Series(["小学", "health", "小学"], index=[7, 3, 5])
    found = classify(cells, SERVICES, {})
    assert found.services.to_dict() == {7: ["school"], 3: ["health"], 5: ["school"]}
    assert classify(cells.iloc[:0], SERVICES, {}).services.empty


def test_a_long_list_is_read_at_once():
    # 100,000 names, all different: the number of names in the standard matters, not of rows
    cells = pd.Series([f"第{n}社区卫生服务中心" for n in range(100_000)])
    assert classify(cells, SERVICES, {}).services.str.len().eq(1).all()


# Through a project's table -----------------------------------------------------------------------

PLAN = load_standard(StandardTable(profile="shanghai-14fyp"))
ZONES = gpd.GeoDataFrame(
    index=["a"], geometry=[in_degrees(shapely.box(-50, -50, 250, 250))], crs=4326
)

LIST = """类型,名称,grade,x,y
东岸街道社区卫生服务中心,东岸中心,,@0,0
社区卫生服务站,二站,,@10,0
综合为老服务中心;社区文化活动中心,邻里汇,,@20,0
社区健身苑点,苑点,,@30,0
080108,球场旁健身点,,@40,0
三级甲等综合医院,东岸医院,三级甲等,@50,0
药房,便民药房,,@60,0
药房,康民药房,,@70,0
"""


def load(town, path, text, standard=PLAN, **keys):
    """The access points of a list as a project reads them."""
    (path / "list.csv").write_text(re.sub(r"@(\d+),(\d+)", in_lonlat, text), "utf-8")
    keys = {"service_column": "类型", "crs": "EPSG:4326", "x": "x", "y": "y", **keys}
    table = FacilitiesTable(name="list", source=str(path / "list.csv"), **keys)
    return load_facilities([table], standard, zones=ZONES, network=town)


def test_a_list_by_the_plans_own_words(town, tmp_path):
    found = load(town, tmp_path, LIST, map={"药房": "health"})
    services = found.layer.frame.groupby("facility")["service"].agg(list).to_dict()
    assert services == {
        "list:2": ["health"],
        "list:3": ["health"],
        "list:4": ["elderly", "culture"],
        "list:5": ["sports"],
        "list:6": ["sports"],
        "list:7": ["general_hospital"],  # counted, without a rate
        "list:8": ["health"],
        "list:9": ["health"],
    }
    assert "general_hospital" in found.given


def test_what_the_standard_does_not_know_is_an_error_with_counts(town, tmp_path):
    with pytest.raises(InputError) as caught:
        load(town, tmp_path, LIST + "菜场,x,,@80,0\n")
    text = str(caught.value)
    assert "column 类型: service types that the standard shanghai-14fyp does not know" in text
    assert "药房 (2), 菜场 (1)" in text
    assert 'unknown_service = "drop"' in text
    assert "sports, dementia_friendly" in text


def test_what_the_standard_does_not_know_can_be_left_out(town, tmp_path):
    found = load(town, tmp_path, LIST, unknown_service="drop")
    assert found.layer.frame["facility"].nunique() == 6
    (left_out,) = [f for f in found.layer.findings if f.code == "facilities.types_dropped"]
    assert (left_out.severity, left_out.row, left_out.column) == ("warning", "8, 9", "类型")
    assert "left out: 药房 (2). 2 rows" in left_out.message.text("en")
    assert "“类型”列" in left_out.message.text("zh")
    (source,) = found.layer.sources
    assert (source.rows_in, source.rows_used) == (8, 6)


def test_a_row_with_one_known_word_stays(town, tmp_path):
    found = load(
        town, tmp_path, "类型,x,y\n药房;社区卫生服务站,@0,0\n", unknown_service="drop"
    )  # fmt: skip
    assert found.layer.frame["service"].tolist() == ["health"]
    (left_out,) = [f for f in found.layer.findings if f.code == "facilities.types_dropped"]
    assert "药房 (1). 0 rows" in left_out.message.text("en")


def test_a_left_out_row_needs_no_id(town, tmp_path):
    text = "类型,id,x,y\n药房,,@0,0\n社区卫生服务站,a,@0,0\n"
    found = load(town, tmp_path, text, id="id", unknown_service="drop")
    assert found.layer.frame["facility"].tolist() == ["list:a"]


def test_a_list_of_which_nothing_is_left_is_an_error(town, tmp_path):
    with pytest.raises(InputError, match=r"list: list\.csv holds no facility"):
        load(town, tmp_path, "类型,x,y\n药房,@0,0\n", unknown_service="drop")
    found = load(town, tmp_path, "类型,x,y\n药房,@0,0\n", unknown_service="drop", empty=True)
    assert found.layer.frame.empty


def test_a_word_for_two_services_names_both_even_where_others_are_left_out(town, tmp_path):
    text = "类型,x,y\n社区卫生服务中心（社区文化活动中心旁）,@0,0\n药房,@0,0\n"
    with pytest.raises(InputError) as caught:
        load(town, tmp_path, text, unknown_service="drop")
    message = str(caught.value)
    assert "fit several services equally well" in message
    assert "health / culture" in message
    assert '= "health;culture" counts for all' in message
    with pytest.raises(InputError, match=r"(?s)fit several services.*does not know: 药房"):
        load(town, tmp_path, text)
