"""Layers for GIS: exact names, nothing infinite, styles inside, and back again."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from lifecircle.geodesy import distance_m
from lifecircle.lines import streets_from_lines
from lifecircle.measured import measure
from lifecircle.network import Streets, street_network
from lifecircle.outputs.demand_layer import demand_layer
from lifecircle.outputs.geopackage import (
    layer_names,
    read_facilities,
    read_streets,
    read_zones,
    write_geopackage,
)
from lifecircle.outputs.geoparquet import write_geoparquet
from lifecircle.outputs.gis_layers import (
    coverage_tables,
    facility_layer,
    street_layer,
    zone_layer,
)
from lifecircle.travel import TravelTime
from lifecircle.verdicts import COLOURS
from tests import small_run
from tests.conftest import CRS, m, streets_of

MAIN = small_run.MAIN.key
OLD = small_run.Definition(
    "old.people/with.a.key.longer.than.thirty.letters", "people", group="aged_60"
)


def written(path: Path, frames: dict[str, pd.DataFrame], **where: str) -> Path:
    write_geopackage(path, frames, small_run.provenance(small_run.MAIN, OLD, **where))
    return path


def layers() -> dict[str, gpd.GeoDataFrame]:
    naming = small_run.naming(small_run.MAIN, OLD)
    table = small_run.coverage_table(small_run.MAIN, OLD)
    network = streets_of([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)])
    square = gpd.GeoDataFrame(
        {"facility": [""], "service": ["health"], "minutes": [np.inf], "kind": ["service"]},
        geometry=[shapely.box(121.0, 31.0, 121.01, 31.01)],
        crs="EPSG:4326",
    )
    return {
        "zones": zone_layer(small_run.zones(), table, MAIN, naming),
        "facilities": facility_layer(small_run.facilities(), naming),
        "streets": street_layer(network),
        "demand": demand_layer(small_run.demand(), small_run.measured(), naming, crs=CRS),
        "isochrones": square,
        **coverage_tables(table, naming),
    }


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gis") / "layers.gpkg"
    return written(path, layers(), language="zh", output_crs="EPSG:4490")


def ring(chain: list[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(chain))


# --- the file ------------------------------------------------------------------------------------


def test_layers_are_there_in_the_coordinate_system_asked_for(path: Path) -> None:
    (other,) = (name for name in layer_names(path) if name.startswith("coverage_"))
    drawn = ["zones", "facilities", "streets", "demand", "isochrones"]
    drawn.append(f"zones{other.removeprefix('coverage')}")
    assert set(layer_names(path)) == {*drawn, "coverage", other}
    assert {pyogrio.read_info(path, layer=name)["crs"] for name in drawn} == {"EPSG:4490"}


def test_nothing_is_infinite_or_not_a_number(path: Path) -> None:
    database = sqlite3.connect(path)
    for layer in layer_names(path):
        for name in pyogrio.read_info(path, layer=layer)["fields"]:
            values = database.execute(f'SELECT "{name}" FROM "{layer}"').fetchall()  # noqa: S608
            numbers = [value for (value,) in values if isinstance(value, float)]
            assert np.isfinite(numbers).all(), (layer, name)
    database.close()


def test_names_keep_every_character(path: Path) -> None:
    assert read_zones(path)["name"].tolist() == small_run.HOSTILE
    assert read_facilities(path, small_run.naming())["name"].tolist() == ["`${alert(1)}`", ""]


def test_the_same_layers_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written(tmp_path / name / "layers.gpkg", layers())
    one, two = (tmp_path / name / "layers.gpkg" for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()


def test_zones_come_back(path: Path) -> None:
    back, zones = read_zones(path), small_run.zones()
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.drop(columns="geometry")), pd.DataFrame(zones.drop(columns="geometry"))
    )
    np.testing.assert_array_equal(
        shapely.normalize(back.geometry.to_numpy()),
        shapely.normalize(shapely.multipolygons(zones.geometry.to_numpy()[:, None])),
    )
    assert back.crs == zones.crs


def test_facilities_come_back(path: Path) -> None:
    back = pd.DataFrame(read_facilities(path, small_run.naming()))
    given = pd.DataFrame(small_run.facilities()).drop(columns="edge")
    pd.testing.assert_frame_equal(back, given, check_like=True)


def test_streets_come_back_as_lines(path: Path) -> None:
    (line,) = read_streets(path).itertuples(index=False)
    assert not line.steps
    assert not line.tunnel
    assert len(line.geometry.coords) == 3


def test_layers_without_rows_are_written_all_the_same(tmp_path: Path) -> None:
    empty = {name: layer.iloc[:0] for name, layer in layers().items()}
    path = written(tmp_path / "layers.gpkg", empty)
    assert set(layer_names(path)) >= set(empty)
    assert read_facilities(path, small_run.naming()).empty


# --- styles --------------------------------------------------------------------------------------


def style_rows(path: Path) -> pd.DataFrame:
    """The table of styles."""
    return pyogrio.read_dataframe(path, layer="layer_styles")


def styles(path: Path) -> dict[str, ET.Element]:
    """The style with which each layer opens."""
    table = style_rows(path)
    table = table[table["useAsDefault"].astype(bool)]
    texts = zip(table["f_table_name"], table["styleQML"], strict=True)
    return {name: ET.fromstring(text) for name, text in texts}  # noqa: S314 - our own


def test_every_layer_opens_with_one_style(path: Path) -> None:
    assert set(styles(path)) == set(layer_names(path))
    assert not style_rows(path)[["f_table_name", "styleName"]].duplicated().any()


def test_zones_have_a_style_for_every_service(path: Path) -> None:
    table = style_rows(path)
    names = table.loc[table["f_table_name"] == "zones", "styleName"]
    assert set(names) == {"各项服务同时可达", "卫生", "文化", "体育"}


def test_zones_open_with_the_verdict_of_all_at_once(path: Path) -> None:
    renderer = styles(path)["zones"].find("renderer-v2")
    assert renderer is not None
    assert renderer.get("attr") == "verdict_all"
    labels = {one.get("value"): one.get("label") for one in renderer.iter("category")}
    assert set(labels) == set(COLOURS)
    assert "未达标" in labels["fail_1"]
    symbols = {one.get("name") for one in renderer.iter("symbol")}
    assert {one.get("symbol") for one in renderer.iter("category")} <= symbols


def test_minutes_break_exactly_at_the_limit(path: Path) -> None:
    renderer = styles(path)["demand"].find("renderer-v2")
    assert renderer is not None
    filters = [one.get("filter") for one in renderer.iter("rule")]
    inside = [each for each in filters if each and '<= "limit_health"' in each]
    beyond = [each for each in filters if each and '> "limit_health"' in each]
    assert inside
    assert beyond


def test_colours_differ_between_classes(path: Path) -> None:
    for layer, alike in (("zones", 4), ("demand", 4)):
        colours = [
            one.get("value")
            for one in styles(path)[layer].iter("Option")
            if one.get("name") == "color"
        ]
        assert len(set(colours)) >= alike


# --- names and words -----------------------------------------------------------------------------


def test_names_fit_every_gis(path: Path) -> None:
    for layer in layer_names(path):
        fields = list(pyogrio.read_info(path, layer=layer)["fields"])
        for name in (layer, *fields):
            assert re.fullmatch(r"\w{1,30}", name), (layer, name)
        assert len({name.casefold() for name in fields}) == len(fields)


def test_every_field_has_a_chinese_name_in_the_file_and_in_its_style(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT table_name, column_name, title FROM gpkg_data_columns")
        titles = {(table, name): title for table, name, title in rows}
        extensions = {name for (name,) in database.execute(
            "SELECT extension_name FROM gpkg_extensions"
        )}  # fmt: skip
    assert {"gpkg_schema", "gpkg_metadata", "gpkg_rtree_index"} <= extensions
    for layer in layer_names(path):
        aliases = {one.get("field"): one.get("name") for one in styles(path)[layer].iter("alias")}
        for name in pyogrio.read_info(path, layer=layer)["fields"]:
            assert re.search("[一-鿿]", titles[layer, name]), (layer, name)
            assert aliases[name] == titles[layer, name]


def test_the_file_says_how_it_came_about(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        texts = [text for (text,) in database.execute("SELECT metadata FROM gpkg_metadata")]
        count = database.execute("SELECT count(*) FROM gpkg_metadata_reference").fetchone()[0]
    run = json.loads(next(text for text in texts if text.startswith("{")))
    assert run["schema"] == "lifecircle.run/1"
    assert "secret" not in "".join(texts)
    assert count >= len(texts)


def test_other_definitions_have_a_table_of_their_own(path: Path) -> None:
    name = next(each for each in layer_names(path) if each.startswith("coverage_"))
    table = pyogrio.read_dataframe(path, layer=name).set_index("zone")
    # Of the old, 6 of 10 in the first zone and none in the second reach health.
    assert table["rate_health"].tolist() == [0.6, 0.0]
    assert table["demand"].tolist() == [10.0, 10.0]
    every = pyogrio.read_dataframe(path, layer="coverage")
    assert len(every) == len(small_run.coverage_table(small_run.MAIN, OLD))


def test_layers_come_as_geoparquet_too(tmp_path: Path) -> None:
    where = small_run.provenance(small_run.MAIN, OLD, output_crs="EPSG:4490")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_geoparquet(tmp_path / name, layers(), where)
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert {"zones.parquet", "facilities.parquet", "streets.parquet", "demand.parquet"} <= names
    for name in names:
        one, two = (tmp_path / each / name for each in ("a", "b"))
        assert one.read_bytes() == two.read_bytes()
    back = gpd.read_parquet(tmp_path / "a" / "zones.parquet")
    assert back["name"].tolist() == small_run.HOSTILE
    assert back.crs == "EPSG:4490"
    meta = json.loads(pq.read_schema(tmp_path / "a" / "zones.parquet").metadata[b"geo"])
    assert meta["version"] == "1.1.0"
    assert "bbox" in meta["columns"]["geometry"]["covering"]


# --- zones ---------------------------------------------------------------------------------------


def test_zones_hold_the_rates_of_one_definition_side_by_side() -> None:
    other = small_run.Definition("old.network", "people", group="aged_60")
    table = small_run.coverage_table(small_run.MAIN, other)
    layer = zone_layer(small_run.zones(), table, MAIN, small_run.naming()).set_index("zone")
    assert layer["definition"].tolist() == [MAIN, MAIN]
    assert layer["demand"].tolist() == [100.0, 100.0]
    assert layer["rate_health"].tolist() == [0.6, 0.0]
    assert layer["rate_culture"].tolist() == [0.6, 1.0]
    assert layer["gap_health"].tolist() == [25.0, 85.0]
    assert layer["status_sports"].tolist() == ["no data", "no data"]
    assert layer["rate_all"].tolist() == [0.6, 0.0]


def test_the_order_of_zones_is_theirs_whatever_the_order_of_rows() -> None:
    table = small_run.coverage_table().iloc[::-1]
    layer = zone_layer(small_run.zones(), table, MAIN, small_run.naming())
    assert layer["zone"].tolist() == ["010101", "010102"]
    assert layer["rate_culture"].tolist() == [0.6, 1.0]


# --- streets -------------------------------------------------------------------------------------


def test_segments_join_between_junctions() -> None:
    #   0 - 1 - 2 - 3      node 2 is a junction of three streets
    #           |
    #           4
    network = streets_of([0, 10, 20, 30, 20], [0, 0, 0, 0, -9], [(0, 1), (1, 2), (2, 3), (4, 2)])
    layer = street_layer(network)
    expected = sorted([m(network, 0, 1, 2), m(network, 2, 3), m(network, 2, 4)])
    np.testing.assert_allclose(sorted(layer["length_m"]), expected, rtol=1e-12)


def test_steps_and_streets_stay_apart() -> None:
    network = streets_of([0, 10, 20, 30], [0, 0, 0, 0], ring([0, 1, 2, 3]))
    streets = Streets(
        network.lon, network.lat, network.u, network.v,
        steps=np.array([False, True, False]), tunnel=np.array([False, False, True]),
    )  # fmt: skip
    layer = street_layer(street_network(streets, crs=CRS))
    assert sorted(zip(layer["steps"], layer["tunnel"], strict=True)) == [
        (False, False), (False, True), (True, False),
    ]  # fmt: skip
    assert layer.loc[layer["steps"], "length_m"].item() == pytest.approx(m(network, 1, 2))


def test_streets_that_cross_steps_at_a_shared_node_are_still_connected_when_read_back() -> None:
    #       3          0 - 1 - 2 is a street; steps run up from 4 through 1 to 3
    #   0 - 1 - 2
    #       4
    network = streets_of([0, 10, 20, 10, 10], [0, 0, 0, 9, -9], [(0, 1), (1, 2), (3, 1), (1, 4)])
    steps = np.array([False, False, True, True])
    streets = Streets(
        network.lon, network.lat, network.u, network.v, steps=steps, tunnel=np.zeros(4, bool)
    )
    layer = street_layer(street_network(streets, crs=CRS))
    assert sorted(layer["steps"]) == [False, False, True, True]
    again, _ = streets_from_lines(layer, crs=CRS)
    assert len(again.lon) == 5


def test_pieces_are_numbered_as_in_the_network() -> None:
    network = streets_of([0, 50, 0, 9], [0, 0, 500, 500], [(2, 3), (0, 1)])
    layer = street_layer(network).sort_values("component")
    assert layer["component"].tolist() == [0, 1]
    assert layer["length_m"].tolist() == pytest.approx([m(network, 0, 1), m(network, 2, 3)])


def test_a_ring_without_junction_is_one_line() -> None:
    network = streets_of([0, 10, 10, 0], [0, 0, 10, 10], ring([0, 1, 2, 3, 0]))
    (line,) = street_layer(network).geometry
    assert line.is_closed


def test_no_street_is_lost_in_the_town(town: Any) -> None:
    layer = street_layer(town)
    assert layer["length_m"].sum() == pytest.approx(town.length_m.sum(), rel=1e-12)
    assert not shapely.has_z(layer.geometry).any()
    lon, lat = shapely.get_coordinates(layer.geometry.iloc[0]).T
    assert layer["length_m"].iloc[0] == pytest.approx(
        distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
    )


# --- demand --------------------------------------------------------------------------------------


def test_minutes_are_empty_with_a_reason() -> None:
    layer = demand_layer(small_run.demand(), small_run.measured(), small_run.naming(), crs=CRS)
    assert layer["state_health"].tolist() == ["reached", "reached", "cut_off", "unsnapped"]
    assert layer["state_culture"].tolist() == ["reached", "beyond", "reached", "unsnapped"]
    np.testing.assert_array_equal(layer["min_health"], [5.0, 16.0, np.nan, np.nan])
    assert layer["weight"].sum() == 205.0
    assert layer["places"].tolist() == [1, 1, 1, 1]


def test_too_many_places_become_cells_that_keep_the_demand() -> None:
    demand = small_run.demand()
    layer = demand_layer(demand, small_run.measured(), small_run.naming(), crs=CRS, most=3)
    # The first two places stand 9.5 m apart in one cell of 100 m; 60 of its 100 persons reach
    # health in 5 minutes, so that the middle person does, and culture likewise.
    assert sorted(layer["places"]) == [1, 1, 2]
    both = layer[layer["places"] == 2].squeeze()
    assert (both["weight"], both["min_health"], both["min_culture"]) == (100.0, 5.0, 1.5)
    assert both["zone"] == "010101"
    assert layer["weight"].sum() == 205.0
    assert set(layer["state_health"]) == {"reached", "cut_off", "unsnapped"}
    holds = layer.geometry.apply(lambda cell: demand.geometry.intersects(cell).any())
    assert holds.all()


def test_cells_are_squares_of_100_m_on_the_grid() -> None:
    layer = demand_layer(
        small_run.demand(), small_run.measured(), small_run.naming(), crs=CRS, most=0
    )
    metric = layer.to_crs(CRS)
    np.testing.assert_allclose(metric.area, 10_000.0, rtol=1e-6)
    corners = metric.bounds[["minx", "miny"]] / 100
    np.testing.assert_allclose(corners, corners.round(), atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_shows_the_weighted_median_place(seed: int, one_zone: pd.DataFrame) -> None:
    rng = np.random.default_rng(seed)
    count = 40
    x, y = rng.uniform(0, 300, (2, count))
    lonlat = streets_of(list(x), list(y), [(0, 1)])
    weight = rng.integers(0, 5, count).astype(float) + 0.5
    minutes = rng.choice([1.0, 2.0, np.inf, np.inf, np.nan], count)
    cut_off = rng.choice([True, False], count) & np.isinf(minutes)
    taken = TravelTime(
        minutes=pd.DataFrame({"health": minutes}),
        facility=pd.DataFrame({"health": [""] * count}),
        access_m=pd.Series(0.0, range(count)),
        rim=pd.Series(np.inf, range(count)),
        cut_off=pd.DataFrame({"health": cut_off}),
        speed_kmh=4.0,
        search_minutes=30.0,
    )
    demand = gpd.GeoDataFrame(
        {"id": [str(i) for i in range(count)], "zone": "a", "weight": weight},
        geometry=gpd.points_from_xy(lonlat.lon, lonlat.lat),
        crs="EPSG:4326",
    )
    health = small_run.STANDARD.services[:1]
    standard = dataclasses.replace(small_run.STANDARD, services=health, all=())
    counted = measure(taken, demand, one_zone, standard, small_run.MAIN)
    layer = demand_layer(demand, counted, small_run.naming(), crs=CRS, most=0)
    assert layer["weight"].sum() == pytest.approx(weight.sum())
    for cell in layer.itertuples():
        inside = demand.geometry.within(cell.geometry).to_numpy()
        badness = np.select(
            [np.isnan(minutes), cut_off, np.isinf(minutes)], [300.0, 200.0, 100.0], minutes
        )
        unreached = {"unsnapped": 300.0, "cut_off": 200.0, "beyond": 100.0}
        shown = unreached.get(cell.state_health, cell.min_health)
        half = weight[inside].sum() / 2
        assert weight[inside & (badness <= shown)].sum() >= half - 1e-9
        assert weight[inside & (badness < shown)].sum() <= half + 1e-9
