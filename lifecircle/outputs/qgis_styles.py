"""How QGIS draws the layers of a GeoPackage: a table of styles inside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from lifecircle.outputs.columns import words
from lifecircle.verdicts import COLOURS

STYLES = "layer_styles"
"""Where QGIS looks for styles."""

_COLOURS = {
    "zones": {
        "pass": COLOURS["pass"],
        "fail": COLOURS["fail_2"],
        "no demand": COLOURS["no_demand"],
        "no data": COLOURS["no_data"],
        "not in scope": COLOURS["not_in_scope"],
    },
    "demand": {
        "reached": "#2f78b3",
        "beyond": "#c65d14",
        "cut_off": "#7a2f8a",
        "unsnapped": "#6b7280",
    },
}
_LOOKS = {
    "fill": ("fill", "SimpleFill", "1", {"outline_color": "#52606d", "outline_width": "0.3"}),
    "glass": ("fill", "SimpleFill", "0.25", {"outline_color": "#2f78b3", "outline_width": "0.3"}),
    "line": ("line", "SimpleLine", "1", {"line_width": "0.2"}),
    "marker": ("marker", "SimpleMarker", "1", {"name": "circle", "size": "2"}),
    "dot": ("marker", "SimpleMarker", "1", {"name": "circle", "size": "1", "outline_style": "no"}),
}


@dataclass(frozen=True)
class _Class:
    """What is drawn alike: the value of a column, what the legend says, the colour."""

    value: str
    label: str
    colour: str


def style_table(columns: Mapping[str, Iterable[str]], language: str) -> pd.DataFrame:
    """Rows of QGIS's `layer_styles`, one per layer that has a style.

    Parameters
    ----------
    columns
        Columns of each layer by its name. Zones and demand are coloured by their first service.
    language
        Language of the legends.
    """
    styles = {
        "zones": _by_column(columns.get("zones", ()), "status_<service>", "zones", language),
        "demand": _by_column(columns.get("demand", ()), "state_<service>", "demand", language),
        "facilities": _document("", [_Class("", "", "#1f2933")], "marker"),
        "streets": _document("", [_Class("", "", "#9aa5b1")], "line"),
        "isochrones": _document("", [_Class("", "", "#2f78b3")], "glass"),
    }
    styles = {name: style for name, style in styles.items() if name in columns}
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": list(styles),
            "f_geometry_column": "geom",
            "styleName": "lifecircle",
            "styleQML": list(styles.values()),
            "styleSLD": "",
            "useAsDefault": True,
            "description": "",
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp("2000-01-01"),
        }
    )


def _by_column(names: Iterable[str], pattern: str, layer: str, language: str) -> str:
    """A class for each value of the first column of a pattern."""
    start = pattern.partition("<")[0]
    column = next((name for name in names if name.startswith(start)), "")
    labels = words(f"layers.gpkg:{layer}", pattern, language)
    classes = [_Class(value, labels[value], colour) for value, colour in _COLOURS[layer].items()]
    return _document(column, classes, "fill" if layer == "zones" else "dot")


def _document(column: str, classes: list[_Class], look: str) -> str:
    """A QGIS style that draws each class of a column, or all alike where there is no column."""
    symbols = "".join(_symbol(number, look, drawn.colour) for number, drawn in enumerate(classes))
    categories = "".join(
        f'<category symbol="{number}" value="{escape(drawn.value)}" label="{escape(drawn.label)}" '
        'render="true" type="string"/>'
        for number, drawn in enumerate(classes)
    )
    renderer = (
        f'type="categorizedSymbol" attr="{escape(column)}"' if column else 'type="singleSymbol"'
    )
    inside = f"<categories>{categories}</categories>" if column else ""
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.28.0" styleCategories="Symbology">'
        f'<renderer-v2 {renderer} symbollevels="0" forceraster="0" enableorderby="0">'
        f"{inside}<symbols>{symbols}</symbols></renderer-v2></qgis>"
    )


def _symbol(number: int, look: str, colour: str) -> str:
    kind, layer, alpha, options = _LOOKS[look]
    options = {"line_color" if kind == "line" else "color": colour, **options}
    written = "".join(
        f'<Option type="QString" name="{name}" value="{_rgba(value)}"/>'
        for name, value in options.items()
    )
    return (
        f'<symbol type="{kind}" name="{number}" alpha="{alpha}" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{written}</Option></layer></symbol>'
    )


def _rgba(value: str) -> str:
    """A colour as QGIS writes it; other values as they are.

    >>> _rgba("#2f78b3"), _rgba("circle")
    ('47,120,179,255', 'circle')
    """
    if not value.startswith("#"):
        return value
    red, green, blue = bytes.fromhex(value[1:])
    return f"{red},{green},{blue},255"
