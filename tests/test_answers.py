"""What a run answers where definitions differ: its own standard, its scope, what is undecided."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from lifecircle.analysis import Analysis
from lifecircle.command.answers import city_table, run_answer, run_summary
from lifecircle.command.console import Terminal
from tests import report_definitions as city

MAIN, PLAN, OPEN = city.DEFINITIONS


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return Analysis(
        project=city.project(),
        standard=city.MAIN,
        definitions=city.DEFINITIONS,
        network=None,
        zones=city.zones(),
        facilities=city.facilities(),
        demands={"population": city.demand()},
        travel_times={each.key: city.travel_time() for each in city.DEFINITIONS},
        coverage=city.coverage_table(),
        standards=city.STANDARDS,
    )


def terminal(language: str = "en") -> Terminal:
    return Terminal(language=language, quiet=False, verbose=False, json=False)


def printed(*parts: object) -> str:
    """What a wide console prints, with single blanks."""
    text = io.StringIO()
    Console(file=text, width=200).print(*parts)
    return "\n".join(" ".join(line.split()) for line in text.getvalue().splitlines())


def test_each_table_follows_the_standard_of_its_definition(analysis):
    shown = printed(city_table(analysis, MAIN, terminal()))
    # Health: 8 of 10 places, 480 of 600 people, 30 short of 85 %; no data on sports.
    assert "Health 15 80.0 % 85 % not met 30" in shown
    assert "Sports 15 85 % no data" in shown
    assert "minutes city target" in shown
    assert "Sports ground" not in shown


def test_a_scoped_table_is_that_of_the_scope(analysis):
    shown = printed(city_table(analysis, PLAN, terminal()))
    # In scope 240 of 400 people reach health care within 10 minutes: 100 short. Everybody reaches
    # the ground, which of the whole city only 80 % do.
    assert "Health care 10 60.0 % 85 % not met 100" in shown
    assert "Sports ground 15 100.0 % 85 % met 0" in shown
    assert "minutes in scope target" in shown
    assert "target for urban, town" in shown
    chinese = printed(city_table(analysis, PLAN, terminal("zh")))
    assert "适用范围" in chinese
    assert "规划口径" in chinese


def test_no_target_is_said_instead_of_no_scope(analysis):
    shown = printed(city_table(analysis, OPEN, terminal()))
    assert "Culture 12 91.6 % no target" in shown
    assert "nan" not in shown


def test_undecided_services_are_named(analysis):
    table = analysis.coverage
    unsure = (table["definition"] == "people.walk") & (table["level"] == "city")
    unsure &= table["service"] == "health"
    doubtful = table.assign(certainty=table["certainty"].mask(unsure, "undecided"))
    run = Analysis(**{**vars(analysis), "coverage": doubtful})
    assert "Undecided, the margin spans the target: Health" in printed(
        city_table(run, MAIN, terminal())
    )
    assert "Undecided" not in printed(city_table(analysis, MAIN, terminal()))


def test_a_run_answers_with_a_table_for_every_definition(analysis):
    answer = run_answer(analysis, {"report.html": Path("out/report.html")}, terminal())
    shown = printed(*answer)
    assert shown.count("still to cover") == 3


def test_programs_get_scope_beside_city_and_null_for_no_number(analysis):
    summary = run_summary(analysis, {"report.html": Path("report.html")}, Path("out"))
    again = json.loads(json.dumps(summary, allow_nan=False))
    assert set(again["city"]) == {"people.walk", "plan", "open"}
    assert set(again["scope"]) == {"plan"}
    assert again["city"]["plan"]["ground"]["rate"] == 0.8
    ground = again["scope"]["plan"]["ground"]
    assert (ground["rate"], ground["demand"], ground["status"]) == (1.0, 400, "pass")
    assert again["city"]["open"]["culture"]["target"] is None
    assert again["city"]["people.walk"]["sports"]["rate"] is None
    assert again["city"]["people.walk"]["sports"]["status"] == "no data"
