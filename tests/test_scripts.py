"""`scripts/demo.py` and `scripts/test.py` on a tiny project, offline; and what the pins promise."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# A build backend that needs nothing: its wheel is one .pth file and the metadata.
BACKEND = r"""
import pathlib, zipfile

FILES = {
    "tiny.pth": str(pathlib.Path.cwd()),
    "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n",
    "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny-1.dist-info/RECORD": "",
}

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"
"""
ECHO = (
    "import os, sys\nprint(os.getcwd(), *sys.argv[1:])\nsys.exit(3 if 'three' in sys.argv else 0)\n"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the real scripts, whose demo and tests only say how they were called."""
    folder = tmp_path_factory.mktemp("a project")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "backend.py").write_text(BACKEND, "utf-8")
    (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
    for module in ("lifecircle", "pytest"):
        (folder / module).mkdir()
        (folder / module / "__main__.py").write_text(ECHO, "utf-8")
    for name in ("constraints.txt", "constraints-test.txt"):
        (folder / name).write_text("", "utf-8")
    return folder


def call(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script, run from the folder above its project."""
    return subprocess.run(
        [sys.executable, script, *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=script.parent.parent.parent,
        env=os.environ | {"PYTHONPATH": "", "PYTHONUTF8": "1"} | environment,
    )


def stamp(project: Path) -> Path:
    return project / ".venv" / "lifecircle-stamp.txt"


@pytest.fixture(scope="module")
def first_run(project):
    """The first call of the demo, which finds nothing but a folder that holds no Python."""
    (project / ".venv").mkdir()
    return call(project / "scripts" / "demo.py", "--out", "x y")


@pytest.mark.slow
def test_first_run_makes_the_environment_and_passes_everything_on(project, first_run):
    assert first_run.returncode == 0, first_run.stderr
    assert first_run.stdout == f"{project.parent} demo --out x y\n"
    assert "Installing the packages of constraints.txt" in first_run.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("first_run")
def test_environment_is_kept_until_the_pins_change_and_made_anew_when_half_made(project):
    demo, tests = project / "scripts" / "demo.py", project / "scripts" / "test.py"
    again = call(demo, "three")
    assert (again.returncode, again.stderr) == (3, "")

    tested = call(tests, "-k", "word")
    cores = min(os.cpu_count() or 1, 4)
    assert tested.stdout == f"{project} -n {cores} --dist loadfile -k word\n"
    assert "Installing the packages of constraints-test.txt" in tested.stderr
    assert call(demo).stderr == "", "the tests' packages are the demo's and more"

    (project / "constraints.txt").write_text("# changed\n", "utf-8")
    assert "Installing" in call(demo).stderr

    (left_over := project / ".venv" / "left-over").touch()
    stamp(project).write_text("half-made", "utf-8")
    repaired = call(demo)
    assert repaired.returncode == 0
    assert "Making" in repaired.stderr
    assert not left_over.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("first_run")
def test_packages_that_cannot_be_installed_are_told_and_leave_no_stamp(project, tmp_path):
    shutil.copytree(project, broken := tmp_path / "broken", symlinks=True)
    pin = f"no-such-package==1 --hash=sha256:{'0' * 64}\n"
    (broken / "constraints.txt").write_text(pin, "utf-8")
    failed = call(broken / "scripts" / "demo.py", PIP_NO_INDEX="1")
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr
    assert re.search(r"This step failed, see above: .*constraints\.txt", failed.stderr)
    assert stamp(broken).read_text("utf-8") == "half-made"


def test_missing_ensurepip_names_the_package_to_install(project, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['ensurepip'] = sys.modules['virtualenv'] = None\n", "utf-8"
    )
    shutil.copytree(project, bare := tmp_path / "bare", ignore=lambda *_: [".venv"])
    refused = call(bare / "scripts" / "demo.py", PYTHONPATH=str(tmp_path), PATH="")
    assert refused.returncode == 2
    assert "python3-venv" in refused.stderr
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize("name", ["demo.py", "test.py"])
def test_old_python_is_told_which_one_is_needed(name):
    script = ROOT / "scripts" / name
    ast.parse(script.read_text("utf-8"), feature_version=(3, 6))
    pretend = (
        "import runpy, sys; sys.version_info = (3, 6, 15); sys.version = '3.6.15 (old)';"
        "runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    refused = subprocess.run(
        [sys.executable, "-c", pretend, script], check=False, capture_output=True, encoding="utf-8"
    )
    assert refused.returncode == 2
    assert refused.stderr == "Python 3.11 or newer is needed; this is 3.6.15.\n"


# The pins --------------------------------------------------------------------------------------


def pins(name: str) -> dict[str, set[str]]:
    """The requirements of a constraints file, each with its hashes."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", "")
    lines = [line.split("--hash=") for line in text.splitlines()]
    return {line[0].strip(): {part.strip() for part in line[1:]} for line in lines}


def names(requirements: list[str]) -> set[str]:
    """The packages of a list of requirements, without our own extras."""
    return {re.split(r"[^\w-]", text)[0].lower() for text in requirements} - {"lifecircle"}


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-test.txt"])
def test_pins_are_exact_hashed_and_without_an_address(name):
    assert "://" not in (ROOT / name).read_text("utf-8")
    for requirement, hashes in pins(name).items():
        assert re.match(r"[a-z0-9-]+==[^*;]+(;.*)?$", requirement), requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), requirement
        assert hashes, requirement


def test_tests_run_with_the_versions_that_users_get():
    own, tests = pins("constraints.txt"), pins("constraints-test.txt")
    assert own.items() <= tests.items()


def test_pins_cover_what_the_project_declares():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    own = names(
        project["project"]["dependencies"]
        + project["build-system"]["requires"]
        + project["dependency-groups"]["build"]
    )
    assert own <= names(list(pins("constraints.txt")))
    assert own | names(extras["test"] + extras["notebook"]) <= names(
        list(pins("constraints-test.txt"))
    )
    assert set(project["build-system"]["requires"]) == set(project["dependency-groups"]["build"])
