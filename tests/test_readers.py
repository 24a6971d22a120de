"""Any source file to a checked layer in degrees."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from lifecircle.datum import Conversion, bd09_from_wgs84, gcj02_from_wgs84
from lifecircle.errors import CRSError, InputError
from lifecircle.findings import Layer
from lifecircle.project.tables import FacilitiesTable, LayerTable, PointTable
from lifecircle.readers.layer import drop_missing_geometry, read_layer, require_geometry

LON, LAT = 121.4737, 31.2304


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def read(path: Path, **keys: object) -> Layer:
    keys = {"x": "lon", "y": "lat", "crs": "EPSG:4326", **keys}
    given = {name: value for name, value in keys.items() if value is not None}
    return read_layer(PointTable(source=str(path), **given), layer="homes")


def xy(layer: Layer) -> list[list[float]]:
    return layer.frame.get_coordinates().to_numpy().tolist()


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    text = "lon,lat,id,type\n121.4737,31.2304,001,resident\n121.48, 31.24 ,002,office\n"
    return table(tmp_path / "homes.csv", text)


@pytest.fixture
def wards(tmp_path: Path) -> Path:
    squares = [shapely.box(121.4, 31.2, 121.41, 31.21), None, shapely.Polygon()]
    frame = gpd.GeoDataFrame({"code": [1, 2, 3]}, geometry=squares, crs="EPSG:4326")
    path = tmp_path / "wards.gpkg"
    frame.to_file(path)
    return path


def test_a_table_of_coordinates_becomes_points(homes: Path) -> None:
    layer = read(homes, date="2020-11-01")
    assert xy(layer) == [[121.4737, 31.2304], [121.48, 31.24]]
    assert layer.frame.crs.to_epsg() == 4326
    assert layer.frame["id"].tolist() == ["001", "002"]
    assert layer.frame["row"].tolist() == ["2", "3"]
    (source,) = layer.sources
    assert (source.date, source.rows_in, source.rows_used) == ("2020-11-01", 2, 2)
    assert len(source.sha256) == 64


@pytest.mark.parametrize(
    ("crs", "shift"), [("GCJ-02", gcj02_from_wgs84), ("BD-09", bd09_from_wgs84)]
)
def test_shifted_coordinates_come_back(tmp_path: Path, crs: str, shift: Conversion) -> None:
    lon, lat = map(float, shift(LON, LAT))
    path = table(tmp_path / "a.csv", f"lon,lat\n{lon!r},{lat!r}\n")
    assert xy(read(path, crs=crs))[0] == pytest.approx([LON, LAT], abs=1e-11)


def test_every_vertex_of_a_shifted_map_comes_back(tmp_path: Path) -> None:
    outer = np.array([[121.4, 31.2], [121.5, 31.2], [121.5, 31.3], [121.4, 31.2]])
    shifted = np.column_stack(gcj02_from_wgs84(*outer.T)).tolist()
    ring = {"type": "Polygon", "coordinates": [shifted]}
    feature = {"type": "Feature", "properties": {}, "geometry": ring}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    layer = read_layer(LayerTable(source=str(path), crs="GCJ-02"), layer="zones")
    assert xy(layer) == pytest.approx(outer, abs=1e-11)
    assert layer.findings == ()  # GeoJSON that names no system is not contradicted


def test_projected_coordinates_become_degrees(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "lon,lat\n500000,0\n")
    assert xy(read(path, crs="4549"))[0] == pytest.approx([120.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_workbooks_and_parquet_hold_coordinates_too(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"lon": [LON], "lat": [LAT], "code": ["010101"]})
    path = tmp_path / name
    if name.endswith("x"):
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    layer = read(path)
    assert xy(layer) == [[LON, LAT]]
    assert layer.frame["code"].tolist() == ["010101"]


def test_a_table_in_a_geopackage_holds_coordinates_too(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"lon": [LON], "lat": [LAT]}), path)
    assert xy(read(path)) == [[LON, LAT]]


def test_columns_and_system_must_be_said_and_are_asked_for_together(homes: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(homes, x=None, y=None, crs=None)
    assert len(caught.value.faults) == 2
    assert 'Add x = "lon" and y = "lat"' in str(caught.value)
    assert 'homes.csv do not say their system. Add crs = "EPSG:4326"' in str(caught.value)


def test_a_table_is_no_layer_of_lines_or_areas(homes: Path) -> None:
    with pytest.raises(InputError, match=r"zones: homes.csv is a table without lines or areas"):
        read_layer(LayerTable(source=str(homes)), layer="zones")


def test_chinese_column_names_are_suggested(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "名称,经度,纬度\n甲,121,31\n")
    with pytest.raises(InputError, match='Add x = "经度" and y = "纬度"'):
        read(path, x=None, y=None)


def test_columns_without_a_likely_name_are_listed(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "a,b\n121,31\n")
    with pytest.raises(InputError, match=r"needs the keys x and y. Its columns: a, b"):
        read(path, x=None, y=None)


def test_a_mistyped_axis_names_the_column_meant(homes: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'lonn'; did you mean 'lon'\?"):
        read(homes, x="lonn")


def test_all_faulty_coordinates_are_named_at_once(tmp_path: Path) -> None:
    rows = "121.4,31.2\n121.4°,31.2\n,31.2\nabc,\n"
    path = table(tmp_path / "a.csv", "lon,lat\n" + rows)
    with pytest.raises(InputError) as caught:
        read(path)
    words = str(caught.value)
    assert "homes: a.csv, column lon: not a coordinate: row 3 '121.4°', 5 'abc'" in words
    assert "a.csv, row 4: column lon is empty" in words
    assert "a.csv, row 5: column lat is empty" in words


def test_swapped_columns_are_named_with_the_line(homes: Path) -> None:
    with pytest.raises(CRSError, match=r"homes.csv, row 2, 3: longitude and latitude look swapped"):
        read(homes, x="lat", y="lon")


def test_an_unknown_system_is_named(homes: Path) -> None:
    with pytest.raises(CRSError, match="'GCJ-03' is not a known"):
        read(homes, crs="GCJ-03")


def test_only_rows_that_where_names_are_kept(homes: Path) -> None:
    layer = read(homes, where={"type": "resident"})
    assert layer.frame["id"].tolist() == ["001"]
    assert layer.frame.index.tolist() == [0]
    assert (layer.sources[0].rows_in, layer.sources[0].rows_used) == (2, 1)
    assert len(read(homes, where={"type": ["resident", "office"]}).frame) == 2


def test_rows_that_where_leaves_out_need_no_coordinates(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "lon,lat,use\n121,31,1\n,,0\n")
    assert len(read(path, where={"use": 1}).frame) == 1


def test_where_compares_as_text_whatever_the_type(wards: Path) -> None:
    for value in (1, 1.0, "1"):
        keys = LayerTable(source=str(wards), where={"code": value})
        assert len(read_layer(keys, layer="zones").frame) == 1


def test_where_without_a_match_lists_what_there_is(homes: Path) -> None:
    with pytest.raises(InputError, match=r"type = home. The column holds: resident, office"):
        read(homes, where={"type": "home"})
    with pytest.raises(InputError, match="no column 'typ'; did you mean 'type'"):
        read(homes, where={"typ": "home"})


def test_an_empty_facility_table_must_be_meant(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "lon,lat\n")
    keys = {"source": str(path), "name": "a", "service": "a", "x": "lon", "y": "lat"}
    keys |= {"crs": "EPSG:4326"}
    with pytest.raises(InputError, match=r"a.csv has no rows.*empty = true"):
        read_layer(FacilitiesTable(**keys), layer="a")
    layer = read_layer(FacilitiesTable(**keys, empty=True), layer="a")
    assert layer.frame.empty
    assert layer.frame.crs.to_epsg() == 4326


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson"])
def test_a_map_without_features_is_an_error(tmp_path: Path, name: str) -> None:
    empty = gpd.GeoDataFrame({"id": pd.Series([], dtype="str")}, geometry=[], crs="EPSG:4326")
    empty.to_file(tmp_path / name)
    with pytest.raises(InputError, match=f"{name} has no rows"):
        read_layer(LayerTable(source=str(tmp_path / name)), layer="zones")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_map_without_a_system_asks_for_it(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(500_000, 0)])
    frame.to_file(tmp_path / "a.gpkg")
    keys = LayerTable(source=str(tmp_path / "a.gpkg"))
    with pytest.raises(CRSError, match=r"file a.gpkg has no CRS: add `crs = …` to its table"):
        read_layer(keys, layer="zones")
    layer = read_layer(keys.model_copy(update={"crs": "EPSG:4549"}), layer="zones")
    assert xy(layer)[0] == pytest.approx([120.0, 0.0], abs=1e-9)


def test_overriding_a_files_own_system_is_a_finding(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(LON, LAT)], crs="EPSG:4326")
    frame.to_file(tmp_path / "a.gpkg")
    source = str(tmp_path / "a.gpkg")
    same = read_layer(LayerTable(source=source, crs="EPSG:4326"), layer="zones")
    assert same.findings == ()
    other = read_layer(LayerTable(source=source, crs="GCJ-02"), layer="zones")
    assert [found.code for found in other.findings] == ["readers.crs_overridden"]
    assert "WGS 84; the project file's GCJ-02 was used" in other.findings[0].message.text()


def test_a_roughly_known_system_is_a_finding(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "lon,lat\n121.4,31.2\n")
    (found,) = read(path, crs="EPSG:4610").findings
    assert "Xian 1980, for which only an approximate way" in found.message.text()


def test_axes_beside_a_geometry_mean_nothing(wards: Path) -> None:
    with pytest.raises(InputError, match=r"wards.gpkg has its own geometry, so x and y"):
        read(wards, crs=None)


def test_features_without_geometry_are_an_error_or_a_finding(wards: Path) -> None:
    layer = read_layer(LayerTable(source=str(wards)), layer="zones")
    assert len(layer.frame) == 3
    with pytest.raises(InputError, match=r"wards.gpkg, row 2, 3: these features have no geometry"):
        require_geometry(layer, layer="zones", source="wards.gpkg")
    kept = drop_missing_geometry(layer, layer="zones", source="wards.gpkg")
    assert kept.frame["row"].tolist() == ["1"]
    assert kept.sources[0].rows_used == 1
    assert [(found.code, found.row) for found in kept.findings] == [
        ("readers.geometry_dropped", "2, 3")
    ]
    whole = read_layer(LayerTable(source=str(wards), where={"code": 1}), layer="zones")
    assert require_geometry(whole, layer="zones", source="wards.gpkg") is whole
    assert drop_missing_geometry(whole, layer="zones", source="wards.gpkg") is whole


def test_a_renamed_column_is_a_finding(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "lon,lat,row\n121.4,31.2,9\n")
    layer = read(path)
    assert layer.frame["row_"].tolist() == ["9"]
    assert [(found.code, found.column) for found in layer.findings] == [
        ("readers.column_renamed", "row")
    ]


def test_a_gbk_table_is_read_and_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("lon,lat,名称\n121.4,31.2,卫生院\n".encode("gbk"))
    (found,) = read(path).findings
    assert (found.code, found.source) == ("readers.gb18030", "a.csv")


def test_a_missing_file_names_those_beside_it(homes: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*home.csv; beside it there is homes.csv"):
        read(homes.with_name("home.csv"))
    with pytest.raises(InputError, match=r"no file .*zzzzzzzz.gpkg\. Correct"):
        read(homes.with_name("zzzzzzzz.gpkg"))
    with pytest.raises(InputError, match=r"the folder .*nowhere does not exist"):
        read(homes.parent / "nowhere" / "a.csv")


def test_an_unknown_format_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.docx is not in a known format. Known formats: .csv"):
        read(tmp_path / "a.docx")


def test_the_password_of_an_address_is_never_repeated() -> None:
    with pytest.raises(InputError, match="postgresql:// address") as caught:
        read_layer(LayerTable(source="postgresql://me:secret@host/db?table=a.csv"), layer="homes")
    assert "secret" not in caught.value.text("en") + caught.value.text("zh")


def test_a_file_one_may_not_read_is_named(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match=r"homes.csv cannot be opened \(Permission denied\)"):
        read(homes)
