"""What a run made as layers for GIS: zones with rates side by side, facilities, streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.chains import chains_of, walked
from lifecircle.geodesy import WGS84
from lifecircle.network import StreetNetwork
from lifecircle.outputs.gis_names import Naming
from lifecircle.verdicts import verdict

ZONE_COLUMNS = ["name", "parent", "area_type", "area_kind"]
FACILITY_COLUMNS = ["facility", "service", "name", "layer", "site", "capacity"]
COVERAGE = "coverage"
"""Name of the table of all rows, and beginning of those of single definitions."""

_WIDE = ["rate", "status", "certainty", "verdict", "demand", "covered", "gap", "target"]


def zone_layer(
    zones: gpd.GeoDataFrame, coverage: pd.DataFrame, definition: str, naming: Naming
) -> gpd.GeoDataFrame:
    """Zones with one definition's rate, status and the rest, a column for each service."""
    described = [name for name in ZONE_COLUMNS if name in zones]
    layer = pd.DataFrame(zones[described]).join(_wide(coverage, definition, naming))
    layer = layer.rename_axis("zone").reset_index()
    return gpd.GeoDataFrame(layer, geometry=zones.geometry.to_numpy(), crs=zones.crs)


def coverage_tables(coverage: pd.DataFrame, naming: Naming) -> dict[str, pd.DataFrame]:
    """Tables to join to zones by name: all rows of `coverage.csv`, and zones by definition.

    The first definition is in the layer of zones; every other has a table with the columns that the
    first has there, one row per zone.
    """
    names = coverage.loc[coverage["level"] == "zone"].drop_duplicates("zone").set_index("zone")
    tables = {COVERAGE: coverage}
    for key, short in list(naming.definitions.items())[1:]:
        table = names[["name"]].join(_wide(coverage, key, naming))
        tables[f"{COVERAGE}_{short}"] = table.rename_axis("zone").reset_index()
    return tables


def _wide(coverage: pd.DataFrame, definition: str, naming: Naming) -> pd.DataFrame:
    """One row per zone, by its id: what a definition says of every service, side by side."""
    rows = coverage[(coverage["definition"] == definition) & (coverage["level"] == "zone")]
    judged = rows[["status", "certainty", "rate", "target"]].itertuples(index=False, name=None)
    rows = rows.assign(verdict=[verdict(*cell) for cell in judged]).astype({"verdict": "str"})
    demand = rows.drop_duplicates("zone").set_index("zone")["demand"]
    table = pd.DataFrame({"definition": definition, "demand": demand})
    services = [
        one.set_index("zone")[_WIDE].add_suffix(f"_{naming.services[str(key)]}")
        for key, one in rows.groupby("service", sort=False)
    ]
    return pd.concat([table, *services], axis="columns")


def facility_layer(facilities: gpd.GeoDataFrame, naming: Naming) -> gpd.GeoDataFrame:
    """The facilities' access points with the attributes that rules ask for.

    Their access legs `distance_m` are there once they are on streets.
    """
    columns = [*FACILITY_COLUMNS, *({"distance_m"} & set(facilities.columns))]
    attributes = [name for name in naming.attributes if name in facilities]
    layer = facilities[[*columns, *attributes, facilities.geometry.name]].reset_index(drop=True)
    return layer.rename(columns=naming.attributes)


def street_layer(network: StreetNetwork) -> gpd.GeoDataFrame:
    """The streets as lines from junction to junction, with length and connected piece.

    Segments are joined where exactly two meet, both of the same kind.
    """
    kinds = network.steps + 2 * network.tunnel.astype(np.int64)
    lengths, ends = (network.length_m, network.length_m), (network.u, network.v)
    chains = chains_of(network.x, network.y, ends, lengths, kinds=kinds)
    edge = walked(chains.chain, chains.rank, chains.edges)
    start = np.cumsum(chains.edges) - chains.edges
    # A line has a corner before its first edge and one behind each.
    line = np.repeat(np.arange(len(start)), chains.edges + 1)
    node = np.empty(len(line), np.int64)
    behind = np.arange(len(edge)) + chains.chain[edge] + 1
    node[behind] = np.where(chains.flipped, *ends)[edge]
    node[start + np.arange(len(start))] = np.where(chains.flipped, *ends[::-1])[edge[start]]
    return gpd.GeoDataFrame(
        {
            "component": network.component[network.u[edge[start]]],
            "length_m": chains.forward_m,
            "steps": network.steps[edge[start]],
            "tunnel": network.tunnel[edge[start]],
        },
        geometry=shapely.linestrings(
            np.column_stack([network.lon[node], network.lat[node]]), indices=line
        ),
        crs=WGS84,
    )
