"""What the workbook costs: `python scripts/benchmark_workbook.py [--zones N]`.

A synthetic city of ten services, cut into as many zones as asked (215, as many as Shanghai has),
in 16 parents, is rated under three and six definitions, certainty and side tables included; the
workbook of each is then written. Prints seconds (the median of `--repeat`) and megabytes.
"""

import argparse
import dataclasses
import json
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from benchmark_definitions import SIX, checked, layers

from lifecircle.outputs.workbook import write_workbook
from lifecircle.pipeline import rated
from lifecircle.report import ReportContent
from lifecircle.sample import SampleCity, city


def cut(made: SampleCity, zones: int) -> SampleCity:
    """The same city in this many zones: squares of a grid, those left over joined to the last."""
    west, south, east, north = made.demand.total_bounds
    side = int(np.ceil(np.sqrt(zones)))
    x = np.linspace(west, east + 1e-9, side + 1)
    y = np.linspace(south, north + 1e-9, side + 1)
    column = np.searchsorted(x, made.demand.geometry.x, side="right") - 1
    row = np.searchsorted(y, made.demand.geometry.y, side="right") - 1
    number = np.minimum(row * side + column, zones - 1)
    ids = np.array([f"31{n:07d}" for n in range(zones)])
    squares = [
        shapely.box(x[n % side], y[n // side], x[n % side + 1], y[n // side + 1])
        for n in range(zones)
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": [f"第{n}街道" for n in range(zones)],
            "parent": [f"第{n % 16}区" for n in range(zones)],
            "area_type": "",
        },
        geometry=squares,
        index=ids,
        crs="EPSG:4326",
    )
    return dataclasses.replace(made, zones=frame, demand=made.demand.assign(zone=ids[number]))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--zones", type=int, default=215)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    made = cut(city(nodes=options.nodes, services=10), options.zones)
    streets = layers(made)
    result: dict[str, object] = {"zones": options.zones, "services": 10}
    for number in (3, 6):
        analysis = rated(checked(made, streets, SIX[:number]))
        names = {field.name for field in dataclasses.fields(ReportContent)}
        parts = {name: value for name, value in vars(analysis).items() if name in names}
        content = ReportContent(**parts)
        taken = []
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "coverage.xlsx"
            for _ in range(options.repeat):
                start = time.perf_counter()
                write_workbook(path, content)
                taken.append(time.perf_counter() - start)
            megabytes = path.stat().st_size / 1e6
        result[f"{number}_definitions"] = {
            "rows": len(content.coverage),
            "seconds": round(statistics.median(taken), 2),
            "megabytes": round(megabytes, 2),
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
