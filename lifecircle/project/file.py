"""The project file: read, overridden, checked, its paths made absolute."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lifecircle.definitions import standards_of
from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import Message, message
from lifecircle.profiles import load_standard
from lifecircle.project.overrides import override_places, with_overrides
from lifecircle.project.rules import project_faults
from lifecircle.project.schema import checked, nearest
from lifecircle.project.standard_tables import StandardTable
from lifecircle.project.tables import Project, is_address, is_special
from lifecircle.project.toml_file import read_toml
from lifecircle.standards import Standard

PATH_KEYS = ("source", "extent", "elevation", "gates", "total_source")
CRS_KEYS = ("crs", "output_crs")

# where a layer may come from something other than a file, and how that is written
_SPECIAL = {
    "zones": (r"osm:admin_level=\d{1,2}", "osm:admin_level=N"),
    "demand": (
        r"osm:buildings|osm:residential_land|grid:(?!0+(\.0*)?$)\d+(\.\d+)?",
        "osm:buildings, osm:residential_land, grid:N",
    ),
    "facilities": (r"osm", "osm"),
    "network.compounds": (r"osm", "osm"),
}
_SLIPS = str.maketrans({"\n": "/n", "\t": "/t", "\r": "/r", "\b": "/b", "\f": "/f", "\x1b": "/e"})


@dataclass(frozen=True)
class ProjectFile:
    """A checked project file.

    `project` has absolute paths, `written` the same tables with the paths as they were written (for
    records that should not name folders of one machine). Both hold the overrides. `standards` are
    already read and merged, by the key of the definition that they hold for.
    """

    project: Project
    written: Project
    standards: Mapping[str, Standard]
    path: Path
    sha256: str
    findings: tuple[Finding, ...] = ()

    @property
    def root(self) -> Path:
        """The folder from which the file's paths start."""
        return self.path.parent

    @property
    def standard(self) -> Standard:
        """The main definition's standard."""
        return next(iter(self.standards.values()))


def load_project(path: Path, overrides: Iterable[str] = ()) -> ProjectFile:
    """The project file at `path`, with `dotted.key=value` overrides, checked as a whole.

    Raises
    ------
    InputError
        If the file is missing or no TOML, a key or value is unknown or impossible, names do not fit
        each other or the standard, or a file that it names is not there. All faults at once.
    """
    changes = tuple(overrides)
    path = path.absolute()
    toml = read_toml(path)
    try:
        written, project, standards = _checked_as_a_whole(toml.data, changes, path)
    except InputError as error:
        raise InputError(*_blamed(error.faults, override_places(changes))) from None
    findings = []
    if toml.encoding != "utf-8":
        findings = [finding("project", "project.gb18030", severity="info", source=path.name)]
    findings += _near_services(project.standard, path.name)
    return ProjectFile(project, written, standards, path, toml.sha256, tuple(findings))


def _near_services(table: StandardTable, file: str) -> list[Finding]:
    """New services that are called nearly as one of the profile: likely a slip of the pen."""
    known = load_standard(StandardTable(profile=table.profile)).keys
    near = {key: nearest(key, known) for key in table.services if key not in known}
    return [
        finding(
            "project", "project.near_service", source=file, key=key, nearest=name,
            profile=table.profile,
        )
        for key, name in near.items()
        if name
    ]  # fmt: skip


def _checked_as_a_whole(
    data: Mapping[str, Any], overrides: tuple[str, ...], path: Path
) -> tuple[Project, Project, dict[str, Standard]]:
    """The tables as written, with absolute paths, and the standards of their definitions."""
    data = named(with_overrides(named(data), overrides))
    written = checked(Project, data, path.name)
    faults = [*_path_faults(data, path.name)]
    project = Project.model_validate(absolute(data, path.parent))
    try:
        standards = standards_of(project, file=path.name)
    except InputError as error:
        raise InputError(*faults, *error.faults) from None
    faults += project_faults(project, standards, file=path.name)
    if faults:
        raise InputError(*faults)
    return written, project, standards


def check_project(project: Project, standards: Mapping[str, Standard]) -> None:
    """Checks that names fit each other and the standard, and that every file named is there.

    `load_project` does this itself; it is for a `Project` made in Python.

    Raises
    ------
    InputError
        With all faults at once.
    """
    data = project.model_dump(by_alias=True, exclude_none=True)
    faults = [*_path_faults(data, "project"), *project_faults(project, standards, file="project")]
    if faults:
        raise InputError(*faults)


def named(data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `data` in which every table of `[[demand]]` and `[[facilities]]` has a name.

    >>> tables = {"demand": [{"source": "a/people.csv"}, {"source": "grid:50"}]}
    >>> [table["name"] for table in named(tables)["demand"]]
    ['people', 'grid']
    """
    complete = copy.deepcopy(dict(data))
    for key in ("demand", "facilities"):
        entries = complete.get(key)
        tables = [t for t in entries if isinstance(t, dict)] if isinstance(entries, list) else []
        taken = {str(table["name"]) for table in tables if "name" in table}
        for table in tables:
            if "name" not in table:
                table["name"] = _free_name(_name_from(table, key), taken)
                taken.add(table["name"])
    return complete


def _name_from(table: Mapping[str, Any], fallback: str) -> str:
    """A name from the table's source: `data/Health.csv` is `health`; else from its service."""
    source = str(table.get("source", ""))
    special = {"osm:buildings": "buildings", "osm": "osm"}.get(source)
    stem = PurePosixPath(source.replace("\\", "/")).name.split(".")[0]
    if source.startswith("grid:"):
        stem = "grid"
    name = special or re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    service = str(table.get("service", fallback))
    return next((n for n in (name, service) if re.fullmatch("[a-z][a-z0-9_]*", n)), fallback)


def _free_name(name: str, taken: set[str]) -> str:
    number = 1
    free = name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def absolute(data: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """A copy of `data` whose paths start from the top instead of from `root`."""
    rooted = copy.deepcopy(dict(data))
    for place, table in _tables(rooted):
        for key in PATH_KEYS:
            value = table.get(key)
            if value is not None and not is_special(value) and not is_address(value):
                table[key] = _absolute(value, root)
        for key in CRS_KEYS:
            if str(table.get(key)).startswith("file:"):
                table[key] = "file:" + _absolute(table[key].removeprefix("file:"), root)
        if place == "standard" and str(table.get("profile", "")).endswith(".toml"):
            table["profile"] = _absolute(table["profile"], root)
    for table in rooted.get("definitions", []):
        if str(table.get("standard", "")).endswith(".toml"):
            table["standard"] = _absolute(table["standard"], root)
    return rooted


def _absolute(text: str, root: Path) -> str:
    # a backslash is a folder's end wherever the file was written
    return str((root / text.strip().replace("\\", "/")).absolute())


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table that may name a file, with its dotted place."""
    for key in ("project", "network", "zones", "standard"):
        if key in data:
            yield key, data[key]
    if "compounds" in data.get("network", {}):
        yield "network.compounds", data["network"]["compounds"]
    for key in ("demand", "facilities"):
        for table in data.get(key, []):
            yield f"{key}.{table['name']}", table


def _path_faults(data: Mapping[str, Any], file: str) -> Iterator[Message]:
    """Sources that are no file: control characters, addresses, special words in the wrong place."""
    for place, table in _tables(data):
        for key in (*PATH_KEYS, *CRS_KEYS, "profile"):
            value = str(table.get(key, ""))
            where = f"{place}.{key}"
            # the text of a CRS may run over several lines
            is_path = key not in CRS_KEYS or value.startswith("file:")
            if is_path and any(character < " " for character in value):
                right = f'"{value.translate(_SLIPS)}"'
                yield message("project.control_character", file=file, key=where, right=right)
            elif key in PATH_KEYS and is_address(value):
                yield message("project.remote", file=file, key=where)
            elif key in PATH_KEYS and is_special(value):
                yield from _special_faults(data, file, where, value)


def _special_faults(
    data: Mapping[str, Any], file: str, where: str, value: str
) -> Iterator[Message]:
    values = {"file": file, "key": where, "value": f'"{value}"'}
    names = where.rpartition(".")[0], where.partition(".")[0]
    pattern, allowed = next((_SPECIAL[name] for name in names if name in _SPECIAL), ("", ""))
    network = str(data["network"]["source"])
    if not pattern:
        yield message("project.special_network", **values)
    elif not re.fullmatch(pattern, value):
        yield message("project.special", allowed=allowed, **values)
    elif value.startswith("osm") and not re.search(r"\.(pbf|osm(\.gz|\.bz2)?)$", network.lower()):
        yield message("project.needs_extract", network=f'"{network}"', **values)


def _blamed(faults: Iterable[Message], overridden: set[str]) -> Iterator[Message]:
    """Faults whose key was given by `--set` name that instead of the file."""
    for fault in faults:
        ours = fault.values.get("key") in overridden
        yield message(fault.code, **{**fault.values, "file": "--set"}) if ours else fault
