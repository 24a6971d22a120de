"""A run in parts on one worker and on two: `python scripts/benchmark_distributed.py [--nodes N]`.

On the synthetic city, from arrays in memory: eight equal parts, ten services, on foot, on foot
without steps and in a straight line. Every worker is a process of one thread, held to a core of its
own, so that one worker is a machine with one core and two are two. Both are timed in turn and the
quickest counts, for whatever else runs on the machine only adds. Timed is everything from the
layers on their streets to the table of minutes: cutting, writing, searching, putting together.
Prints seconds, their ratio, the peak memory of workers beside what is reckoned with, and the
machine's load before and after; with several `--nodes` the growth by the size of the city.
"""

import argparse
import json
import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import distributed
import numpy as np

from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.cluster import BASE_BYTES
from lifecircle.crs import metric_crs
from lifecircle.cutting import edges_in, widened
from lifecircle.definitions import definitions_of
from lifecircle.distributed import times_on
from lifecircle.division import divided, part_of
from lifecircle.network import street_network
from lifecircle.parts import part_key
from lifecircle.project.tables import Project
from lifecircle.sample import CENTRE, city
from lifecircle.searches import Times, measured_times, searches_of
from lifecircle.snapping import snap

DEFINITIONS = [
    {"key": "people", "demand": "people"},
    {"key": "step_free", "demand": "people", "steps": "avoid"},
    {"key": "radius", "demand": "people", "metric": "radius"},
]
SERVICES = 10


def checked(nodes: int) -> Checked:
    """What intake would hand on."""
    made = city(nodes=nodes, services=SERVICES)
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    streets = OnStreets(
        network, snap(made.facilities, network), {"people": snap(made.demand, network)}
    )
    project = Project.model_validate(
        {
            "schema": 1,
            "network": {"source": "city", "search_minutes": 30},
            "zones": {"source": "city"},
            "demand": [{"name": "people", "source": "city"}],
            "facilities": [{"name": "sample", "source": "city", "service_column": "service"}],
            "definitions": DEFINITIONS,
        }
    )
    standards = {str(one["key"]): made.standard for one in DEFINITIONS}
    return Checked(
        project=project,
        standards=standards,
        definitions=definitions_of(project, standards),
        zones=made.zones,
        streets={"walk": streets},
        given=frozenset(made.standard.keys),
        findings=(),
        sources=(),
        seconds={},
    )


def peak_mb() -> float:
    """The most memory that this process ever took; what its parent took is not its own."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return float(status["VmHWM"].split()[0]) / 1024


def clients(stack: ExitStack) -> dict[int, Any]:
    """Clients of a cluster of one worker and of one of two, each worker on its own core."""
    found = {}
    for workers in (1, 2):
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                memory_limit="4GB",
            )
        )
        found[workers] = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        for core, worker in enumerate(found[workers].scheduler_info()["workers"]):
            found[workers].run(os.sched_setaffinity, 0, {core}, workers=[worker])
    return found


def farthest(one: Times, other: Times) -> float:
    """The greatest difference of two runs in minutes; infinite where only one knows any."""
    gap = 0.0
    for name, methods in one.items():
        for key, taken in methods.items():
            mine, theirs = taken.minutes.to_numpy(), other[name][key].minutes.to_numpy()
            if not (np.isfinite(mine) == np.isfinite(theirs)).all():
                return float("inf")
            known = np.isfinite(mine)
            gap = max(gap, float(np.abs(mine[known] - theirs[known]).max(initial=0.0)))
    return gap


def measured(nodes: int, parts: int, repeat: int) -> dict[str, Any]:
    """Seconds, ratio and memory of one city."""
    run, before = checked(nodes), os.getloadavg()[0]
    wanted = searches_of(run, run.definitions)
    start = time.perf_counter()
    whole = measured_times(run, run.definitions)
    one_machine_s = time.perf_counter() - start
    start = time.perf_counter()
    division = divided(run, wanted, parts=parts)
    pieces = [part_of(division, number) for number in range(parts)]
    for piece in pieces:
        part_key(piece)
    cut_s = time.perf_counter() - start
    streets = division.streets["walk"]
    edges = [edges_in(streets.spans, widened(box, streets.margin_m)) for box in division.boxes]
    del pieces
    taken: dict[int, list[float]] = {1: [], 2: []}
    with ExitStack() as stack:
        by_workers = clients(stack)
        for _ in range(repeat):
            for workers, client in by_workers.items():
                with tempfile.TemporaryDirectory() as folder:
                    start = time.perf_counter()
                    spread = times_on(client, run, run.definitions, work=Path(folder), parts=parts)
                    taken[workers].append(time.perf_counter() - start)
        worker_mb = max(max(each.run(peak_mb).values()) for each in by_workers.values())
    # The quickest of each: whatever else runs on the machine only ever adds.
    first, second = (min(taken[workers]) for workers in (1, 2))
    return {
        "nodes": nodes,
        "edges": len(run.network.u),
        "places": len(run.demands["people"]),
        "parts": parts,
        "edges_of_a_part": [min(edges), max(edges)],
        "one_machine_s": round(one_machine_s, 2),
        "cut_s": round(cut_s, 2),
        "one_worker_s": round(first, 2),
        "two_workers_s": round(second, 2),
        "ratio": round(first / second, 2),
        "worker_peak_mb": round(worker_mb),
        "worker_stated_mb": round((BASE_BYTES + max(division.bytes)) / 1e6),
        "coordinator_peak_mb": round(peak_mb()),
        "greatest_difference_min": farthest(whole, spread.times),
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[300_000])
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=4)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [measured(nodes, options.parts, options.repeat) for nodes in options.nodes]
    print(json.dumps(rows, indent=1))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
