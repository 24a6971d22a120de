"""A tiny Chinese city as a planner's folder holds it: GBK, GCJ-02, codes with leading zeros.

    y=0   0001 --- A --------- 0002 | 0003 --- B ------------- 0004
    x=    100     500          1400 | 1700    2000             3100     metres along one street

Zone 010101 (老城街道) lies west of x = 1550, zone 010102 (新城街道) east of it. At 4 km/h 15
minutes are 1,000 m: clinic A reaches 0001 (400 m) and 0002 (900 m), clinic B 0002 (600 m) and
0003 (300 m); 0004 is 1,100 m away from B. Hence 160 of 160 persons in the west, 40 of 240 in the
east, and half of the city; without B 160 of 400 (0003 is 1,200 m away from A).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from lifecircle.datum import gcj02_from_wgs84
from tests.conftest import degrees
from tests.drawn import in_degrees

STREET_M = [0, 1000, 2000, 3200]
PEOPLE = {
    "0001": (100, 100, 30),
    "0002": (1400, 60, 6),
    "0003": (1700, 40, 4),
    "0004": (3100, 200, 8),
}
CLINICS = {"A": (500, "城隍庙卫生院"), "B": (2000, "新城卫生服务中心")}
WEST, EAST = shapely.box(-100, -300, 1550, 300), shapely.box(1550, -300, 3300, 300)
ZONES = {"010101": ("老城街道", WEST), "010102": ("新城街道", EAST)}

PROJECT = """
schema = 1

[project]
name = "老城区"
language = "en"

[network]
source = "道路.geojson"

[zones]
source = "街镇.geojson"
id = "编码"
name = "名称"

[[demand]]
name = "people"
source = "人口.csv"
x = "经度"
y = "纬度"
crs = "EPSG:4326"
id = "编号"
weight = "常住人口"
unit = "persons"

[[facilities]]
name = "clinics"
source = "卫生.csv"
service_column = "类型"
x = "lng"
y = "lat"
crs = "GCJ-02"
id = "编号"
title = "名称"

[facilities.map]
卫生院 = "health"

[standard]
all = ["health"]
"""


def along(x: float, y: float = 0.0) -> tuple[float, float]:
    """Degrees of a point in metres from the street's west end."""
    lon, lat = degrees(np.array([x]), np.array([y]))
    return float(lon[0]), float(lat[0])


class City:
    """The project file and its layers in a folder, each of which a test may spoil."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = folder / "项目.toml"
        self.out = folder / "项目-out"
        folder.mkdir(parents=True, exist_ok=True)
        self.project.write_text(PROJECT, encoding="utf-8")
        self.layer("道路.geojson", [shapely.LineString([(x, 0) for x in STREET_M])])
        names, shapes = zip(*ZONES.values(), strict=True)
        self.layer("街镇.geojson", shapes, 编码=list(ZONES), 名称=names)
        self.people()
        self.clinics()

    def path(self, name: str) -> Path:
        return self.folder / name

    def layer(self, name: str, shapes: Any, crs: Any = 4326, **columns: Any) -> Path:
        """A layer of shapes drawn in metres from the street's west end."""
        geometry = [shape and in_degrees(shape) for shape in shapes]
        frame = gpd.GeoDataFrame(dict(columns), geometry=geometry, crs=4326).to_crs(crs)
        self.write(name, frame)
        return self.path(name)

    def write(self, name: str, frame: gpd.GeoDataFrame, **options: Any) -> None:
        frame.to_file(self.path(name), engine="pyogrio", **options)

    def people(self, **cells: list[object]) -> None:
        """The population, in GBK; `cells` replace or add columns."""
        lon, lat = zip(*(along(x) for x, _, _ in PEOPLE.values()), strict=True)
        table = {
            "编号": list(PEOPLE), "经度": lon, "纬度": lat,
            "常住人口": [number for _, number, _ in PEOPLE.values()],
            "60岁及以上": [aged for _, _, aged in PEOPLE.values()],
        }  # fmt: skip
        self.table("人口.csv", table | cells)

    def clinics(self, **cells: list[object]) -> None:
        """The health centres, in GBK and GCJ-02; `cells` replace or add columns."""
        lon, lat = zip(*(along(x, 5) for x, _ in CLINICS.values()), strict=True)
        lng, lat = gcj02_from_wgs84(np.array(lon), np.array(lat))
        names = [name for _, name in CLINICS.values()]
        table = {"编号": list(CLINICS), "名称": names, "类型": "卫生院", "lng": lng, "lat": lat}
        self.table("卫生.csv", table | cells)

    def table(self, name: str, cells: dict[str, Any], encoding: str = "gbk") -> None:
        text = pd.DataFrame(cells).to_csv(index=False, lineterminator="\r\n")
        self.path(name).write_bytes(text.encode(encoding))

    def edit(self, name: str, old: str, new: str, encoding: str = "gbk") -> None:
        """Replaces text that must stand in a file exactly once."""
        text = self.path(name).read_bytes().decode(encoding)
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.path(name).write_bytes(text.replace(old, new).encode(encoding))

    def set(self, old: str, new: str) -> None:
        """Edits the project file."""
        self.edit("项目.toml", old, new, "utf-8")

    def findings(self) -> pd.DataFrame:
        return pd.read_csv(self.out / "findings.csv", dtype=str, keep_default_na=False).set_index(
            "code"
        )

    def coverage(self, service: str = "health") -> pd.DataFrame:
        """The rows of one service, by zone; the city's under ""."""
        kinds = {"zone": str, "name": str, "parent": str}
        table = pd.read_csv(
            self.out / "coverage.csv", dtype=kinds, keep_default_na=False, na_values=[""]
        )
        table["zone"] = table["zone"].fillna("")
        return table[table["service"] == service].set_index("zone")

    def run_record(self) -> dict[str, Any]:
        return dict(json.loads((self.out / "run.json").read_text("utf-8")))
