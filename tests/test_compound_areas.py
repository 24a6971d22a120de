"""Closed compounds: which areas are closed, by which gates, and what is said of the rest.

100 +-----------+     The compound is a square of 100 m; gates belong to it within 10 m of its
    |           |     outline.
  0 +-----g-----+
    0    50    100
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from lifecircle.errors import InputError
from lifecircle.layers.compound_areas import Compounds, load_compounds
from lifecircle.project.tables import CompoundsTable
from tests.conftest import CRS, points
from tests.drawn import in_degrees, write_extract, write_layer

SQUARE = shapely.box(0, 0, 100, 100)
FAR_AWAY = shapely.box(1000, 0, 1100, 100)
LAND = {"landuse": "residential"}
GATE = {"barrier": "gate"}


def drawn(
    tmp_path: Path, areas: list[shapely.Geometry | None], gates: list[shapely.Geometry | None]
) -> Compounds:
    """Compounds from two layers drawn in metres."""
    source = write_layer(tmp_path / "compounds.gpkg", areas)
    doors = write_layer(tmp_path / "gates.gpkg", gates)
    return load_compounds(CompoundsTable(source=source, gates=doors), crs=CRS)


def mapped(tmp_path: Path, *elements: tuple[shapely.Geometry, dict[str, str]]) -> Compounds:
    """Compounds of an extract."""
    extract = write_extract(tmp_path / "a.osm", *elements)
    return load_compounds(CompoundsTable(), crs=CRS, extract=extract)


def codes(compounds: Compounds) -> set[str]:
    return {found.code for found in compounds.findings}


def of(compounds: Compounds, code: str) -> dict[str, object]:
    """The values of the one finding with this code, and its rows."""
    [found] = [found for found in compounds.findings if found.code == code]
    return {**found.message.values, "severity": found.severity}


def test_a_gate_within_ten_metres_of_the_outline_closes_the_compound(tmp_path: Path) -> None:
    near = [shapely.Point(50, -9.9), shapely.Point(50, 9.9), shapely.Point(50, 10.1)]
    found = drawn(tmp_path, [SQUARE], near)
    assert found.gates["compound"].tolist() == [0, 0]
    expected = points([50, 50], [-9.9, 9.9]).geometry
    assert found.gates.geometry.geom_equals_exact(expected, 1e-9).all()
    assert of(found, "compounds.closed")["gates"] == 2
    assert of(found, "compounds.far_gates")["row"] == "3"


def test_compounds_without_gates_are_left_open_and_counted(tmp_path: Path) -> None:
    found = drawn(tmp_path, [FAR_AWAY, SQUARE], [shapely.Point(50, 0)])
    assert found.areas["id"].tolist() == ["2"]
    assert found.gates["compound"].tolist() == [0]
    values = of(found, "compounds.no_gate")
    assert (values["row"], values["count"], values["severity"]) == ("1", 1, "warning")
    values = of(found, "compounds.closed")
    assert (values["count"], values["total"]) == (1, 2)


def test_gates_far_from_every_compound_leave_all_open(tmp_path: Path) -> None:
    found = drawn(tmp_path, [SQUARE], [shapely.Point(50, 50), shapely.Point(500, 0)])
    assert codes(found) == {"compounds.none_closed", "compounds.far_gates"}
    assert len(found.areas) == len(found.gates) == 0
    values = of(found, "compounds.far_gates")
    assert (values["row"], values["count"], values["total"]) == ("1, 2", 2, 2)
    [told] = [f for f in found.findings if f.code == "compounds.far_gates"]
    assert told.message.text() == (
        "2 of 2 gates stand more than 10 m from the outline of every compound and lead out of none."
    )


def test_a_gate_between_two_compounds_leads_out_of_both(tmp_path: Path) -> None:
    found = drawn(tmp_path, [SQUARE, shapely.box(104, 0, 200, 100)], [shapely.Point(102, 50)])
    assert found.gates["compound"].tolist() == [0, 1]
    assert of(found, "compounds.closed")["gates"] == 1


def test_parts_are_compounds_of_their_own_and_holes_are_filled(tmp_path: Path) -> None:
    holed = shapely.difference(SQUARE, shapely.box(40, 40, 60, 60))
    both = shapely.MultiPolygon([holed, FAR_AWAY])
    found = drawn(tmp_path, [both], [shapely.Point(50, 0), shapely.Point(1000, 50)])
    assert found.areas["id"].tolist() == ["1", "1"]
    assert shapely.get_num_interior_rings(found.areas.geometry.to_numpy()).tolist() == [0, 0]
    assert found.gates["compound"].tolist() == [0, 1]
    # A gate in the hole is no way out.
    assert codes(drawn(tmp_path, [holed], [shapely.Point(50, 50)])) >= {"compounds.far_gates"}


def test_several_points_of_a_row_are_several_gates(tmp_path: Path) -> None:
    found = drawn(tmp_path, [SQUARE], [shapely.MultiPoint([(50, 0), (50, 100)])])
    assert found.gates["compound"].tolist() == [0, 0]


def test_gates_that_are_no_points_are_an_error(tmp_path: Path) -> None:
    line = shapely.LineString([(40, 0), (60, 0)])
    with pytest.raises(InputError, match=r"gates\.gpkg: 2 rows are no points but .*: row 1, 3\."):
        drawn(tmp_path, [SQUARE], [line, shapely.Point(50, 0), SQUARE])


def test_compounds_that_are_no_polygons_are_an_error(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 0), (100, 0)])
    with pytest.raises(InputError, match=r"compounds: compounds\.gpkg, row 2: no polygon"):
        drawn(tmp_path, [SQUARE, line], [shapely.Point(50, 0)])


def test_rows_without_a_place_are_left_out_with_a_finding(tmp_path: Path) -> None:
    found = drawn(tmp_path, [None, SQUARE], [None, shapely.Point(50, 0)])
    assert found.areas["id"].tolist() == ["2"]
    assert [f.layer for f in found.findings if f.code == "readers.geometry_dropped"] == [
        "compounds",
        "compound gates",
    ]


def test_a_table_of_gates_is_an_error_that_says_so(tmp_path: Path) -> None:
    source = write_layer(tmp_path / "compounds.gpkg", [SQUARE])
    (tmp_path / "gates.csv").write_text("lon,lat\n120,31\n", encoding="utf-8")
    table = CompoundsTable(source=source, gates=str(tmp_path / "gates.csv"))
    with pytest.raises(InputError, match=r"compound gates.*gates\.csv"):
        load_compounds(table, crs=CRS)


@pytest.mark.parametrize(
    ("keys", "named"), [({}, "source"), ({"source": "a.gpkg"}, "gates"), ({"gates": "a"}, "source")]
)
def test_osm_needs_an_extract(keys: dict[str, str], named: str) -> None:
    with pytest.raises(InputError, match=rf'{named} = "osm" takes compounds and gates'):
        load_compounds(CompoundsTable(**keys), crs=CRS)


def test_the_crs_of_the_table_holds_for_both_layers(tmp_path: Path) -> None:
    found = drawn(tmp_path, [SQUARE], [shapely.Point(50, 0)])
    sources = [source.source for source in found.sources]
    table = CompoundsTable(source=sources[0], gates=sources[1], crs="GCJ-02")
    shifted = load_compounds(table, crs=CRS)
    assert len(shifted.gates) == 1
    moved_m = shifted.gates.to_crs(CRS).distance(found.gates.to_crs(CRS)).iloc[0]
    assert 300 < moved_m < 700
    assert shifted.areas.to_crs(CRS).area.iloc[0] == pytest.approx(10_000, rel=0.01)


def test_sources_are_counted(tmp_path: Path) -> None:
    found = drawn(tmp_path, [SQUARE, FAR_AWAY], [shapely.Point(50, 0)])
    assert [(s.layer, s.rows_in, len(s.sha256)) for s in found.sources] == [
        ("compounds", 2, 64),
        ("compound gates", 1, 64),
    ]


def test_residential_land_of_an_extract_with_a_gate_is_closed(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        (SQUARE, LAND),
        (shapely.box(200, 0, 300, 100), {"landuse": "commercial"}),
        (shapely.Point(50, 8), GATE),
        (shapely.Point(250, 0), GATE),
    )
    assert found.areas["id"].tolist() == ["way/1"]
    assert found.areas.geometry.iloc[0].equals_exact(in_degrees(SQUARE), 1e-6, normalize=True)
    assert found.gates["compound"].tolist() == [0]
    assert codes(found) == {"compounds.closed"}, "gates of other land are nobody's fault"
    assert [(s.layer, s.source, s.rows_in, s.rows_used) for s in found.sources] == [
        ("compounds", "osm", 1, 1),
        ("compound gates", "osm", 2, 1),
    ]


def test_an_entrance_counts_on_the_outline_only(tmp_path: Path) -> None:
    door = {"entrance": "main"}
    inside = mapped(tmp_path, (SQUARE, LAND), (shapely.Point(50, 5), door))
    assert codes(inside) == {"compounds.none_closed"}
    on_it = mapped(tmp_path, (SQUARE, LAND), (shapely.Point(50, 0.5), door))
    assert on_it.gates["compound"].tolist() == [0]


def test_a_gate_shut_to_walkers_leads_out_of_nothing(tmp_path: Path) -> None:
    shut = GATE | {"access": "private"}
    found = mapped(tmp_path, (SQUARE, LAND), (shapely.Point(50, 0), shut))
    assert codes(found) == {"compounds.none_closed", "compounds.shut_gates"}
    assert of(found, "compounds.shut_gates")["row"] == "node/2"
    beside = mapped(
        tmp_path, (SQUARE, LAND), (shapely.Point(50, 0), shut), (shapely.Point(0, 50), GATE)
    )
    assert beside.gates.geometry.geom_equals_exact(points([0], [50]).geometry, 1e-6).all()


# A road as a thin closed way: across the square, and along its southern side, up to 5 m inside.
ACROSS, ALONG = shapely.box(49, -50, 51, 150), shapely.box(-50, -5, 150, 5)


@pytest.mark.parametrize(
    ("road", "tags", "closed"),
    [
        (ACROSS, {"highway": "tertiary"}, False),
        (ACROSS, {"highway": "tertiary", "tunnel": "yes"}, True),
        (ACROSS, {"highway": "service"}, True),
        (ALONG, {"highway": "primary"}, True),
    ],
)
def test_an_area_with_a_public_road_through_it_is_a_quarter(
    tmp_path: Path, road: shapely.Geometry, tags: dict[str, str], *, closed: bool
) -> None:
    found = mapped(tmp_path, (SQUARE, LAND), (road, tags), (shapely.Point(0, 50), GATE))
    assert len(found.areas) == closed
    assert ("compounds.quarters" in codes(found)) is not closed


def test_roads_say_nothing_of_compounds_that_a_layer_gives(tmp_path: Path) -> None:
    extract = write_extract(
        tmp_path / "a.osm", (ACROSS, {"highway": "tertiary"}), (shapely.Point(0, 50), GATE)
    )
    table = CompoundsTable(source=write_layer(tmp_path / "compounds.gpkg", [SQUARE]))
    assert len(load_compounds(table, crs=CRS, extract=extract).areas) == 1


def test_the_order_of_gates_does_not_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    doors = [shapely.Point(x, 0) for x in rng.uniform(0, 100, 6)]
    first = drawn(tmp_path, [SQUARE], doors)
    second = drawn(tmp_path, [SQUARE], doors[::-1])
    assert set(first.gates.geometry.to_wkt()) == set(second.gates.geometry.to_wkt())
