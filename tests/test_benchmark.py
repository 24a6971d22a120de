"""The benchmark beside other tools, at a size that takes seconds: what it writes, and how exact."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

KEYS = ["task", "engine", "nodes", "facilities", "seconds", "peak_mb", "max_error_min"]


def benchmark(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "scripts/benchmark.py", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.mark.slow
def test_every_engine_is_timed_and_held_to_the_truth(tmp_path):
    found, page = tmp_path / "found.json", tmp_path / "page.md"
    page.write_text("# Benchmarks\n", encoding="utf-8")
    tasks = "nearest,reach,snap,coverage,whatif"
    options = ["--nodes", "1500", "--tasks", tasks, "--repeat", "1", "--budget", "20"]
    ended = benchmark(*options, "--json", str(found), "--markdown", str(page))
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(found.read_text("utf-8"))
    assert [list(row) for row in rows] == [KEYS] * len(rows)
    assert {row["task"] for row in rows} == set(tasks.split(","))
    for row in rows:
        assert row["nodes"] == 1500
        assert row["seconds"] > 0
        if row["engine"].startswith("lifecircle"):
            assert row["max_error_min"] < 1e-9
    engines = {row["engine"] for row in rows}
    assert {
        "scipy super-source",
        "networkx multi_source_dijkstra",
        "osmnx nearest_edges",
    } <= engines
    text = page.read_text("utf-8")
    assert text.startswith("# Benchmarks\n")
    assert "## 1,500 nodes" in text
    assert "| lifecircle |" in text


def test_an_unknown_task_is_refused():
    ended = benchmark("--tasks", "flying")
    assert ended.returncode == 2
    assert "flying is no task; there are nearest, reach, snap" in ended.stderr


def test_time_is_predicted_by_a_line_for_much_takes_as_long_in_a_small_city(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import benchmark as script  # noqa: PLC0415
    from _benchmark_engine import Engine, Left, Measured  # noqa: PLC0415

    engine = Engine("run", lambda _: None, lambda *_: None)
    task = script.TASKS["nearest"]

    def known(nodes: int, seconds: float) -> object:
        did = Measured("run", seconds, 1.0, 1, None, None)
        return script.Known(nodes, {("nearest", "run"): did})

    # 8 s that every city takes and 1 s for each 10,000 nodes: with 1 s to prepare, 10 and 12
    two = [known(20_000, 9.0), known(40_000, 11.0)]
    assert script.predicted(engine, task, 1_000_000, two) == pytest.approx(108.0)
    assert script.predicted(engine, task, 1_000_000, two[:1]) == pytest.approx(500.0)
    assert script.predicted(engine, task, 1_000_000, []) == 0.0

    size = script.Size(1_000_000)
    assert script.admitted(task, [engine], size, two, 109.0) == ([engine], [])
    may, (left,) = script.admitted(task, [engine], size, two, 107.0)
    assert (may, left.why) == ([], "left out: about 108 s, predicted from 40,000 nodes")
    slow = [script.Known(40_000, {("nearest", "run"): Left("run", "stopped after 300 s")})]
    may, (left,) = script.admitted(task, [engine], size, slow, 1000.0)
    assert left.why == "not even at 40,000 nodes: stopped after 300 s"
