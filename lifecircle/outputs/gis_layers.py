"""What a run made as layers for GIS: zones with rates side by side, facilities, streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.geodesy import WGS84, distance_m
from lifecircle.network import Bools, Floats, Ints, StreetNetwork
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
    ends = np.stack([network.u, network.v], axis=1)
    # Nodes ride along as a third coordinate, which joining does not look at.
    corners = np.stack([network.lon[ends], network.lat[ends], ends.astype(float)], axis=-1)
    segments = shapely.linestrings(corners)
    kinds = network.steps + 2 * network.tunnel.astype(int)
    present = np.unique(kinds)
    joined = [
        shapely.get_parts(shapely.line_merge(shapely.multilinestrings(segments[kinds == kind])))
        for kind in present
    ]
    kind = np.repeat(present, [len(lines) for lines in joined])
    lines = np.concatenate(joined)
    corners, line = shapely.get_coordinates(lines, include_z=True, return_index=True)
    corners, line, whole = _cut(corners, line, np.bincount(ends.ravel()) > 2)
    kind = kind[whole]
    lon, lat, node = corners.T
    first = np.searchsorted(line, np.arange(len(whole)))
    step_m = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step_m[line[:-1] != line[1:]] = 0.0
    return gpd.GeoDataFrame(
        {
            "component": network.component[node[first].astype(np.int64)],
            "length_m": np.bincount(line[:-1], weights=step_m, minlength=len(whole)),
            "steps": kind % 2 == 1,
            "tunnel": kind >= 2,
        },
        geometry=shapely.linestrings(corners[:, :2], indices=line),
        crs=WGS84,
    )


def _cut(corners: Floats, line: Ints, junction: Bools) -> tuple[Floats, Ints, Ints]:
    """The lines cut where they run through a junction, and the line that each piece is of.

    Joining looks at one kind at a time: a street runs through the foot of steps on both its sides.
    """
    inside = np.zeros(len(line), dtype=bool)
    inside[1:-1] = (line[1:-1] == line[:-2]) & (line[1:-1] == line[2:])
    twice = inside & junction[corners[:, 2].astype(np.int64)]
    again = np.repeat(np.arange(len(line)), 1 + twice)
    piece = line[again] + np.cumsum(np.diff(again, prepend=-1) == 0)
    return corners[again], piece, line[again][np.unique(piece, return_index=True)[1]]
