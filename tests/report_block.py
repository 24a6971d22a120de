"""The page's data block, made and read back: decoders written from its description, number by
number, sharing nothing with the package."""

import base64
import io
import struct

import numpy as np
from PIL import Image

from lifecircle.applied import area_types
from lifecircle.report import about
from lifecircle.report.cells import sheet
from lifecircle.report.content import ReportContent
from lifecircle.report.data import data_block
from lifecircle.report.naming import short_names
from lifecircle.report.notes import facility_lists


def sheets_of(content: ReportContent):
    """The rows of every definition, as the page has them."""
    types = area_types(content.zones)
    found = []
    for definition in content.definitions:
        standard = content.standard_of(definition)
        outside = ~types.isin([*standard.scope, ""]) & bool(standard.scope)
        found.append(
            sheet(
                content.coverage,
                definition,
                standard,
                [str(zone) for zone in content.zones.index],
                out_of_scope=set(types.index[outside]),
                curves=content.table("curves.csv"),
            )
        )
    return found


def block_of(content: ReportContent) -> dict:
    """The block of a report's content."""
    sheets = sheets_of(content)
    return data_block(
        content,
        sheets,
        short_names(content),
        lists=facility_lists(content),
        title=about.title(sheets),
    )


def unpacked_varints(text: str) -> list[int]:
    """Whole numbers from zigzag varints, byte by byte."""
    found, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value += (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(-(value + 1) // 2 if value % 2 else value // 2)
            value, shift = 0, 0
    assert shift == 0, "the last number is cut off"
    return found


def unpacked_doubles(text: str) -> list[float]:
    """Float64 after float64."""
    raw = base64.b64decode(text)
    return [value for (value,) in struct.iter_unpack("<d", raw)]


def unpacked_list(packed: dict, size: int) -> list[float]:
    """An encoded row of numbers."""
    (kind,) = packed
    if kind == "all":
        return [missing(packed["all"])] * size
    if kind == "v":
        return [float(value) for value in unpacked_varints(packed["v"])]
    return unpacked_doubles(packed["f8"])


def unpacked_matrix(packed: dict, rows: int, columns: int) -> list[list[float]]:
    """An encoded table of numbers, row by row."""
    (kind,) = packed
    if kind == "all":
        return [[missing(packed["all"])] * columns for _ in range(rows)]
    if kind == "columns":
        return [[missing(value) for value in packed["columns"]] for _ in range(rows)]
    values = unpacked_list(packed, rows * columns)
    return [values[row * columns : (row + 1) * columns] for row in range(rows)]


def missing(value: float | None) -> float:
    """`NaN` for `null`."""
    return float("nan") if value is None else float(value)


def unpacked_shares(text: str) -> list[int]:
    """Uint16 after uint16."""
    raw = base64.b64decode(text)
    return [value for (value,) in struct.iter_unpack("<H", raw)]


class Walk:
    """Positions that are steps from one to the next."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = iter(numbers)
        self.x = self.y = 0

    def count(self) -> int:
        return next(self.numbers)

    def point(self) -> tuple[int, int]:
        self.x += next(self.numbers)
        self.y += next(self.numbers)
        return self.x, self.y

    def points(self, count: int) -> list[tuple[int, int]]:
        return [self.point() for _ in range(count)]


def unpacked_polygons(text: str) -> list[list[list[tuple[int, int]]]]:
    """Parts of rings of points in 1e-5 degrees."""
    walk = Walk(unpacked_varints(text))
    parts = [[walk.points(walk.count()) for _ in range(walk.count())] for _ in range(walk.count())]
    assert next(walk.numbers, None) is None
    return parts


def unpacked_line(text: str) -> list[tuple[int, int]]:
    """The points of a line in 1e-5 degrees."""
    walk = Walk(unpacked_varints(text))
    return walk.points(walk.count())


def unpacked_points(text: str, count: int) -> list[tuple[int, int]]:
    """So many positions in 1e-5 degrees."""
    return Walk(unpacked_varints(text)).points(count)


def picture(address: str) -> Image.Image:
    """The picture that an address holds."""
    head, _, text = address.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(text)))


def greys(address: str) -> np.ndarray:
    """A surface as a browser reads it: its grey, divided by seven."""
    image = picture(address)
    assert image.mode == "P"
    return np.round(np.asarray(image.convert("L")) / 7).astype(int)
