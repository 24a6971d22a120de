"""What report.html of a large city costs: `python scripts/benchmark_report.py [--nodes N] [--out DIR]`.

A whole run of the synthetic city, from arrays in memory: ten services, three definitions, and as
many zones, places and facilities as a city of so many street nodes has. Writes DIR/report.html, and
prints seconds and megabytes of the page and of each part of its data.
"""  # noqa: E501

import argparse
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmark_definitions import checked, layers

from lifecircle.analysis import Analysis
from lifecircle.contents import report_content
from lifecircle.pipeline import rated
from lifecircle.report import report_html
from lifecircle.report.backdrop import streets_picture
from lifecircle.report.budget import LIMIT_BYTES, fit
from lifecircle.report.content import ReportContent
from lifecircle.report.data import script_json
from lifecircle.report.facility_points import packed_facilities
from lifecircle.report.outlines import box_of, zone_outlines
from lifecircle.sample import city

THREE: list[dict[str, object]] = [
    {"key": "people", "demand": "people"},
    {"key": "aged_60", "demand": "people", "group": "aged_60", "speed_kmh": 3.2},
    {"key": "ten_minutes", "demand": "people", "minutes": 10.0},
]
DATA = re.compile(r'<script type="application/json" id="lc-data">(.*?)</script>', re.DOTALL)


def run_of(nodes: int) -> Analysis:
    """The run of a city of so many street nodes, its facilities with names as long as real ones."""
    made = city(nodes=nodes, services=10)
    streets = layers(made)
    number = streets.facilities["facility"].str.rpartition("-")[2]
    streets.facilities["name"] = "街道社区服务" + number + "站"
    return rated(checked(made, streets, THREE))


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and its seconds."""
    start = time.perf_counter()
    return work(), round(time.perf_counter() - start, 3)


def megabytes(text: str) -> float:
    """Of a text as it is written."""
    return round(len(text.encode()) / 1e6, 3)


def seconds_of_parts(content: ReportContent) -> dict[str, float]:
    """Seconds of the parts of the data that grow with the city."""
    box = box_of(content.zones)
    services = content.standard.keys
    work: dict[str, Callable[[], Any]] = {
        "zones": lambda: zone_outlines(content.zones),
        "streets": lambda: streets_picture(content.network, box),
        "facilities": lambda: packed_facilities(content.facilities, services, content.catchments),
    }
    return {name: timed(make)[1] for name, make in work.items()}


def main() -> None:
    """Run, write and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_075_000)
    parser.add_argument("--out", type=Path, default=Path("report-benchmark"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    run, run_s = timed(lambda: run_of(options.nodes))
    content, content_s = timed(lambda: report_content(run, run.seconds))
    page, page_s = timed(lambda: report_html(content))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.html").write_text(page, encoding="utf-8")
    text = DATA.findall(page)[0]
    block = json.loads(text)
    other = len(page.encode()) - len(text.encode())
    result = {
        "nodes": options.nodes,
        "zones": len(run.zones),
        "places": len(run.demand),
        "facilities": run.facilities["facility"].nunique(),
        "run_s": run_s,
        "content_s": content_s,
        "page_s": page_s,
        "parts_s": seconds_of_parts(content),
        "page_mb": megabytes(page),
        "data_mb": {part: megabytes(script_json(value)) for part, value in block.items()},
        "left_out": fit(block, other, limit=LIMIT_BYTES)[1] or block["dropped"],
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
