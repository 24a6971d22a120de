"""The tables of a run as files, and back: coverage, what stands beside it, findings.

Every `write_` has a `read_` that gives the same table back. Minutes have their own module.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lifecircle.findings import Finding, findings_table
from lifecircle.outputs.columns import number_columns
from lifecircle.outputs.csv_tables import read_csv, write_csv

COVERAGE = "coverage.csv"
FINDINGS = "findings.csv"


def write_coverage(coverage: pd.DataFrame, path: Path) -> None:
    """Write `coverage.csv`: the same bytes for the same table, numbers at full precision."""
    write_csv(coverage, path)


def read_coverage(path: Path) -> pd.DataFrame:
    """The table that `write_coverage` wrote; codes are text, empty numbers `NaN`."""
    return read_csv(path, numbers=number_columns(COVERAGE))


def write_findings(findings: Iterable[Finding], path: Path, language: str) -> None:
    """Write `findings.csv`, worded in `language`."""
    write_csv(findings_table(findings, language), path)


def read_findings(path: Path) -> pd.DataFrame:
    """The table that `write_findings` wrote, all text."""
    return read_csv(path)
