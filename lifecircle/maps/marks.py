"""What the maps are drawn with: outlines, dots, a caption, a legend, and text that stays text."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import folium
import geopandas as gpd
from branca.element import MacroElement
from folium.template import Template

from lifecircle.errors import InputError
from lifecircle.messages import message

ENTITIES = {ord(letter): f"&#{ord(letter)};" for letter in "`$\\{}"}
"""Of scripts, and of the templates through which folium puts all its text a second time."""

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
OUTLINE, INK = "#54616d", "#16202b"

SOLID, DASHED, DOTTED = "", "7 5", "1 5"
"""Outlines, as Leaflet wants them: judged, undecided, nothing to judge by."""
BORDERS = {SOLID: "solid", DASHED: "dashed", DOTTED: "dotted"}

LEGEND_PX = 230
"""Kept free on the right, so that the legend hides nothing at first."""
LEGEND_STYLE = (
    "max-width: 200px; padding: 6px 10px; border: 1px solid #c3cad1; border-radius: 3px; "
    "background: rgba(255, 255, 255, 0.92); color: #16202b; font: 12px/1.5 system-ui, sans-serif;"
)


def inert(text: object) -> str:
    """Text that shows as itself wherever folium puts it: in markup, a script or a template.

    >>> inert("<b>${x}</b>")
    '&lt;b&gt;&#36;&#123;x&#125;&lt;/b&gt;'
    """
    return html.escape(str(text), quote=True).translate(ENTITIES)


def word(key: str, language: str, **values: object) -> str:
    """A word or phrase of the maps, inert.

    >>> word("rate", "zh")
    '覆盖率'
    """
    return inert(message(f"maps.word_{key}", **values).text(language))


@dataclass(frozen=True)
class Entry:
    """A line of a legend: a swatch (or a circle of that radius), a mark, and what it means."""

    text: str
    colour: str = ""
    mark: str = ""
    outline: str = SOLID
    radius: float = 0.0

    @property
    def markup(self) -> str:
        """The line as markup; the text is inert already."""
        if self.radius:
            return f"<div>{_circle(self)} {self.text}</div>"
        if not self.colour:
            return f"<div>{self.text}</div>"
        swatch = (
            "display: inline-block; width: 1.7em; height: 1.35em; margin: 1px 6px 1px 0; "
            f"text-align: center; vertical-align: middle; color: {_ink_on(self.colour)}; "
            f"background: {self.colour}; border: 1px {BORDERS[self.outline]} {OUTLINE}"
        )
        return f'<div><span style="{swatch}">{self.mark or "&nbsp;"}</span>{self.text}</div>'


def _circle(entry: Entry) -> str:
    """A circle as large as those on the map."""
    size, middle = 2 * entry.radius + 4, entry.radius + 2
    return (
        f'<svg width="{size:.1f}" height="{size:.1f}" style="vertical-align: middle">'
        f'<circle cx="{middle:.1f}" cy="{middle:.1f}" r="{entry.radius:.2f}" '
        f'fill="{entry.colour}" fill-opacity="0.7" stroke="{INK}" '
        f'stroke-dasharray="{entry.outline}"/></svg>'
    )


def _ink_on(colour: str) -> str:
    """Dark or white, whichever is read on a colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 128 else "#ffffff"


def empty_map(shown: gpd.GeoDataFrame, tiles: str | None, *, layer: str) -> folium.Map:
    """A map without anything, on the place of a layer.

    Raises
    ------
    InputError
        If the layer holds nothing.
    """
    if not len(shown):
        raise InputError.of("maps.empty", layer=layer)
    west, south, east, north = (float(value) for value in shown.to_crs("EPSG:4326").total_bounds)
    picture = folium.Map(tiles=tiles, control_scale=True)
    picture.fit_bounds([[south, west], [north, east]], padding_bottom_right=(LEGEND_PX, 0))
    Caption(ATTRIBUTION).add_to(picture)
    return picture


class Caption(MacroElement):
    """A line in the corner of the map: the definition of what is shown, or whose data these are.

    folium takes further scripts only as such a class. Leaflet writes the line as markup, so that
    the text must be inert.
    """

    _template = Template(
        """{% macro script(this, kwargs) %}
        {{ this._parent.get_name() }}.attributionControl.addAttribution({{ this.text|tojson }});
        {% endmacro %}"""
    )

    def __init__(self, text: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Caption"
        self.text = inert(text)


class Legend(MacroElement):
    """What colours, outlines and sizes mean, in the map's upper right corner; all text is inert."""

    _template = Template(
        """{% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.control({position: "topright"});
        {{ this.get_name() }}.onAdd = function () {
            var box = L.DomUtil.create("div", "lifecircle-legend");
            box.setAttribute("role", "note");
            box.style.cssText = {{ this.style|tojson }};
            box.innerHTML = {{ this.markup|tojson }};
            return box;
        };
        {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
        {% endmacro %}"""
    )

    def __init__(self, heading: str, entries: Sequence[Entry]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Legend"
        self.style = LEGEND_STYLE
        lines = "".join(entry.markup for entry in entries)
        self.markup = f'<div style="font-weight: 600">{heading}</div>{lines}'


def polygons(shown: gpd.GeoDataFrame, labels: Mapping[str, str]) -> folium.GeoJson:
    """Areas in their `colour` and `outline`; `labels` name the columns to show on hover."""
    return folium.GeoJson(
        shown,
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.75,
            "color": OUTLINE,
            "weight": 1.5 if feature["properties"]["outline"] else 1,
            "dashArray": feature["properties"]["outline"],
        },
        highlight_function=lambda _: {"color": INK, "weight": 3},
        tooltip=_tooltip(labels),
    )


def circles(shown: gpd.GeoDataFrame, labels: Mapping[str, str]) -> folium.GeoJson:
    """Points as circles of their `radius` in pixels, `colour` and `outline`."""
    return folium.GeoJson(
        shown,
        marker=folium.CircleMarker(fill=True),
        style_function=lambda feature: {
            "radius": feature["properties"]["radius"],
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.7,
            "color": INK,
            "weight": 1.5,
            "dashArray": feature["properties"]["outline"],
        },
        highlight_function=lambda _: {"weight": 3},
        tooltip=_tooltip(labels),
    )


def dots(shown: gpd.GeoDataFrame, labels: Mapping[str, str], *, colour: str) -> folium.GeoJson:
    """Points as small circles, all alike."""
    return folium.GeoJson(
        shown,
        marker=folium.CircleMarker(
            radius=4, color=INK, weight=1, fill_color=colour, fill_opacity=1
        ),
        tooltip=_tooltip(labels) if labels else None,
    )


def _tooltip(labels: Mapping[str, str]) -> folium.GeoJsonTooltip:
    return folium.GeoJsonTooltip(fields=list(labels), aliases=list(labels.values()))
