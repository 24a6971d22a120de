"""Demand places as a layer for GIS: minutes, and in words why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from lifecircle.geodesy import WGS84
from lifecircle.measured import Measured
from lifecircle.outputs.gis_names import Naming

MOST_PLACES = 100_000
"""Above this many demand places, cells of 100 m are shown instead."""

STATES = ["reached", "beyond", "cut_off", "unsnapped"]
"""What minutes can say of a place, from best to worst."""

_CELL_M = 100.0

Ints = npt.NDArray[np.int64]


def demand_layer(
    demand: gpd.GeoDataFrame,
    measured: Measured,
    naming: Naming,
    *,
    crs: pyproj.CRS,
    most: int = MOST_PLACES,
) -> gpd.GeoDataFrame:
    """Demand places with limit, minutes and state per service; above `most` places, 100 m cells.

    Of a cell, each service shows the place in the middle by weight: half of the cell's demand is
    served no worse.

    Parameters
    ----------
    measured
        What the definition measures there: minutes at its speed, and the limit at each place.
    crs
        The metric coordinate system in which cells are drawn.
    """
    taken = measured.travel_time
    services = [key for key in taken.minutes.columns if key in measured.reach]
    states = {key: state(taken.minutes[key], taken.cut_off[key]) for key in services}
    groups = {key: f"group_{short}" for key, short in naming.groups.items() if key in demand}
    if len(demand) <= most:
        described = ["id", "zone", *(["kind"] if "kind" in demand else [])]
        places = pd.DataFrame(demand[described]).assign(places=1, weight=demand["weight"])
        places = places.join(demand[list(groups)].rename(columns=groups))
        shown = dict.fromkeys(services, np.arange(len(demand)))
        geometry = demand.geometry
    else:
        cell, geometry = _cells(demand.geometry, crs)
        places = _summed(demand, cell, groups)
        shown = {
            key: _middle(cell, states[key].cat.codes, taken.minutes[key], demand["weight"])
            for key in services
        }
    columns: dict[str, npt.NDArray[Any]] = {}
    for key in services:
        short, here = naming.services[key], shown[key]
        reached = taken.minutes[key].where(states[key] == "reached")
        columns[f"limit_{short}"] = measured.reach[key].limit[here]
        columns[f"min_{short}"] = reached.to_numpy()[here]
        columns[f"state_{short}"] = states[key].astype("str").to_numpy()[here]
    return gpd.GeoDataFrame(
        places.assign(**columns), geometry=geometry.to_numpy(), crs=geometry.crs
    )


def state(minutes: pd.Series[float], cut_off: pd.Series[bool]) -> pd.Series[str]:
    """What minutes say in words, as an ordered category from best to worst.

    >>> state(pd.Series([3.0, np.inf, np.inf]), pd.Series([False, False, True])).tolist()
    ['reached', 'beyond', 'cut_off']
    """
    words = np.select(
        [minutes.isna(), np.isfinite(minutes), cut_off],
        ["unsnapped", "reached", "cut_off"],
        "beyond",
    )
    return pd.Series(pd.Categorical(words, STATES, ordered=True), minutes.index)


def _cells(points: gpd.GeoSeries, crs: pyproj.CRS) -> tuple[Ints, gpd.GeoSeries]:
    """The square of 100 m of each point, and the squares; corners are multiples of 100 m."""
    metric = points.to_crs(crs)
    corners = np.floor(np.column_stack([metric.x, metric.y]) / _CELL_M)
    corners, cell = np.unique(corners, axis=0, return_inverse=True)
    x, y = corners.T * _CELL_M
    squares = gpd.GeoSeries(shapely.box(x, y, x + _CELL_M, y + _CELL_M), crs=crs)
    return cell, squares.to_crs(WGS84)


def _summed(demand: gpd.GeoDataFrame, cell: Ints, groups: Mapping[str, str]) -> pd.DataFrame:
    """One row a cell: the zone with most of its demand, how many places, their demand."""
    weight = demand["weight"].groupby([cell, demand["zone"]]).sum()
    most = weight.sort_values(ascending=False, kind="stable").reset_index("zone")
    zone = most["zone"].groupby(level=0).first()
    sums = {
        name: np.bincount(cell, weights=demand[key])
        for key, name in {"weight": "weight", **groups}.items()
    }
    return pd.DataFrame({"id": "", "zone": zone, "places": np.bincount(cell), **sums}).astype(
        {"id": "str", "zone": "str"}
    )


def _middle(
    cell: Ints, rank: pd.Series[int], minutes: pd.Series[float], weight: pd.Series[float]
) -> Ints:
    """Position of the place in each cell at which half of the cell's weight is reached."""
    order = np.lexsort((minutes, rank, cell))
    here, upto = cell[order], weight.to_numpy()[order].cumsum()
    first = np.searchsorted(here, np.arange(here[-1] + 1))
    last = np.searchsorted(here, np.arange(here[-1] + 1), side="right") - 1
    before = upto[first] - weight.to_numpy()[order][first]
    half = before + (upto[last] - before) / 2
    return order[np.minimum(np.searchsorted(upto, half), last)]
