"""`datapackage.json`: every written file, and every column of every table, in both languages.

Titles and descriptions are in English, as the standard's own properties; `title_zh` and
`description_zh` stand beside them. `services` and `definitions` say which key a short name in
`layers.gpkg` stands for.

References
----------
Data Package 2.0, https://datapackage.org/standard/data-package/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyogrio

from lifecircle.definitions import Definition
from lifecircle.outputs.columns import Column, columns
from lifecircle.outputs.csv_tables import read_header
from lifecircle.outputs.folder import file_hashes
from lifecircle.outputs.geopackage import layer_names
from lifecircle.outputs.geoparquet import GEOPARQUET
from lifecircle.outputs.gis_layers import COVERAGE
from lifecircle.outputs.gis_names import Naming, naming_of
from lifecircle.outputs.provenance import PACKAGE, Provenance, write_json
from lifecircle.outputs.tables import Table, table

_SCHEMAS = "https://datapackage.org/profiles/2.0"
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gpkg": "application/geopackage+sqlite3",
    ".html": "text/html",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_NOT_COLUMNS = {"geometry", "bbox"}


@dataclass(frozen=True)
class _Context:
    """What all resources share: names, and the unit of each definition's demand by short name."""

    naming: Naming
    units: Mapping[str, str]
    main: str

    def unit(self, name: str) -> str:
        """The unit of demand in a table; empty where definitions of several units are in it."""
        if name == "layers.gpkg:demand" or name in GEOPARQUET or name == "layers.gpkg:zones":
            return self.main
        for short, unit in self.units.items():
            if name in (f"layers.gpkg:{COVERAGE}_{short}", f"layers.gpkg:zones_{short}"):
                return unit
        every = set(self.units.values())
        return every.pop() if len(every) == 1 else ""


def write_data_package(folder: Path, provenance: Provenance) -> None:
    """Write `datapackage.json`, which describes every other file in `folder`."""
    naming = naming_of(provenance)
    context = _Context(
        naming,
        {naming.definitions[each.key]: each.unit for each in provenance.definitions},
        provenance.definitions[0].unit,
    )
    package = {
        "$schema": f"{_SCHEMAS}/datapackage.json",
        "name": "lifecircle-run",
        "title": provenance.project.project.name or "lifecircle",
        "services": [
            {"key": key, "short": short, **_named(naming.called["service"][short])}
            for key, short in naming.services.items()
        ],
        "definitions": [_definition(each, naming) for each in provenance.definitions],
        "resources": [
            resource
            for name, digest in file_hashes(folder).items()
            if name != PACKAGE
            for resource in _resources(folder / name, digest, context)
        ],
    }
    write_json(folder / PACKAGE, package)


def _definition(definition: Definition, naming: Naming) -> dict[str, Any]:
    short = naming.definitions[definition.key]
    return {
        "key": definition.key,
        "short": short,
        **_named(naming.called["definition"][short]),
        "unit": definition.unit,
        "demand": definition.demand,
        "group": definition.group,
    }


def _named(words: Mapping[str, str]) -> dict[str, str]:
    return {"title": words["en"], "title_zh": words["zh"]}


def _resources(path: Path, digest: str, context: _Context) -> Iterator[dict[str, Any]]:
    """A file as the package lists it; a GeoPackage once for each of its layers and tables."""
    kind = path.suffix.removeprefix(".")
    name = _slug(path.stem)
    about = {
        "path": path.name,
        "format": kind,
        "mediatype": _MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    if kind == "csv":
        dialect = {"lineTerminator": "\n"}
        yield {
            "name": name, "type": "table", **_words(path.name, context), **about,
            "encoding": "utf-8", "dialect": dialect,
            "schema": _schema(path.name, read_header(path), context),
        }  # fmt: skip
    elif kind == "parquet":
        names = [n for n in pyarrow.parquet.read_schema(path).names if n not in _NOT_COLUMNS]
        named = f"{name}-parquet" if path.name in GEOPARQUET else name
        yield {
            "name": named, **_words(path.name, context), **about,
            "schema": _schema(path.name, names, context),
        }  # fmt: skip
    elif kind == "gpkg":
        for layer in layer_names(path):
            names = list(pyogrio.read_info(path, layer=layer)["fields"])
            full = f"{path.name}:{layer}"
            yield {
                "name": f"{name}-{_slug(layer)}", **_words(full, context), **about,
                "layer": layer, "schema": _schema(full, names, context),
            }  # fmt: skip
    else:
        yield {"name": f"{name}-{kind}", **_words(path.name, context), **about}


def _slug(name: str) -> str:
    """A name as Data Package has it: small letters, digits and `-`."""
    return name.replace("_", "-").lower()


def _words(name: str, context: _Context) -> dict[str, str]:
    """Title and description of a file or table in both languages."""
    try:
        described = table(name, context.naming.called)
    except KeyError:  # a file beside the tables, of a kind that nobody has described here
        return {}
    return {
        **_named(described.titles),
        "description": described.meanings["en"],
        "description_zh": described.meanings["zh"],
    }


def _schema(name: str, names: Sequence[str], context: _Context) -> dict[str, Any]:
    """A table schema, with keys where rows have them."""
    described = table(name, context.naming.called)
    unit = context.unit(name)
    schema: dict[str, Any] = {
        "$schema": f"{_SCHEMAS}/tableschema.json",
        "fields": [
            _field(column, unit, described)
            for column in columns(described.columns, names, context.naming.called)
        ],
        "missingValues": [""],
    }
    if described.key:
        schema["primaryKey"] = list(described.key)
    if described.foreign:
        schema["foreignKeys"] = [
            _foreign(column, target, name) for column, target in described.foreign.items()
        ]
    return schema


def _foreign(column: str, target: str, name: str) -> dict[str, Any]:
    """That the values of a column stand in a column of another table of the same file."""
    other, _, field = target.partition(".")
    stem = _slug(Path(name.partition(":")[0]).stem)
    return {"fields": [column], "reference": {"resource": f"{stem}-{other}", "fields": [field]}}


def _field(column: Column, unit: str, described: Table) -> dict[str, Any]:
    """A column: type, unit, meaning in both languages, the values that it may have."""
    entry: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        **_named(column.titles),
        "description": column.meanings["en"],
        "description_zh": column.meanings["zh"],
    }
    measured_in = unit if column.unit == "definition" else column.unit
    if measured_in:
        entry["unit"] = measured_in
    constraints: dict[str, Any] = {}
    if column.values:
        constraints["enum"] = list(column.values)
        entry["categories"] = [
            {"value": value, "label": words["en"], "label_zh": words["zh"]}
            for value, words in column.values.items()
        ]
    if column.unit == "1":
        constraints |= {"minimum": 0, "maximum": 1}
    if column.name in described.key:
        # "" is a key of its own: the whole city has no zone.
        entry["missingValues"] = []
        if len(described.key) == 1:
            constraints["unique"] = True
    if constraints:
        entry["constraints"] = constraints
    return entry
