"""How QGIS draws the layers of a GeoPackage: a table of styles inside it.

Zones and demand have a style for each service, of which QGIS shows one at once and offers the
others by name. Zones show all services at once where that is known, otherwise, as demand does, the
service with the lowest rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import geopandas as gpd
import pandas as pd

from lifecircle.outputs.gis_names import Naming
from lifecircle.outputs.qgis_looks import (
    Legend,
    demand_style,
    facility_style,
    isochrone_style,
    street_style,
    zone_style,
)
from lifecircle.outputs.qml import style
from lifecircle.standards import ALL

STYLES = "layer_styles"
"""Where QGIS looks for styles."""

_LONGEST_NAME = 30
"""Characters of a style's name."""


def style_table(layers: Mapping[str, pd.DataFrame], legend: Legend) -> pd.DataFrame:
    """Rows of QGIS's `layer_styles`: for each layer the style that is shown, then the others.

    Parameters
    ----------
    layers
        Frames by name: `zones` and `zones_<definition>`, `facilities`, `streets`, `demand`,
        `isochrones`; tables without geometry get the names of their fields.
    """
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": table,
            "f_geometry_column": "geom" if "geometry" in layer else "",
            "styleName": name,
            "styleQML": text,
            "styleSLD": "",
            "useAsDefault": number == 0,
            "description": name,
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp("2000-01-01", tz="UTC"),
        }
        for table, layer in layers.items()
        for number, (name, text) in enumerate(_unique(_styles(table, layer, legend)))
    ]
    return pd.DataFrame(rows)


def first_service(zones: pd.DataFrame, naming: Naming) -> str:
    """The service that zones show at once: all together if known, else the worst with data."""
    if (
        f"rate_{naming.services[ALL]}" in zones
        and zones[f"rate_{naming.services[ALL]}"].notna().any()
    ):
        return ALL
    return worst_service(zones, naming)


def worst_service(zones: pd.DataFrame, naming: Naming) -> str:
    """The service with the lowest rate in all zones together; the first where none has data."""
    keys = [key for key in _offered(zones, "rate", naming) if key != ALL]
    rates = {key: _rate(zones, naming.services[key]) for key in keys}
    known = [key for key in keys if math.isfinite(rates[key])]
    return min(known, key=rates.__getitem__) if known else next(iter(keys), "")


def _rate(zones: pd.DataFrame, short: str) -> float:
    known = zones[f"rate_{short}"].notna()
    demand = float(zones.loc[known, f"demand_{short}"].sum())
    covered = float(zones.loc[known, f"covered_{short}"].sum())
    return covered / demand if demand else math.nan


def _offered(layer: pd.DataFrame, kind: str, naming: Naming) -> list[str]:
    """Keys of the services for which a layer has a column of this kind, in the layer's order."""
    keys = {f"{kind}_{short}": key for key, short in naming.services.items()}
    return [keys[name] for name in layer.columns if name in keys]


def _styles(table: str, layer: pd.DataFrame, legend: Legend) -> Iterator[tuple[str, str]]:
    """Name and text of every style of a table, the first to be shown."""
    fields = legend.fields[table]
    title = legend.word("default")
    if table == "zones" or table.startswith("zones_"):
        # The style that is shown names the fields; the others leave them as they are.
        first = first_service(layer, legend.naming)
        for key in _first(first, _offered(layer, "verdict", legend.naming)):
            yield legend.service(key), zone_style(key, legend, fields if key == first else None)
    elif table == "demand" and isinstance(layer, gpd.GeoDataFrame):
        keys = _first(legend.worst, _offered(layer, "min", legend.naming))
        for number, key in enumerate(keys):
            named = fields if number == 0 else None
            yield legend.service(key), demand_style(key, layer, legend, named)
    elif table == "facilities":
        yield title, facility_style(layer, legend, fields)
    elif table == "streets":
        yield title, street_style(fields)
    elif table == "isochrones":
        yield title, isochrone_style(layer, legend, fields)
    else:
        yield title, style(None, fields)


def _first(first: str, keys: list[str]) -> list[str]:
    return sorted(keys, key=lambda key: key != first)


def _unique(styles: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The styles with names that fit, none twice."""
    taken: set[str] = set()
    for name, text in styles:
        short, number = name[:_LONGEST_NAME], 2
        while short.casefold() in taken:
            short = f"{name[: _LONGEST_NAME - 4]} {number}"
            number += 1
        taken.add(short.casefold())
        yield short, text
