"""The command line: what it prints where, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import shapely

import lifecircle as lc
import lifecircle.sample_data
from lifecircle.command.cli import app
from lifecircle.command.console import preferred_language
from lifecircle.profiles import standard_names
from lifecircle.sample_data import monaco_project

from .conftest import degrees

COMMANDS = ["demo", "init", "check", "run", "standards", "map"]

# One street of 2,000 m. At 4 km/h the 30 people at its west end walk 500 m or 7.5 minutes to the
# clinic, the 10 people at its east end 1,500 m or 22.5 minutes: 30 of 40 are covered.
STREET_M = [0, 2000]
CLINIC_M = 500
PROJECT = """
schema = 1
[project]
name = "Street"
language = "en"
[network]
source = "street.geojson"
[zones]
source = "zones.geojson"
id = "id"
[[demand]]
source = "people.csv"
x = "lon"
y = "lat"
crs = "EPSG:4326"
weight = "persons"
unit = "persons"
[[facilities]]
source = "clinics.csv"
service = "health"
x = "lon"
y = "lat"
crs = "EPSG:4326"
[standard]
all = ["health"]
"""


def east(x):
    """The point `x` metres east of the town's corner."""
    return tuple(float(axis) for axis in degrees(x, 0))


def geojson(path, shape, **properties):
    feature = {
        "type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape),
    }  # fmt: skip
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )


@pytest.fixture
def project(tmp_path):
    """The street of 2,000 m as a project file with its layers."""
    street = shapely.LineString([east(x) for x in STREET_M])
    geojson(tmp_path / "street.geojson", street)
    geojson(tmp_path / "zones.geojson", street.buffer(0.01), id="a", name="A [b]街道")
    rows = [f"{lon},{lat},{n}" for (lon, lat), n in zip(map(east, STREET_M), [30, 10], strict=True)]
    (tmp_path / "people.csv").write_text("\n".join(["lon,lat,persons", *rows]), encoding="utf-8")
    lon, lat = east(CLINIC_M)
    (tmp_path / "clinics.csv").write_text(f"lon,lat\n{lon},{lat}\n", encoding="utf-8")
    path = tmp_path / "street.toml"
    path.write_text(PROJECT, encoding="utf-8")
    return path


@pytest.fixture
def call(capsys, monkeypatch):
    """Runs a command here: exit code, stdout, stderr."""
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("COLUMNS", "100")

    def called(*arguments):
        with pytest.raises(SystemExit) as ended:
            app([str(argument) for argument in arguments], prog_name="lifecircle")
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return called


def start(*arguments, program=("-m", "lifecircle"), **options):
    """Runs a command in a process of its own."""
    package = str(Path(lifecircle.sample_data.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": package} | options.pop("env", {})
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        **options,
    )


def ended(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


# Help and wrong use ----------------------------------------------------------------------------


def test_help_lists_what_there_is(call):
    code, out, _ = call("--help")
    assert code == 0
    listed = [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.strip()]
    assert listed == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(call, command):
    code, out, _ = call(command, "--help")
    assert code == 0
    assert f"\n    lifecircle {command}" in out
    assert all(option in out for option in ("--quiet", "--verbose", "--json", "--lang"))


def test_help_imports_nothing_heavy():
    program = (
        "import sys; sys.argv[1:] = ['run', '--help']\n"
        "from lifecircle.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'geopandas', 'shapely', 'scipy', 'osmium'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    package = str(Path(lifecircle.sample_data.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": package},
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["runn"], "runn"),
        (["run"], "PROJECT.toml"),
        (["run", "a.toml", "--speed", "4"], "--speed"),
        (["run", "a.toml", "--lang", "fr"], "--lang"),
        (["run", "a.toml", "--fail-under", "85"], "--fail-under"),
        (["run", "a.toml"], "a.toml: there is no such file"),
        (["standards", "xyz"], "Built in: complete-community, gb50180"),
        (["init", "roads.gpkg"], "is no OSM extract"),
    ],
)
def test_wrong_use_is_2_and_plain(call, arguments, expected):
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert expected in err
    assert "Traceback" not in err
    assert "╭" not in err


def test_bad_input_speaks_the_language_asked_for(call, project):
    project.write_text(PROJECT.replace("weight =", "wieght ="), encoding="utf-8")
    code, _, err = call("run", project, "--lang", "zh")
    assert code == 2
    assert err == "street.toml：没有 demand.people.wieght 这个键。是不是想写 weight？\n"


def test_bad_input_never_shows_a_traceback(call, project):
    for more in ((), ("--verbose",)):
        code, _, err = call("run", project, "--set", "a=1", *more)
        assert (code, "Traceback" in err) == (2, False)


def test_a_fault_of_the_program_is_1_and_one_line(call, monkeypatch):
    def broken():
        raise RuntimeError("no\nidea")

    monkeypatch.setattr(lifecircle.sample_data, "monaco_project", broken)
    code, out, err = call("demo")
    assert (code, out) == (1, "")
    assert err == "A fault of the program: RuntimeError: no idea. --verbose shows where.\n"
    assert "Traceback" in call("demo", "--verbose")[2]


def test_what_the_file_system_refuses_is_the_users_to_mend(call, monkeypatch):
    def refused():
        raise PermissionError(13, "Permission denied", "layers.gpkg")

    monkeypatch.setattr(lifecircle.sample_data, "monaco_project", refused)
    code, out, err = call("demo")
    assert (code, out) == (2, "")
    assert err.startswith("layers.gpkg: Permission denied Check who may read")


def test_an_interrupt_is_130(call, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(lifecircle.sample_data, "monaco_project", interrupted)
    code, out, err = call("demo")
    assert (code, out) == (130, "")
    assert err == "Interrupted. Results of earlier runs are as they were.\n"


INTERRUPTED = """
import runpy
import signal
from lifecircle import runs

def interrupt(path, *rest):
    assert list(path.parent.iterdir()), "nothing written yet"
    signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits it ignored
runs.write_workbook = interrupt
runpy.run_module("lifecircle", run_name="__main__")
"""


def test_ctrl_c_while_files_are_written_leaves_none(tmp_path):
    process = start("demo", "--out", tmp_path / "out", cwd=tmp_path, program=["-c", INTERRUPTED])
    code, out, err = ended(process)
    assert (code, out) == (130, b"")
    assert b"Traceback" not in err
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_TW"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_messages_follow_the_environment(monkeypatch, settings, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert preferred_language() == language


def test_a_console_without_chinese_gets_replacements():
    code, out, _ = ended(
        start("standards", "shanghai-14fyp", "--lang", "zh", env={"PYTHONIOENCODING": "ascii"})
    )
    assert code == 0
    assert b"??" in out
    assert b"health" in out


# standards, init -------------------------------------------------------------------------------


def test_standards_are_listed(call):
    code, out, _ = call("standards")
    assert code == 0
    listed = [line.split()[0] for line in out.splitlines() if line[2:3].strip()]
    assert set(standard_names()) <= set(listed)
    assert "85 %" in out
    assert "none set" in out


def test_a_standard_shows_each_number_with_its_source(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for language in ("zh", "en"):
        _, out, _ = call("standards", "shanghai-14fyp", "--lang", language)
        # the plan, four services, the size of a health centre, four services that are only
        # counted, three rules of presence and one of supply
        assert out.count("官方原文 official text") == 1 + 4 + 1 + 4 + 3 + 1
        assert "社区健身苑点" in out
        assert "每个街镇至少 1 处 dementia_friendly" in out
        assert "1 or more dementia_friendly per zone" in out
        assert "仅计 only where: grade=三级甲等" in out
        assert "3.24 km/h" in out


def test_a_standard_by_area_type_shows_modes_and_what_is_not_known(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = call("standards", "pudong")
    assert "文件列出 21 项，此处已知 0 项" in out
    assert "0 of the 21 facilities" in out
    village = out[out.index("town:village") :]
    assert "骑行 cycle" in village[: village.index("outer_town")]
    _, out, _ = call("standards", "shanghai-2024-draft")
    assert "步行或骑行" not in out.split("new_town")[0]
    assert "步行或骑行 walk or cycle" in out
    assert "≥ 20,000 人 people" in out
    assert "1,000–5,000 m" in out


def test_a_standard_with_tiers_shows_limits_metrics_and_doubts(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    _, out, _ = call("standards", "tdt1063")
    elderly = out[out.index("elderly ") : out.index("culture ")]
    assert "5 分钟 min" in elderly
    assert "层级 tier: five" in elderly
    assert "半径 radius: 300 m [未核实 unverified]" in elderly
    hospital = out[out.index("hospital ") : out.index("metro ")]
    assert "2,000 m" in hospital
    assert "驾车 drive" in out[out.index("fire ") :]
    assert "目标 Target" in out
    assert "未规定 none set" in out


def test_a_standard_for_programs(call):
    _, out, err = call("standards", "osm-15min", "--json")
    standard = json.loads(out)["standards"][0]
    assert standard["services"][0]["minutes"] == 15
    assert "OSM fifteen minutes" in err


def test_all_standards_for_programs_are_strict_json(call):
    def refused(constant):
        raise AssertionError(constant)

    _, out, _ = call("standards", "--json", "--quiet")
    standards = {s["key"]: s for s in json.loads(out, parse_constant=refused)["standards"]}
    assert set(standards) == set(standard_names())
    assert standards["tdt1063"]["target"] is None
    assert standards["shanghai-14fyp"]["listed_services"][0]["minutes"] is None


def test_init_says_what_it_passed_over(call, monaco_extract, tmp_path):
    path = tmp_path / "city.toml"
    code, out, err = call("init", monaco_extract, "-o", path)
    assert (code, err) == (0, "")
    assert "Jardin Exotique" in out
    assert f"lifecircle check {path}" in out
    assert tomllib.loads(path.read_text("utf-8"))["project"]["name"] == "monaco"
    assert call("init", monaco_extract, "-o", path)[0] == 2


def test_init_for_programs(call, monaco_extract, tmp_path):
    _, out, _ = call("init", monaco_extract, "-o", tmp_path / "city.toml", "--json")
    summary = json.loads(out)
    assert summary["zones"] is None
    assert "Sainte-Dévote" in summary["passed_over"][0]


# run, check ------------------------------------------------------------------------------------


def health(out):
    """The city's numbers of the service health in a run's JSON."""
    return json.loads(out)["city"]["people.network"]["health"]


def test_run_prints_the_city_and_writes_beside_the_project(call, project):
    code, out, err = call("run", project)
    assert (code, err) == (0, "")
    row = next(line for line in out.splitlines() if line.lstrip().startswith("Health"))
    assert row.split() == ["Health", "15", "75.0", "%", "85", "%", "not", "met", "4"]
    assert f"Report: {project.with_name('street-out') / 'report.html'}" in out
    assert project.with_name("street-out").joinpath("run.json").exists()


def test_run_for_programs_and_its_options(call, project):
    code, out, err = call("run", project, "--json", "--out", project.parent / "x")
    assert code == 0
    numbers = health(out)
    assert (numbers["demand"], numbers["covered"], numbers["rate"]) == (40, 30, 0.75)
    assert (numbers["status"], round(numbers["gap"], 9)) == ("fail", 4)
    assert json.loads(out)["city"]["people.network"]["culture"]["rate"] is None
    assert Path(json.loads(out)["files"]["coverage.csv"]).exists()
    assert "75.0 %" in err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--fail-under", "0.75"], 0),
        (["--fail-under", "0.7500001"], 3),
        (["--fail-under", "0.5", "--fail-service", "culture"], 3),
        (["--set", "standard.services.health.minutes=23", "--fail-under", "1"], 0),
        (["--set", "network.speed_kmh=6.1", "--fail-under", "1"], 0),
    ],
)
def test_fail_under_is_3_where_the_city_is_below(call, project, options, expected):
    code, out, err = call("run", project, "--quiet", *options)
    assert (code, out) == (expected, "")
    assert ("--fail-under" in err) == (expected == 3)


def test_a_rate_that_is_too_low_says_so(call, project):
    _, _, err = call("run", project, "--fail-under", "0.8", "--lang", "zh", "--quiet")
    assert err == "all：全市覆盖率 75.00 %，低于 --fail-under 0.8。\n"
    options = ["--fail-under", "0.8", "--fail-service", "culture"]
    assert "culture: the city has no rate (no data)" in call("run", project, *options, "--quiet")[2]


def test_an_added_facility_counts(call, project):
    lon, lat = east(1900)
    _, out, _ = call("run", project, "--add", f"health,{lon},{lat}", "--json")
    assert (health(out)["rate"], health(out)["status"]) == (1.0, "pass")


def test_what_an_added_facility_does_is_said(call, project):
    lon, lat = east(1900)
    _, before, _ = call("run", project, "--json")
    _, out, _ = call("run", project, "--add", f"health,{lon},{lat}", "--json")
    change = json.loads(out)["changes"]["health"]
    assert change["rate_before"] == health(before)["rate"]
    assert change["rate"] == health(out)["rate"] == 1.0
    assert change["newly_met"] == [name for name in change["newly_met"] if name]
    assert "changes" not in json.loads(before)
    _, out, _ = call("run", project, "--add", f"health,{lon},{lat}", "--lang", "en")
    assert "What the changes to facilities do" in out
    assert "before" in out


def test_facilities_are_closed_and_moved(call, project):
    _, out, _ = call("run", project, "--json")
    facilities = lc.open_run(project.with_name(f"{project.stem}-out")).facilities
    name = facilities.loc[facilities["service"] == "health", "facility"].iloc[0]
    place = facilities.set_index("facility").geometry.loc[[name]].iloc[0]
    _, closed, _ = call("run", project, "--close", name, "--json")
    assert health(closed)["covered"] < health(out)["covered"]
    _, moved, _ = call("run", project, "--move", f"{name},{place.x},{place.y}", "--json")
    assert health(moved)["covered"] == pytest.approx(health(out)["covered"])
    _, table, _ = call("run", project, "--close", name, "--lang", "zh", "--verbose")
    assert "关闭了 1 处设施" in table


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--add", "health,121"], "not service,lon,lat"),
        (["--add", "health,121,north"], "not service,lon,lat"),
        (["--add", "health,31,121"], "not service,lon,lat"),
        (["--add", "health,nan,31"], "not service,lon,lat"),
        (["--add", "gym,121,31"], "no service gym. Its services: health,"),
        (["--fail-under", "0.5", "--fail-service", "gym"], "Possible: health,"),
        (["--fail-service", "health"], "there is no --fail-under. Add it"),
        (["--add", "health,100,31"], "100.00000, 31.00000 is farther than 200 m from every street"),
        (["--close", "nobody"], "no facility 'nobody' to close or move"),
        (["--move", "nobody,121"], "not id,lon,lat"),
        (["--fail-under", "0.5", "--set", "standard.all=[]"], "names no services for `all`"),
        (["--set", "network.speed=4"], "--set: unknown key network.speed"),
        (["--out", "people.csv"], "--out people.csv is a file"),
    ],
)
def test_wrong_options_end_before_anything_is_written(
    call, project, monkeypatch, options, expected
):
    monkeypatch.chdir(project.parent)
    before = sorted(project.parent.iterdir())
    code, out, err = call("run", project, *options)
    assert (code, out) == (2, "")
    assert expected in err
    assert sorted(project.parent.iterdir()) == before


def test_check_prints_what_it_finds_and_writes_only_that(call, project):
    people = project.with_name("people.csv")
    people.write_text(people.read_text("utf-8") + "\n120.2,31.2,5\n", encoding="utf-8")
    code, out, err = call("check", project, "--out", project.parent / "found")
    assert (code, err) == (0, "")
    assert "from any street" in out
    assert [path.name for path in (project.parent / "found").iterdir()] == ["findings.csv"]
    assert not project.with_name("street-out").exists()


def test_check_for_programs(call, project):
    _, out, _ = call("check", project, "--json")
    summary = json.loads(out)
    assert summary["files"] == {}
    assert set(summary["findings"]) == {"error", "warning", "info"}


# demo ------------------------------------------------------------------------------------------


def test_the_sample_is_found():
    assert monaco_project().parent.joinpath("monaco.osm.pbf").exists()


def test_demo_as_a_stranger_runs_it(tmp_path):
    code, out, err = ended(start("demo", "--json", cwd=tmp_path))
    assert (code, b"Traceback" in err) == (0, False)
    summary = json.loads(out)
    assert {path.name for path in (tmp_path / "monaco-out").iterdir()} == set(summary["files"])
    [city] = summary["city"].values()
    assert city["elderly"]["status"] == "no data"
    assert 0 < city["health"]["rate"] <= 1
