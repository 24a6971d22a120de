"""The real sample: every minute against NetworkX, every number of the table against the minutes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lifecircle.analysis import Analysis
from lifecircle.explanation import explain
from tests.oracle import minutes_by_networkx, snap_by_hand


def test_every_place_and_service_agrees_with_networkx(monaco: Analysis) -> None:
    for service in monaco.travel_time.minutes:
        truth = minutes_by_networkx(
            monaco.network, monaco.demand, monaco.facilities,
            service=service, search_minutes=monaco.travel_time.search_minutes,
        )  # fmt: skip
        np.testing.assert_allclose(
            monaco.travel_time.minutes[service], truth, rtol=0, atol=1e-9, err_msg=service
        )


def test_snapping_agrees_with_looking_at_every_edge(monaco: Analysis) -> None:
    rows = monaco.demand.iloc[::60]
    for point, row in zip(rows.geometry, rows.itertuples(), strict=True):
        _, _, leg_m = snap_by_hand(monaco.network, point.x, point.y)
        assert row.distance_m == pytest.approx(leg_m, abs=1e-6)


def test_the_table_is_what_the_minutes_say(monaco: Analysis) -> None:
    table = monaco.coverage.set_index(["level", "zone", "service"])
    minutes, demand = monaco.travel_time.minutes, monaco.demand
    for zone in monaco.zones.index:
        here = demand["zone"] == zone
        weight = demand.loc[here, "weight"]
        for service in minutes:
            covered = weight[minutes.loc[here, service] <= 15 + 1e-6].sum()
            row = table.loc[("zone", zone, service)]
            assert row["covered"] == pytest.approx(covered, rel=1e-12)
            assert row["demand"] == pytest.approx(weight.sum(), rel=1e-12)
            assert row["rate"] == pytest.approx(covered / weight.sum(), rel=1e-12)


def test_the_sample_is_what_its_sources_say(monaco: Analysis) -> None:
    assert len(monaco.zones) == 9
    assert set(monaco.zones["name"]) >= {"Monaco-Ville", "Fontvieille", "La Condamine"}
    elderly = monaco.coverage[monaco.coverage["service"] == "elderly"]
    assert set(elderly["status"]) == {"no data"}
    codes = {found.code for found in monaco.findings}
    assert {
        "osm.imputed_levels", "osm.unused_yes", "network.components", "network.rim",
        "facilities.absent_in_osm",
    } <= codes  # fmt: skip


def test_explanations_give_the_tables_minutes(monaco: Analysis) -> None:
    for place in monaco.demand["id"].iloc[::97]:
        for service in ("health", "green"):
            found = explain(monaco.network, monaco.demand, monaco.facilities, place, service)
            position = monaco.demand.index[monaco.demand["id"] == place][0]
            assert found.minutes == pytest.approx(
                monaco.travel_time.minutes.loc[position, service], abs=1e-9
            )
            assert found.facility == monaco.travel_time.facility.loc[position, service]


def test_inputs_are_named_as_written(monaco: Analysis) -> None:
    assert {source.source for source in monaco.sources} == {
        "monaco.osm.pbf", "wards.geojson", "osm:buildings", "osm",
    }  # fmt: skip
    assert not any(str(Path.cwd()) in source.source for source in monaco.sources)
