"""A run small enough to check in the head, with names that mean harm, for tests of its files.

Zone `010101` holds places of 60 and 40 persons, zone `010102` one of 100; 5 persons live outside.
Health is reached within 15 minutes by the 60 only; culture by the 60 and the 100; nobody says
where sports are (no data).
"""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.definitions import Definition
from lifecircle.findings import Source, finding
from lifecircle.measured import Measured, measure
from lifecircle.outputs.gis_names import Naming, naming_of
from lifecircle.outputs.provenance import Provenance
from lifecircle.project.tables import Project
from lifecircle.rates import coverage
from lifecircle.standards import Service, Standard
from lifecircle.travel import TravelTime

HOSTILE = ['=HYPERLINK("http://x")', '{=cmd|"/c calc"!A0}']
MAIN = Definition("people.network", "people", unit="persons")

STANDARD = Standard(
    key="own",
    name_zh="自定标准",
    name_en="Own standard",
    target=0.85,
    services=(
        Service("health", "卫生", "Health", 15.0, 0.85, {"town": 20.0}, osm=("amenity=clinic",)),
        Service("culture", "文化", "Culture", 15.0, 0.85, source="@clause", status="official"),
        Service("sports", "体育", "Sports", 10.0, 0.85, proxy=True),
    ),
    all=("health", "culture"),
    source="=own words",
)


def zones() -> gpd.GeoDataFrame:
    """Two squares side by side, the second of another area type."""
    squares = [shapely.box(121.0, 31.0, 121.01, 31.01), shapely.box(121.01, 31.0, 121.02, 31.01)]
    return gpd.GeoDataFrame(
        {"name": HOSTILE, "parent": "+district", "area_type": ["urban", "rural"]},
        geometry=squares,
        index=pd.Index(["010101", "010102"], name="zone", dtype="str"),
        crs="EPSG:4326",
    ).astype(dict.fromkeys(["name", "parent", "area_type"], "str"))


def demand() -> gpd.GeoDataFrame:
    """Four places, the last outside both zones."""
    return gpd.GeoDataFrame(
        {
            "id": ["01", "=2", "03", "04"],
            "zone": ["010101", "010101", "010102", "(outside)"],
            "weight": [60.0, 40.0, 100.0, 5.0],
            "aged_60": [6.0, 4.0, 10.0, 0.5],
        },
        geometry=gpd.points_from_xy([121.005, 121.0051, 121.015, 121.03], [31.005] * 4),
        crs="EPSG:4326",
    ).astype({"id": "str", "zone": "str"})


def travel_time() -> TravelTime:
    """Minutes as the module's docstring tells; the third place is cut off from health."""
    minutes = pd.DataFrame(
        {"health": [5.0, 16.0, np.inf, np.nan], "culture": [1.5, np.inf, 14.5, np.nan]}
    )
    facility = pd.DataFrame({"health": ["h1", "h1", "", ""], "culture": ["c1", "", "c1", ""]})
    cut_off = pd.DataFrame({"health": [False, False, True, False], "culture": [False] * 4})
    return TravelTime(
        minutes=minutes,
        facility=facility.astype("str"),
        access_m=pd.Series([1.0, 2.0, 3.0, np.nan], name="distance_m"),
        rim=pd.Series([np.inf, 20.0, np.inf, np.nan]),
        cut_off=cut_off,
        speed_kmh=4.0,
        search_minutes=40.0,
    )


def facilities() -> gpd.GeoDataFrame:
    """One of each, on streets."""
    frame = gpd.GeoDataFrame(
        {
            "facility": ["h1", "c1"],
            "service": ["health", "culture"],
            "name": ["`${alert(1)}`", ""],
            "layer": "list",
            "site": "",
            "capacity": [30.0, np.nan],
            "edge": [0, 1],
            "distance_m": [0.5, np.nan],
        },
        geometry=gpd.points_from_xy([121.005, 121.015], [31.004, 31.004]),
        crs="EPSG:4326",
    )
    return frame.astype(dict.fromkeys(["facility", "service", "name", "layer", "site"], "str"))


def coverage_table(*definitions: Definition) -> pd.DataFrame:
    """The rates of the given definitions, or of the main one."""
    measured = {
        "network": travel_time(),
        "radius": dataclasses.replace(travel_time(), search_minutes=np.inf),
    }
    tables = [
        coverage(measured[definition.metric], demand(), zones(), STANDARD, definition)
        for definition in definitions or [MAIN]
    ]
    return pd.concat(tables, ignore_index=True)


def measured() -> Measured:
    """What the main definition measures, place by place."""
    return measure(travel_time(), demand(), zones(), STANDARD, MAIN)


def naming(*definitions: Definition) -> Naming:
    """What services and definitions are called in GIS files."""
    return naming_of(provenance(*definitions))


def provenance(
    *definitions: Definition, language: str = "en", output_crs: str = "EPSG:4326"
) -> Provenance:
    """Where the small run comes from."""
    project = Project.model_validate(
        {
            "schema": 1,
            "project": {"name": "Smalltown", "language": language, "output_crs": output_crs},
            "network": {"source": "https://me:secret@example.org/roads.osm.pbf"},
            "zones": {"source": "zones.geojson"},
            "demand": [{"name": "people", "source": "people.csv", "groups": {"aged_60": "60+"}}],
        }
    )
    found = finding(
        "network",
        "workbook.more_rows",
        severity="info",
        source="roads.osm.pbf",
        rows=np.int64(1250),
    )
    nobody = finding("people", "workbook.more_rows", source="-x", rows=float("inf"))
    return Provenance(
        project=project,
        standard=STANDARD,
        definitions=tuple(definitions or [MAIN]),
        inputs=(Source("people", "people.csv", "ab12", "2020-11-01", 5, 4),),
        findings=(found, nobody),
        seconds={"zones": 0.25},
    )
