"""Pages of maps for tests, and what can be read off them."""

from __future__ import annotations

import dataclasses

import numpy as np

from lifecircle.printed.edition import edition_of, every_text, kinds_at_most
from lifecircle.printed.fonts import find_fonts
from lifecircle.printed.page import PAPERS, own_settings
from lifecircle.printed.plate import plate_of
from lifecircle.printed.scene import scene_of
from lifecircle.printed.service_map import service_page
from lifecircle.report import ReportContent


@dataclasses.dataclass(frozen=True)
class Made:
    """A page and what it was made from."""

    page: object
    plate: object
    edition: object
    one: object


def make(
    content: ReportContent,
    key="health",
    *,
    paper=PAPERS["a4"],
    language="zh",
    streets=None,
    crs="auto",
    draw=service_page,
):
    """The page of one service."""
    with own_settings():
        edition = edition_of(content, language)
        one = edition.sheets[0]
        fonts = find_fonts(every_text(edition), language=language)
        scene = scene_of(content.zones, content.facilities, streets, crs)
        plate = plate_of(scene, fonts, paper, kinds=kinds_at_most(one, [key]))
        return Made(draw(plate, edition, one, key), plate, edition, one)


def texts(page, gid=None):
    """The texts of a page, those of a kind, or all but halos."""
    return [
        text.get_text()
        for text in page.axes.texts
        if text.get_zorder() == 10 and (gid is None or text.get_gid() == gid)
    ]


def artists(page, gid):
    """The artists whose kind begins so."""
    return [each for each in page.axes.get_children() if (each.get_gid() or "").startswith(gid)]


def drawn(page, dpi=72):
    """The page as drawn: rows of pixels from the top, RGB, and pixels per millimetre."""
    with own_settings():
        page.figure.set_dpi(dpi)
        page.figure.canvas.draw()
    pixels = np.asarray(page.figure.canvas.buffer_rgba())[..., :3]
    return pixels, dpi / 25.4


def pixel(page, x, y, dpi=72):
    """The colour at a place in millimetres."""
    pixels, per_mm = drawn(page, dpi)
    return tuple(int(c) for c in pixels[len(pixels) - 1 - int(y * per_mm), int(x * per_mm)])


def boxes(page):
    """For each zone the box around its label in millimetres: left, lower, right, upper."""
    with own_settings():
        page.figure.set_dpi(254)
        renderer = page.figure.canvas.get_renderer()
        found: dict[str, np.ndarray] = {}
        for text in page.axes.texts:
            gid = text.get_gid() or ""
            if gid.startswith("label-"):
                box = text.get_window_extent(renderer).extents / 10
                old = found.get(gid, box)
                found[gid] = np.array(
                    [*np.minimum(old[:2], box[:2]), *np.maximum(old[2:], box[2:])]
                )
    return found
