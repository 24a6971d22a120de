"""Maps to build on, in folium: coverage by zone, isochrones. `report.html` is not made from them.

Names from the data go into a map only as escaped properties of GeoJSON features; folium's other
ways to show text would run code that hides in a name.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import folium
import geopandas as gpd
import pandas as pd
from branca.element import MacroElement
from folium.template import Template

from lifecircle import verdicts
from lifecircle.errors import InputError
from lifecircle.messages import some

LEAFLET = {"leaflet.js", "leaflet.css"}
NOT_NEEDED = re.compile(r"jquery|bootstrap|awesome|fontawesome|glyphicons", re.IGNORECASE)
"""Links that folium puts into every page; what we draw uses none of them."""
USES_THEM = re.compile(r"L\.AwesomeMarkers|\$\(|L\.Icon|L\.marker\(")
LINK = re.compile(r'<script src="([^"]*)"></script>|<link rel="stylesheet" href="([^"]*)"\s*/>')
RULE_WITH_ADDRESS = re.compile(r"[^{}]*\{[^{}]*url\([^{}]*\}")
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
SOURCE_MAP = "//# sourceMappingURL"
ENTITIES = {ord(letter): f"&#{ord(letter)};" for letter in "`$\\{}"}
"""Of scripts, and of the templates through which folium puts all its text a second time."""

ATTRIBUTION = "© OpenStreetMap contributors, ODbL"

BLUES = ["#08519c", "#3182bd", "#6baed6", "#9ecae1", "#c6dbef"]


def inert(text: object) -> str:
    """Text that shows as itself wherever folium puts it: in markup, a script or a template.

    >>> inert("<b>${x}</b>")
    '&lt;b&gt;&#36;&#123;x&#125;&lt;/b&gt;'
    """
    return html.escape(str(text), quote=True).translate(ENTITIES)


def coverage_map(
    zones: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    service: str,
    definition: str | None = None,
    tiles: str | None = None,
) -> folium.Map:
    """Zones by the verdict of one service, with their numbers on hover.

    Parameters
    ----------
    zones
        Zones by id, with `name`.
    coverage
        The table of coverage.
    definition
        Key of the definition; by default the table's first.
    tiles
        A background of folium's, fetched from the network when the map is opened; none by default.

    Raises
    ------
    InputError
        If the table holds no such service or definition.
    """
    rows = _rows(coverage, service, definition).reindex(zones.index)
    shade = [
        verdicts.verdict(*values)
        for values in zip(
            rows["status"].fillna("no data"),
            rows["certainty"].fillna(""),
            rows["rate"],
            rows["target"],
            strict=True,
        )
    ]
    rates = [verdicts.percent(rate) for rate in rows["rate"].astype(float)]
    shown = gpd.GeoDataFrame(
        {
            "zone": [
                inert(name or key) for key, name in zip(zones.index, zones["name"], strict=True)
            ],
            "status": [
                f"{verdicts.MARKS[one]} {status}"
                for one, status in zip(shade, rows["status"].fillna("no data"), strict=True)
            ],
            "rate": [f"{rate} %" if rate else "" for rate in rates],
            "covered": [verdicts.amount(value) for value in rows["covered"].astype(float)],
            "demand": [verdicts.amount(value) for value in rows["demand"].astype(float)],
            "short by": [verdicts.shortfall(value) for value in rows["gap"].astype(float)],
            "colour": [verdicts.COLOURS[one] for one in shade],
        },
        geometry=zones.geometry.to_numpy(),
        crs=zones.crs,
    )
    picture = _empty_map(zones, tiles, layer="zones")
    first = rows.dropna(subset=["definition"]).iloc[0]
    limit = "" if pd.isna(first["minutes"]) else f" {first['minutes']:g} min"
    _Caption(f"{first['definition']} · {service}{limit} · {first['mode']}").add_to(picture)
    _polygons(shown, ["zone", "status", "rate", "covered", "demand", "short by"]).add_to(picture)
    return picture


def _rows(coverage: pd.DataFrame, service: str, definition: str | None) -> pd.DataFrame:
    """The zones' rows of one service and definition, by zone."""
    known = list(dict.fromkeys(coverage["definition"]))
    chosen = known[0] if definition is None and known else definition
    if chosen not in known:
        raise InputError.of("maps.no_definition", definition=chosen, known=some(known))
    table = coverage[(coverage["definition"] == chosen) & (coverage["level"] == "zone")]
    if not (table["service"] == service).any():
        services = list(dict.fromkeys(table["service"]))
        raise InputError.of("maps.no_service", service=service, known=some(services))
    return table[table["service"] == service].set_index("zone")


def isochrone_map(
    isochrones: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame | None = None,
    *,
    tiles: str | None = None,
) -> folium.Map:
    """Areas reached within minutes, the shortest on top, and the facilities they start from.

    Parameters
    ----------
    isochrones
        Polygons with `minutes`; `service`, `facility` and `name` are shown where they exist.
    facilities
        Access points with `service` and `name`.
    """
    ordered = isochrones.sort_values("minutes", ascending=False, kind="stable")
    limits = sorted(set(ordered["minutes"]))
    shade = {limit: BLUES[min(at, len(BLUES) - 1)] for at, limit in enumerate(limits)}
    picture = _empty_map(isochrones, tiles, layer="isochrones")
    shown = _described(ordered, ["name", "facility", "service", "minutes"])
    shown["colour"] = [shade[limit] for limit in ordered["minutes"]]
    _polygons(shown, [key for key in shown.columns if key not in ("colour", "geometry")]).add_to(
        picture
    )
    if facilities is not None and len(facilities):
        _dots(_described(facilities, ["name", "facility", "service"])).add_to(picture)
    return picture


def _described(frame: gpd.GeoDataFrame, fields: Sequence[str]) -> gpd.GeoDataFrame:
    """The frame's shapes with these of its columns as inert text."""
    texts = {
        field: [inert(f"{value:g}" if field == "minutes" else value) for value in frame[field]]
        for field in fields
        if field in frame.columns
    }
    return gpd.GeoDataFrame(texts, geometry=frame.geometry.to_numpy(), crs=frame.crs)


def _empty_map(shown: gpd.GeoDataFrame, tiles: str | None, *, layer: str) -> folium.Map:
    """A map without anything, on the place of a layer."""
    if not len(shown):
        raise InputError.of("maps.empty", layer=layer)
    west, south, east, north = (float(value) for value in shown.to_crs("EPSG:4326").total_bounds)
    picture = folium.Map(tiles=tiles, control_scale=True)
    picture.fit_bounds([[south, west], [north, east]])
    _Caption(ATTRIBUTION).add_to(picture)
    return picture


class _Caption(MacroElement):
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


def _polygons(shown: gpd.GeoDataFrame, fields: list[str]) -> folium.GeoJson:
    return folium.GeoJson(
        shown,
        style_function=lambda feature: {
            "fillColor": feature["properties"]["colour"],
            "fillOpacity": 0.75,
            "color": "#54616d",
            "weight": 1,
        },
        highlight_function=lambda _: {"color": "#16202b", "weight": 3},
        tooltip=folium.GeoJsonTooltip(fields=fields),
    )


def _dots(shown: gpd.GeoDataFrame) -> folium.GeoJson:
    fields = [key for key in shown.columns if key != "geometry"]
    return folium.GeoJson(
        shown,
        marker=folium.CircleMarker(
            radius=4, color="#16202b", weight=1, fill_color="#ffdf6b", fill_opacity=1
        ),
        tooltip=folium.GeoJsonTooltip(fields=fields) if fields else None,
    )


def save_offline(picture: folium.Map, path: str | Path) -> None:
    """Write a map as one file that needs no network and may run nothing but its own scripts.

    Raises
    ------
    InputError
        If the map has tiles, or parts (icons, popups, plug-ins) that only the network has.
    """
    if any(isinstance(child, folium.TileLayer) for child in picture._children.values()):
        raise InputError.of("maps.tiles")
    page = str(picture.get_root().render())
    links = [script or style for script, style in LINK.findall(page)]
    foreign = [
        link
        for link in links
        if link.rsplit("/", 1)[-1] not in LEAFLET and not NOT_NEEDED.search(link)
    ]
    if USES_THEM.search(page):
        foreign.append("jquery, icons")
    if foreign:
        raise InputError.of("maps.assets", names=some(foreign))
    page = LINK.sub(_inlined, page)
    Path(path).write_bytes(_with_policy(page).encode("utf-8", errors="replace"))


def _inlined(link: re.Match[str]) -> str:
    """Leaflet's own text instead of its address; nothing instead of what is not needed."""
    name = (link[1] or link[2]).rsplit("/", 1)[-1]
    if name not in LEAFLET:
        return ""
    text = (files("lifecircle") / "vendor" / "leaflet" / name).read_text("utf-8")
    if name == "leaflet.js":
        return f"<script>{text.partition(SOURCE_MAP)[0]}</script>"
    return f"<style>{RULE_WITH_ADDRESS.sub('', text)}</style>"


def _with_policy(page: str) -> str:
    """The page with a policy that names its scripts one by one and forbids all else."""
    digests = [hashlib.sha256(text.encode("utf-8")).digest() for text in SCRIPT.findall(page)]
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return page.replace("<head>", f"<head>\n{meta}", 1)
