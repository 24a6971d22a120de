"""What only shows when layers meet: area types nobody knows, places far from every street."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd

from lifecircle.applied import area_types
from lifecircle.changes import ADDED
from lifecircle.datum_check import datum_finding
from lifecircle.definitions import Definition
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import message, some
from lifecircle.network import StreetNetwork, metres_per_minute
from lifecircle.norms import supply_findings
from lifecircle.project.tables import Project, ZonesTable
from lifecircle.provision import presence_findings
from lifecircle.rim import rim_finding
from lifecircle.snapping import snapping_findings
from lifecircle.standards import Service, Standard

AREA_TYPES = ("urban", "new_town", "town", "rural")
"""Words for kinds of zones that a standard may leave out without anybody having erred."""


def area_type_findings(
    zones: gpd.GeoDataFrame, standard: Standard, table: ZonesTable
) -> list[Finding]:
    """That nothing lies in a standard's scope.

    Raises
    ------
    InputError
        If zones have an area type that the standard cannot know: neither its limits and modes nor
        its scope would apply.
    """
    types = area_types(zones).value_counts()
    source = Path(table.source).name
    if standard.scope and not types.index.isin([*standard.scope, ""]).any():
        scope, seen = some(standard.scope), some(types.index.tolist())
        return [
            finding(
                "zones", "zones.nothing_in_scope", source=source,
                column=table.area_type or "", scope=scope, types=seen,
            )
        ]  # fmt: skip
    ruled = {label for s in standard.services for label in (*s.minutes_by_area, *s.mode_by_area)}
    named = {*standard.scope, *(label.partition(":")[0] for label in ruled)}
    unknown = types[~types.index.isin([*named, *AREA_TYPES, ""])]
    if not named or unknown.empty:
        return []
    raise InputError.of(
        "zones.unknown_area_types", source=source,
        column=table.area_type or "", standard=standard.key,
        known=some(sorted({*named, *AREA_TYPES})),
        types=some([f"{kind} ({count})" for kind, count in unknown.items()]),
        first=unknown.index[0],
    )  # fmt: skip


def list_findings(standards: Mapping[str, Standard], project: Project) -> list[Finding]:
    """Services that two standards in use would recognise by different OSM tags.

    A facility is told from others once, by the standard that names its service first.
    """
    if not any(table.source == "osm" for table in project.facilities):
        return []
    first: dict[str, tuple[Standard, Service]] = {}
    found = {}
    for standard in standards.values():
        for service in standard.services:
            ours, same = first.setdefault(service.key, (standard, service))
            if set(same.osm) != set(service.osm):
                found[standard.key, service.key] = finding(
                    "facilities", "facilities.other_tags", source="osm",
                    service=service.key, ours=ours.key, theirs=standard.key,
                    tags=", ".join(same.osm) or "–", others=", ".join(service.osm) or "–",
                )  # fmt: skip
    return list(found.values())


def rule_findings(
    zones: gpd.GeoDataFrame,
    demands: Mapping[str, gpd.GeoDataFrame],
    standards: Mapping[str, Standard],
    definitions: Iterable[Definition],
) -> list[Finding]:
    """Rules of presence and supply that cannot be judged here, each standard's once."""
    found: dict[str, list[Finding]] = {}
    for definition in definitions:
        standard = standards[definition.key]
        if standard.key not in found:
            demand = demands[definition.demand]
            found[standard.key] = [
                *presence_findings(zones, standard),
                *supply_findings(demand, standard, definition),
            ]
    return [each for told in found.values() for each in told]


def by_table(
    facilities: gpd.GeoDataFrame, demands: Mapping[str, gpd.GeoDataFrame], project: Project
) -> list[tuple[str, str, gpd.GeoDataFrame]]:
    """Name, source and places of every table."""
    offered = [(table.name, table.source) for table in project.facilities] + [(ADDED, "--add")]
    tables = [(name, source, facilities[facilities["layer"] == name]) for name, source in offered]
    tables += [(table.name, table.source, demands[table.name]) for table in project.demand]
    return [(name, Path(source).name, places) for name, source, places in tables if len(places)]


def rim_findings(
    network: StreetNetwork, project: Project, standard: Standard
) -> tuple[Finding, ...]:
    """Where the data end, with the margin that the longest limit needs."""
    margin_m = standard.longest_minutes * metres_per_minute(project.network.speed_kmh)
    source = Path(project.network.source).name
    found = rim_finding(network, source=source, margin_m=margin_m)
    return (found,) if found else ()


def check_on_streets(
    tables: Iterable[tuple[str, str, gpd.GeoDataFrame]], max_snap_m: float
) -> None:
    """Refuses a table of which nothing lies near a street: its coordinates cannot be right."""
    faults = [
        message(
            "network.none_on_streets",
            layer=name,
            source=source,
            count=len(places),
            limit_m=max_snap_m,
            first=f"{places.geometry.iloc[0].x:.5f}, {places.geometry.iloc[0].y:.5f}",
        )
        for name, source, places in tables
        if (places["edge"] < 0).all()
    ]
    if faults:
        raise InputError(*faults)


def place_findings(
    tables: Iterable[tuple[str, str, gpd.GeoDataFrame]],
    network: StreetNetwork,
    project: Project,
    *,
    mode: str,
) -> list[Finding]:
    """What is off the streets of a mode, on islands, or not where it claims to stand."""
    usual = mode == project.network.mode
    declared = {table.name: table.crs or "" for table in project.demand if table.x}
    declared |= {
        table.name: table.crs or "" for table in project.facilities if table.source != "osm"
    }
    found: list[Finding | None] = []
    for name, source, places in tables:
        found += snapping_findings(
            places,
            network,
            layer=name if usual else f"{name} ({mode})",
            source=source,
            max_snap_m=project.network.max_snap_m,
            min_component_m=project.network.min_component_m,
        )
        if usual and name in declared:
            found.append(datum_finding(places, network, layer=name, declared=declared[name]))
    return [each for each in found if each]
