"""`report.html`: one page, two languages, no network: the coverage table, and what a reader varies.

Python writes what is true without scripts, in both languages, and one block of numbers; the scripts
in `page/` show them, and compute only what follows from a choice. Styles and scripts are put
together in the order of `STYLES` and `SCRIPTS`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from lifecircle.findings import Finding
from lifecircle.report.about import finding_rows
from lifecircle.report.budget import fit, left_out
from lifecircle.report.content import ReportContent
from lifecircle.report.data import script_json
from lifecircle.report.view import helpers, page_view

__all__ = ["ReportContent", "report_html", "write_report"]

STYLES = ("base", "result", "map", "sections", "gaps", "zone", "phone", "print")
SCRIPTS = (
    *("start", "dom", "state", "words", "format", "pack", "rates", "hash"),
    *("bar", "summary", "matrix", "chart", "panel"),
    *("raster", "surface", "labels", "map", "map_marks", "map_hints", "legend", "small_maps"),
    *("audit", "gaps", "download", "locator", "zone_page", "paper"),
    "main",
)
"""Each is one part of the page; those to the left know nothing of those to the right."""

RULE_WITH_ADDRESS = re.compile(r"[^{}]*\{[^{}]*url\([^{}]*\}")
SOURCE_MAP = "//# sourceMappingURL"


def report_html(content: ReportContent) -> str:
    """The whole page as text; the same content gives the same text."""
    return _page(content)[0]


def write_report(path: Path, content: ReportContent) -> tuple[Finding, ...]:
    """Write the page to a file, in UTF-8 with plain line ends.

    Returns
    -------
        What the page left out because it would be too large to send on; mostly nothing.
    """
    page, findings = _page(content)
    # A file name that is no valid text may stand among the sources; it is shown with a "?".
    path.write_bytes(page.encode("utf-8", errors="replace"))
    return findings


def _page(content: ReportContent) -> tuple[str, tuple[Finding, ...]]:
    """The page, and what it left out."""
    style, scripts = _style(), (_leaflet("leaflet.js").partition(SOURCE_MAP)[0], _script())
    template = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_part("page.html"), globals=helpers())
    leaflet, script = (Markup(text) for text in scripts)  # noqa: S704 - our own files
    policy = content_policy(style, scripts)
    values = {
        **page_view(content),
        "policy": policy,
        "style": Markup(style),  # noqa: S704 - our own file
        "leaflet": leaflet,
        "script": script,
    }
    block = values.pop("block")
    around = template.render(**values, data="")
    block, dropped = fit(block, len(around.encode("utf-8", errors="replace")))
    missing = left_out(dropped)
    if missing is not None:
        values["findings"] = finding_rows((*content.findings, missing))
    page = template.render(**values, data=script_json(block))
    return page, () if missing is None else (missing,)


def content_policy(style: str, scripts: tuple[str, ...]) -> str:
    """What a browser may do with the page: use our style, scripts and pictures, nothing else."""
    known = " ".join(f"'{_sha256(text)}'" for text in scripts)
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data: blob:",
            f"style-src '{_sha256(style)}'",
            f"script-src {known}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _style() -> str:
    """Leaflet's rules without those that load pictures, and our own."""
    own = "".join(_part(f"{name}.css") for name in STYLES)
    return RULE_WITH_ADDRESS.sub("", _leaflet("leaflet.css")) + own


def _script() -> str:
    """All parts in one scope of their own."""
    parts = "\n".join(_part(f"{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _sha256(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _part(name: str) -> str:
    return (files("lifecircle.report") / "page" / name).read_text("utf-8")


def _leaflet(name: str) -> str:
    return (files("lifecircle") / "vendor" / "leaflet" / name).read_text("utf-8")
