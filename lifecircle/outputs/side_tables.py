"""The tables beside the coverage rates as files, and back: curves, tiers and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lifecircle.outputs.columns import columns
from lifecircle.outputs.csv_tables import read_csv, read_header, write_csv

CURVES = "curves.csv"
TIERS = "tiers.csv"
PRESENCE = "presence.csv"
SUPPLY = "supply.csv"
SENSITIVITY = "sensitivity.csv"
CONVERGENCE = "convergence.csv"
SIDE_TABLES = (CURVES, TIERS, SENSITIVITY, PRESENCE, SUPPLY, CONVERGENCE)


def write_side_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table under its name, the same bytes for the same table."""
    for name in SIDE_TABLES:
        if name in tables:
            write_csv(tables[name], folder / name)


def read_side_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that `write_side_tables` wrote, by name; codes are text, empty numbers `NaN`."""
    return {name: _read(folder / name) for name in SIDE_TABLES if (folder / name).exists()}


def _read(path: Path) -> pd.DataFrame:
    described = columns(path.name, read_header(path))
    whole = [column.name for column in described if column.type == "integer"]
    numbers = [column.name for column in described if column.type == "number"]
    table = read_csv(path, numbers=[*numbers, *whole])
    return table.astype(dict.fromkeys(whole, "Int64"))
