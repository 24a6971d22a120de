"""Boundaries of an extract: the nine wards of the sample, whole ones, and why others are not."""

import geopandas as gpd
import osmium
import pytest

from lifecircle.errors import InputError
from lifecircle.osm.boundaries import list_admin_levels, read_boundaries

WHOLE = {2220206, 2220207, 2221178, 5986436, 5986437, 5986438}
CUT = {5986473: "Jardin Exotique", 5986474: "Les Monegetti", 5986475: "Ravin de Sainte-Dévote"}

CORNERS = {1: (121.0, 31.0), 2: (121.1, 31.0), 3: (121.1, 31.1), 4: (121.0, 31.1), 5: (121.2, 31.0)}
WAYS = {11: [1, 2], 12: [2, 3], 13: [3, 4, 1], 14: [2, 5, 3]}


def drawn(tmp_path, relations):
    """An extract of two squares side by side; relations as (way ids, tags)."""
    body = "".join(f'<node id="{i}" lon="{x}" lat="{y}"/>' for i, (x, y) in CORNERS.items())
    for i, refs in WAYS.items():
        body += f'<way id="{i}">' + "".join(f'<nd ref="{r}"/>' for r in refs) + "</way>"
    for i, (ways, own_tags) in relations.items():
        tags = {"type": "boundary", "boundary": "administrative"} | own_tags
        body += f'<relation id="{i}">'
        body += "".join(f'<member type="way" ref="{way}" role="outer"/>' for way in ways)
        body += '<member type="node" ref="99" role="admin_centre"/>'
        body += "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</relation>"
    path = tmp_path / "drawn.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    return path


WEST, EAST = [11, 12, 13], [12, 14]


def test_boundaries_of_a_level_by_relation_id(tmp_path):
    path = drawn(
        tmp_path,
        {
            8: (EAST, {"admin_level": "8", "name": "东街道", "ref": "310101"}),
            7: (WEST, {"admin_level": "8", "type": "multipolygon"}),
            6: (WEST, {"admin_level": "6", "name": "区"}),
            5: (WEST, {"admin_level": "8", "boundary": "postal_code"}),
            4: ([11, 77], {"admin_level": "6;8"}),
        },
    )
    found = read_boundaries(path, 8)
    assert found["osm"].tolist() == ["relation/7", "relation/8"]
    assert found["name"].tolist() == ["", "东街道"]
    assert found["ref"].tolist() == ["", "310101"]
    assert found["tags"][1]["admin_level"] == "8"
    assert found.geometry[0].bounds == (121.0, 31.0, 121.1, 31.1)
    assert found.geometry[1].bounds == (121.1, 31.0, 121.2, 31.1)
    assert found.crs == "EPSG:4326"


def test_boundary_without_some_of_its_ways_is_an_error_that_names_them_all(tmp_path):
    path = drawn(
        tmp_path,
        {
            7: (WEST, {"admin_level": "8", "name": "West"}),
            8: ([12, 14, 70, 71], {"admin_level": "8", "name": "East"}),
            9: ([11, 12], {"admin_level": "8", "name": "Open"}),
        },
    )
    with pytest.raises(InputError) as caught:
        read_boundaries(path, 8)
    lacking, still_open = caught.value.faults
    assert "boundary relation/8 (East) lacks its member ways 70, 71." in lacking.text()
    assert "boundary relation/9 (Open) does not close to a ring." in still_open.text()
    assert "缺少成员线 70, 71" in lacking.text("zh")
    assert "drawn.osm" in str(caught.value)


def test_level_that_is_not_there_is_an_error_that_lists_the_others(tmp_path):
    path = drawn(tmp_path, {7: (WEST, {"admin_level": "8"}), 6: (WEST, {"admin_level": "6"})})
    with pytest.raises(InputError, match=r"no administrative boundary at admin_level=10; .* 6, 8"):
        read_boundaries(path, 10)
    with pytest.raises(InputError, match="it has levels –"):
        read_boundaries(drawn(tmp_path, {}), 8)


def test_list_says_what_is_whole_and_what_is_missing(tmp_path):
    path = drawn(
        tmp_path,
        {
            9: ([11, 12], {"admin_level": "8", "name": "Open"}),
            8: ([12, 14, 70], {"admin_level": "8", "name": "East"}),
            7: (WEST, {"admin_level": "10", "name": "West"}),
        },
    )
    levels = list_admin_levels(path)
    assert levels.to_dict("list") == {
        "level": [8, 8, 10],
        "name": ["East", "Open", "West"],
        "osm": ["relation/8", "relation/9", "relation/7"],
        "whole": [False, False, True],
        "missing": [(70,), (), ()],
    }


def test_list_of_an_extract_without_boundaries_is_empty(tmp_path):
    levels = list_admin_levels(drawn(tmp_path, {}))
    assert levels.columns.tolist() == ["level", "name", "osm", "whole", "missing"]
    assert len(levels) == 0


def test_three_of_the_samples_nine_wards_are_not_whole(monaco_extract):
    levels = list_admin_levels(monaco_extract)
    wards = levels.loc[levels["level"] == 10]
    assert set(wards.loc[wards["whole"], "osm"]) == {f"relation/{i}" for i in WHOLE}
    cut = wards.loc[~wards["whole"]]
    assert dict(zip(cut["osm"], cut["name"], strict=True)) == {
        f"relation/{i}": name for i, name in CUT.items()
    }
    assert cut["missing"].map(len).min() >= 1
    assert not levels.loc[levels["level"] != 10, "whole"].any()


def test_wards_of_the_sample_are_refused_together_by_name(monaco_extract):
    with pytest.raises(InputError) as caught:
        read_boundaries(monaco_extract, 10)
    text = str(caught.value)
    assert len(caught.value.faults) == 3
    assert all(f"relation/{i} ({name}) lacks its member ways" in text for i, name in CUT.items())


def test_whole_wards_agree_with_their_published_outlines(tmp_path, monaco_extract):
    # The extract without its three cut wards, so that the other six can be read.
    path = tmp_path / "six.osm.pbf"
    with osmium.SimpleWriter(path) as writer:
        for each in osmium.FileProcessor(monaco_extract):
            if not (each.is_relation() and each.id in CUT):
                writer.add(each)
    wards = read_boundaries(path, 10).set_index("name").geometry.to_crs(32632)
    published = gpd.read_file(monaco_extract.parent / "wards.geojson").to_crs(32632)
    expected = published.set_index("name").geometry.loc[wards.index]
    assert len(wards) == 6
    assert wards.symmetric_difference(expected).area.max() < 1.0
    assert wards["Monaco-Ville"].area == pytest.approx(197_292, rel=0.001)
