"""A city under three definitions, measured by the package itself, for tests of page and workbook.

Six zones of 100 people each, of three area types; every zone has ten places of ten people. Minutes
are multiples of a place's number, so that every rate can be checked in the head: the n-th place of
each zone (0 to 9) is `n × pace` minutes off, and within 15 minutes are those with n ≤ 15 / pace.
"""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle.choices import sensitivity
from lifecircle.curves import coverage_curves
from lifecircle.definitions import Definition
from lifecircle.findings import Source
from lifecircle.norms import supply
from lifecircle.project.tables import Project
from lifecircle.provision import presence
from lifecircle.rates import coverage
from lifecircle.report import ReportContent
from lifecircle.standards import Area, Presence, Service, Standard, Supply, Tier
from lifecircle.tiers import completeness
from lifecircle.travel import TravelTime
from tests.report_city import grid_zones

PACES = {
    # covered within 15 minutes: places 0 to 7, all, 0 to 5, 0 to 3
    "health": [2.0, 2.0, 2.0, 2.0, 2.0, 2.0],
    "culture": [1.0, 1.0, 1.0, 1.0, 1.0, 3.0],
    "ground": [1.5, 1.5, 1.5, 1.5, 4.0, 4.0],
}
"""Minutes from a place to the next, by service and zone."""

MAIN = Standard(
    key="main",
    name_zh="主标准",
    name_en="Main standard",
    target=0.85,
    services=(
        Service("health", "卫生", "Health", 15.0, 0.85, source="clause 1", status="official"),
        Service("culture", "文化", "Culture", 15.0, 0.85),
        Service("sports", "体育", "Sports", 15.0, 0.85),
    ),
    all=("health", "culture"),
    source="the main document",
    status="official",
)
PLAN = Standard(
    key="plan",
    name_zh="城镇规划",
    name_en="Urban plan",
    target=0.85,
    services=(
        Service("health", "卫生服务", "Health care", 10.0, 0.85, tier="ten"),
        Service("ground", "场地", "Sports ground", 15.0, 0.85, tier="fifteen"),
    ),
    scope=("urban", "town"),
    source="a transcription",
    status="secondary",
    tiers=(
        Tier("ten", "十分钟", "Ten minutes", 10.0),
        Tier("fifteen", "十五分钟", "Fifteen minutes", 15.0),
    ),
    areas=(Area("urban", "主城区", "Main city"),),
    presence=(
        Presence("clinic", "health", "每镇一处卫生", "A clinic in every zone", source="§ 3"),
        Presence(
            "old_town", "ground", "老城场地", "A ground in the old town", per="area_type:urban",
            source="§ 4", status="official",
        ),
    ),
    supply=(
        Supply(
            "ground", "ground", "人均场地", "Ground per person", per_person=2.6, unit="m²",
            source="§ 5", status="official",
        ),
        Supply("clinic", "health", "卫生配置", "People per clinic", people_per_facility=200.0),
    ),
)  # fmt: skip
OPEN = Standard(
    key="open",
    name_zh="无目标",
    name_en="No target",
    target=np.nan,
    services=(Service("culture", "文化", "Culture", 12.0, np.nan, metres=800.0),),
)
DEFINITIONS = (
    Definition("people.walk", "population", unit="persons", standard="main"),
    Definition(
        "plan", "population", unit="persons", steps="avoid", standard="plan",
        scope=PLAN.scope, name_zh="规划口径", name_en="As planned", source="沪府发",
        status="secondary",
    ),
    Definition("open", "population", unit="persons", mode="walk|cycle", standard="open"),
)  # fmt: skip
STANDARDS = dict(zip((each.key for each in DEFINITIONS), (MAIN, PLAN, OPEN), strict=True))


def zones() -> gpd.GeoDataFrame:
    """Six of nine squares: three of the main city, one town, two rural."""
    kinds = ["主城区", "主城区", "主城区", "town", "rural", "rural"]
    return grid_zones(3).iloc[:6].assign(
        area_type=kinds, area_kind=["urban"] * 3 + kinds[3:]
    )  # fmt: skip


def demand() -> gpd.GeoDataFrame:
    """Ten places of ten people in the middle of each zone."""
    area = zones()
    middle = area.representative_point().repeat(10)
    return gpd.GeoDataFrame(
        {"id": [str(n) for n in range(60)], "zone": area.index.repeat(10), "weight": 10.0},
        geometry=middle.to_numpy(),
        crs="EPSG:4326",
    ).astype({"id": "str", "zone": "str"})


def travel_time() -> TravelTime:
    """Minutes as the module's docstring says; sports have no data."""
    places = np.tile(np.arange(10.0), 6)
    minutes = pd.DataFrame({key: places * np.repeat(pace, 10) for key, pace in PACES.items()})
    return TravelTime(
        minutes=minutes,
        facility=minutes.astype("str"),
        access_m=pd.Series(1.0, index=minutes.index),
        rim=pd.Series(np.inf, index=minutes.index),
        cut_off=minutes < 0,
        speed_kmh=4.0,
        search_minutes=20.0,
    )


def facilities() -> gpd.GeoDataFrame:
    """A clinic in each of the first two zones, a ground of 100 m² in the fourth, a library."""
    service = ["health", "health", "ground", "culture"]
    middle = zones().representative_point().iloc[[0, 1, 3, 0]]
    frame = gpd.GeoDataFrame(
        {
            "facility": ["h1", "h2", "g1", "c1"], "service": service, "name": "",
            "layer": ["clinics", "clinics", "grounds", "osm"], "site": "",
            "capacity": [np.nan, np.nan, 100.0, np.nan],
        },
        geometry=middle.to_numpy(),
        crs="EPSG:4326",
    )  # fmt: skip
    return frame.astype(dict.fromkeys(["facility", "service", "name", "layer", "site"], "str"))


def project(language: str = "en") -> Project:
    """The project as far as page and workbook read it."""
    return Project.model_validate(
        {
            "schema": 1,
            "project": {"name": "Sixtown", "language": language},
            "network": {"source": "roads.osm.pbf", "modes": {"cycle": {"speed_kmh": 12.0}}},
            "zones": {"source": "zones.geojson"},
            "demand": [{"name": "population", "source": "population.csv", "unit": "persons"}],
        }
    )


def coverage_table() -> pd.DataFrame:
    """The rates of all definitions; the main one's culture in the last zone is undecided."""
    taken, people, area = travel_time(), demand(), zones()
    table = pd.concat(
        [coverage(taken, people, area, STANDARDS[each.key], each) for each in DEFINITIONS],
        ignore_index=True,
    )
    unsure = (
        (table["definition"] == "people.walk")
        & (table["service"] == "culture")
        & (table["zone"] == area.index[-1])
    )
    judged = table["status"].isin(["pass", "fail"])
    certainty = np.select([unsure, judged], ["undecided", "clear"], "")
    return table.assign(
        certainty=certainty,
        rate_low=(table["rate"] - 0.05).where(judged),
        rate_high=(table["rate"] + 0.4).clip(upper=1.0).where(judged),
        undecided_by=np.where(unsure, "rim", ""),
    )


def tables() -> dict[str, pd.DataFrame]:
    """What stands beside the rates, from the package's own functions."""
    taken, people, area = travel_time(), demand(), zones()

    def joined(made):
        parts = [made(taken, people, area, STANDARDS[each.key], each) for each in DEFINITIONS]
        return pd.concat(parts, ignore_index=True)

    convergence = pd.DataFrame(
        {
            "definition": "open", "demand": "land", "spacing_m": [25.0, 12.5],
            "cells": [100, 220], "rim": [0.25, 0.125], "rate_culture": [0.8, 0.81234],
        }
    )  # fmt: skip
    return {
        "curves.csv": joined(coverage_curves),
        "tiers.csv": joined(completeness),
        "sensitivity.csv": joined(sensitivity),
        "presence.csv": presence(facilities(), area, PLAN),
        "supply.csv": supply(facilities(), people, area, PLAN, DEFINITIONS[1]),
        "convergence.csv": convergence,
    }


def content(language: str = "en", **changes: object) -> ReportContent:
    """The report's content."""
    made = ReportContent(
        project=project(language),
        standard=MAIN,
        definitions=DEFINITIONS,
        coverage=coverage_table(),
        zones=zones(),
        facilities=facilities(),
        sources=(
            Source("network", "roads.osm.pbf", "ab" * 32, "2026-08-01", 10, 10),
            Source("population", "population.csv", "cd" * 32, "2020-11-01", 60, 60),
            Source("clinics", "clinics.csv", "ef" * 32, "2024-05-01", 2, 2),
            Source("grounds", "grounds.csv", "01" * 32, "", 1, 1),
            Source("osm", "osm", "", "2026-08-01", 1, 1),
        ),
        standards=STANDARDS,
        tables=tables(),
    )
    return dataclasses.replace(made, **changes)
