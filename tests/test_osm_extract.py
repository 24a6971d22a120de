"""Extracts as files: headers, all formats, and files that are cut off, broken or nothing."""

import bz2
import gzip
import random
from pathlib import Path

import osmium
import pytest
from osmium.osm import NODE, RELATION, WAY

from lifecircle.errors import InputError
from lifecircle.osm.boundaries import list_admin_levels
from lifecircle.osm.buildings import read_residential_land
from lifecircle.osm.extract import header, is_extract, objects
from lifecircle.osm.features import read_features
from lifecircle.osm.streets import read_osm_streets

# A square of four nodes with a street along its sides; the square is a park.
NODES = """
  <node id="1" lat="31.0" lon="121.0" version="1" timestamp="2020-01-01T00:00:00Z"/>
  <node id="2" lat="31.0" lon="121.1" version="1" timestamp="2020-01-01T00:00:00Z"/>
  <node id="3" lat="31.1" lon="121.1" version="1" timestamp="2020-01-01T00:00:00Z"/>
  <node id="4" lat="31.1" lon="121.0" version="1" timestamp="2020-01-01T00:00:00Z"/>
"""
WAYS = """
  <way id="10" version="1" timestamp="2021-02-03T04:05:06Z">
    <nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
    <tag k="highway" v="footway"/><tag k="leisure" v="park"/>
  </way>
  <way id="11" version="1" timestamp="2019-02-03T04:05:06Z"><nd ref="1"/><nd ref="3"/></way>
"""
BOUNDS = '<bounds minlat="30.9" minlon="120.9" maxlat="31.2" maxlon="121.2"/>'


def document(*parts: str) -> bytes:
    """An OSM XML file."""
    body = "".join(parts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{body}</osm>'.encode()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def with_land(*parts: str) -> bytes:
    """The same file with residential land for the park."""
    return document(*parts).replace(b'"leisure" v="park"', b'"landuse" v="residential"')


def packed(path: Path, content: bytes) -> Path:
    """The same objects as .pbf, in the same order."""
    xml = written(path.with_suffix(".osm"), content)
    with osmium.SimpleWriter(path, overwrite=True) as writer:
        for each in osmium.FileProcessor(xml):
            writer.add(each)
    return path


READERS = [
    pytest.param(read_osm_streets, id="streets"),
    pytest.param(lambda path: read_features(path, ["leisure=park"]), id="features"),
    pytest.param(read_residential_land, id="land"),
    pytest.param(list_admin_levels, id="levels"),
    pytest.param(lambda path: list(objects(path, entities=WAY)), id="ways"),
    pytest.param(lambda path: list(objects(path, entities=RELATION)), id="relations"),
]


def test_header_of_the_sample_has_its_box_and_date(monaco_extract):
    assert header(monaco_extract).box == (7.409205, 43.72335, 7.448637, 43.75169)
    assert header(monaco_extract).date == "2023-12-26"


def test_header_of_xml_has_its_bounds_and_the_day_of_its_newest_way(tmp_path):
    found = header(written(tmp_path / "a.osm", document(BOUNDS, NODES, WAYS)))
    assert found.box == (120.9, 30.9, 121.2, 31.2)
    assert found.date == "2021-02-03"


def test_header_without_box_or_times_says_neither(tmp_path):
    bare = '<way id="1"><nd ref="2"/></way>'
    found = header(written(tmp_path / "a.osm", document(bare)))
    assert found.box is None
    assert found.date == ""


@pytest.mark.parametrize("name", ["a.osm", "a.OSM", "道路.osm.gz", "a.Osm.Bz2", "my roads.osm.pbf"])
def test_every_format_and_spelling_reads_the_same(tmp_path, name):
    path = tmp_path / name
    plain = document(NODES, WAYS)
    if name.lower().endswith(".pbf"):
        packed(path, plain)
    else:
        pack = {"gz": gzip.compress, "z2": bz2.compress}.get(name.lower()[-2:], bytes)
        written(path, pack(plain))
    assert is_extract(path)
    assert read_osm_streets(path).way.tolist() == [10, 10, 10, 10]
    assert read_features(path, ["leisure=park"]).frame["osm"].tolist() == ["way/10"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("share", [0.0001, 0.1, 0.5, 0.9, 0.999])
def test_truncated_pbf_is_an_error_that_names_the_file(tmp_path, monaco_extract, reader, share):
    whole = monaco_extract.read_bytes()
    path = written(tmp_path / "cut.osm.pbf", whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"cut\.osm\.pbf: the file is cut off, broken or no OSM"):
        reader(path)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.osm.pbf", b"lon,lat\n121.4,31.2\n" * 100),
        ("text.osm", b"lon,lat\n121.4,31.2\n"),
        ("page.osm", b"<html><body>404</body></html>"),
        ("text.osm.gz", b"lon,lat\n121.4,31.2\n"),
        ("text.osm.bz2", b"lon,lat\n121.4,31.2\n"),
        ("cut.osm", document(NODES, WAYS)[:-20]),
        ("cut.osm.gz", gzip.compress(document(NODES, WAYS))[:-20]),
        ("cut.osm.bz2", bz2.compress(document(NODES, WAYS))[:-20]),
        ("id.osm", document('<node id="one" lat="1" lon="2"/>')),
        ("lat.osm", document('<node id="1" lat="north" lon="2"/>')),
    ],
)
def test_what_is_no_whole_extract_is_an_error_that_names_the_file(tmp_path, reader, name, content):
    with pytest.raises(InputError, match=rf"{name}: the file is cut off, broken or no OSM"):
        reader(written(tmp_path / name, content))


@pytest.mark.parametrize("reader", READERS)
def test_empty_missing_and_foreign_files_are_told_apart(tmp_path, reader):
    with pytest.raises(InputError, match=r"empty\.osm\.pbf: the file is empty"):
        reader(written(tmp_path / "empty.osm.pbf", b""))
    with pytest.raises(InputError, match=r"gone\.osm: there is no such file"):
        reader(tmp_path / "gone.osm")
    with pytest.raises(InputError, match=r"roads\.gpkg: this is not the name of an OSM extract"):
        reader(written(tmp_path / "roads.gpkg", b"SQLite"))


def test_header_of_a_broken_file_is_an_error_too(tmp_path):
    with pytest.raises(InputError, match=r"a\.osm\.pbf: the file is cut off"):
        header(written(tmp_path / "a.osm.pbf", b"garbage" * 50))
    with pytest.raises(InputError, match=r"a\.osm: the file is cut off"):
        header(written(tmp_path / "a.osm", b"garbage"))


def test_damaged_bytes_never_give_a_smaller_city(tmp_path, monaco_extract):
    whole, way_count = monaco_extract.read_bytes(), 2683
    chance = random.Random(1)  # noqa: S311 - not for secrets
    for _ in range(30):
        damaged = bytearray(whole)
        damaged[chance.randrange(1000, len(whole))] ^= 0xFF
        try:
            streets = read_osm_streets(written(tmp_path / "a.osm.pbf", bytes(damaged)))
        except InputError:
            continue
        assert len(set(streets.way.tolist())) == way_count


def test_entities_in_xml_are_refused(tmp_path):
    bomb = (
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><osm version="0.6"><node id="1" lat="1" lon="1"/></osm>'
    )
    with pytest.raises(InputError, match="XML entities are not supported"):
        list(objects(written(tmp_path / "bomb.osm", bomb), entities=NODE))


def test_ways_before_nodes_as_overpass_writes_them_read_the_same(tmp_path):
    sorted_file = written(tmp_path / "sorted.osm", document(NODES, WAYS))
    turned = written(tmp_path / "turned.osm.gz", gzip.compress(document(WAYS, NODES)))
    expected, found = read_osm_streets(sorted_file), read_osm_streets(turned)
    assert found.node_id.tolist() == expected.node_id.tolist() == [1, 2, 3, 4]
    assert found.u.tolist() == expected.u.tolist()
    parks = read_features(turned, ["leisure=park"]).frame
    assert parks.total_bounds.tolist() == [121.0, 31.0, 121.1, 31.1]


def test_objects_in_any_order_and_twice_read_the_same(tmp_path):
    turned = document(WAYS.replace('"10"', '"12"'), NODES, NODES)
    streets = read_osm_streets(written(tmp_path / "turned.osm", turned))
    assert streets.way.tolist() == [12] * 4
    assert streets.missing_nodes == 0
    parks = read_features(tmp_path / "turned.osm", ["leisure=park"])
    assert parks.frame["osm"].tolist() == ["way/12"]


LATE = WAYS.replace('id="1', 'id="2')


@pytest.mark.parametrize("parts", [(WAYS, NODES), (NODES, LATE, WAYS), (NODES, WAYS, WAYS)])
def test_unsorted_pbf_is_refused_where_it_would_be_a_smaller_city(tmp_path, parts):
    path = packed(tmp_path / "turned.osm.pbf", document(*parts))
    with pytest.raises(InputError, match=r"turned\.osm\.pbf: the extract is not in OSM's order"):
        read_features(path, ["leisure=park"])
    with pytest.raises(InputError, match=r"turned\.osm\.pbf: the extract is not in OSM's order"):
        read_residential_land(packed(tmp_path / "turned.osm.pbf", with_land(*parts)))


def test_streets_of_an_unsorted_pbf_are_refused_and_those_of_a_cut_one_are_not(tmp_path):
    with pytest.raises(InputError, match="is not in OSM's order"):
        read_osm_streets(packed(tmp_path / "turned.osm.pbf", document(WAYS, NODES)))
    one_node_less = NODES[: NODES.index('<node id="4"')]
    cut = read_osm_streets(packed(tmp_path / "cut.osm.pbf", document(one_node_less, WAYS)))
    assert cut.missing_nodes == 1
    assert cut.way.tolist() == [10, 10]


def test_ids_below_zero_are_refused(tmp_path):
    path = written(
        tmp_path / "new.osm", document('<node id="-7" lat="31" lon="121"/>', NODES, WAYS)
    )
    with pytest.raises(InputError, match=r"new\.osm: .* never numbered \(the first has id -7\)"):
        read_osm_streets(path)


def test_words_are_there_in_chinese(tmp_path):
    with pytest.raises(InputError) as caught:
        header(tmp_path / "gone.osm")
    assert "文件不存在" in caught.value.text("zh")
