# %% [markdown]
# # One city, six definitions · 同一座城市，六种口径
#
# A rate says nothing without its definition (口径): what is divided by what, how far, how fast, for
# whom. Here the same streets and facilities answer six questions at once.
# 覆盖率离开口径没有意义：分母是什么、怎么量、走多快、算谁。这里用同一路网和设施同时回答六个问题。
#
# © OpenStreetMap contributors, ODbL 1.0 · `docs/definitions.md` says which to use when.

# %%
from pathlib import Path

import pandas as pd

import lifecircle as lc

# %% [markdown]
# ## Monaco · 摩纳哥
#
# `data/monaco/definitions.toml` names the six. Each street and mode is searched once.
# 六个口径写在 `data/monaco/definitions.toml`，同一方式只搜索一次。

# %%
run = lc.analyse(lc.monaco_project().with_name("definitions.toml"))
run.definitions[0]

# %%
pd.DataFrame(
    {
        definition.key: {
            "中文": definition.text("zh"),
            "English": definition.text("en"),
            "standard": run.standard_of(definition).name_en,
        }
        for definition in run.definitions
    }
).T

# %% [markdown]
# Rates of the whole area, % · 全区覆盖率

# %%
city = run.coverage[run.coverage["level"] == "city"]
rates = city.pivot_table(values="rate", index="service", columns="definition", sort=False)
(rates * 100).round(1)

# %% [markdown]
# Verdicts, and how sure they are: `undecided` where the margin spans the target.
# 判定及其确定程度：误差范围跨过目标即为待定。

# %%
verdicts = city["status"] + city["certainty"].map({"undecided": " ?"}).fillna("")
city.assign(verdict=verdicts).pivot_table(
    values="verdict", index="service", columns="definition", aggfunc="first", sort=False
)

# %% [markdown]
# What the undecided ones hang on · 待定取决于什么

# %%
unsure = run.coverage[run.coverage["certainty"] == "undecided"]
unsure = unsure[unsure["level"] == "zone"]
pd.crosstab(unsure["definition"], unsure["undecided_by"])

# %% [markdown]
# ## Choices: speed and limit · 选择：步速与时限
#
# These are no errors, so they have a table and no interval. All read from one search.
# 选择不是误差，因此列表而不给区间；都来自同一次搜索。

# %%
choices = run.tables["sensitivity.csv"]
walk = choices[(choices["level"] == "city") & (choices["definition"] == "walk")]
(walk.pivot_table(values="rate", index="service", columns=["kind", "value"]) * 100).round(1)

# %% [markdown]
# Residential land settles as its points grow finer · 居住用地随点距收敛

# %%
steps = run.tables["convergence.csv"].set_index("spacing_m")
(steps[["rate_health", "rate_culture"]] * 100).round(2)

# %% [markdown]
# The whole curve of one ward, on foot and step-free · 一个分区的覆盖率曲线

# %%
demand = run.demands["floor_area"]
ward = run.zones.index[run.zones["name"] == "La Condamine"][0]
curves = pd.DataFrame(
    {
        key: lc.curve(run.travel_times[key], demand, "health")[ward] * 100
        for key in ("walk", "step_free", "active")
    }
)
axes = curves.plot(xlabel="minutes", ylabel="% of floor area", title="La Condamine: health")
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
# The same floor area by the plan's limits and target. Its lists are official; the OSM tags only
# stand in for them. · 按规划的时限与目标；OSM 标签只是近似。

# %%
lc.coverage(run.travel_times["walk"], demand, run.zones, plan, run.definitions[0]).query(
    "level == 'city'"
)[["service", "minutes", "rate", "target", "status"]]

# %% [markdown]
# ## Huangpu, Shanghai · 上海市黄浦区
#
# Two lists of metro stations, six definitions. The layers are not part of the project: this runs
# where `scripts/shanghai.py` has brought them. · 图层不随项目分发；仅在已放置时运行。

# %%
example = Path("../data/shanghai/definitions.toml")
huangpu = lc.analyse(example) if (example.parent / "layers").is_dir() else None
"shown below" if huangpu else "the layers are not here: nothing is shown"

# %%
district = (
    (huangpu or run)
    .coverage.query("level == 'city'")
    .pivot_table(values="rate", index="service", columns="definition", sort=False)
)
(district * 100).round(1) if huangpu else None

# %% [markdown]
# How many street × list verdicts differ from the first definition's · 与第一个口径判定不同的街道数

# %%
status = (
    huangpu.coverage.query("level == 'zone' and service != 'all'").pivot_table(
        values="status", index=["zone", "service"], columns="definition", aggfunc="first"
    )
    if huangpu
    else pd.DataFrame()
)
status.ne(status["walk"], axis=0).sum() if huangpu else None
