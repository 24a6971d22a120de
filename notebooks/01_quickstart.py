# %% [markdown]
# # Who can walk to what? · 谁能走到？
#
# From streets, people and facilities to a coverage rate, on the real sample: Monaco, nine wards.
# 以摩纳哥九个分区的真实数据为例，从道路、需求和设施得到步行覆盖率。
#
# © OpenStreetMap contributors, ODbL 1.0

# %%
import lifecircle as lc

# %% [markdown]
# ## The whole run in one call · 一步到位
#
# A project file names every layer. The table carries its definition (口径) in every row.
# 项目文件列出全部图层；结果表每一行都带有口径。

# %%
run = lc.analyse(lc.monaco_project())
city = run.coverage[run.coverage["level"] == "city"]
city[["definition", "service", "minutes", "demand", "covered", "rate", "target", "status"]]

# %% [markdown]
# What a reviewer should know of the inputs · 数据中需要留意之处

# %%
[found.message.text("en") for found in run.findings if found.severity == "warning"]

# %% [markdown]
# ## The same, step by step · 分步计算
#
# **Load** streets, zones, and the standard: which services count, within how many minutes.
# **读取**道路、分区和标准（哪些服务、多少分钟）。

# %%
folder = lc.monaco_project().parent
extract = folder / "monaco.osm.pbf"
standard = lc.read_standard("osm-15min")
network = lc.read_network(extract)
zones = lc.read_zones(folder / "wards.geojson", id="osm_relation", name="name").frame
network

# %% [markdown]
# **Put demand and facilities on the streets**: each place goes to the nearest point of the nearest
# street. Demand is the floor area of residential buildings.
# **把需求和设施接到道路上**：接到最近道路的最近点。需求为住宅建筑面积。

# %%
buildings = lc.read_demand("osm:buildings", zones, extract=extract).frame
listed = lc.read_facilities("osm", standard, zones=zones, network=network, extract=extract).frame
demand, facilities = lc.snap(buildings, network), lc.snap(listed, network)
demand[["id", "zone", "weight", "edge", "fraction", "distance_m"]].head()

# %% [markdown]
# **Minutes** from every building to the nearest facility of every service. `inf` is farther than
# was searched, `NaN` is not on the streets; neither is ever replaced by a number.
# **分钟数**：每栋住宅到各类最近设施的步行时间。

# %%
travel_time = lc.travel_time(network, demand, facilities)
travel_time.minutes.agg(["min", "median", "max"]).round(1)

# %% [markdown]
# **Coverage**: the share of demand within the limit, zone by zone, with sums that add up.
# **覆盖率**：各分区在时限内的需求占比，各级合计严格相等。

# %%
definition = lc.Definition("floor_area.network", demand="floor_area", unit="m²")
coverage = lc.coverage(travel_time, demand, zones, standard, definition)
wards = coverage[coverage["level"] == "zone"]
wards.pivot_table(values="rate", index="name", columns="service")

# %% [markdown]
# Step by step and in one call, the numbers are the same · 两种方式结果一致

# %%
(coverage["rate"] - run.coverage["rate"]).abs().max()

# %% [markdown]
# Any other limit or speed is read from the same minutes, without a new search.
# 换时限、换步速都用同一张分钟表，无需重新计算。

# %%
in_ten = lc.coverage(travel_time, demand, zones, standard.at(10), definition)
in_ten[in_ten["level"] == "city"].set_index("service")[["minutes", "rate", "status"]]

# %% [markdown]
# One building, to recompute by hand: where it walks, and how far.
# 单点核对：一栋住宅走到哪里、走了多远。

# %%
walk = lc.explain(network, demand, facilities, demand["id"].iloc[0], "culture")
walk.name, walk.minutes, walk.access_m, walk.path_m, walk.facility_access_m

# %% [markdown]
# ## The coverage curve · 覆盖率曲线
#
# The share of floor area that reaches culture within so many minutes.
# 在不同时限内可步行到达文化设施的住宅建筑面积占比。

# %%
shares = lc.curve(travel_time, demand, "culture") * 100
axes = shares.drop(columns="city").plot(color="#9aa5b1", linewidth=1, legend=False)
shares["city"].plot(ax=axes, color="#0b5cad", linewidth=3)
axes.axvline(15, color="#16202b", linewidth=1)
axes.axhline(85, color="#16202b", linewidth=1, linestyle="--")
_ = axes.set(
    title="Culture: the city (blue) and its nine wards; limit 15 min, target 85 %",
    xlabel="minutes on foot",
    ylabel="% of residential floor area",
    xlim=(0, 30),
    ylim=(0, 101),
)

# %% [markdown]
# ## Maps · 地图
#
# Folium maps: blue meets the target, orange to brown does not, dashed is undecided; numbers on hover.
# `lc.gap_map` shows people short as circles. `lc.save_offline(picture, "map.html")` writes one file
# that needs no network. 蓝色达标，橙色至棕色未达标，虚线待定；`lc.gap_map` 以圆表示缺口人数；
# `lc.save_offline` 可存为无需联网的单个文件。

# %%
lc.coverage_map(zones, coverage, service="culture")

# %% [markdown]
# Within fifteen minutes of a library, museum or theatre · 文化设施的15分钟步行范围

# %%
culture = facilities[facilities["service"] == "culture"]
areas = lc.isochrones(network, culture, standard)
lc.isochrone_map(areas[areas["kind"] == "service"], culture)

# %% [markdown]
# ## Your own city · 换成你的城市
#
# `lifecircle init city.osm.pbf` writes a project file to start from, `lifecircle run project.toml`
# makes the report, and `lc.open_run("project-out")` opens its results here. `02_your_city` starts
# from messy tables, `03_definitions` asks one city six questions, `04_validation` computes the minutes
# again by other means. 后续：02 从原始表格开始，03 同城六种口径，04 验证分钟数。
