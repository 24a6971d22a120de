"""`scripts/simulate_confidence.py` with few draws: a band holds the truth as often as it says."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from lifecircle.sample import city

SCRIPT = Path(__file__).parent.parent / "scripts" / "simulate_confidence.py"
DRAWS = 40


@pytest.fixture(scope="module")
def simulate() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("simulate_confidence", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for their module there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def world(simulate: ModuleType) -> object:
    return simulate.sample_world(city(nodes=10_000, seed=2, services=3))


# If the band holds nine times in ten, a share over so many draws is off by less than this: three
# standard errors of a binomial share, as if all units of a city were right or wrong together.
SLACK = 3 * math.sqrt(0.9 * 0.1 / DRAWS)


@pytest.mark.parametrize("source", ["facilities", "demand", "network", "allocation", "together"])
def test_the_band_holds_the_truth_nine_times_in_ten(simulate, world, source):
    rows = simulate.simulated(world, source, draws=DRAWS, rng=np.random.default_rng(5))
    [squares] = [row for row in rows if row["level"] == "square"]
    assert squares["cells"] > 30
    assert 0.9 - SLACK <= squares["holds"] <= 0.9 + SLACK
    # A root mean square of so many draws is known to 3 / √(2 n).
    assert squares["ratio"] == pytest.approx(1, abs=3 / math.sqrt(2 * DRAWS))


@pytest.mark.parametrize(("source", "least"), [("facilities", 0.8), ("demand", 0.7)])
def test_it_holds_nearly_as_often_if_things_are_really_moved(simulate, world, source, least):
    moved = f"{source}, really moved"
    rows = simulate.simulated(world, moved, draws=DRAWS // 2, rng=np.random.default_rng(5))
    [squares] = [row for row in rows if row["level"] == "square"]
    assert squares["holds"] >= least
    if source == "facilities":
        # The density at the limit, with a metre off taken for a metre on foot, is too narrow.
        assert squares["holds"] > squares["holds_linear"] + 0.05


def test_independent_noise_would_be_far_too_narrow(simulate, world):
    """The usual mistake: each place its own error, where all of a facility share one."""
    truth, metres = simulate.measured(world), simulate.FACILITY_M
    zone = np.repeat(world.level, len(world.services)) == "zone"
    shared = simulate.closed_form(world, truth, (metres, 0, 0, 0))["sd"][zone]
    own = simulate.closed_form(world, truth, (0, metres, 0, 0))["sd"][zone]
    assert 2 < (shared / own).median() < 7


def test_the_bounds_hold_where_streets_end_at_a_rim(simulate):
    found = simulate.one_sided("rim", draws=2, nodes=20_000, seed=1)
    assert found["cells"] > 20
    assert found["holds"] > 0.9
    # Lines to listed facilities alone would deny what stands beyond the rim.
    assert found["holds_below_line"] < 0.9


def test_missing_paths_within_the_streets_show_only_under_the_straight_line(simulate):
    found = simulate.one_sided("paths", draws=1, nodes=20_000, seed=1)
    assert found["line_holds"] == 1.0


@pytest.mark.slow
def test_the_script_prints_and_writes_its_figures(tmp_path):
    command = [
        sys.executable,
        SCRIPT,
        "--draws",
        "2",
        "--nodes",
        "6000",
        "--json",
        tmp_path / "f.json",
    ]
    ran = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stderr
    rows = json.loads((tmp_path / "f.json").read_text("utf-8"))
    assert {row["source"] for row in rows} >= {"facilities", "together", "rim", "paths"}
    assert {row["city"] for row in rows} == {"synthetic city", "Monaco", "synthetic cities"}
    assert "really moved" in ran.stdout
