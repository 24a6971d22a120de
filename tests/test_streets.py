"""The same town from every kind of street file, and files that are none."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.graphs import to_networkx
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import NetworkTable
from lifecircle.snapping import snap
from lifecircle.streets import load_network, network_findings, read_network
from lifecircle.travel import travel_time
from tests.conftest import CRS, demand_at, facilities_at, streets_of


def as_osm(network: StreetNetwork) -> str:
    nodes = [
        f'<node id="{i + 1}" version="1" lat="{lat:.9f}" lon="{lon:.9f}"/>'
        for i, (lon, lat) in enumerate(zip(network.lon, network.lat, strict=True))
    ]
    ways = [
        f'<way id="{i + 1}" version="1"><nd ref="{u + 1}"/><nd ref="{v + 1}"/>'
        '<tag k="highway" v="residential"/></way>'
        for i, (u, v) in enumerate(zip(network.u, network.v, strict=True))
    ]
    return "\n".join(['<osm version="0.6">', *nodes, *ways, "</osm>"])


def write_osm(network: StreetNetwork, folder: Path) -> Path:
    path = folder / "town.osm"
    path.write_text(as_osm(network), encoding="utf-8")
    return path


def write_gz(network: StreetNetwork, folder: Path) -> Path:
    path = folder / "town.osm.gz"
    path.write_bytes(gzip.compress(as_osm(network).encode("utf-8")))
    return path


def write_graphml(network: StreetNetwork, folder: Path) -> Path:
    path = folder / "town.graphml"
    graph = to_networkx(network)
    graph.graph["crs"] = "epsg:4326"
    nx.write_graphml(graph, path)
    return path


def lines_of(network: StreetNetwork) -> gpd.GeoDataFrame:
    ends = np.stack([network.u, network.v], axis=1)
    lines = shapely.linestrings(np.stack([network.lon[ends], network.lat[ends]], axis=-1))
    return gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326")


def write_gpkg(network: StreetNetwork, folder: Path) -> Path:
    path = folder / "town.gpkg"
    lines_of(network).to_crs("EPSG:4549").to_file(path)
    return path


def write_shp(network: StreetNetwork, folder: Path) -> Path:
    path = folder / "道路.shp"
    lines_of(network).to_file(path)
    return path


@pytest.mark.parametrize(
    "write", [write_osm, write_gz, write_graphml, write_gpkg, write_shp], ids=lambda f: f.__name__
)
def test_every_kind_of_file_gives_the_same_minutes(
    town: StreetNetwork, tmp_path: Path, write: Callable[[StreetNetwork, Path], Path]
) -> None:
    path = write(town, tmp_path)
    loaded = load_network(NetworkTable(source=str(path)), crs=CRS)
    network = loaded.network
    assert len(network.u) == 12
    assert loaded.sources[0].rows_used == 12
    assert len(loaded.sources[0].sha256) == 64
    # OSM keeps 1e-7 degrees, about a centimetre at each end of twelve streets.
    assert network.length_m.sum() == pytest.approx(town.length_m.sum(), abs=12 * 0.02)
    demand, facilities = demand_at([50, 130], [-20, 160]), facilities_at([150], [210])

    def minutes(streets: StreetNetwork) -> np.ndarray:
        places = snap(demand, streets)
        return travel_time(streets, places, snap(facilities, streets)).minutes.to_numpy()

    np.testing.assert_allclose(minutes(network), minutes(town), atol=1e-3)


def test_speed_and_metric_system_are_the_tables(town: StreetNetwork, tmp_path: Path) -> None:
    network = read_network(write_osm(town, tmp_path), speed_kmh=3.0)
    assert network.speed_kmh == 3.0
    assert network.crs.to_epsg() == 4549  # CGCS2000, 3-degree zone at 120 E


def test_an_extent_replaces_the_hull_as_rim(tmp_path: Path) -> None:
    # A star of three dead ends; the extent leaves out the one in the east.
    lines = gpd.GeoSeries.from_wkt(
        [
            "LINESTRING (120 31, 120.01 31)",
            "LINESTRING (120 31, 119.99 31)",
            "LINESTRING (120 31, 120 31.01)",
        ],
        crs="EPSG:4326",
    )
    lines.to_frame("geometry").to_file(tmp_path / "star.geojson")
    inside = gpd.GeoSeries([shapely.box(119.98, 30.9, 120.005, 31.1)], crs="EPSG:4326")
    inside.to_frame("geometry").to_file(tmp_path / "extent.geojson")
    plain = read_network(tmp_path / "star.geojson")
    assert plain.rim.sum() == 3
    ringed = read_network(tmp_path / "star.geojson", extent=str(tmp_path / "extent.geojson"))
    assert ringed.lon[ringed.rim] == pytest.approx([120.01])
    table = NetworkTable(
        source=str(tmp_path / "star.geojson"), extent=str(tmp_path / "extent.geojson")
    )
    names = [Path(source.source).name for source in load_network(table).sources]
    assert names == ["star.geojson", "extent.geojson"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cut.osm", b'<osm version="0.6"><node id="1"', r"cut\.osm"),
        ("cut.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", r"cut\.osm\.pbf"),
        ("cut.graphml", b"<graphml><graph", r"cut\.graphml"),
        ("none.geojson", b"", r"none\.geojson"),
        ("streets.docx", b"PK", r"streets\.docx"),
    ],
)
def test_broken_and_foreign_files_are_named(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_network(tmp_path / name)


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown key speed\. Did you mean speed_kmh"):
        read_network(tmp_path / "streets.osm", speed=4.0)


def test_a_line_layer_takes_where_and_an_extract_does_not(
    town: StreetNetwork, tmp_path: Path
) -> None:
    lines_of(town).assign(kind=["a", "b"] * 6).to_file(tmp_path / "town.gpkg")
    assert len(read_network(tmp_path / "town.gpkg", where={"kind": "a"}).u) == 6
    with pytest.raises(InputError, match=r"town\.osm: \[network\] where means nothing"):
        read_network(write_osm(town, tmp_path), where={"kind": "a"})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.osm\.pbf"):
        read_network(tmp_path / "nowhere.osm.pbf")


def test_findings_count_pieces_and_steps() -> None:
    network = streets_of([0, 3000, 0, 100], [0, 0, 50, 50], [(0, 1), (2, 3)])
    found = {f.code: f for f in network_findings(network, source="x", min_component_m=2000)}
    assert found["network.components"].severity == "warning"
    assert "2 unconnected pieces" in found["network.components"].message.text("en")
    assert "1 pieces have less than 2,000 m" in found["network.components"].message.text("en")
