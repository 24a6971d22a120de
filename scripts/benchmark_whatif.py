"""What a changed list costs: `python scripts/benchmark_whatif.py [--nodes N] [--definitions 6]`.

On the synthetic city with eight services, from layers in memory: the rates at once (`rates_if`) and
the whole run (`what_if`) with a facility added, closed or moved, beside a fresh run of everything
(`rated`). Prints medians in seconds and how many times as long the fresh run takes; every answer is
held against the fresh run's.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from benchmark_definitions import SIX, checked, layers

import lifecircle as lc
from lifecircle.changes import changes_to
from lifecircle.pipeline import rated
from lifecircle.scenario import with_changes


def changes_of(run: lc.Analysis, seed: int) -> dict[str, dict[str, list]]:
    """One facility added where people live, one closed, one moved there."""
    rng = np.random.default_rng(seed)
    snapped = run.demand[run.demand["edge"] >= 0]
    place = snapped.geometry.iloc[rng.integers(len(snapped))]
    service = rng.choice(run.standard.keys)
    own = run.facilities.loc[run.facilities["service"] == service, "facility"]
    name = str(own.iloc[rng.integers(len(own))])
    return {
        "add": {"add": [(service, place.x, place.y)]},
        "close": {"close": [name]},
        "move": {"move": [(name, place.x, place.y)]},
    }


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of some work, and what came out."""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--definitions", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    made = lc.sample_city(nodes=options.nodes, services=8)
    run = rated(checked(made, layers(made), SIX[: options.definitions]))
    prepare_s, base = timed(lambda: lc.baseline(run))
    lc.rates_if(base, **changes_of(run, 0)["move"])
    taken: dict[str, list[float]] = {}
    for seed in range(1, options.repeat + 1):
        for kind, changes in changes_of(run, seed).items():
            anew = with_changes(run.layers, changes_to(run.facilities, **changes))
            quick_s, quick = timed(lambda changes=changes: lc.rates_if(base, **changes))
            fresh_s, fresh = timed(lambda anew=anew: rated(anew))
            taken.setdefault(kind, []).append(quick_s)
            taken.setdefault("fresh", []).append(fresh_s)
            pd.testing.assert_frame_equal(quick, fresh.coverage[quick.columns], check_exact=True)
        whole_s, _ = timed(lambda seed=seed: lc.what_if(run, **changes_of(run, seed)["add"]))
        taken.setdefault("what_if", []).append(whole_s)
    median = {kind: statistics.median(values) for kind, values in taken.items()}
    result = {
        "nodes": options.nodes,
        "places": len(run.demand),
        "facilities": int(run.facilities["facility"].nunique()),
        "definitions": len(run.definitions),
        "baseline_s": round(prepare_s, 3),
        "seconds": {kind: round(value, 4) for kind, value in median.items()},
        "times": {kind: round(median["fresh"] / value) for kind, value in median.items()},
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
