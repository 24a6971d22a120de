"""Build the documentation site: `python scripts/site.py [OUT]`, by default into build/site.

Needs the packages of constraints-test.txt and no network. Pages that the program tells itself are
made anew; notebooks are shown with their outputs, run only where build/notebooks does not hold them
already. Any warning, foreign address, dead link or error in a browser fails the
script.
"""

import shutil
import sys
from pathlib import Path

import _reference
from _site_pages import clear, faults, seen_faults, with_offline_maps
from sphinx.cmd.build import build_main

import lifecircle as lc
from notebooks import SOURCES, executed

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build" / "site-pages"
INCLUDED = {
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}


def main() -> None:
    """Gather the pages, build, and look at what came out."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    if not clear(out):
        sys.exit(f"{out} holds something else than an earlier site: name another folder.")
    gather()
    doctrees = ROOT / "build" / "doctrees"
    failed = build_main(
        ["-q", "-W", "--keep-going", "-E", "-d", str(doctrees), str(PAGES), str(out)]
    )
    seen = None if failed else seen_faults(out)
    wrong = [] if failed else [*faults(out), *(seen or ())]
    if failed or wrong:
        sys.exit("\n".join(["The site is not right:", *wrong, *(["see above"] if failed else [])]))
    if seen is None:
        print("No Chromium: the pages were not opened.")
    print(f"{len(list(out.rglob('*.html')))} pages are in {out}; start with {out / 'index.html'}")


def gather() -> None:
    """Everything that Sphinx reads, in one folder."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES, ignore=shutil.ignore_patterns("intros", "*.toml"))
    for name, page in INCLUDED.items():
        shutil.copyfile(ROOT / name, PAGES / page)
    for page in ("command_line", "output_files", "project_file", "standards"):
        (PAGES / f"{page}.md").write_text(getattr(_reference, page)(), "utf-8")
    maps = PAGES / "extra" / "maps"
    maps.mkdir(parents=True)
    (PAGES / "notebooks").mkdir()
    for path in sorted(SOURCES.glob("*.py")):
        with_offline_maps(executed(path), PAGES / "notebooks" / f"{path.stem}.ipynb", maps)
    files = lc.write(lc.analyse(lc.monaco_project()), ROOT / "build" / "monaco-out")
    shutil.copyfile(files["report.html"], PAGES / "extra" / "monaco-report.html")


if __name__ == "__main__":
    main()
