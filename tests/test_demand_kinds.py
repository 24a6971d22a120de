"""Kinds of demand places: committees told apart by their column, and what cannot be told."""

from __future__ import annotations

import pandas as pd
import pytest

from lifecircle.errors import InputError
from lifecircle.layers.demand import load_demand
from lifecircle.layers.demand_kinds import kinds_of
from lifecircle.project.tables import DemandTable
from tests.conftest import CRS
from tests.test_demand import ZONES, csv


def kinds(labels, **keys):
    rows = pd.DataFrame({"row": [str(i) for i in range(2, len(labels) + 2)], "类别": labels})
    table = DemandTable(name="committees", source="d.csv", kind="类别", **keys)
    return kinds_of(rows, table, "d.csv")


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("居委会", "neighbourhood"),
        ("社区居委会", "neighbourhood"),
        ("曹杨新村第一居民委员会", "neighbourhood"),
        ("居委", "neighbourhood"),
        ("neighbourhood", "neighbourhood"),
        ("村委会", "village"),
        ("连民村村民委员会", "village"),
        ("village", "village"),
    ],
)
def test_committees_are_understood_by_their_words(label, kind):
    known, found = kinds([label])
    assert known.tolist() == [kind]
    assert found == []


def test_cells_that_say_neither_or_both_have_no_kind_and_are_counted():
    known, found = kinds(["居委会", "筹建", "", "筹建", "村委会（居委会）"])
    assert known.tolist() == ["neighbourhood", "", "", "", ""]
    assert [each.code for each in found] == ["demand.kindless"]
    assert found[0].row == "3, 4, 5, 6"
    text = found[0].message.text("en")
    assert "4 of 5 places have no kind" in text
    assert '筹建 (2), "" (1), 村委会（居委会） (1)' in text


def test_kinds_are_mapped_as_the_table_says():
    known, found = kinds(["A", "B", "", "A"], kinds={"A": "neighbourhood", "B": "rural_village"})
    assert known.tolist() == ["neighbourhood", "rural_village", "", "neighbourhood"]
    assert found[0].message.values["count"] == 1
    # Numbers are codes.
    assert kinds([1.0, 2.0], kinds={"1": "village", "2": "hamlet"})[0].tolist() == [
        "village",
        "hamlet",
    ]


def test_labels_that_are_not_named_are_an_error_with_their_counts():
    with pytest.raises(
        InputError,
        match=r"row 3, 4, 5: column 类别 .* not name: 村 \(2\), 镇 \(1\)\. Named are: 居, 村委会",
    ):
        kinds(["居", "村", "镇", "村"], kinds={"居": "neighbourhood", "村委会": "village"})


def test_a_column_without_any_committee_is_an_error():
    with pytest.raises(InputError, match=r"no cell says 居委会 or 村委会. Its labels: A \(2\), B"):
        kinds(["A", "B", "A"])


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(InputError, match="类别"):
        kinds_of(
            pd.DataFrame({"row": ["2"], "kind": ["居委会"]}),
            DemandTable(name="committees", source="d.csv", kind="类别"),
            "d.csv",
        )


def test_committees_as_starting_points_count_once_each(tmp_path):
    rows = [("a,居委会,70", 50, 50), ("b,村委会,30", 150, 50), ("c,村委会,", 160, 50)]
    source = csv(tmp_path, *rows, header="id,类别,people")
    table = DemandTable(
        name="committees", source=source, kind="类别", crs="EPSG:4326", x="x", y="y", id="id"
    )
    frame = load_demand(table, ZONES, crs=CRS).frame
    assert frame.columns.tolist() == ["id", "zone", "weight", "kind", "geometry"]
    assert frame["kind"].tolist() == ["neighbourhood", "village", "village"]
    assert frame["kind"].dtype == "str"
    assert frame["weight"].tolist() == [1.0, 1.0, 1.0]


def test_kinds_stay_with_the_rows_that_remain_and_with_totals(tmp_path):
    rows = [("a,居委会,", 50, 50), ("b,村委会,30", 150, 50), ("c,居委会,10", 160, 50)]
    source = csv(tmp_path, *rows, header="id,类别,people")
    keys = {"crs": "EPSG:4326", "x": "x", "y": "y", "id": "id", "kind": "类别"}
    keys |= {"weight": "people", "missing_weight": "drop"}
    table = DemandTable(name="committees", source=source, **keys)
    frame = load_demand(table, ZONES, crs=CRS).frame
    assert dict(zip(frame["id"], frame["kind"], strict=True)) == {
        "b": "village",
        "c": "neighbourhood",
    }
    table = DemandTable(name="committees", source=source, total=400.0, **keys)
    frame = load_demand(table, ZONES, crs=CRS).frame
    assert frame["weight"].tolist() == [300, 100]
    assert frame["kind"].tolist() == ["village", "neighbourhood"]
