"""What six definitions cost beside one: `python scripts/benchmark_definitions.py [--nodes N]`.

On the synthetic city, from arrays in memory: the street network, snapping, minutes, rates,
certainty, tables and identities of one definition and of six (people, two groups at their own
speed, step-free, straight line, ten minutes) over ten services. Prints seconds and ratios of the
same process, interleaved; `rated` leaves out network and snapping, which all definitions share.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

from lifecircle.checked_layers import Checked, OnStreets
from lifecircle.crs import metric_crs
from lifecircle.definitions import definitions_of
from lifecircle.grounds import grounds_of, with_certainty
from lifecircle.measured import measure
from lifecircle.network import street_network
from lifecircle.pipeline import rated
from lifecircle.project.tables import Project
from lifecircle.rates import coverage_of
from lifecircle.sample import CENTRE, SampleCity, city
from lifecircle.snapping import snap

SIX = [
    {"key": "people", "demand": "people"},
    {"key": "aged_60", "demand": "people", "group": "aged_60", "speed_kmh": 3.2},
    {"key": "children", "demand": "people", "group": "age_0_14", "speed_kmh": 3.6},
    {"key": "step_free", "demand": "people", "steps": "avoid"},
    {"key": "radius", "demand": "people", "metric": "radius"},
    {"key": "ten_minutes", "demand": "people", "minutes": 10.0},
]


def layers(made: SampleCity) -> OnStreets:
    """The city's layers on its streets."""
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    return OnStreets(
        network, snap(made.facilities, network), {"people": snap(made.demand, network)}
    )


def checked(made: SampleCity, streets: OnStreets, definitions: list[dict[str, object]]) -> Checked:
    """What intake would hand on."""
    project = Project.model_validate(
        {
            "schema": 1,
            "network": {"source": "city"},
            "zones": {"source": "city"},
            "demand": [{"name": "people", "source": "city", "unit": "persons"}],
            "facilities": [{"name": "sample", "source": "city", "service_column": "service"}],
            "definitions": definitions,
        }
    )
    standards = {
        str(one["key"]): made.standard.at(float(one["minutes"])) if "minutes" in one
        else made.standard
        for one in definitions
    }  # fmt: skip
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


def seconds_of_certainty(made: SampleCity, run: Checked) -> float:
    """Seconds that certainty adds to the table of one definition."""
    analysis = rated(run)
    definition, demand = analysis.definition, analysis.demand
    counted = measure(
        analysis.travel_time, demand, made.zones, analysis.standard_of(definition), definition
    )
    table = coverage_of(counted, made.zones)
    start = time.perf_counter()
    known = grounds_of(
        run.project,
        run.project.demand[0],
        demand,
        run.facilities,
        line=analysis.measured["people"]["radius"],
        crs=run.network.crs,
    )
    with_certainty(table, counted, made.zones, known)
    return time.perf_counter() - start


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    made = city(nodes=options.nodes, services=10)
    streets = layers(made)
    one, six = checked(made, streets, SIX[:1]), checked(made, streets, SIX)
    taken: dict[str, list[float]] = {"one": [], "six": [], "layers": []}
    for _ in range(options.repeat):
        start = time.perf_counter()
        layers(made)
        taken["layers"].append(time.perf_counter() - start)
        for name, run in (("one", one), ("six", six)):
            start = time.perf_counter()
            analysis = rated(run)
            taken[name].append(time.perf_counter() - start)
    median = {name: statistics.median(values) for name, values in taken.items()}
    shared = median["layers"]
    result = {
        "nodes": options.nodes,
        "places": len(made.demand),
        "facilities": made.facilities["facility"].nunique(),
        "zones": len(made.zones),
        "rows": len(analysis.coverage),
        "one_s": round(shared + median["one"], 3),
        "six_s": round(shared + median["six"], 3),
        "ratio": round((shared + median["six"]) / (shared + median["one"]), 2),
        "rated_one_s": round(median["one"], 3),
        "rated_six_s": round(median["six"], 3),
        "rated_ratio": round(median["six"] / median["one"], 2),
        "certainty_s": round(seconds_of_certainty(made, one), 3),
        "steps_of_six_s": {key: round(value, 3) for key, value in analysis.seconds.items()},
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
