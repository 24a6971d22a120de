"""The first use: compiled once, told once."""

from __future__ import annotations

import pytest

from lifecircle import compiled, warm_up
from lifecircle.progress import Clock


@pytest.fixture
def fresh(monkeypatch, tmp_path):
    """A user's cache folder in which nothing is yet, and the steps that are told."""
    monkeypatch.setattr(compiled, "cache_folder", lambda: tmp_path / "cache")
    told = []
    return Clock({}, lambda code, *_: told.append(code)), told


@pytest.mark.skipif(not compiled.COMPILED, reason="numba is not installed")
def test_the_first_use_is_told_and_the_second_is_not(fresh):
    clock, told = fresh
    warm_up.warm_up(clock)
    assert told == ["progress.compiling"]
    warm_up.warm_up(clock)
    assert told == ["progress.compiling"]
    assert compiled.ready_file().exists()


def test_without_numba_there_is_nothing_to_wait_for(fresh, monkeypatch):
    clock, told = fresh
    monkeypatch.setattr(warm_up, "COMPILED", False)
    warm_up.warm_up(clock)
    assert told == []


@pytest.mark.skipif(not compiled.COMPILED, reason="numba is not installed")
def test_a_folder_that_cannot_be_written_is_no_fault(fresh, tmp_path):
    clock, told = fresh
    (tmp_path / "cache").write_text("a file where the folder would be")
    warm_up.warm_up(clock)
    assert told == ["progress.compiling"]


def test_a_function_is_itself_without_numba(monkeypatch):
    monkeypatch.setattr(compiled, "COMPILED", False)
    assert compiled.compiled(len) is len
