"""What must hold between the tables of a project: names that meet, files that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lifecircle.crs import read_crs
from lifecircle.datum import shifted_datum
from lifecircle.errors import CRSError
from lifecircle.messages import Message, message
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


def project_faults(project: Project, standard: Standard, *, file: str) -> list[Message]:
    """Everything wrong between the tables of `project`; `file` is what the messages call it."""
    return [
        *_duplicates(project, file),
        *_half_coordinates(project, file),
        *_missing_files(project, file),
        *_crs(project, file),
        *(fault for table in project.facilities for fault in _service(table, standard, file)),
        *(fault for table in project.definitions for fault in _definition(table, project, file)),
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
    sources = {
        "network.source": project.network.source,
        "network.extent": project.network.extent,
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
    systems = {
        "project.output_crs": project.project.output_crs,
        "network.crs": project.network.crs,
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
    known = ", ".join(standard.keys)
    if table.service and table.service_column:
        yield message("project.two_services", file=file, table=f"[{place}]")
    elif not (table.service or table.service_column or table.source == "osm"):
        yield message("project.no_service", file=file, table=f"[{place}]", known=known)
    named = {f"{place}.service": table.service or ""}
    named |= {f"{place}.map.{cell}": service for cell, service in table.map.items()}
    for key, services in named.items():
        for service in filter(None, map(str.strip, services.split(";"))):
            if service not in standard.keys:
                near = nearest(service, standard.keys)
                code = "project.unknown_service_near" if near else "project.unknown_service"
                values = {"standard": standard.key, "known": known, "nearest": near}
                yield message(code, file=file, key=key, name=service, **values)


def _definition(table: DefinitionTable, project: Project, file: str) -> Iterator[Message]:
    place = f"[definitions.{table.key}]"
    demand = next((d for d in project.demand if d.name == table.demand), None)
    if demand is None:
        known = ", ".join(d.name for d in project.demand)
        yield message(
            "project.unknown_demand", file=file, table=place, name=table.demand, known=known
        )
    elif table.group and table.group not in demand.groups:
        yield message(
            "project.unknown_group",
            file=file,
            table=place,
            name=table.group,
            demand=demand.name,
            known=", ".join(demand.groups) or "–",
        )
