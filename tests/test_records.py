"""The tables of a run come back from their files exactly as they went in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lifecircle.definitions import Definition
from lifecircle.findings import FINDING_COLUMNS, Finding
from lifecircle.messages import message
from lifecircle.outputs.minutes import (
    demands_of,
    measured_of,
    read_travel_time,
    travel_time_record,
    write_travel_time,
)
from lifecircle.outputs.records import (
    read_coverage,
    read_findings,
    write_coverage,
    write_findings,
)
from lifecircle.rates import COVERAGE_COLUMNS
from lifecircle.travel import TravelTime

NAN, INF = np.nan, np.inf
DEFINITIONS = [
    Definition("people.network", "people"),
    Definition("old.network", "people", group="aged_60", speed_kmh=3.2),
    Definition("old.radius", "people", group="aged_60", metric="radius", speed_kmh=3.2),
    Definition("homes.network", "homes"),
]


def taken(minutes: dict[str, list[float]]) -> TravelTime:
    """Minutes with a facility wherever one is reached, the first place's rim 7.5 minutes away."""
    table = pd.DataFrame(minutes, dtype=float)
    unsnapped = table.isna().all(axis="columns")
    facility = table.map(lambda value: f"站{value:g}" if np.isfinite(value) else "")
    rim = pd.Series(np.where(unsnapped, NAN, INF))
    rim[0] = 7.5
    return TravelTime(
        minutes=table,
        facility=facility.astype("str"),
        access_m=pd.Series(np.where(unsnapped, NAN, 12.5), name="distance_m"),
        rim=rim,
        cut_off=np.isinf(table),
        speed_kmh=4.0,
        search_minutes=30.0,
    )


def straight(minutes: dict[str, list[float]], *, speed_kmh: float) -> TravelTime:
    """Minutes in a straight line, for which no street matters."""
    table = pd.DataFrame(minutes)
    return TravelTime(
        minutes=table,
        facility=table.map("站{:g}".format).astype("str"),
        access_m=pd.Series(0.0, table.index),
        rim=pd.Series(INF, table.index),
        cut_off=pd.DataFrame(False, table.index, table.columns),
        speed_kmh=speed_kmh,
        search_minutes=INF,
    )


def places(ids: list[str], **columns: list[float]) -> gpd.GeoDataFrame:
    lon = 121.47 + np.arange(len(ids)) / 3000  # thirds, so that every digit counts
    frame = pd.DataFrame({"id": ids, "zone": "010101", "weight": 1 / 3, **columns}).astype(
        {"id": "str", "zone": "str"}
    )
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(lon, lon - 90), crs="EPSG:4326")


@pytest.fixture
def demands() -> dict[str, gpd.GeoDataFrame]:
    return {
        "people": places(["01", "02", "=3"], aged_60=[0.1, 0.0, 2.5]),
        "homes": places(["h1", "h2"], empty_homes=[1.0, 0.0]),
    }


@pytest.fixture
def measured() -> dict[str, dict[str, TravelTime]]:
    return {
        "people": {
            "walk": taken({"health": [4.25, INF, NAN], "culture": [INF, 0.1 + 0.2, NAN]}),
            "radius": straight({"health": [3.0, 9.0, 1.0]}, speed_kmh=3.2),
        },
        "homes": {"walk": taken({"health": [NAN, 5.0], "sports": [NAN, 6.0]})},
    }


def applied(measured: dict[str, dict[str, TravelTime]]) -> dict[str, TravelTime]:
    """The minutes of each definition: those of its own method."""
    return {
        one.key: measured[one.demand]["radius" if one.metric == "radius" else "walk"]
        for one in DEFINITIONS
        if one.demand in measured
    }


@pytest.fixture
def record(demands, measured) -> pd.DataFrame:
    return travel_time_record(demands, measured, applied(measured), DEFINITIONS)


def test_columns_stand_in_the_contracts_order_with_ours_behind(record: pd.DataFrame) -> None:
    assert list(record.columns) == [
        "demand", "id", "zone", "lon", "lat", "weight", "access_m", "aged_60", "empty_homes",
        "min_health", "facility_health", "min_culture", "facility_culture",
        "min_sports", "facility_sports", "min_health__radius", "facility_health__radius",
        "min_rim", "cut_off_health", "cut_off_culture", "cut_off_sports",
    ]  # fmt: skip


def test_one_row_per_place_with_its_minutes(record: pd.DataFrame) -> None:
    assert record["id"].tolist() == ["01", "02", "=3", "h1", "h2"]
    assert record["demand"].tolist() == ["people"] * 3 + ["homes"] * 2
    np.testing.assert_array_equal(record["min_health"], [4.25, INF, NAN, NAN, 5.0])
    np.testing.assert_array_equal(record["min_health__radius"], [3.0, 9.0, 1.0, NAN, NAN])
    np.testing.assert_array_equal(record["aged_60"], [0.1, 0.0, 2.5, NAN, NAN])
    assert record["facility_culture"].tolist() == ["", "站0.3", "", "", ""]
    assert record["cut_off_culture"].tolist() == [True, False, False, False, False]


def test_the_record_is_the_same_after_writing_and_the_same_bytes(
    record: pd.DataFrame, tmp_path: Path
) -> None:
    write_travel_time(record, tmp_path / "a.parquet")
    write_travel_time(record, tmp_path / "b.parquet")
    back = read_travel_time(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(back, record, check_exact=True)
    assert back.attrs == record.attrs
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_demand_comes_back(record, demands, tmp_path) -> None:
    write_travel_time(record, tmp_path / "t.parquet")
    back = demands_of(read_travel_time(tmp_path / "t.parquet"))
    assert list(back) == list(demands)
    for name, demand in demands.items():
        pd.testing.assert_frame_equal(
            pd.DataFrame(back[name]), pd.DataFrame(demand), check_exact=True
        )
        assert back[name].crs == demand.crs


def assert_same(back: TravelTime, expected: TravelTime) -> None:
    for frame in ("minutes", "facility", "cut_off"):
        pd.testing.assert_frame_equal(
            getattr(back, frame), getattr(expected, frame), check_exact=True
        )
    pd.testing.assert_series_equal(back.access_m, expected.access_m)
    pd.testing.assert_series_equal(back.rim, expected.rim)
    assert back.speed_kmh == expected.speed_kmh
    assert back.search_minutes == expected.search_minutes


def test_minutes_come_back(record, measured, tmp_path) -> None:
    write_travel_time(record, tmp_path / "t.parquet")
    back = measured_of(read_travel_time(tmp_path / "t.parquet"))
    assert {name: list(methods) for name, methods in back.items()} == {
        "people": ["walk", "radius"],
        "homes": ["walk"],
    }
    for name, methods in measured.items():
        for method, expected in methods.items():
            assert_same(back[name][method], expected)


def test_other_modes_stand_beside_the_main_one_under_their_own_names(
    demands, measured, tmp_path
) -> None:
    cycled = taken({"health": [1.0, 2.0, 3.0], "culture": [1.5, 2.5, 3.5]})
    slower = taken({"health": [5.0, INF, NAN], "culture": [INF, 8.0, NAN]})
    measured["people"] |= {"cycle": cycled, "walk__stepfree": slower}
    record = travel_time_record(demands, measured, applied(measured), DEFINITIONS)
    assert record["min_health"].tolist()[0] == 4.25
    assert record["min_health__cycle"].tolist()[:3] == [1.0, 2.0, 3.0]
    assert record["min_health__stepfree"].tolist()[0] == 5.0
    assert record["access_m__cycle"].tolist()[:3] == [12.5] * 3
    write_travel_time(record, tmp_path / "t.parquet")
    back = measured_of(read_travel_time(tmp_path / "t.parquet"))["people"]
    assert_same(back["cycle"], cycled)
    assert_same(back["walk__stepfree"], slower)


def test_of_a_main_definition_by_several_modes_the_main_columns_are_what_it_applies(
    demands, measured, tmp_path
) -> None:
    mixed = taken({"health": [2.0, 7.0, NAN], "culture": [1.0, 1.0, NAN]})
    record = travel_time_record(
        demands, measured, applied(measured) | {"people.network": mixed}, DEFINITIONS
    )
    assert record["min_health"].tolist()[:2] == [2.0, 7.0]
    assert record["min_health__walk"].tolist()[:2] == [4.25, INF]
    write_travel_time(record, tmp_path / "t.parquet")
    back = measured_of(read_travel_time(tmp_path / "t.parquet"))["people"]
    assert list(back) == ["walk", "radius"]
    assert_same(back["walk"], measured["people"]["walk"])


def test_kinds_of_places_come_back(demands, measured, tmp_path) -> None:
    demands["people"] = demands["people"].assign(kind=["village", "", "village"])
    record = travel_time_record(demands, measured, applied(measured), DEFINITIONS)
    write_travel_time(record, tmp_path / "t.parquet")
    back = demands_of(read_travel_time(tmp_path / "t.parquet"))
    assert back["people"]["kind"].tolist() == ["village", "", "village"]
    assert "kind" not in back["homes"]


def test_a_layer_measured_only_in_a_straight_line_has_no_street_minutes(demands, measured) -> None:
    only = {"people": {"radius": measured["people"]["radius"]}}
    record = travel_time_record(
        {"people": demands["people"]},
        only,
        {"old.radius": only["people"]["radius"]},
        [DEFINITIONS[2]],
    )
    assert "min_health" not in record
    assert record["access_m"].isna().all()
    assert set(measured_of(record)["people"]) == {"radius"}


def test_places_on_streets_are_no_groups(demands, measured) -> None:
    snapped = demands["people"].assign(edge=[0, 1, -1], fraction=0.5, moved=False)
    record = travel_time_record({"people": snapped}, measured, applied(measured), DEFINITIONS[:1])
    assert not {"edge", "fraction", "moved"} & set(record.columns)


def coverage_table() -> pd.DataFrame:
    row = dict.fromkeys(COVERAGE_COLUMNS, "")
    numbers = [
        "minutes", "demand", "covered", "unsnapped", "rate", "target", "gap",
        "rate_low", "rate_high", "rim_exposed", "cut_off",
    ]  # fmt: skip
    row |= dict.fromkeys(numbers, NAN)
    row |= {"definition": "people.network", "level": "zone", "service": "health", "mode": "walk"}
    first = row | {
        "zone": "010101001000", "name": "=HYPERLINK(1)", "minutes": 15.0, "demand": 3.0,
        "covered": 1.0, "rate": 1 / 3, "status": "fail",
    }  # fmt: skip
    second = row | {"level": "city", "status": "no data"}
    texts = dict.fromkeys(set(COVERAGE_COLUMNS) - set(numbers), "str")
    return pd.DataFrame([first, second]).astype(dict.fromkeys(numbers, float) | texts)


def test_coverage_as_bytes(tmp_path: Path) -> None:
    write_coverage(coverage_table(), tmp_path / "coverage.csv")
    assert (tmp_path / "coverage.csv").read_bytes().decode("utf-8") == (
        "\ufeff" + ",".join(COVERAGE_COLUMNS) + "\n"
        "people.network,zone,010101001000,'=HYPERLINK(1),,health,walk,15.0,"
        "3.0,1.0,,0.3333333333333333,,fail,,,,,,,\n"
        "people.network,city,,,,health,walk,,,,,,,no data,,,,,,,\n"
    )


def test_coverage_comes_back(tmp_path: Path) -> None:
    table = coverage_table()
    write_coverage(table, tmp_path / "coverage.csv")
    back = read_coverage(tmp_path / "coverage.csv")
    pd.testing.assert_frame_equal(back, table, check_exact=True)


def test_findings_come_back_in_the_projects_language(tmp_path: Path) -> None:
    words = message("outputs.no_run", folder="@home")
    found = Finding("demand.people", words, "warning", "=a.csv", "3, 5", "-x")
    write_findings([found], tmp_path / "findings.csv", "zh")
    (row,) = read_findings(tmp_path / "findings.csv").itertuples(index=False)
    assert row._fields == tuple(FINDING_COLUMNS)
    assert (row.source, row.row, row.column) == ("=a.csv", "3, 5", "-x")
    assert row.message == "@home 中没有完整的结果：缺少 run.json。"
    assert "'@home" in (tmp_path / "findings.csv").read_text(encoding="utf-8-sig")


def test_no_findings_are_a_header_and_an_empty_table(tmp_path: Path) -> None:
    write_findings([], tmp_path / "findings.csv", "en")
    back = read_findings(tmp_path / "findings.csv")
    assert list(back.columns) == FINDING_COLUMNS
    assert back.empty
