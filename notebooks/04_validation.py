# %% [markdown]
# # Are the minutes right? · 分钟数对不对？
#
# Every rate is read off one table of minutes. Here the minutes of Monaco are computed again by other
# means, and each comparison says what it can show and what it cannot.
# 所有覆盖率都来自同一张分钟表。这里用其他方法重算摩纳哥的分钟数，并说明每种对照能说明什么、不能说明什么。
#
# | | compared with | shares with the package | can show |
# |--:|---|---|---|
# | 1 | Dijkstra in NetworkX | streets, positions on them | that the search is right |
# | 2 | brute force over all edges | streets | that positions and access legs are right |
# | 3 | the straight line | positions | a bound that nothing may break |
# | 4 | OSMnx, node to node | the OSM extract | what snapping to edges changes |
# | 5 | a walk over a raster | the lines of the streets | that the pieces are joined as drawn |
# | 6 | polygons of isochrones | everything but the question asked | why rates do not come from polygons |
# | 7 | what travellers wrote | nothing | gross errors |
#
# Nobody walked Monaco with a stopwatch for this: agreement of 1 to 5 means that the package computes
# what it says it computes, on OpenStreetMap of 2023-12-26, at 4 km/h, on flat ground.
# 没有人为此实地计时：1 至 5 一致，只说明程序按所述方法算对了。© OpenStreetMap contributors, ODbL 1.0

# %%
import itertools
import re
import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import osmnx as ox
import pandas as pd
import pyproj
import shapely
from scipy import sparse
from scipy.sparse import csgraph

import lifecircle as lc

run = lc.analyse(lc.monaco_project())
network, places, facilities = run.network, run.demand, run.facilities
ours = run.travel_time.minutes.dropna(axis="columns", how="all")
ours = ours[[service for service in ours if (facilities["service"] == service).any()]]
PACE = 4000 / 60  # metres a minute
geod = pyproj.Geod(ellps="WGS84")
ours.shape

# %% [markdown]
# ## 1 · Dijkstra in NetworkX
#
# The exported graph, with one more node for every place and access point: at its fraction of its
# edge, and beside it the end of the access leg. Then plain `nx.dijkstra`, which knows nothing of
# edges, fractions or legs. 每个点都作为新节点插入导出的图，用 NetworkX 普通最短路重算。

# %%
graph = lc.to_networkx(network)
stops = {}
for kind, frame in (("place", places), ("access", facilities)):
    for at, (edge, fraction, leg) in enumerate(
        zip(frame["edge"], frame["fraction"], frame["distance_m"], strict=True)
    ):
        if edge >= 0:
            stops.setdefault(edge, []).append((fraction, (kind, at)))
            graph.add_edge((kind, at), (kind, at, "street"), length=leg)
for edge, on_it in stops.items():
    u, v = int(network.u[edge]), int(network.v[edge])
    whole = min(data["length"] for data in graph[u][v].values())
    chain = [(0.0, u), *((part, (*name, "street")) for part, name in sorted(on_it)), (1.0, v)]
    for (here, a), (there, b) in itertools.pairwise(chain):
        graph.add_edge(a, b, length=(there - here) * whole)

theirs = pd.DataFrame(index=ours.index, columns=ours.columns, dtype=float)
for service in ours:
    starts = [("access", at) for at in np.flatnonzero(facilities["service"] == service)]
    starts = [start for start in starts if start in graph]
    metres = nx.multi_source_dijkstra_path_length(graph, set(starts), weight="length")
    theirs[service] = [metres.get(("place", at), np.inf) / PACE for at in range(len(places))]
theirs = theirs.where(theirs <= run.travel_time.search_minutes, np.inf)
theirs.loc[places["edge"] < 0] = np.nan

np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
reached = np.isfinite(ours) & np.isfinite(theirs)
pd.Series(
    {
        "places × services": ours.size,
        "reached within 30 minutes, by both": int(reached.sum().sum()),
        "largest difference, minutes": f"{(ours - theirs).where(reached).abs().max().max():.1e}",
    },
    dtype=object,
)

# %% [markdown]
# ## 2 · Positions by brute force
#
# Each building against every one of the street segments, with nothing but shapely and the ellipsoid:
# the nearest segment, the fraction along it, the access leg. Buildings that the island rule moved are
# left out. 每栋建筑与全部路段逐一比较，重算最近路段、所在比例与接入距离（按孤岛规则移动的除外）。

# %%
to_plane = pyproj.Transformer.from_crs("EPSG:4326", network.crs, always_xy=True)
nodes = np.column_stack(to_plane.transform(network.lon, network.lat))
segments = shapely.linestrings(np.stack([nodes[network.u], nodes[network.v]], axis=1))
kept = np.flatnonzero((places["edge"] >= 0) & ~places["moved"].astype(bool))
points = shapely.points(*to_plane.transform(places.geometry.x[kept], places.geometry.y[kept]))
away = np.array([shapely.distance(segments, point) for point in points])
nearest = away.argmin(axis=1)
foot = shapely.line_interpolate_point(
    segments[nearest], shapely.line_locate_point(segments[nearest], points)
)
foot_lon, foot_lat = to_plane.transform(*shapely.get_coordinates(foot).T, direction="INVERSE")
leg = geod.inv(places.geometry.x[kept], places.geometry.y[kept], foot_lon, foot_lat)[2]
np.testing.assert_allclose(leg, places["distance_m"].to_numpy()[kept], rtol=0, atol=1e-6)
pd.Series(
    {
        "buildings": len(kept),
        "street segments": len(segments),
        "on the same segment": int((nearest == places["edge"].to_numpy()[kept]).sum()),
        "largest difference of legs, m": f"{np.abs(leg - places['distance_m'].iloc[kept]).max():.1e}",
    },
    dtype=object,
)

# %% [markdown]
# One building by hand: legs and path of `lc.explain`, the path measured anew on the ellipsoid.
# 一栋建筑，手工核对：接入段 + 路径（在椭球面上重新量取）+ 设施接入段。

# %%
walk = lc.explain(network, places, facilities, places["id"].iloc[100], "culture")
path_m = geod.geometry_length(walk.path)
by_hand = (walk.access_m + path_m + walk.facility_access_m) / PACE
np.testing.assert_allclose([by_hand, ours["culture"].iloc[100]], walk.minutes, rtol=0, atol=1e-6)
walk.name, walk.access_m, path_m, walk.facility_access_m, walk.minutes, by_hand

# %% [markdown]
# ## 3 · The straight line
#
# Nobody is quicker than straight: the ellipsoidal distance to the nearest access point, at the same
# speed. The detour factor says by how much the streets are longer. 没有人快过直线；绕行系数见下。

# %%
straight = pd.DataFrame(index=ours.index, columns=ours.columns, dtype=float)
for service in ours:
    ends = facilities[facilities["service"] == service].geometry
    every = np.meshgrid(places.geometry.x, ends.x), np.meshgrid(places.geometry.y, ends.y)
    apart = geod.inv(every[0][0], every[1][0], every[0][1], every[1][1])[2]
    straight[service] = apart.min(axis=0) / PACE
too_quick = int((ours < straight - 1e-9).sum().sum())
np.testing.assert_equal(too_quick, 0)
detour = (ours / straight).where(reached & (straight > 2))
detour.describe(percentiles=[0.05, 0.5, 0.95]).T.round(2)

# %% [markdown]
# ## 4 · OSMnx, from node to node
#
# The usual recipe: OSMnx builds its graph from the same extract (by its own rules of what can be
# walked), places and facilities go to the nearest *node*, and the time between nodes counts, without
# legs. Twice: with the nodes that OSMnx keeps by default, and with every bend as a node.
# 常见做法：OSMnx 用同一提取文件建图，点接到最近的“节点”，只算节点之间的时间、不含接入段。

# %%
written = ox._overpass._get_network_filter("walk")  # OSMnx says its rules nowhere else
rules = re.findall(r'\["([^"]+)"(?:!~"([^"]+)")?\]', written)
xml = Path(tempfile.mkdtemp(prefix="lifecircle-")) / "walk.osm"
extract = lc.monaco_project().with_name("monaco.osm.pbf")
walked = {
    way.id: [node.ref for node in way.nodes]
    for way in osmium.FileProcessor(extract, osmium.osm.WAY)
    if all(
        not re.search(barred, way.tags.get(key, "")) if barred else key in way.tags
        for key, barred in rules
    )
}
used = set(itertools.chain(*walked.values()))
with osmium.SimpleWriter(xml) as writer:
    for each in osmium.FileProcessor(extract):
        if (each.is_node() and each.id in used) or (each.is_way() and each.id in walked):
            writer.add(each)

by_osmnx, sizes = {}, {}
for name, simplify in (("junctions", True), ("every bend", False)):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it cannot tell an extract from a clipped answer
        drawn = ox.graph_from_xml(xml, bidirectional=True, simplify=simplify, retain_all=True)
    drawn = ox.project_graph(drawn, to_crs=network.crs)
    node, leg = ox.nearest_nodes(
        drawn, *to_plane.transform(places.geometry.x, places.geometry.y), return_dist=True
    )
    end, end_leg = ox.nearest_nodes(
        drawn, *to_plane.transform(facilities.geometry.x, facilities.geometry.y), return_dist=True
    )
    sizes[name] = len(drawn)
    drawn.add_edges_from(
        (("leg", at), end[at], {"length": end_leg[at]}) for at in range(len(facilities))
    )
    bare = pd.DataFrame(index=ours.index, columns=ours.columns, dtype=float)
    with_legs = bare.copy()
    for service in ours:
        offering = np.flatnonzero(facilities["service"] == service)
        for table, starts in ((bare, end[offering]), (with_legs, [("leg", at) for at in offering])):
            metres = nx.multi_source_dijkstra_path_length(drawn, set(starts), weight="length")
            table[service] = [metres.get(one, np.inf) / PACE for one in node]
        with_legs[service] += leg / PACE
    by_osmnx[f"{name}, no legs"], by_osmnx[f"{name}, with legs"] = bare, with_legs
sizes

# %%
weight, zone = places["weight"], places["zone"]
in_reach = {"lifecircle": ours <= 15} | {name: each <= 15 for name, each in by_osmnx.items()}
rates = {
    name: covered.mul(weight, axis=0).groupby(zone).sum().div(weight.groupby(zone).sum(), axis=0)
    for name, covered in in_reach.items()
}
summary = {}
for name, each in by_osmnx.items():
    both = reached & np.isfinite(each)
    off = pd.Series((each - ours).to_numpy()[both])
    city = in_reach[name].mul(weight, axis=0).sum() / weight.sum() * 100
    summary[name] = {
        "median, min": off.median(),
        "median size": off.abs().median(),
        "within 1 min, %": (off.abs() <= 1).mean() * 100,
        "largest": off.abs().max(),
        "culture, city %": city["culture"],
        "verdicts that turn": int(
            ((rates[name] >= 0.85) != (rates["lifecircle"] >= 0.85)).sum().sum()
        ),
    }
city = in_reach["lifecircle"].mul(weight, axis=0).sum() / weight.sum() * 100
summary["lifecircle"] = {"culture, city %": city["culture"]}
pd.DataFrame(summary).T.round(2)

# %% [markdown]
# Without the legs most walks come out shorter than they are, and junctions alone are off by up to
# twelve minutes. With every bend as a node, and legs, the middle difference is a tenth of a minute.
# What is left has a reason: the nearest bend often belongs to another street than the nearest point.
# 不算接入段，多数步行时间偏短；只用路口作节点，误差可达十二分钟。每个折点都作节点并计入接入段，差异的中位数
# 只有 0.1 分钟；其余多因最近的折点往往不在最近的那条路上。

# %%
bend = np.array([[drawn.nodes[one]["x"], drawn.nodes[one]["y"]] for one in node])
edge = places["edge"].to_numpy()
gap_m = [np.hypot(*(bend - nodes[ends[edge]]).T) for ends in (network.u, network.v)]
elsewhere = np.minimum(*gap_m) > 0.5
far_off = (by_osmnx["every bend, with legs"] - ours).where(reached).abs() > 1
pd.Series(
    {
        "buildings whose nearest bend is on another street, %": elsewhere.mean() * 100,
        "of all differences over a minute, at those, %": (
            far_off[elsewhere].sum().sum() / far_off.sum().sum() * 100
        ),
    }
).round(1)

# %% [markdown]
# ## 5 · A walk over a raster
#
# The streets painted onto cells of 1 m, and the shortest way from cell to cell: no node, no edge, no
# fraction is left. Steps in eight directions make a line up to 8.2 % too long, so the ratio of raster
# to ours may reach 1.082 and not more: no walk of ours is shorter than the streets as drawn. It does
# fall below 1, and that proves nothing against the minutes: a flat picture joins what is apart, and
# Monaco is full of tunnels, bridges and stairs beside roads. 把道路画到 1 米栅格上逐格行走：八方向行走最多
# 偏长 8.2 %，所以比值不应超过 1.082，即没有哪段路比图上画的更短。比值小于 1 不说明有错：平面图把隧道、
# 桥梁、台阶与旁边的路连在了一起。

# %%
CELL_M = 1.0
dense = shapely.get_coordinates(shapely.segmentize(segments, CELL_M / 4))
spots = {"places": places, "facilities": facilities}
lonlat = np.vstack([frame[["street_lon", "street_lat"]].dropna() for frame in spots.values()])
stand = np.column_stack(to_plane.transform(*lonlat.T))
corner = dense.min(axis=0) - CELL_M
column, row = np.floor((np.vstack([dense, stand]) - corner) / CELL_M).astype(int).T
width = column.max() + 2
cells, which = np.unique(row * width + column, return_inverse=True)
links = []
for step, metres in ((1, 1), (width, 1), (width + 1, 2**0.5), (width - 1, 2**0.5)):
    at = np.searchsorted(cells, cells + step).clip(max=len(cells) - 1)
    here = np.flatnonzero(cells[at] == cells + step)
    links.append((here, at[here], np.full(len(here), metres * CELL_M)))
start = len(cells)
stand_cell = which[len(dense) :]
on_street = [(frame["edge"] >= 0).to_numpy() for frame in spots.values()]
place_cell = stand_cell[: on_street[0].sum()]
access_cell = stand_cell[on_street[0].sum() :]
by_raster = pd.DataFrame(np.nan, index=ours.index, columns=ours.columns)
offered = facilities[on_street[1]]
for service in ours:
    first = np.flatnonzero(offered["service"] == service)
    legs = offered["distance_m"].to_numpy()[first] + 1e-6
    nearest_leg = pd.Series(legs).groupby(access_cell[first]).min()
    from_start = (np.full(len(nearest_leg), start), nearest_leg.index, nearest_leg)
    a, b, cost = (np.concatenate(parts) for parts in zip(*links, from_start, strict=True))
    grid = sparse.csr_array((cost, (a, b)), shape=(start + 1, start + 1))
    metres = csgraph.dijkstra(grid, directed=False, indices=start)[place_cell]
    by_raster.loc[on_street[0], service] = (
        metres + places["distance_m"].to_numpy()[on_street[0]]
    ) / PACE
ratio = pd.Series((by_raster / ours).to_numpy()[reached & (ours > 2)])
np.testing.assert_array_less(ratio, 1.0824)
ratio.describe(percentiles=[0.01, 0.05, 0.25, 0.5, 0.95, 0.99]).round(3)

# %% [markdown]
# ## 6 · Isochrones against minutes
#
# The same limit, asked of a polygon: is the building inside the area? With bands around the streets
# reached the answer depends on how wide they are drawn; contours of the minutes come close, and never
# quite agree. Share of floor area, %. 同样的时限，用等时圈多边形判断：缓冲多边形的结果取决于缓冲宽度；
# 分钟数等值线较接近，但仍不完全一致（占建筑面积的百分比）。

# %%
culture = facilities[facilities["service"] == "culture"]
covered = (ours["culture"] <= 15).to_numpy()
table = {}
asked = {"standard": run.standard, "each_facility": False}
drawn = {
    f"bands of {width_m} m to either side": lc.buffered_isochrones(
        network, culture, buffer_m=width_m, **asked
    )
    for width_m in (5, 10, 25, 50, 100)
} | {
    f"contour on a grid of {step_m} m": lc.isochrones(
        network, culture, resolution_m=step_m, **asked
    )
    for step_m in (25, 10)
}
for name, areas in drawn.items():
    area = areas.loc[areas["service"] == "culture", "geometry"].item()
    inside = shapely.covers(area, places.geometry.to_numpy())
    share = {
        "inside": inside,
        "inside, but not in 15 minutes": inside & ~covered,
        "in 15 minutes, but outside": covered & ~inside,
    }
    table[name] = {what: weight[which].sum() / weight.sum() * 100 for what, which in share.items()}
table["minutes at the building"] = {"inside": weight[covered].sum() / weight.sum() * 100}
pd.DataFrame(table).T.round(2)

# %% [markdown]
# ## 7 · What travellers wrote
#
# Walking times in Monaco that people published, found on the web in November 2026, with both ends
# named: all that were found. They are rounded, at an unknown pace, uphill or down, with stops: they
# can show a gross error and nothing finer. a and b agree; c climbs 60 m, which flat minutes do not
# count; d is twice ours, along the quay rather than by the shortest way. Ends are the OSM objects of
# those names. 网上能找到的、起终点明确的步行时间：四舍五入、步速不明、含坡度和停留，只能发现严重错误。
# a、b 相符；c 要爬升 60 米，而本程序不计坡度；d 是沿码头走，约为最短路的两倍。
#
# - a: from Place Sainte-Dévote at the station to the casino, about 10 minutes:
#   [twaandtabikuma.hatenablog.com](https://twaandtabikuma.hatenablog.com/entry/48356029)
# - b: from the Columbus hotel to the main casinos, about 30 minutes:
#   [cityofsimplicity.co.uk](https://cityofsimplicity.co.uk/1365/24-hours-monte-carlo-monaco)
# - c: from the road below up to the palace, a brisk 10 to 15 minutes; taken here from Place d'Armes:
#   [cheaptravel2day.blogspot.com](https://cheaptravel2day.blogspot.com/2017/05/monaco-another-day-another-country.html)
# - d: from the station along the quay to the foot of that hill, about 20 minutes; taken here from
#   Place Sainte-Dévote to Place d'Armes:
#   [turpravda.org](https://turpravda.org/places/mc/monako/Knjazheskij_dvorec_Monako-s5266/r204067.html)

# %%
ends = {
    "sainte_devote": (7.42107, 43.73671),  # node/280488113
    "casino": (7.42802, 43.73916),  # node/4416197079
    "columbus": (7.42007, 43.72739),  # node/3915348177
    "armes": (7.41968, 43.73249),  # way/4227203
    "palace": (7.42138, 43.73113),  # node/4938436910, Place du Palais
}
walks = [("a", "sainte_devote", "casino", "10"), ("b", "columbus", "casino", "30")]
walks += [("c", "armes", "palace", "10–15"), ("d", "sainte_devote", "armes", "20")]
spot = gpd.GeoDataFrame(
    {"id": list(ends), "service": list(ends), "facility": list(ends)},
    geometry=gpd.points_from_xy(*zip(*ends.values(), strict=True)),
    crs="EPSG:4326",
)
spot = lc.snap(spot, network)
between = lc.travel_time(network, spot, spot, search_minutes=60).minutes.set_axis(spot["id"])
pd.DataFrame(
    [
        (key, one, other, told, between.loc[one, other], between.loc[one, other] * 4 / 5)
        for key, one, other, told in walks
    ],
    columns=["", "from", "to", "published, min", "lifecircle, 4 km/h", "at 5 km/h"],
).round(1)
