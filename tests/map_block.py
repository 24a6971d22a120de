"""A page whose data block is written by hand: every figure on its map is known beforehand."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
from PIL import Image

from lifecircle import verdicts
from lifecircle.report import report_html
from lifecircle.report.words import page_words
from tests.report_city import grid_zones, made_up_content

WEST, SOUTH = 7.4, 43.7
SIDE = 0.01
SERVICES = {"clinic": ("卫生站", "Clinic"), "school": ("学校", "School")}
BLOCK = re.compile(r'(<script type="application/json" id="lc-data">)(.*?)(</script>)', re.DOTALL)


def base64_of(values, kind: str) -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()


def varint(numbers) -> str:
    """Zigzag, seven bits a byte, the last without the high bit."""
    out = bytearray()
    for number in numbers:
        left = number * 2 if number >= 0 else -number * 2 - 1
        while left > 127:
            out.append(left % 128 + 128)
            left //= 128
        out.append(left)
    return base64.b64encode(bytes(out)).decode()


def steps(places) -> list[int]:
    """Positions in 1e-5 degrees, each from the one before."""
    whole = [(round(lon * 1e5), round(lat * 1e5)) for lon, lat in places]
    before = [(0, 0), *whole[:-1]]
    return [part for (x, y), (a, b) in zip(whole, before, strict=True) for part in (x - a, y - b)]


def square(column: int, row: int) -> str:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    corners = [
        (west, south),
        (west + SIDE, south),
        (west + SIDE, south + SIDE),
        (west, south + SIDE),
    ]
    return varint([1, 1, 4, *steps(corners)])


def png(values, *, noise=None) -> str:
    """Minutes as a picture: grey 7 times the value, as a palette, or in full colour with noise."""
    grey = np.asarray(values) * 7
    if noise is None:
        image = Image.fromarray((grey // 7).astype(np.uint8))
        image.putpalette(np.repeat(np.arange(256) * 7 % 256, 3).astype(np.uint8).tobytes())
    else:
        image = Image.fromarray(np.repeat((grey + noise)[..., None], 3, axis=2).astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _row(level: str, key: str, zh: str, en: str) -> dict:
    return {"level": level, "key": key, "title": {"zh": zh, "en": en}, "parent": ""}


def definition(key: str, cells, *, limits=(15.0, 10.0), columns: int, rows: int) -> dict:
    """Squares and the whole area; `cells` are (demand, covered, status, certainty) by row."""
    count = columns * rows
    whole = [
        (*(sum(cells[row][s][part] for row in range(count)) for part in (0, 1)), "f", "c")
        for s in range(2)
    ]
    table = [*cells, whole]
    numbers = {
        name: {"f8": base64_of([[cell[part] for cell in row] for row in table], "<f8")}
        for name, part in (("demand", 0), ("covered", 1))
    }
    zone_limits = limits if isinstance(limits[0], tuple) else [limits] * count
    minutes = [*zone_limits, zone_limits[0]]
    nothing, unknown = {"all": 0}, {"all": None}
    return {
        "key": key, "name": {"zh": f"口径{key}", "en": f"Definition {key}"},
        "unit": {"zh": "人", "en": "people"}, "sum_unit": {"zh": "人次", "en": "people"},
        "persons": True,
        "services": list(SERVICES), "together": [],
        "names": {key: {"zh": zh, "en": en} for key, (zh, en) in SERVICES.items()},
        "lists": {}, "limits": {key: {"zh": "限", "en": "limit"} for key in SERVICES},
        "rows": [
            *(_row("zone", f"z{n}", f"镇{n}", f"镇{n}") for n in range(count)),
            _row("city", "", "全区", "Whole area"),
        ],
        "order": [count, *range(count)], "head": count, "city": count, "in_scope": [True] * count,
        "searched": 30.0, **numbers,
        **dict.fromkeys(("unsnapped", "rim", "cut_off", "mode", "by"), nothing),
        **dict.fromkeys(("low", "high", "at_target"), unknown),
        "target": {"all": 0.85}, "minutes": {"f8": base64_of(minutes, "<f8")},
        "status": "".join(cell[2] for row in table for cell in row),
        "certainty": "".join(cell[3] for row in table for cell in row),
        "curve": base64_of(
            [[np.linspace(0, 65534, 31).round() for _ in row] for row in table], "<u2"
        ),
    }  # fmt: skip


def block(columns: int = 2, rows: int = 1, *, cells=None, names=None, **change) -> dict:
    """Squares of a hundredth of a degree, numbered from the south-west, and two services."""
    count = columns * rows
    cells = cells or [[(1000.0, 400.0, "f", "c"), (1000.0, 900.0, "p", "c")]] * count
    limits = change.pop("limits", (15.0, 10.0))
    at = [(n % columns, n // columns) for n in range(count)]
    made = [
        definition(key, cells, limits=limits, columns=columns, rows=rows)
        for key in ("population.network", "other")
    ]
    names = names or [f"镇{n}" for n in range(count)]
    for one in made:
        for row, name in zip(one["rows"], names, strict=False):
            row["title"] = {"zh": name, "en": name}
    return {
        "schema": "lifecircle-report/1",
        "meta": {"title": {"zh": "题", "en": "Title"}, "name": "", "language": "zh",
                 "service": "clinic", "version": "0", "made": ""},
        "words": {
            one: {key: entry[one] for key, entry in page_words().items()} for one in ("zh", "en")
        },
        "marks": verdicts.MARKS, "modes": ["walk"], "causes": [""], "parents": [],
        "zones": {
            "id": [f"z{n}" for n in range(count)], "name": names, "parent": [-1] * count,
            "area": [""] * count,
            "label": [[WEST + (c + 0.5) * SIDE, SOUTH + (r + 0.5) * SIDE] for c, r in at],
            "geo": [square(c, r) for c, r in at],
            "bounds": [[SOUTH, WEST], [SOUTH + rows * SIDE, WEST + columns * SIDE]],
        },
        "definitions": made, "surface": None, "streets": None, "facilities": {}, "audit": [],
        "attribution": "© nobody", "dropped": [], **change,
    }  # fmt: skip


def surface(columns: int = 2, rows: int = 1, **values) -> dict:
    """Pictures over all squares; `values` are minutes by service, rows from the north."""
    height, width = np.asarray(next(iter(values.values()))).shape
    return {
        "bounds": [[SOUTH, WEST], [SOUTH + rows * SIDE, WEST + columns * SIDE]],
        "width": width, "height": height, "reach_m": 75.0,
        "png": {key: one if isinstance(one, str) else png(one) for key, one in values.items()},
    }  # fmt: skip


def write_page(path: Path, data: dict) -> Path:
    """A report of which only the frame is left: its data are these."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    page = report_html(made_up_content(grid_zones(1)))
    written = BLOCK.sub(lambda found: found[1] + text + found[3], page, count=1)
    path.write_text(written, encoding="utf-8")
    return path
