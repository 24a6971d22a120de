"""A kill at any moment, or a folder that cannot be written, leaves the earlier results whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import pytest

from lifecircle import open_run
from lifecircle.outputs.folder import verify
from tests.conftest import ROOT
from tests.messy import City

KILLS = 12


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city with the complete results of a first run, where half of the people are covered."""
    city = City(tmp_path_factory.mktemp("老 城"))
    assert run(city) == 0
    assert covered(city) == 200
    return city


def start(city: City, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lifecircle", "run", str(city.project), "--quiet", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=environment)


def run(city: City, *options: str) -> int:
    process = start(city, *options)
    process.communicate(timeout=120)
    return process.returncode


def covered(city: City) -> float:
    """Persons within reach of a health centre, from the files alone."""
    verify(city.out)
    coverage = open_run(city.out, streets=False).coverage
    row = coverage[(coverage["level"] == "city") & (coverage["service"] == "health")]
    return float(row["covered"].iloc[0])


# Twice the speed takes the last 200 persons, 1,100 m away, into reach: 400 instead of 200.
FASTER = ("--set", "network.speed_kmh=8")


def writing(city: City) -> bool:
    return any(city.out.glob(".lifecircle-*"))


def test_a_kill_at_any_moment_leaves_one_whole_result(city: City) -> None:
    """Some kills while it reads and computes, most while it writes and moves."""
    moments = random.Random(12)  # noqa: S311 - no secret
    seen = set()
    for number in range(KILLS):
        process = start(city, *FASTER)
        if number % 4 == 0:
            time.sleep(moments.uniform(0.0, 1.0))
        else:
            while process.poll() is None and not writing(city):
                time.sleep(0.002)
            time.sleep(moments.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        seen.add(covered(city))
    assert seen <= {200, 400}
    assert 200 in seen, "no kill came before the end"
    assert run(city, *FASTER) == 0
    assert covered(city) == 400
    assert not writing(city)
    assert not (city.out / ".lifecircle.lock").exists()
