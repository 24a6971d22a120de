# %% [markdown]
# # One city, six definitions · 同一座城市，六种口径
#
# A rate says nothing without its definition (口径): what is divided by what, how far, how fast, for
# whom. Here the same streets and facilities answer six questions at once.
# 覆盖率离开口径没有意义：分母是什么、怎么量、走多快、算谁。这里用同一路网和设施同时回答六个问题。
#
# © OpenStreetMap contributors, ODbL 1.0 · `docs/definitions.md` says which to use when · 用哪一个见该页

# %%
import os
from pathlib import Path

import pandas as pd
from IPython.display import Markdown, display

import lifecircle as lc

pd.set_option("display.max_colwidth", None)

# %% [markdown]
# ## Monaco · 摩纳哥
#
# `data/monaco/definitions.toml` names the six; each street and mode is searched once. A definition
# shows itself. · 六个口径写在该文件中，同一方式只搜索一次；口径会自报家门。

# %%
run = lc.analyse(lc.monaco_project().with_name("definitions.toml"))
run.definitions[0]

# %%
pd.DataFrame(
    [(d.key, d.name_zh, d.text("en"), d.source) for d in run.definitions],
    columns=["definition", "口径", "measured how", "by whose word"],
).set_index("definition")

# %% [markdown]
# Rate, verdict and certainty of the whole area: percent rounded down, ✓ pass, ✗ fail, ? undecided
# (the margin spans the target). · 全区覆盖率：向下取整，✓ 达标，✗ 未达标，? 待定（误差范围跨过目标）。

# %%
marks = {"pass": " ✓", "fail": " ✗", "undecided": " ?", "clear": "", "": ""}
marks |= {"no data": "no data", "no demand": "no demand"}
table = run.coverage.assign(percent=(run.coverage["rate"] * 1000 + 1e-9) // 1 / 10)
table["shown"] = (
    table["percent"].map("{:.1f}".format).where(table["rate"].notna(), "")
    + table["status"].map(marks)
    + table["certainty"].map(marks)
)
table[table["level"] == "city"].pivot_table(
    values="shown", index="service", columns="definition", aggfunc="first", sort=False
)

# %% [markdown]
# Ward by ward: culture · 各分区：文化

# %%
wards = table[table["level"] == "zone"]
wards[wards["service"] == "culture"].pivot_table(
    values="shown", index="name", columns="definition", aggfunc="first", sort=False
)

# %% [markdown]
# How many ward × service verdicts turn against the first definition's, of those that both judge.
# Where no residential land is mapped there is no demand, and no verdict.
# 与第一个口径相比，多少个“分区×服务”的判定翻转。没有居住用地图斑的分区没有判定。

# %%
judged = wards[wards["status"].isin(["pass", "fail"]) & (wards["service"] != "all")].pivot_table(
    values="status", index=["name", "service"], columns="definition", aggfunc="first", sort=False
)
both = judged.notna() & judged[["walk"]].notna().to_numpy()
turned = judged.ne(judged["walk"], axis=0) & both
pd.DataFrame({"turned": turned.sum(), "judged by both": both.sum()})

# %% [markdown]
# What the undecided verdicts hang on · 待定取决于什么

# %%
unsure = wards[wards["certainty"] == "undecided"]
pd.crosstab(unsure["definition"], unsure["undecided_by"])

# %% [markdown]
# ## Choices: speed and limit · 选择：步速与时限
#
# These are no errors, so they have a table and no interval; all are read from one search. City, on
# foot, %. · 选择不是误差，因此列表而不给区间；都来自同一次搜索。

# %%
choices = run.tables["sensitivity.csv"].query("level == 'city' and definition == 'walk'")
choices = choices.assign(percent=(choices["rate"] * 1000 + 1e-9) // 1 / 10)
choices.pivot_table(values="percent", index="service", columns=["kind", "value"], sort=False)

# %% [markdown]
# Residential land settles as its points grow finer, % · 居住用地的占比随点距收敛

# %%
spacing = run.tables["convergence.csv"].set_index("spacing_m")
(spacing[["rate_health", "rate_culture"]] * 10_000 + 1e-9) // 1 / 100

# %% [markdown]
# One ward's curve: health in Monaco-Ville, the old town on its rock. Stairs, speed and straight
# lines part here. · 一个分区的曲线：山岩上的老城，台阶、步速和直线在这里拉开差距。

# %%
demand = run.demands["floor_area"]
ward = run.zones.index[run.zones["name"] == "Monaco-Ville"][0]
names = {d.key: d.name_en for d in run.definitions if d.demand == "floor_area"}
curves = pd.DataFrame(
    {
        name: lc.curve(run.travel_times[key], demand, "health")[ward] * 100
        for key, name in names.items()
    }
)
axes = curves.plot(xlabel="minutes", ylabel="% of floor area", title="Monaco-Ville: health")
axes.axhline(85, color="#16202b", linewidth=1, linestyle="--")
_ = axes.axvline(15, color="#16202b", linewidth=1)

# %% [markdown]
# ## By whose word · 依据
#
# A standard carries the source of every number and how sure we are of it: `lifecircle standards
# pudong` prints one in full. · 标准带着每个数字的来源和核实状态。

# %%
plan = lc.read_standard("shanghai-14fyp")
pd.DataFrame(
    [(s.key, s.name_zh, s.minutes, s.target, s.status, s.source) for s in plan.services],
    columns=["service", "服务", "minutes", "target", "status", "source"],
)

# %% [markdown]
# ## Huangpu, Shanghai · 上海市黄浦区
#
# Two lists of metro stations, six definitions. Stations are none of the plan's services; they are
# the only open lists. The layers are not part of the project: this part runs where
# `scripts/shanghai.py` has brought them, or in the folder that `LIFECIRCLE_TEST_DATA` names.
# 轨道站点不属于规划的四类服务，只是唯一的开放名单。图层不随项目分发，仅在已放置时运行。

# %%
example = Path("../data/shanghai")
folders = [example / "layers", Path(os.environ.get("LIFECIRCLE_TEST_DATA", "")) / "shanghai"]
files = {
    "network.source": "shanghai_center_roads_20250809.osm.pbf",
    "zones.source": "streets_osm_admin8_113.geojson",
    "demand.population.total_source": "population_2020_census_districts_age.csv",
    "facilities.mit_list.source": "facilities_metro_408_mit.geojson",
    "facilities.osm_list.source": "facilities_metro_226_osm.geojson",
}
layers = next((f for f in folders if all((f / name).is_file() for name in files.values())), None)
if layers is None:
    display(Markdown("**The layers are not here: nothing is shown.** 这里没有图层，以下不显示。"))
else:
    sources = [f"{key}={(layers / name).absolute().as_posix()}" for key, name in files.items()]
    huangpu = lc.analyse(example / "definitions.toml", overrides=sources)
    streets = huangpu.coverage.assign(percent=(huangpu.coverage["rate"] * 1000 + 1e-9) // 1 / 10)
    streets["shown"] = (
        streets["percent"].map("{:.1f}".format).where(streets["rate"].notna(), "")
        + streets["status"].map(marks)
        + streets["certainty"].map(marks)
    )
    display(
        streets[streets["level"] == "city"].pivot_table(
            values="shown", index="service", columns="definition", aggfunc="first", sort=False
        )
    )

# %% [markdown]
# Street by street (MIT list), and how many of the 20 street × list verdicts turn · 各街道与翻转个数

# %%
if layers is not None:
    streets = streets[(streets["level"] == "zone") & (streets["service"] != "all")]
    cells = streets.pivot_table(
        values=["shown", "status"], index=["service", "name"], columns="definition",
        aggfunc="first", sort=False,
    )  # fmt: skip
    display(cells["shown"].loc["metro_mit"])
    display(cells["status"].ne(cells["status"]["walk"], axis=0).sum().to_frame("turned").T)

# %% [markdown]
# ## The plan's target under both scopes and both modes · 两种范围 × 两种方式
#
# 城镇 (the plan) and 主城区 (its press summary), 步行 (the plan) and 慢行 (the wrap-up), from one run. All
# ten streets are 主城区, so that both scopes hold the same people and only the mode differs; elsewhere
# a row of level `scope` stands beside `city`. `docs/definitions.md` has a project file to copy.
# 十个街道都是主城区，两种范围必然相同，只有方式不同；可复制的项目文件见该页。

# %%
if layers is not None:
    scopes = lc.analyse(example / "scopes.toml", overrides=sources)
    target = scopes.coverage.query("level == 'city' and service == 'metro_mit'")
    display(target[["definition", "demand", "covered", "rate", "target", "status", "certainty"]])
