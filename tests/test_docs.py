"""What the documentation says is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.project.schema import checked
from lifecircle.project.tables import Project
from lifecircle.project.toml_file import parsed_toml
from lifecircle.verdicts import percent
from tests.conftest import MONACO, ROOT

PAGE = (ROOT / "docs" / "definitions.md").read_text("utf-8")
MARKS = {"pass": "✓", "fail": "✗"}


def rows(heading: str) -> dict[str, list[str]]:
    """The first table below a heading: its cells by the last word of the row's head."""
    section = PAGE.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[2:]]
    return {re.split(r"[ (]", first)[-1 if "(" not in first else 0]: rest for first, *rest in cells}


def shown(run: Analysis, definition: str, service: str) -> str:
    """A city's rate as the page shows it."""
    table = run.coverage[run.coverage["level"] == "city"].set_index(["definition", "service"])
    row = table.loc[(definition, service)]
    mark = MARKS[row["status"]] + (" ?" if row["certainty"] == "undecided" else "")
    return f"{percent(row['rate'])} {mark}"


@pytest.fixture(scope="module")
def monaco_by_six() -> Analysis:
    return lc.analyse(MONACO / "definitions.toml")


def test_monaco_s_table_is_what_the_run_gives(monaco_by_six):
    table = rows("摩纳哥")
    keys = [definition.key for definition in monaco_by_six.definitions]
    for service in ("health", "culture", "sports", "education", "childcare", "shopping", "green"):
        assert table[service] == [shown(monaco_by_six, key, service) for key in keys]
    assert table["all"] == [shown(monaco_by_six, key, "all") for key in keys]


def test_the_page_s_keys_are_keys(monaco_by_six):
    fields = set(Project.model_fields["definitions"].annotation.__args__[0].model_fields)
    section = PAGE.partition("## 口径里可以写什么")[2]
    keys = {key for line in section.splitlines() if line.startswith("| `")
            for key in re.findall(r"`([a-z_]+)`", line.split("|")[1])}  # fmt: skip
    assert keys == fields - {"key"}


def test_the_snippet_is_a_project_but_for_its_layers():
    (snippet,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    data = parsed_toml(snippet) | {
        "schema": 1,
        "network": {"source": "roads.osm.pbf"},
        "demand": [{"name": "population", "source": "people.csv"}],
    }
    project = checked(Project, data, "docs")
    assert [one.key for one in project.definitions] == [
        "town_walk", "urban_walk", "town_active", "urban_active",
    ]  # fmt: skip
    assert Path(project.zones.source).name == "streets.geojson"
