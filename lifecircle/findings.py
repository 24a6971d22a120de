"""What was wrong in the inputs, kept and shown instead of dropped.

A function that reads or checks a layer returns a `Layer`: the checked frame, the findings made on
the way, and the sources it came from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import pandas as pd

from lifecircle.messages import Message, message

Severity = Literal["info", "warning", "error"]

FINDING_COLUMNS = ["layer", "source", "row", "column", "code", "severity", "message", "action"]


@dataclass(frozen=True)
class Finding:
    """One thing a reviewer should know about an input: where, what, how bad, what to do.

    `row` is what a person finds in the file: the line of a table (the header is line 1), the
    position of a feature (from 1), or an OSM element (`way/123`). Many rows are one finding
    with their number in the message and the first few in `row`.
    """

    layer: str
    message: Message
    severity: Severity = "warning"
    source: str = ""
    row: str = ""
    column: str = ""

    @property
    def code(self) -> str:
        """The message's code."""
        return self.message.code


def finding(
    layer: str,
    code: str,
    *,
    severity: Severity = "warning",
    source: str = "",
    row: str = "",
    column: str = "",
    **values: object,
) -> Finding:
    """A `Finding` whose words may use `{layer}`, `{source}`, `{row}`, `{column}` and `values`."""
    words = message(code, layer=layer, source=source, row=row, column=column, **values)
    return Finding(layer, words, severity, source, row, column)


def findings_table(findings: Iterable[Finding], language: str) -> pd.DataFrame:
    """`findings.csv`: the contract's columns, all text, errors and warnings first."""
    order = {"error": 0, "warning": 1, "info": 2}
    rows = [
        {
            "layer": found.layer,
            "source": found.source,
            "row": found.row,
            "column": found.column,
            "code": found.code,
            "severity": found.severity,
            "message": found.message.text(language),
            "action": found.message.action(language),
        }
        for found in sorted(findings, key=lambda found: order[found.severity])
    ]
    return pd.DataFrame(rows, columns=FINDING_COLUMNS, dtype="str")


@dataclass(frozen=True)
class Source:
    """Where a layer came from, for `run.json` and the report.

    `source` is as written in the project file with credentials removed; `date` is the data's own
    date, as given or as found in the file; rows are counted before and after filters and checks.
    """

    layer: str
    source: str
    sha256: str = ""
    date: str = ""
    rows_in: int = 0
    rows_used: int = 0


@dataclass(frozen=True)
class Layer:
    """A checked layer: its frame (EPSG:4326), what was found, where it came from."""

    frame: gpd.GeoDataFrame
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()

    def adding(self, *findings: Finding) -> Layer:
        """The same layer with more findings."""
        return dataclasses.replace(self, findings=self.findings + findings)
