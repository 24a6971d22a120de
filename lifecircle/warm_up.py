"""The first use of the program: its loops are compiled, once, and whoever waits is told."""

from __future__ import annotations

import contextlib

import pyproj

from lifecircle.compiled import COMPILED, ready_file
from lifecircle.contours import isochrones
from lifecircle.network import street_network
from lifecircle.progress import Clock
from lifecircle.sample import town
from lifecircle.snapping import snap
from lifecircle.travel import travel_time


def warm_up(clock: Clock) -> None:
    """Compile what a run needs, if this version of the program never ran on this machine.

    Without this the first run would do the same, some ten seconds, wherever it first needs a loop.
    """
    ready = ready_file()
    if not COMPILED or ready.exists():
        return
    clock.start("compiling")
    made = town()
    network = street_network(made.streets, crs=pyproj.CRS("EPSG:4549"))
    demand, facilities = snap(made.demand, network), snap(made.facilities, network)
    travel_time(network, demand, facilities)
    isochrones(network, facilities, made.standard.at(3))
    with contextlib.suppress(OSError):  # then it is told again next time
        ready.parent.mkdir(parents=True, exist_ok=True)
        ready.touch()
