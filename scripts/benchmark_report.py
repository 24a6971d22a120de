"""How long report.html takes and how large it is: `python scripts/benchmark_report.py [--nodes N]`.

A whole run of the synthetic city, from arrays in memory: ten services, three definitions, as many
zones, places and facilities as a city of so many street nodes has. Writes the page into `--out` and
prints seconds and megabytes of each part of its data. `--keep FILE` saves the run for the next time.
"""  # noqa: E501

import argparse
import json
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
from benchmark_definitions import checked, layers

from lifecircle.analysis import Analysis
from lifecircle.pipeline import rated
from lifecircle.report import report_html
from lifecircle.report.data import script_json
from lifecircle.report.view import page_view
from lifecircle.runs import report_content
from lifecircle.sample import city

THREE = [
    {"key": "people", "demand": "people"},
    {"key": "aged_60", "demand": "people", "group": "aged_60", "speed_kmh": 3.2},
    {"key": "ten_minutes", "demand": "people", "minutes": 10.0},
]


def analysis_of(nodes: int) -> Analysis:
    """The run of a city of so many street nodes."""
    made = city(nodes=nodes, services=10)
    streets = layers(made)
    named = [streets.facilities, *streets.demands.values()][0]
    streets.facilities["name"] = _names(named)
    return rated(checked(made, streets, THREE))


def _names(facilities: gpd.GeoDataFrame) -> list[str]:
    """Names as long as those of real lists."""
    numbers = facilities["facility"].str.rpartition("-")[2]
    return ("示例街道第" + numbers + "社区公共服务站").tolist()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds it takes."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_075_000)
    parser.add_argument("--out", type=Path, default=Path("report-benchmark"))
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if options.keep and options.keep.exists():
        analysis = pickle.loads(options.keep.read_bytes())  # noqa: S301 - our own file
    else:
        analysis = analysis_of(options.nodes)
        if options.keep:
            options.keep.write_bytes(pickle.dumps(analysis))
    content, content_s = timed(lambda: report_content(analysis, {}))
    view, view_s = timed(lambda: page_view(content))
    page, page_s = timed(lambda: report_html(content))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.html").write_text(page, encoding="utf-8")
