"""A kill at any moment, or a folder that cannot be written, leaves the earlier results whole."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lifecircle import open_run
from lifecircle.command.cli import app
from lifecircle.outputs.folder import RUN, verify
from tests.conftest import ROOT
from tests.messy import City

# At 8 km/h the last 200 persons, 1,100 m from clinic B, are within reach too.
SPEED = {200.0: "network.speed_kmh=4", 400.0: "network.speed_kmh=8"}
PATIENCE_S = 60

# Imports what a run needs once, then runs commands, each in a process of its own, one at a time.
SERVER = """
import json, os, sys
import lifecircle.command.cli, lifecircle.pipeline, lifecircle.runs
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        lifecircle.command.cli.app(json.loads(line))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
Kill = Callable[[], None]
Start = Callable[[list[str]], Kill]


def process(*arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, env=environment, encoding="utf-8", **pipes)


def start_alone(arguments: list[str]) -> Kill:
    """Runs the command as a person does; returns what kills it."""
    running = process("-m", "lifecircle", *arguments)

    def kill() -> None:
        running.kill()
        running.communicate()

    return kill


@contextmanager
def many_starts() -> Iterator[Start]:
    """The same, much faster where processes can be copied."""
    if not hasattr(os, "fork"):
        yield start_alone
        return
    server = process("-c", SERVER)
    assert server.stdin is not None
    assert server.stdout is not None
    requests, answers = server.stdin, server.stdout

    def start(arguments: list[str]) -> Kill:
        print(json.dumps(arguments), file=requests, flush=True)
        pid = int(answers.readline())

        def kill() -> None:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pid, 9)
            assert answers.readline() == "ended\n"

        return kill

    yield start
    server.communicate()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("老 城"))


def run(city: City, *options: str) -> int:
    """Runs the city here; returns the exit code."""
    with pytest.raises(SystemExit) as ended:
        app(["run", str(city.project), "--quiet", *options])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def results(city: City) -> float:
    """Persons covered in a complete earlier run."""
    if not (city.out / RUN).exists():
        assert run(city) == 0
    return covered(city)


def covered(city: City) -> float:
    """Persons within reach of a health centre, from the files alone, all of which must fit."""
    verify(city.out)
    coverage = open_run(city.out, streets=False).coverage
    row = coverage[(coverage["level"] == "city") & (coverage["service"] == "health")]
    return float(row["covered"].iloc[0])


def marks(city: City, pattern: str) -> set[object]:
    """What tells how far a run has come: files of this name, and when `run.json` was written."""
    return {*city.out.glob(pattern), (city.out / RUN).stat().st_mtime_ns}


def wait_for(city: City, pattern: str, before: set[object]) -> None:
    """Until there is a mark that was not there before; killed runs leave some behind."""
    deadline = time.monotonic() + PATIENCE_S
    while not marks(city, pattern) - before:
        assert time.monotonic() < deadline
        time.sleep(0)


def test_a_kill_at_any_moment_leaves_one_whole_result(city: City, results: float) -> None:
    """While it reads and computes, while it writes, and while it moves."""
    moments = random.Random(12)  # noqa: S311 - no secret
    phases = [("", 0.5), (".lifecircle-*", 0.4), (".lifecircle-*/.moves.json", 0.0)]
    earlier, kept = results, 0
    with many_starts() as start:
        for pattern, longest_s in phases * (3 if hasattr(os, "fork") else 1):
            new = min(SPEED.keys() - {earlier})
            before = marks(city, pattern or "*")
            kill = start(["run", str(city.project), "--quiet", "--set", SPEED[new]])
            if pattern:
                wait_for(city, pattern, before)
            time.sleep(moments.uniform(0.0, longest_s))
            kill()
            now = covered(city)
            assert now in (earlier, new)
            kept += now == earlier
            earlier = now
    assert kept, "no kill came before the end"
    assert run(city) == 0
    assert covered(city) == 200
    assert not list(city.out.glob(".lifecircle*"))


def test_a_kill_of_the_command_itself(city: City, results: float) -> None:
    new = min(SPEED.keys() - {results})
    before = marks(city, ".lifecircle-*")
    kill = start_alone(["run", str(city.project), "--quiet", "--set", SPEED[new]])
    wait_for(city, ".lifecircle-*", before)
    kill()
    assert covered(city) == results


# Folders that cannot be written ------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_folder_without_the_right_to_write(
    city: City, results: float, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(city.out)
    city.out.chmod(0o500)
    try:
        assert run(city, "--lang", "zh") == 2
    finally:
        city.out.chmod(0o700)
    assert "无法写入文件夹" in capsys.readouterr().err
    assert contents(city.out) == before


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc, where nobody may write")
def test_a_place_where_no_folder_can_be_made(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(city, "--out", "/proc/结果", "--lang", "zh") == 2
    assert "无法写入文件夹 /proc/结果" in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    file = city.path("结果")
    file.write_text("mine", encoding="utf-8")
    assert run(city, "--out", str(file), "--lang", "zh") == 2
    assert capsys.readouterr().err == f"--out {file} 是一个文件。请写文件夹；没有时会自动新建。\n"
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_folder_in_the_place_of_a_file(
    city: City, results: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "coverage.csv").mkdir()
    (tmp_path / "coverage.csv" / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "findings.csv").write_text("of an earlier run", encoding="utf-8")
    assert run(city, "--out", str(tmp_path), "--lang", "en") == 2
    words = capsys.readouterr().err
    assert words.startswith(f"coverage.csv in {tmp_path} cannot be replaced; nothing was.")
    assert "rename a folder of that name" in words
    (kept,) = tmp_path.glob(".lifecircle-*")
    assert str(kept) in words
    assert verify(kept)
    assert (tmp_path / "findings.csv").read_text(encoding="utf-8") == "of an earlier run"
    assert (tmp_path / "coverage.csv" / "mine.txt").exists()
