"""Coordinate systems: read, chosen, and checked against the coordinates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest

from lifecircle.crs import Place, degrees_of, is_rough, metric_crs, read_crs
from lifecircle.errors import CRSError


def place(count: int = 1) -> Place:
    return Place("homes", "homes.csv", np.array([str(row + 2) for row in range(count)], object))


@pytest.mark.parametrize("text", ["EPSG:4549", "epsg:4549", " 4549 ", pyproj.CRS(4549).to_wkt()])
def test_one_system_has_many_spellings(text: str) -> None:
    assert read_crs(text).to_epsg() == 4549


def test_proj_strings_old_and_new_are_read() -> None:
    gauss = "+proj=tmerc +lon_0=120 +k=1 +x_0=500000 +ellps=GRS80 +units=m"
    assert read_crs(gauss).is_projected
    assert read_crs("+init=epsg:4326").is_geographic


def test_a_prj_file_is_read_with_or_without_mark(tmp_path: Path) -> None:
    esri = pyproj.CRS(4549).to_wkt("WKT1_ESRI")
    path = tmp_path / "上海.prj"
    path.write_text(esri, encoding="utf-8-sig")
    assert read_crs(f"file:{path}").to_epsg(min_confidence=20) == 4549


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EPSG:999999", "'EPSG:999999' is not a known"),
        ("Shanghai 2000", "'Shanghai 2000' is not a known"),
        ("", "'' is not a known"),
        ("EPSG:5703", "NAVD88 height.* is not a system of positions"),
        ('LOCAL_CS["site grid"]', "site grid.* is not a system of positions"),
        ("file:/nowhere/x.prj", "cannot be read from /nowhere/x.prj"),
    ],
)
def test_what_is_no_system_is_named(text: str, words: str) -> None:
    with pytest.raises(CRSError, match=words):
        read_crs(text)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (121.48, 31.23, 4549),  # Shanghai, zone of 120°
        (116.39, 39.91, 4548),  # Beijing, zone of 117°
        (87.62, 43.82, 4538),  # Urumqi, zone of 87°
        (114.06, 22.54, 4547),  # Shenzhen, zone of 114°
        (7.42, 43.74, 32632),  # Monaco
        (151.2, -33.9, 32756),  # Sydney
        (180.0, -17.0, 32701),
        (120.0, 10.0, 32651),  # south of the Chinese zone's area of use
    ],
)
def test_auto_is_the_chinese_zone_or_utm(lon: float, lat: float, code: int) -> None:
    assert metric_crs("auto", lon, lat).to_epsg() == code


def test_the_metric_system_can_be_named() -> None:
    assert metric_crs("EPSG:32651", 121.48, 31.23).to_epsg() == 32651


@pytest.mark.parametrize("text", ["EPSG:4326", "EPSG:2263"])  # degrees; US survey feet
def test_a_system_without_metres_is_refused(text: str) -> None:
    with pytest.raises(CRSError, match="not a projected system in metres"):
        metric_crs(text, -74.0, 40.7)


@pytest.mark.parametrize(
    ("text", "percent"),
    [("EPSG:3857", "17"), ("EPSG:32632", ".*")],  # 1 / cos 31.23° = 1.17; UTM of Germany
)
def test_a_system_that_distorts_there_is_refused(text: str, percent: str) -> None:
    with pytest.raises(CRSError, match=f"lengths are off by {percent} %"):
        metric_crs(text, 121.48, 31.23)


def test_coordinates_become_degrees_x_first() -> None:
    # 1 km north of the equator on the central meridian: 1000 m / 110,574 m a degree.
    lon, lat = degrees_of([500_000.0], [1000.0], read_crs("4549"), place())
    assert lon == pytest.approx([120.0])
    assert lat == pytest.approx([1000 / 110_574.3], rel=1e-5)


def test_the_northing_first_system_is_still_given_x_first() -> None:
    lon, lat = degrees_of([121.5], [31.2], read_crs("EPSG:4490"), place())
    assert (lon.round(6).tolist(), lat.round(6).tolist()) == ([121.5], [31.2])


def test_unknown_coordinates_stay_unknown() -> None:
    lon, _ = degrees_of([np.nan, 500_000.0], [np.nan, 0.0], read_crs("4549"), place(2))
    assert np.isnan(lon).tolist() == [True, False]


def test_swapped_axes_are_named_with_their_rows() -> None:
    with pytest.raises(CRSError, match=r"homes.csv, row 3: .* look swapped\. x is the long"):
        degrees_of([121.4, 31.2], [31.2, 121.4], read_crs("EPSG:4326"), place(2))


def test_europe_is_not_taken_for_swapped() -> None:
    lon, _ = degrees_of([7.4, 37.6], [43.7, 55.7], read_crs("EPSG:4326"), place(2))
    assert lon.tolist() == [7.4, 37.6]


def test_metres_in_a_geographic_system_are_named() -> None:
    with pytest.raises(CRSError, match=r"are metres, not degrees \(first: 353000, 3456000\).*4549"):
        degrees_of([353000.0], [3456000.0], read_crs("EPSG:4490"), place())


def test_degrees_out_of_range_are_named() -> None:
    with pytest.raises(CRSError, match=r"row 2: beyond ±180° or ±90° \(first: 200, 31\)\."):
        degrees_of([200.0], [31.0], read_crs("EPSG:4326"), place())


def test_degrees_in_a_projected_system_are_named() -> None:
    with pytest.raises(CRSError, match=r"are degrees, but EPSG:4549 .* is in metres.*EPSG:4326"):
        degrees_of([121.4], [31.2], read_crs("EPSG:4549"), place())


@pytest.mark.parametrize(
    ("declared", "x", "remedy"),
    [
        (4528, 353_000, 4549),  # the case of the issue: zone 40 is the meridian 120°
        (4549, 40_353_000, 4528),
        (4513, 500_000, 4534),
        (4554, 45_500_000, 4533),
        (4549, 39_500_000, 4527),  # the number in the easting decides
        (2364, 500_000, 2385),  # Xian 1980, zone 40
        (2437, 40_500_000, 2416),  # Beijing 1954
        (4498, 353_000, 4509),  # 6°: zone 20 is the meridian 117°
        (21453, 13_500_000, 21413),
    ],
)
def test_a_zone_number_too_many_or_too_few_names_the_twin(
    declared: int, x: float, remedy: int
) -> None:
    with pytest.raises(CRSError, match=rf"row 2: .* \(first: {x}\)\. Try crs = \"EPSG:{remedy}\""):
        degrees_of([float(x)], [3_456_000.0], read_crs(str(declared)), place())


def test_the_twin_puts_the_point_where_it_belongs() -> None:
    plain = degrees_of([353_000.0], [3_456_000.0], read_crs("4549"), place())
    numbered = degrees_of([40_353_000.0], [3_456_000.0], read_crs("4528"), place())
    assert np.array(plain) == pytest.approx(np.array(numbered), abs=1e-9)


def test_infinity_after_projection_is_an_error_not_a_place() -> None:
    crs = read_crs("+proj=laea +lat_0=31 +lon_0=121 +ellps=WGS84 +units=m")
    with pytest.raises(CRSError, match=r"homes.csv, row 3: no place on Earth"):
        degrees_of([0.0, 9e9], [0.0, 9e9], crs, place(2))


def test_the_messages_come_in_chinese_too() -> None:
    with pytest.raises(CRSError) as caught:
        degrees_of([353_000.0], [3_456_000.0], read_crs("4528"), place())
    assert '请试 crs = "EPSG:4549"' in caught.value.text("zh")


@pytest.mark.parametrize(
    ("code", "rough"), [("4610", True), ("4490", False), ("4549", False), ("4326", False)]
)
def test_only_systems_without_a_known_way_are_rough(code: str, rough: bool) -> None:
    assert is_rough(read_crs(code)) is rough
