"""Slopes: Tobler's function by hand, heights between the cells of drawn rasters, bad rasters."""

from __future__ import annotations

import builtins
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from lifecircle.errors import InputError
from lifecircle.modes import mode_of
from lifecircle.network import StreetNetwork
from lifecircle.project.tables import NetworkTable
from lifecircle.slope import heights, slope_finding, with_slope
from lifecircle.snapping import snap
from lifecircle.streets import load_network, read_network
from lifecircle.travel import travel_time
from tests.conftest import CRS, ORIGIN_X, ORIGIN_Y, demand_at, facilities_at, streets_of
from tests.test_streets import write_osm


def raster(
    path: Path,
    cells: object,
    *,
    cell_m: float = 100.0,
    west: float = -100.0,
    north: float = 300.0,
    **profile: object,
) -> Path:
    """Heights in cells of `cell_m`, the first row in the north; metres from the town's corner."""
    values = np.array(cells, dtype=profile.pop("dtype", "float32"))
    given = {
        "driver": "GTiff", "count": 1, "height": values.shape[0], "width": values.shape[1],
        "dtype": values.dtype, "crs": "EPSG:4549",
        "transform": Affine(cell_m, 0.0, ORIGIN_X + west, 0.0, -cell_m, ORIGIN_Y + north),
    }  # fmt: skip
    with rasterio.open(path, "w", **(given | profile)) as file:
        file.write(values, 1)
    return path


# Tobler's function ------------------------------------------------------------------------------


def test_even_ground_changes_nothing(town: StreetNetwork) -> None:
    flat = with_slope(town, np.full(len(town.lon), 7.0))
    np.testing.assert_allclose(flat.forward_m, town.length_m, rtol=1e-15)
    np.testing.assert_allclose(flat.backward_m, town.length_m, rtol=1e-15)


@pytest.mark.parametrize(
    ("slope", "up", "down"),
    [
        # exp(3.5 × slope) up; down exp(-3.5 × slope) to 5 %, then exp(3.5 × (slope - 0.1))
        (0.05, 1.191246, 0.839457),
        (0.10, 1.419068, 1.0),
        (0.20, 2.013753, 1.419068),
    ],
)
def test_tobler_up_and_down(slope: float, up: float, down: float) -> None:
    network = streets_of([0, 100], [0, 0], [(0, 1)])
    sloped = with_slope(network, np.array([0.0, slope]) * network.length_m[0])
    assert sloped.forward_m / network.length_m == pytest.approx([up], abs=1e-6)
    assert sloped.backward_m / network.length_m == pytest.approx([down], abs=1e-6)
    # Tobler's own speeds, 6 exp(-3.5 |s + 0.05|) km/h, over that on the level
    level, climb = (6 * np.exp(-3.5 * abs(s + 0.05)) for s in (0, slope))
    assert level / climb == pytest.approx(up, abs=1e-6)


def test_going_up_takes_longer_than_coming_down() -> None:
    network = streets_of([0, 100, 200], [0, 0, 0], [(0, 1), (1, 2)])
    hill = with_slope(network, np.array([0.0, 20.0, 20.0]))
    ends = [demand_at([x], [0]) for x in (0, 200)]
    there, back = (
        travel_time(
            hill,
            snap(start, hill, min_component_m=0),
            snap(facilities_at([x], [0]), hill, min_component_m=0),
        ).minutes["health"].iloc[0]
        * 4000 / 60
        for start, x in zip(ends, (200, 0), strict=True)
    )  # fmt: skip
    slope = 20 / network.length_m[0]
    assert there == pytest.approx(
        network.length_m[0] * np.exp(3.5 * slope) + network.length_m[1], abs=1e-4
    )
    assert back == pytest.approx(
        network.length_m[0] * np.exp(3.5 * (slope - 0.1)) + network.length_m[1], abs=1e-4
    )
    assert there > back


def test_a_street_without_length_is_level() -> None:
    network = streets_of([0, 100, 100], [0, 0, 0], [(0, 1), (1, 2)])
    assert with_slope(network, np.array([0.0, 0.0, 50.0])).forward_m[1] == 0.0


# Heights ----------------------------------------------------------------------------------------

# Four by four cells of 100 m around the town; cell centres at -50, 50, 150, 250 m.
PLANE = [[2 * x + 5 * y + 100 for x in (-50, 50, 150, 250)] for y in (250, 150, 50, -50)]


def test_a_plane_is_read_exactly(town: StreetNetwork, tmp_path: Path) -> None:
    found = heights(town, raster(tmp_path / "plane.tif", PLANE))
    x, y = town.x - ORIGIN_X, town.y - ORIGIN_Y
    np.testing.assert_allclose(found, 2 * x + 5 * y + 100, atol=1e-3)


def test_a_raster_in_degrees_is_read_as_well(tmp_path: Path) -> None:
    network = streets_of([0, 100], [0, 0], [(0, 1)])
    cells = np.tile(np.arange(40.0), (40, 1))
    step = 1e-4
    west, north = network.lon.min() - 10 * step, network.lat.max() + 20 * step
    path = raster(
        tmp_path / "d.tif", cells, crs="EPSG:4326", transform=Affine(step, 0, west, 0, -step, north)
    )
    expected = (network.lon - west) / step - 0.5
    np.testing.assert_allclose(heights(network, path), expected, atol=1e-6)


def test_between_four_cells_by_hand(tmp_path: Path) -> None:
    # Node 0 at (0, 0): a quarter of each cell around it. Node 1 at (75, 0): cells at 50 and 150.
    network = streets_of([0, 75], [0, 0], [(0, 1)])
    cells = [[0, 0, 0, 0], [0, 0, 0, 0], [10, 20, 40, 0], [50, 60, 100, 0]]
    found = heights(network, raster(tmp_path / "four.tif", cells))
    assert found == pytest.approx([(10 + 20 + 50 + 60) / 4, 0.75 * 40 + 0.25 * 70], abs=1e-3)


def test_beyond_the_last_centres_the_edge_cell_holds(tmp_path: Path) -> None:
    network = streets_of([-90, 290], [0, 0], [(0, 1)])
    found = heights(network, raster(tmp_path / "plane.tif", PLANE))
    assert found == pytest.approx([2 * -50 + 100, 2 * 250 + 100], abs=1e-3)


def test_gaps_beside_a_node_are_bridged_and_gaps_around_it_refused(tmp_path: Path) -> None:
    network = streets_of([0, 75], [0, 0], [(0, 1)])
    cells = [[0, 0, 0, 0], [0, 0, 0, 0], [10, -9999, 40, 0], [50, 60, 100, 0]]
    path = raster(tmp_path / "gap.tif", cells, nodata=-9999)
    # Node 1 has 40 above with weight 0.125, 60 and 100 below with 0.375 and 0.125.
    expected = [(10 + 50 + 60) / 3, (0.125 * 40 + 0.375 * 60 + 0.125 * 100) / 0.625]
    assert heights(network, path) == pytest.approx(expected, abs=1e-3)
    cells[2][0] = cells[3][0] = cells[3][1] = -9999
    lost = raster(tmp_path / "lost.tif", cells, nodata=-9999)
    with pytest.raises(
        InputError, match=r"lost\.tif has no value at 1 of 2 street nodes; the first"
    ):
        heights(network, lost)


def test_scale_and_offset_are_applied(tmp_path: Path) -> None:
    network = streets_of([0, 100], [0, 0], [(0, 1)])
    path = raster(tmp_path / "cm.tif", np.full((4, 4), 250), dtype="int16")
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.01,), (1.0,)
    assert heights(network, path) == pytest.approx([3.5, 3.5])


def test_strips_of_a_tall_raster_fit_together(tmp_path: Path) -> None:
    # 3,000 rows of 0.1 m: nodes in three strips, one of them between two.
    at = [0.04, 102.4, 150.0, 299.0]
    network = streets_of([0] * 4, at, [(0, 1), (1, 2), (2, 3)])
    cells = np.repeat(300.0 - 0.1 * (np.arange(3000)[:, None] + 0.5), 3, axis=1)
    path = raster(tmp_path / "tall.tif", cells, cell_m=0.1, west=-0.15, north=300.0)
    assert heights(network, path) == pytest.approx([0.05, *at[1:]], abs=1e-3)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ({"crs": None}, r"h\.tif has no coordinate system"),
        ({"crs": None, "transform": Affine.identity()}, r"h\.tif has no coordinate"),
        ({"west": 50.0}, r"h\.tif covers 66\.7% of the street nodes"),
    ],
)
def test_rasters_that_will_not_do(
    town: StreetNetwork, tmp_path: Path, profile: dict[str, object], words: str
) -> None:
    path = tmp_path / "h.tif"
    with warnings.catch_warnings():
        # said on writing it; reading must be silent
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        raster(path, PLANE, **profile)
    with pytest.raises(InputError, match=words):
        heights(town, path)


def test_missing_and_broken_files_are_named(town: StreetNetwork, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*gone\.tif"):
        heights(town, tmp_path / "gone.tif")
    (tmp_path / "broken.tif").write_bytes(b"II*\x00 no raster")
    with pytest.raises(InputError, match=r"broken\.tif is broken or no raster"):
        heights(town, tmp_path / "broken.tif")


def test_without_the_extra_it_is_named(
    town: StreetNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_rasterio(name: str, *rest: object) -> object:
        if name == "rasterio":
            raise ImportError(name)
        return real(name, *rest)

    path = raster(tmp_path / "plane.tif", PLANE)
    monkeypatch.setattr(builtins, "__import__", without_rasterio)
    with pytest.raises(InputError, match=r'pip install "lifecircle\[raster\]"'):
        heights(town, path)


# In a project -----------------------------------------------------------------------------------


def test_elevation_slows_walking_alone(town: StreetNetwork, tmp_path: Path) -> None:
    streets, relief = write_osm(town, tmp_path), raster(tmp_path / "plane.tif", PLANE)
    table = NetworkTable(source=str(streets), elevation=str(relief))
    walked = load_network(table, crs=CRS)
    # 2 m up for each metre east: exp(3.5 × 2) to the east, exp(3.5 × (2 - 0.1)) to the west
    eastward = walked.network.forward_m[0] / walked.network.length_m[0]
    westward = walked.network.backward_m[0] / walked.network.length_m[0]
    assert np.log([eastward, westward]) / 3.5 == pytest.approx([2.0, 1.9], rel=1e-3)
    assert [s.layer for s in walked.sources] == ["network", "network elevation"]
    assert len(walked.sources[1].sha256) == 64
    (found,) = [f for f in walked.findings if f.code == "slope.slopes"]
    assert found.severity == "warning"
    assert "between 100 and 1,500 m" in found.message.text("en")
    assert "(100.0%), stairs apart, are steeper than 30%" in found.message.text("en")
    driven = load_network(table, crs=CRS, mode=mode_of(table, "drive"))
    assert [source.layer for source in driven.sources] == ["network"]
    np.testing.assert_allclose(driven.network.forward_m, driven.network.backward_m)


def test_gentle_slopes_are_for_information(town: StreetNetwork, tmp_path: Path) -> None:
    height_m = np.linspace(0.0, 8.0, len(town.lon))
    found = slope_finding(town, height_m, source="h.tif")
    assert (found.severity, found.message.values["steep_km"]) == ("info", 0.0)


def test_a_missing_raster_is_told_on_loading(town: StreetNetwork, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file .*gone\.tif"):
        read_network(write_osm(town, tmp_path), elevation=str(tmp_path / "gone.tif"))
