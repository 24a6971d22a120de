"""Closed compounds of central Shanghai: what OSM knows of them, and every minute by brute force."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely

from lifecircle.compounds import compound_findings, gated_time
from lifecircle.layers.compound_areas import Compounds, load_compounds
from lifecircle.network import StreetNetwork, segments
from lifecircle.osm.buildings import read_buildings, read_residential_land
from lifecircle.osm.features import read_features
from lifecircle.project.tables import CompoundsTable
from lifecircle.snapping import snap
from lifecircle.streets import read_network
from lifecircle.travel import travel_time
from tests.gated_oracle import gated_by_hand

DATA = os.environ.get("LIFECIRCLE_TEST_DATA", "")
SEARCHED = {"services": ["daily"], "search_minutes": 30.0}

pytestmark = pytest.mark.shanghai


@pytest.fixture(scope="module")
def extract() -> Path:
    """About one square kilometre round Tongji University, mapped in full."""
    path = Path(DATA) / "shanghai" / "tongji_full_2026.osm.pbf"
    if not DATA or not path.is_file():
        pytest.skip("LIFECIRCLE_TEST_DATA names no folder that holds shanghai/")
    return path


@pytest.fixture(scope="module")
def streets(extract: Path) -> StreetNetwork:
    return read_network(extract)


@pytest.fixture(scope="module")
def homes(extract: Path, streets: StreetNetwork) -> gpd.GeoDataFrame:
    """Residential buildings on the streets."""
    found = read_buildings(extract, crs=streets.crs, yes_in_residential=True).frame
    points = found.geometry.representative_point()
    places = gpd.GeoDataFrame(
        {"id": found["osm"], "weight": found["floor_area_m2"]}, geometry=points
    )
    return snap(places, streets, min_component_m=0)


@pytest.fixture(scope="module")
def shops(extract: Path, streets: StreetNetwork) -> gpd.GeoDataFrame:
    """What people walk to."""
    tags = ["amenity=school", "amenity=restaurant", "shop=convenience", "shop=supermarket"]
    found = read_features(extract, tags).frame
    points = found.geometry.representative_point()
    frame = gpd.GeoDataFrame({"facility": found["osm"], "service": "daily"}, geometry=points)
    return snap(frame, streets, min_component_m=0)


@pytest.fixture(scope="module")
def supposed(
    extract: Path, streets: StreetNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Compounds:
    """The compounds with one gate each, where the first street crosses the wall.

    Their real gates are not mapped: these show what the bracket is like, not how wide it is.
    """
    land = read_residential_land(extract)
    walls = shapely.buffer(land.geometry.to_crs(streets.crs).to_numpy(), -5, join_style="mitre")
    lines, gates = segments(streets), []
    for ring in shapely.boundary(walls):
        crossing = np.sort(shapely.STRtree(lines).query(ring, predicate="intersects"))
        if len(crossing):
            xy = shapely.get_coordinates(shapely.intersection(lines[crossing[0]], ring))
            gates.append(shapely.Point(xy[0]))
    folder = tmp_path_factory.mktemp("layers")
    land.to_file(folder / "compounds.gpkg", engine="pyogrio")
    gpd.GeoDataFrame(geometry=gates, crs=streets.crs).to_file(
        folder / "gates.gpkg", engine="pyogrio"
    )
    paths = {"source": str(folder / "compounds.gpkg"), "gates": str(folder / "gates.gpkg")}
    return load_compounds(CompoundsTable(**paths), crs=streets.crs)


def test_osm_knows_fifteen_compounds_and_no_gate_of_theirs(
    extract: Path, streets: StreetNetwork, homes: gpd.GeoDataFrame, shops: gpd.GeoDataFrame
) -> None:
    tagged = [
        each
        for each in osmium.FileProcessor(extract)
        if not each.is_node() and each.tags.get("landuse") == "residential"
    ]
    assert len(tagged) == 15
    compounds = load_compounds(CompoundsTable(), crs=streets.crs, extract=extract)
    none, shut = compounds.findings
    assert (none.code, none.message.values["total"]) == ("compounds.none_closed", 15)
    assert none.severity == "warning"
    # The one gate on an outline says foot=no.
    assert (shut.code, shut.row) == ("compounds.shut_gates", "node/12640525662")
    plain = travel_time(streets, homes, shops, **SEARCHED)
    assert gated_time(streets, compounds, homes, shops, plain, **SEARCHED) is plain


def test_every_minute_by_supposed_gates_agrees_with_brute_force(
    streets: StreetNetwork, homes: gpd.GeoDataFrame, shops: gpd.GeoDataFrame, supposed: Compounds
) -> None:
    plain = travel_time(streets, homes, shops, **SEARCHED)
    gated = gated_time(streets, supposed, homes, shops, plain, min_component_m=0, **SEARCHED)
    before, after = plain.minutes["daily"].to_numpy(), gated.minutes["daily"].to_numpy()
    truth = gated_by_hand(streets, supposed, homes, shops, search_minutes=30.0)
    np.testing.assert_allclose(after, np.maximum(before, truth), rtol=0, atol=1e-6)
    # One home in four or so walks farther, by minutes: enough to decide a pass at five.
    farther = after > before + 1e-9
    assert 0.2 < farther.mean() < 0.4
    assert np.median(after[farther] - before[farther]) > 1


def test_findings_say_how_many_live_behind_walls(
    streets: StreetNetwork, homes: gpd.GeoDataFrame, supposed: Compounds
) -> None:
    walls, inside = compound_findings(streets, supposed, {"homes": homes}, source="compounds.gpkg")
    behind = homes.geometry.within(supposed.areas.union_all())
    assert inside.message.values["count"] == behind.sum()
    share = homes.loc[behind, "weight"].sum() / homes["weight"].sum()
    assert float(inside.message.values["percent"]) == pytest.approx(100 * share, abs=0.1)
    assert walls.message.values["edges"] > 10
