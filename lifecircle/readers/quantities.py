"""Columns as ids and as numbers, whatever a file stored them as.

Text stays text until a column is asked for as a number; ids become text without `.0` or exponent,
so that a 12-digit code from Excel equals the same code from CSV.
"""

from __future__ import annotations

import datetime
import difflib
import math
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from lifecircle.errors import InputError
from lifecircle.messages import some

# Full-width ASCII, the spaces people type inside numbers, and the typographic minus.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PLAIN |= {0x3000: 0x20, 0x00A0: 0x20, 0x2009: 0x20, 0x202F: 0x20, 0x2212: 0x2D}

_GROUPED = r"[+-]?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NO_VALUE = ("", "nan", "na", "n/a", "null", "none")
_FIELD_BYTES = 10


def column(frame: pd.DataFrame, name: str, *, layer: str, source: str) -> pd.Series:
    """The column of that name.

    Raises
    ------
    InputError
        If there is none: names the columns seen and those that are nearly it.
    """
    if name in frame.columns:
        return frame[name]
    seen = [str(known) for known in frame.columns if known not in ("row", "geometry")]
    values = {"layer": layer, "source": source, "column": name, "columns": some(seen, 30) or "–"}
    cut = next((known for known in seen if _is_cut(known, name)), None)
    if cut is not None:
        raise InputError.of("readers.cut_column", cut=cut, **values)
    near = near_names(name, seen)
    if near:
        raise InputError.of("readers.nearly_column", near=near[0], **values)
    raise InputError.of("readers.no_column", **values)


def near_names(name: str, seen: Iterable[str]) -> list[str]:
    """Known names that a mistyped one may stand for, the likeliest first.

    >>> near_names("Populaton", ["id", "population"])
    ['population']
    """
    folded = {known.casefold(): known for known in seen}
    return [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3)]


def codes(values: pd.Series) -> pd.Series:
    """Ids and labels as text: stripped, whole numbers without `.0` or exponent, missing as ``""``.

    >>> codes(pd.Series([310101001000.0, 1.5, None])).tolist()
    ['310101001000', '1.5', '']
    """
    if types.is_string_dtype(values.dtype) and not types.is_object_dtype(values.dtype):
        text = values.fillna("").str.strip()
    elif types.is_float_dtype(values.dtype):
        text = _float_codes(values.astype("float64"))
    elif types.is_integer_dtype(values.dtype) and not values.hasnans:
        text = values.astype("str")
    else:
        text = values.astype("object").map(code)
    return text.astype("str")


def code(value: object) -> str:
    """One value as the text of an id.

    >>> code(3.0), code(" 010 "), code(True), code(None)
    ('3', '010', 'true', '')
    """
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating):
        number = float(value)
        written = f"{number:.0f}" if number.is_integer() else repr(number)
        return "" if math.isnan(number) else written
    midnight = isinstance(value, datetime.datetime) and value.time() == datetime.time()
    return str(value).split()[0] if midnight else str(value)


def numbers(frame: pd.DataFrame, name: str, *, layer: str, source: str) -> pd.Series:
    """A column as numbers; `NaN` where a cell is empty.

    `1,234`, `1 234`, full-width digits and surrounding spaces are understood; a percentage, a unit
    or a decimal comma is not.

    Raises
    ------
    InputError
        If the column is missing or holds anything else; names the rows and their values.
    """
    values = column(frame, name, layer=layer, source=source)
    parsed, faulty = parse_numbers(values)
    if faulty.any():
        raise InputError.of(
            "readers.not_numbers",
            layer=layer,
            source=source,
            column=name,
            count=int(faulty.sum()),
            examples=some(row_values(frame, values, faulty)),
        )
    return parsed


def parse_numbers(values: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Numbers (`NaN` where there is none) and where something stands that is not a number.

    >>> parsed, faulty = parse_numbers(pd.Series(["1,234", "１２", " ", "12%"]))
    >>> parsed.tolist(), faulty.tolist()
    ([1234.0, 12.0, nan, nan], [False, False, False, True])
    """
    if types.is_numeric_dtype(values.dtype) and not types.is_bool_dtype(values.dtype):
        parsed = values.astype("Float64").astype("float64")
        return parsed, np.isinf(parsed.to_numpy())
    text = codes(values)
    if text.str.contains(r"[^\x00-\x7f]").any():
        text = text.str.translate(_PLAIN).str.strip()
    grouped = text.str.fullmatch(_GROUPED)
    text = text.where(~grouped, text.str.replace(r"[, ]", "", regex=True))
    written = text.str.fullmatch(_NUMBER).to_numpy(dtype=bool)
    parsed = text.where(written).astype("float64")
    empty = text.str.lower().isin(_NO_VALUE).to_numpy()
    return parsed, ~(written | empty) | np.isinf(parsed.to_numpy())


def row_values(frame: pd.DataFrame, values: pd.Series, mask: NDArray[np.bool_]) -> Sequence[str]:
    """For a message, `row 'value'` of each row where `mask` is true."""
    rows = frame["row"].to_numpy()[mask]
    return [f"{row} '{value}'" for row, value in zip(rows, codes(values[mask]), strict=True)]


def _float_codes(values: pd.Series) -> pd.Series:
    text = values.map(repr)
    whole = (values % 1 == 0) & (values.abs() < 2**53)
    text[whole] = values[whole].astype("int64").astype("str")
    text[values.isna()] = ""
    return text


def _is_cut(known: str, name: str) -> bool:
    """Whether a shapefile, whose field names end after ten bytes, may have cut `name` so."""
    stem = known.rstrip("\ufffd")
    return (
        len(stem) < len(name)
        and name.startswith(stem)
        and any(
            _FIELD_BYTES - 2 <= len(known.encode(encoding, "replace")) <= _FIELD_BYTES + 2
            for encoding in ("utf-8", "gb18030")
        )
    )
