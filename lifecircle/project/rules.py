"""What must hold between the tables of a project: names that meet, files that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from lifecircle.crs import read_crs
from lifecircle.datum import shifted_datum
from lifecircle.definitions import OWN, catalogue, definition_tables
from lifecircle.errors import CRSError, InputError
from lifecircle.messages import Message, message
from lifecircle.modes import mode_of
from lifecircle.project.schema import nearest
from lifecircle.project.tables import (
    DefinitionTable,
    FacilitiesTable,
    Project,
    is_address,
    is_special,
)
from lifecircle.standards import Standard

_CRS_FAULTS = {
    "crs.unknown": "project.crs_unknown",
    "crs.unreadable_file": "project.crs_unreadable_file",
    "crs.not_horizontal": "project.crs_not_horizontal",
}


def project_faults(
    project: Project, standards: Mapping[str, Standard], *, file: str
) -> list[Message]:
    """Everything wrong between the tables of `project`; `file` is what the messages call it.

    `standards` are those of its definitions, by key.
    """
    standard = catalogue(standards.values())
    return [
        *_duplicates(project, file),
        *_half_coordinates(project, file),
        *_missing_files(project, file),
        *_crs(project, file),
        *(fault for table in project.facilities for fault in _service(table, standard, file)),
        *_modes(project, standards, file),
        *(
            fault
            for table in definition_tables(project)
            for fault in _definition(table, standards[table.key], project, file)
        ),
    ]


def _duplicates(project: Project, file: str) -> Iterator[Message]:
    lists = {
        ("demand", "name"): [table.name for table in project.demand],
        ("facilities", "name"): [table.name for table in project.facilities],
        ("definitions", "key"): [table.key for table in project.definitions],
    }
    for (tables, key), names in lists.items():
        for name, count in Counter(names).items():
            if count > 1:
                yield message(
                    "project.duplicate", file=file, list=tables, key=key, name=name, count=count
                )


def _half_coordinates(project: Project, file: str) -> Iterator[Message]:
    tables = [(f"demand.{t.name}", t) for t in project.demand]
    for place, table in [*tables, *((f"facilities.{t.name}", t) for t in project.facilities)]:
        if (table.x is None) != (table.y is None):
            given, lacking = ("x", "y") if table.y is None else ("y", "x")
            yield message(
                "project.both_axes", file=file, table=f"[{place}]", given=given, lacking=lacking
            )


def _missing_files(project: Project, file: str) -> Iterator[Message]:
    compounds = project.network.compounds
    sources = {
        "network.source": project.network.source,
        "network.extent": project.network.extent,
        "network.elevation": project.network.elevation,
        "network.compounds.source": compounds.source if compounds else None,
        "network.compounds.gates": compounds.gates if compounds else None,
        "zones.source": project.zones.source,
        **{f"demand.{t.name}.source": t.source for t in project.demand},
        **{f"demand.{t.name}.total_source": t.total_source for t in project.demand},
        **{f"facilities.{t.name}.source": t.source for t in project.facilities},
    }
    for key, source in sources.items():
        # addresses and control characters have their own message
        if source is None or is_special(source) or is_address(source):
            continue
        if all(character >= " " for character in source) and not Path(source).exists():
            yield _missing_file(Path(source), key, file)


def _missing_file(path: Path, key: str, file: str) -> Message:
    beside = path.parent.iterdir() if path.parent.is_dir() else []
    # by what stands before the first dot: all extracts end alike
    stems = {other.name.split(".")[0]: other.name for other in beside if other.is_file()}
    near = stems.get(nearest(path.name.split(".")[0], stems), "")
    code = "project.missing_file_near" if near else "project.missing_file"
    return message(code, file=file, key=key, path=path, nearest=near)


def _crs(project: Project, file: str) -> Iterator[Message]:
    """Coordinate systems that nobody knows, before any layer is read."""
    compounds = project.network.compounds
    systems = {
        "project.output_crs": project.project.output_crs,
        "network.crs": project.network.crs,
        "network.compounds.crs": compounds.crs if compounds else None,
        "zones.crs": project.zones.crs,
        **{f"demand.{table.name}.crs": table.crs for table in project.demand},
        **{f"facilities.{table.name}.crs": table.crs for table in project.facilities},
    }
    output = systems["project.output_crs"]
    if output is not None and shifted_datum(output) is not None:
        yield message("project.crs_shifted", file=file, key="project.output_crs", value=output)
    for key, text in systems.items():
        broken_path = text is not None and text.startswith("file:") and min(text) < " "
        if text is None or shifted_datum(text) is not None or broken_path:
            continue
        try:
            read_crs(text)
        except CRSError as error:
            fault = error.faults[0]
            yield message(_CRS_FAULTS[fault.code], **fault.values, file=file, key=key)


def _service(table: FacilitiesTable, standard: Standard, file: str) -> Iterator[Message]:
    place = f"facilities.{table.name}"
    offered = [service.key for service in standard.offered]
    known = ", ".join(offered)
    if table.service and table.service_column:
        yield message("project.two_services", file=file, table=f"[{place}]")
    elif not (table.service or table.service_column or table.source == "osm"):
        yield message("project.no_service", file=file, table=f"[{place}]", known=known)
    named = {f"{place}.service": table.service or ""}
    named |= {f"{place}.map.{cell}": service for cell, service in table.map.items()}
    for key, services in named.items():
        for service in filter(None, map(str.strip, services.split(";"))):
            if service not in offered:
                near = nearest(service, offered)
                code = "project.unknown_service_near" if near else "project.unknown_service"
                values = {"standard": standard.key, "known": known, "nearest": near}
                yield message(code, file=file, key=key, name=service, **values)


def _modes(project: Project, standards: Mapping[str, Standard], file: str) -> Iterator[Message]:
    """Modes that a definition or its standard names and nobody knows, each said once."""
    named = {project.network.mode: None}
    for table in definition_tables(project):
        standard = standards[table.key]
        modes = [table.mode or standard.mode]
        for service in standard.services:
            modes += [service.mode, *service.mode_by_area.values()]
        named |= {part: None for mode in modes for part in mode.split("|") if part}
    for mode in named:
        try:
            mode_of(project.network, mode, file=file)
        except InputError as error:
            yield from error.faults


def _definition(
    table: DefinitionTable, standard: Standard, project: Project, file: str
) -> Iterator[Message]:
    place = f"[definitions.{table.key}]"
    if table.status != "unverified" and not table.source:
        yield message("project.no_source", file=file, table=place, status=table.status)
    demand = next((d for d in project.demand if d.name == table.demand), None)
    if demand is None:
        known = ", ".join(d.name for d in project.demand)
        yield message(
            "project.unknown_demand", file=file, table=place, name=table.demand, known=known
        )
        return
    own = [service.group for service in standard.services if service.group]
    asked = own if table.group == OWN else [table.group] if table.group else []
    for group in dict.fromkeys(asked):
        if group not in demand.groups:
            known = ", ".join(demand.groups) or "–"
            values = {"name": group, "demand": demand.name, "known": known}
            yield message("project.unknown_group", file=file, table=place, **values)
    if table.speed_kmh == "group" and standard.speed_of(table.group or "") is None:
        known = ", ".join(g.key for g in standard.groups if g.speed_kmh) or "–"
        values = {"name": table.group or "–", "known": known}
        yield message("project.no_group_speed", file=file, table=place, **values)
