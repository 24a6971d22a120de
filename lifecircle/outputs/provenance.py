"""Where the numbers come from: `run.json`."""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydantic
import pyogrio

from lifecircle.definitions import Definition
from lifecircle.findings import Finding, Source
from lifecircle.messages import Message
from lifecircle.outputs.folder import RUN, RUN_SCHEMA, file_hashes
from lifecircle.project.tables import Project
from lifecircle.standards import Standard
from lifecircle.version import VERSION

PACKAGE = "datapackage.json"
"""What every column means (`lifecircle.outputs.data_package`)."""

_LIBRARIES = (
    "geopandas", "networkx", "numpy", "osmium", "pandas", "pyarrow", "pyogrio", "pyproj", "scipy",
    "shapely", "xlsxwriter",
)  # fmt: skip
_CREDENTIALS = re.compile(r"(?<=//)[^/@\s]+@|(?<=password=)[^&\s]+")
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True)
class Provenance:
    """What a run was asked, what it read and found, and how long its steps took.

    `project` is the effective project file; `standard`, and `standards` by the key of the
    definition that they hold for, are complete, with sources and status; `inputs` are the files
    read, `seconds` the time of each step.
    """

    project: Project
    standard: Standard
    definitions: tuple[Definition, ...]
    inputs: tuple[Source, ...]
    findings: tuple[Finding, ...]
    seconds: Mapping[str, float]
    standards: Mapping[str, Standard] = field(default_factory=dict)

    def standard_of(self, definition: Definition) -> Standard:
        """The standard whose limits and targets hold for a definition."""
        return self.standards.get(definition.key, self.standard)


def run_json(provenance: Provenance, outputs: Mapping[str, str]) -> dict[str, Any]:
    """The content of `run.json`; `outputs` are the SHA-256 of the files written, by name.

    It is strict JSON without credentials; `provenance_of` reads it back.
    """
    parts = pydantic.TypeAdapter(Provenance).dump_python(provenance, by_alias=True)
    return {
        "schema": RUN_SCHEMA,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "platform": platform.platform(),
        **_plain(parts),
        "outputs": dict(outputs),
    }


def provenance_of(run: Mapping[str, Any]) -> Provenance:
    """What `run_json` was made from."""
    parts = {part.name: run[part.name] for part in fields(Provenance)}
    provenance = pydantic.TypeAdapter(Provenance).validate_python(parts)
    return replace(provenance, findings=tuple(map(_with_numbers, provenance.findings)))


def write_run(folder: Path, provenance: Provenance) -> None:
    """Write `run.json`, which answers for every other file in `folder`: the last to be written."""
    write_json(folder / RUN, run_json(provenance, file_hashes(folder)))


def versions() -> dict[str, str]:
    """Versions of the package, of Python and of the libraries that numbers pass through."""
    return {
        "lifecircle": VERSION,
        "python": platform.python_version(),
        "gdal": ".".join(map(str, pyogrio.__gdal_version__)),
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def _plain(value: Any) -> Any:
    """The value as strict JSON can hold it: no `NaN`, no types of ours, no credentials."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return _CREDENTIALS.sub("", str(value))


def _with_numbers(finding: Finding) -> Finding:
    """The finding with the numbers that JSON could not hold."""
    values = {key: _number(value) for key, value in finding.message.values.items()}
    return replace(finding, message=Message(finding.message.code, values))


def _number(value: object) -> object:
    return _NOT_FINITE.get(value, value) if isinstance(value, str) else value


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file for people and programs: strict, indented, as UTF-8."""
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
