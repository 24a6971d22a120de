"""Land measured by its area within reach: demand layers whose points grow finer where it changes.

The points depend on what is reached, so that they are made between reading and the searches of a
run; `convergence.csv` shows how the shares settle.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.applied import applied_time, areas_of
from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.definitions import Definition
from lifecircle.layers.refinement import refined
from lifecircle.measured import Measured, measure
from lifecircle.network import Bools
from lifecircle.searches import measured_times
from lifecircle.snapping import snap


def settled(checked: Checked, definitions: Sequence[Definition]) -> tuple[Checked, pd.DataFrame]:
    """The layers with refined land, and a table of the shares at every spacing.

    Layers that no definition counts stay as they are; without land the table is empty.
    """
    steps = []
    for name, polygons in checked.land.items():
        own = [definition for definition in definitions if definition.demand == name]
        if not own:
            continue
        table = next(each for each in checked.project.demand if each.name == name)
        found = refined(
            polygons,
            checked.zones,
            crs=checked.network.crs,
            spacing=table.spacing,
            covered=_asking(checked, name, own),
            services=[f"{key}.{service}" for key, service in _columns(checked, own)],
        )
        checked = _with_places(checked, name, found.places)
        steps += [_of_definition(found.steps, definition, checked) for definition in own]
    return checked, pd.concat(steps, ignore_index=True) if steps else pd.DataFrame()


def _columns(checked: Checked, definitions: Sequence[Definition]) -> list[tuple[str, str]]:
    """Definition and service of every share that is to settle."""
    return [
        (definition.key, service.key)
        for definition in definitions
        for service in checked.standards[definition.key].services
        if service.key in checked.given
    ]


def _asking(
    checked: Checked, name: str, definitions: Sequence[Definition]
) -> Callable[[gpd.GeoDataFrame], Bools]:
    """A function that says of points which of the shares they count in."""

    def covered(points: gpd.GeoDataFrame) -> Bools:
        probe = _with_places(checked, name, points)
        measured = measured_times(probe, definitions)[name]
        counted: dict[str, Measured] = {}
        for definition in definitions:
            standard, demand = probe.standards[definition.key], probe.demands[name]
            areas = areas_of(demand, probe.zones)
            taken = applied_time(measured, areas, standard, definition)
            counted[definition.key] = measure(taken, demand, probe.zones, standard, definition)
        columns = [
            counted[key].reach[service].covered for key, service in _columns(checked, definitions)
        ]
        return np.column_stack(columns) if columns else np.empty((len(points), 0), dtype=bool)

    return covered


def _with_places(checked: Checked, name: str, places: gpd.GeoDataFrame) -> Checked:
    """The layers with these places instead of a layer's own, on the streets of every mode."""
    network = checked.project.network

    def on(streets: OnStreets) -> OnStreets:
        snapped = snap(
            places,
            streets.network,
            max_snap_m=network.max_snap_m,
            min_component_m=network.min_component_m,
        )
        return dataclasses.replace(streets, demands={**streets.demands, name: snapped})

    streets = {mode: on(each) for mode, each in checked.streets.items()}
    return dataclasses.replace(checked, streets=streets)


def _of_definition(steps: pd.DataFrame, definition: Definition, checked: Checked) -> pd.DataFrame:
    """The steps of one definition, with a column for each of its services."""
    rates = {
        f"rate_{service}": steps[f"{key}.{service}"].clip(upper=1.0)
        for key, service in _columns(checked, [definition])
    }
    about = {"definition": definition.key, "demand": definition.demand}
    return steps[["spacing_m", "cells", "rim"]].assign(**about, **rates)[
        ["definition", "demand", "spacing_m", "cells", "rim", *rates]
    ]
