"""The numbers of a definition for the page, straight from the tables, exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.report import packing
from lifecircle.report.cells import PLACE, Sheet

Floats = npt.NDArray[np.float64]

CURVE_MINUTES = 31
NUMBERS = {
    "demand": "demand",
    "covered": "covered",
    "unsnapped": "unsnapped",
    "rim": "rim_exposed",
    "cut_off": "cut_off",
    "low": "rate_low",
    "high": "rate_high",
    "target": "target",
    "minutes": "minutes",
}
"""The page's name of each column of the coverage table."""
STATUS = {"pass": "p", "fail": "f", "no demand": "d", "no data": "x", "not in scope": "o"}
CERTAINTY = {"clear": "c", "undecided": "u", "": "-"}


class Codes:
    """Texts by their position in a list that grows as new ones come."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def of(self, values: pd.Series[str]) -> Floats:
        """The position of each text."""
        distinct, code = np.unique(values.to_numpy(dtype=str), return_inverse=True)
        self.texts += [str(text) for text in distinct if text not in self.texts]
        return np.array([self.texts.index(text) for text in distinct], dtype=float)[code]


def packed_figures(
    coverage: pd.DataFrame, curves: pd.DataFrame, sheet: Sheet, *, modes: Codes, causes: Codes
) -> dict[str, Any]:
    """All numbers of a definition, one for each of its rows and services.

    Parameters
    ----------
    coverage, curves
        Of all definitions; `curves` may be empty.
    modes, causes
        What `mode` and `by` point into.
    """
    shape = (len(sheet.rows), len(sheet.services))
    own = _rows(coverage, sheet)
    known = _rows(curves, sheet) if len(curves) else pd.DataFrame(index=own.index)
    at_target = known.reindex(columns=["minutes_at_target"]).to_numpy(float)
    share = _shares(known)
    searched = np.flatnonzero(np.isfinite(share).any(axis=0))
    texts = {name: own[name].fillna("").astype(str) for name in ("status", "certainty")}

    def matrix(values: Floats) -> dict[str, Any]:
        return packing.encoded_matrix(values.reshape(shape))

    return {
        "searched": int(searched[-1]) if len(searched) else -1,
        **{name: matrix(own[column].to_numpy(float)) for name, column in NUMBERS.items()},
        "at_target": matrix(at_target),
        "mode": matrix(modes.of(own["mode"].fillna(""))),
        "by": matrix(causes.of(own["undecided_by"].fillna(""))),
        "status": "".join(texts["status"].map(STATUS)),
        "certainty": "".join(texts["certainty"].map(CERTAINTY)),
        "curve": packing.shares(share),
    }


def _rows(table: pd.DataFrame, sheet: Sheet) -> pd.DataFrame:
    """The rows of a table that belong to a sheet's rows and services, in their order."""
    own = table[table["definition"] == sheet.definition.key]
    own = own.assign(**{name: own[name].fillna("").astype(str) for name in PLACE})
    wanted = pd.MultiIndex.from_tuples(
        [(row.level, row.key, service) for row in sheet.rows for service in sheet.services],
        names=PLACE,
    )
    return own.set_index(PLACE).reindex(wanted)


def _shares(curves: pd.DataFrame) -> Floats:
    """Share by row and minute; `NaN` where it is not known."""
    names = [f"share_{minute}" for minute in range(CURVE_MINUTES)]
    return np.asarray(curves.reindex(columns=names).to_numpy(float))
