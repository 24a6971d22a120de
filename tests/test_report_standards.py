"""The page where definitions differ in standard, scope and target: numbers checked in the head.

The city is that of `report_definitions`: six zones of ten places, the n-th of them `n × pace`
minutes off.
"""

import dataclasses
import html
import re

import numpy as np
import pandas as pd
import pytest

from lifecircle.project.tables import ConfidenceTable
from lifecircle.report import report_html
from lifecircle.report.cells import sheet
from lifecircle.report.compare import flips
from lifecircle.report.content import ReportContent
from lifecircle.report.naming import limit_words, short_names
from lifecircle.report.notes import facility_lists, lists_of
from lifecircle.report.summary import service_rows, short_sentence, verdict_sentence
from lifecircle.report.unsure import confidence_words
from lifecircle.standards import Area, Group
from tests import report_definitions as city
from tests.test_report import HOSTILE, Page

MAIN, PLAN, OPEN = city.DEFINITIONS
THIN = "\u202f"
"""Before the sign of percent."""


@pytest.fixture(scope="module")
def content() -> ReportContent:
    return city.content()


@pytest.fixture(scope="module")
def page(content) -> str:
    return report_html(content)


def plain(text: str) -> str:
    """English text without tags and the thin space of percent, with single blanks."""
    english = re.sub(r'<span lang="zh">.*?</span>(?=<span lang="en">)', "", text, flags=re.DOTALL)
    inline = re.sub("</?(?:bdi|span|b|small)[^>]*>", "", english)
    bare = html.unescape(re.sub("<[^>]+>", " ", inline)).replace(THIN, "")
    return re.sub(r"\s+", " ", bare).strip()


def rows(page: str, section: str, part: int = 0) -> list[list[str]]:
    """The cells of a section's table, row by row, in English."""
    body = page.partition(f'<section id="sec-{section}">')[2].partition("</section>")[0]
    table = re.findall(r"<tbody>(.*?)</tbody>", body, re.DOTALL)[part]
    return [
        [plain(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
    ]


def of(rows: list[list[str]], head: str) -> list[str]:
    """The row with this head, without it."""
    return next(row[1:] for row in rows if row[0] == head)


def one(definition, coverage=None):
    """The sheet of a definition."""
    table = city.coverage_table() if coverage is None else coverage
    standard = city.STANDARDS[definition.key]
    ids = list(city.zones().index)
    outside = ids[4:] if standard.scope else []
    return sheet(table, definition, standard, ids, out_of_scope=outside)


# The headline ----------------------------------------------------------------------------------


def test_the_verdict_is_that_of_the_scope_not_of_the_city():
    # Health: n × 2 ≤ 10 minutes, 6 of 10. Ground: n × 1.5 ≤ 15 in the four zones in scope, all;
    # in the whole city (400 + 2 × 40) / 600 = 80 %, which would fail.
    said = verdict_sentence(one(PLAN)).plain("en")
    assert said == (
        f"Of 2 services, 1 fail (✗ Health care 60.0{THIN}%); 1 pass (✓ Sports ground 100.0{THIN}%)."
    )
    health, ground = service_rows(one(PLAN))
    # 25 of 100 people are lacking in each of the four.
    assert (health.gap, ground.gap) == ("100", "0")


def planned(content: ReportContent) -> str:
    """The page with the plan as its main definition."""
    order = (PLAN, MAIN, OPEN)
    standard = city.STANDARDS[PLAN.key]
    return report_html(dataclasses.replace(content, definitions=order, standard=standard))


def test_scope_is_said_in_words_and_the_city_keeps_its_row(content):
    page = planned(content)
    assert "The target applies to Main city, town: 4 of 6 zones." in plain(page)
    assert "目标适用范围：" in page
    section = page.partition('<section id="sec-sum"')[2]
    assert "Rate in scope" in section[: section.index("</section>")]
    matrix = re.search(r'<table class="matrix".*?</table>', page, re.DOTALL)[0]
    first, second = re.findall(r'<tr class="(\w+)">(.*?)</tr>', matrix)[:2]
    assert (first[0], second[0]) == ("scope", "city")
    assert "80.0" in second[1]
    assert "80.0" not in first[1]


def test_a_definition_without_scope_keeps_the_whole_area(page):
    section = page.partition('<section id="sec-sum"')[2]
    section = section[: section.index("</section>")]
    assert "Area rate" in section
    # What is said of another definition's scope waits until that one is chosen.
    assert re.findall(r'<p class="scope" data-definition="(\w+)" hidden>', section) == ["plan"]


def test_without_a_target_rates_are_shown_and_nothing_is_judged(page):
    # Within 12 minutes: all of the five near zones, n × 3 ≤ 12 is 5 of 10 in the last: 550 / 600.
    opened = one(OPEN)
    assert verdict_sentence(opened).plain("en") == (
        f"Of 1 services, 1 without a target (Culture 91.6{THIN}%)."
    )
    assert short_sentence(opened).plain("en").startswith("The standard sets no target")
    (row,) = service_rows(opened)
    assert row.gap == ""
    assert "nan" not in Page(page).text


def test_limits_in_metres_stay_metres_and_modes_have_names():
    assert limit_words(city.OPEN, OPEN, "culture").en == "800 m"
    service = dataclasses.replace(city.OPEN.services[0], metric="radius", mode="drive")
    standard = dataclasses.replace(city.OPEN, services=(service,))
    assert limit_words(standard, OPEN, "culture").en == "800 m · straight line · driving"


def test_the_title_says_only_what_holds_for_every_definition(page, content):
    assert plain(page.partition("<h1>")[2].partition("</h1>")[0]).endswith(
        "Coverage of public services"
    )
    walking = dataclasses.replace(content, definitions=(MAIN,))
    assert "15-minute walking coverage" in report_html(walking)


# Definitions side by side ----------------------------------------------------------------------


def test_definitions_are_told_apart_in_every_respect(page):
    table = rows(page, "def")
    assert of(table, "What is counted") == ["population (people)"] * 3
    assert of(table, "Mode and speed") == [
        "walking at 4 km/h", "walking at 4 km/h, without steps",
        "walking at 4 km/h or cycling at 12 km/h",
    ]  # fmt: skip
    assert of(table, "Limits") == ["limit 15 min", "limit 10/15 min", "limit 800 m"]
    assert of(table, "Target") == ["85%", "85%", "none set"]
    assert of(table, "Standard") == [
        "Main standard (official text)", "Urban plan (second-hand)", "No target (unverified)",
    ]  # fmt: skip
    assert of(table, "By whose word") == ["", "沪府发 (second-hand)", ""]


def test_rates_stand_beside_each_other_with_their_difference(page):
    table = rows(page, "def")
    # Health within 15 minutes: n × 2 ≤ 15, 8 of 10; within 10 minutes 6 of 10.
    assert of(table, "Health") == ["80.0% ✗ fail", "60.0% ✗ fail (−20.0 points)", "–"]
    assert of(table, "Sports ground") == ["–", "100.0% ✓ pass", "–"]
    assert of(table, "Sports") == ["no data", "–", "–"]
    # Health fails in all four zones that both judge; of the third definition none is judged.
    assert table[-1][1:] == ["main definition", "0 of 4", "–"]


def test_flipped_verdicts_are_counted_zone_by_zone():
    table = city.coverage_table()
    first = (table["definition"] == "plan") & (table["service"] == "health")
    first &= table["zone"] == city.zones().index[0]
    table["status"] = table["status"].mask(first, "pass")
    assert flips(one(PLAN, table), one(MAIN, table)) == (1, 4)


def test_definitions_of_one_name_are_told_apart_by_their_keys(content):
    twin = dataclasses.replace(MAIN, key="twin")
    standards = {**city.STANDARDS, "twin": city.MAIN}
    twins = dataclasses.replace(content, definitions=(MAIN, twin), standards=standards)
    names = {key: name.plain("en") for key, name in short_names(twins).items()}
    assert names == {
        "people.walk": "population · streets · people.walk",
        "twin": "population · streets · twin",
    }
    assert short_names(content)["plan"].plain("zh") == "规划口径"


def test_country_and_town_are_compared_by_people(page):
    # Culture: (100 + 60) / 200 in the rural zones, everybody in the four others.
    assert of(rows(page, "rural"), "Culture") == ["80.0%", "100.0%", "−20.0"]
    assert of(rows(page, "rural"), "Sports") == ["–", "–", "–"]


# How sure --------------------------------------------------------------------------------------


def test_undecided_cases_say_by_what_and_show_their_margin(page):
    # In the last zone n × 3 ≤ 15: 6 of 10, and the margin made for it.
    ((place, service, rate, margin, _, target, status, by),) = rows(page, "und")
    assert (place, service, rate, target) == ("第5街道", "Culture", "60.0%", "85%")
    assert (margin, status, by) == ("55.0 – 100.0%", "? fail, not certain", "the edge of the data")
    assert '<path class="band" d="M110.0 7H200.0"/><path class="goal" d="M170.0 0V14"/>' in page
    assert '<circle cx="120.0" cy="7" r="3"/>' in page


def test_what_margins_cover_is_said_with_the_errors_assumed(content):
    sheets = [one(MAIN)]
    usual = " ".join(words.en for words in confidence_words(ConfidenceTable(), sheets))
    assert "facilities 15 m where surveyed, 30 m from OSM or geocoded, 100 m by address" in usual
    assert f"lengths of streets 2{THIN}%" in usual
    assert "does not cover an incomplete list of facilities" in usual
    given = ConfidenceTable(facility_m=7.5, demand_m=3.0, network=0.05, allocation=0.25)
    said = " ".join(words.en for words in confidence_words(given, sheets))
    assert "facilities 7.5 m; places 3 m; " in said
    assert f"5{THIN}%; people per 500 m block 0.25" in said


def test_without_margins_nothing_is_said_of_them():
    table = city.coverage_table().assign(rate_low=np.nan, rate_high=np.nan)
    assert confidence_words(ConfidenceTable(), [one(MAIN, table)]) == []


def test_lists_of_facilities_stand_beside_the_rates_with_source_and_date(content, page):
    assert "clinics.csv (2024-05-01): Health care 2" in plain(page)
    assert "grounds.csv (no date given): Sports ground 1" in plain(page)
    assert (
        lists_of(facility_lists(content), "culture").en == "1 from OSM, roads.osm.pbf (2026-08-01)"
    )


# Beside coverage -------------------------------------------------------------------------------


def test_other_speeds_and_limits(page):
    # At 3 km/h health is n × 8/3 ≤ 15 minutes off, 6 of 10; at 5 km/h n × 1.6, all.
    speeds = of(rows(page, "sensitivity", 0), "Health")
    assert (speeds[0], speeds[2], speeds[-1]) == ("✗ 60.0%", "✗ 80.0%", "✓ 100.0%")
    # With one limit of 5 minutes n ≤ 2, of 20 all.
    limits = of(rows(page, "sensitivity", 1), "Health")
    assert (limits[0], limits[-1]) == ("✗ 30.0%", "✓ 100.0%")
    # The plan's headline is its scope: the ground reaches everybody there.
    assert of(rows(page, "sensitivity", 2), "Sports ground")[2] == "✓ 100.0%"
    # Nothing to compare with without a target. 800 m are as far at any speed.
    assert set(of(rows(page, "sensitivity", 4), "Culture")) == {"91.6%"}


def test_services_of_each_tier_that_people_reach(page):
    table = rows(page, "tiers", 1)
    assert of(table, "Target's scope: Main city, town") == [
        "0.6 of 1", "60.0%", "1.0 of 1", "100.0%", "1.6 of 2", "60.0%", "0.0%",
    ]  # fmt: skip
    # The last zone: n ≤ 5 for health, n × 4 ≤ 15, n ≤ 3, for the ground.
    assert of(table, "第5街道") == [
        "0.6 of 1", "60.0%", "0.4 of 1", "40.0%", "1.0 of 2", "40.0%", "40.0%",
    ]  # fmt: skip


def test_what_every_unit_must_have(page):
    clinics = of(rows(page, "presence"), "A clinic in every zone")
    assert clinics[:3] == ["each zone: at least 1", "2 / 6", "✗ fail"]
    assert clinics[3:] == ["第2街道, 第3街道, 第4街道, 第5街道", "§ 3 (unverified)"]
    ground = of(rows(page, "presence"), "A ground in the old town")
    assert ground[0] == "each Main city: at least 1"
    assert ground[4] == "§ 4 (official text)"


def test_what_there_is_for_so_many_people(page):
    # 600 people: 3 clinics for 200 each, there are 2; 1,560 m² of ground, there are 100.
    clinics = of(rows(page, "supply"), "Health care: People per clinic")
    assert clinics[:2] == ["2", "–"]
    assert clinics[2:] == [
        "everybody 600", "300", "–", "3 (one for 200 people)", "1", "4 / 6", "✗ fail",
        "none given (unverified)",
    ]  # fmt: skip
    ground = of(rows(page, "supply"), "Sports ground: Ground per person")
    assert ground[1:7] == [
        "100 m²", "everybody 600", "600", "166.67", "1,560 (2.6 m² a person)", "1,460",
    ]  # fmt: skip


def test_services_of_which_only_the_number_is_known_need_no_supply(content):
    supply = content.tables["supply.csv"]
    bare = supply.assign(rule="", people=np.nan, capacity=np.nan, status="", norm_in="")
    page = report_html(dataclasses.replace(content, tables={"supply.csv": bare}))
    assert '<section id="supply">' not in page


def test_how_the_share_of_land_settled(page):
    assert rows(page, "convergence") == [
        ["25 m", "100", "25.00%", "80.00%"], ["12.5 m", "220", "12.50%", "81.23%"],
    ]  # fmt: skip


def test_what_there_is_not_has_no_section(content):
    bare = dataclasses.replace(
        content,
        definitions=(MAIN,),
        coverage=city.coverage_table().assign(certainty=""),
        zones=city.zones().assign(area_kind="urban"),
        tables={},
    )
    sections = set(re.findall(r'<section id="sec-(\w+)"', report_html(bare)))
    assert sections == {"sum", "matrix", "gap", "multi", "und", "findings", "meth"}
    assert "No cell's margin spans its target." in html.unescape(report_html(bare))


# What it rests on ------------------------------------------------------------------------------


def test_every_standard_is_printed_once_with_its_definitions(content):
    again = dataclasses.replace(PLAN, key="again", name_zh="再", name_en="Again")
    stricter = dataclasses.replace(PLAN, key="strict", name_zh="严", name_en="Strict")
    services = tuple(dataclasses.replace(s, target=0.99) for s in city.PLAN.services)
    standards = {
        **city.STANDARDS, "again": city.PLAN,
        "strict": dataclasses.replace(city.PLAN, target=0.99, services=services),
    }  # fmt: skip
    table = content.coverage
    plan = table[table["definition"] == "plan"]
    more = [plan.assign(definition=key) for key in ("again", "strict")]
    page = report_html(
        dataclasses.replace(
            content,
            definitions=(*city.DEFINITIONS, again, stricter),
            standards=standards,
            coverage=pd.concat([table, *more], ignore_index=True),
        )
    )
    method = plain(page.partition('<section id="sec-meth">')[2])
    assert method.count("Standard: ") == 4
    assert "For: As planned, Again" in method
    assert method.count("a transcription") == 2
    assert "clause 1" in method
    assert "99%" in method


def test_a_list_that_is_not_known_in_full_says_so(content):
    standard = dataclasses.replace(
        city.MAIN, listed=21, known=3, denominator_zh="居委", denominator_en="committees"
    )
    standards = {**city.STANDARDS, "people.walk": standard}
    page = report_html(dataclasses.replace(content, standard=standard, standards=standards))
    assert "3 of the 21 facilities that it lists are known." in page
    assert "What the document divides by: committees" in page
    assert "已知 3 项" in page


def test_ways_that_are_not_on_foot_are_explained(page, content):
    method = plain(page.partition('<section id="sec-meth">')[2])
    assert "Other modes (walking or cycling)" in method
    assert "Without steps: stairs" in method
    alone = plain(report_html(dataclasses.replace(content, definitions=(MAIN,))))
    assert "Other modes" not in alone
    assert "Without steps: stairs" not in alone


# Names -----------------------------------------------------------------------------------------


def test_names_of_standards_and_definitions_are_data(content):
    bad = HOSTILE[0]
    services = tuple(
        dataclasses.replace(service, name_zh=bad, name_en=bad, source=bad)
        for service in city.PLAN.services
    )
    tiers = tuple(dataclasses.replace(tier, name_zh=bad, name_en=bad) for tier in city.PLAN.tiers)
    plan = dataclasses.replace(
        city.PLAN, name_zh=bad, name_en=bad, note_zh=bad, note_en=bad, source=bad,
        services=services, tiers=tiers, denominator_zh=bad, denominator_en=bad,
        areas=(Area("urban", bad, bad),), groups=(Group("old", bad, bad),),
    )  # fmt: skip
    named = dataclasses.replace(PLAN, name_zh=bad, name_en=bad, source=bad)
    tables = {
        name: table.assign(**{c: bad for c in ("title_zh", "title_en", "source", "unit", "where")
                              if c in table})
        for name, table in content.tables.items()
    }  # fmt: skip
    tables["supply.csv"]["group"] = "old"
    table = content.coverage.assign(
        undecided_by=content.coverage["undecided_by"].replace("rim", bad)
    )
    page = report_html(
        dataclasses.replace(
            content, definitions=(MAIN, named, OPEN), coverage=table, tables=tables,
            standards={**city.STANDARDS, "plan": plan},
        )
    )  # fmt: skip
    found = Page(page)
    assert not {tag for tag, _ in found.elements} & {"img", "iframe", "object"}
    attributes = {name for _, given in found.elements for name in given}
    assert not {name for name in attributes if name.startswith("on")} | ({"style"} & attributes)
    assert sum(tag == "script" for tag, _ in found.elements) == 3
    assert found.text.count(bad) > 20
