"""Content for report tests: made-up rates on given zones, honouring the contract's columns."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.definitions import Definition
from lifecircle.findings import Source, finding
from lifecircle.project.tables import Project
from lifecircle.report import ReportContent
from lifecircle.standards import Service, Standard

COLUMNS = [
    "definition", "level", "zone", "name", "parent", "service", "mode", "minutes",
    "demand", "covered", "unsnapped", "rate", "target", "status", "gap",
    "rate_low", "rate_high", "certainty", "undecided_by", "rim_exposed", "cut_off",
]  # fmt: skip
SUMS = ["demand", "covered", "unsnapped", "rim_exposed", "cut_off"]
TARGET = 0.85
OUTSIDE = "(outside)"

SERVICES = (
    ("health", "卫生", "Health"),
    ("elderly", "养老", "Elderly care"),
    ("culture", "文化", "Culture"),
    ("sports", "体育", "Sports"),
    ("education", "教育", "Education"),
    ("childcare", "托育", "Childcare"),
    ("shopping", "日常购物", "Daily shopping"),
    ("green", "公园绿地", "Green space"),
)


def made_up_standard() -> Standard:
    """Eight services of fifteen minutes, as the profile for cities that have only OSM."""
    return Standard(
        key="osm-15min",
        name_zh="OSM 十五分钟（代理指标）",
        name_en="OSM fifteen minutes (proxy)",
        target=TARGET,
        services=tuple(
            Service(key, zh, en, minutes=15.0, target=TARGET, proxy=True)
            for key, zh, en in SERVICES
        ),
        all=("health", "culture", "sports"),
        source="沪府发〔2021〕5号",
        status="unverified",
        note_zh="设施由 OSM 标签近似；OSM 中没有不等于现实中没有。",
        note_en="Facilities are approximated by OSM tags; absence in OSM is not absence.",
    )


def grid_zones(side: int, names: list[str] | None = None, parents: int = 0) -> gpd.GeoDataFrame:
    """`side` × `side` square zones of about a kilometre, near Shanghai."""
    count = side * side
    step = 0.01
    boxes = [
        shapely.box(121 + c * step, 31 - r * step, 121 + (c + 1) * step, 31 - (r - 1) * step)
        for r in range(side)
        for c in range(side)
    ]
    names = (names or []) + [f"第{n}街道" for n in range(count - len(names or []))]
    return gpd.GeoDataFrame(
        {
            "name": names,
            "parent": [f"片区{n % parents}" if parents else "" for n in range(count)],
            "area_type": "",
        },
        geometry=boxes,
        index=pd.Index([f"{310_000 + n}" for n in range(count)], name="zone"),
        crs="EPSG:4326",
    )


def ward_zones(path: Path) -> gpd.GeoDataFrame:
    """The nine wards of Monaco."""
    wards = gpd.read_file(path)
    return gpd.GeoDataFrame(
        {"name": wards["name"], "parent": "", "area_type": ""},
        geometry=wards.geometry.to_numpy(),
        crs="EPSG:4326",
    ).set_index(pd.Index(wards["osm_relation"].astype(str), name="zone"))


def made_up_coverage(
    zones: gpd.GeoDataFrame, standard: Standard, definition: Definition, *, seed: int = 1
) -> pd.DataFrame:
    """Random rates with exact sums; elderly care has no data, the last zone has no demand."""
    rng = np.random.default_rng(seed)
    rows = []
    weight = np.round(rng.uniform(2_000, 60_000, len(zones)), 1)
    if len(zones) > 4:
        weight[-1] = 0.0
    for key in (*standard.keys, "all"):
        level = rng.uniform(0.62, 0.97)
        share = np.clip(rng.normal(level, 0.12, len(zones)), 0, 1)
        covered = np.round(weight * share, 1)
        left = weight - covered
        rows.append(
            pd.DataFrame(
                {
                    "level": "zone", "zone": zones.index, "name": zones["name"].to_numpy(),
                    "parent": zones["parent"].to_numpy(), "service": key, "demand": weight,
                    "covered": covered, "unsnapped": np.round(left * 0.02, 1),
                    "rim_exposed": np.round(left * 0.6, 1) if key == "sports" else 0.0,
                    "cut_off": np.round(left * 0.01, 1) if key == "green" else 0.0,
                    "minutes": np.nan if key == "all" else standard.service(key).minutes,
                }
            )
        )  # fmt: skip
    zone_rows = pd.concat(rows, ignore_index=True)
    levels = [zone_rows, _rolled_up(zone_rows, "city", [])]
    if (zones["parent"] != "").any():
        levels.append(_rolled_up(zone_rows, "parent", ["parent"]))
    outside = _rolled_up(zone_rows, "outside", [])
    outside[SUMS] = np.round(outside[SUMS] * 0.003, 1)
    table = pd.concat([*levels, outside.assign(zone=OUTSIDE)], ignore_index=True)
    return _judged(table, definition)


def _rolled_up(zone_rows: pd.DataFrame, level: str, by: list[str]) -> pd.DataFrame:
    sums = zone_rows.groupby(["service", *by], sort=False)[[*SUMS]].sum().reset_index()
    label = sums["parent"] if by else ""
    minutes = zone_rows.groupby("service")["minutes"].first().reindex(sums["service"]).to_numpy()
    return sums.assign(level=level, zone=label, name=label, parent="", minutes=minutes)


def _judged(table: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    table = table.assign(definition=definition.key, mode="walk", target=TARGET)
    no_data = table["service"] == "elderly"
    table.loc[no_data, ["covered", "rim_exposed", "cut_off"]] = np.nan
    table["rate"] = table["covered"] / table["demand"].where(table["demand"] > 0)
    table["gap"] = (table["target"] * table["demand"] - table["covered"]).clip(lower=0)
    status = np.where(table["rate"] >= TARGET - 1e-12, "pass", "fail")
    status = np.where(table["demand"] == 0, "no demand", status)
    table["status"] = np.where(no_data, "no data", status)
    empty = pd.Series(pd.NA, index=table.index, dtype="str")
    return table.assign(rate_low=np.nan, rate_high=np.nan, certainty=empty, undecided_by=empty)[
        COLUMNS
    ]


def made_up_curves(coverage: pd.DataFrame) -> pd.DataFrame:
    """Shares against minutes that meet each rate at its limit: straight up to it, then half as fast
    for as long as the limit again.

    Places that never reach the target have no minutes at it.
    """
    limit = coverage["minutes"].fillna(15.0).to_numpy()[:, None]
    rate = coverage["rate"].to_numpy(float)[:, None]
    minutes = np.arange(31.0)
    later = rate + (1 - rate) * np.clip((minutes - limit) / (2 * limit), 0, 0.5)
    shares = np.where(minutes < limit, rate * minutes / limit, later)
    enough = shares >= TARGET - 1e-12
    at_target = np.where(enough.any(axis=1), enough.argmax(axis=1), np.nan)
    keys = [
        "definition",
        "level",
        "zone",
        "name",
        "parent",
        "service",
        "minutes",
        "demand",
        "target",
    ]
    table = coverage[keys].reset_index(drop=True).assign(minutes_at_target=at_target)
    return table.join(pd.DataFrame(shares, columns=[f"share_{each:g}" for each in minutes]))


def made_up_facilities(zones: gpd.GeoDataFrame, standard: Standard) -> gpd.GeoDataFrame:
    """Seven facilities of each service but elderly care, some with two entrances."""
    rng = np.random.default_rng(3)
    west, south, east, north = zones.total_bounds
    keys = [key for key in standard.keys if key != "elderly"]
    service = np.repeat(keys, 8)
    labels = [f"{key}/{n % 7}" for key in keys for n in range(8)]
    return gpd.GeoDataFrame(
        {"facility": labels, "service": service, "name": labels, "layer": "osm", "site": "",
         "capacity": np.nan},
        geometry=gpd.points_from_xy(
            rng.uniform(west, east, len(service)), rng.uniform(south, north, len(service))
        ),
        crs="EPSG:4326",
    )  # fmt: skip


def made_up_project(name: str = "示例区", language: str = "zh") -> Project:
    """A project file as far as the report reads it."""
    return Project.model_validate(
        {
            "schema": 1,
            "project": {"name": name, "language": language},
            "network": {"source": "roads.osm.pbf"},
            "zones": {"source": "zones.geojson"},
            "demand": [
                {"name": "population", "source": "population.csv", "unit": "persons",
                 "groups": {"aged_60": "60岁及以上"}}
            ],
        }
    )  # fmt: skip


def made_up_content(
    zones: gpd.GeoDataFrame,
    *,
    name: str = "示例区",
    language: str = "zh",
    definitions: tuple[Definition, ...] = (
        Definition("population.network", demand="population", unit="persons"),
    ),
) -> ReportContent:
    """A whole report's content on these zones."""
    standard = made_up_standard()
    coverage = pd.concat(
        [
            made_up_coverage(zones, standard, definition, seed=at + 1)
            for at, definition in enumerate(definitions)
        ],
        ignore_index=True,
    )
    return ReportContent(
        project=made_up_project(name, language),
        standard=standard,
        definitions=definitions,
        coverage=coverage,
        zones=zones,
        facilities=made_up_facilities(zones, standard),
        findings=(
            finding(
                "network", "network.rim", severity="info", source="roads.osm.pbf",
                count=12, margin_km=1.0,
            ),
            finding(
                "population", "network.unsnapped", source="population.csv", row="3, 5",
                column="lon", count=2, limit_m=200.0, weight=81.5,
            ),
        ),
        sources=(
            Source("network", "roads.osm.pbf", "ab" * 32, "2026-08-01", 10_000, 9_800),
            Source("population", "population.csv", "cd" * 32, "2020-11-01", 5_000, 4_998),
        ),
        tables={"curves.csv": made_up_curves(coverage)},
        provenance={"lifecircle": "0.1.0", "made": "2026-11-22T02:30:00Z", "seconds": "7.2"},
    )  # fmt: skip
