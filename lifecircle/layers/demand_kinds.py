"""Kinds of demand places: a residents' committee (居委会) or a village one (村委会).

A standard may give the places of one area type different limits or modes by their kind
(`town:village`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.project.tables import DemandTable
from lifecircle.readers.quantities import codes, column

KIND_WORDS = {
    "neighbourhood": ("居委", "居民委员会"),
    "village": ("村委", "村民委员会"),
}
"""Words that say what kind a cell means, where the table has no `kinds`; a kind's own key too."""


def kinds_of(
    rows: pd.DataFrame, table: DemandTable, source: str
) -> tuple[pd.Series[str] | None, list[Finding]]:
    """The kind of each row, "" where none is known; none where the table has no such column.

    With `kinds` a cell must be one of its labels or empty; without, cells are understood that hold
    one of the words we know.

    Raises
    ------
    InputError
        If a label is not in `kinds`, or without `kinds` no cell holds a word we know.
    """
    if table.kind is None:
        return None, []
    labels = codes(column(rows, table.kind, layer=table.name, source=source))
    kinds = _by_words(labels) if not table.kinds else labels.map(table.kinds).fillna("")
    known = ", ".join(table.kinds)
    kindless = kinds == ""
    values = {"layer": table.name, "source": source, "column": table.kind}
    if table.kinds and (kindless & (labels != "")).any():
        unknown = kindless & (labels != "")
        values |= {"rows": some(rows.loc[unknown, "row"].tolist()), "known": known}
        raise InputError.of("demand.unknown_kinds", labels=_counted(labels[unknown]), **values)
    if len(rows) and kindless.all() and not table.kinds:
        raise InputError.of("demand.no_kinds", labels=_counted(labels), **values)
    if not kindless.any():
        return kinds.astype("str"), []
    found = finding(
        table.name,
        "demand.kindless",
        source=source,
        row=some(rows.loc[kindless, "row"].tolist()),
        column=table.kind,
        count=int(kindless.sum()),
        total=len(rows),
        labels=_counted(labels[kindless]),
    )
    return kinds.astype("str"), [found]


def _by_words(labels: pd.Series[str]) -> pd.Series[str]:
    """The kind whose words a label holds; "" where it holds none, or those of two kinds."""
    spoken = {
        kind: (labels == kind) | labels.str.contains("|".join(words))
        for kind, words in KIND_WORDS.items()
    }
    one = np.add.reduce([each.astype(int) for each in spoken.values()]) == 1
    chosen = np.select([each & one for each in spoken.values()], list(spoken), "")
    return pd.Series(chosen, index=labels.index)


def _counted(labels: pd.Series[str]) -> str:
    """Labels with how often each occurs, the most frequent first."""
    counts = labels.replace("", '""').value_counts()
    return some([f"{label} ({count})" for label, count in counts.items()])
