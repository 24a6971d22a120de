"""Notebooks, and code on pages, keep the rules: short, public names only, nothing defined."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

import lifecircle as lc
from tests.conftest import ROOT
from tests.test_site import load

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
SHOWN = {
    f"{page.name} {at}": code
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    for at, code in enumerate(
        re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    )
}
CODE = {path.name: path.read_text("utf-8") for path in NOTEBOOKS} | SHOWN
MOST_CELLS = 30


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_short(path):
    text = path.read_text("utf-8")
    assert 5 < len(re.findall(r"^# %%", text, re.MULTILINE)) <= MOST_CELLS


def test_notebooks_hold_no_outputs():
    assert [path.name for path in ROOT.glob("notebooks/*") if path.suffix == ".ipynb"] == []


def private_names(code: str) -> set[str]:
    """What code takes from the package that is not among its public names."""
    tree = ast.parse(code)
    taken = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "lc"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lifecircle"):
            taken |= {f"from {node.module}"}
        elif isinstance(node, ast.Import):
            taken |= {one.name for one in node.names if one.name.startswith("lifecircle.")}
    return taken - set(lc.__all__)


def test_private_names_are_found():
    code = "import lifecircle.maps.zones\nfrom lifecircle.datum import x\nlc.coverage(lc.secret)"
    assert private_names(code) == {"secret", "from lifecircle.datum", "lifecircle.maps.zones"}


@pytest.mark.parametrize("name", CODE)
def test_only_public_names_are_called(name):
    assert private_names(CODE[name]) == set()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_defines_nothing(path):
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    tree = ast.parse(path.read_text("utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, defined)] == []


# Run once, used twice --------------------------------------------------------------------------


@pytest.fixture
def runner(tmp_path, monkeypatch) -> ModuleType:
    """The script, with a project of one notebook whose output is the time of day."""
    pytest.importorskip("nbclient")
    notebooks = load("scripts/notebooks.py")
    (tmp_path / "lifecircle").mkdir()
    (tmp_path / "lifecircle" / "code.py").write_text("x = 1\n", "utf-8")
    (tmp_path / "one.py").write_text("# %%\nimport time\n\ntime.time_ns()\n", "utf-8")
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "EXECUTED", tmp_path / "build" / "notebooks")
    return notebooks


@pytest.mark.slow
def test_an_executed_notebook_is_used_again_until_something_changes(runner, tmp_path):
    made: list[Path] = [runner.executed(tmp_path / "one.py")]
    first = made[0].read_text("utf-8")
    assert runner.executed(tmp_path / "one.py").read_text("utf-8") == first

    (tmp_path / "lifecircle" / "code.py").write_text("x = 2\n", "utf-8")
    second = runner.executed(tmp_path / "one.py").read_text("utf-8")
    assert second != first

    (tmp_path / "one.py").write_text("# %%\nimport time\n\ntime.time_ns() + 1\n", "utf-8")
    assert runner.executed(tmp_path / "one.py").read_text("utf-8") != second

    shutil.rmtree(tmp_path / "build")
    assert runner.executed(tmp_path / "one.py").is_file()
