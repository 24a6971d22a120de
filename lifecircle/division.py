"""A run divided into parts: what each method searches, and the piece of it that a part needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.cutting import (
    Box,
    Spans,
    box_of,
    cells,
    margin_m,
    nearest_among,
    spans_of,
    touching,
)
from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.geodesy import WGS84, earth_centred, lonlat, transformer
from lifecircle.network import Ints, without
from lifecircle.parts import Part, about_part, network_tables
from lifecircle.searches import Searches
from lifecircle.stepfree import on_open

PART_BYTES = 512e6
"""What the search of a part may take on a worker that has enough; less where it has not."""
# Measured: docs/scale.md.
EDGE_BYTES = 600.0
PLACE_BYTES = 300.0
FOUND_BYTES = 100.0

_ON_STREETS = ["edge", "fraction", "distance_m"]


@dataclass(frozen=True, eq=False)
class Ground:
    """What one method searches: streets, facilities and the demand layers that want it.

    `places` are those of all these layers in a row, `row` their positions among the places of the
    run; `spans` is where the edges lie, `margin_m` how far around its places a search may lead.
    Straight lines have no spans; `offers` are theirs: the access points of each service, by their
    positions among the facilities and in space.
    """

    on: OnStreets
    places: pd.DataFrame
    row: Ints
    spans: Spans | None
    margin_m: float
    offers: Mapping[str, tuple[Ints, KDTree]]


@dataclass(frozen=True, eq=False)
class Division:
    """A run in parts: what each method searches, and the places of each part.

    `bytes` is what each part takes a worker; `zone` is the zone of every place of the run, all
    demand layers in a row.
    """

    wanted: Searches
    grounds: Mapping[str, Ground]
    cells: tuple[Ints, ...]
    bytes: tuple[float, ...]
    zone: pd.Series[str]

    @property
    def margin_m(self) -> float:
        """The widest margin around a part."""
        return max((one.margin_m for one in self.grounds.values()), default=0.0)


def divided(
    checked: Checked, wanted: Searches, *, most_bytes: float = PART_BYTES, parts: int | None = None
) -> Division:
    """A run in parts, each of which takes a worker no more than so many bytes.

    Parameters
    ----------
    parts
        As many parts instead, whatever they take.
    """
    grounds = _grounds(checked, wanted)
    layers = [checked.demands[name] for name in wanted.methods]
    lon, lat = np.hstack([lonlat(each) for each in layers]) if layers else np.empty((2, 0))
    x, y = transformer(WGS84, checked.network.crs).transform(lon, lat)

    def size(box: Box, count: int) -> float:
        return bytes_of(grounds, wanted, box, count)

    narrowest_m = max((each.margin_m for each in grounds.values()), default=0.0)
    cut = cells(
        np.asarray(x), np.asarray(y),
        size=size, most=most_bytes, parts=parts, narrowest_m=narrowest_m,
    )  # fmt: skip
    zone = [each["zone"] for each in layers]
    joined = pd.concat(zone, ignore_index=True) if zone else pd.Series([], dtype="str")
    takes = tuple(size(box_of(np.asarray(x)[own], np.asarray(y)[own]), len(own)) for own in cut)
    return Division(wanted, grounds, tuple(cut), takes, joined)


def bytes_of(grounds: Mapping[str, Ground], wanted: Searches, box: Box, count: int) -> float:
    """What the search of a part takes, from its edges, places and services."""
    edges = sum(
        int(touching(each.spans, box, each.margin_m).sum())
        for each in grounds.values()
        if each.spans
    )
    tables = len(grounds) * len(wanted.services)
    return edges * EDGE_BYTES + count * (PLACE_BYTES * len(grounds) + FOUND_BYTES * tables)


def _grounds(checked: Checked, wanted: Searches) -> dict[str, Ground]:
    """What each method searches."""
    methods = dict.fromkeys(key for each in wanted.methods.values() for key in each)
    starts = np.cumsum([0, *(len(checked.demands[name]) for name in wanted.methods)])
    spans: dict[str, Spans] = {}
    found = {}
    for key in methods:
        mode = key.removesuffix(STEPFREE)
        layers = [name for name in wanted.methods if key in wanted.methods[name]]
        row = [
            np.arange(start, stop)
            for (name, own), start, stop in zip(
                wanted.methods.items(), starts, starts[1:], strict=False
            )
            if key in own
        ]
        on = _on(checked, key, layers)
        if key != RADIUS and mode not in spans:
            spans[mode] = spans_of(on.network)
        places = pd.concat([_plain(on.demands[name]) for name in layers], ignore_index=True)
        found[key] = Ground(
            on=on,
            places=places,
            row=np.concatenate(row),
            spans=None if key == RADIUS else spans[mode],
            margin_m=0.0 if key == RADIUS else margin_m(on.network, places, wanted.minutes),
            offers=_offers(on.facilities, wanted) if key == RADIUS else {},
        )
    return found


def _offers(facilities: gpd.GeoDataFrame, wanted: Searches) -> dict[str, tuple[Ints, KDTree]]:
    """Where in space each service is offered."""
    at = earth_centred(*lonlat(facilities))
    service = facilities["service"].to_numpy(object)
    own = {key: np.flatnonzero(service == key) for key in wanted.services}
    return {key: (position, KDTree(at[position])) for key, position in own.items()}


def _on(checked: Checked, method: str, layers: list[str]) -> OnStreets:
    """The streets of a method, with facilities and demand layers on them."""
    mode = method.removesuffix(STEPFREE)
    plain = checked.main if method == RADIUS else checked.streets[mode]
    demands = {name: plain.demands[name] for name in layers}
    if not method.endswith(STEPFREE):
        return OnStreets(plain.network, plain.facilities, demands)
    table = checked.project.network
    limits = {"max_snap_m": table.max_snap_m, "min_component_m": table.min_component_m}
    shut = without(plain.network, plain.network.barred)
    return OnStreets(
        shut,
        on_open(plain.facilities, shut, **limits),
        {name: on_open(places, shut, **limits) for name, places in demands.items()},
    )


def _plain(points: pd.DataFrame) -> pd.DataFrame:
    """Positions on the streets and on the globe, without all else."""
    lon, lat = lonlat(points)
    return pd.DataFrame(points[_ON_STREETS]).reset_index(drop=True).assign(lon=lon, lat=lat)


def part_of(division: Division, number: int) -> Part:
    """One of the parts, with all that a search from its places can come to."""
    rows = division.cells[number]
    tables: dict[str, pd.DataFrame] = {}
    for method, ground in division.grounds.items():
        own = places_in(ground, rows)
        places = ground.places.iloc[own].assign(row=np.searchsorted(rows, ground.row[own]))
        pieces = _straight_piece if method == RADIUS else _street_piece
        tables |= {f"{method}.{name}": table for name, table in pieces(ground, places).items()}
    first = next(iter(division.grounds.values()))
    about = about_part(
        places=len(rows),
        services=division.wanted.services,
        minutes=division.wanted.minutes,
        crs=first.on.network.crs,
        speeds_kmh={key: each.on.network.speed_kmh for key, each in division.grounds.items()},
    )
    return Part(about, tables)


def places_in(ground: Ground, rows: Ints) -> Ints:
    """Positions in a ground's places of those rows of the run that it has."""
    at = np.searchsorted(ground.row, rows)
    at[at == len(ground.row)] = 0
    own: Ints = at[ground.row[at] == rows]
    return own


def _street_piece(ground: Ground, places: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Streets, facilities and places of a part, positions being those of its own edges."""
    network = ground.on.network
    if not len(places) or ground.spans is None:
        edges = np.arange(min(1, len(network.u)))
    else:
        edges = np.flatnonzero(touching(ground.spans, _box(ground, places), ground.margin_m))
    facilities = ground.on.facilities
    edge = _renumbered(facilities["edge"].to_numpy(), edges)
    here = np.flatnonzero(edge >= 0)
    offered = facilities.iloc[here][["facility", "service", "fraction", "distance_m"]]
    own = places.assign(edge=_renumbered(places["edge"].to_numpy(), edges))
    return {
        **network_tables(network, edges),
        "facilities": pd.DataFrame(offered.assign(edge=edge[here])),
        "places": own[["row", *_ON_STREETS]],
    }


def _box(ground: Ground, places: pd.DataFrame) -> Box:
    to_metres = transformer(WGS84, ground.on.network.crs)
    x, y = to_metres.transform(places["lon"].to_numpy(), places["lat"].to_numpy())
    return float(np.min(x)), float(np.min(y)), float(np.max(x)), float(np.max(y))


def _renumbered(edge: Ints, kept: Ints) -> Ints:
    """Positions among the kept edges (ascending), -1 for others."""
    at = np.searchsorted(kept, edge)
    at[at == len(kept)] = 0
    return np.where(kept[at] == edge, at, -1)


def _straight_piece(ground: Ground, places: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Places, and of each service the facilities among which their nearest are."""
    where = earth_centred(places["lon"].to_numpy(), places["lat"].to_numpy())
    near = [position[nearest_among(tree, where)] for position, tree in ground.offers.values()]
    here = np.sort(np.concatenate(near)) if near else np.empty(0, np.int64)
    facilities = ground.on.facilities.iloc[here]
    lon, lat = lonlat(facilities)
    offered = pd.DataFrame(facilities[["facility", "service"]])
    return {
        "facilities": offered.assign(lon=lon, lat=lat),
        "places": places[["row", "lon", "lat"]],
    }
