"""Runs on several machines: a real cluster of worker processes, one of which is killed."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from lifecircle import cluster as clusters
from lifecircle.command.cli import app
from lifecircle.distributed import RETRIES, times_on
from lifecircle.division import divided, part_of
from lifecircle.errors import InputError
from lifecircle.intake import check_layers
from lifecircle.parts import part_key, search_part
from lifecircle.pipeline import rated
from lifecircle.searches import measured_times, searches_of
from tests.conftest import MONACO, ROOT
from tests.parted import assert_same_times, checked_city, in_the_south_west, with_facility

distributed = pytest.importorskip("distributed")

PARTS = 6
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three worker processes of one thread each, and a nanny that replaces whoever dies."""
    with distributed.LocalCluster(
        n_workers=3,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        memory_limit="2GB",
        silence_logs=50,
    ) as started:
        yield started


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    with distributed.Client(cluster, set_as_default=False) as connected:
        yield connected


@pytest.fixture(scope="module")
def checked():
    return checked_city(6_000)


@pytest.fixture(scope="module")
def whole(checked):
    """The minutes that one machine finds."""
    return measured_times(checked, checked.definitions)


def files(folder: Path, pattern: str) -> set[str]:
    return {path.name for path in folder.glob(pattern)}


def run(*arguments: str) -> int:
    """Runs the command here; returns the exit code."""
    with pytest.raises(SystemExit) as ended:
        app([*arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


# Equal to one machine ---------------------------------------------------------------------------


@pytest.mark.slow
def test_workers_find_what_one_machine_finds(client, checked, whole, tmp_path):
    found = times_on(client, checked, checked.definitions, work=tmp_path, parts=PARTS)
    assert_same_times(found.times, whole)
    assert (found.parts, found.taken, found.workers) == (PARTS, 0, 3)
    assert len(files(tmp_path, "found-*.parquet")) == PARTS
    assert files(tmp_path, "part-*") == set()  # what was searched is gone


@pytest.mark.slow
def test_every_number_of_a_run_is_that_of_one_machine(client, checked, tmp_path):
    """Monaco's six definitions in four parts, and the synthetic city's five in six."""
    for name, layers, parts in (
        ("monaco", check_layers(MONACO / "definitions.toml"), 4),
        ("city", checked, PARTS),
    ):
        work = tmp_path / name
        work.mkdir()
        one = rated(layers)
        several = rated(
            layers,
            search=lambda settled, definitions, work=work, parts=parts: (
                times_on(client, settled, definitions, work=work, parts=parts).times
            ),
        )
        assert len(files(work, "found-*.parquet")) == parts
        pd.testing.assert_frame_equal(several.coverage, one.coverage, rtol=0, atol=1e-9)
        assert list(several.tables) == list(one.tables)
        for each, table in one.tables.items():
            pd.testing.assert_frame_equal(several.tables[each], table, rtol=0, atol=1e-9)
        for key, taken in one.travel_times.items():
            assert_same_times({key: {"": several.travel_times[key]}}, {key: {"": taken}})
        assert_same_times(several.measured, one.measured)


@pytest.mark.slow
def test_the_command_writes_the_same_files(cluster, tmp_path):
    project = str(MONACO / "project.toml")
    assert run("run", project, "--out", str(tmp_path / "one"), "--quiet") == 0
    address = cluster.scheduler_address
    here = ("--out", str(tmp_path / "two"), "--quiet", "--scheduler", address)
    assert run("run", project, *here) == 0
    one, two = ((tmp_path / name / "coverage.csv").read_bytes() for name in ("one", "two"))
    assert one == two
    one, two = (pd.read_parquet(tmp_path / name / "travel_time.parquet") for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two, rtol=0, atol=1e-9)
    # The sum of several runs, as the page on scale has it.
    page = (ROOT / "docs" / "scale.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    folders = [str(tmp_path / name) for name in ("one", "two")]
    exec(re.sub(r"folders = \[.*\]", f"folders = {folders!r}", code), names)  # noqa: S102
    city = names["runs"][0].query("level == 'city'").set_index(["definition", "service"])
    pd.testing.assert_series_equal(names["country"]["rate"], city["rate"])
    pd.testing.assert_series_equal(names["country"]["demand"], 2 * city["demand"])
    findings = pd.read_csv(tmp_path / "two" / "findings.csv", encoding="utf-8-sig")
    assert "distributed.parts" in set(findings["code"])
    assert len(files(tmp_path / "two-parts", "found-*.parquet")) == 1
    assert len(files(tmp_path / "two-parts", "*")) == 2  # and the streets


@pytest.mark.slow
def test_processes_of_its_own_for_a_run_on_this_machine(tmp_path):
    """`local:2` starts two processes, and none of them is left."""
    command = [sys.executable, "-m", "lifecircle", "run", str(MONACO / "project.toml")]
    ended = subprocess.run(
        [*command, "--out", str(tmp_path / "out"), "--scheduler", "local:2", "--lang", "en"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Report:" in ended.stdout


# Faults -----------------------------------------------------------------------------------------


def first_waits(folder: str, result: str, *, mark: str) -> None:
    """Searches a part; but the first to come leaves its process number and waits to be killed."""
    try:
        with Path(mark).open("x", encoding="utf-8") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        search_part(folder, result)
    else:
        time.sleep(PATIENCE_S)


def kill_when_begun(mark: Path, killed: list[int], *, other: int = 0) -> None:
    """Kills the process whose number appears in a file, or another one then."""
    deadline = time.monotonic() + PATIENCE_S
    while not (mark.exists() and mark.read_text("utf-8")):
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)
    killed.append(int(mark.read_text("utf-8")))
    os.kill(other or killed[0], signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_worker_killed_in_the_middle_changes_nothing(client, checked, whole, tmp_path):
    mark, killed = tmp_path / "begun.txt", []
    killer = threading.Thread(target=kill_when_begun, args=(mark, killed))
    before = client.run(os.getpid)
    killer.start()
    found = times_on(
        client, checked, checked.definitions, work=tmp_path, parts=PARTS,
        search=functools.partial(first_waits, mark=str(mark)),
    )  # fmt: skip
    killer.join()
    assert set(killed) <= set(before.values())
    assert len(killed) == 1
    assert_same_times(found.times, whole)
    client.wait_for_workers(3, timeout=PATIENCE_S)
    assert killed[0] not in client.run(os.getpid).values()


def fails_on(folder: str, result: str, *, part: str) -> None:
    """Searches a part, unless it is this one."""
    with Path(f"{folder}.tries").open("a", encoding="utf-8") as tries:
        tries.write("x")
    if folder.endswith(part):
        raise OSError("the disk is broken")
    search_part(folder, result)


@pytest.mark.slow
def test_a_part_that_fails_is_named_and_all_others_are_kept(client, checked, whole, tmp_path):
    go = functools.partial(
        times_on, client, checked, checked.definitions, work=tmp_path, parts=PARTS
    )
    division = divided(checked, searches_of(checked, checked.definitions), parts=PARTS)
    key = part_key(part_of(division, 2))
    with pytest.raises(InputError, match=r"Part 3 of 6 failed, zones \d{6}") as failed:
        go(search=functools.partial(fails_on, part=key))
    english, chinese = failed.value.text("en"), failed.value.text("zh")
    assert english.count("failed") == 1
    assert "OSError: the disk is broken" in english
    assert "第 3 个分块（共 6 个）失败，涉及街镇" in chinese
    for zone in division.zone.iloc[division.cells[2]].unique():
        assert zone in english
        assert zone in chinese
    assert f"5 of 6 parts are done and kept in {tmp_path}" in english
    assert len(files(tmp_path, "found-*.parquet")) == PARTS - 1
    tries = {path.name: len(path.read_text("utf-8")) for path in tmp_path.glob("*.tries")}
    assert tries.pop(f"part-{key}.tries") == 1 + RETRIES
    assert set(tries.values()) == {1}
    # What the part was to search is kept, for whoever looks for the fault.
    assert (tmp_path / f"part-{key}" / "part.json").is_file()

    again = go()
    assert again.taken == PARTS - 1  # only what was missing was searched
    assert_same_times(again.times, whole)


@pytest.mark.slow
def test_a_part_that_kills_its_workers_is_named(client, checked, tmp_path):
    """As one does that takes all their memory."""
    with pytest.raises(InputError, match="died, one after the other"):
        times_on(client, checked, checked.definitions, work=tmp_path, parts=1, search=end_process)
    client.wait_for_workers(3, timeout=PATIENCE_S)


def end_process(folder: str, result: str) -> None:
    os._exit(9)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_scheduler_that_dies_is_said_and_finished_parts_are_kept(checked, tmp_path):
    with scheduler_and_worker() as (address, scheduler), clusters.connected(address) as client:
        client.wait_for_workers(1, timeout=PATIENCE_S)
        mark = tmp_path / "begun.txt"
        killer = threading.Thread(
            target=kill_when_begun, args=(mark, []), kwargs={"other": scheduler}
        )
        killer.start()
        with pytest.raises(InputError, match="The scheduler is gone in the middle of the run"):
            times_on(
                client, checked, checked.definitions, work=tmp_path, parts=3,
                search=functools.partial(last_waits, mark=str(mark), before=2),
            )  # fmt: skip
        killer.join()
    assert len(files(tmp_path, "found-*.parquet")) == 2


@contextmanager
def scheduler_and_worker() -> Iterator[tuple[str, int]]:
    """A scheduler and a worker, as one starts them by hand; the process of the first."""
    with ExitStack() as ended:

        def start(*arguments: str) -> subprocess.Popen[str]:
            started = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
                stderr=subprocess.PIPE,
                encoding="utf-8",
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            ended.callback(stop, started)
            return started

        scheduler = start("scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        assert scheduler.stderr is not None
        line = next(line for line in scheduler.stderr if "Scheduler at:" in line)
        address = line.split()[-1]
        start("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        yield address, scheduler.pid


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def last_waits(folder: str, result: str, *, mark: str, before: int) -> None:
    """Searches a part; but after so many leaves its process number and waits."""
    if len(list(Path(folder).parent.glob("found-*.parquet"))) < before:
        search_part(folder, result)
    else:
        first_waits(folder, result, mark=mark)


def test_workers_may_come_back_for_a_while(monkeypatch):
    nobody = SimpleNamespace(scheduler_info=lambda: {"workers": {}})
    somebody = SimpleNamespace(scheduler_info=lambda: {"workers": {"tcp://a": {}}})
    monkeypatch.setattr("lifecircle.cluster.time.monotonic", lambda: 1_000.0)
    assert clusters._still_there(somebody, 0.0) == 1_000.0
    assert clusters._still_there(nobody, 900.0) == 900.0
    with pytest.raises(InputError, match="All workers are gone, for 120 seconds"):
        clusters._still_there(nobody, 879.0)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read peaks from")
def test_workers_keep_to_the_memory_that_was_stated(client, checked, tmp_path):
    division = divided(checked, searches_of(checked, checked.definitions), parts=1)
    times_on(client, checked, checked.definitions, work=tmp_path, parts=1)
    stated = clusters.BASE_BYTES + division.bytes[0]
    assert max(client.run(peak_bytes).values()) < stated


def peak_bytes() -> float:
    """The most memory this process ever took."""
    lines = Path("/proc/self/status").read_text("ascii", errors="replace").splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.slow
def test_results_are_taken_up_unless_they_are_damaged_or_of_other_inputs(
    client, checked, whole, tmp_path
):
    go = functools.partial(times_on, client, work=tmp_path, parts=PARTS)
    go(checked, checked.definitions)
    again = go(checked, checked.definitions)
    assert again.taken == PARTS
    assert_same_times(again.times, whole)

    damaged = sorted(tmp_path.glob("found-*.parquet"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-100])
    assert go(checked, checked.definitions).taken == PARTS - 1

    other = with_facility(checked, in_the_south_west(checked), facility="renamed")
    changed = go(other, other.definitions)
    assert 0 < changed.taken < PARTS
    assert_same_times(changed.times, measured_times(other, other.definitions))
    # Only the results of the last run are kept.
    assert len(files(tmp_path, "found-*.parquet")) == PARTS


@pytest.mark.slow
def test_too_little_memory_is_said_before_anything_is_searched(
    client, checked, tmp_path, monkeypatch
):
    monkeypatch.setattr("lifecircle.distributed.part_bytes", lambda _: 1e5)
    with pytest.raises(InputError, match=r"takes about [\d,]+ MB, and the workers have 0 MB"):
        times_on(client, checked, checked.definitions, work=tmp_path)
    assert files(tmp_path, "*") == set()


def test_memory_of_a_part_is_what_dask_leaves_to_each_thread():
    """60 % of the limit, less what a worker takes by itself, for each of its threads."""

    def client(*workers: tuple[float, int]) -> SimpleNamespace:
        told = {str(i): {"memory_limit": m, "nthreads": n} for i, (m, n) in enumerate(workers)}
        return SimpleNamespace(scheduler_info=lambda: {"workers": told})

    assert clusters.part_bytes(client((4e9, 1), (2e9, 1))) == pytest.approx(1.2e9 - 560e6)
    assert clusters.part_bytes(client((4e9, 4))) == pytest.approx((2.4e9 - 560e6) / 4)
    assert clusters.part_bytes(client((0, 1))) == float("inf")


# Before a run -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_workers_of_another_version_are_named(client, tmp_path, monkeypatch):
    monkeypatch.setattr("lifecircle.cluster.VERSION", "99.0")
    with pytest.raises(InputError, match=r"lifecircle 99\.0 with Python .*: tcp://.*lifecircle 0"):
        clusters.check_workers(client, tmp_path)


@pytest.mark.slow
def test_workers_of_another_python_are_named(client, tmp_path, monkeypatch):
    monkeypatch.setattr("lifecircle.cluster.platform.python_version_tuple", lambda: ("3", "9", "0"))
    with pytest.raises(InputError, match=r"with Python 3\.9: tcp://.*Python 3\.1"):
        clusters.check_workers(client, tmp_path)


@pytest.mark.slow
def test_workers_that_do_not_see_the_folder_are_named(client, tmp_path, monkeypatch):
    """A path that means another place to them, as on a disk that is not shared."""
    monkeypatch.chdir(tmp_path)
    Path("work").mkdir()
    with pytest.raises(InputError, match="do not see the folder work: tcp://"):
        clusters.check_workers(client, Path("work"))
    assert files(tmp_path / "work", "*") == set()


@pytest.mark.slow
def test_a_scheduler_without_workers(tmp_path, monkeypatch):
    monkeypatch.setattr("lifecircle.cluster.PATIENCE_S", 0.2)
    with (
        distributed.LocalCluster(
            n_workers=0,
            processes=False,
            dashboard_address="127.0.0.1:0",
            protocol="tcp",
            silence_logs=50,
        ) as empty,
        distributed.Client(empty, set_as_default=False) as client,
        pytest.raises(InputError, match="has no worker"),
    ):
        clusters.check_workers(client, tmp_path)


@pytest.mark.parametrize(
    ("address", "language", "words"),
    [
        ("tcp://127.0.0.1:1", "en", "No Dask scheduler answers at tcp://127.0.0.1:1"),
        ("tcp://127.0.0.1:1", "zh", "没有 Dask 调度器应答"),
        ("localhost", "en", "this is no address of a scheduler"),
        ("local:0", "zh", "这不是调度器的地址"),
    ],
)
def test_no_scheduler(address, language, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lifecircle.cluster.PATIENCE_S", 0.5)
    out = ("--out", str(tmp_path / "out"), "--scheduler", address, "--lang", language)
    assert run("run", str(MONACO / "project.toml"), *out) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_the_extra(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    out = ("--out", str(tmp_path / "out"), "--scheduler", "tcp://here:8786", "--lang", "en")
    assert run("run", str(MONACO / "project.toml"), *out) == 2
    assert 'pip install "lifecircle[distributed]"' in capsys.readouterr().err


def test_a_file_in_the_place_of_the_work_folder(tmp_path, capsys):
    (tmp_path / "out-parts").write_text("mine", "utf-8")
    out = ("--out", str(tmp_path / "out"), "--scheduler", "local:1", "--lang", "en")
    assert run("run", str(MONACO / "project.toml"), *out) == 2
    assert "out-parts, where the parts of a run" in capsys.readouterr().err
