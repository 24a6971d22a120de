"""What the benchmark asks its questions about: a synthetic city, the same for every engine."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

import lifecircle as lc
from lifecircle.crs import metric_crs
from lifecircle.geodesy import WGS84, lonlat, transformer
from lifecircle.network import Floats, Ints, StreetNetwork, metres_per_minute, street_network
from lifecircle.sample import CENTRE, SampleCity, city

SERVICES = 8
LIMIT_MIN = 15.0
LIMITS_MIN = (5.0, 10.0, 15.0)
FACILITY_SPREAD_M = 50.0


@dataclass(frozen=True, eq=False)
class City:
    """The city, its streets, and by service the street nodes nearest to its access points.

    Engines that know nodes only are asked about these nodes, and so are all others beside them.
    """

    made: SampleCity
    network: StreetNetwork
    seeds: Mapping[str, Ints]

    @property
    def nodes(self) -> int:
        """Street nodes."""
        return len(self.network.lon)

    @property
    def facilities(self) -> int:
        """Facilities of all services, each once."""
        return int(self.made.facilities["facility"].nunique())

    @property
    def pace(self) -> float:
        """Metres made in a minute."""
        return metres_per_minute(self.network.speed_kmh)

    @property
    def limit_m(self) -> float:
        """Metres within the longest limit."""
        return LIMIT_MIN * self.pace

    @functools.cached_property
    def xy(self) -> Floats:
        """Street nodes in the plane."""
        return np.column_stack([self.network.x, self.network.y])

    @functools.cached_property
    def places(self) -> Places:
        """Demand and facilities put on the streets."""
        return Places(
            lc.snap(self.made.demand, self.network), lc.snap(self.made.facilities, self.network)
        )


@dataclass(frozen=True, eq=False)
class Places:
    """Demand places and access points, snapped."""

    demand: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame


def city_of(nodes: int, *, facilities: int | None = None, services: int = SERVICES) -> City:
    """The city with so many street nodes and, if asked for, so many facilities."""
    made = city(nodes=nodes, seed=0, services=services)
    if facilities is not None:
        made = dataclasses.replace(made, facilities=_spread(made, facilities))
    network = street_network(made.streets, crs=metric_crs("auto", *CENTRE))
    at = np.column_stack(plane(made.facilities, network))
    node = cKDTree(np.column_stack([network.x, network.y])).query(at)[1]
    service = made.facilities["service"].to_numpy()
    seeds = {key: np.unique(node[service == key]) for key in made.standard.keys}
    return City(made, network, seeds)


def plane(points: gpd.GeoDataFrame, network: StreetNetwork) -> tuple[Floats, Floats]:
    """Positions in the network's metric system."""
    x, y = transformer(WGS84, network.crs).transform(*lonlat(points))
    return np.asarray(x), np.asarray(y)


def degrees(x: Floats, y: Floats, network: StreetNetwork) -> Any:
    """Points in EPSG:4326 from positions in the network's metric system."""
    return shapely.points(*transformer(network.crs, WGS84).transform(x, y))


def _spread(made: SampleCity, count: int) -> gpd.GeoDataFrame:
    """So many facilities near where people live, in the shares the services have."""
    rng = np.random.default_rng(172)
    weight = made.demand["weight"].to_numpy()
    home = rng.choice(len(weight), size=count, p=weight / weight.sum())
    points = shapely.get_coordinates(made.demand.geometry.array[home])
    points += rng.uniform(-FACILITY_SPREAD_M, FACILITY_SPREAD_M, points.shape) / 111_000.0
    service = rng.permutation(np.resize(made.facilities["service"].to_numpy(object), count))
    label = pd.Series(service, dtype="str") + "-" + pd.Series(np.arange(1, count + 1)).astype("str")
    columns = {"facility": label, "service": pd.Series(service, dtype="str"), "name": label}
    rest = {"layer": "sample", "site": "", "capacity": np.nan}
    return gpd.GeoDataFrame(columns | rest, geometry=shapely.points(points), crs=WGS84)
