"""What a run made as layers for GIS: zones with rates side by side, facilities, streets."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.geodesy import WGS84, distance_m
from lifecircle.network import Bools, Floats, Ints, StreetNetwork

ZONE_COLUMNS = ["name", "parent", "area_type", "area_kind"]
FACILITY_COLUMNS = ["facility", "service", "name", "layer", "site", "capacity"]


def zone_layer(
    zones: gpd.GeoDataFrame, coverage: pd.DataFrame, definition: str
) -> gpd.GeoDataFrame:
    """Zones with one definition's `rate_`, `status_` and `gap_` of every service."""
    rows = coverage[(coverage["definition"] == definition) & (coverage["level"] == "zone")]
    described = [name for name in ZONE_COLUMNS if name in zones]
    layer = pd.DataFrame(zones[described]).assign(definition=definition)
    layer["demand"] = rows.drop_duplicates("zone").set_index("zone")["demand"]
    for service, one in rows.groupby("service", sort=False):
        columns = one.set_index("zone")[["rate", "status", "gap"]]
        layer = layer.join(columns.add_suffix(f"_{service}"))
    layer = layer.rename_axis("zone").reset_index()
    return gpd.GeoDataFrame(layer, geometry=zones.geometry.to_numpy(), crs=zones.crs)


def facility_layer(facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The facilities' access points, with their access legs `distance_m` once on streets."""
    columns = [*FACILITY_COLUMNS, *({"distance_m"} & set(facilities.columns))]
    return facilities[[*columns, facilities.geometry.name]].reset_index(drop=True)


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
