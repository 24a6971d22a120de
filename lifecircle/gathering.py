"""The minutes of a run, put together from what was found in its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.definitions import RADIUS, STEPFREE
from lifecircle.division import Division
from lifecircle.fields import Field, places_in
from lifecircle.network import Floats, Ints
from lifecircle.searches import Times, straight_lines
from lifecircle.stepfree import no_quicker
from lifecircle.travel import TravelTime


@dataclass(frozen=True, eq=False)
class Found:
    """What was found so far, by method: services by places, facilities as positions in `labels`.

    `access_m` and `component` (-1: off the streets) are of places as they were moved off steps.
    """

    minutes: Mapping[str, Floats]
    facility: Mapping[str, Ints]
    rim: Mapping[str, Floats]
    access_m: Mapping[str, Floats]
    component: Mapping[str, Ints]
    labels: pd.Index[str]


def nothing_found(division: Division) -> Found:
    """Room for what will be found."""
    count = len(division.wanted.services)
    sizes = {key: len(each.places) for key, each in division.fields.items()}
    labels = [each.on.facilities["facility"] for each in division.fields.values()]
    return Found(
        minutes={key: np.full((count, n), np.nan) for key, n in sizes.items()},
        facility={key: np.full((count, n), -1, np.int64) for key, n in sizes.items()},
        rim={key: np.full(n, np.nan) for key, n in sizes.items()},
        access_m={key: np.full(n, np.nan) for key, n in sizes.items() if key.endswith(STEPFREE)},
        component={key: np.full(n, -1) for key, n in sizes.items() if key.endswith(STEPFREE)},
        labels=pd.Index(pd.concat(labels, ignore_index=True).unique(), dtype="str"),
    )


def put(found: Found, division: Division, number: int, result: pd.DataFrame) -> None:
    """Put what was found in a part where it belongs."""
    rows = division.cells[number]
    for method, field in division.fields.items():
        own = places_in(field, rows)
        here = np.searchsorted(rows, field.row[own])
        if method != RADIUS:
            found.rim[method][own] = result[f"{method}.rim"].to_numpy()[here]
        if method in found.component:
            found.access_m[method][own] = result[f"{method}.access_m"].to_numpy()[here]
            found.component[method][own] = result[f"{method}.component"].to_numpy()[here]
        for position, service in enumerate(division.wanted.services):
            minutes = result[f"{method}.minutes.{service}"].to_numpy()
            found.minutes[method][position, own] = minutes[here]
            facility = result[f"{method}.facility.{service}"].array
            number_of = found.labels.get_indexer(pd.Index(facility.categories))
            found.facility[method][position, own] = number_of[facility.codes[here]]


def times_of(found: Found, division: Division) -> Times:
    """The minutes of the run, by demand layer and method, as one machine would give them."""
    times: Times = {}
    for name, methods in division.wanted.methods.items():
        own = times.setdefault(name, {})
        for key in methods:
            own[key] = _time(found, division, key, name)
            if key in found.component:
                field = division.fields[key]
                component = found.component[key][_where(field, name)]
                lost = (field.on.demands[name]["edge"].to_numpy() >= 0) & (component < 0)
                own[key] = no_quicker(own[key], own[key.removesuffix(STEPFREE)], lost=lost)
    return times


def _time(found: Found, division: Division, key: str, name: str) -> TravelTime:
    """The minutes of one demand layer by one method."""
    field = division.fields[key]
    where, places, network = _where(field, name), field.on.demands[name], field.on.network
    minutes, facility = _frames(found, division, key, where, name)
    if key == RADIUS:
        return straight_lines(minutes, facility, speed_kmh=network.speed_kmh)
    access_m, component = places["distance_m"].astype(float), _components(places, field)
    if key in found.component:
        component = found.component[key][where]
        access_m = pd.Series(found.access_m[key][where], places.index, name="distance_m")
    return TravelTime(
        minutes=minutes,
        facility=facility,
        access_m=access_m,
        rim=pd.Series(found.rim[key][where], index=places.index),
        cut_off=_cut_off(component, field, minutes),
        speed_kmh=network.speed_kmh,
        search_minutes=division.wanted.minutes,
    )


def _where(field: Field, name: str) -> slice:
    """Where a demand layer stands among the places of a method."""
    layers = list(field.on.demands)
    before = layers[: layers.index(name)]
    start = sum(len(field.on.demands[each]) for each in before)
    return slice(start, start + len(field.on.demands[name]))


def _frames(
    found: Found, division: Division, key: str, where: slice, name: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Minutes and facilities of one demand layer by one method."""
    services = list(division.wanted.services)
    index = division.fields[key].on.demands[name].index
    labels = pd.array([*found.labels, ""], dtype="str")
    minutes = {s: found.minutes[key][i, where] for i, s in enumerate(services)}
    facility = {s: labels.take(found.facility[key][i, where]) for i, s in enumerate(services)}
    return (
        pd.DataFrame(minutes, index=index, columns=services, dtype=float),
        pd.DataFrame(facility, index=index, columns=services, dtype="str"),
    )


def _components(places: pd.DataFrame, field: Field) -> Ints:
    """The component of each place, -1 off the streets."""
    edge, network = places["edge"].to_numpy(), field.on.network
    return np.where(edge >= 0, network.component[network.u[edge]], -1)


def _cut_off(component: Ints, field: Field, minutes: pd.DataFrame) -> pd.DataFrame:
    """Who is on a component without a facility, by service; only the whole network can tell."""
    network, facilities = field.on.network, field.on.facilities
    offers = facilities["service"].to_numpy(object)
    at = _components(facilities, field)
    cut_off = {}
    for service in minutes:
        served = np.zeros(len(network.component_m), dtype=bool)
        served[at[(offers == service) & (at >= 0)]] = True
        cut_off[service] = (component >= 0) & ~served[component]
    return pd.DataFrame(cut_off, index=minutes.index, columns=minutes.columns, dtype=bool)
