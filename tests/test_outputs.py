"""Results are replaced as a whole or not at all, whatever happens in between."""

from __future__ import annotations

import errno
import json
import os
import random
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lifecircle.errors import InputError
from lifecircle.outputs import lock as folder_lock
from lifecircle.outputs.folder import (
    RUN,
    RUN_SCHEMA,
    file_hashes,
    recover,
    replace_outputs,
    verify,
)

NAMES = ["coverage.csv", "layers.gpkg", "report.html"]


def fill(folder: Path, generation: str, names: list[str] = NAMES) -> None:
    """Files that name their generation, and the run.json that answers for them."""
    for name in names:
        (folder / name).write_text(f"{name} of {generation}\n" * 1000, encoding="utf-8")
    run = {"schema": RUN_SCHEMA, "generation": generation, "outputs": file_hashes(folder)}
    (folder / RUN).write_text(json.dumps(run), encoding="utf-8")


def write(out: Path, generation: str) -> None:
    with replace_outputs(out) as folder:
        fill(folder, generation)


def contents(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with the result of a first run and a file of the user's."""
    write(tmp_path / "out", "first")
    (tmp_path / "out" / "notes.qgz").write_text("mine", encoding="utf-8")
    return tmp_path / "out"


# --- replacing -----------------------------------------------------------------------------------


def test_a_second_run_replaces_the_first_and_leaves_what_is_not_ours(out: Path) -> None:
    write(out, "second")
    assert verify(out)["generation"] == "second"
    assert (out / "coverage.csv").read_text(encoding="utf-8").startswith("coverage.csv of second")
    assert (out / "notes.qgz").read_text(encoding="utf-8") == "mine"
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_run_json_is_moved_last(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, moved = Path.replace, []

    def note(self: Path, target: Path) -> Path:
        if target.parent == out:
            moved.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", note)
    with replace_outputs(out) as folder:
        fill(folder, "second", [*NAMES, "zones.csv"])
    assert moved == [*NAMES, "zones.csv", RUN]


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_an_error_while_writing_leaves_the_earlier_result(out: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), replace_outputs(out) as folder:
        fill(folder, "second")
        raise error
    assert verify(out)["generation"] == "first"
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_a_folder_in_the_way_stops_everything_and_the_new_files_are_kept(out: Path) -> None:
    (out / "report.html").unlink()
    (out / "report.html").mkdir()
    with pytest.raises(InputError, match=r"report\.html in .* cannot be replaced") as caught:
        write(out, "second")
    (kept,) = out.glob(".lifecircle-*")
    assert str(kept) in str(caught.value)
    assert verify(kept)["generation"] == "second"
    assert (out / "coverage.csv").read_text(encoding="utf-8").startswith("coverage.csv of first")


def test_the_next_run_removes_what_an_earlier_one_kept(out: Path) -> None:
    (out / "report.html").unlink()
    (out / "report.html").mkdir()
    with pytest.raises(InputError, match="cannot be replaced"):
        write(out, "second")
    (out / "report.html").rmdir()
    write(out, "third")
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


@pytest.mark.parametrize("failing", [*NAMES, RUN])
def test_a_file_that_turns_out_to_be_locked_puts_back_those_already_moved(
    out: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.name == failing:
            raise PermissionError(errno.EACCES, "in use", str(self), None, str(target))
        return replace(self, target)

    (out / "layers.gpkg").unlink()  # a file that the earlier result lacks is taken away again
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match=f"{failing} in .* cannot be replaced"):
        write(out, "second")
    (kept,) = out.glob(".lifecircle-*")
    assert verify(kept)["generation"] == "second"
    assert contents(kept) == {*NAMES, RUN}
    assert {p.name: p.read_bytes() for p in out.iterdir() if p != kept} == before


def test_control_c_between_two_moves_puts_back_the_earlier_result(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def interrupt(self: Path, target: Path) -> Path:
        if self.name == "report.html":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(out, "second")
    assert verify(out)["generation"] == "first"
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_a_file_system_without_links_gets_copies(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write(out, "second")
    assert verify(out)["generation"] == "second"


def test_findings_alone_do_not_replace_files_of_a_run(out: Path) -> None:
    with pytest.raises(InputError, match=r"its coverage\.csv would no longer fit"):  # noqa: SIM117
        with replace_outputs(out) as folder:
            (folder / "coverage.csv").write_text("else", encoding="utf-8")
    with replace_outputs(out) as folder:
        (folder / "other.csv").write_text("fine", encoding="utf-8")
    assert verify(out)["generation"] == "first"


# --- folders that cannot be written --------------------------------------------------------------


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match=r"out cannot be written: .* Choose another folder"):
        write(tmp_path / "out", "first")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        write(tmp_path, "first")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_and_leaves_nothing_behind(out: Path) -> None:
    with pytest.raises(InputError, match="disk is full"), replace_outputs(out):  # noqa: SIM117
        with Path("/dev/full").open("w", encoding="utf-8") as file:
            file.write("x")
    assert verify(out)["generation"] == "first"
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_a_full_disk_that_a_library_reports_in_its_own_words(out: Path) -> None:
    with pytest.raises(InputError, match="disk is full"), replace_outputs(out):
        raise RuntimeError("failed to execute insert : database or disk is full")


def test_a_disk_without_room_explains_any_error_of_a_library(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 4096

    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage)
    with pytest.raises(InputError, match="disk is full"), replace_outputs(out):
        raise RuntimeError("something went wrong")


# --- two at once ---------------------------------------------------------------------------------

HOLD = """
    import sys, time
    from pathlib import Path
    from lifecircle.outputs.folder import replace_outputs
    with replace_outputs(Path(sys.argv[1])):
        print("held", flush=True)
        time.sleep(60)
"""


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def test_the_second_of_two_runs_says_who_holds_the_folder(out: Path) -> None:
    with start(HOLD, out) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=f"process {holder.pid} on {socket.gethostname()}"):
            write(out, "second")
        holder.kill()
    write(out, "third")
    assert verify(out)["generation"] == "third"
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_two_runs_in_one_process_exclude_each_other(out: Path) -> None:
    with replace_outputs(out) as folder:
        with pytest.raises(InputError, match=f"process {os.getpid()}"):
            write(out, "inner")
        fill(folder, "outer")
    assert verify(out)["generation"] == "outer"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not remove a file that is open")
def test_a_lock_on_a_file_that_was_just_removed_is_none(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, seen = folder_lock._lock, []

    def after_the_last_holder_left(descriptor: int) -> bool:
        if not seen:
            (out / folder_lock.LOCK).unlink()
        seen.append(descriptor)
        return lock(descriptor)

    monkeypatch.setattr(folder_lock, "_lock", after_the_last_holder_left)
    with folder_lock.locked(out), pytest.raises(InputError, match=f"process {os.getpid()}"):
        write(out, "second")


# --- killed at any moment ------------------------------------------------------------------------

FILL = """
    import json
    from pathlib import Path
    from lifecircle.outputs.folder import file_hashes, replace_outputs, verify

    def write(out, generation, started=lambda: None):
        with replace_outputs(out) as folder:
            started()
            for name in ("coverage.csv", "layers.gpkg", "report.html"):
                (folder / name).write_text(f"{name} of {generation}" * 1000, encoding="utf-8")
            run = {"schema": "lifecircle.run/1", "generation": generation}
            run["outputs"] = file_hashes(folder)
            (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
"""

KILLED = (
    FILL
    + """
    import os, shutil, signal, sys

    out = Path(sys.argv[1])
    FILE_EVENTS = {"open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir"}

    def killed_at(step, work):
        def count(event, arguments):
            nonlocal step
            step -= event in FILE_EVENTS
            if step == 0 and event in FILE_EVENTS:
                os.kill(os.getpid(), signal.SIGKILL)
        if (child := os.fork()) == 0:
            sys.addaudithook(count)
            work()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert status in (0, signal.SIGKILL)
        return status != 0
"""
)

KILLED_WHILE_WRITING = (
    KILLED
    + """
    step = 1
    while killed_at(step, lambda: write(out, "second")):
        print(verify(out)["generation"])
        write(out, "first")
        print(sorted(os.listdir(out)))
        step += 1
    print(verify(out)["generation"])
"""
)

KILLED_WHILE_RECOVERING = (
    KILLED
    + """
    copy = out.with_name("copy")
    step = 1
    while killed_at(step, lambda: write(out, "second")):
        again = 1
        while list(out.glob(".lifecircle-*/.moves.json")):
            shutil.copytree(out, copy)
            done = not killed_at(again, lambda: verify(copy))
            print(verify(copy)["generation"])
            shutil.rmtree(copy)
            again += 1
            if done:
                break
        write(out, "first")
        step += 1
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_kill_at_any_file_operation_leaves_a_whole_result(out: Path) -> None:
    with start(KILLED_WHILE_WRITING, out) as driver:
        assert driver.stdout is not None
        lines = driver.stdout.read().splitlines()
    assert driver.returncode == 0
    generations, folders = lines[::2], lines[1::2]
    # A kill before the last move leaves the first result, a later one the second; nothing between.
    assert generations == sorted(generations)
    assert set(generations) == {"first", "second"}
    assert set(folders) == {str(sorted([*NAMES, RUN, "notes.qgz"]))}
    assert len(generations) > 30, "the child's file operations were not counted"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_kill_while_an_interrupted_run_is_undone_is_undone_too(out: Path) -> None:
    with start(KILLED_WHILE_RECOVERING, out) as driver:
        assert driver.stdout is not None
        generations = driver.stdout.read().splitlines()
    assert driver.returncode == 0
    assert generations == sorted(generations)
    assert set(generations) == {"first", "second"}


WRITE_AGAIN_AND_AGAIN = (
    FILL
    + """
    import sys
    for generation in range(10_000):
        write(Path(sys.argv[1]), str(generation), started=lambda: print(flush=True))
"""
)


def test_kills_at_random_moments_leave_a_whole_result(out: Path) -> None:
    moments = random.Random(20)  # noqa: S311 - no secret
    for _ in range(8):
        with start(WRITE_AGAIN_AND_AGAIN, out) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.02))
            writer.kill()
        assert list(verify(out)["outputs"]) == NAMES
        assert (out / "notes.qgz").read_text(encoding="utf-8") == "mine"
    write(out, "last")
    assert contents(out) == {*NAMES, RUN, "notes.qgz"}


def test_recover_does_nothing_in_a_folder_at_rest(out: Path) -> None:
    before = sorted((path.name, path.stat().st_mtime_ns) for path in out.iterdir())
    recover(out)
    recover(out / "missing")
    assert sorted((path.name, path.stat().st_mtime_ns) for path in out.iterdir()) == before


# --- verifying -----------------------------------------------------------------------------------


def test_a_changed_and_a_missing_file_are_both_named(out: Path) -> None:
    with (out / "coverage.csv").open("a", encoding="utf-8") as file:
        file.write("one more")
    (out / "report.html").unlink()
    with pytest.raises(InputError, match=r"changed after the run: coverage\.csv") as caught:
        verify(out)
    assert "missing from" in str(caught.value)
    assert "report.html" in str(caught.value)


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no run\.json"):
        verify(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"outputs": 3, "schema": "x"}', "\xff"])
def test_a_broken_run_json(tmp_path: Path, text: str) -> None:
    (tmp_path / RUN).write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match="not a readable record"):
        verify(tmp_path)


def test_a_run_json_of_another_schema(tmp_path: Path) -> None:
    run = {"schema": "lifecircle.run/9", "outputs": {}}
    (tmp_path / RUN).write_text(json.dumps(run), encoding="utf-8")
    with pytest.raises(InputError, match=r"lifecircle\.run/9; this version reads"):
        verify(tmp_path)


def test_a_run_json_that_points_outside_its_folder(tmp_path: Path) -> None:
    run = {"schema": RUN_SCHEMA, "outputs": {"../secret": "00"}}
    (tmp_path / RUN).write_text(json.dumps(run), encoding="utf-8")
    with pytest.raises(InputError, match=r"files outside its folder: \.\./secret"):
        verify(tmp_path)
