"""Maps of zones by their verdicts, and what every map of zones says of them."""

from __future__ import annotations

import folium
import geopandas as gpd
import pandas as pd

from lifecircle import verdicts
from lifecircle.errors import InputError
from lifecircle.maps.marks import (
    DASHED,
    DOTTED,
    SOLID,
    Caption,
    Entry,
    Legend,
    empty_map,
    inert,
    polygons,
    word,
)
from lifecircle.messages import some

OUTLINES: dict[str, str] = {"undecided": DASHED, "no_data": DOTTED}
"""By verdict; all others are solid."""
UNCERTAIN = {"pass": "pass_uncertain", "fail": "fail_uncertain"}


def coverage_map(
    zones: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    *,
    service: str,
    definition: str | None = None,
    tiles: str | None = None,
    language: str = "en",
) -> folium.Map:
    """Zones by the verdict of one service, with their numbers on hover.

    A zone whose verdict is undecided has a dashed outline and a `?`, one without data a dotted one.

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
    language
        Of the legend and the labels, `en` or `zh`.

    Raises
    ------
    InputError
        If the table holds no such service or definition.
    """
    rows = rows_of(zone_rows(coverage, definition), service).reindex(zones.index)
    shade = _verdicts(rows)
    shown = gpd.GeoDataFrame(
        {"zone": names(zones)}
        | numbers(rows, language)
        | {"colour": [verdicts.COLOURS[one] for one in shade]}
        | {"outline": [OUTLINES.get(one, SOLID) for one in shade]},
        geometry=zones.geometry.to_numpy(),
        crs=zones.crs,
    )
    picture = empty_map(zones, tiles, layer="zones")
    Caption(caption(rows, service)).add_to(picture)
    fields = ("zone", "status", "rate", "target", "covered", "demand", "gap")
    polygons(shown, {key: word(key, language) for key in fields}).add_to(picture)
    entries = [
        Entry(word(one, language), colour, verdicts.MARKS[one], OUTLINES.get(one, SOLID))
        for one, colour in verdicts.COLOURS.items()
        if one in shade
    ]
    Legend(inert(service) + target(rows, language), entries).add_to(picture)
    return picture


def zone_rows(coverage: pd.DataFrame, definition: str | None) -> pd.DataFrame:
    """The zones' rows of one definition."""
    known = list(dict.fromkeys(coverage["definition"]))
    chosen = known[0] if definition is None and known else definition
    if chosen not in known:
        raise InputError.of("maps.no_definition", definition=chosen, known=some(known))
    return coverage[(coverage["definition"] == chosen) & (coverage["level"] == "zone")]


def rows_of(table: pd.DataFrame, service: str) -> pd.DataFrame:
    """The rows of one service, by zone."""
    if not (table["service"] == service).any():
        services = list(dict.fromkeys(table["service"]))
        raise InputError.of("maps.no_service", service=service, known=some(services))
    return table[table["service"] == service].set_index("zone")


def names(zones: gpd.GeoDataFrame) -> list[str]:
    """Names of the zones, or their ids where they have none, inert."""
    return [inert(name or key) for key, name in zip(zones.index, zones["name"], strict=True)]


def _verdicts(rows: pd.DataFrame) -> list[verdicts.Verdict]:
    columns = (
        rows["status"].fillna("no data"), rows["certainty"].fillna(""), rows["rate"], rows["target"]
    )  # fmt: skip
    return [verdicts.verdict(*values) for values in zip(*columns, strict=True)]


def numbers(rows: pd.DataFrame, language: str) -> dict[str, list[str]]:
    """What is shown of each row, as the report rounds it."""
    rates = [verdicts.percent(rate) for rate in rows["rate"].astype(float)]
    targets = [verdicts.target_percent(target) for target in rows["target"].astype(float)]
    return {
        "status": _said(rows, language),
        "rate": [f"{rate} %" if rate else "" for rate in rates],
        "target": [f"{target} %" if target else "" for target in targets],
        "covered": [verdicts.amount(value) for value in rows["covered"].astype(float)],
        "demand": [verdicts.amount(value) for value in rows["demand"].astype(float)],
        "gap": [
            verdicts.shortfall(gap) if status in ("pass", "fail") else ""
            for gap, status in zip(rows["gap"].astype(float), rows["status"], strict=True)
        ],
    }


def _said(rows: pd.DataFrame, language: str) -> list[str]:
    """Mark and words of each verdict: `? fail, not certain`."""
    said = []
    for one, status in zip(_verdicts(rows), rows["status"].fillna("no data"), strict=True):
        key = UNCERTAIN[status] if one == "undecided" else status.replace(" ", "_")
        said.append(f"{verdicts.MARKS[one]} {word(key, language)}")
    return said


def caption(rows: pd.DataFrame, service: str) -> str:
    """The caption: definition, service, limit and mode."""
    first = rows.dropna(subset=["definition"]).iloc[0]
    limits = rows["minutes"].dropna().unique()
    limit = f" {limits[0]:g} min" if len(limits) == 1 else ""
    return f"{first['definition']} · {service}{limit} · {first['mode']}"


def target(rows: pd.DataFrame, language: str) -> str:
    """The target as the end of a heading, where all zones have the same."""
    targets = rows["target"].dropna().unique()
    if len(targets) != 1:
        return ""
    return f" · {word('target', language)} {verdicts.target_percent(float(targets[0]))} %"
