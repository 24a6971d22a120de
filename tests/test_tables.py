"""CSV, workbooks and plain Parquet, cell by cell."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.readers.tables import AttributeTable, read_table


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "census.csv"


def read(path: Path, **options: str) -> AttributeTable:
    return read_table(str(path), layer="census", **options)


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_cells_stay_text_with_their_zeros(csv: Path) -> None:
    csv.write_text("code,people\n010101,1\n310101001000,\n", encoding="utf-8")
    frame = read(csv).frame
    assert frame["code"].tolist() == ["010101", "310101001000"]
    assert frame["people"].tolist() == ["1", ""]
    assert frame["row"].tolist() == ["2", "3"]


def test_where_it_came_from_is_recorded(csv: Path) -> None:
    csv.write_bytes(b"a\n1\n2\n")
    (source,) = read(csv).sources
    assert source.sha256 == hashlib.sha256(b"a\n1\n2\n").hexdigest()
    assert (source.layer, source.source, source.rows_in, source.rows_used) == (
        "census",
        str(csv),
        2,
        2,
    )


def test_lines_are_counted_as_a_spreadsheet_does(csv: Path) -> None:
    csv.write_text(
        'a,b\r\n1,x\r\n\r\n2,"two\r\nlines"\r\n,\r\n3,y\r\n', encoding="utf-8", newline=""
    )
    table = read(csv)
    assert table.frame["row"].tolist() == ["2", "4", "6"]
    assert [(found.code, found.row) for found in table.findings] == [("readers.line_breaks", "4")]


@pytest.mark.parametrize(
    ("name", "text"),
    [("t.csv", "a;b\n1;2,5\n"), ("t.csv", "a\tb\n1\t2,5\n"), ("t.tsv", "a\tb\n1\t2,5\n")],
)
def test_semicolons_and_tabs_separate_too(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read(path).frame[["a", "b"]].to_numpy().tolist() == [["1", "2,5"]]


def test_a_gbk_file_is_read_and_shown(csv: Path) -> None:
    csv.write_bytes("名称,人口\n半淞园路街道,1\n".encode("gbk"))
    table = read(csv)
    assert table.frame["名称"].tolist() == ["半淞园路街道"]
    (found,) = table.findings
    assert found.severity == "info"
    assert found.message.text("en").endswith("read as GB18030; it says, for example: 半淞园路街道.")


def test_a_named_encoding_needs_no_finding(csv: Path) -> None:
    csv.write_bytes("名称\n街道\n".encode("gbk"))
    assert read(csv, encoding="gb18030").findings == ()


def test_a_stray_quotation_mark_is_an_error_with_its_line(csv: Path) -> None:
    csv.write_text('a,b\n1,x\n2,"open\n3,y\n4,z\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"census.csv, line 3: a quotation mark is not closed"):
        read(csv)


def test_a_mark_that_would_swallow_lines_is_an_error(csv: Path) -> None:
    csv.write_text('a,b\n1,"open\n2,"y"\n3,z\n', encoding="utf-8")
    with pytest.raises(InputError, match="line 2: a quotation mark"):
        read(csv)


def test_rows_of_another_width_are_named(csv: Path) -> None:
    csv.write_text("a,b\n1,2\n1,2,3\n1\n1,2,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 3, 4: the number of cells .* \(2\)"):
        read(csv)


def test_a_column_name_must_not_come_twice(csv: Path) -> None:
    csv.write_text("a,b,a\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="several columns of the same name: a"):
        read(csv)


def test_nameless_columns_are_called_by_position(csv: Path) -> None:
    csv.write_text(" a ,,c,\n1,2,3,\n", encoding="utf-8")
    assert read(csv).frame.columns.tolist() == ["a", "(column 2)", "c", "row"]


def test_a_column_called_row_is_kept_beside_ours(csv: Path) -> None:
    csv.write_text("row,geometry\n9,x\n", encoding="utf-8")
    assert read(csv).frame.iloc[0].to_dict() == {"row_": "9", "geometry_": "x", "row": "2"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "census.csv is empty"),
        (b" \n\n", "census.csv is empty"),
        (b"a,b\n", "census.csv has no rows"),
        (b"a,b\n,\n", "census.csv has no rows"),
    ],
)
def test_an_empty_table_is_an_error(csv: Path, content: bytes, words: str) -> None:
    csv.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read(csv)


def test_more_rows_than_a_chunk_are_all_there(csv: Path) -> None:
    csv.write_text("a\n" + "\n".join(map(str, range(120_001))) + "\n", encoding="utf-8")
    frame = read(csv).frame
    assert frame["a"].iloc[-1] == "120000"
    assert frame["row"].iloc[-1] == "120002"
    assert frame.index.equals(pd.RangeIndex(120_001))


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_what_pandas_writes_comes_back(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    kept = [text for text in texts if text.strip() and "\r" not in text and "\x00" not in text]
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    pd.DataFrame({"n": range(len(kept)), "text": kept}).to_csv(path, index=False)
    if kept:
        assert read(path).frame["text"].tolist() == kept


def test_a_workbook_gives_text_without_point_zero(tmp_path: Path) -> None:
    rows = [
        ["code", "share", "day", "open"],
        [310101001000, 0.25, datetime.datetime(2020, 11, 1), True],
        ["010101", None, None, None],
    ]
    frame = read(workbook(tmp_path / "a.xlsx", s=rows)).frame
    assert frame.to_numpy().tolist() == [
        ["310101001000", "0.25", "2020-11-01", "true", "2"],
        ["010101", "", "", "", "3"],
    ]


def test_lines_of_a_workbook_are_those_one_sees(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", s=[[], ["a"], [1], [None], [2]])
    assert read(path).frame["row"].tolist() == ["3", "5"]


def test_the_only_filled_sheet_is_meant(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", empty=[], people=[["a"], [1]])
    assert read(path).frame["a"].tolist() == ["1"]


def test_several_filled_sheets_must_be_told_apart(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", old=[["a"], [1]], new=[["a"], [2]])
    with pytest.raises(InputError, match=r"several sheets of a.xlsx hold something: old, new"):
        read(path)
    assert read(path, sheet="new").frame["a"].tolist() == ["2"]
    with pytest.raises(InputError, match=r"no sheet 'nwe'. Its sheets: old, new"):
        read(path, sheet="nwe")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.xlsb", "a.parquet"])
def test_a_damaged_table_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 not any more")
    with pytest.raises(InputError, match=f"census: {name} is damaged or not what its name says"):
        read(path)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"code": ["010101"], "people": [3.5]}).to_parquet(path)
    frame = read(path).frame
    assert frame["people"].tolist() == [3.5]
    assert frame["row"].tolist() == ["1"]


def test_a_sheet_of_a_csv_means_nothing(csv: Path) -> None:
    csv.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"census.csv has no layers or sheets, so layer = 's'"):
        read(csv, sheet="s")


def test_a_map_is_not_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"a.geojson is not a table. Tables are: .csv"):
        read(path)
