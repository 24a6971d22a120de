"""What the layers of a run look like in QGIS: colours, classes, legends and labels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from lifecircle.measured import COVERED_TOLERANCE_MIN
from lifecircle.messages import message
from lifecircle.outputs.columns import words
from lifecircle.outputs.demand_layer import STATES
from lifecircle.outputs.gis_names import Naming
from lifecircle.outputs.qml import (
    Category,
    Fields,
    Label,
    Rule,
    Symbol,
    by_rules,
    categorised,
    literal,
    quoted,
    single,
    style,
)
from lifecircle.verdicts import COLOURS, MARKS, TOLERANCE
from lifecircle.verdicts import minutes as written

NAMES_BELOW = 10_000
"""Scale's denominator up to which facilities are named."""

_WITHIN = ("#08519c", "#3182bd", "#5ba3d0", "#8dc1dd", "#a9d2e8")
_OVER = ("#f2a65a", "#d9691e", "#96390a")
_UNREACHED = {"beyond": "#5c2407", "cut_off": "#7a2f8a", "unsnapped": "#6b7280"}
_SERVICES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a2f8a", "#5f6b1f")
_SHAPES = ("circle", "square", "triangle", "diamond", "pentagon", "star")
_OUTLINE = {"outline_color": "#52606d", "outline_width": "0.3", "outline_width_unit": "MM"}
_STREET = Symbol("line", {"line_color": "#9aa5b1", "line_width": "0.15", "line_width_unit": "MM"})


@dataclass(frozen=True)
class Legend:
    """What the styles of a file share: its language, names, and the fields of each table."""

    language: str
    naming: Naming
    fields: Mapping[str, Fields]
    worst: str
    """Key of the service that places show at once."""

    def word(self, code: str, **values: object) -> str:
        """A word of a legend."""
        return message(f"gis.{code}", **values).text(self.language)

    def service(self, key: str) -> str:
        """What a service is called."""
        return self.naming.service(key, self.language)


def zone_style(key: str, legend: Legend, fields: Fields | None) -> str:
    """Zones by verdict of one service, with name and rate."""
    short = legend.naming.services[key]
    labels = words("layers.gpkg:zones", "verdict_<service>", legend.language)
    categories = [
        Category(
            value,
            legend.word("of", service=legend.service(key), word=f"{MARKS[value]} {labels[value]}"),
            Symbol("fill", {"color": colour, **_OUTLINE}),
        )
        for value, colour in COLOURS.items()
    ]
    label = Label(_zone_label(short), placement="1", size_pt=8)
    return style(categorised(f"verdict_{short}", categories), fields, label)


def _zone_label(short: str) -> str:
    """Name, then mark and rate: the same mark and percent as on the page, rounded down."""
    rate, verdict = quoted(f"rate_{short}"), quoted(f"verdict_{short}")
    marks = " ".join(f"WHEN {verdict} = {literal(v)} THEN {literal(m)}" for v, m in MARKS.items())
    floored = f"floor(({rate} + {TOLERANCE:.12f}) * 100 * 10) / 10"
    percent = f"if({rate} IS NULL, '', ' ' || format_number({floored}, 1, 'en') || '%')"
    name = f"coalesce({quoted('name')}, {quoted('zone')})"
    return f"{name} || '\\n' || CASE {marks} END || {percent}"


def street_style(fields: Fields | None) -> str:
    """Streets as thin grey lines."""
    return style(single(_STREET), fields)


def demand_style(key: str, layer: gpd.GeoDataFrame, legend: Legend, fields: Fields | None) -> str:
    """Places by minutes to one service: blue within the limit, orange beyond it."""
    short = legend.naming.services[key]
    area = bool(layer.geom_type.eq("Polygon").any())
    called = words("layers.gpkg:demand", "state_<service>", legend.language)
    state = quoted(f"state_{short}")
    rules = [
        *_minute_rules(short, layer[f"limit_{short}"].dropna(), legend, area),
        *(
            Rule(called[each], f"{state} = {literal(each)}", _place(_UNREACHED[each], area))
            for each in STATES
            if each in _UNREACHED
        ),
    ]
    return style(by_rules([Rule(legend.service(key), "", rules=rules)]), fields)


def _minute_rules(short: str, limits: pd.Series[float], legend: Legend, area: bool) -> list[Rule]:
    """A rule for each class of minutes, those within the limit first."""
    if limits.empty:
        return []
    minutes, limit = quoted(f"min_{short}"), quoted(f"limit_{short}")
    kept = f"{limit} + {COVERED_TOLERANCE_MIN:.6f}"
    within, over = minute_classes(limits.min(), limits.max())
    found = []
    for classes, colours, sign in ((within, _WITHIN, "<="), (over, _OVER, ">")):
        for (low, high), colour in zip(classes, _spread(colours, len(classes)), strict=True):
            label = _range(legend, low, high, over=sign == ">")
            condition = f"{minutes} {sign} {kept}{_between(minutes, low, high)}"
            found.append(Rule(label, condition, _place(colour, area)))
    return found


def minute_classes(
    shortest: float, longest: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Classes of minutes within the limit and beyond it, with a break exactly at the limit.

    Where limits differ from place to place, `shortest` and `longest` are the ends of their range.

    >>> minute_classes(15, 15)
    ([(0.0, 5.0), (5.0, 10.0), (10.0, 15.0)], [(15.0, 20.0), (20.0, 30.0), (30.0, inf)])
    >>> minute_classes(12, 12)[0]
    [(0.0, 5.0), (5.0, 10.0), (10.0, 12.0)]
    """
    steps = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0)
    step = next((step for step in steps if longest / step <= 4), longest / 4)
    inner = [number * step for number in range(1, math.ceil(longest / step - 1e-9))]
    edges = [0.0, *inner, float(longest)]
    beyond = sorted({float(shortest), longest + step, 2.0 * longest})
    return list(itertools.pairwise(edges)), list(itertools.pairwise([*beyond, math.inf]))


def _between(minutes: str, low: float, high: float) -> str:
    """The rest of a condition; breaks have the tolerance with which a limit is kept."""
    parts = [f"{minutes} > {low + COVERED_TOLERANCE_MIN:.6f}"] if low else []
    if math.isfinite(high):
        parts.append(f"{minutes} <= {high + COVERED_TOLERANCE_MIN:.6f}")
    return "".join(f" AND {part}" for part in parts)


def _range(legend: Legend, low: float, high: float, *, over: bool) -> str:
    if not math.isfinite(high):
        return legend.word("minutes_above", low=written(low))
    return legend.word("minutes_over" if over else "minutes", low=written(low), high=written(high))


def _spread(colours: Sequence[str], count: int) -> list[str]:
    """So many of the colours, the first and the last among them.

    >>> _spread("abcde", 3), _spread("abc", 1)
    (['a', 'c', 'e'], ['a'])
    """
    last = max(count - 1, 1)
    return [colours[round(number * (len(colours) - 1) / last)] for number in range(count)]


def _place(colour: str, area: bool) -> Symbol:
    if area:
        return Symbol("fill", {"color": colour, "outline_style": "no"})
    return Symbol(
        "marker",
        {
            "color": colour,
            "name": "circle",
            "size": "1.4",
            "size_unit": "MM",
            "outline_style": "no",
        },
    )


def facility_style(layer: pd.DataFrame, legend: Legend, fields: Fields | None) -> str:
    """Facilities by service, colour and shape; named when one looks closely."""
    offered = [key for key in legend.naming.services if key in set(layer["service"])]
    categories = [
        Category(key, legend.service(key), _pin(number)) for number, key in enumerate(offered)
    ]
    # A park has an entrance every few metres: one of them says its name.
    first = f"$id = minimum($id, group_by:={quoted('facility')})"
    name = f"if({first}, {quoted('name')}, NULL)"
    label = Label(name, placement="0", size_pt=7, below=NAMES_BELOW)
    return style(categorised("service", categories), fields, label)


def _pin(number: int) -> Symbol:
    """The symbol of the n-th service; neighbours differ in shape as well as in colour."""
    options = {
        "color": _SERVICES[number % len(_SERVICES)],
        "name": _SHAPES[number % len(_SHAPES)],
        "size": "2.2",
        "size_unit": "MM",
        "outline_color": "#ffffff",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
    }
    return Symbol("marker", options)


def isochrone_style(layer: pd.DataFrame, legend: Legend, fields: Fields | None) -> str:
    """Areas by minutes, translucent: one service is shown, the others wait for a tick."""
    offered = [key for key in legend.naming.services if key in set(layer["service"])]
    shown = legend.worst if legend.worst in offered else next(iter(offered), "")
    rules = []
    for kind in ("service", "facility"):
        for key in offered:
            rows = layer[(layer["service"] == key) & (layer["kind"] == kind)]
            limits = sorted(rows["minutes"].unique())
            if limits:
                rules.append(_areas(key, kind, limits, legend, kind == "service" and key == shown))
    return style(by_rules(rules), fields)


def _areas(key: str, kind: str, limits: list[float], legend: Legend, shown: bool) -> Rule:
    """The areas of one service, all together or facility by facility, a class for each limit."""
    each = kind == "facility"
    name = legend.service(key)
    within = [
        Rule(
            legend.word("within", minutes=written(limit)),
            f"{quoted('minutes')} = {float(limit)!r}",
            _glass(colour, 0.15 if each else 0.35),
        )
        for limit, colour in zip(limits, _spread(_WITHIN[:3], len(limits)), strict=True)
    ]
    condition = f"{quoted('service')} = {literal(key)} AND {quoted('kind')} = {literal(kind)}"
    label = legend.word("single", service=name) if each else name
    return Rule(label, condition, rules=within, shown=shown)


def _glass(colour: str, alpha: float) -> Symbol:
    return Symbol("fill", {"color": colour, **_OUTLINE, "outline_color": colour}, alpha)
