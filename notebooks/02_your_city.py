# %% [markdown]
# # Your city · 换成你的城市
#
# From the tables as they lie in a planning office to a report that can be shown: write the project
# file, check, mend, run, look, ask what one more facility would do.
# 从办公室里原样的表格到可以交付的报告：写项目文件、检查、修正、运行、看图、试算新增设施。
#
# The city is made up, so that the notebook runs anywhere: put your own files in its place.
# 示例城市是虚构的，任何电脑都能运行；换成自己的文件即可。

# %%
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from IPython.display import Pretty, display

import lifecircle as lc

city = lc.sample_city(nodes=6000, seed=3, services=4)
folder = Path(tempfile.mkdtemp(prefix="lifecircle-"))

# %% [markdown]
# ## What lies in the folder · 手头的资料
#
# Streets as lines and towns (街镇) as polygons, from colleagues: two towns share a name.
# 道路线和街镇面；有两个街镇重名。

# %%
lines = [
    shapely.linestrings(city.streets.lon[[u, v]], city.streets.lat[[u, v]])
    for u, v in zip(city.streets.u, city.streets.v, strict=True)
]
gpd.GeoDataFrame(geometry=lines, crs="EPSG:4326").to_file(folder / "道路.gpkg")

towns = city.zones.reset_index().rename(columns={"zone": "编码", "parent": "所属区"})
towns["名称"] = ["城关镇", "东门街道", "城关镇", "北站街道"]
towns["所属区"] = ["南区", "南区", "北区", "北区"]
towns["区域类型"] = ["主城区", "主城区", "新市镇", "乡村"]
towns[["编码", "名称", "所属区", "区域类型", "geometry"]].to_file(folder / "街镇.geojson")
towns[["编码", "名称", "所属区", "区域类型"]]

# %% [markdown]
# The census, exported from a Chinese Excel as CSV: GB18030, one number typed in full-width digits,
# one with a thousands comma, one cell empty. 人口表：GB18030 编码，有全角数字、千位逗号和一个空格。

# %%
people = pd.DataFrame(
    {
        "编号": city.demand["id"],
        "经度": city.demand.geometry.x,
        "纬度": city.demand.geometry.y,
        "常住人口": city.demand["weight"].map("{:.0f}".format),
        "60岁及以上": city.demand["aged_60"].map("{:.0f}".format),
    }
)
people.loc[0, "常住人口"] = "１２８"
people.loc[1, "常住人口"] = "1,046"
people.loc[2, "常住人口"] = ""
people.to_csv(folder / "人口.csv", index=False, encoding="gb18030")
people.head(4)

# %% [markdown]
# Facilities in a workbook with Chinese headers. Their street doors were looked up on a Chinese web
# map, so that the coordinates are GCJ-02, some 500 m off, and nothing in the table says so.
# 设施是 Excel 表；坐标取自国内网络地图的门牌位置，即偏移约 500 米的 GCJ-02，表里没有注明。

# %%
written = {
    "health": "社区卫生服务中心",
    "elderly": "综合为老服务中心",
    "culture": "社区文化活动中心",
    "sports": "社区健身苑点",
}
doors = lc.snap(city.facilities, lc.read_network(folder / "道路.gpkg"))
lon, lat = lc.gcj02_from_wgs84(doors["street_lon"], doors["street_lat"])
kinds = doors["service"].map(written)
listed = pd.DataFrame(
    {
        "编号": doors["facility"],
        "名称": "第" + doors["facility"].str.split("-").str[1] + kinds,
        "类型": kinds,
        "经度": lon,
        "纬度": lat,
    }
)
listed.loc[len(listed)] = ["x-1", "万达健身", "健身房", *listed.loc[0, ["经度", "纬度"]]]
listed.to_excel(folder / "设施.xlsx", index=False)
listed.tail(3)

# %% [markdown]
# ## The project file · 项目文件
#
# It names every layer and what its columns mean. `lifecircle init` writes one from an OSM extract;
# for own tables it is quicker to start from this. 项目文件说明每个图层以及各列的含义。

# %%
text = """
schema = 1

[project]
name = "示例市"
language = "zh"

[network]
source = "道路.gpkg"

[zones]
source = "街镇.geojson"
id = "编码"
name = "名称"
parent = "所属区"
area_type = "区域类型"

[[demand]]
name = "population"
source = "人口.csv"
x = "经度"
y = "纬度"
crs = "EPSG:4326"
id = "编号"
weight = "常住人口"
unit = "persons"
date = "2020-11-01"
groups = { aged_60 = "60岁及以上" }

[[facilities]]
name = "list"
source = "设施.xlsx"
service_column = "类型"
x = "经度"
y = "纬度"
crs = "EPSG:4326"
id = "编号"
title = "名称"

[standard]
profile = "shanghai-14fyp"
"""
project = folder / "project.toml"
project.write_text(text, "utf-8")

# %% [markdown]
# ## Check · 检查
#
# Reads everything, computes nothing. What cannot be right stops it, one layer at a time, with the
# rows and what to do; on the command line this is `lifecircle check project.toml`.
# 只读取和检查，不计算；错误会指出行号和改法。命令行为 `lifecircle check project.toml`。

# %%
try:
    lc.check_layers(project)
except lc.InputError as wrong:
    display(Pretty(str(wrong)))

# %% [markdown]
# A gym is none of the plan's services, so such rows are left out, by our own word, which stays beside
# every rate. Then the next fault shows. 商业健身房不属于规划的四类服务，写明剔除；接着是下一处错误。

# %%
text = text.replace('title = "名称"', 'title = "名称"\nunknown_service = "drop"')
project.write_text(text, "utf-8")
try:
    lc.check_layers(project)
except lc.InputError as wrong:
    display(Pretty(str(wrong)))

# %% [markdown]
# An empty cell is not zero people: someone has to ask the census office. Until then the row is left
# out. What remains are findings, of which warnings come first. 空白不等于零，查清之前写明剔除。
# 剩下的是提示，警告在前。

# %%
text = text.replace('unit = "persons"', 'unit = "persons"\nmissing_weight = "drop"')
project.write_text(text, "utf-8")
checked = lc.check_layers(project)
warnings = [found for found in checked.findings if found.severity == "warning"]
told = [(w.layer, w.row, w.message.text("en"), w.message.action("en")) for w in warnings]
pd.set_option("display.max_colwidth", None)
pd.DataFrame(told, columns=["layer", "row", "what", "to do"])

# %% [markdown]
# The check saw that the facilities would lie much nearer to the streets if they were GCJ-02. Nothing
# is moved on a guess: the project file says it, and the finding is gone.
# 检查发现设施坐标更像 GCJ-02。程序不会自行猜测挪动，由项目文件写明；再查即无此提示。

# %%
head, facilities = text.split("[[facilities]]")
text = head + "[[facilities]]" + facilities.replace('crs = "EPSG:4326"', 'crs = "GCJ-02"')
project.write_text(text, "utf-8")
mended = lc.check_layers(project)
sorted({f.code for f in checked.findings} - {f.code for f in mended.findings})

# %% [markdown]
# What that mistake would have cost: the whole city, % within 15 minutes, rounded down.
# 若不改正，全市覆盖率会差多少（%，向下取整）。

# %%
run = lc.analyse(project)
wrong = lc.analyse(project, overrides=["facilities.list.crs=EPSG:4326"])
rates = [one.coverage.query("level == 'city'").set_index("service")["rate"] for one in (wrong, run)]
(pd.DataFrame(rates, index=["as EPSG:4326", "as GCJ-02"]) * 1000 + 1e-9) // 1 / 10

# %% [markdown]
# ## The table · 覆盖率表
#
# The definition first, then towns by service; the same name twice is two rows by code. Villages are
# not in the plan's scope. 先看口径；重名街镇按编码分开；乡村不在规划范围内。

# %%
display(run.definition)
rows = run.coverage.query("level == 'zone' and service == 'culture'")
rows[
    ["zone", "name", "parent", "demand", "covered", "rate", "target", "status", "certainty", "gap"]
]

# %% [markdown]
# ## Maps · 地图
#
# The verdict, with numbers on hover; people short of the target, services summed, as circles; where
# one gets within fifteen minutes of culture. `lc.save_offline` makes one file that needs no network.
# 达标情况；各街镇距目标的缺口人数（各项相加），以圆的面积表示；文化设施的15分钟步行范围。

# %%
lc.coverage_map(run.zones, run.coverage, service="culture", language="zh")

# %%
gaps = lc.gap_map(run.zones, run.coverage, unit="persons", language="zh")
lc.save_offline(gaps, folder / "gaps.html")
gaps

# %%
culture = run.facilities[run.facilities["service"] == "culture"]
areas = lc.isochrones(run.network, culture, run.standard, each_facility=False)
lc.isochrone_map(areas, culture, language="zh")

# %% [markdown]
# ## Report, workbook, layers · 报告、工作簿、图层
#
# Everything a run leaves, in one folder, never half. `lc.open_run` gives the same object back.
# 一次运行的全部成果；`lc.open_run` 可从文件夹还原。

# %%
files = lc.write(run, folder / "project-out")
again = lc.open_run(folder / "project-out")
again.coverage["rate"].equals(run.coverage["rate"]), sorted(files)

# %% [markdown]
# ## What would one more do? · 新增一处会怎样？
#
# Take the town that is shortest of culture, and there the place with most people still uncovered:
# a first guess, not the best site. On the command line:
# `lifecircle run project.toml --add culture,LON,LAT --out more`.
# 在文化缺口最大的街镇里，取未覆盖人口最多的一点试加一处；这只是初步设想，并非最优选址。

# %%
worst = rows.loc[rows["gap"].where(rows["status"] == "fail").idxmax(), "zone"]
minutes = run.travel_time.minutes["culture"]
left = run.demand[(run.demand["zone"] == worst) & ~(minutes <= 15)]
site = left.loc[left["weight"].idxmax()].geometry
more = lc.analyse(project, added=[("culture", site.x, site.y)])
asked = f"level == 'zone' and service == 'culture' and zone == '{worst}'"
change = pd.concat([one.coverage.query(asked) for one in (run, more)])
change.set_axis(["now", "with one more"])[["name", "covered", "rate", "target", "status", "gap"]]
