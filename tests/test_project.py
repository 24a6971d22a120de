"""The project file: read as people save it, checked as a whole, every fault in words."""

import datetime
from pathlib import Path

import pytest
from pyproj import CRS

from lifecircle.definitions import standards_of
from lifecircle.errors import InputError
from lifecircle.project.file import check_project, load_project
from lifecircle.project.tables import (
    DefinitionTable,
    DemandTable,
    NetworkTable,
    Project,
    ZonesTable,
)

WHOLE = """
schema = 1

[project]
name = "上海市黄浦区"

[network]
source = "roads.osm.pbf"

[zones]
source = "data/streets.geojson"
id = "code"

[[demand]]
source = "data/population.csv"
x = "lon"
y = "lat"
weight = "persons"
groups = { aged_60 = "60岁及以上" }
date = 2020-11-01

[[facilities]]
name = "clinics"
source = "data/health.csv"
service = "health"

[standard]
profile = "shanghai-14fyp"

[[definitions]]
key = "old_people.radius"
demand = "population"
group = "aged_60"
metric = "radius"
"""


@pytest.fixture
def write(tmp_path):
    """Writes a project file beside the files that it names."""
    (tmp_path / "data").mkdir()
    names = ["roads.osm.pbf", "data/streets.geojson", "data/population.csv", "data/health.csv"]
    for name in names:
        (tmp_path / name).touch()

    def written(text=WHOLE, encoding="utf-8"):
        path = tmp_path / "city.toml"
        path.write_bytes(text.encode(encoding))
        return path

    return written


def faults(path, *overrides):
    """Codes and words of everything wrong with a project file."""
    with pytest.raises(InputError) as caught:
        load_project(path, overrides)
    return [fault.code for fault in caught.value.faults], str(caught.value)


# Reading ---------------------------------------------------------------------------------------


def test_a_whole_file(write, tmp_path):
    loaded = load_project(write())
    project = loaded.project
    assert project.project.name == "上海市黄浦区"
    assert project.network.speed_kmh == 4.0
    assert project.demand[0].name == "population"
    assert project.demand[0].date == "2020-11-01"
    assert loaded.standard.key == "shanghai-14fyp"
    assert (loaded.root, loaded.findings) == (tmp_path, ())


def test_paths_start_from_the_project_file(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path.parent)
    loaded = load_project(write().relative_to(tmp_path.parent))
    assert loaded.project.zones.source == str(tmp_path / "data" / "streets.geojson")
    assert loaded.written.zones.source == "data/streets.geojson"


def test_backslashes_in_single_quotes_are_folders_everywhere(write, tmp_path):
    text = WHOLE.replace('"data/health.csv"', "'data\\health.csv'")
    source = load_project(write(text)).project.facilities[0].source
    assert source == str(tmp_path / "data" / "health.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_with_and_without_bom(write, encoding):
    loaded = load_project(write(encoding=encoding))
    assert (loaded.project.project.name, loaded.findings) == ("上海市黄浦区", ())


def test_windows_line_ends(write):
    assert load_project(write(WHOLE.replace("\n", "\r\n"))).project.network.speed_kmh == 4.0


def test_gb18030_is_read_and_reported(write):
    loaded = load_project(write(encoding="gb18030"))
    assert loaded.project.project.name == "上海市黄浦区"
    assert [found.code for found in loaded.findings] == ["project.gb18030"]
    assert "city.toml" in loaded.findings[0].message.text("zh")


def test_other_encodings_are_refused(write):
    codes, text = faults(write(encoding="utf-16"))
    assert codes == ["toml.encoding"]
    assert "city.toml" in text


def test_the_digest_is_that_of_the_bytes(write):
    assert load_project(write()).sha256 != load_project(write(encoding="utf-8-sig")).sha256


def test_chinese_keys_need_no_quotes(write):
    text = WHOLE.replace(
        'service = "health"\n',
        'service_column = "类型"  # 类型 = "x"\nwhere = { 区 = "a = b", "级别" = 1 }\n'
        "[facilities.map]\n卫生院 = 'health;elderly'\n",
    )
    table = load_project(write(text)).project.facilities[0]
    assert table.where == {"区": "a = b", "级别": 1}
    assert table.map == {"卫生院": "health;elderly"}


def test_a_file_that_is_not_there(tmp_path):
    assert faults(tmp_path / "nothing.toml")[0] == ["toml.no_file"]


def test_broken_toml_names_the_line(write):
    codes, text = faults(write("schema = 1\n[network]\nsource = roads.osm.pbf\n"))
    assert codes == ["toml.syntax"]
    assert "line 3" in text
    assert "source = roads.osm.pbf" in text


def test_toml_that_breaks_off_names_the_last_line(write):
    _, text = faults(write('schema = 1\nname = """abc'))
    assert 'line 2: name = """abc – this is not valid' in text


def test_backslash_that_breaks_toml_shows_the_right_spelling(write):
    codes, text = faults(write('[network]\nsource = "C:\\Users\\roads.osm.pbf"\n'))
    assert codes == ["toml.backslash"]
    assert "line 2" in text
    assert 'Write "C:/Users/roads.osm.pbf"' in text


def test_backslash_that_turns_into_a_control_character_shows_the_right_spelling(write):
    text = WHOLE.replace('"data/health.csv"', '"C:\\new\\table.csv"')
    codes, words = faults(write(text))
    assert codes[0] == "project.control_character"
    assert "facilities.clinics.source holds a control character" in words
    assert 'Write "C:/new/table.csv"' in words


def test_a_crs_may_run_over_lines_but_not_the_path_of_one(write):
    wkt = f'crs = """\n{CRS(4490).to_wkt(pretty=True)}\n"""'
    assert load_project(write(WHOLE.replace('y = "lat"', f'y = "lat"\n{wkt}')))
    text = WHOLE.replace('y = "lat"', 'y = "lat"\ncrs = "file:a\\new.prj"')
    assert "file:a/new.prj" in faults(write(text))[1]


def test_a_prj_file_starts_from_the_project_file(write, tmp_path):
    (tmp_path / "city.prj").write_text(CRS(4549).to_wkt("WKT1_ESRI"), encoding="utf-8")
    text = WHOLE.replace('y = "lat"', 'y = "lat"\ncrs = "file:city.prj"')
    assert load_project(write(text)).project.demand[0].crs == f"file:{tmp_path / 'city.prj'}"


# Keys and values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[network]", "[netwrok]", "unknown key netwrok. Did you mean network?"),
        ("[network]", "[netwrok]", "network is missing."),
        ("weight =", "wieght =", "unknown key demand.population.wieght. Did you mean weight?"),
        (
            "[standard]",
            "[standard]\nzzz = 1",
            "unknown key standard.zzz. Known keys: target, all, scope, mode, services",
        ),
        ("schema = 1", "schema = 2", "schema = 2 is not possible. Allowed: 1."),
        ('"radius"', '"walking"', "metric = \"walking\" is not possible. Allowed: 'network', 'ra"),
        ("[zones]", "[network.x]\n[zones]", "unknown key network.x. Known keys: source"),
        (
            "[zones]",
            "speed_kmh = -1\n[zones]",
            "speed_kmh = -1 is not possible; it must be more than 0",
        ),
        ("[zones]", 'speed_kmh = "4"\n[zones]', 'network.speed_kmh = "4" must be a number'),
        ("[zones]", "speed_kmh = true\n[zones]", "network.speed_kmh = true must be a number"),
        ("[zones]", "speed_kmh = inf\n[zones]", "network.speed_kmh = inf must be a number"),
        (
            "[zones]",
            "max_snap_m = -1\n[zones]",
            "network.max_snap_m = -1 is not possible; it must be 0",
        ),
        (
            "[standard]",
            "[standard]\ntarget = 85",
            "standard.target = 85 is not possible; it must be 1",
        ),
        ("[standard]", "[standard]\ntarget = nan", "standard.target = nan is not possible"),
        ('name = "上海市黄浦区"', "name = 1", "project.name = 1 must be text"),
        ('"health"', '"Health"', 'facilities.clinics.service: "Health" cannot be a name'),
        ('weight = "persons"', "weight = []", "weight = [] must be the name of a column"),
        ("aged_60 =", "Aged =", 'demand.population.groups: "Aged" cannot be a name'),
        (
            "date = 2020",
            "where = { a = { b = 1 } }\ndate = 2020",
            "must be text, a number, true or false",
        ),
        ("[[facilities]]", "[facilities]", "tables of a list are headed [[facilities]]"),
        ("[zones]", "mode = []\n[zones]", "network.mode = [] must be text"),
        ("date = 2020", "empty = 1\ndate = 2020", "unknown key demand.population.empty"),
        (
            'service = "health"',
            'service = "health"\nempty = 1',
            "facilities.clinics.empty = 1 must be true",
        ),
    ],
)
def test_a_wrong_key_or_value_says_where_and_what_is_allowed(write, old, new, expected):
    assert old in WHOLE
    text = faults(write(WHOLE.replace(old, new, 1)))[1]
    assert expected in text
    assert text.startswith("city.toml: ")


def test_all_faults_come_at_once(write):
    network = "speed_kmh = 0\nmode = 1\nways = 1\n[zones]"
    text = WHOLE.replace("[zones]", network).replace("key =", "#")
    assert sorted(faults(write(text))[0]) == [
        "schema.choice", "schema.missing_key", "schema.more_than", "schema.text",
    ]  # fmt: skip


def test_an_empty_file_names_what_is_missing(write):
    assert faults(write(""))[0] == ["schema.missing_key"] * 3


def test_faults_speak_chinese(write):
    with pytest.raises(InputError) as caught:
        load_project(write(WHOLE.replace("weight =", "wieght =")))
    assert caught.value.text("zh") == (
        "city.toml：没有 demand.population.wieght 这个键。是不是想写 weight？"
    )


# Sources ---------------------------------------------------------------------------------------


def with_source(table, source):
    head, rest = WHOLE.split(f"[{table}]", 1)
    lines = rest.split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("source"))
    lines[at] = f'source = "{source}"'
    return f"{head}[{table}]" + "\n".join(lines)


@pytest.mark.parametrize(
    ("table", "source"),
    [
        ("zones", "osm:admin_level=10"),
        ("[demand]", "osm:buildings"),
        ("[demand]", "grid:50"),
        ("[demand]", "grid:12.5"),
        ("[facilities]", "osm"),
    ],
)
def test_words_instead_of_files_stay_as_they_are(write, table, source):
    text = with_source(table, source).partition("[[definitions]]")[0]
    project = load_project(write(text)).project
    assert source in [t.source for t in (project.zones, *project.demand, *project.facilities)]


@pytest.mark.parametrize(
    ("table", "source", "code"),
    [
        ("network", "osm", "project.special_network"),
        ("zones", "osm", "project.special"),
        ("zones", "osm:admin_level=ten", "project.special"),
        ("[demand]", "grid:0", "project.special"),
        ("[demand]", "grid:-5", "project.special"),
        ("[demand]", "osm:streets", "project.special"),
        ("[facilities]", "osm:buildings", "project.special"),
        ("zones", "https://example.org/zones.geojson", "project.remote"),
    ],
)
def test_a_word_in_the_wrong_place_is_an_error(write, table, source, code):
    assert code in faults(write(with_source(table, source)))[0]


def test_what_comes_from_osm_needs_an_extract(write, tmp_path):
    (tmp_path / "roads.gpkg").touch()
    text = with_source("[facilities]", "osm").replace("roads.osm.pbf", "roads.gpkg")
    codes, words = faults(write(text))
    assert codes == ["project.needs_extract"]
    assert '"roads.gpkg"' in words


def test_an_address_never_shows_its_password(write):
    text = with_source("zones", "postgresql://me:secret@host/db?table=zones")
    codes, words = faults(write(text))
    assert codes == ["project.remote"]
    assert "secret" not in words


def test_all_missing_files_are_named_at_once(write, tmp_path):
    path = write()
    (tmp_path / "data" / "health.csv").unlink()
    (tmp_path / "roads.osm.pbf").unlink()
    codes, words = faults(path)
    assert codes == ["project.missing_file"] * 2
    assert f"network.source: there is no file {tmp_path / 'roads.osm.pbf'}" in words
    assert "facilities.clinics.source" in words


def with_compounds(*lines):
    return WHOLE + "\n".join(["", "[network.compounds]", *lines])


def test_compounds_and_gates_are_paths_or_osm(write, tmp_path):
    (tmp_path / "gates.gpkg").touch()
    loaded = load_project(write(with_compounds('source = "osm"', 'gates = "gates.gpkg"')))
    table = loaded.project.network.compounds
    assert (table.source, table.gates) == ("osm", str(tmp_path / "gates.gpkg"))
    assert loaded.written.network.compounds.gates == "gates.gpkg"
    assert load_project(write()).project.network.compounds is None
    bare = load_project(write(with_compounds())).project.network.compounds
    assert (bare.source, bare.gates) == ("osm", "osm")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('gates = "gone.gpkg"', "project.missing_file"),
        ('source = "gone.gpkg"', "project.missing_file"),
        ('source = "osm:buildings"', "project.special"),
        ('gates = "grid:50"', "project.special"),
        ('gates = "https://example.org/gates.gpkg"', "project.remote"),
        ('gates = "C:\\new.gpkg"', "project.control_character"),
        ('crs = "EPSG:0"', "project.crs_unknown"),
        ('gate = "gates.gpkg"', "schema.unknown_key_near"),
    ],
)
def test_faults_of_compounds_name_their_key(write, line, code):
    codes, words = faults(write(with_compounds(line)))
    assert codes == [code]
    assert "network.compounds" in words


def test_compounds_from_osm_need_an_extract(write, tmp_path):
    (tmp_path / "roads.gpkg").touch()
    text = with_compounds('gates = "osm"').replace("roads.osm.pbf", "roads.gpkg")
    assert faults(write(text))[0] == ["project.needs_extract"]


# Names -----------------------------------------------------------------------------------------


def test_names_come_from_files_and_are_unique(write):
    more = '[[demand]]\nsource = "data\\u002fpopulation.csv"\n[[demand]]\nsource = "grid:50"\n'
    more += '[[facilities]]\nsource = "osm"\n[[facilities]]\nsource = "data/health.csv"\n'
    more += 'service = "health"\n[[demand]]\nsource = "osm:buildings"\n'
    project = load_project(write(WHOLE + more)).project
    assert [table.name for table in project.demand] == [
        "population", "population_2", "grid", "buildings",
    ]  # fmt: skip
    assert [table.name for table in project.facilities] == ["clinics", "osm", "health"]


def test_a_file_name_that_makes_no_name_gives_way_to_the_service(write, tmp_path):
    (tmp_path / "卫生.csv").touch()
    more = '[[facilities]]\nsource = "卫生.csv"\nservice = "health"\n'
    project = load_project(write(WHOLE + more)).project
    assert project.facilities[1].name == "health"


def test_the_same_name_twice_is_an_error(write):
    more = '[[facilities]]\nname = "clinics"\nsource = "data/health.csv"\nservice = "health"\n'
    codes, words = faults(write(WHOLE + more))
    assert codes == ["project.duplicate"]
    assert "2 tables of [[facilities]] have the name clinics" in words


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'demand = "population"',
            'demand = "people"',
            "demand people, which no [[demand]] is called. Those are: population",
        ),
        (
            'group = "aged_60"',
            'group = "aged_80"',
            "aged_80, which demand population does not have. Its groups: aged_60",
        ),
        (
            'service = "health"',
            "",
            "[facilities.clinics] does not say what service its places offer",
        ),
        (
            'service = "health"',
            'service = "health"\nservice_column = "t"',
            "has both service and service_column",
        ),
        (
            'service = "health"',
            'service = "helth"',
            "helth: the standard shanghai-14fyp has no such service. Did you mean health?",
        ),
        (
            'service = "health"',
            'service = "gym"',
            "general_hospital, sports_ground. A service of your own is added by",
        ),
        (
            'service = "health"',
            'service_column = "t"\nmap = { 卫生院 = "health;helth" }',
            "facilities.clinics.map.卫生院 = helth",
        ),
        ('y = "lat"', "", "[demand.population] has x but not y"),
        ("shanghai-14fyp", "shanghai", "no built-in standard shanghai"),
    ],
)
def test_names_must_meet(write, old, new, expected):
    assert old in WHOLE
    assert expected in faults(write(WHOLE.replace(old, new, 1)))[1]


@pytest.mark.parametrize(
    ("lines", "code", "expected"),
    [
        (
            'source = "沪府发"\nstatus = "offical"',
            "schema.choice",
            "status = \"offical\" is not possible. Allowed: 'official', 'secondary', 'unverified'",
        ),
        (
            'status = "secondary"',
            "project.no_source",
            '[definitions.old_people.radius] says status = "secondary", but not of what: '
            'it has no source. Add source = "document, clause", or leave status out.',
        ),
    ],
)
def test_the_status_of_a_definition_is_one_of_three_and_says_of_what(write, lines, code, expected):
    codes, words = faults(write(WHOLE + lines))
    assert codes == [code]
    assert expected in words
    assert load_project(write(WHOLE + 'status = "unverified"')).project.definitions


def test_a_service_of_the_projects_own_is_known(write):
    text = WHOLE.replace('service = "health"', 'service = "library"')
    text += "[standard.services.library]\nminutes = 15\n"
    assert load_project(write(text)).standard.keys[-1] == "library"


def test_a_standard_of_ones_own_lies_beside_the_project(write, tmp_path):
    own = "target = 0.5\n[services.health]\nminutes = 7\n"
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    loaded = load_project(write(WHOLE.replace("shanghai-14fyp", "own.toml")))
    assert loaded.standard.service("health").minutes == 7


def test_a_faulty_standard_and_a_faulty_path_are_named_together(write):
    text = with_source("zones", "osm").replace("shanghai-14fyp", "shanghai")
    assert faults(write(text))[0] == ["project.special", "standards.unknown_near"]


# --set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("network.speed_kmh=3.6", lambda p: p.network.speed_kmh == 3.6),
        ("network.speed_kmh = 3", lambda p: p.network.speed_kmh == 3.0),
        ("demand.population.weight=aged_60", lambda p: p.demand[0].weight == "aged_60"),
        ("demand.population.weight=1", lambda p: p.demand[0].weight == 1),
        (
            "demand.population.where.类型=resident",
            lambda p: p.demand[0].where == {"类型": "resident"},
        ),
        (
            "facilities.clinics.where={kind = ['a', 'b']}",
            lambda p: p.facilities[0].where == {"kind": ["a", "b"]},
        ),
        ('definitions."old_people.radius".speed_kmh=3', lambda p: p.definitions[0].speed_kmh == 3),
        ("standard.all=['health']", lambda p: p.standard.all == ["health"]),
        (
            "standard.services.library.minutes=15",
            lambda p: p.standard.services["library"].minutes == 15,
        ),
        ("project.name=a=b", lambda p: p.project.name == "a=b"),
        ("project.name=1\nx = 2", lambda p: p.project.name == "1\nx = 2"),
        ("project.name=", lambda p: p.project.name == ""),
    ],
)
def test_an_override_changes_one_value(write, override, value):
    loaded = load_project(write(), [override])
    assert value(loaded.project)
    assert value(loaded.written)


def test_the_last_override_holds_and_the_file_stays(write):
    path = write()
    loaded = load_project(path, ["network.speed_kmh=3", "network.speed_kmh=5"])
    assert loaded.project.network.speed_kmh == 5
    assert path.read_text("utf-8") == WHOLE


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("network.speed=3", "--set: unknown key network.speed. Did you mean speed_kmh?"),
        ("network.speed_kmh=fast", '--set: network.speed_kmh = "fast" must be a number'),
        ("netwok.speed_kmh=3", "unknown key netwok. Did you mean network?"),
        ("demand.people.weight=x", "no [[demand]] is called people. Those are: population"),
        ("demand.populaton.weight=x", "no [[demand]] is called populaton. Did you mean population"),
        ("network.source.a=1", "--set network.source.a: network.source has no keys of its own"),
        ("network.speed_kmh.a.b=1", "unknown key network.speed_kmh"),
        ("network", "--set network: this is not key=value"),
        ("=3", "--set =3: this is not key=value"),
        ("facilities.clinics.service=gym", "--set: facilities.clinics.service = gym: the standard"),
        ("zones.source=nothing.gpkg", "--set: zones.source: there is no file"),
    ],
)
def test_a_wrong_override_is_named(write, override, expected):
    if override.startswith("network.speed_kmh.a"):
        expected = "network.speed_kmh"
    assert expected in faults(write(), override)[1]


# In Python -------------------------------------------------------------------------------------


def made(**keys):
    tables = {
        "network": NetworkTable(source="roads.osm.pbf"),
        "zones": ZonesTable(source="osm:admin_level=10"),
        "demand": [
            DemandTable(name="homes", source="osm:buildings", date=datetime.date(2020, 1, 2))
        ],
    }
    return Project(**(tables | keys))


def test_a_project_made_in_python_is_checked_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("roads.osm.pbf").touch()
    check_project(made(), standards_of(made()))
    wrong = made(
        zones=ZonesTable(source="nothing.gpkg"),
        definitions=[DefinitionTable(key="a", demand="people")],
    )
    with pytest.raises(InputError) as caught:
        check_project(wrong, standards_of(wrong))
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["project.missing_file", "project.unknown_demand"]
