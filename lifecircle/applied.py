"""The minutes that apply: for each place and service by the mode, metric and speed that hold there.

A standard may let villagers cycle where others walk, or measure one service in a straight line; a
definition may test each service with the people it is for. All are put together from the tables of
minutes that were searched, without a new search.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.definitions import OWN, Definition, method, steps_in
from lifecircle.layers.zones import OUTSIDE
from lifecircle.network import Ints
from lifecircle.standards import Service, Standard
from lifecircle.travel import TravelTime


@dataclass(frozen=True, eq=False)
class Areas:
    """The area type of each place, and the kind of place in it (`town`, `town:village`).

    `code` is the position in `labels` of each place.
    """

    labels: tuple[str, ...]
    code: Ints


@dataclass(frozen=True)
class _Way:
    """How a service is reached: by the quickest of some tables, at their speeds (km/h)."""

    methods: tuple[str, ...]
    speeds_kmh: tuple[float, ...]


def area_types(zones: pd.DataFrame) -> pd.Series[str]:
    """What the standard calls the area type of each zone."""
    return zones["area_kind"] if "area_kind" in zones else zones["area_type"]


def areas_of(demand: pd.DataFrame, zones: pd.DataFrame) -> Areas:
    """The area of each demand place: that of its zone, with its own kind where it has one.

    >>> zones = pd.DataFrame({"area_type": ["town"]}, index=["a"])
    >>> demand = pd.DataFrame({"zone": ["a", "(outside)"], "kind": ["village", ""]})
    >>> areas = areas_of(demand, zones)
    >>> [areas.labels[code] for code in areas.code]
    ['town:village', '']
    """
    types = pd.concat([area_types(zones), pd.Series({OUTSIDE: ""})])
    label = types.reindex(demand["zone"]).fillna("").to_numpy(dtype=object)
    if "kind" in demand:
        kind = demand["kind"].to_numpy(dtype=object)
        label = np.where(kind == "", label, label + ":" + kind)
    code, labels = pd.factorize(label)
    return Areas(tuple(map(str, labels)), code.astype(np.int64))


def applied_time(
    measured: Mapping[str, TravelTime], areas: Areas, standard: Standard, definition: Definition
) -> TravelTime:
    """The minutes by which a definition judges, place by place and service by service.

    Parameters
    ----------
    measured
        Tables of minutes by method (`walk`, `walk__stepfree`, `cycle`, `radius`); same places.
    areas
        The area of each place, which may choose the mode.

    Returns
    -------
        A table at the definition's speed. Where one method serves everything it is that table
        itself, at the speed it was searched with.
    """
    services = [s for s in standard.services if _known(s, measured, definition)]
    ways = {
        s.key: [_way(s, label, standard, definition, measured) for label in areas.labels]
        for s in services
    }
    usual = _Way((base_method(definition),), (definition.speed_kmh,))
    if all(way == usual for each in ways.values() for way in each) and usual.methods[0] in measured:
        return measured[usual.methods[0]]
    columns = {key: _column(key, way, areas, measured) for key, way in ways.items()}
    return _joined(columns, ways, measured, definition)


def base_method(definition: Definition) -> str:
    """The method of the definition's own mode, of several the first."""
    mode = definition.mode.partition("|")[0]
    return method(definition.metric, mode, steps_in(mode, definition))


def _known(service: Service, measured: Mapping[str, TravelTime], definition: Definition) -> bool:
    """Whether facilities of the service were given, so that there are minutes to it."""
    first = measured.get(base_method(definition)) or next(iter(measured.values()))
    return service.key in first.minutes


def _way(
    service: Service,
    label: str,
    standard: Standard,
    definition: Definition,
    measured: Mapping[str, TravelTime],
) -> _Way:
    """How a service is reached from places of this area."""
    mode = service.mode_in(label) or definition.mode
    first = definition.mode.partition("|")[0]
    own = standard.speed_of(service.group) if definition.group == OWN else None
    said = (definition.speed_kmh, *definition.other_speeds_kmh)
    known = dict(zip(definition.mode.split("|"), said, strict=False))
    methods, speeds = [], []
    for part in mode.split("|"):
        key = method(service.metric or definition.metric, part, steps_in(part, definition))
        # Straight lines are measured once, at no mode's own speed.
        usual = known.get(part) or measured.get(part, measured[key]).speed_kmh
        methods.append(key)
        speeds.append((own or usual) if part == first else usual)
    return _Way(tuple(methods), tuple(speeds))


def _column(
    service: str, ways: Sequence[_Way], areas: Areas, measured: Mapping[str, TravelTime]
) -> pd.DataFrame:
    """Minutes, facility, cut off, rim and access leg of a service, each place by its own way."""
    drawn = {way: _by(way, service, measured) for way in dict.fromkeys(ways)}
    if len(drawn) == 1:
        return next(iter(drawn.values()))
    frame = next(iter(drawn.values())).copy()
    for way, other in list(drawn.items())[1:]:
        here = np.isin(areas.code, [i for i, each in enumerate(ways) if each == way])
        frame.loc[here] = other.loc[here]
    return frame


def _by(way: _Way, service: str, measured: Mapping[str, TravelTime]) -> pd.DataFrame:
    """A service by one way: of several tables the quickest, place by place."""
    frames = [
        _at_speed(measured[key], service, speed)
        for key, speed in zip(way.methods, way.speeds_kmh, strict=True)
    ]
    return functools.reduce(_quicker, frames)


def _at_speed(taken: TravelTime, service: str, speed_kmh: float) -> pd.DataFrame:
    factor = taken.speed_kmh / speed_kmh
    return pd.DataFrame(
        {
            "minutes": taken.minutes[service] * factor,
            "facility": taken.facility[service],
            "cut_off": taken.cut_off[service],
            "rim": taken.rim_of(service) * factor,
            "leg": taken.leg_of(service),
            "speed": speed_kmh,
        }
    )


def _quicker(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Row by row the frame with fewer minutes; what only one of them knows is known."""
    better = (other["minutes"] < one["minutes"]) | (
        one["minutes"].isna() & other["minutes"].notna()
    )
    chosen = one.where(~better, other)
    return chosen.assign(
        cut_off=(one["cut_off"] & other["cut_off"]).to_numpy(),
        rim=np.fmin(one["rim"], other["rim"]),
    )


def _joined(
    columns: Mapping[str, pd.DataFrame],
    ways: Mapping[str, Sequence[_Way]],
    measured: Mapping[str, TravelTime],
    definition: Definition,
) -> TravelTime:
    """The columns of all services as one table at the definition's speed."""
    first = measured.get(base_method(definition)) or next(iter(measured.values()))
    index = first.access_m.index

    def frame(name: str, kind: str) -> pd.DataFrame:
        parts = {key: column[name] for key, column in columns.items()}
        return pd.DataFrame(parts, index=index, columns=list(columns)).astype(
            dict.fromkeys(columns, kind)
        )

    return TravelTime(
        minutes=frame("minutes", "float64"),
        facility=frame("facility", "str"),
        access_m=first.access_m,
        rim=first.rim * (first.speed_kmh / definition.speed_kmh),
        cut_off=frame("cut_off", "bool"),
        speed_kmh=definition.speed_kmh,
        search_minutes=_searched((way for each in ways.values() for way in each), measured),
        rims={key: column["rim"] for key, column in columns.items()},
        legs={key: column["leg"] for key, column in columns.items()},
        speeds={key: column["speed"] for key, column in columns.items()},
    )


def _searched(ways: Iterable[_Way], measured: Mapping[str, TravelTime]) -> float:
    """How many minutes were searched by every way; straight lines have no end."""
    return min(
        (
            measured[key].search_minutes * measured[key].speed_kmh / speed
            for way in ways
            for key, speed in zip(way.methods, way.speeds_kmh, strict=True)
        ),
        default=math.inf,
    )
