"""CSV files that spreadsheets open without harm, the same bytes for the same table.

They are UTF-8 with a byte order mark, so that Excel reads Chinese, and Unix line ends. Text that a
spreadsheet would run as a formula gets a leading apostrophe, which reading takes away again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import pandas as pd

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table; numbers keep their full precision, missing values are empty."""
    texts = table.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in table.dtypes]]
    harmless = table.assign(
        **{name: table[name].map(defused, na_action="ignore") for name in texts}
    )
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = _Lines(file)  # all that pandas needs of a file, though its types ask for more
        harmless.to_csv(lines, index=False, lineterminator="\r\n")  # type: ignore[call-overload]


def read_csv(path: Path, *, numbers: Iterable[str] = ()) -> pd.DataFrame:
    """A table that `write_csv` wrote; the columns `numbers` hold numbers, all others text."""
    table = pd.read_csv(path, encoding="utf-8-sig", dtype="str", keep_default_na=False)
    numeric = [name for name in table.columns if name in set(numbers)]
    columns = {name: table[name].map(restored) for name in table.columns if name not in numeric}
    # Not by pandas, which before version 3 reads numbers inexactly.
    columns |= {name: table[name].replace("", "nan").map(float) for name in numeric}
    return table.assign(**columns)


def read_header(path: Path) -> list[str]:
    """Names of the columns of a table that `write_csv` wrote."""
    return list(pd.read_csv(path, encoding="utf-8-sig", nrows=0).columns)


def defused(text: str) -> str:
    """The text as a spreadsheet takes it for text.

    >>> defused("=HYPERLINK(1)"), defused("'=x"), defused("Huangpu")
    ("'=HYPERLINK(1)", "''=x", 'Huangpu')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text before `defused`.

    >>> restored("'=HYPERLINK(1)"), restored("''=x"), restored("'s-Gravenhage")
    ('=HYPERLINK(1)', "'=x", "'s-Gravenhage")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _Lines:
    """A file in which rows end as on Unix, although their writer ends them as on Windows.

    The writer quotes a lone carriage return only if rows end in one.
    """

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def write(self, row: str, /) -> int:
        """Write one row."""
        return self.file.write(row.removesuffix("\r\n") + "\n")
