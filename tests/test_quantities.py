"""Columns as ids and as numbers."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.errors import InputError
from lifecircle.readers.quantities import code, codes, column, numbers, parse_numbers

WHERE = {"layer": "homes", "source": "homes.csv"}


def frame(**columns: list[object]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({**columns, "row": [str(at + 2) for at in range(count)]})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12.0),
        (" 12 ", 12.0),
        ("1,234", 1234.0),
        ("1,234,567.5", 1234567.5),
        ("1 234", 1234.0),
        ("1\u202f234", 1234.0),
        ("１２３", 123.0),
        ("１，２３４．５", 1234.5),
        ("\u3000７\u3000", 7.0),
        ("-3.5", -3.5),
        ("\u22123.5", -3.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("3.10101E+11", 310101000000.0),
    ],
)
def test_numbers_as_people_write_them(written: str, number: float) -> None:
    assert numbers(frame(n=[written]), "n", **WHERE).tolist() == [number]


@pytest.mark.parametrize("written", ["", "  ", "NaN", "null", "N/A", "None", None])
def test_an_empty_cell_is_unknown(written: str | None) -> None:
    assert numbers(frame(n=[written, "1"]), "n", **WHERE).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "written", ["12%", "12人", "1,5", "12,34", "1,23,456", "abc", "-", "1.2.3", "inf", "1e999", "²"]
)
def test_what_is_not_a_number_is_named_with_its_row(written: str) -> None:
    with pytest.raises(InputError) as caught:
        numbers(frame(n=["1", written]), "n", **WHERE)
    assert f"homes.csv, column n: not a number: row 3 '{written}'" in str(caught.value)


def test_all_faults_come_together_and_ten_are_shown() -> None:
    with pytest.raises(InputError, match=r"row 2 'x0', 3 'x1', .*11 'x9', … \(12\)"):
        numbers(frame(n=[f"x{at}" for at in range(12)]), "n", **WHERE)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, 2], dtype="int64"),
        pd.Series([1, 2], dtype="Int32"),
        pd.Series([1.0, 2.0], dtype="float32"),
        pd.Series([1, "2"], dtype="object"),
        pd.Series([decimal.Decimal(1), decimal.Decimal("2.0")], dtype="object"),
    ],
)
def test_typed_columns_are_numbers_already(values: pd.Series) -> None:
    parsed, faulty = parse_numbers(values)
    assert parsed.tolist() == [1.0, 2.0]
    assert not faulty.any()


def test_yes_and_no_are_not_numbers() -> None:
    assert parse_numbers(pd.Series([True, False]))[1].all()


def test_a_typed_infinity_is_a_fault() -> None:
    with pytest.raises(InputError, match="row 3 'inf'"):
        numbers(frame(n=[1.0, np.inf]), "n", **WHERE)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_by_a_program_comes_back_exactly(number: float) -> None:
    assert parse_numbers(pd.Series([repr(number)]))[0].tolist() == [number]
    assert parse_numbers(codes(pd.Series([number])))[0].tolist() == [number]


@given(st.integers(-(2**52), 2**52))
def test_an_id_reads_the_same_from_every_type(number: int) -> None:
    typed = [[number], [float(number)], [str(number)], [f" {number} "]]
    objects = [pd.Series(values, dtype="object") for values in typed]
    for values in [*map(pd.Series, typed), *objects, pd.Series([number], dtype="Int64")]:
        assert codes(values).tolist() == [str(number)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["010101", " 02 "], ["010101", "02"]),
        ([310101001000.0, np.nan], ["310101001000", ""]),
        ([1.5, 1e22], ["1.5", "1e+22"]),
        ([True, False], ["true", "false"]),
        (pd.Series([1, None], dtype="Int64"), ["1", ""]),
        ([datetime.datetime(2020, 11, 1), pd.NaT], ["2020-11-01", ""]),
        (pd.Series(["a", None, 3.0, pd.NA], dtype="object"), ["a", "", "3", ""]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    ],
)
def test_ids_are_text(values: object, expected: list[str]) -> None:
    assert codes(pd.Series(values)).tolist() == expected


def test_codes_keep_the_index() -> None:
    assert codes(pd.Series([1.0, 2.5], index=[7, 3])).index.tolist() == [7, 3]


def test_a_time_of_day_stays() -> None:
    assert code(datetime.datetime(2020, 11, 1, 8, 30)) == "2020-11-01 08:30:00"
    assert code(datetime.date(2020, 11, 1)) == "2020-11-01"


def test_a_column_is_found_by_its_name() -> None:
    assert column(frame(人口=["1"]), "人口", **WHERE).tolist() == ["1"]


def test_a_mistyped_column_names_its_neighbour() -> None:
    with pytest.raises(InputError, match=r"no column 'Populaton'; did you mean 'population'\?"):
        column(frame(population=[1], id=[2]), "Populaton", **WHERE)


def test_an_unknown_column_lists_the_columns_without_ours() -> None:
    with pytest.raises(InputError, match=r"no column 'capacity'. Its columns: id, 人口\. Correct"):
        column(frame(id=[1], 人口=[2]), "capacity", **WHERE)


@pytest.mark.parametrize(
    "cut", ["常住人口总", "常住人", "常住人\ufffd"]
)  # GBK; UTF-8; UTF-8 with half a 口
def test_a_name_that_a_shapefile_cut_is_recognised(cut: str) -> None:
    with pytest.raises(InputError, match=f"cut names after ten bytes, here to '{cut}'"):
        column(frame(**{cut: [1]}), "常住人口总数量", **WHERE)


def test_a_short_column_is_not_taken_for_a_cut_one() -> None:
    with pytest.raises(InputError, match=r"no column 'population_total'. Its columns: p"):
        column(frame(p=[1]), "population_total", **WHERE)
