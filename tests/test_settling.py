"""Residential land in a whole run: refined between reading and searching, and how it settles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lifecircle as lc
from lifecircle.analysis import Analysis
from lifecircle.pipeline import analyse
from lifecircle.project.tables import Project
from tests.conftest import MONACO


def project(*definitions: dict[str, object], refine: bool = True) -> Project:
    return Project.model_validate(
        {
            "schema": 1,
            "network": {"source": str(MONACO / "monaco.osm.pbf")},
            "zones": {"source": str(MONACO / "wards.geojson"), "id": "osm_relation"},
            "demand": [
                {"name": "land", "source": "osm:residential_land", "refine": refine},
                {"name": "homes", "source": "osm:buildings"},
            ],
            "facilities": [{"name": "osm", "source": "osm"}],
            "definitions": list(definitions),
        }
    )


@pytest.fixture(scope="module")
def land() -> Analysis:
    """Monaco's residential land, on foot and by bicycle."""
    return analyse(
        project(
            {"key": "walk", "demand": "land"},
            {"key": "active", "demand": "land", "mode": "walk|cycle"},
        )
    )


def test_the_land_keeps_its_area(land):
    plain = analyse(project({"key": "walk", "demand": "land"}, refine=False))
    assert land.demand["weight"].sum() == pytest.approx(plain.demand["weight"].sum(), rel=1e-9)
    assert land.definition.unit == "m²"


def test_the_last_step_is_the_rate_of_the_run(land):
    steps = land.tables["convergence.csv"]
    assert steps["spacing_m"].unique().tolist() == [25.0, 12.5, 6.25, 3.125]
    last = steps[steps["spacing_m"] == 3.125].set_index("definition")
    city = land.coverage[land.coverage["level"] == "city"]
    for definition in ("walk", "active"):
        rates = city[city["definition"] == definition].set_index("service")["rate"].dropna()
        settled = last.loc[definition, [f"rate_{key}" for key in rates.index if key != "all"]]
        np.testing.assert_allclose(
            settled.to_numpy(float), rates.drop("all").to_numpy(float), atol=1e-9
        )


def test_shares_settle(land):
    steps = land.tables["convergence.csv"]
    culture = steps[steps["definition"] == "walk"]["rate_culture"].diff().abs().iloc[1:]
    # Every halving moves the share less, at the end by under 0.1 point.
    assert culture.is_monotonic_decreasing
    assert culture.iloc[-1] < 0.001


def test_layers_that_nobody_counts_are_not_refined():
    run = analyse(project({"key": "homes", "demand": "homes"}))
    assert "convergence.csv" not in run.tables


def test_refined_land_comes_back_from_its_files(land, tmp_path):
    lc.write(land, tmp_path / "out")
    back = lc.open_run(tmp_path / "out", streets=False)
    pd.testing.assert_frame_equal(
        back.tables["convergence.csv"], land.tables["convergence.csv"], check_dtype=False
    )
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert 'id="sec-convergence"' in page
