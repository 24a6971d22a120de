"""Runs in parts: cells, margins, files; and that parts give what the whole gives."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import KDTree

from lifecircle.cutting import cells, margin_m, nearest_among, spans_of, touching
from lifecircle.division import divided, part_of
from lifecircle.errors import InputError
from lifecircle.network import Streets, street_network
from lifecircle.parts import (
    ABOUT,
    part_key,
    part_network,
    read_part,
    read_result,
    search_part,
    write_part,
    write_result,
)
from lifecircle.searches import Searches, measured_times, searches_of
from lifecircle.snapping import snap
from tests.conftest import CRS, degrees, demand_at, facilities_at, m
from tests.parted import (
    assert_same_times,
    checked_city,
    in_the_south_west,
    times_in_parts,
    with_facility,
)


@pytest.fixture(scope="module")
def checked():
    return checked_city(6_000)


@pytest.fixture(scope="module")
def whole(checked):
    """The minutes that one machine finds."""
    return measured_times(checked, checked.definitions)


@pytest.fixture(scope="module")
def wanted(checked):
    return searches_of(checked, checked.definitions)


# Cells ------------------------------------------------------------------------------------------


def by_count(box, count):
    return count


def test_cells_are_halved_across_their_longer_side_until_they_are_small_enough():
    # Eight places in a row of 70 m: halves of four, then quarters of two.
    x = np.arange(8) * 10.0
    found = cells(x, np.zeros(8), size=by_count, most=2)
    assert [cell.tolist() for cell in found] == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_the_same_cells_are_cut_further_for_less_memory():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(0, 1000, (2, 500))
    coarse = cells(x, y, size=by_count, most=200)
    fine = cells(x, y, size=by_count, most=70)
    assert len(coarse) < len(fine)
    for cell in fine:
        assert sum(np.isin(cell, other).all() for other in coarse) == 1


@pytest.mark.parametrize("parts", [1, 2, 3, 8])
def test_every_place_is_in_one_of_as_many_cells_as_asked_for(parts):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 1000, (2, 101))
    found = cells(x, y, size=by_count, most=1e9, parts=parts)
    assert len(found) == parts
    assert np.sort(np.concatenate(found)).tolist() == list(range(101))
    # Each is a half of a half of …: none has more than twice and one as many as another.
    assert max(map(len, found)) <= 2 * min(map(len, found)) + 1


def test_more_parts_than_places_are_as_many_as_places():
    assert len(cells(np.zeros(3), np.zeros(3), size=by_count, most=1, parts=9)) == 3


def test_cells_as_narrow_as_the_margin_are_not_cut():
    x = np.array([0.0, 5.0, 1000.0, 1005.0])
    found = cells(x, np.zeros(4), size=by_count, most=1, narrowest_m=10.0)
    assert [cell.tolist() for cell in found] == [[0, 1], [2, 3]]


def test_no_places_no_cells():
    assert cells(np.empty(0), np.empty(0), size=by_count, most=1) == []


# Margins ----------------------------------------------------------------------------------------


def row_of_streets(*, factor: float = 1.0):
    """Ten streets of 1,000 m in a row, each taking `factor` times its length."""
    lon, lat = degrees(np.arange(11) * 1000.0, np.zeros(11))
    streets = Streets.plain(lon, lat, np.arange(10), np.arange(1, 11))
    cost = np.full(10, factor)
    return street_network(streets, crs=CRS, forward=cost, backward=cost)


def test_the_margin_grows_where_streets_are_quicker_than_the_mode():
    places = pd.DataFrame({"distance_m": [20.0]})
    # Half an hour at 4 km/h: 2,000 m, four times as far where a metre takes a quarter of one.
    assert margin_m(row_of_streets(), places, 30.0) == pytest.approx(2000 * 1.1 + 1)
    assert margin_m(row_of_streets(factor=0.25), places, 30.0) == pytest.approx(8000 * 1.1 + 1)
    assert margin_m(row_of_streets(factor=2.0), places, 30.0) == pytest.approx(2000 * 1.1 + 1)


def test_the_margin_holds_every_place_s_own_street():
    places = pd.DataFrame({"distance_m": [150.0, np.nan]})
    assert margin_m(row_of_streets(), places, 1.0) == pytest.approx(150 * 1.1 + 1)


def test_edges_that_only_pass_by_belong_to_the_part():
    """The middle of an edge of 1,000 m is in the box, both its ends are far."""
    network = row_of_streets()
    box = (network.x[4] + 400.0, -1.0 + network.y[4], network.x[4] + 600.0, network.y[4] + 1.0)
    assert np.flatnonzero(touching(spans_of(network), box, 100.0)).tolist() == [4]


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_facility_of_every_place_is_kept_and_few_others(seed):
    rng = np.random.default_rng(seed)
    at, places = rng.normal(0, 50_000, (3_000, 3)), rng.normal(0, 5_000, (40, 3))
    nearest = np.linalg.norm(places[:, None] - at[None], axis=2).argmin(axis=1)
    kept = nearest_among(KDTree(at), places)
    assert set(nearest) <= set(kept)
    assert len(kept) < 300


def test_no_facility_is_none_to_keep():
    assert nearest_among(KDTree(np.empty((0, 3))), np.zeros((2, 3))).tolist() == []


def test_on_fast_streets_a_part_reaches_as_far_as_the_whole(checked, tmp_path):
    """Two places at one end of ten fast kilometres, and a facility at the other."""
    network = row_of_streets(factor=0.2)
    demand = snap(demand_at([10.0, 9_990.0], [0.0, 0.0]), network)
    offered = snap(facilities_at([9_500.0], [0.0]), network)
    on = dataclasses.replace(
        checked.main, network=network, facilities=offered, demands={"people": demand}
    )
    far = dataclasses.replace(checked, streets={"walk": on})
    wanted = Searches(("health",), 30.0, {"people": ("walk",)})
    found = times_in_parts(divided(far, wanted, parts=2), far, tmp_path)["people"]["walk"]
    # 9,490 m at a fifth of their length, along nine streets and half of the tenth, at 4 km/h.
    way_m = (m(network, *range(10)) - m(network, 0, 1) * 0.01 + m(network, 9, 10) * 0.5) * 0.2
    legs_m = demand["distance_m"].iloc[0] + offered["distance_m"].iloc[0]
    assert found.minutes["health"].iloc[0] == pytest.approx((way_m + legs_m) / (4000 / 60))


# Parts and the whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 5])
def test_parts_give_what_the_whole_gives(checked, wanted, whole, parts, tmp_path):
    division = divided(checked, wanted, parts=parts)
    edges = [len(part_of(division, i).tables["walk.edges"]) for i in range(parts)]
    if parts > 1:
        assert max(edges) < len(checked.network.u)  # each has a piece only
    assert_same_times(times_in_parts(division, checked, tmp_path), whole)
    # The city has everything that could go wrong.
    walk, stepfree = (whole["people"][key] for key in ("walk", "walk__stepfree"))
    for taken in (walk, stepfree):
        assert taken.cut_off.to_numpy().any()
        assert np.isfinite(taken.rim).any()
        assert np.isinf(taken.minutes).any(axis=None)
    assert walk.minutes.isna().any(axis=None)
    assert (stepfree.minutes > walk.minutes).any(axis=None)


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_other_cities(seed, tmp_path):
    other = checked_city(2_000, seed=seed, services=2)
    division = divided(other, searches_of(other, other.definitions), parts=3)
    whole = measured_times(other, other.definitions)
    assert_same_times(times_in_parts(division, other, tmp_path), whole)


def test_less_memory_makes_smaller_parts(checked, wanted):
    one = divided(checked, wanted)
    assert len(one.cells) == 1
    less = divided(checked, wanted, most_bytes=0.9 * one.bytes[0])
    assert len(less.cells) > 1
    assert max(less.bytes) < one.bytes[0]


def test_a_part_has_its_own_streets_in_the_order_of_the_whole(checked, wanted):
    division = divided(checked, wanted, parts=4)
    part = part_of(division, 1)
    piece, network = part_network(part, "walk"), checked.network
    edges, _, at = np.intersect1d(piece.length_m, network.length_m, return_indices=True)
    assert len(edges) > 0.9 * len(piece.u)  # few streets share a length
    assert np.isin(piece.length_m, network.length_m).all()
    node = pd.Index(network.lon).get_indexer(piece.lon)
    assert (np.diff(node) > 0).all()
    np.testing.assert_array_equal(
        piece.component_m[piece.component], network.component_m[network.component[node]]
    )
    assert piece.component_m[0] == network.component_m[0]
    assert len(at) == len(edges)


def test_a_facility_far_away_changes_no_other_part(checked, wanted):
    """Only the parts near it are searched anew."""
    division = divided(checked, wanted, parts=5)
    corner = in_the_south_west(checked)
    name = str(checked.facilities["facility"].iloc[corner])
    other = with_facility(checked, corner, facility="renamed")
    changed = divided(other, wanted, parts=5)
    keys, new = ([part_key(part_of(each, i)) for i in range(5)] for each in (division, changed))
    near = [
        any(
            name in set(table["facility"])
            for key, table in part_of(division, i).tables.items()
            if key.endswith(".facilities")
        )
        for i in range(5)
    ]
    assert [one != another for one, another in zip(keys, new, strict=True)] == near
    assert set(near) == {True, False}


# Files ------------------------------------------------------------------------------------------


@pytest.fixture
def written(checked, wanted, tmp_path):
    part = part_of(divided(checked, wanted, parts=5), 2)
    folder = tmp_path / "part"
    write_part(part, folder)
    return part, folder


def test_a_part_read_is_the_part_written(written):
    part, folder = written
    assert part_key(read_part(folder)) == part_key(part)


def test_the_key_knows_speed_and_streets(written):
    part, _ = written
    slower = {**part.about, "speeds_kmh": {**part.about["speeds_kmh"], "walk": 3.9}}
    longer = part.tables["walk.edges"].assign(
        forward_m=lambda t: t["forward_m"].where(t.index != 5, 7)
    )
    keys = {
        part_key(part),
        part_key(dataclasses.replace(part, about=slower)),
        part_key(dataclasses.replace(part, tables={**part.tables, "walk.edges": longer})),
    }
    assert len(keys) == 3


def test_nothing_half_written_stays(written, tmp_path):
    part, folder = written
    result = tmp_path / "found.parquet"
    search_part(str(folder), str(result))
    assert {path.name for path in tmp_path.iterdir()} == {"part", "found.parquet"}
    assert read_result(result, part.about["places"]) is not None
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_result(pd.DataFrame({"a": [1]}), tmp_path / "taken")
    assert {path.name for path in tmp_path.iterdir()} == {"part", "found.parquet", "taken"}


def test_a_damaged_result_is_none(written, tmp_path):
    part, folder = written
    result = tmp_path / "found.parquet"
    places = part.about["places"]
    search_part(str(folder), str(result))
    assert read_result(result, places + 1) is None
    whole = result.read_bytes()
    result.write_bytes(whole[: len(whole) // 2])
    assert read_result(result, places) is None
    middle = len(whole) // 3
    result.write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])
    assert read_result(result, places) is None
    assert read_result(tmp_path / "none.parquet", places) is None


def test_a_worker_without_the_folder_says_which(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.*part\.json"):
        search_part(str(tmp_path / "gone"), str(tmp_path / "found.parquet"))


def test_a_part_of_another_version_is_not_searched(written):
    _, folder = written
    about = (folder / ABOUT).read_text("utf-8")
    (folder / ABOUT).write_text(about.replace('"version": "', '"version": "9.'), "utf-8")
    with pytest.raises(InputError, match=r"the part was written by 9\."):
        read_part(folder)


def test_errors_travel_between_processes():
    error = InputError.of("distributed.bad_address", address="x")
    assert pickle.loads(pickle.dumps(error)).text("zh") == error.text("zh")  # noqa: S301
