"""The tables that stand beside coverage: curves, tiers, sensitivity, presence and supply.

Each is a file of its own with the definition or the rule in every row; empty ones are not written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from lifecircle.checked_layers import Checked
from lifecircle.choices import sensitivity_of
from lifecircle.curves import curves_of
from lifecircle.definitions import Definition
from lifecircle.measured import Measured
from lifecircle.norms import supply
from lifecircle.outputs.side_tables import (
    CONVERGENCE,
    CURVES,
    PRESENCE,
    SENSITIVITY,
    SUPPLY,
    TIERS,
)
from lifecircle.provision import presence
from lifecircle.standards import Standard
from lifecircle.tiers import completeness_of


def tables_beside(
    checked: Checked,
    definitions: Iterable[Definition],
    counted: Mapping[str, Measured],
    coverages: Mapping[str, pd.DataFrame],
    *,
    convergence: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """By file name, the tables of all definitions; those that hold nothing are left out.

    Parameters
    ----------
    counted, coverages
        What each definition measures and its coverage table, by its key.
    convergence
        How shares of land settled.
    """
    curves, tiers, choices = [], [], []
    for definition in definitions:
        measured = counted[definition.key]
        demand = checked.demands[definition.demand]
        curves.append(curves_of(measured, coverages[definition.key], checked.zones))
        tiers.append(completeness_of(measured, demand, checked.zones))
        choices.append(sensitivity_of(measured, coverages[definition.key], checked.zones))
    tables = {
        CURVES: _joined(curves),
        TIERS: _joined(tiers),
        SENSITIVITY: _joined(choices),
        **_provision(checked, definitions),
        CONVERGENCE: convergence,
    }
    return {name: table for name, table in tables.items() if len(table)}


def _provision(checked: Checked, definitions: Iterable[Definition]) -> dict[str, pd.DataFrame]:
    """Presence by every standard that asks for it, and supply by each with its first definition."""
    first: dict[str, tuple[Standard, Definition]] = {}
    for definition in definitions:
        standard = checked.standards[definition.key]
        first.setdefault(standard.key, (standard, definition))
    facilities, zones, given = checked.facilities, checked.zones, checked.given
    present = [presence(facilities, zones, one, given=given) for one, _ in first.values()]
    supplied = [
        supply(facilities, checked.demands[by.demand], zones, one, by, given=given)
        for one, by in first.values()
    ]
    return {PRESENCE: _joined(present), SUPPLY: _joined(supplied)}


def _joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """One table of those that hold anything."""
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame()
