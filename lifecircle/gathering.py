"""The minutes of a run, put together from what was found in its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.checked_layers import Checked
from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.division import Division, places_in
from lifecircle.network import Floats, Ints
from lifecircle.search import unserved
from lifecircle.searches import Times, straight_lines
from lifecircle.stepfree import lost_places, no_quicker
from lifecircle.travel import TravelTime


@dataclass(frozen=True, eq=False)
class Found:
    """What was found so far, by method: services by places, facilities as positions in `labels`."""

    minutes: Mapping[str, Floats]
    facility: Mapping[str, Ints]
    rim: Mapping[str, Floats]
    labels: pd.Index[str]


def nothing_found(division: Division) -> Found:
    """Room for what will be found."""
    count = len(division.wanted.services)
    sizes = {key: len(each.places) for key, each in division.grounds.items()}
    labels = [each.on.facilities["facility"] for each in division.grounds.values()]
    return Found(
        minutes={key: np.full((count, n), np.nan) for key, n in sizes.items()},
        facility={key: np.full((count, n), -1, np.int64) for key, n in sizes.items()},
        rim={key: np.full(n, np.nan) for key, n in sizes.items()},
        labels=pd.Index(pd.concat(labels, ignore_index=True).unique(), dtype="str"),
    )


def put(found: Found, division: Division, number: int, result: pd.DataFrame) -> None:
    """Put what was found in a part where it belongs."""
    rows = division.cells[number]
    for method, ground in division.grounds.items():
        own = places_in(ground, rows)
        here = np.searchsorted(rows, ground.row[own])
        if method != RADIUS:
            found.rim[method][own] = result[f"{method}.rim"].to_numpy()[here]
        for position, service in enumerate(division.wanted.services):
            minutes = result[f"{method}.minutes.{service}"].to_numpy()
            found.minutes[method][position, own] = minutes[here]
            facility = result[f"{method}.facility.{service}"].array
            number_of = found.labels.get_indexer(pd.Index(facility.categories))
            found.facility[method][position, own] = number_of[facility.codes[here]]


def times_of(found: Found, division: Division, checked: Checked) -> Times:
    """The minutes of the run, by demand layer and method, as one machine would give them."""
    times: Times = {}
    for name, methods in division.wanted.methods.items():
        own = times.setdefault(name, {})
        for key in methods:
            own[key] = _time(found, division, name, key, checked)
            if key.endswith(STEPFREE):
                mode = key.removesuffix(STEPFREE)
                before = checked.streets[mode].demands[name]
                lost = lost_places(before, division.grounds[key].on.demands[name])
                own[key] = no_quicker(own[key], own[mode], lost=lost)
    return times


def _time(found: Found, division: Division, name: str, key: str, checked: Checked) -> TravelTime:
    """The minutes of one demand layer by one method."""
    ground, services = division.grounds[key], list(division.wanted.services)
    places = ground.on.demands[name]
    layers = list(ground.on.demands)
    start = sum(len(ground.on.demands[each]) for each in layers[: layers.index(name)])
    own = slice(start, start + len(places))
    labels = pd.array([*found.labels, ""], dtype="str")
    index = places.index
    minutes = pd.DataFrame(
        {service: found.minutes[key][i, own] for i, service in enumerate(services)}, index=index,
        columns=services, dtype=float,
    )  # fmt: skip
    facility = pd.DataFrame(
        {s: labels.take(found.facility[key][i, own]) for i, s in enumerate(services)},
        index=index, columns=services, dtype="str",
    )  # fmt: skip
    if key == RADIUS:
        return straight_lines(minutes, facility, speed_kmh=checked.network.speed_kmh)
    offered = ground.on.facilities[ground.on.facilities["edge"] >= 0]
    cut_off = {
        s: unserved(ground.on.network, places, offered[offered["service"] == s]) for s in services
    }
    return TravelTime(
        minutes=minutes,
        facility=facility,
        access_m=places["distance_m"].astype(float),
        rim=pd.Series(found.rim[key][own], index=index),
        cut_off=pd.DataFrame(cut_off, index=index, columns=services, dtype=bool),
        speed_kmh=ground.on.network.speed_kmh,
        search_minutes=division.wanted.minutes,
    )
