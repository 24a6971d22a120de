"""The report for Word: opened again, it says what the table of coverage says."""

from __future__ import annotations

import dataclasses
import io
import math
import shutil
import subprocess
import zipfile

import docx
import pytest
from lxml import etree
from PIL import Image

from lifecircle.definitions import Definition
from lifecircle.findings import finding
from lifecircle.printed.edition import edition_of
from lifecircle.printed.word import write_word
from lifecircle.report import report_html

from .report_city import grid_zones, made_up_content
from .test_printed_maps import HOSTILE


def picture():
    drawn = io.BytesIO()
    Image.new("RGB", (170, 93), "white").save(drawn, "png")
    return drawn.getvalue()


def written(path, content, *, language=None, key=None):
    """The document of a content, opened again, and its edition."""
    edition = edition_of(content, language)
    one = edition.of(key) if key else edition.sheets[0]
    write_word(path, edition, one, dict.fromkeys(one.services, picture()))
    return docx.Document(str(path)), edition


@pytest.fixture(scope="module")
def city():
    definitions = (
        Definition("population.network", demand="population", unit="persons"),
        Definition("population.radius", demand="population", unit="persons", metric="radius"),
    )
    return made_up_content(grid_zones(5, parents=2), definitions=definitions)


@pytest.fixture(scope="module")
def document(city, tmp_path_factory):
    return written(tmp_path_factory.mktemp("word") / "a.docx", city)[0]


def cells_of(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def table_with(document, *heads):
    """The first table whose head begins so."""
    return next(
        table for table in map(cells_of, document.tables) if table[0][: len(heads)] == list(heads)
    )


def test_the_sections_stand_in_their_order(document):
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == [
        "结论", "每类服务一张图", "街镇 × 服务：谁达标，谁不达标", "缺口清单（由大到小）",
        "同一地区，换一种口径会怎样", "输入数据的问题", "“一分钟”是什么",
        "标准：OSM 十五分钟（代理指标） (未核实)", "输入",
    ]  # fmt: skip


def test_verdict_and_figures_are_those_of_the_page(document, city):
    page = report_html(city)
    said = [p.text for p in document.paragraphs]
    verdict = next(text for text in said if text.startswith("8 类服务："))
    for part in verdict.rstrip("。").split("；"):
        for name in part.split("、"):
            assert name.split()[-2].strip("（✗✓–") in page
    whole = city.coverage[(city.coverage["level"] == "city")
                          & (city.coverage["definition"] == "population.network")]  # fmt: skip
    rate = math.floor(whole.set_index("service").loc["all", "rate"] * 1000 + 1e-9) / 10
    assert cells_of(document.tables[0])[0][0].replace("\u202f", " ").replace("\u00a0", " ") == (
        f"{rate} %"
    )


def test_the_matrix_equals_the_table_of_coverage(document, city):
    matrix = table_with(document, "№", "街镇")
    keys = ["health", "elderly", "culture", "sports", "education", "childcare", "shopping",
            "green", "all"]  # fmt: skip
    own = city.coverage[city.coverage["definition"] == "population.network"]
    zones = own[own["level"] == "zone"].set_index(["name", "service"])
    found = {row[1]: row[2:] for row in matrix[1:]}
    for name in city.zones["name"]:
        for key, cell in zip(keys, found[name], strict=True):
            row = zones.loc[(name, key)]
            if row["status"] == "no data":
                assert cell == "无数据"
            elif row["status"] == "no demand":
                assert cell == "–"
            else:
                mark = "✓" if row["status"] == "pass" else "✗"
                assert cell == f"{mark} {math.floor(row['rate'] * 1000 + 1e-9) / 10:.1f}"


def test_the_list_of_gaps_is_ordered_and_rounded_up(document, city):
    listed = table_with(document, "街镇", "服务", "覆盖率")
    gaps = [int(row[-1].replace(",", "")) for row in listed[1:]]
    own = city.coverage[(city.coverage["definition"] == "population.network")
                        & (city.coverage["level"] == "zone") & (city.coverage["service"] != "all")
                        & (city.coverage["status"] == "fail")]  # fmt: skip
    expected = sorted((math.ceil(gap - 1e-9) for gap in own["gap"]), reverse=True)
    assert gaps == expected[:60]


def test_every_map_is_there_with_words_for_those_who_do_not_see_it(document):
    assert len(document.inline_shapes) == 9
    described = [shape._inline.docPr.get("descr") for shape in document.inline_shapes]
    assert described[0].startswith("全区覆盖率")
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert captions[0] == "图 1　卫生 · © OpenStreetMap contributors, ODbL"


def test_inputs_stand_with_their_hashes(document):
    inputs = table_with(document, "图层", "依据")
    assert [row[-1] for row in inputs[1:]] == ["ab" * 32, "cd" * 32]
    assert inputs[1][2] == "2026-08-01"


def test_undecided_cells_are_striped_and_failing_ones_coloured(city, tmp_path):
    table = city.coverage.astype({"certainty": object})
    shaky = (table["level"] == "zone") & (table["service"] == "health") & (table["rate"] < 0.85)
    table.loc[shaky, ["certainty", "rate_low", "rate_high"]] = ["undecided", 0.5, 0.9]
    opened, _ = written(tmp_path / "a.docx", dataclasses.replace(city, coverage=table))
    xml = opened.element.xml
    assert xml.count("thinDiagStripe") >= int(shaky.sum() / 2)
    assert 'w:fill="96390a"' in xml
    assert any(p.text == "待定项" for p in opened.paragraphs)
    cases = table_with(opened, "街镇", "服务", "覆盖率", "误差范围")
    assert cases[1][-2] == "? 未达标，但不确定"


def test_names_that_mean_harm_and_letters_that_xml_forbids(tmp_path):
    names = [*HOSTILE[:8], "\ufffe\x0b\x1f<w:p/>]]>&amp;"]
    content = made_up_content(grid_zones(3, names), name=names[8], language="en")
    bad = finding("a\x00b", "network.rim", source="c\x08", row="1" * 500, count=1, margin_km=1.0)
    opened, _ = written(
        tmp_path / "a.docx", dataclasses.replace(content, findings=(bad,)), language="en"
    )
    with zipfile.ZipFile(tmp_path / "a.docx") as parts:
        for name in parts.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(parts.read(name))
    matrix = table_with(opened, "№", "Zone")
    shown = {row[1] for row in matrix}
    assert names[0] in shown
    assert names[1] in shown
    assert "长" * 300 in shown
    assert any("<w:p/>]]>&amp;" in name and "\x0b" not in name for name in shown)
    found = table_with(opened, "Severity")
    assert len(found[1][2]) < 60


def test_another_definition_can_be_the_one_shown(city, tmp_path):
    opened, _ = written(tmp_path / "a.docx", city, key="population.radius")
    lines = [p.text for p in opened.paragraphs if "口径：" in p.text]
    assert "直线距离" in lines[0]


def test_a_single_definition_has_no_comparison(tmp_path):
    opened, _ = written(tmp_path / "a.docx", made_up_content(grid_zones(1)), language="en")
    heads = [p.text for p in opened.paragraphs if p.style.name == "Heading 1"]
    assert "The same area under other definitions" not in heads
    assert opened.core_properties.language == "en-GB"


@pytest.mark.slow
def test_an_office_program_opens_it(city, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice")
    written(tmp_path / "a.docx", city)
    subprocess.run(
        [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "a.docx")],
        capture_output=True, check=True, timeout=180,
    )  # fmt: skip
    assert (tmp_path / "a.pdf").stat().st_size > 20_000
    if shutil.which("pdftotext"):
        told = subprocess.run(
            ["pdftotext", str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True
        )
        assert "缺口清单" in told.stdout.decode()
