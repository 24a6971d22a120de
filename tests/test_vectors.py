"""Vector files: whole or not at all, in the right encoding."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.findings import Layer
from lifecircle.project.tables import LayerTable
from lifecircle.readers.files import sha256
from lifecircle.readers.layer import read_layer

NAMES = ["淮海中路街道", "半淞园路街道", "外滩街道"]
FORMATS = ["a.gpkg", "a.geojson", "a.json", "a.shp", "a.fgb", "a.parquet"]


def streets(count: int = 3) -> gpd.GeoDataFrame:
    points = shapely.points(np.linspace(121.4, 121.5, count), np.linspace(31.2, 31.3, count))
    names = [NAMES[at % 3] for at in range(count)]
    codes = [f"0101{at:03}" for at in range(count)]
    return gpd.GeoDataFrame({"name": names, "code": codes}, geometry=points, crs="EPSG:4326")


def write(frame: gpd.GeoDataFrame, path: Path, **options: str) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".json":
        frame.to_file(path, driver="GeoJSON")
    elif path.suffix == ".fgb":
        frame.to_file(path, SPATIAL_INDEX="NO")  # else it sorts the features by place
    else:
        frame.to_file(path, **options)
    return path


def read(path: Path, **keys: object) -> Layer:
    return read_layer(LayerTable(source=str(path), **keys), layer="zones")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_layer(tmp_path: Path, name: str) -> None:
    layer = read(write(streets(), tmp_path / name))
    assert layer.frame["name"].tolist() == NAMES
    assert layer.frame["code"].tolist() == ["0101000", "0101001", "0101002"]
    assert layer.frame["row"].tolist() == ["1", "2", "3"]
    assert layer.frame.crs.to_epsg() == 4326
    expected = streets().get_coordinates().to_numpy()
    assert layer.frame.get_coordinates().to_numpy() == pytest.approx(expected, abs=1e-12)
    assert layer.findings == ()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.95])
def test_a_cut_file_is_named_and_never_used(tmp_path: Path, name: str, share: float) -> None:
    path = write(streets(300), tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=rf"zones: {name} is (cut short|damaged|empty)"):
        read(path)


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.95])
def test_a_cut_part_of_a_shapefile_is_named(tmp_path: Path, suffix: str, share: float) -> None:
    path = write(streets(300), tmp_path / "a.shp")
    part = path.with_suffix(suffix)
    content = part.read_bytes()
    part.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=f"a{suffix} is cut short"):
        read(path)


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_missing_part_of_a_shapefile_is_named(tmp_path: Path, suffix: str) -> None:
    path = write(streets(), tmp_path / "a.shp")
    path.with_suffix(suffix).unlink()
    with pytest.raises(InputError, match=f"a.shp cannot be used without a{suffix}"):
        read(path)


def test_a_shapefile_without_prj_asks_for_its_crs(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"a.shp has no CRS, since its .prj is missing: add `crs"):
        read(path)
    assert read(path, crs="EPSG:4326").frame["name"].tolist() == NAMES


def test_parts_in_capitals_are_found(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp")
    for part in list(tmp_path.iterdir()):
        part.rename(part.with_suffix(part.suffix.upper()))
    assert read(path.with_suffix(".SHP")).frame["name"].tolist() == NAMES


def test_a_gbk_shapefile_without_cpg_is_read_and_shown(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp", encoding="gb18030")
    path.with_suffix(".cpg").unlink()
    layer = read(path)
    assert layer.frame["name"].tolist() == NAMES
    (found,) = layer.findings
    assert found.code == "readers.gb18030"
    assert "、".join(NAMES) in found.message.text("zh")


def test_a_wrong_cpg_is_overruled_by_the_bytes(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp", encoding="gb18030")
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    assert read(path).frame["name"].tolist() == NAMES


def test_a_cpg_that_fits_any_bytes_is_a_finding(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp", encoding="gb18030")
    path.with_suffix(".cpg").write_text("ISO-8859-1", encoding="ascii")
    (found,) = read(path).findings
    assert found.code == "readers.garbled"
    assert 'encoding = "gb18030"' in found.message.action("en")
    assert read(path, encoding="gb18030").frame["name"].tolist() == NAMES


@pytest.mark.parametrize("cpg", ["936", "ANSI 936", "GBK", "cp936"])
def test_code_pages_of_other_programs_are_understood(tmp_path: Path, cpg: str) -> None:
    path = write(streets(), tmp_path / "a.shp", encoding="gb18030")
    path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
    assert read(path).frame["name"].tolist() == NAMES


def test_texts_in_no_encoding_are_refused(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp", encoding="utf-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("外滩".encode(), b"\xff\xfe\xff\xfe\xff\xfe"))
    path.with_suffix(".cpg").unlink()
    with pytest.raises(InputError, match=r"names in a.shp cannot be read as utf-8, gb18030"):
        read(path)


@pytest.mark.filterwarnings("ignore:(Normalized|Could not decode)")
@pytest.mark.parametrize(("encoding", "cut"), [("utf-8", "常住人"), ("gb18030", "常住人口总")])
def test_field_names_cut_in_a_character_are_read(tmp_path: Path, encoding: str, cut: str) -> None:
    frame = streets().assign(常住人口总数量=1)
    path = write(frame, tmp_path / "a.shp", encoding=encoding)
    assert cut in read(path).frame.columns


def test_several_layers_must_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    streets().to_file(path, layer="streets")
    streets(1).to_file(path, layer="towns")
    with pytest.raises(InputError, match=r"a.gpkg holds several layers: streets, towns\. Say"):
        read(path)
    assert len(read(path, layer="towns").frame) == 1
    with pytest.raises(InputError, match=r"no layer 'town'. Its layers: streets, towns"):
        read(path, layer="town")


def test_tables_beside_the_only_map_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    streets().to_file(path, layer="streets")
    pyogrio.write_dataframe(streets().drop(columns="geometry"), path, layer="styles")
    assert len(read(path).frame) == 3


def test_another_name_of_the_geometry_column_is_levelled(tmp_path: Path) -> None:
    frame = streets().rename_geometry("geom").assign(geometry="a text")
    path = write(frame, tmp_path / "a.parquet")
    layer = read(path)
    assert layer.frame.geometry.name == "geometry"
    assert layer.frame["geometry_"].tolist() == ["a text"] * 3


def test_heights_are_left_out(tmp_path: Path) -> None:
    points = gpd.GeoSeries([shapely.Point(121.4, 31.2, 9.0)], crs="EPSG:4326")
    path = write(gpd.GeoDataFrame(geometry=points), tmp_path / "a.geojson")
    assert not read(path).frame.has_z.any()


def test_the_hash_of_a_shapefile_changes_with_each_part(tmp_path: Path) -> None:
    path = write(streets(), tmp_path / "a.shp")
    before = sha256(path)
    path.with_suffix(".cpg").write_text("GBK", encoding="ascii")
    assert sha256(path) != before
    (tmp_path / "a.txt").write_text("not a part", encoding="ascii")
    (tmp_path / "ab.dbf").write_text("another's", encoding="ascii")
    again = sha256(path)
    assert again == sha256(path)


def test_what_the_reading_library_remarks_is_a_finding(tmp_path: Path) -> None:
    feature = '{"type": "Feature", "id": 1, "properties": {}, "geometry": null}'
    path = tmp_path / "a.geojson"
    text = f'{{"type": "FeatureCollection", "features": [{feature}, {feature}]}}'
    path.write_text(text, encoding="utf-8")
    (found,) = read(path).findings
    assert found.code == "readers.remark"
    assert "Several features with id = 1" in found.message.text()


def test_json_that_is_no_map_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(InputError, match=r"a.json is damaged or not what its name says"):
        read(path)
