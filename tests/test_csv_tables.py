"""CSV files that nobody's spreadsheet runs, and that come back as they were."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecircle.outputs.csv_tables import defused, read_csv, restored, write_csv

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
HOSTILE = st.sampled_from(["=1+1", "+86", "-5", "@x", "\tx", "\r=cmd", "'=x", "''", "a\r\nb", "NA"])
KEEP_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def written(table: pd.DataFrame, path: Path) -> bytes:
    write_csv(table, path)
    return path.read_bytes()


def test_bytes_are_utf8_with_mark_and_unix_line_ends(tmp_path: Path) -> None:
    table = pd.DataFrame({"zone": ["010101"], "name": ["外滩街道"], "rate": [0.1 + 0.2]})
    expected = "\ufeffzone,name,rate\n010101,外滩街道,0.30000000000000004\n".encode()
    assert written(table, tmp_path / "t.csv") == expected


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(tmp_path: Path, start: str) -> None:
    table = pd.DataFrame({"name": [f"{start}HYPERLINK(1)"], "gap": [-1.5]})
    text = written(table, tmp_path / "t.csv").decode("utf-8-sig")
    assert f"'{start}HYPERLINK(1)" in text
    assert text.rstrip().endswith(",-1.5"), "a negative number is no formula"


def test_missing_numbers_are_empty_and_texts_are_not_missing(tmp_path: Path) -> None:
    table = pd.DataFrame({"name": ["NA", "", "null"], "rate": [None, 0.5, 1.0]})
    text = written(table, tmp_path / "t.csv").decode("utf-8-sig")
    assert text == "name,rate\nNA,\n,0.5\nnull,1.0\n"
    pd.testing.assert_frame_equal(read_csv(tmp_path / "t.csv", numbers=["rate"]), table)


@KEEP_FOLDER
@given(st.lists(st.tuples(TEXT | HOSTILE, st.floats(allow_infinity=False)), min_size=1))
def test_every_table_comes_back_exactly(tmp_path: Path, rows: list[tuple[str, float]]) -> None:
    table = pd.DataFrame(rows, columns=["name", "rate"]).astype({"name": "str", "rate": float})
    first = written(table, tmp_path / "t.csv")
    back = read_csv(tmp_path / "t.csv", numbers=["rate"])
    pd.testing.assert_frame_equal(back, table, check_exact=True)
    assert written(back, tmp_path / "t.csv") == first


@given(TEXT | HOSTILE)
def test_no_text_looks_like_a_formula_afterwards(text: str) -> None:
    assert not defused(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert restored(defused(text)) == text
