"""A synthetic city as the files of a project, as a planner would have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import osmium
from osmium.osm.mutable import Node, Way

from lifecircle.chains import chains_of, walked
from lifecircle.network import Streets
from lifecircle.sample import SampleCity
from lifecircle.standards import Standard

_PROJECT = """\
schema = 1

[project]
name = "示例城市"

[network]
source = "roads.osm.pbf"

[zones]
source = "zones.parquet"
id = "zone"
name = "name"
parent = "parent"
area_type = "area_type"

[[demand]]
name = "people"
source = "people.parquet"
id = "id"
weight = "weight"
unit = "persons"
groups = { aged_60 = "aged_60", aged_80 = "aged_80", age_0_14 = "age_0_14" }

[[facilities]]
name = "facilities"
source = "facilities.parquet"
id = "facility"
service_column = "service"

[standard]
profile = "standard.toml"
"""


def write_sample(city: SampleCity, folder: str | Path) -> Path:
    """Write a synthetic city as files, and a project file that names them.

    `roads.osm.pbf` (ways from crossing to crossing, a box in its header), `zones.parquet`,
    `people.parquet`, `facilities.parquet` and `standard.toml`. Degrees of streets are rounded to
    seven decimals, as OSM keeps them.

    Parameters
    ----------
    folder
        Made if it is not there; files of these names in it are replaced.

    Returns
    -------
        The path of `project.toml`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_roads(city.streets, folder / "roads.osm.pbf")
    city.zones.reset_index().to_parquet(folder / "zones.parquet")
    city.demand.drop(columns="zone").to_parquet(folder / "people.parquet")
    columns = ["facility", "service", "name", "capacity", "geometry"]
    city.facilities[columns].to_parquet(folder / "facilities.parquet")
    (folder / "standard.toml").write_text(_standard(city.standard), encoding="utf-8")
    project = folder / "project.toml"
    project.write_text(_PROJECT, encoding="utf-8")
    return project


def _write_roads(streets: Streets, path: Path) -> None:
    """Nodes numbered from 1 in order, and ways of segments of one kind between crossings."""
    kinds = streets.steps + 2 * streets.tunnel.astype(np.int64)
    ends, even = (streets.u, streets.v), np.ones(len(streets.u))
    chains = chains_of(streets.lon, streets.lat, ends, (even, even), kinds=kinds)
    edge = walked(chains.chain, chains.rank, chains.edges)
    near, far = (np.where(chains.flipped, *each)[edge] + 1 for each in (ends[::-1], ends))
    header = osmium.io.Header()
    west, east = float(streets.lon.min()), float(streets.lon.max())
    south, north = float(streets.lat.min()), float(streets.lat.max())
    header.add_box(osmium.osm.Box(west, south, east, north))
    header.set("sorting", "Type_then_ID")
    header.set("osmosis_replication_timestamp", "2020-01-01T00:00:00Z")
    with osmium.SimpleWriter(path, header=header, overwrite=True) as writer:
        places = zip(streets.lon.tolist(), streets.lat.tolist(), strict=True)
        for number, place in enumerate(places, start=1):
            writer.add_node(Node(id=number, location=place, version=1))
        stop = 0
        for number, count in enumerate(chains.edges.tolist(), start=1):
            start, stop = stop, stop + count
            nodes = [int(near[start]), *far[start:stop].tolist()]
            tags = {"highway": "steps" if kinds[edge[start]] % 2 else "residential"}
            if kinds[edge[start]] >= 2:
                tags["tunnel"] = "yes"
            writer.add_way(Way(id=number, nodes=nodes, tags=tags, version=1))


def _standard(standard: Standard) -> str:
    """The standard's file."""
    lines = [
        f'name_zh = "{standard.name_zh}"',
        f'name_en = "{standard.name_en}"',
        f"target = {standard.target}",
        f"all = {json.dumps(standard.all)}",
    ]
    for service in standard.services:
        areas = ", ".join(f"{area} = {value}" for area, value in service.minutes_by_area.items())
        lines += [
            "",
            f"[services.{service.key}]",
            f"minutes = {service.minutes}",
            f"minutes_by_area = {{ {areas} }}",
            f'name_zh = "{service.name_zh}"',
            f'name_en = "{service.name_en}"',
        ]
    return "\n".join(lines) + "\n"
