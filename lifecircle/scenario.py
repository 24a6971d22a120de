"""What if a facility were added, closed or moved: the run again, searching only what changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable

import geopandas as gpd
import pandas as pd

from lifecircle.analysis import Analysis
from lifecircle.changes import ADDED, Added, Changes, Moved, changes_to, new_places
from lifecircle.checked_layers import Checked
from lifecircle.definitions import RADIUS, STEPFREE, Definition, catalogue, methods_of
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import some
from lifecircle.pipeline import rated
from lifecircle.progress import Progress
from lifecircle.project.tables import Project
from lifecircle.searches import Times, measured_times
from lifecircle.snapping import snap, snapping_findings
from lifecircle.travel import TravelTime


def what_if(
    analysis: Analysis,
    *,
    add: Iterable[Added] = (),
    close: Iterable[str] = (),
    move: Iterable[Moved] = (),
    progress: Progress | None = None,
) -> Analysis:
    """The analysis as it would be with other facilities, equal to a fresh run of them.

    Layers are neither read nor put on the streets again, and only the services of the facilities
    named are searched. For the rates alone, at once, see `rates_if`.

    Parameters
    ----------
    analysis
        A run, not one opened from its files.
    add
        Facilities that do not exist yet: service, longitude, latitude (WGS 84). Their ids are
        `added:1`, `added:2` …
    close
        Ids of facilities that are no longer there, whatever services they offer.
    move
        Facilities at another place: id, longitude, latitude. They then have one entrance.
    progress
        Told of each step.

    Raises
    ------
    InputError
        If there is no such facility or service, a new place is too far from every street, or the
        analysis was opened from its files.

    Examples
    --------
    >>> import lifecircle as lc
    >>> run = lc.analyse(lc.monaco_project())
    >>> more = what_if(run, add=[("health", 7.4197, 43.7325)])
    >>> for each in (run, more):
    ...     rows = each.coverage[each.coverage["level"] == "city"].set_index("service")
    ...     print(f"{rows.loc['health', 'rate']:.3f}")
    0.970
    0.983
    """
    layers, changes = (
        layers_of(analysis),
        changes_to(analysis.facilities, add=add, close=close, move=move),
    )
    services = changes.services(analysis.facilities)
    changed = with_changes(layers, changes)

    def search(checked: Checked, definitions: Iterable[Definition]) -> Times:
        return _only(services, checked, tuple(definitions), analysis)

    return rated(changed, progress=progress, search=search)


def layers_of(analysis: Analysis) -> Checked:
    """What a run was made of.

    Raises
    ------
    InputError
        If it was opened from its files.
    """
    if analysis.layers is None:
        raise InputError.of("changes.no_layers")
    return analysis.layers


def with_changes(layers: Checked, changes: Changes) -> Checked:
    """The layers with other facilities, on the streets of every mode.

    Raises
    ------
    InputError
        If a service is none of the standards', or a new place is too far from every street.
    """
    streets, found = {}, _notes(changes)
    for mode, new in new_on_streets(layers, changes).items():
        each = layers.streets[mode]
        kept = each.facilities[~each.facilities["facility"].isin(changes.gone)]
        # What was moved keeps its place in the list: of equally near facilities the first counts.
        facilities = pd.concat([kept, new]).sort_index(kind="stable").reset_index(drop=True)
        streets[mode] = dataclasses.replace(each, facilities=facilities)
        if each is layers.main and len(new):
            limits = _limits(layers.project)
            found += snapping_findings(new, each.network, layer=ADDED, source="--add", **limits)
    given = layers.given | {service for service, _, _ in changes.add}
    findings = (*layers.findings, *found)
    return dataclasses.replace(layers, streets=streets, given=given, findings=findings)


def new_on_streets(layers: Checked, changes: Changes) -> dict[str, gpd.GeoDataFrame]:
    """The access points that the changes bring, on the streets of every mode.

    Raises
    ------
    InputError
        If a service is none of the standards', or reached by a mode whose streets were not read, or
        a new place is too far from every street.
    """
    known = list(dict.fromkeys(key for one in layers.standards.values() for key in one.keys))
    unknown = [service for service, _, _ in changes.add if service not in known]
    if unknown:
        raise InputError.of("changes.service", service=unknown[0], known=", ".join(known))
    _refuse_unread(layers, changes)
    new = new_places(layers.facilities, changes)
    found = {}
    for mode, streets in layers.streets.items():
        found[mode] = snap(new, streets.network, **_limits(layers.project))
        lost = found[mode][found[mode]["edge"] < 0]
        if len(lost):
            place, limit_m = lost.geometry.iloc[0], layers.project.network.max_snap_m
            raise InputError.of(
                "changes.off_streets",
                facility=lost["facility"].iloc[0], lon=place.x, lat=place.y, limit_m=limit_m,
            )  # fmt: skip
    return found


def _refuse_unread(layers: Checked, changes: Changes) -> None:
    """Streets are read for modes in use; the first facility of a service may ask for another."""
    for service, _, _ in changes.add:
        for one in layers.definitions:
            given = {*layers.given, service}
            for key in methods_of(one, layers.standards[one.key], given):
                mode = key.removesuffix(STEPFREE)
                if key != RADIUS and mode not in layers.streets:
                    raise InputError.of("changes.mode", service=service, mode=mode)


def _notes(changes: Changes) -> list[Finding]:
    """That this is not the city as it is."""
    return [
        finding("facilities", code, severity="info", count=len(ids), names=some(ids))
        for code, ids in (
            ("changes.closed", changes.close),
            ("changes.moved", [facility for facility, _, _ in changes.move]),
        )
        if ids
    ]


def _limits(project: Project) -> dict[str, float]:
    table = project.network
    return {"max_snap_m": table.max_snap_m, "min_component_m": table.min_component_m}


def _only(
    services: Collection[str],
    checked: Checked,
    definitions: tuple[Definition, ...],
    before: Analysis,
) -> Times:
    """Minutes of all services, of which only some are searched; refined land is searched whole."""
    same = {name for name, places in before.demands.items() if checked.demands[name] is places}
    whole = [one for one in definitions if one.demand not in same]
    found = measured_times(checked, whole) if whole else {}
    part = [one for one in definitions if one.demand in same]
    some = measured_times(checked, part, services=services)
    for name, methods in some.items():
        found[name] = {
            key: _joined(before.measured[name][key], taken, checked)
            for key, taken in methods.items()
        }
    return {one.demand: found[one.demand] for one in definitions}


def _joined(before: TravelTime, after: TravelTime, checked: Checked) -> TravelTime:
    """One table of the services before and those searched again, in the order of a run."""
    known = {*before.minutes.columns, *after.minutes.columns}
    order = [key for key in catalogue(checked.standards.values()).keys if key in known]

    def frame(name: str) -> pd.DataFrame:
        old, new = getattr(before, name), getattr(after, name)
        both: pd.DataFrame = pd.concat(
            [old.drop(columns=new.columns, errors="ignore"), new], axis="columns"
        )
        return both[order]

    return dataclasses.replace(
        before, minutes=frame("minutes"), facility=frame("facility"), cut_off=frame("cut_off")
    )
