"""The table of choices: every figure is what the coverage table says at that speed or limit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.choices import MINUTES, SENSITIVITY_COLUMNS, SPEEDS_KMH
from lifecircle.definitions import Definition
from lifecircle.standards import ALL, Service, Standard
from tests.test_shanghai import example, layers  # noqa: F401 - fixtures

ROWS = ["level", "zone", "service"]

# Four places, one minute apart on a straight street at 4 km/h; the last is not on it.
TAKEN = pd.DataFrame({"health": [6.0, 12.0, 15.0, np.nan], "metro": [3.0, 9.0, 12.0, np.nan]})
DEMAND = pd.DataFrame({"id": list("abcd"), "zone": "a", "weight": [1.0, 2.0, 4.0, 1.0]})
PEOPLE = Definition("people", "people")


def standard(*services: Service, together: tuple[str, ...] = ()) -> Standard:
    return Standard("own", "自定", "Own", 0.85, services, all=together)


HEALTH = Service("health", "卫生", "Health", 15.0, 0.85)
METRO = Service("metro", "轨道", "Metro", 12.0, 0.85, metres=800.0)


def table(taken: pd.DataFrame = TAKEN, search_minutes: float = 20.0) -> lc.TravelTime:
    """The four places at 4 km/h."""
    zero = pd.Series(0.0, index=taken.index)
    return lc.TravelTime(
        minutes=taken, facility=taken.astype("str"), access_m=zero.where(taken["health"].notna()),
        rim=zero + np.inf, cut_off=taken < 0, speed_kmh=4.0, search_minutes=search_minutes,
    )  # fmt: skip


def in_zone(found: pd.DataFrame, service: str, kind: str) -> dict[float, float]:
    rows = found[found["level"].eq("zone") & found["service"].eq(service) & found["kind"].eq(kind)]
    return dict(zip(rows["value"], rows["rate"], strict=True))


def test_rates_at_other_speeds_by_hand(one_zone: pd.DataFrame):
    found = lc.sensitivity(table(), DEMAND, one_zone, standard(HEALTH), PEOPLE)
    assert list(found.columns) == SENSITIVITY_COLUMNS
    # At 3 km/h 15 minutes reach as far as 11.25 at 4 km/h, at 3.6 as 13.5, at 4.5 as 16.9, at 5 as
    # 18.75. All eight count, also who is not on the street.
    assert in_zone(found, "health", "speed_kmh") == {
        3: 1 / 8,
        3.6: 3 / 8,
        4: 7 / 8,
        4.5: 7 / 8,
        5: 7 / 8,
    }
    assert in_zone(found, "health", "minutes") == {5: 0, 10: 1 / 8, 12: 3 / 8, 15: 7 / 8, 20: 7 / 8}


def test_a_limit_in_metres_is_as_far_at_any_speed(one_zone: pd.DataFrame):
    by = standard(METRO, together=("metro",))
    found = lc.sensitivity(table(), DEMAND, one_zone, by, PEOPLE)
    assert set(in_zone(found, "metro", "speed_kmh").values()) == {7 / 8}
    assert set(in_zone(found, ALL, "speed_kmh").values()) == {7 / 8}
    assert in_zone(found, "metro", "minutes")[10] == 3 / 8


def test_what_was_not_searched_is_not_made_up(one_zone: pd.DataFrame):
    both = standard(HEALTH, dataclasses.replace(METRO, metres=None), together=("health", "metro"))
    near = TAKEN.mask(TAKEN > 15, np.inf)
    found = lc.sensitivity(table(near, 16.0), DEMAND, one_zone, both, PEOPLE)
    # Searched 16 minutes at 4 km/h: 14.2 at 4.5 km/h, 12.8 at 5 km/h.
    known = {service: in_zone(found, service, "speed_kmh") for service in ("health", "metro", ALL)}
    assert np.isnan([known["health"][4.5], known["health"][5.0], known[ALL][4.5]]).all()
    assert known["metro"][5.0] == 7 / 8
    assert np.isnan(in_zone(found, "health", "minutes")[20.0])
    assert in_zone(found, "health", "minutes")[15.0] == 7 / 8


def test_a_service_without_facilities_has_no_rate(one_zone: pd.DataFrame):
    found = lc.sensitivity(
        table(), DEMAND, one_zone, standard(HEALTH, Service("gym", "", "", 15, 1)), PEOPLE
    )
    assert np.isnan(list(in_zone(found, "gym", "speed_kmh").values())).all()


def test_a_table_of_another_speed_gives_the_same(one_zone: pd.DataFrame):
    faster = dataclasses.replace(table(TAKEN * 4 / 5, 16.0), speed_kmh=5.0)
    found = lc.sensitivity(faster, DEMAND, one_zone, standard(HEALTH), PEOPLE, speeds=[3.0, 4.0])
    assert in_zone(found, "health", "speed_kmh") == {3: 1 / 8, 4: 7 / 8}


@pytest.mark.parametrize("speed", [0.0, -4.0, np.nan])
def test_a_speed_must_be_positive(one_zone: pd.DataFrame, speed: float):
    with pytest.raises(lc.InputError, match="Speeds must be above 0 km/h, got"):
        lc.sensitivity(table(), DEMAND, one_zone, standard(HEALTH), PEOPLE, speeds=[4.0, speed])


def test_every_figure_is_that_of_the_coverage_table(monaco: Analysis):
    """Monaco, every level and service: each choice as a run of its own."""
    by, definition = monaco.standard, monaco.definition
    arguments = monaco.travel_time, monaco.demand, monaco.zones
    found = lc.sensitivity(*arguments, by, definition)
    runs = {
        ("speed_kmh", speed): (by.at_pace(speed), dataclasses.replace(definition, speed_kmh=speed))
        for speed in SPEEDS_KMH
    } | {("minutes", minutes): (by.at(minutes), definition) for minutes in MINUTES}
    assert set(runs) == set(zip(found["kind"], found["value"], strict=True))
    for (kind, value), chosen in runs.items():
        rows = found[found["kind"].eq(kind) & found["value"].eq(value)].set_index(ROWS)
        truth = lc.coverage(*arguments, *chosen).set_index(ROWS)
        pd.testing.assert_series_equal(rows["rate"], truth["rate"], rtol=1e-12)
        assert rows["rate"].notna().any()


def test_faster_and_longer_never_reach_less(monaco: Analysis):
    found = lc.sensitivity(
        monaco.travel_time, monaco.demand, monaco.zones, monaco.standard, monaco.definition
    )
    rates = found.pivot_table(index=["kind", "value"], columns=ROWS, values="rate")
    for _, curve in rates.groupby(level="kind"):
        assert (curve.diff().iloc[1:] >= -1e-12).all(axis=None)


@pytest.mark.shanghai
@pytest.mark.slow
def test_the_metro_of_central_shanghai_at_five_speeds(example: Path):  # noqa: F811
    """Huangpu's ten streets, land spread evenly, the list of 408 stations, 15 minutes.

    Figures worked out apart from this program: 64.1, 79.2, 85.8, 91.8 and 95.4 %, every place on
    the streets. A place in the river is farther than 200 m from all of them, and counts as missed.
    """
    known = np.array([64.1, 79.2, 85.8, 91.8, 95.4])
    for limit_m, tolerance in ((200, [0.5, 0.5, 0.5, 2.0, 2.5]), (500, 0.6)):
        run = lc.analyse(example / "huangpu.toml", overrides=[f"network.max_snap_m={limit_m}"])
        found = lc.sensitivity(run.travel_time, run.demand, run.zones, run.standard, run.definition)
        city = found[found["level"].eq("city") & found["service"].eq("metro_mit")]
        rates = 100 * city[city["kind"] == "speed_kmh"]["rate"].to_numpy()
        assert (np.abs(rates - known) <= tolerance).all(), rates
