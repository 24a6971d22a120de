"""run.json answers for a run, datapackage.json explains every column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest

from lifecircle.definitions import Definition
from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.csv_tables import read_header
from lifecircle.outputs.data_package import write_data_package
from lifecircle.outputs.demand_layer import demand_layer
from lifecircle.outputs.folder import replace_outputs, sha256, verify
from lifecircle.outputs.geopackage import layer_names, write_geopackage
from lifecircle.outputs.gis_layers import (
    coverage_tables,
    facility_layer,
    street_layer,
    zone_layer,
)
from lifecircle.outputs.minutes import travel_time_record, write_travel_time
from lifecircle.outputs.provenance import provenance_of, run_json, versions, write_run
from lifecircle.outputs.records import write_coverage, write_findings
from tests import small_run

RADIUS = Definition("people.radius", "people", unit="persons", metric="radius", group="aged_60")


@pytest.fixture
def out(tmp_path: Path, town: Any) -> Path:
    """A folder with tables, layers and records of the small run, a page and both definitions."""
    definitions = [small_run.MAIN, RADIUS]
    provenance = small_run.provenance(*definitions)
    naming = small_run.naming(*definitions)
    table = small_run.coverage_table(*definitions)
    taken = small_run.travel_time()
    record = travel_time_record(
        {"people": small_run.demand()},
        {"people": {"walk": taken, "radius": taken}},
        {one.key: taken for one in definitions},
        definitions,
    )
    layers = {
        "zones": zone_layer(small_run.zones(), table, "people.network", naming),
        "facilities": facility_layer(small_run.facilities(), naming),
        "streets": street_layer(town),
        "demand": demand_layer(small_run.demand(), small_run.measured(), naming, crs=town.crs),
        **coverage_tables(table, naming),
    }
    with replace_outputs(tmp_path / "out") as folder:
        write_coverage(table, folder / "coverage.csv")
        write_findings(provenance.findings, folder / "findings.csv", "en")
        write_travel_time(record, folder / "travel_time.parquet")
        write_geopackage(folder / "layers.gpkg", layers, provenance)
        (folder / "report.html").write_text("<!doctype html>", encoding="utf-8")
        write_data_package(folder, provenance)
        write_run(folder, provenance)
    return tmp_path / "out"


def package(out: Path) -> dict[str, Any]:
    return json.loads((out / "datapackage.json").read_text(encoding="utf-8"))


def described(out: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Described fields by file and layer."""
    return {
        (resource["path"], resource.get("layer", "")): resource["schema"]["fields"]
        for resource in package(out)["resources"]
        if "schema" in resource
    }


# --- run.json ------------------------------------------------------------------------------------


def test_a_run_comes_back_from_its_record() -> None:
    given = small_run.provenance()
    back = provenance_of(json.loads(json.dumps(run_json(given, {}), allow_nan=False)))
    assert back.standard == given.standard
    assert back.definitions == given.definitions
    assert back.inputs == given.inputs
    assert back.findings == given.findings
    assert back.seconds == given.seconds
    assert back.project.zones == given.project.zones
    assert [found.message.text("en") for found in back.findings] == [
        found.message.text("en") for found in given.findings
    ]


def test_a_record_is_strict_json_even_of_what_json_cannot_hold() -> None:
    record = run_json(small_run.provenance(), {})
    assert "Infinity" not in json.dumps(record, allow_nan=False)
    assert provenance_of(record).findings[1].message.values["rows"] == np.inf


def test_credentials_stay_out_of_the_record() -> None:
    record = run_json(small_run.provenance(), {})
    assert "secret" not in json.dumps(record)
    assert record["project"]["network"]["source"] == "https://example.org/roads.osm.pbf"


def test_a_record_says_what_was_used_and_made(out: Path) -> None:
    run = verify(out)
    assert run["schema"] == "lifecircle.run/1"
    assert run["project"]["schema"] == 1
    assert run["inputs"] == [
        {
            "layer": "people",
            "source": "people.csv",
            "sha256": "ab12",
            "date": "2020-11-01",
            "rows_in": 5,
            "rows_used": 4,
        }
    ]
    assert run["versions"]["numpy"] == np.__version__
    assert run["seconds"] == {"zones": 0.25}
    assert set(run["outputs"]) == {path.name for path in out.iterdir()} - {"run.json"}


def test_versions_name_the_library_that_reads_files() -> None:
    assert versions()["gdal"] == ".".join(map(str, pyogrio.__gdal_version__))


# --- datapackage.json ----------------------------------------------------------------------------


def test_every_column_of_every_table_is_described_and_no_other(out: Path) -> None:
    written = {(name, ""): read_header(out / name) for name in ("coverage.csv", "findings.csv")}
    written["travel_time.parquet", ""] = pq.read_schema(out / "travel_time.parquet").names
    for layer in layer_names(out / "layers.gpkg"):
        info = pyogrio.read_info(out / "layers.gpkg", layer=layer)
        written["layers.gpkg", layer] = list(info["fields"])
    names = {table: [field["name"] for field in fields] for table, fields in described(out).items()}
    assert names == written


def test_types_fit_what_was_written(out: Path) -> None:
    arrow = {"string": "string", "large_string": "string", "double": "number", "bool": "boolean"}
    schema = pq.read_schema(out / "travel_time.parquet")
    types = {field["name"]: field["type"] for field in described(out)["travel_time.parquet", ""]}
    assert types == {field.name: arrow[str(field.type)] for field in schema}
    ogr = {"object": "string", "str": "string", "float64": "number", "int64": "integer",
           "int32": "integer", "bool": "boolean"}  # fmt: skip
    for layer in layer_names(out / "layers.gpkg"):
        info = pyogrio.read_info(out / "layers.gpkg", layer=layer)
        fields = described(out)["layers.gpkg", layer]
        assert [field["type"] for field in fields] == [ogr[str(kind)] for kind in info["dtypes"]]


def test_every_description_has_words_in_both_languages_and_no_open_brace(out: Path) -> None:
    for fields in described(out).values():
        for field in fields:
            texts = [
                field[f"{kind}{end}"] for kind in ("title", "description") for end in ("", "_zh")
            ]
            assert all(text.strip() and "{" not in text for text in texts), field


def test_codes_are_text_and_demand_has_the_definitions_unit(out: Path) -> None:
    by_name = {field["name"]: field for field in described(out)["coverage.csv", ""]}
    assert by_name["zone"]["type"] == "string"
    assert by_name["covered"]["unit"] == "persons"
    assert by_name["minutes"]["unit"] == "min"
    assert "unit" not in by_name["name"]
    first = by_name["status"]["categories"][0]
    assert first == {"value": "pass", "label": "Pass", "label_zh": "达标"}
    assert by_name["status"]["constraints"]["enum"][:2] == ["pass", "fail"]


def test_files_are_listed_with_their_hashes(out: Path) -> None:
    resources = package(out)["resources"]
    assert {one["path"] for one in resources} == {path.name for path in out.iterdir()} - {
        "run.json",
        "datapackage.json",
    }
    for resource in resources:
        path = out / resource["path"]
        assert resource["hash"] == f"sha256:{sha256(path)}"
        assert resource["bytes"] == path.stat().st_size
    names = [one["name"] for one in resources]
    assert len(set(names)) == len(names)


def test_the_same_run_makes_the_same_package(out: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        with replace_outputs(tmp_path / name) as folder:
            (folder / "coverage.csv").write_bytes((out / "coverage.csv").read_bytes())
            write_data_package(folder, small_run.provenance())
    one, two = (tmp_path / name / "datapackage.json" for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()


# --- columns -------------------------------------------------------------------------------------


def test_the_longest_pattern_names_a_column() -> None:
    names = ["min_old_age", "min_old_age__radius", "min_rim", "facility_old_age", "aged_60"]
    titles = [column.titles["en"] for column in columns("travel_time.parquet", names)]
    assert titles == [
        "Minutes to old_age",
        "Minutes to old_age, straight line",
        "Minutes to the rim",
        "Nearest old_age",
        "aged_60",
    ]


def test_a_column_nobody_described_is_refused() -> None:
    with pytest.raises(KeyError, match="surprise"):
        columns("coverage.csv", ["surprise"])


def test_words_of_values_come_in_the_language_asked_for() -> None:
    assert words("coverage.csv", "level", "zh")["city"] == "全市"
