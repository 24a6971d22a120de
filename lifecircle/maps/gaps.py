"""How many people each zone is short of its target, as circles on a map."""

from __future__ import annotations

import math
from collections.abc import Mapping

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from lifecircle import verdicts
from lifecircle.maps.marks import (
    DASHED,
    DOTTED,
    SOLID,
    Caption,
    Entry,
    Legend,
    circles,
    empty_map,
    inert,
    polygons,
    word,
)
from lifecircle.maps.zones import caption, names, numbers, rows_of, target, zone_rows
from lifecircle.messages import message
from lifecircle.network import Bools, Floats
from lifecircle.standards import ALL

LARGEST_PX = 36.0
"""Radius of the largest circle."""
SHORT, NOTHING_SHORT, NOT_JUDGED = "#e48f42", verdicts.COLOURS["pass"], "#eceff1"
UNDER_CIRCLE = "#ffffff"
CIRCLE = ["radius", "colour", "outline"]


def gap_map(
    zones: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    service: str | None = None,
    definition: str | None = None,
    unit: str = "",
    tiles: str | None = None,
    language: str = "en",
) -> folium.Map:
    """How many people each zone is short of its target, as circles whose area is that number.

    A circle counts those who would have to be covered for the zone to reach the target, rounded up,
    and not all who are uncovered. A dashed circle is of a verdict that is undecided.

    Parameters
    ----------
    zones
        Zones by id, with `name`.
    coverage
        The table of coverage.
    service
        A service; by default all of them are summed, `all` aside. In the sum a person counts once
        for each service that is missing.
    definition
        Key of the definition; by default the table's first.
    unit
        What the definition counts, for the legend: `run.definition.unit`.
    tiles
        A background of folium's, fetched from the network when the map is opened; none by default.
    language
        Of the legend and the labels, `en` or `zh`.

    Raises
    ------
    InputError
        If the table holds no such service or definition.
    """
    rows = zone_rows(coverage, definition)
    if service is None:
        rows = rows[rows["service"] != ALL]
        shown, labels = _summed(zones, rows, language)
        heading, line = word("all_services", language), word("all_services", "en")
    else:
        rows = rows_of(rows, service).reindex(zones.index)
        shown, labels = _of_service(zones, rows, language)
        heading, line = inert(service) + target(rows, language), service
    picture = empty_map(zones, tiles, layer="zones")
    Caption(caption(rows, line)).add_to(picture)
    polygons(shown[[*labels, "colour", "outline", "geometry"]], labels).add_to(picture)
    short = shown[shown["short"] > 0]
    if len(short):
        circles(_circles(short)[[*labels, *CIRCLE, "geometry"]], labels).add_to(picture)
    Legend(heading, _gap_legend(shown, unit, language)).add_to(picture)
    return picture


def _of_service(
    zones: gpd.GeoDataFrame, rows: pd.DataFrame, language: str
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Zones with what one service is short of, and what to show on hover."""
    short, unsure = _short(rows)
    fields = ("zone", "gap", "status", "rate", "target", "demand")
    told = {"zone": names(zones)} | numbers(rows, language)
    return _looks(zones, told, short, unsure), {key: word(key, language) for key in fields}


def _summed(
    zones: gpd.GeoDataFrame, table: pd.DataFrame, language: str
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Zones with what all services together are short of, each service told on hover."""
    total, any_unsure = np.full(len(zones), np.nan), np.zeros(len(zones), dtype=bool)
    told = {"zone": names(zones)}
    labels = {"zone": word("zone", language), "gap": word("gap_sum", language)}
    for at, service in enumerate(dict.fromkeys(table["service"])):
        rows = rows_of(table, service).reindex(zones.index)
        short, unsure = _short(rows)
        total = np.where(np.isnan(short), total, np.nan_to_num(total) + short)
        any_unsure |= unsure
        told[f"service_{at}"] = _each(rows, language)
        labels[f"service_{at}"] = inert(service)
    told["gap"] = [verdicts.shortfall(value) for value in total]
    return _looks(zones, told, total, any_unsure), labels


def _short(rows: pd.DataFrame) -> tuple[Floats, Bools]:
    """What each zone is short of, `NaN` where nothing is judged; where that is not certain."""
    judged = rows["status"].isin(["pass", "fail"])
    unsure = judged & (rows["certainty"] == "undecided").fillna(False)
    return rows["gap"].where(judged).to_numpy(float), unsure.to_numpy(bool)


def _each(rows: pd.DataFrame, language: str) -> list[str]:
    """A service's verdict, rate, target and gap on one line, zone by zone."""
    told = numbers(rows, language)
    lines = []
    for status, rate, goal, gap in zip(
        *(told[key] for key in ("status", "rate", "target", "gap")), strict=True
    ):
        of_goal = word("rate_of_target", language, rate=rate, target=goal) if goal else rate
        short = word("short_by", language, n=gap) if gap not in ("", "0") else ""
        lines.append(" · ".join(filter(None, (status, of_goal if rate else "", short))))
    return lines


def _looks(
    zones: gpd.GeoDataFrame, told: Mapping[str, list[str]], short: Floats, unsure: Bools
) -> gpd.GeoDataFrame:
    """Zones with their texts, `short`, and how they and their circles (`ring`) are drawn."""
    ring = np.where(unsure, DASHED, SOLID)
    looks = {
        "short": short,
        "unsure": unsure,
        "ring": ring,
        "outline": np.where(np.isnan(short), DOTTED, ring),
        "colour": np.where(
            np.isnan(short), NOT_JUDGED, np.where(short > 0, UNDER_CIRCLE, NOTHING_SHORT)
        ),
    }
    return gpd.GeoDataFrame({**told, **looks}, geometry=zones.geometry.to_numpy(), crs=zones.crs)


def _circles(short: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A circle in the middle of each zone, the smallest on top."""
    ordered = short.sort_values("short", ascending=False, kind="stable")
    largest = ordered["short"].max()
    points = ordered.set_geometry(ordered.representative_point())
    radius = [_radius(value, largest) for value in ordered["short"]]
    return points.assign(radius=radius, colour=SHORT, outline=ordered["ring"])


def _radius(short: float, largest: float) -> float:
    """Pixels, so that the area is in proportion.

    >>> _radius(100.0, 400.0) / _radius(400.0, 400.0)
    0.5
    """
    return LARGEST_PX * math.sqrt(short / largest)


def _round_numbers(largest: float) -> list[float]:
    """Two round numbers up to the largest, for the legend's circles.

    >>> _round_numbers(72_301.2), _round_numbers(30.0), _round_numbers(0.7)
    ([50000.0, 10000.0], [20.0, 5.0], [0.5, 0.1])
    """
    power = 10.0 ** math.floor(math.log10(largest))
    first = max(step for step in (1, 2, 5) if step * power <= largest)
    second = {1: 0.2, 2: 0.5, 5: 1.0}[first]
    return [first * power, second * power]


def _gap_legend(shown: gpd.GeoDataFrame, unit: str, language: str) -> list[Entry]:
    """Circles to measure by, and the looks that occur."""
    plain = {"persons": "persons", "": "demand"}
    counted = message(f"maps.word_{plain[unit]}").text(language) if unit in plain else unit
    entries = [Entry(word("short_of_target", language, unit=counted))]
    short = shown["short"] > 0
    if short.any():
        largest = shown["short"].max()
        entries += [
            Entry(verdicts.amount(each), SHORT, radius=_radius(each, largest))
            for each in _round_numbers(largest)
        ]
    if shown["unsure"].any():
        entries.append(Entry(word("undecided", language), UNDER_CIRCLE, "?", DASHED))
    if (shown["short"] == 0).any():
        entries.append(Entry(word("pass", language), NOTHING_SHORT, verdicts.MARKS["pass"]))
    if shown["short"].isna().any():
        entries.append(Entry(word("not_judged", language), NOT_JUDGED, "–", DOTTED))
    return entries
