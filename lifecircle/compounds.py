"""Minutes when closed compounds (小区) are left by their gates alone: one end of a bracket.

The plain minutes let people leave a compound anywhere, these by mapped gates only. The truth lies
between, for few maps have every gate.

- A place in a compound with its street within the wall walks that street to a gate, if the street
  leads to one; so does everybody who passes through by two gates.
- Any other place in a compound walks in a straight line to a gate, and on from the street outside
  that is nearest to the gate; of all gates by the best.
- A place outside whose street lies within a wall goes to the nearest street outside; one whose
  street is closed, to the nearest that is open.
- Who need not leave is not held up: a facility in the same compound is no farther than the straight
  line to it, unless both have a street within the wall.
- Facilities are public, and those in a compound often face the street: they keep their streets.
  Only one whose street leads to no gate is entered by the gates, in a straight line.

Nobody gains by a wall: minutes are max(plain, these), place by place (contract §4).
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.findings import Finding, finding
from lifecircle.geodesy import distance_m, lonlat
from lifecircle.layers.compound_areas import Compounds
from lifecircle.network import Bools, Floats, Ints, StreetNetwork, metres_per_minute
from lifecircle.snapping import MAX_SNAP_M, MIN_COMPONENT_M
from lifecircle.travel import TravelTime, travel_time
from lifecircle.walls import POSITION, Standing, Walled, compound_of, standing, with_walls

Labels = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class _Lines:
    """Straight lines: position of the place, metres, position of what stands at the other end."""

    place: Ints
    metres: Floats
    to: Ints


def gated_time(
    network: StreetNetwork,
    compounds: Compounds,
    demand: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    plain: TravelTime,
    *,
    services: Sequence[str],
    search_minutes: float,
    max_snap_m: float = MAX_SNAP_M,
    min_component_m: float = MIN_COMPONENT_M,
) -> TravelTime:
    """Minutes where compounds are left by their gates only, never fewer than the plain ones.

    Parameters
    ----------
    demand, facilities
        Snapped to `network` (see `lifecircle.snap`).
    plain
        Minutes of the same places to the same services, searched as far, without walls.
    max_snap_m, min_component_m
        Rules of snapping for gates and for who is moved, as for `demand` and `facilities`.

    Returns
    -------
        A table like `plain`: `facility` is where its minutes lead, `rim` and `cut_off` are those
        among walls, `access_m` is the plain one. `NaN` where the place is unsnapped, `inf` where
        nothing is reached within `search_minutes`.
    """
    if compounds.areas.empty:
        return plain
    limits = {"max_snap_m": max_snap_m, "min_component_m": min_component_m}
    walled = with_walls(network, compounds, **limits)
    homes, offered = (standing(each, walled, **limits) for each in (demand, facilities))
    taken = travel_time(
        walled.network,
        pd.concat([homes.places[POSITION], walled.gates[POSITION]], ignore_index=True),
        _entered(offered, walled),
        services=services,
        search_minutes=search_minutes,
    )
    by_gate = homes.snapped & (homes.compound >= 0) & ~homes.inner
    walked = _left_by_gates(taken, by_gate, _to_gates(homes, by_gate, walled))
    for service in services:
        lines = _beside(homes, offered, service)
        names = facilities["facility"].to_numpy(object)[lines.to]
        walked = _or_in_a_line(walked, service, lines, names)
    return _not_below(plain, walked)


def compound_findings(
    network: StreetNetwork,
    compounds: Compounds,
    demands: Mapping[str, gpd.GeoDataFrame],
    *,
    source: str,
    max_snap_m: float = MAX_SNAP_M,
) -> list[Finding]:
    """What the walls cut, and how much of each demand layer lives behind them.

    Parameters
    ----------
    demands
        Places with their `weight`, by the name of their layer.
    source
        The compounds' file, for the words.
    """
    if compounds.areas.empty:
        return []
    walled = with_walls(network, compounds, max_snap_m=max_snap_m)
    told = functools.partial(finding, source=source)
    found = [
        told(
            "compounds",
            "compounds.walls",
            severity="info",
            edges=int(walled.cut.sum()),
            km=network.length_m[walled.cut].sum() / 1000,
        )
    ]
    if walled.left_open:
        count = walled.left_open
        found.append(told("compounds", "compounds.off_streets", count=count, limit_m=max_snap_m))
    for layer, places in demands.items():
        weight, inside = places["weight"].to_numpy(), compound_of(places, walled) >= 0
        share = weight[inside].sum() / weight.sum() if weight.sum() else 0.0
        percent, count = f"{math.floor(share * 1000) / 10:.1f}", int(inside.sum())
        found.append(told(layer, "compounds.inside", severity="info", count=count, percent=percent))
    return found


def _to_gates(stood: Standing, which: Bools, walled: Walled) -> _Lines:
    """Straight lines from some of the places to every gate of their compound."""
    here = pd.DataFrame({"place": np.flatnonzero(which), "compound": stood.compound[which]})
    gates = pd.DataFrame({"to": np.arange(len(walled.gates)), "compound": walled.gates["compound"]})
    return _lines(here.merge(gates, on="compound"), stood.places, walled.gates)


def _beside(homes: Standing, offered: Standing, service: str) -> _Lines:
    """Straight lines to the facilities of a service in a place's own compound.

    Where both have a street of their own within the wall, that is the way.
    """
    offers = (offered.places["service"] == service).to_numpy() & offered.snapped
    kept = [homes.snapped & (homes.compound >= 0), offers & (offered.compound >= 0)]
    here, there = (
        pd.DataFrame({name: np.flatnonzero(which), "compound": each.compound[which]})
        for name, each, which in zip(("place", "to"), (homes, offered), kept, strict=True)
    )
    pairs = here.merge(there, on="compound")
    by_street = homes.inner[pairs["place"]] & offered.inner[pairs["to"]]
    return _lines(pairs[~by_street], homes.places, offered.places)


def _lines(pairs: pd.DataFrame, places: gpd.GeoDataFrame, others: gpd.GeoDataFrame) -> _Lines:
    """The lines between pairs of positions, `place` in one frame and `to` in the other."""
    place, to = pairs["place"].to_numpy(np.int64), pairs["to"].to_numpy(np.int64)
    (lon, lat), (to_lon, to_lat) = lonlat(places), lonlat(others)
    return _Lines(place, distance_m(lon[place], lat[place], to_lon[to], to_lat[to]), to)


def _entered(offered: Standing, walled: Walled) -> gpd.GeoDataFrame:
    """The facilities; those whose street is shut in also by the gates of their compound."""
    edge = offered.places["edge"].to_numpy()
    shut = walled.shut_in[walled.network.u[edge]] & (edge >= 0) & (offered.compound >= 0)
    lines = _to_gates(offered, shut, walled)
    gates = walled.gates.iloc[lines.to]
    doors = offered.places.iloc[lines.place].assign(
        edge=gates["edge"].to_numpy(),
        fraction=gates["fraction"].to_numpy(),
        distance_m=lines.metres + gates["distance_m"].to_numpy(),
    )
    return pd.concat([offered.places, doors], ignore_index=True)


def _left_by_gates(taken: TravelTime, by_gate: Bools, lines: _Lines) -> TravelTime:
    """Minutes of the places alone, from a table of places and then gates."""
    n, pace = len(by_gate), metres_per_minute(taken.speed_kmh)
    place, gate, leg = lines.place, n + lines.to, lines.metres / pace
    rim = np.where(by_gate, np.inf, taken.rim[:n])
    np.fmin.at(rim, place, leg + taken.rim.to_numpy()[gate])
    minutes, facility, cut_off = {}, {}, {}
    for service in taken.minutes:
        reached, names = taken.minutes[service].to_numpy(), taken.facility[service].to_numpy(object)
        minutes[service], facility[service] = _shortest(
            np.where(by_gate, np.inf, reached[:n]),
            np.where(by_gate, "", names[:n]),
            place, leg + reached[gate], names[gate],
        )  # fmt: skip
        # Who found no open street is cut off too.
        without = taken.cut_off[service].to_numpy() | np.isnan(reached)
        cut_off[service] = by_gate | without[:n]
        np.logical_and.at(cut_off[service], place, without[gate])
    return dataclasses.replace(
        taken,
        minutes=pd.DataFrame(minutes, index=range(n)),
        facility=pd.DataFrame(facility, index=range(n), dtype="str"),
        cut_off=pd.DataFrame(cut_off, index=range(n)),
        access_m=taken.access_m[:n],
        rim=pd.Series(rim),
    )


def _or_in_a_line(walked: TravelTime, service: str, lines: _Lines, facility: Labels) -> TravelTime:
    """The same minutes, where a straight line to a facility is not shorter."""
    pace = metres_per_minute(walked.speed_kmh)
    minutes, names = _shortest(
        walked.minutes[service].to_numpy(), walked.facility[service].to_numpy(object),
        lines.place, lines.metres / pace, facility,
    )  # fmt: skip
    return dataclasses.replace(
        walked,
        minutes=walked.minutes.assign(**{service: minutes}),
        facility=walked.facility.assign(**{service: names}),
    )


def _shortest(
    minutes: Floats, facility: Labels, place: Ints, others: Floats, other_facility: Labels
) -> tuple[Floats, Labels]:
    """The least minutes of each place, its own or those of `others` at `place`, and where to."""
    least, names = minutes.copy(), facility.copy()
    np.fmin.at(least, place, others)
    chosen = (others < minutes[place]) & (others == least[place])
    names[place[chosen]] = other_facility[chosen]
    return least, names


def _not_below(plain: TravelTime, walked: TravelTime) -> TravelTime:
    """The plain table where walls cost nothing, else what holds among walls."""
    index, limit = plain.minutes.index, plain.search_minutes
    before, after = plain.minutes[walked.minutes.columns], walked.minutes.set_axis(index)
    after = after.where(after <= limit, np.inf)
    names = walked.facility.set_axis(index).mask(np.isinf(after), "")
    minutes = before.mask(after > before, after)
    rim = walked.rim.set_axis(index)
    rim = rim.where(rim <= limit, np.inf)
    return dataclasses.replace(
        plain,
        minutes=minutes,
        facility=plain.facility[names.columns].mask(after > before, names),
        rim=plain.rim.mask(rim > plain.rim, rim),
        cut_off=walked.cut_off.set_axis(index) & np.isinf(minutes),
    )
