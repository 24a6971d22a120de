"""Tables of text: CSV and workbooks, cell by cell as they stand, with the line of each row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from lifecircle.errors import InputError
from lifecircle.findings import Finding, Source, finding
from lifecircle.messages import some
from lifecircle.readers.encoding import decode
from lifecircle.readers.files import (
    PARQUET,
    TEXT_TABLES,
    WORKBOOKS,
    existing_file,
    read_bytes,
    sha256,
)
from lifecircle.readers.quantities import codes

# Names that the readers give to columns of their own; a file's column of that name gets an "_".
OUR_COLUMNS = ("row", "geometry")

_CHUNK_ROWS = 50_000
_SAMPLE_ROWS = 1000


@dataclass(frozen=True)
class AttributeTable:
    """A file's rows as they stand, plus the column `row`, what was found, and where it came from.

    Cells of CSV and workbooks are text, ``""`` where empty; other formats keep their types.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    sources: tuple[Source, ...] = ()


@dataclass
class _Lines:
    """What a walk through a table noticed: rows of another width, rows over several lines."""

    ragged: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def read_table(
    source: str, *, layer: str, sheet: str | None = None, encoding: str = "auto"
) -> AttributeTable:
    """The rows of a table without places, such as a census: CSV, a workbook or Parquet.

    Parameters
    ----------
    source
        Path of the file.
    layer
        What messages call the layer.
    sheet
        Sheet of a workbook; needed where several hold something.
    encoding
        Encoding of a CSV file, or `auto`.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind, or has no rows.
    """
    path = existing_file(source, layer=layer)
    frame, findings = read_cells(path, layer=layer, sheet=sheet, encoding=encoding)
    if frame.empty:
        raise InputError.of("readers.no_rows", layer=layer, source=path.name)
    used = Source(layer, source, sha256(path), rows_in=len(frame), rows_used=len(frame))
    return AttributeTable(frame, findings, (used,))


def read_cells(
    path: Path, *, layer: str, sheet: str | None, encoding: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """The cells of a table file with the column `row`, and what was found while reading."""
    suffix = path.suffix.lower()
    if sheet is not None and suffix not in WORKBOOKS:
        raise InputError.of("readers.no_layers", layer=layer, source=path.name, wanted=sheet)
    if suffix in TEXT_TABLES:
        return _read_text(path, layer=layer, encoding=encoding)
    if suffix in WORKBOOKS:
        return _read_workbook(path, layer=layer, sheet=sheet), ()
    if suffix == PARQUET:
        return _read_parquet(path, layer=layer), ()
    raise InputError.of(
        "readers.not_a_table",
        layer=layer,
        source=path.name,
        known=" ".join((*TEXT_TABLES, *WORKBOOKS, PARQUET)),
    )


def encoding_finding(frame: pd.DataFrame, *, layer: str, source: str) -> Finding:
    """That a file was read as GB18030, with three of its texts for a person to look at."""
    texts = [text for text in sample_texts(frame) if not text.isascii()]
    headers = [str(name) for name in frame.columns if not str(name).isascii()]
    sample = "、".join((texts or headers)[:3])
    return finding(layer, "readers.gb18030", severity="info", source=source, sample=sample)


def sample_texts(frame: pd.DataFrame) -> list[str]:
    """Some of the different texts in a frame's cells."""
    head = frame.head(_SAMPLE_ROWS).drop(columns=list(OUR_COLUMNS), errors="ignore")
    texts = head.select_dtypes(include=["object", "string"])
    values = (value for name in texts for value in texts[name] if isinstance(value, str))
    return list(dict.fromkeys(values))


def with_rows(frame: pd.DataFrame, rows: Sequence[str]) -> pd.DataFrame:
    """The frame with our column `row`; a file's own column of that name is kept as `row_`."""
    ours = ("row",) if isinstance(frame, gpd.GeoDataFrame) else OUR_COLUMNS
    renamed = frame.rename(columns=lambda name: f"{name}_" if name in ours else str(name))
    return renamed.assign(row=pd.Series(rows, index=frame.index, dtype="str"))


def _read_text(
    path: Path, *, layer: str, encoding: str
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    content = read_bytes(path, layer=layer)
    decoded = decode(content, encoding, layer=layer, source=path.name)
    if not decoded.text.strip():
        raise InputError.of("readers.empty_file", layer=layer, source=path.name)
    lines = _Lines()
    records = _records(decoded.text, _delimiter(path, decoded.text), layer, path.name)
    frame = _frame(_numbered(records, lines), lines, layer=layer, source=path.name)
    findings = []
    if encoding == "auto" and decoded.encoding == "gb18030":
        findings.append(encoding_finding(frame, layer=layer, source=path.name))
    if lines.broken:
        found = finding(
            layer,
            "readers.line_breaks",
            severity="info",
            source=path.name,
            row=some(lines.broken),
            count=len(lines.broken),
        )
        findings.append(found)
    return frame, tuple(findings)


def _delimiter(path: Path, text: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    header = text.lstrip().splitlines()[0]
    counts = Counter({mark: header.count(mark) for mark in (",", ";", "\t")})
    return counts.most_common(1)[0][0]


def _records(text: str, delimiter: str, layer: str, source: str) -> Iterator[tuple[list[str], int]]:
    """Each record's cells and how many lines it takes up."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        for cells in reader:
            yield cells, reader.line_num - line
            line = reader.line_num
    except csv.Error:
        raise InputError.of(
            "readers.quotation_mark", layer=layer, source=source, line=line + 1
        ) from None


def _numbered(
    records: Iterator[tuple[list[str], int]], lines: _Lines
) -> Iterator[tuple[str, list[str]]]:
    """Records with their number as a spreadsheet counts, blank ones left out."""
    for number, (cells, height) in enumerate(records, start=1):
        if "".join(cells).strip():
            if height > 1:
                lines.broken.append(str(number))
            yield str(number), cells


def _frame(
    records: Iterator[tuple[str, list[str]]], lines: _Lines, *, layer: str, source: str
) -> pd.DataFrame:
    number, header = next(records)
    body = list(islice(records, 1))
    _refuse_title(number, header, [cells for _, cells in body], layer=layer, source=source)
    records = chain(body, records)
    names = _names(header, layer=layer, source=source)
    chunks = [pd.DataFrame(columns=["row", *names], dtype="str")]
    while chunk := list(islice(records, _CHUNK_ROWS)):
        rows = [[number, *_fitted(cells, len(names))] for number, cells in chunk]
        lines.ragged += [
            number
            for (number, cells), fitted in zip(chunk, rows, strict=True)
            if len(fitted) != len(names) + 1
        ]
        if not lines.ragged:
            chunks.append(pd.DataFrame(rows, columns=["row", *names], dtype="str"))
    if lines.ragged:
        raise InputError.of(
            "readers.ragged",
            layer=layer,
            source=source,
            width=len(names),
            count=len(lines.ragged),
            rows=some(lines.ragged),
        )
    frame = pd.concat(chunks, ignore_index=True)
    return with_rows(frame.iloc[:, 1:], frame.iloc[:, 0].tolist())


def _fitted(cells: list[str], width: int) -> list[str]:
    """The cells without empty ones beyond the header's width."""
    return cells if any(cells[width:]) else cells[:width]


def _names(header: Sequence[str], *, layer: str, source: str) -> list[str]:
    """Column names; nameless columns are called by their position."""
    last = max((at for at, name in enumerate(header, start=1) if name.strip()), default=0)
    names = [name.strip() or f"(column {at})" for at, name in enumerate(header[:last], start=1)]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise InputError.of("readers.column_twice", layer=layer, source=source, columns=some(twice))
    return names


def _refuse_title(
    number: str, header: Sequence[str], following: Sequence[Sequence[str]], **place: str
) -> None:
    """A single cell above a row of several is a title, not the names of the columns."""
    named = [cell for cell in header if cell.strip()]
    if len(named) == 1 and any(len([c for c in row if c.strip()]) > 1 for row in following):
        raise InputError.of("readers.title_row", row=number, title=named[0].strip(), **place)


def _read_workbook(path: Path, *, layer: str, sheet: str | None) -> pd.DataFrame:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        name = _sheet_name(workbook, sheet, layer=layer, source=path.name)
        cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as damaged:
        raise InputError.of(
            "readers.damaged", layer=layer, source=path.name, reason=damaged
        ) from None
    filled = [(str(at), row) for at, row in enumerate(cells, start=1) if any(c != "" for c in row)]
    if not filled:
        raise InputError.of("readers.empty_file", layer=layer, source=path.name)
    (number, header), *following = [(at, [*map(str, row)]) for at, row in filled[:2]]
    _refuse_title(number, header, [row for _, row in following], layer=layer, source=path.name)
    names = _names(header, layer=layer, source=path.name)
    body = [row[: len(names)] for _, row in filled[1:]]
    typed = pd.DataFrame(body, columns=names, dtype="object")
    text = pd.DataFrame({name: codes(typed[name]) for name in names}, dtype="str")
    return with_rows(text, [number for number, _ in filled[1:]])


def _sheet_name(workbook: CalamineWorkbook, wanted: str | None, *, layer: str, source: str) -> str:
    values = {"layer": layer, "source": source, "names": some(workbook.sheet_names)}
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            raise InputError.of("readers.no_sheet", wanted=wanted, **values)
        return wanted
    filled = [
        known.name
        for known in workbook.sheets_metadata
        if known.visible == SheetVisibleEnum.Visible
        and workbook.get_sheet_by_name(known.name).total_height
    ]
    if len(filled) > 1:
        raise InputError.of("readers.which_sheet", **values)
    return filled[0] if filled else workbook.sheet_names[0]


def _read_parquet(path: Path, *, layer: str) -> pd.DataFrame:
    try:
        frame = pq.read_table(path).to_pandas()
    except (pa.ArrowException, OSError) as damaged:
        raise InputError.of(
            "readers.damaged", layer=layer, source=path.name, reason=damaged
        ) from None
    frame = frame.reset_index(drop=True)
    return with_rows(frame, [str(at) for at in range(1, len(frame) + 1)])
