"""`init`: a project file from one OSM extract, which loads as it is."""

import pytest

from lifecircle.command.initialise import write_project_file
from lifecircle.errors import InputError
from lifecircle.project.file import load_project

# Three squares side by side. Level 8 is the first two together; level 10 is each of the three,
# but the third lacks its way 9.
#
#   1---2---3---.
#   | A | B | C :
#   4---5---6---.
LEVELS = {
    8: {"ABTown": [1, 2, 3, 4, 5, 6]},
    10: {"A": [1, 6, 5, 7], "B": [2, 3, 4, 7], "C": [3, 9]},
}
WAYS = {1: (1, 2), 2: (2, 3), 3: (3, 6), 4: (6, 5), 5: (5, 4), 6: (4, 1), 7: (2, 5)}


def extract(tmp_path, lon, lat, levels, *, name="city.osm", header_box=True):
    """An extract with a street and the boundaries of `levels`."""
    corners = [(x, y) for y in (0.01, 0) for x in (0, 0.01, 0.02)]
    nodes = "".join(
        f'<node id="{n}" version="1" lon="{lon + x}" lat="{lat + y}"/>'
        for n, (x, y) in enumerate(corners, 1)
    )
    ways = "".join(
        f'<way id="{n}" version="1"><nd ref="{a}"/><nd ref="{b}"/></way>'
        for n, (a, b) in WAYS.items()
    )
    ways += '<way id="8" version="1"><nd ref="1"/><nd ref="6"/><tag k="highway" v="path"/></way>'
    relations = "".join(
        f'<relation id="{level * 10 + n}" version="1">'
        + "".join(f'<member type="way" ref="{way}" role="outer"/>' for way in members)
        + '<tag k="type" v="boundary"/><tag k="boundary" v="administrative"/>'
        + f'<tag k="admin_level" v="{level}"/><tag k="name" v="{label}"/></relation>'
        for level, areas in levels.items()
        for n, (label, members) in enumerate(areas.items())
    )
    box = f'<bounds minlon="{lon}" minlat="{lat}" maxlon="{lon + 0.02}" maxlat="{lat + 0.01}"/>'
    path = tmp_path / name
    path.write_text(
        f'<osm version="0.6">{box if header_box else ""}{nodes}{ways}{relations}</osm>',
        encoding="utf-8",
    )
    return path


def test_zones_are_the_finest_level_that_is_all_whole(tmp_path):
    out = tmp_path / "project.toml"
    started = write_project_file(extract(tmp_path, 7.4, 43.7, LEVELS), out)
    project = load_project(out).project
    assert started.zones == project.zones.source == "osm:admin_level=8"
    assert started.passed_over == ("C (relation/102)",)
    assert "# Passed over: admin_level=10, where 1 of 3" in out.read_text("utf-8")
    assert project.demand[0].source == "osm:buildings"
    assert not project.demand[0].yes_in_residential
    assert project.facilities[0].source == "osm"
    assert project.standard.profile == "osm-15min"
    assert project.project.language == "en"


def test_whole_fine_levels_are_taken(tmp_path):
    levels = {8: LEVELS[8], 10: {name: LEVELS[10][name] for name in "AB"}}
    started = write_project_file(extract(tmp_path, 7.4, 43.7, levels), tmp_path / "project.toml")
    assert (started.zones, started.passed_over) == ("osm:admin_level=10", ())


@pytest.mark.parametrize("levels", [{}, {10: LEVELS[10]}])
def test_without_a_whole_level_the_zones_are_left_to_the_user(tmp_path, levels):
    out = tmp_path / "project.toml"
    started = write_project_file(extract(tmp_path, 7.4, 43.7, levels), out)
    assert started.zones is None
    assert "# [zones]" in out.read_text("utf-8")
    assert "fill in [zones]" in started.remarks[-1].text("en")
    with pytest.raises(InputError, match="zones is missing"):
        load_project(out)


@pytest.mark.parametrize("header_box", [True, False])
def test_in_china_plain_buildings_count(tmp_path, header_box):
    out = tmp_path / "project.toml"
    path = extract(tmp_path, 121.47, 31.23, LEVELS, header_box=header_box)
    write_project_file(path, out, language="zh")
    project = load_project(out).project
    assert project.demand[0].yes_in_residential
    assert (project.project.language, project.project.name) == ("zh", "city")
    assert "住宅建筑" in out.read_text("utf-8")


def test_the_extract_may_lie_elsewhere_and_have_any_name(tmp_path):
    (tmp_path / "out").mkdir()
    out = tmp_path / "out" / "project.toml"
    path = extract(tmp_path, 7.4, 43.7, LEVELS, name='上海 "二".osm')
    write_project_file(path, out)
    project = load_project(out).project
    assert project.project.name == '上海 "二"'
    assert "../上海" in out.read_text("utf-8")


def test_names_cannot_end_a_comment(tmp_path):
    levels = {10: {"A&#10;schema = 2": LEVELS[10]["C"]}, 8: LEVELS[8]}
    out = tmp_path / "project.toml"
    write_project_file(extract(tmp_path, 7.4, 43.7, levels), out)
    assert load_project(out).project.zones.source == "osm:admin_level=8"


def test_nothing_is_overwritten(tmp_path):
    out = tmp_path / "project.toml"
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="already there"):
        write_project_file(extract(tmp_path, 7.4, 43.7, LEVELS), out)
    assert out.read_text("utf-8") == "mine"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no folder"):
        write_project_file(extract(tmp_path, 7.4, 43.7, LEVELS), tmp_path / "no" / "project.toml")


def test_only_extracts_will_do(tmp_path):
    (tmp_path / "roads.gpkg").touch()
    with pytest.raises(InputError, match=r"roads\.gpkg is no OSM extract"):
        write_project_file(tmp_path / "roads.gpkg", tmp_path / "project.toml")
    with pytest.raises(InputError, match=r"city\.osm\.pbf"):
        write_project_file(tmp_path / "city.osm.pbf", tmp_path / "project.toml")
    assert not (tmp_path / "project.toml").exists()


def test_monaco_has_no_whole_level_and_says_what_is_broken(monaco_extract, tmp_path):
    started = write_project_file(monaco_extract, tmp_path / "project.toml")
    assert started.zones is None
    wards = started.passed_over[0]
    assert all(name in wards for name in ("Jardin Exotique", "Monegetti", "Sainte-Dévote"))
