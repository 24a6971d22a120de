"""Prepared streets kept beside the project: the same run from them, and never a wrong one."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle import network_cache
from lifecircle.crs import metric_crs
from lifecircle.modes import mode_of
from lifecircle.network_cache import FOLDER, KEPT, STALE_S, cached_network
from lifecircle.project.tables import NetworkTable
from lifecircle.sample import CENTRE, city
from lifecircle.sample_files import write_sample
from lifecircle.streets import LoadedNetwork, load_network

CRS = metric_crs("auto", *CENTRE)


@pytest.fixture(scope="module")
def extract(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("city")
    write_sample(city(nodes=1500, seed=1), folder)
    return folder


@pytest.fixture(autouse=True)
def small_files_too(monkeypatch):
    monkeypatch.setattr(network_cache, "LEAST_BYTES", 0)


@pytest.fixture
def unread(monkeypatch):
    """A reader that must not be called."""

    def refuse(*_, **__):
        raise AssertionError

    def start():
        monkeypatch.setattr(network_cache, "load_network", refuse)

    return start


def table(extract: Path, **keys: object) -> NetworkTable:
    return NetworkTable(source=str(extract / "roads.osm.pbf"), **keys)


def found(table: NetworkTable, folder: Path | None, mode: str = "walk") -> LoadedNetwork:
    return cached_network(table, crs=CRS, mode=mode_of(table, mode), folder=folder)


def kept(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob("*.npz"))


def assert_same(one: LoadedNetwork, other: LoadedNetwork) -> None:
    for name in network_cache._ARRAYS:
        first, second = getattr(one.network, name), getattr(other.network, name)
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)
    assert one.network.crs == other.network.crs
    assert one.network.speed_kmh == other.network.speed_kmh
    assert one.findings == other.findings
    assert one.sources == other.sources
    for language in ("zh", "en"):
        words = [[each.message.text(language) for each in run.findings] for run in (one, other)]
        assert words[0] == words[1]


def test_the_second_time_streets_are_not_read(extract, tmp_path, unread):
    first = found(table(extract), tmp_path)
    unread()
    assert_same(first, found(table(extract), tmp_path))
    assert_same(first, load_network(table(extract), crs=CRS))
    assert (tmp_path / FOLDER / ".gitignore").read_text() == "*\n"


def test_a_whole_run_is_the_same_byte_by_byte(extract, tmp_path):
    folder = shutil.copytree(extract, tmp_path / "city")
    project = folder / "project.toml"
    texts = []
    for out in ("one", "two"):
        lc.write(lc.analyse(project), tmp_path / out)
        texts.append(
            [(tmp_path / out / name).read_bytes() for name in ("coverage.csv", "findings.csv")]
        )
    assert texts[0] == texts[1]
    assert len(kept(folder)) == 1


@pytest.mark.parametrize(
    "keys",
    [{"ways": "walk_cn"}, {"speed_kmh": 5.0}, {"min_component_m": 10.0}, {"date": "2020-01-01"}],
)
def test_other_keys_are_other_streets(extract, tmp_path, keys):
    found(table(extract), tmp_path)
    assert_same(
        found(table(extract, **keys), tmp_path), load_network(table(extract, **keys), crs=CRS)
    )
    assert len(kept(tmp_path)) == 2


def test_modes_are_kept_apart(extract, tmp_path, unread):
    walk, cycle = (found(table(extract), tmp_path, mode) for mode in ("walk", "cycle"))
    unread()
    assert_same(found(table(extract), tmp_path, "walk"), walk)
    assert_same(found(table(extract), tmp_path, "cycle"), cycle)
    assert walk.network.speed_kmh != cycle.network.speed_kmh


def test_a_changed_file_is_read_again(extract, tmp_path):
    folder = shutil.copytree(extract, tmp_path / "city")
    before = found(table(folder), folder)
    write_sample(city(nodes=1600, seed=2), folder)
    after = found(table(folder), folder)
    assert len(after.network.lon) != len(before.network.lon)
    assert_same(after, load_network(table(folder), crs=CRS))


@pytest.mark.parametrize("constant", ["FORMAT", "VERSION"])
def test_another_version_makes_its_own(extract, tmp_path, monkeypatch, constant):
    found(table(extract), tmp_path)
    monkeypatch.setattr(network_cache, constant, "other")
    found(table(extract), tmp_path)
    assert len(kept(tmp_path)) == 2


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def garbage(path: Path) -> None:
    path.write_bytes(b"not a network")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def foreign(path: Path) -> None:
    np.savez(path, other=np.arange(3))


def renamed(path: Path) -> None:
    """Another network under this name."""
    folder, name = path.parent, path.name
    path.unlink()
    source = str(folder.parent / "roads.osm.pbf")
    found(NetworkTable(source=source, speed_kmh=9.0), folder.parent)
    kept(folder.parent)[0].rename(folder / name)


@pytest.mark.parametrize("damage", [truncated, one_bit, garbage, nothing, foreign, renamed])
def test_what_is_damaged_is_made_anew_and_said_once(extract, tmp_path, unread, damage):
    folder = shutil.copytree(extract, tmp_path / "city")
    first = found(table(folder), folder)
    (path,) = kept(folder)
    damage(path)
    again = found(table(folder), folder)
    *findings, note = again.findings
    assert tuple(findings) == first.findings
    assert (note.code, note.severity, note.source) == ("network.cache_damaged", "info", path.name)
    unread()
    assert_same(first, found(table(folder), folder))


def test_an_unwritable_folder_is_no_fault(extract, tmp_path):
    (tmp_path / FOLDER).write_text("a file where the folder would be")
    assert_same(found(table(extract), tmp_path), load_network(table(extract), crs=CRS))


def test_nothing_is_kept_where_nobody_asks(extract, tmp_path, monkeypatch):
    found(table(extract, cache=False), tmp_path)
    found(table(extract), None)
    monkeypatch.setattr(network_cache, "LEAST_BYTES", 10_000_000)
    found(table(extract), tmp_path)
    assert not (tmp_path / FOLDER).exists()
    missing = NetworkTable(source=str(tmp_path / "missing.osm.pbf"))
    with pytest.raises(lc.InputError, match=r"missing\.osm\.pbf"):
        found(missing, tmp_path)


def test_few_are_kept_and_what_was_left_behind_goes(extract, tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    old, young = folder / "walk-1.part", folder / "walk-2.part"
    for part in (old, young):
        part.write_bytes(b"half")
    past = time.time() - 2 * STALE_S
    os.utime(old, (past, past))
    for number in range(KEPT + 2):
        found(table(extract, speed_kmh=4.0 + number), tmp_path)
    assert len(kept(tmp_path)) == KEPT
    assert not old.exists()
    assert young.exists()


def _run(source: str, folder: str) -> int:
    network_cache.LEAST_BYTES = 0
    return len(found(NetworkTable(source=source), Path(folder)).network.u)


def test_two_runs_at_once(extract, tmp_path, unread):
    source = str(extract / "roads.osm.pbf")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        counts = pool.starmap(_run, [(source, str(tmp_path))] * 4)
    assert len(set(counts)) == 1
    assert len(kept(tmp_path)) == 1
    unread()
    assert len(found(table(extract), tmp_path).network.u) == counts[0]
    assert not list((tmp_path / FOLDER).glob("*.part"))


def test_an_interrupted_writing_leaves_nothing(extract, tmp_path, monkeypatch):
    def interrupt(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(network_cache.np, "savez", interrupt)
    with pytest.raises(KeyboardInterrupt):
        found(table(extract), tmp_path)
    assert kept(tmp_path) == []
    assert not list((tmp_path / FOLDER).glob("*.part"))


def test_the_files_of_a_city_give_its_minutes(extract):
    made = city(nodes=1500, seed=1)
    from_files = lc.analyse(extract / "project.toml")
    network = lc.read_network(extract / "roads.osm.pbf")
    places, offered = lc.snap(made.demand, network), lc.snap(made.facilities, network)
    searched = from_files.travel_time.search_minutes
    direct = lc.travel_time(network, places, offered, search_minutes=searched)
    ids = pd.Index(made.demand["id"])
    row = ids.get_indexer(pd.Index(from_files.demand["id"]))
    for service in direct.minutes:
        np.testing.assert_allclose(
            from_files.travel_time.minutes[service], direct.minutes[service].to_numpy()[row],
            rtol=0, atol=1e-9,
        )  # fmt: skip
    assert from_files.zones.index.tolist() == made.zones.index.tolist()
    assert from_files.standard.all == made.standard.all
    limits = [
        (each.key, each.minutes, dict(each.minutes_by_area)) for each in made.standard.services
    ]
    assert limits == [
        (each.key, each.minutes, dict(each.minutes_by_area))
        for each in from_files.standard.services
    ]
    # nothing but OSM's rounding to seven decimals lies between streets in memory and in the file
    assert len(network.lon) == len(made.streets.lon)
    np.testing.assert_allclose(network.lon, made.streets.lon, rtol=0, atol=0.6e-7)
    assert network.steps.sum() == made.streets.steps.sum()
    assert network.tunnel.sum() == made.streets.tunnel.sum()
