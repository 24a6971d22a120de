"""Demand places as a layer for GIS: minutes, and in words why there are none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from lifecircle.geodesy import WGS84
from lifecircle.travel import TravelTime

MOST_PLACES = 100_000
"""Above this many demand places, cells of 100 m are shown instead."""

STATES = ["reached", "beyond", "cut_off", "unsnapped"]
"""What minutes can say of a place, from best to worst."""

_CELL_M = 100.0

Ints = npt.NDArray[np.int64]


def demand_layer(
    demand: gpd.GeoDataFrame, travel_time: TravelTime, *, crs: pyproj.CRS, most: int = MOST_PLACES
) -> gpd.GeoDataFrame:
    """Demand places with minutes and state per service; above `most` places, cells of 100 m.

    Of a cell, each service shows the place in the middle by weight: half of the cell's demand is
    served no worse.

    Parameters
    ----------
    crs
        The metric coordinate system in which cells are drawn.
    """
    services = list(travel_time.minutes.columns)
    states = {key: state(travel_time.minutes[key], travel_time.cut_off[key]) for key in services}
    if len(demand) <= most:
        places = pd.DataFrame(demand[["id", "zone"]]).assign(places=1, weight=demand["weight"])
        shown = dict.fromkeys(services, np.arange(len(demand)))
        geometry = demand.geometry
    else:
        cell, geometry = _cells(demand.geometry, crs)
        places = _summed(demand, cell)
        shown = {
            key: _middle(cell, states[key].cat.codes, travel_time.minutes[key], demand["weight"])
            for key in services
        }
    for key in services:
        reached = travel_time.minutes[key].where(states[key] == "reached")
        places[f"min_{key}"] = reached.to_numpy()[shown[key]]
        places[f"state_{key}"] = states[key].astype("str").to_numpy()[shown[key]]
    return gpd.GeoDataFrame(places, geometry=geometry.to_numpy(), crs=geometry.crs)


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


def _summed(demand: gpd.GeoDataFrame, cell: Ints) -> pd.DataFrame:
    """One row a cell: the zone with most of its demand, how many places, their demand."""
    weight = demand["weight"].groupby([cell, demand["zone"]]).sum()
    most = weight.sort_values(ascending=False, kind="stable").reset_index("zone")
    zone = most["zone"].groupby(level=0).first()
    sums = np.bincount(cell, weights=demand["weight"])
    return pd.DataFrame(
        {"id": "", "zone": zone, "places": np.bincount(cell), "weight": sums}
    ).astype({"id": "str", "zone": "str"})


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
