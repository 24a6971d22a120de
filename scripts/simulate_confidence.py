"""How often the band around a rate holds the truth: `python scripts/simulate_confidence.py`.

A synthetic city and Monaco are taken for the truth. What may be off is then really off, again and
again: each time the rates are computed from the faulty layers, with their standard errors, and the
band of 1.645 standard errors either side, which should hold the true rate nine times in ten, is
checked against it. Distances are perturbed; then facilities and places are also really moved and
put on the streets anew, which makes access legs longer besides. At last parts of the streets are
withheld, and the bounds checked.

    python scripts/simulate_confidence.py --draws 200 --json simulated.json
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

import lifecircle as lc
from lifecircle.certainty import BAND_SD
from lifecircle.confidence import WALKED_PER_OFF, Errors, Margin, intervals
from lifecircle.geodesy import WGS84, transformer
from lifecircle.network import StreetNetwork, Streets, metres_per_minute, street_network
from lifecircle.rim import with_rim
from lifecircle.sample import SampleCity, city
from lifecircle.straight import straight_time

FACILITY_M, DEMAND_M, NETWORK, ALLOCATION = 30.0, 20.0, 0.02, 0.5
BLOCK_M, SQUARE_M = 500.0, 1500.0
LEAST_SPREAD = 0.002
"""Units whose rate moves by less than this are no test of anything."""
FARTHEST_SD = 3.9
"""Errors are drawn no larger: an access leg shortened by more would be negative."""


@dataclass(frozen=True, eq=False)
class World:
    """A city on its streets, and how it is divided: squares, zones, all of it."""

    name: str
    network: StreetNetwork
    demand: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    services: list[str]
    limit_m: float
    unit: list[np.ndarray]
    level: np.ndarray
    block: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    """What an observer measures: metres and facility by place and service, and weights."""

    metres: np.ndarray
    facility: np.ndarray
    weight: np.ndarray


def world(
    name: str, network: StreetNetwork, layers: tuple[gpd.GeoDataFrame, ...], *, limit_m: float
) -> World:
    """A city from its streets, zones, demand and facilities; the first three services."""
    zones, demand, facilities = layers
    services = list(
        facilities["service"].value_counts().sort_index().loc[lambda n: n > 2].index[:3]
    )
    facilities = facilities[facilities["service"].isin(services)]
    demand = lc.snap(demand, network)
    x, y = transformer(WGS84, network.crs).transform(demand.geometry.x, demand.geometry.y)

    def squares(side_m: float) -> np.ndarray:
        return pd.factorize(x // side_m * 100_000 + y // side_m)[0]

    square, zone = squares(SQUARE_M), zones.index.get_indexer(demand["zone"])
    count = square.max() + 1
    unit = [square, np.where(zone < 0, -1, zone + count), np.full(len(demand), count + len(zones))]
    level = np.repeat(["square", "zone", "city"], [count, len(zones), 1])
    return World(
        name, network, demand, lc.snap(facilities, network).reset_index(drop=True), services,
        limit_m, unit, level, squares(BLOCK_M),
    )  # fmt: skip


def sample_world(sample: SampleCity, *, limit_m: float = 600.0) -> World:
    """A synthetic city as a world."""
    network = street_network(sample.streets, crs=pyproj.CRS("EPSG:4549"))
    layers = sample.zones, sample.demand, sample.facilities
    return world("synthetic city", network, layers, limit_m=limit_m)


def project_world(project: Path, *, limit_m: float) -> World:
    """A project's city, by its first demand layer."""
    checked = lc.check_layers(project)
    demand = next(iter(checked.demands.values()))
    facilities = checked.facilities[["facility", "service", "name", "geometry"]]
    name = checked.project.project.name
    return world(name, checked.network, (checked.zones, demand, facilities), limit_m=limit_m)


# What may be off -----------------------------------------------------------------------------


def measured(
    world: World, facilities: gpd.GeoDataFrame | None = None, extra_m: float = 0.0
) -> Seen:
    """Metres to the nearest facilities; `extra_m` has been added to all of their access legs."""
    taken = lc.travel_time(
        world.network, world.demand, world.facilities if facilities is None else facilities,
        services=world.services, search_minutes=searched(world, extra_m),
    )  # fmt: skip
    known = pd.Index(world.facilities["facility"].unique())
    return Seen(
        metres=taken.minutes.to_numpy() * metres_per_minute(taken.speed_kmh) - extra_m,
        facility=np.column_stack(
            [known.get_indexer(taken.facility[service]) for service in world.services]
        ),
        weight=world.demand["weight"].to_numpy(float),
    )


def searched(world: World, extra_m: float = 0.0) -> float:
    """Minutes to twice the limit, and what an error may add."""
    return 2 * (world.limit_m + extra_m) / metres_per_minute(world.network.speed_kmh)


def drawn(rng: np.random.Generator, error: float, count: int) -> np.ndarray:
    """Normal errors, without the very largest."""
    return error * np.clip(rng.standard_normal(count), -FARTHEST_SD, FARTHEST_SD)


def facilities_shifted(world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """Each facility is nearer or farther for all it serves; another one may now be the nearest."""
    number, names = pd.factorize(world.facilities["facility"])
    walked_m = WALKED_PER_OFF * FACILITY_M
    longest = FARTHEST_SD * walked_m
    leg_m = world.facilities["distance_m"] + drawn(rng, walked_m, len(names))[number] + longest
    return dataclasses.replace(
        measured(world, world.facilities.assign(distance_m=leg_m), longest), weight=seen.weight
    )


def facilities_moved(world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """Each facility really stands elsewhere, and goes to the streets from there."""
    number, _ = pd.factorize(world.facilities["facility"])
    moved = moved_points(world, world.facilities, rng, error_m=FACILITY_M, number=number)
    return dataclasses.replace(measured(world, moved), weight=seen.weight)


def demand_moved(world: World, _seen: Seen, rng: np.random.Generator) -> Seen:
    """Each place really stands elsewhere, and goes to the streets from there."""
    number = np.arange(len(world.demand))
    moved = moved_points(world, world.demand, rng, error_m=DEMAND_M, number=number)
    return measured(dataclasses.replace(world, demand=moved))


def moved_points(
    world: World,
    points: gpd.GeoDataFrame,
    rng: np.random.Generator,
    *,
    error_m: float,
    number: np.ndarray,
) -> gpd.GeoDataFrame:
    """The points, off along either axis, on the streets anew; the same number moves together."""
    at = shapely.get_coordinates(points.to_crs(world.network.crs).geometry)
    at += np.column_stack([drawn(rng, error_m, number.max() + 1) for _ in range(2)])[number]
    geometry = gpd.GeoSeries(shapely.points(at), index=points.index, crs=world.network.crs)
    return lc.snap(points.set_geometry(geometry.to_crs(WGS84)), world.network)


def demand_displaced(world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """Each place is nearer or farther by itself."""
    off = drawn(rng, WALKED_PER_OFF * DEMAND_M, len(world.demand))
    return dataclasses.replace(seen, metres=seen.metres + off[:, None])


def network_stretched(_world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """All streets are longer or shorter alike."""
    return dataclasses.replace(seen, metres=seen.metres * (1 + drawn(rng, NETWORK, 1)))


def people_respread(world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """Each block holds more or fewer people (log-normal: never less than none)."""
    spread = np.sqrt(np.log1p(ALLOCATION**2))
    factor = rng.lognormal(-(spread**2) / 2, spread, world.block.max() + 1)[world.block]
    return dataclasses.replace(seen, weight=seen.weight * factor)


def all_together(world: World, seen: Seen, rng: np.random.Generator) -> Seen:
    """Everything at once."""
    for off in (facilities_shifted, demand_displaced, network_stretched, people_respread):
        seen = off(world, seen, rng)
    return seen


SOURCES: dict[str, tuple[Callable[..., Seen], tuple[float, float, float, float]]] = {
    "facilities": (facilities_shifted, (FACILITY_M, 0, 0, 0)),
    "facilities, really moved": (facilities_moved, (FACILITY_M, 0, 0, 0)),
    "demand": (demand_displaced, (0, DEMAND_M, 0, 0)),
    "demand, really moved": (demand_moved, (0, DEMAND_M, 0, 0)),
    "network": (network_stretched, (0, 0, NETWORK, 0)),
    "allocation": (people_respread, (0, 0, 0, ALLOCATION)),
    "together": (all_together, (FACILITY_M, DEMAND_M, NETWORK, ALLOCATION)),
}


# What is said of it --------------------------------------------------------------------------


def margins(world: World, seen: Seen) -> Iterator[tuple[str, Margin]]:
    """What the closed form takes; the bounds are not at stake here."""
    none = np.zeros(len(seen.weight), dtype=bool)
    for column, service in enumerate(world.services):
        over_m = seen.metres[:, column] - world.limit_m
        yield service, Margin(
            over_m=over_m,
            limit_m=np.full(len(over_m), world.limit_m),
            line_over_m=np.full(len(over_m), -1.0),
            weight=seen.weight,
            facility=seen.facility[:, column],
            covered=over_m <= 1e-4,
            rim_exposed=none, cut_off=none,
            unsnapped=np.isnan(over_m),
            access_m=world.demand["distance_m"].to_numpy(),
        )  # fmt: skip


def errors_of(world: World, sizes: tuple[float, float, float, float]) -> Errors:
    """Standard errors of facilities, places, streets and allocation."""
    facility, demand, network, allocation = sizes
    facilities = np.full(world.facilities["facility"].nunique(), float(facility))
    places = np.full(len(world.demand), float(demand))
    return Errors(facilities, places, network, allocation, world.block)


def closed_form(world: World, seen: Seen, sizes: tuple[float, float, float, float]) -> pd.DataFrame:
    """What is said of the rates, one row per unit and service."""
    parts = dict(margins(world, seen))
    return intervals(parts, errors_of(world, sizes), world.unit, dict.fromkeys(parts, np.nan))


def said(world: World, seen: Seen, sizes: tuple[float, float, float, float]) -> np.ndarray:
    """Rate, its standard error, and that by the density at the limit; by unit and service."""
    table = closed_form(world, seen, sizes)
    density = np.stack([by_density(world, m, sizes) for _, m in margins(world, seen)], axis=1)
    return np.stack([table["rate"], table["sd"], density.ravel()])


def by_density(
    world: World, margin: Margin, sizes: tuple[float, float, float, float]
) -> np.ndarray:
    """The linear formula, to compare with: σ sqrt(Σ g_f²) and δ D Σ g_f, by unit; σ as it is.

    g_f is the share of demand per metre that facility f serves in a window of max(σ, 25 m) either
    side of the limit.
    """
    half_m = max(sizes[0], 25.0)
    share = np.zeros((len(world.level), world.facilities["facility"].nunique()))
    for unit in world.unit:
        inside = unit >= 0
        near = inside & (np.abs(margin.over_m) <= half_m)
        np.add.at(share, (unit[near], margin.facility[near]), margin.weight[near] / (2 * half_m))
        demand = np.bincount(unit[inside], margin.weight[inside], len(share))
        here = demand > 0
        share[here] /= demand[here, None]
    return np.hypot(
        sizes[0] * np.sqrt((share**2).sum(axis=1)), sizes[2] * world.limit_m * share.sum(axis=1)
    )


def simulated(
    world: World, source: str, *, draws: int, rng: np.random.Generator
) -> list[dict[str, object]]:
    """One source of error, by level: how often the band holds the truth, how true its width is."""
    off, sizes = SOURCES[source]
    truth = measured(world)
    rate, sd, density = said(world, truth, sizes)
    seen = np.stack([said(world, off(world, truth, rng), sizes) for _ in range(draws)])
    away = np.abs(seen[:, 0] - rate)
    real = np.sqrt(np.mean(away**2, axis=0))
    holds = away <= BAND_SD * seen[:, 1:].swapaxes(0, 1) + 1e-9
    level = np.repeat(world.level, len(world.services))
    linear = source in ("facilities, really moved", "network")
    found = []
    for name in ("square", "zone", "city"):
        at = (level == name) & (real >= LEAST_SPREAD)
        if at.any():
            ratio = sd[at] / real[at]
            low, middle, high = np.quantile(ratio, [0.1, 0.5, 0.9])
            found.append(
                {
                    "city": world.name, "source": source, "level": name, "cells": int(at.sum()),
                    "spread": float(np.median(real[at])),
                    "ratio": float(middle), "ratio_low": float(low), "ratio_high": float(high),
                    "holds": float(holds[0][:, at].mean()),
                    "ratio_linear": float(np.median(density[at] / real[at])) if linear else None,
                    "holds_linear": float(holds[1][:, at].mean()) if linear else None,
                }
            )  # fmt: skip
    return found


# What the streets may lack -------------------------------------------------------------------


def withheld(kind: str, *, seed: int, nodes: int, limit_m: float = 600.0) -> pd.DataFrame:
    """Units of a city whose streets are cut off at a box (`rim`) or lack a part (`paths`).

    Returns
    -------
        By unit and service: the true rate, and what is said of it without any random error.
    """
    rng = np.random.default_rng(seed)
    sample = city(nodes=nodes, seed=seed, services=3)
    whole = sample_world(sample, limit_m=limit_m)
    lon, lat = sample.streets.lon, sample.streets.lat
    box = tuple(np.quantile(values, share) for share in (0.2, 0.8) for values in (lon, lat))
    if kind == "rim":
        there = (lon > box[0]) & (lon < box[2]) & (lat > box[1]) & (lat < box[3])
        kept = there[sample.streets.u] | there[sample.streets.v]
    else:
        kept = rng.random(len(sample.streets.u)) > 0.05
    network = part_of(sample, kept)
    demand, facilities = whole.demand, whole.facilities
    if kind == "rim":
        network = with_rim(network, box=box)
        demand, facilities = (f.cx[box[0] : box[2], box[1] : box[3]] for f in (demand, facilities))
    at = demand.index.to_numpy()
    seen = dataclasses.replace(
        whole, network=network, demand=lc.snap(demand, network),
        facilities=lc.snap(facilities, network).reset_index(drop=True),
        unit=[unit[at] for unit in whole.unit], block=whole.block[at],
    )  # fmt: skip
    nearest = measured(whole)
    true = Seen(nearest.metres[at], np.full_like(nearest.facility[at], -1), nearest.weight[at])
    return bounded(seen).assign(true=closed_form(seen, true, (0, 0, 0, 0))["rate"])


def part_of(sample: SampleCity, kept: np.ndarray) -> StreetNetwork:
    """The network of some of the street segments."""
    u, v = sample.streets.u[kept], sample.streets.v[kept]
    used, end = np.unique(np.concatenate([u, v]), return_inverse=True)
    lon, lat = sample.streets.lon[used], sample.streets.lat[used]
    streets = Streets.plain(lon, lat, *end.reshape(2, -1))
    return street_network(streets, crs=pyproj.CRS("EPSG:4549"))


def bounded(world: World) -> pd.DataFrame:
    """What is said of a city's rates if nothing is off by chance."""
    pace = metres_per_minute(world.network.speed_kmh)
    taken = lc.travel_time(
        world.network, world.demand, world.facilities, services=world.services,
        search_minutes=searched(world),
    )  # fmt: skip
    line, _ = straight_time(
        world.demand, world.facilities, services=world.services, speed_kmh=world.network.speed_kmh
    )
    exposed = taken.rim.to_numpy() * pace <= world.limit_m
    parts = {
        service: dataclasses.replace(
            margin,
            line_over_m=line[service].to_numpy() * pace - world.limit_m,
            rim_exposed=exposed & ~margin.covered,
            cut_off=taken.cut_off[service].to_numpy(),
        )
        for service, margin in margins(world, measured(world))
    }
    return intervals(parts, errors_of(world, (0, 0, 0, 0)), world.unit, dict.fromkeys(parts, 0.5))


def one_sided(kind: str, *, draws: int, nodes: int, seed: int) -> dict[str, object]:
    """How often the bounds hold the truth, in as many cities, where it is not the stated rate."""
    table = pd.concat(withheld(kind, seed=seed + n, nodes=nodes) for n in range(draws))
    table = table[(table["true"] - table["rate"]).abs() >= LEAST_SPREAD]
    true, low, high, line = (table[n] for n in ("true", "rate_low", "rate_high", "rate_line"))
    above = true >= low - 1e-9
    return {
        "city": "synthetic cities", "source": kind, "cells": len(table),
        "spread": float((true - table["rate"]).abs().median()),
        "width": float((high - low).median()),
        "holds": float((above & (true <= high + 1e-9)).mean()),
        "holds_below_line": float((above & (true <= np.minimum(high, line) + 1e-9)).mean()),
        "line_holds": float((true <= line + 1e-9).mean()),
    }  # fmt: skip


def main() -> None:
    """Simulate, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(
        description="How often the band around a rate holds the truth."
    )
    parser.add_argument("--draws", type=int, default=200, help="faulty worlds per source of error")
    parser.add_argument("--nodes", type=int, default=40_000, help="size of the synthetic city")
    parser.add_argument("--project", type=Path, help="another city than Monaco, by project file")
    parser.add_argument("--limit", type=float, default=400.0, help="its limit in metres")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    asked = parser.parse_args()
    sample = city(nodes=asked.nodes, seed=asked.seed, services=3)
    project = project_world(asked.project or lc.monaco_project(), limit_m=asked.limit)
    rows = []
    for each in (sample_world(sample), project):
        for number, source in enumerate(SOURCES):
            rng = np.random.default_rng([asked.seed, number])
            rows += simulated(each, source, draws=asked.draws, rng=rng)
    bounds = [
        one_sided(kind, draws=max(2, asked.draws // 20), nodes=asked.nodes // 2, seed=asked.seed)
        for kind in ("rim", "paths")
    ]
    for table in (pd.DataFrame(rows), pd.DataFrame(bounds)):
        print(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"), end="\n\n")
    if asked.json:
        asked.json.write_text(json.dumps(rows + bounds, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
