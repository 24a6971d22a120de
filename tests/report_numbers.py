"""A report page around a small block of numbers that were made up by hand, so that every figure
that it shows can be worked out on paper."""

import base64
import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lifecircle import verdicts
from lifecircle.definitions import Definition
from lifecircle.report import report_html
from lifecircle.report.words import page_words
from tests.report_city import grid_zones, made_up_content

TARGET = 0.85
DATA = re.compile(r'(<script type="application/json" id="lc-data">).*?(</script>)', re.DOTALL)
STATUS = {"pass": "p", "fail": "f", "no demand": "d", "no data": "x", "not in scope": "o"}
NAMES = {
    "health": {"zh": "卫生", "en": "Health"},
    "culture": {"zh": "文化", "en": "Culture"},
    "all": {"zh": "同时可达", "en": "All at once"},
}
MAIN = "population.network"


@dataclass(frozen=True)
class Cell:
    """One place and service. `curve` is the share by minute, `None` where it is not known."""

    demand: float | None
    covered: float | None
    status: str
    certainty: str = "clear"
    low: float | None = None
    high: float | None = None
    at_target: float | None = None
    target: float | None = TARGET
    curve: tuple[float | None, ...] = (None,) * 31


@dataclass(frozen=True)
class Zone:
    """A zone's place in the block; zones stand in a row from west to east, 0.01 degrees each."""

    id: str
    name: str
    parent: int = -1


@dataclass(frozen=True)
class Sheet:
    """A definition: its services and, by place and service, its cells.

    `places` begin with the zones; each is its level, its key and the parent's label.
    """

    key: str
    services: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]
    cells: dict[tuple[str, str], Cell]
    unit: dict[str, str] = field(default_factory=lambda: {"zh": "人", "en": "people"})


def step(*minutes_and_shares: tuple[int, float]) -> tuple[float, ...]:
    """A curve that jumps to a share at some minutes.

    >>> step((10, 0.5))[9:11]
    (0.0, 0.5)
    """
    return tuple(
        max([0.0, *(share for minute, share in minutes_and_shares if minute <= at)])
        for at in range(31)
    )


def page_text(block: dict[str, Any]) -> str:
    """The page with these numbers instead of its own."""
    definitions = tuple(
        Definition(one["key"], demand=one["key"].split(".")[0], unit="persons")
        for one in block["definitions"]
    )
    html = report_html(made_up_content(grid_zones(2), definitions=definitions))
    text = json.dumps(block, ensure_ascii=False).replace("<", "\\u003c")
    assert len(DATA.findall(html)) == 1
    return DATA.sub(lambda found: found[1] + text + found[2], html)


def write_page(path: Path, block: dict[str, Any]) -> None:
    """Write that page."""
    path.write_text(page_text(block), encoding="utf-8")


def block_of(
    zones: Sequence[Zone],
    sheets: Sequence[Sheet],
    *,
    parents: Sequence[str] = (),
    facilities: dict[str, list[tuple[float, float]]] | None = None,
    service: str = "health",
) -> dict[str, Any]:
    """The block as the page reads it; `facilities` are longitude and latitude by service."""
    count = len(zones)
    return {
        "schema": "lifecircle-report/1",
        "meta": {
            "title": {"zh": "纸上区 · 覆盖", "en": "Paper district · coverage"}, "name": "纸上区",
            "language": "zh", "service": service, "version": "0", "made": "",
        },
        "words": {
            language: {key: entry[language] for key, entry in page_words().items()}
            for language in ("zh", "en")
        },
        "marks": verdicts.MARKS,
        "modes": ["walk"],
        "causes": ["", "rim"],
        "parents": list(parents),
        "zones": {
            "id": [zone.id for zone in zones],
            "name": [zone.name for zone in zones],
            "parent": [zone.parent for zone in zones],
            "area": ["" for _ in zones],
            "label": [[121.005 + 0.01 * at, 31.005] for at in range(count)],
            "geo": [_square(12_100_000 + 1_000 * at, 3_100_000) for at in range(count)],
            "bounds": [[31.0, 121.0], [31.01, 121.0 + 0.01 * count]],
        },
        "definitions": [_definition(sheet, zones) for sheet in sheets],
        "surface": None,
        "streets": None,
        "facilities": {
            key: {
                "n": len(points), "xy": _points(points), "names": None,
                "people": {"all": None}, "within": {"all": None},
            }
            for key, points in (facilities or {}).items()
        },
        "audit": [],
        "attribution": "",
        "dropped": [],
    }  # fmt: skip


def _definition(sheet: Sheet, zones: Sequence[Zone]) -> dict[str, Any]:
    cells = [sheet.cells[key, service] for _, key, _ in sheet.places for service in sheet.services]
    levels = [level for level, _, _ in sheet.places]
    names = {zone.id: zone.name for zone in zones}

    def column(*values: float | None) -> dict[str, str]:
        numbers = [float("nan") if value is None else value for value in values]
        return {"f8": base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()}

    def title(level: str, key: str) -> dict[str, str]:
        text = names[key] if level == "zone" else key or level
        return {"zh": text, "en": text}

    some = [0.0] * len(cells)
    shares = [
        65_535 if share is None else round(share * 65_534) for cell in cells for share in cell.curve
    ]
    return {
        "key": sheet.key,
        "name": {"zh": sheet.key, "en": sheet.key},
        "line": {"zh": sheet.key, "en": sheet.key},
        "unit": sheet.unit,
        "sum_unit": {"zh": "人次", "en": "people"},
        "persons": True,
        "services": list(sheet.services),
        "names": {key: NAMES[key] for key in sheet.services},
        "lists": {},
        "limits": {key: {"zh": "15 分", "en": "15 min"} for key in sheet.services if key != "all"},
        "together": ["health", "culture"],
        "rows": [
            {"level": level, "key": key, "title": title(level, key), "parent": parent}
            for level, key, parent in sheet.places
        ],
        "order": list(range(len(sheet.places))),
        "head": levels.index("city"),
        "city": levels.index("city"),
        "in_scope": [True] * levels.count("zone"),
        "searched": 30,
        "demand": column(*(cell.demand for cell in cells)),
        "covered": column(*(cell.covered for cell in cells)),
        "low": column(*(cell.low for cell in cells)),
        "high": column(*(cell.high for cell in cells)),
        "target": column(*(cell.target for cell in cells)),
        "at_target": column(*(cell.at_target for cell in cells)),
        "minutes": {"all": 15},
        "unsnapped": column(*some),
        "rim": column(*some),
        "cut_off": column(*some),
        "mode": {"all": 0},
        "by": column(*(float(cell.certainty == "undecided") for cell in cells)),
        "status": "".join(STATUS[cell.status] for cell in cells),
        "certainty": "".join(cell.certainty[:1] or "-" for cell in cells),
        "curve": base64.b64encode(struct.pack(f"<{len(shares)}H", *shares)).decode(),
    }


def _square(west: int, south: int) -> str:
    """One polygon of one ring of four corners, 1,000 steps wide."""
    return _varints([1, 1, 4, west, south, 1_000, 0, 0, 1_000, -1_000, 0])


def _points(points: list[tuple[float, float]]) -> str:
    found: list[int] = []
    x = y = 0
    for lon, lat in points:
        east, north = round(lon * 100_000), round(lat * 100_000)
        found += [east - x, north - y]
        x, y = east, north
    return _varints(found)


def _varints(numbers: list[int]) -> str:
    """Zigzag, then seven bits a byte, the lowest first."""
    found = bytearray()
    for number in numbers:
        rest = 2 * number if number >= 0 else -2 * number - 1
        while rest > 127:
            found.append(rest % 128 + 128)
            rest //= 128
        found.append(rest)
    return base64.b64encode(found).decode()
