"""Runs in parts: cells, margins, files; and that parts give what the whole gives."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from scipy.spatial import KDTree

from lifecircle.cutting import (
    blocks_of,
    cells,
    edges_in,
    margin_m,
    nearest_among,
    spans_of,
    widened,
)
from lifecircle.division import divided, part_of, write_streets
from lifecircle.errors import InputError
from lifecircle.network import Streets, street_network, without
from lifecircle.parts import (
    ABOUT,
    part_key,
    read_part,
    read_result,
    search_part,
    write_part,
    write_result,
)
from lifecircle.searches import Searches, measured_times, searches_of
from lifecircle.snapping import snap
from lifecircle.tiles import read_tiles, write_tiles
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


def test_the_margin_looks_both_ways_along_a_street():
    places = pd.DataFrame({"distance_m": [20.0]})
    downhill = dataclasses.replace(row_of_streets(factor=2.0))
    downhill = dataclasses.replace(downhill, backward_m=downhill.length_m * 0.25)
    assert margin_m(downhill, places, 30.0) == pytest.approx(8000 * 1.1 + 1)


def test_the_margin_holds_every_place_s_own_street():
    places = pd.DataFrame({"distance_m": [150.0, np.nan]})
    assert margin_m(row_of_streets(), places, 1.0) == pytest.approx(150 * 1.1 + 1)


def test_the_margin_grows_where_the_plane_is_far_from_its_meridian():
    """As in a country that is one zone: 25 degrees away the plane is some 8 % too large."""
    lon, lat = np.array([145.0, 145.01]), np.array([20.0, 20.0])
    network = street_network(Streets.plain(lon, lat, [0], [1]), crs=CRS)
    plane_m = float(np.hypot(*(np.diff(each)[0] for each in (network.x, network.y))))
    stretched = plane_m / network.length_m[0]
    assert stretched > 1.08
    places = pd.DataFrame({"distance_m": [0.0]})
    assert margin_m(network, places, 30.0) >= 2000 * stretched

    far = street_network(Streets.plain(lon + 20, lat, [0], [1]), crs=CRS)
    plane_m = float(np.hypot(*(np.diff(each)[0] for each in (far.x, far.y))))
    assert margin_m(far, places, 30.0) >= 2000 * plane_m / far.length_m[0] > 2000 * 1.2


def test_in_a_short_search_places_are_moved_as_far_as_in_a_long_one(checked, tmp_path):
    """One minute is 67 m on foot; off the stairs it may be 200 m."""
    network = checked.project.network.model_copy(update={"search_minutes": 1.0})
    project = checked.project.model_copy(update={"network": network})
    short = dataclasses.replace(checked, project=project)
    wanted = searches_of(short, short.definitions)
    assert wanted.minutes == 1.0
    found = times_in_parts(divided(short, wanted, parts=30), tmp_path)
    assert_same_times(found, measured_times(short, short.definitions))


def touching(network, box):
    """Edges whose bounds touch a box, one by one."""
    lines = shapely.linestrings(
        np.stack([np.column_stack([network.x[e], network.y[e]]) for e in (network.u, network.v)], 1)
    )
    west, south, east, north = shapely.bounds(lines).T
    return (east >= box[0]) & (west <= box[2]) & (north >= box[1]) & (south <= box[3])


@pytest.mark.parametrize("half_m", [50.0, 700.0, 1_500.0, 9_000.0])
def test_edges_in_a_box_are_counted(checked, half_m, monkeypatch):
    monkeypatch.setattr("lifecircle.cutting.BLOCK_EDGES", 100)
    network = checked.network
    x, y = network.x.mean(), network.y.mean()
    box = x - half_m, y - half_m, x + half_m, y + half_m
    assert edges_in(spans_of(network), box) == touching(network, box).sum() > 0


def test_edges_that_only_pass_by_belong_to_the_part():
    """The middle of an edge of 1,000 m is in the box, both its ends are far."""
    network = row_of_streets()
    box = (network.x[4] + 400.0, -1.0 + network.y[4], network.x[4] + 600.0, network.y[4] + 1.0)
    assert np.flatnonzero(touching(network, widened(box, 100.0))).tolist() == [4]
    assert edges_in(spans_of(network), widened(box, 100.0)) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_facility_of_every_place_is_kept_and_few_others(seed):
    rng = np.random.default_rng(seed)
    at, places = rng.normal(0, 50_000, (3_000, 3)), rng.normal(0, 5_000, (40, 3))
    nearest = np.linalg.norm(places[:, None] - at[None], axis=2).argmin(axis=1)
    kept = nearest_among(KDTree(at), blocks_of(places))
    assert set(nearest) <= set(kept)
    assert len(kept) < 300


def test_no_facility_is_none_to_keep():
    assert nearest_among(KDTree(np.empty((0, 3))), blocks_of(np.zeros((2, 3)))).tolist() == []


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
    found = times_in_parts(divided(far, wanted, parts=2), tmp_path)["people"]["walk"]
    # 9,490 m at a fifth of their length, along nine streets and half of the tenth, at 4 km/h.
    way_m = (m(network, *range(10)) - m(network, 0, 1) * 0.01 + m(network, 9, 10) * 0.5) * 0.2
    legs_m = demand["distance_m"].iloc[0] + offered["distance_m"].iloc[0]
    assert found.minutes["health"].iloc[0] == pytest.approx((way_m + legs_m) / (4000 / 60))


# Parts and the whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 5])
def test_parts_give_what_the_whole_gives(checked, wanted, whole, parts, tmp_path):
    division = divided(checked, wanted, parts=parts)
    for box in division.boxes if parts > 1 else ():
        around = widened(box, division.streets["walk"].margin_m)
        edges = edges_in(division.streets["walk"].spans, around)
        assert edges < 0.9 * len(checked.network.u)  # each has a piece only
    assert_same_times(times_in_parts(division, tmp_path), whole)
    # The city has everything that could go wrong.
    walk, stepfree = (whole["people"][key] for key in ("walk", "walk__stepfree"))
    for taken in (walk, stepfree):
        assert taken.cut_off.to_numpy().any()
        assert np.isfinite(taken.rim).any()
        assert np.isinf(taken.minutes).any(axis=None)
    assert walk.minutes.isna().any(axis=None)
    lost = np.isfinite(walk.minutes).any(axis=1) & stepfree.cut_off.all(axis=1)
    assert lost.any()  # among stairs alone
    offered = checked.facilities["edge"]
    assert checked.network.barred[offered[offered >= 0]].any()
    assert (stepfree.minutes > walk.minutes).any(axis=None)


@pytest.mark.parametrize("seed", [1, 2])
def test_parts_of_other_cities(seed, tmp_path):
    other = checked_city(2_000, seed=seed, services=2)
    division = divided(other, searches_of(other, other.definitions), parts=3)
    whole = measured_times(other, other.definitions)
    assert_same_times(times_in_parts(division, tmp_path), whole)


def test_less_memory_makes_smaller_parts(checked, wanted):
    one = divided(checked, wanted)
    assert len(one.cells) == 1
    less = divided(checked, wanted, most_bytes=0.9 * one.bytes[0])
    assert len(less.cells) > 1
    assert max(less.bytes) < one.bytes[0]


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
    division = divided(checked, wanted, parts=5)
    part, folder = part_of(division, 2), tmp_path / "part"
    write_streets(division, tmp_path)
    write_part(part, folder)
    return part, folder


def test_a_part_read_is_the_part_written(written):
    part, folder = written
    assert part_key(read_part(folder)) == part_key(part)


def test_the_key_knows_speeds_places_and_streets(written, checked, wanted):
    part, _ = written
    slower = {**part.about, "speeds_kmh": {**part.about["speeds_kmh"], "walk": 3.9}}
    places = part.tables["walk.places"]
    moved = places.assign(fraction=places["fraction"].where(places["row"] != 5, 0.123))
    main = checked.streets["walk"]
    forward_m = main.network.forward_m.copy()
    forward_m[7] *= 2
    longer = dataclasses.replace(main.network, forward_m=forward_m)
    streets = {**checked.streets, "walk": dataclasses.replace(main, network=longer)}
    other = divided(dataclasses.replace(checked, streets=streets), wanted, parts=5)
    keys = {
        part_key(part),
        part_key(dataclasses.replace(part, about=slower)),
        part_key(dataclasses.replace(part, tables={**part.tables, "walk.places": moved})),
        part_key(part_of(other, 2)),
    }
    assert len(keys) == 4


def names(folder):
    """Everything in a folder but the networks' files."""
    return {path.name for path in folder.iterdir() if not path.name.startswith("streets-")}


def test_nothing_half_written_stays(written, tmp_path, monkeypatch):
    part, folder = written
    search_part(str(folder), str(tmp_path / "found-x"))
    (result,) = tmp_path.glob("found-x-*.parquet")
    assert names(tmp_path) == {"part", result.name}
    assert read_result(tmp_path / "found-x", part.about["places"]) is not None

    def full(*_):
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_result(pd.DataFrame({"a": [1]}), tmp_path / "found-y")
    assert names(tmp_path) == {"part", result.name}


def test_a_damaged_result_is_none(written, tmp_path):
    part, folder = written
    places, start = part.about["places"], tmp_path / "found-x"
    search_part(str(folder), str(start))
    (result,) = tmp_path.glob("found-x-*.parquet")
    assert read_result(start, places + 1) is None
    whole = result.read_bytes()
    result.write_bytes(whole[: len(whole) // 2])
    assert read_result(start, places) is None
    for at in range(100, len(whole), len(whole) // 20):
        result.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        assert read_result(start, places) is None
    assert read_result(tmp_path / "none", places) is None
    result.write_bytes(whole)
    assert read_result(start, places) is not None


def test_a_worker_without_the_folder_says_which(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone.*part\.json"):
        search_part(str(tmp_path / "gone"), str(tmp_path / "found"))


def test_a_part_of_another_version_is_not_searched(written):
    _, folder = written
    about = (folder / ABOUT).read_text("utf-8")
    (folder / ABOUT).write_text(about.replace('"version": "', '"version": "9.'), "utf-8")
    with pytest.raises(InputError, match=r"the part was written by 9\."):
        read_part(folder)


def test_errors_travel_between_processes():
    error = InputError.of("distributed.bad_address", address="x")
    assert pickle.loads(pickle.dumps(error)).text("zh") == error.text("zh")  # noqa: S301


# Networks in tiles -------------------------------------------------------------------------------


@pytest.fixture
def tiled(checked, tmp_path, monkeypatch):
    """The network and the same without steps, written in small tiles."""
    monkeypatch.setattr("lifecircle.tiles.TILE_EDGES", 200)
    network = checked.network
    shut = without(network, network.barred)
    write_tiles(network, shut, tmp_path / "streets.parquet", spans=spans_of(network))
    return network, shut, tmp_path / "streets.parquet"


def a_corner(network):
    """A box in the south-west of the city."""
    west, south = network.x.min(), network.y.min()
    return west + 200.0, south + 200.0, west + 900.0, south + 700.0


def test_a_piece_is_the_streets_that_touch_the_box_in_their_order(tiled):
    network, shut, path = tiled
    box = a_corner(network)
    piece = read_tiles(path, box, speed_kmh=4.0, crs=network.crs)
    assert piece.edge.tolist() == np.flatnonzero(touching(network, box)).tolist()
    assert 20 < len(piece.edge) < 0.1 * len(network.u)
    for whole, part, labels in (
        (network, piece.network, piece.component),
        (shut, piece.shut, piece.shut_component),
    ):
        node = pd.Index(network.x + 1j * network.y).get_indexer(part.x + 1j * part.y)
        assert (np.diff(node) > 0).all()
        assert node[part.u].tolist() == whole.u[piece.edge].tolist()
        assert node[part.v].tolist() == whole.v[piece.edge].tolist()
        assert part.rim.tolist() == whole.rim[node].tolist()
        for name in ("length_m", "forward_m", "backward_m", "steps", "tunnel", "barred"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[piece.edge])
        assert labels[part.component].tolist() == whole.component[node].tolist()
        np.testing.assert_array_equal(
            part.component_m[part.component], whole.component_m[whole.component[node]]
        )
        assert labels[0] == 0


def test_a_piece_on_an_island_knows_that_it_is_none_of_the_largest_component(tiled):
    network, _, path = tiled
    node = np.flatnonzero(network.component == 1)
    x, y = network.x[node], network.y[node]
    small = (x.min() - 1, y.min() - 1, x.min() + 1, y.max() + 1)
    piece = read_tiles(path, small, speed_kmh=4.0, crs=network.crs)
    assert set(piece.component) >= {0, 1}
    assert piece.network.component_m[1] == network.component_m[1]
    if not (piece.network.component == 0).any():
        assert piece.network.component_m[0] == np.inf


def test_a_box_without_streets_is_an_empty_piece(tiled):
    network, _, path = tiled
    far = (network.x.max() + 5_000, 0.0, network.x.max() + 6_000, 1.0)
    piece = read_tiles(path, far, speed_kmh=4.0, crs=network.crs)
    assert (len(piece.edge), len(piece.network.x)) == (0, 0)


def test_only_tiles_near_the_box_are_read(tiled, monkeypatch):
    network, _, path = tiled
    read = []
    original = pq.ParquetFile.read_row_groups
    monkeypatch.setattr(
        pq.ParquetFile,
        "read_row_groups",
        lambda file, groups, **options: (read.extend(groups), original(file, groups, **options))[1],
    )
    read_tiles(path, a_corner(network), speed_kmh=4.0, crs=network.crs)
    assert 0 < len(read) < 0.3 * pq.ParquetFile(path).num_row_groups


def test_a_file_that_ends_early_is_written_again(tiled):
    network, shut, path = tiled
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000])
    write_tiles(network, shut, path, spans=spans_of(network))
    assert path.read_bytes() == whole
    before = path.stat().st_mtime_ns
    write_tiles(network, shut, path, spans=spans_of(network))
    assert path.stat().st_mtime_ns == before


def test_the_file_is_geoparquet(tiled):
    """Another reader finds the streets where they are."""
    network, _, path = tiled
    frame = gpd.read_parquet(path)
    assert len(frame) == len(network.u)
    assert frame.crs == network.crs
    row = frame.set_index("edge").loc[100]
    expected = [(network.x[n], network.y[n]) for n in (network.u[100], network.v[100])]
    assert list(row.geometry.coords) == expected
    some = gpd.read_parquet(path, bbox=a_corner(network))
    assert set(some["edge"]) == set(np.flatnonzero(touching(network, a_corner(network))))
