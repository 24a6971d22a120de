"""A run divided into parts, each with the piece of every field that its searches need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lifecircle.checked_layers import Checked
from lifecircle.cutting import Box, blocks_of, box_of, cells, edges_in, nearest_among, widened
from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.fields import (
    ON_STREETS,
    Field,
    Streets,
    fields_of,
    places_in,
    snapping_limits,
    streets_of,
)
from lifecircle.geodesy import WGS84, earth_centred, lonlat, transformer
from lifecircle.network import Ints
from lifecircle.parts import Part
from lifecircle.searches import Searches
from lifecircle.tiles import write_tiles

PART_BYTES = 512e6
"""What the search of a part may take on a worker that has enough; less where it has not."""
# Measured: docs/scale.md. Of every edge of a network, of every place of a method, and of every
# service besides.
EDGE_BYTES = 400.0
PLACE_BYTES = 100.0
FOUND_BYTES = 25.0


@dataclass(frozen=True, eq=False)
class Division:
    """A run in parts: its streets by mode, what each method searches, and the parts' places.

    `boxes` hold the places of each part, `bytes` is what its search takes a worker; `zone` is the
    zone of every place of the run, all demand layers in a row; `snapping` the limits of it.
    """

    wanted: Searches
    streets: Mapping[str, Streets]
    fields: Mapping[str, Field]
    cells: tuple[Ints, ...]
    boxes: tuple[Box, ...]
    bytes: tuple[float, ...]
    zone: pd.Series[str]
    snapping: Mapping[str, float]

    @property
    def margin_m(self) -> float:
        """The widest margin around a part."""
        return max((each.margin_m for each in self.streets.values()), default=0.0)


def divided(
    checked: Checked, wanted: Searches, *, most_bytes: float = PART_BYTES, parts: int | None = None
) -> Division:
    """A run in parts, each of which takes a worker no more than so many bytes.

    Parameters
    ----------
    parts
        As many parts instead, whatever they take.
    """
    layers = [checked.demands[name] for name in wanted.methods]
    lon, lat = np.hstack([lonlat(each) for each in layers]) if layers else np.empty((2, 0))
    x, y = map(np.asarray, transformer(WGS84, checked.network.crs).transform(lon, lat))
    streets = streets_of(checked, wanted)
    fields = fields_of(checked, wanted, streets)

    def size(box: Box, count: int) -> float:
        return bytes_of(streets, fields, box, count)

    narrowest_m = max((each.margin_m for each in streets.values()), default=0.0)
    cut = cells(x, y, size=size, most=most_bytes, parts=parts, narrowest_m=narrowest_m)
    boxes = tuple(box_of(x[own], y[own]) for own in cut)
    zone = [each["zone"] for each in layers]
    return Division(
        wanted=wanted,
        streets=streets,
        fields=fields,
        cells=tuple(cut),
        boxes=boxes,
        bytes=tuple(size(box, len(own)) for box, own in zip(boxes, cut, strict=True)),
        zone=pd.concat(zone, ignore_index=True) if zone else pd.Series([], dtype="str"),
        snapping=snapping_limits(checked),
    )


def bytes_of(
    streets: Mapping[str, Streets], fields: Mapping[str, Field], box: Box, count: int
) -> float:
    """What the search of a part takes, from its edges, places and services."""
    edges = sum(
        edges_in(each.spans, widened(box, each.margin_m)) * (1 + (each.shut is not None))
        for each in streets.values()
    )
    services = max((len(each.offers) for each in fields.values()), default=0)
    found = len(fields) * services * FOUND_BYTES
    return edges * EDGE_BYTES + count * (PLACE_BYTES * len(fields) + found)


def write_streets(division: Division, folder: Path) -> None:
    """Write the networks' files, of which every part reads a piece; those that are there stay."""
    for each in division.streets.values():
        write_tiles(each.network, each.shut, folder / each.file, spans=each.spans)


def part_of(division: Division, number: int) -> Part:
    """One of the parts, with all facilities that a search from its places can come to."""
    rows, box = division.cells[number], division.boxes[number]
    tables: dict[str, pd.DataFrame] = {}
    for method, field in division.fields.items():
        own = places_in(field, rows)
        places = field.places.iloc[own].assign(row=np.searchsorted(rows, field.row[own]))
        if method == RADIUS:
            offered = _nearest(field, places)
        else:
            streets = division.streets[method.removesuffix(STEPFREE)]
            offered = _offered(field, widened(box, streets.margin_m))
        tables |= {f"{method}.places": places, f"{method}.facilities": offered}
    return Part(_about(division, number), tables)


def _about(division: Division, number: int) -> dict[str, Any]:
    """What to do with a part."""
    box, fields = division.boxes[number], division.fields
    crs = next(iter(fields.values())).on.network.crs
    return {
        "places": len(division.cells[number]),
        "services": list(division.wanted.services),
        "minutes": division.wanted.minutes,
        "crs": crs.to_wkt(),
        "speeds_kmh": {key: each.on.network.speed_kmh for key, each in fields.items()},
        "snapping": dict(division.snapping),
        "streets": {
            mode: {"file": each.file, "box": list(widened(box, each.margin_m))}
            for mode, each in division.streets.items()
        },
    }


def _offered(field: Field, box: Box) -> pd.DataFrame:
    """The facilities in a box that have a street."""
    west, south, east, north = box
    x, y, facilities = field.x, field.y, field.on.facilities
    here = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    here &= facilities["edge"].to_numpy() >= 0
    return pd.DataFrame(facilities.loc[here, ["facility", "service", *ON_STREETS]])


def _nearest(field: Field, places: pd.DataFrame) -> pd.DataFrame:
    """Of each service the facilities among which are the nearest of all places."""
    blocks = blocks_of(earth_centred(places["lon"].to_numpy(), places["lat"].to_numpy()))
    near = [position[nearest_among(tree, blocks)] for position, tree in field.offers.values()]
    here = np.sort(np.concatenate(near)) if near else np.empty(0, np.int64)
    facilities = field.on.facilities.iloc[here]
    lon, lat = lonlat(facilities)
    return pd.DataFrame(facilities[["facility", "service"]]).assign(lon=lon, lat=lat)
