"""What the site asks of its pages: offline maps, no foreign address, no dead link, no fault."""

from __future__ import annotations

import html
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import sync_playwright

from lifecircle.maps.offline import offline_page

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SRCDOC = re.compile(r'<iframe srcdoc="([^"]*)"', re.DOTALL)
FETCHED = {
    "script",
    "img",
    "iframe",
    "link",
    "source",
    "video",
    "audio",
    "embed",
    "object",
    "track",
}
FOREIGN = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
SEARCHED = ("gap_map", "floor area", "口径", "等时圈")
"""Words that some page holds."""
STYLE_FETCHES = re.compile(r"@import|url\(\s*['\"]?(?:https?:)?//", re.IGNORECASE)


def clear(out: Path) -> bool:
    """Remove an earlier site; whether the folder was one, empty or not there."""
    ours = not out.exists() or (out / "searchindex.js").is_file()
    if ours:
        shutil.rmtree(out, ignore_errors=True)
    return ours or (out.is_dir() and not any(out.iterdir()))


def with_offline_maps(notebook: Path, page: Path, maps: Path) -> None:
    """Copy an executed notebook whose maps become files of their own, beside the pages."""
    book = nbformat.read(notebook, as_version=4)
    count = 0
    for cell in book.cells:
        for output in cell.get("outputs", []):
            found = SRCDOC.search(str(output.get("data", {}).get("text/html", "")))
            if found:
                count += 1
                name = f"{notebook.stem}-{count}.html"
                (maps / name).write_text(offline_page(html.unescape(found[1])), "utf-8")
                output["data"] = {"text/html": _frame(name, count)}
    nbformat.write(book, page)


def _frame(name: str, number: int) -> str:
    return f'<iframe src="../maps/{name}" title="Map {number}" loading="lazy"></iframe>'


class _Fetched(HTMLParser):
    """Addresses that a page makes a browser fetch, and those it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.linked: list[str] = []
        self.anchors: set[str] = set()
        self.styles: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self._in_style = tag == "style"
        self.anchors |= {given[key] for key in ("id", "name") if key in given}
        self.styles.append(given.get("style", ""))
        if tag == "a":
            self.linked.append(given.get("href", ""))
        elif tag in FETCHED and not (tag == "link" and given.get("rel") in ("canonical", "search")):
            self.fetched += [
                given[key] for key in ("src", "href", "data", "srcset") if key in given
            ]

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.styles.append(data)


def _read(path: Path) -> _Fetched:
    parsed = _Fetched()
    parsed.feed(path.read_text("utf-8"))
    return parsed


def faults(site: Path) -> list[str]:
    """What is wrong with the built pages: foreign addresses fetched, links that lead nowhere."""
    pages: dict[Path, Any] = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        shown = path.relative_to(site).as_posix()
        found += [f"{shown} fetches {one}" for one in page.fetched if FOREIGN.match(one)]
        found += [f"{shown}: a style fetches" for one in page.styles if STYLE_FETCHES.search(one)]
        for link in {*page.fetched, *page.linked}:
            if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.IGNORECASE) or not link:
                continue
            target, _, anchor = link.partition("#")
            goal = (path.parent / target.partition("?")[0]).resolve() if target else path
            if not goal.exists():
                found.append(f"{shown} leads to {link}, which is not there")
            elif anchor and goal in pages and anchor not in pages[goal].anchors:
                found.append(f"{shown} leads to {link}, a place that is not there")
    for path in sorted(site.rglob("*.css")):
        if STYLE_FETCHES.search(path.read_text("utf-8")):
            found.append(f"{path.relative_to(site).as_posix()} fetches from elsewhere")
    return found


def seen_faults(site: Path) -> list[str] | None:
    """What a browser says and asks for while it opens every page from disk; none without one."""
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))
    browser = next(filter(None, found), None)
    if browser is None:
        return None
    faults: list[str] = []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        page = opened.new_context(offline=True).new_page()
        page.on("console", lambda said: faults.append(f"{page.url} says {said.text}"))
        page.on("pageerror", lambda error: faults.append(f"{page.url} fails: {error}"))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((site.resolve().as_uri(), "data:", "blob:"))
                else faults.append(f"{page.url} asks for {asked.url}")
            ),
        )
        for path in sorted(site.rglob("*.html")):
            page.goto(path.resolve().as_uri())
        if (site / "search.html").is_file():
            for words in SEARCHED:
                page.goto(f"{(site / 'search.html').resolve().as_uri()}?q={quote(words)}")
                try:
                    page.wait_for_selector("#search-results li", timeout=10_000)
                except PlaywrightTimeout:
                    faults.append(f"the search finds no page for {words}")
        opened.close()
    return faults
