"""A Chromium without network for tests that open pages."""

import atexit
import functools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@dataclass
class Opened:
    """A page and all it said and asked for."""

    page: object
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


@functools.cache
def _running() -> object:
    """The one browser of this process: Playwright runs only one at a time."""
    playwright = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    atexit.register(playwright.stop)
    return browser


@contextmanager
def chromium() -> Iterator[object]:
    """A browser; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    yield _running()


def open_page(browser, path: Path, *, width: int = 1280, scripts: bool = True) -> Opened:
    """The file at `path` in a fresh, offline window; every request and message is noted."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts, offline=True
    )
    page = context.new_page()
    opened = Opened(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.messages.append(message.text))
    page.on("pageerror", lambda error: opened.messages.append(str(error)))
    page.on("dialog", lambda dialog: (opened.messages.append("dialog"), dialog.dismiss()))
    page.goto(path.as_uri())
    return opened
