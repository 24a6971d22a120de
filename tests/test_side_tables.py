"""Curves, tiers, presence and supply as files: every column described, the same table back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from lifecircle.curves import coverage_curves
from lifecircle.norms import supply
from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.csv_tables import read_header
from lifecircle.outputs.side_tables import SIDE_TABLES, read_side_tables, write_side_tables
from lifecircle.provision import presence
from lifecircle.standards import Presence, Supply, Tier
from lifecircle.tiers import completeness
from tests import small_run

STANDARD = dataclasses.replace(
    small_run.STANDARD,
    services=tuple(
        dataclasses.replace(service, tier="fifteen") for service in small_run.STANDARD.services
    ),
    tiers=(Tier("fifteen", "十五分钟", "Fifteen", 15.0),),
    presence=(
        Presence("health", "health", "=卫生", "Health", source="+clause", status="secondary"),
        Presence("sports", "sports", "体育", "Sports", per="city"),
    ),
    supply=(
        Supply("beds", "health", "床位", "Beds", per_person=0.25, unit="beds", status="official"),
    ),
)  # fmt: skip


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """All four of the small run, under a standard with tiers and rules."""
    minutes, demand, zones = small_run.travel_time(), small_run.demand(), small_run.zones()
    measured = (minutes, demand, zones, STANDARD, small_run.MAIN)
    return {
        "curves.csv": coverage_curves(*measured),
        "tiers.csv": completeness(*measured),
        "presence.csv": presence(small_run.facilities(), zones, STANDARD),
        "supply.csv": supply(small_run.facilities(), demand, zones, STANDARD, small_run.MAIN),
    }


def test_what_is_read_is_what_was_written(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    write_side_tables(tables, tmp_path)
    found = read_side_tables(tmp_path)
    assert list(found) == [name for name in SIDE_TABLES if name in tables]
    for name, table in tables.items():
        pd.testing.assert_frame_equal(found[name], table, check_dtype=False, check_exact=True)
    # Numbers of facilities are 1, not 1.0, and empty where nothing is known.
    text = (tmp_path / "presence.csv").read_text("utf-8-sig")
    assert 'zone,010101,"\'=HYPERLINK(""http://x"")",\'+district,1,1,0,pass' in text
    assert "city,,,,,1,,no data" in text


def test_tables_that_were_not_made_are_not_written(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    write_side_tables({"tiers.csv": tables["tiers.csv"]}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tiers.csv"]
    assert list(read_side_tables(tmp_path)) == ["tiers.csv"]


def test_every_column_has_words_its_type_and_only_known_values(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    write_side_tables(tables, tmp_path)
    for name, table in tables.items():
        for column in columns(name, read_header(tmp_path / name)):
            values = table[column.name]
            assert pd.api.types.is_numeric_dtype(values) == (column.type != "string"), column
            assert "{" not in column.titles["zh"] + column.meanings["en"]
            if column.values:
                assert set(values) - {""} <= set(column.values), column


def test_a_curves_column_says_its_minutes() -> None:
    (column,) = columns("curves.csv", ["share_15"])
    assert (column.titles["zh"], column.titles["en"]) == ("15 分钟内", "Within 15 minutes")
    assert words("supply.csv", "source_status", "zh")["unverified"] == "未核实"
