"""What GDAL does not write into a GeoPackage: views, what columns are called, metadata.

References
----------
OGC 12-128r19, GeoPackage Encoding Standard 1.4, annexes F.8 (metadata) and F.9 (schema).
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from lifecircle.outputs.columns import Column
from lifecircle.outputs.gis_metadata import Metadata
from lifecircle.outputs.tables import Table

DATE = "2000-01-01T00:00:00.000Z"
"""Date of every change, so that the same layers are the same bytes."""

_SCHEMA = """
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
_EXTENSIONS = {
    "gpkg_data_columns": "schema",
    "gpkg_data_column_constraints": "schema",
    "gpkg_metadata": "metadata",
    "gpkg_metadata_reference": "metadata",
}


def add_extensions(database: sqlite3.Connection) -> None:
    """Make the tables of the extensions for schema and metadata, and register them."""
    database.executescript(_SCHEMA)
    database.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
        [
            (table, f"gpkg_{name}", f"http://www.geopackage.org/spec121/#extension_{name}")
            for table, name in _EXTENSIONS.items()
        ],
    )


def add_view(
    database: sqlite3.Connection, view: str, layer: str, table: str, columns: Sequence[str]
) -> None:
    """Add a layer that shows another's geometry and some of its columns, and those of a table.

    The first of `columns` joins them.
    """
    by = columns[0]
    added = [name for name in _columns(database, table) if name not in ("fid", *columns)]
    shown = [*(f'z."{name}"' for name in ("geom", *columns)), *(f't."{name}"' for name in added)]
    listed = ", ".join(shown)
    database.execute(
        f'CREATE VIEW "{view}" AS SELECT z."fid" AS OGC_FID, {listed} '  # noqa: S608 - our names
        f'FROM "{layer}" AS z JOIN "{table}" AS t ON t."{by}" = z."{by}"'
    )
    database.execute(
        "INSERT INTO gpkg_contents SELECT ?, data_type, ?, '', last_change, min_x, min_y, max_x, "
        "max_y, srs_id FROM gpkg_contents WHERE table_name = ?",
        (view, view, layer),
    )
    database.execute(
        "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m "
        "FROM gpkg_geometry_columns WHERE table_name = ?",
        (view, layer),
    )


def describe_tables(
    database: sqlite3.Connection, tables: Mapping[str, Table], language: str
) -> None:
    """Say what every table is, in words."""
    titles = _distinct({name: table.titles[language] for name, table in tables.items()})
    database.executemany(
        "UPDATE gpkg_contents SET identifier = ?, description = ? WHERE table_name = ?",
        [(titles[name], table.meanings[language], name) for name, table in tables.items()],
    )


def describe_columns(
    database: sqlite3.Connection, described: Mapping[str, Iterable[Column]], language: str
) -> None:
    """Say what every column is called and means, and which values it may have."""
    rows = []
    values: dict[tuple[str | None, str], str] = {}
    for table, columns in described.items():
        titles = _distinct({column.name: column.titles[language] for column in columns})
        for column in columns:
            constraint = _constraint(column) if column.values else None
            # GDAL takes a column's other name from `name`, ArcGIS its alias from `title`.
            title = titles[column.name]
            meaning = column.meanings[language]
            rows.append((table, column.name, title, title, meaning, None, constraint))
            values |= {
                (constraint, value): words[language] for value, words in column.values.items()
            }
    database.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    database.executemany(
        "INSERT INTO gpkg_data_column_constraints VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
        [(constraint, value, word) for (constraint, value), word in values.items()],
    )


def add_metadata(database: sqlite3.Connection, entries: Iterable[Metadata]) -> None:
    """Write metadata of the file and of its tables."""
    for number, entry in enumerate(entries, start=1):
        database.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, ?, ?)",
            (number, entry.uri, entry.mime_type, entry.text),
        )
        database.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)",
            ("table" if entry.table else "geopackage", entry.table or None, DATE, number),
        )


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]


def _constraint(column: Column) -> str:
    """The name of a column's list of values: the part of its name before a service's key.

    One list serves every service.
    """
    kept = re.match(r"(status|certainty|verdict|state)_", column.name)
    return kept.group(1) if kept else column.name


def _distinct(titles: Mapping[str, str]) -> dict[str, str]:
    """The titles; to those that occur several times the name of what they are of is added."""
    often = Counter(titles.values())
    return {
        name: title if often[title] == 1 else f"{title} ({name})" for name, title in titles.items()
    }
