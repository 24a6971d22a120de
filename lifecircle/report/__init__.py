"""`report.html`: one page, two languages, no network. It shows the coverage table as it is.

Python writes every number and both languages into static HTML; a small script only switches what is
shown. The page's own parts are `page.html`, `report.css`, `report.js` and `words.toml`.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

import jinja2
from markupsafe import Markup

from lifecircle.report.content import ReportContent
from lifecircle.report.view import helpers, page_view

__all__ = ["ReportContent", "report_html", "write_report"]


def report_html(content: ReportContent) -> str:
    """The whole page as text; the same content gives the same text."""
    style, script = _asset("report.css"), _asset("report.js")
    page = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(_asset("page.html"), globals=helpers())
    return page.render(
        **page_view(content),
        policy=content_policy(style, script),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
    )


def write_report(path: Path, content: ReportContent) -> None:
    """Write the page to a file, in UTF-8 with plain line ends."""
    # A file name that is no valid text may stand among the sources; it is shown with a "?".
    path.write_bytes(report_html(content).encode("utf-8", errors="replace"))


def content_policy(style: str, script: str) -> str:
    """What a browser may do with the page: run our script and style, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_sha256(style)}'",
            f"script-src '{_sha256(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _sha256(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _asset(name: str) -> str:
    return (files("lifecircle.report") / name).read_text("utf-8")
