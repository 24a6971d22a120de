"""Maps of isochrones: areas reached within minutes."""

from __future__ import annotations

from collections.abc import Sequence

import folium
import geopandas as gpd
import numpy as np

from lifecircle.maps.marks import SOLID, Entry, Legend, dots, empty_map, inert, polygons, word

BLUES = np.array([[8, 81, 156], [49, 130, 189], [107, 174, 214], [158, 202, 225], [198, 219, 239]])
"""From the shortest limit to the longest."""
FACILITY = "#ffdf6b"


def isochrone_map(
    isochrones: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame | None = None,
    *,
    tiles: str | None = None,
    language: str = "en",
) -> folium.Map:
    """Areas reached within minutes, the shortest on top, and the facilities they start from.

    For looking only: who is covered is decided by minutes at places, never by these areas.

    Parameters
    ----------
    isochrones
        Polygons with `minutes`; `service`, `facility` and `name` are shown where they exist.
    facilities
        Access points with `service` and `name`.
    tiles
        A background of folium's, fetched from the network when the map is opened; none by default.
    language
        Of the legend and the labels, `en` or `zh`.

    Raises
    ------
    InputError
        If there is no area.
    """
    picture = empty_map(isochrones, tiles, layer="isochrones")
    ordered = isochrones.sort_values("minutes", ascending=False, kind="stable")
    limits = sorted(set(ordered["minutes"]))
    shade = dict(zip(limits, _blues(len(limits)), strict=True))
    shown = _described(ordered, ["name", "facility", "service", "minutes"])
    labels = {key: word(key, language) for key in shown.columns if key != "geometry"}
    shown["colour"] = [shade[limit] for limit in ordered["minutes"]]
    shown["outline"] = SOLID
    polygons(shown, labels).add_to(picture)
    entries = [Entry(word("within", language, n=f"{each:g}"), shade[each]) for each in limits]
    if facilities is not None and len(facilities):
        points = _described(facilities, ["name", "facility", "service"])
        labels = {key: word(key, language) for key in points.columns if key != "geometry"}
        dots(points, labels, colour=FACILITY).add_to(picture)
        entries.append(Entry(word("facilities", language), FACILITY, radius=4))
    Legend(word("isochrones", language), entries).add_to(picture)
    return picture


def _blues(count: int) -> list[str]:
    """As many blues, from dark to light, each its own; a middle one where there is one only.

    >>> _blues(2), _blues(1)
    (['#08519c', '#c6dbef'], ['#6baed6'])
    """
    at = np.linspace(0, len(BLUES) - 1, count) if count > 1 else np.array([len(BLUES) // 2])
    mixed = [np.interp(at, np.arange(len(BLUES)), part).round().astype(int) for part in BLUES.T]
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in zip(*mixed, strict=True)]


def _described(frame: gpd.GeoDataFrame, fields: Sequence[str]) -> gpd.GeoDataFrame:
    """The frame's shapes with these of its columns as inert text."""
    texts = {
        field: [inert(f"{value:g}" if field == "minutes" else value) for value in frame[field]]
        for field in fields
        if field in frame.columns
    }
    return gpd.GeoDataFrame(texts, geometry=frame.geometry.to_numpy(), crs=frame.crs)
