"""What a run searches, method by method: the streets, the facilities, and the places that ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.cutting import Spans, margin_m, spans_of
from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.geodesy import WGS84, earth_centred, lonlat, transformer
from lifecircle.network import Floats, Ints, StreetNetwork, without
from lifecircle.searches import Searches
from lifecircle.snapping import ISLAND_DETOUR_M
from lifecircle.stepfree import on_open
from lifecircle.tiles import network_key

ON_STREETS = ["edge", "fraction", "distance_m"]


@dataclass(frozen=True, eq=False)
class Streets:
    """The streets of a mode, as parts use them.

    `shut` is the network without what is not step-free, if that is searched; `file` is what the
    network's file is called, `spans` where the edges lie, `margin_m` how far around a place a
    search may lead.
    """

    network: StreetNetwork
    shut: StreetNetwork | None
    file: str
    spans: Spans
    margin_m: float


@dataclass(frozen=True, eq=False)
class Field:
    """What one method searches: facilities where it has them, and the demand layers that want it.

    `places` are those of all these layers in a row, `row` their positions among the places of the
    run; `x`, `y` are metres of the facilities. Straight lines have `offers`: the access points of
    each service, by their positions among the facilities and in space.
    """

    on: OnStreets
    places: pd.DataFrame
    row: Ints
    x: Floats
    y: Floats
    offers: Mapping[str, tuple[Ints, KDTree]]


def snapping_limits(checked: Checked) -> dict[str, float]:
    """How places are put on streets."""
    table = checked.project.network
    return {"max_snap_m": table.max_snap_m, "min_component_m": table.min_component_m}


def _methods(wanted: Searches) -> dict[str, list[str]]:
    """The demand layers of each method."""
    found: dict[str, list[str]] = {}
    for name, methods in wanted.methods.items():
        for key in methods:
            found.setdefault(key, []).append(name)
    return found


def streets_of(checked: Checked, wanted: Searches) -> dict[str, Streets]:
    """The streets of every mode that is searched."""
    methods = _methods(wanted)
    found = {}
    for mode in dict.fromkeys(key.removesuffix(STEPFREE) for key in methods if key != RADIUS):
        network = checked.streets[mode].network
        shut = without(network, network.barred) if mode + STEPFREE in methods else None
        legs = [checked.streets[mode].demands[name] for name in methods.get(mode, [])]
        found[mode] = Streets(
            network=network,
            shut=shut,
            file=f"streets-{network_key(network, shut)}.parquet",
            spans=spans_of(network),
            margin_m=margin_m(
                network,
                pd.concat([each[["distance_m"]] for each in legs]),
                wanted.minutes,
                snap_m=checked.project.network.max_snap_m + ISLAND_DETOUR_M,
            ),
        )
    return found


def fields_of(
    checked: Checked, wanted: Searches, streets: Mapping[str, Streets]
) -> dict[str, Field]:
    """What each method searches."""
    starts = np.cumsum([0, *(len(checked.demands[name]) for name in wanted.methods)])
    rows = {
        name: np.arange(start, stop)
        for name, start, stop in zip(wanted.methods, starts, starts[1:], strict=False)
    }
    found = {}
    for key, layers in _methods(wanted).items():
        on = _on(checked, key, layers, streets)
        lon, lat = lonlat(on.facilities)
        x, y = transformer(WGS84, on.network.crs).transform(lon, lat)
        found[key] = Field(
            on=on,
            places=pd.concat([_plain(on.demands[name]) for name in layers], ignore_index=True),
            row=np.concatenate([rows[name] for name in layers]),
            x=np.asarray(x),
            y=np.asarray(y),
            offers=_offers(on.facilities, wanted) if key == RADIUS else {},
        )
    return found


def _on(
    checked: Checked, method: str, layers: list[str], streets: Mapping[str, Streets]
) -> OnStreets:
    """Facilities where the method finds them, and demand layers before any closing."""
    mode = method.removesuffix(STEPFREE)
    plain = checked.main if method == RADIUS else checked.streets[mode]
    demands = {name: plain.demands[name] for name in layers}
    shut = None if method == mode else streets[mode].shut
    if shut is None:
        return OnStreets(plain.network, plain.facilities, demands)
    return OnStreets(shut, on_open(plain.facilities, shut, **snapping_limits(checked)), demands)


def _offers(facilities: gpd.GeoDataFrame, wanted: Searches) -> dict[str, tuple[Ints, KDTree]]:
    """Where in space each service is offered."""
    at = earth_centred(*lonlat(facilities))
    service = facilities["service"].to_numpy(object)
    own = {key: np.flatnonzero(service == key) for key in wanted.services}
    return {key: (position, KDTree(at[position])) for key, position in own.items()}


def _plain(points: gpd.GeoDataFrame) -> pd.DataFrame:
    """Positions on the streets and on the globe, without all else."""
    lon, lat = lonlat(points)
    return pd.DataFrame(points[ON_STREETS]).reset_index(drop=True).assign(lon=lon, lat=lat)


def places_in(field: Field, rows: Ints) -> Ints:
    """Positions in a field's places of those rows of the run that it has."""
    at = np.searchsorted(field.row, rows)
    at[at == len(field.row)] = 0
    own: Ints = at[field.row[at] == rows]
    return own
