"""What a page that is too large leaves out: in this order, no more than needed, never a figure."""

import dataclasses

import numpy as np
import pytest

from lifecircle.report.budget import fit, left_out, size
from lifecircle.report.surface import png
from tests.report_block import block_of, greys
from tests.report_city import grid_zones, made_up_content

FIGURES = ("zones", "definitions", "parents", "words", "meta", "audit")


@pytest.fixture(scope="module")
def block():
    content = made_up_content(grid_zones(2))
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 33, (60, 80)).astype(np.uint8)
    services = [*content.standard.keys]
    assert len(services) == 8
    bounds = [[31.0, 121.0], [31.1, 121.2]]
    return block_of(content) | {
        "surface": {
            "bounds": bounds, "width": 80, "height": 60, "reach_m": 75.0,
            "png": {service: png(noise) for service in services},
        },
        "streets": {"bounds": bounds, "png": "data:image/png;base64," + "A" * 9000},
    }  # fmt: skip


def limits(block) -> list[int]:
    """The least limit at which each further part goes."""
    found = []
    limit = size(block) + 1000
    while True:
        less, dropped = fit(block, 1000, limit=limit)
        if size(less) + 1000 > limit or len(dropped) == 4:
            return [*found, limit]
        found.append(limit)
        limit = size(less) + 999


def test_what_fits_stays_as_it_is(block):
    same, dropped = fit(block, 1000, limit=size(block) + 1000)
    assert same == block
    assert dropped == ()


def test_parts_go_one_after_the_other_and_no_more_than_needed(block):
    seen = [fit(block, 1000, limit=limit)[1] for limit in limits(block)]
    assert seen == [
        (),
        ("names",),
        ("names", "surfaces"),
        ("names", "surfaces", "streets"),
        ("names", "surfaces", "streets", "resolution"),
    ]


def test_figures_and_outlines_never_go(block):
    least, dropped = fit(block, 0, limit=1)
    assert dropped == ("names", "surfaces", "streets", "resolution")
    assert least["dropped"] == list(dropped)
    assert all(least[part] == block[part] for part in FIGURES)
    assert least["streets"] is None
    for service, each in block["facilities"].items():
        assert least["facilities"][service] == {**each, "names": None}


def test_six_services_keep_their_surface_the_first_shown_among_them(block):
    last = list(block["surface"]["png"])[-1]
    shown = block | {"meta": {**block["meta"], "service": last}}
    least, _ = fit(shown, 0, limit=1)
    assert list(least["surface"]["png"]) == [*list(block["surface"]["png"])[:5], last]


def test_halved_surfaces_are_smaller_within_the_same_bounds(block):
    least, _ = fit(block, 0, limit=1)
    surface = least["surface"]
    assert (surface["width"], surface["height"]) == (40, 30)
    assert surface["bounds"] == block["surface"]["bounds"]
    assert {greys(text).shape for text in surface["png"].values()} == {(30, 40)}


def test_the_block_that_was_given_is_not_changed(block):
    before = size(block)
    fit(block, 0, limit=1)
    assert size(block) == before
    assert block["dropped"] == []


def test_what_is_not_there_cannot_go():
    bare = block_of(made_up_content(grid_zones(1)))
    _, dropped = fit(bare, 0, limit=1)
    assert dropped == ("names",)
    nameless = made_up_content(grid_zones(1))
    nameless = dataclasses.replace(nameless, facilities=nameless.facilities.assign(name=""))
    assert fit(block_of(nameless), 0, limit=1)[1] == ()


def test_what_was_left_out_is_a_finding():
    assert left_out(()) is None
    found = left_out(("names", "streets"))
    assert (found.layer, found.code, found.severity) == ("report", "report.left_out", "info")
    assert found.message.text("en") == (
        "report.html would be larger than 5 MB. Left out of it: names of facilities on the map; "
        "the picture of the streets."
    )
    assert (
        found.message.text("zh")
        == "report.html 将超过 5 MB，其中略去：地图上的设施名称；道路底图。"
    )
    assert "travel_time.parquet" in found.message.action("en")
    assert "travel_time.parquet" in found.message.action("zh")


@pytest.mark.parametrize("part", ["names", "surfaces", "streets", "resolution"])
def test_every_part_has_words(part):
    assert all(left_out((part,)).message.text(language) for language in ("zh", "en"))
