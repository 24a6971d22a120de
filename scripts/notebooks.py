"""Run every notebook from its first cell to its last: `python scripts/notebooks.py [FILE …]`.

Needs the packages of constraints-test.txt. A cell that fails, or takes too long, fails the script.
The notebooks with what they printed and drew are left in build/notebooks, where
`scripts/site.py` finds them and need not run them again.
"""

import hashlib
import os
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks"
EXECUTED = ROOT / "build" / "notebooks"
LONGEST_CELL_S = 120


def main() -> None:
    """Run the notebooks, or those whose paths are given."""
    for path in [Path(name) for name in sys.argv[1:]] or sorted(SOURCES.glob("*.py")):
        print(path.name, flush=True)
        run(path)


def run(path: Path) -> Path:
    """Run a notebook with the package beside it, and say where its executed copy is."""
    notebook = jupytext.read(path)
    folder = {"metadata": {"path": str(path.parent)}}
    search = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # Figures are drawn, not shown.
    surroundings = {"MPLBACKEND": "agg"} | os.environ | {"PYTHONPATH": search}
    NotebookClient(
        notebook, timeout=LONGEST_CELL_S, kernel_name="python3", resources=folder
    ).execute(env=surroundings)
    notebook.metadata["made_from"] = made_from(path)
    EXECUTED.mkdir(parents=True, exist_ok=True)
    copy = EXECUTED / f"{path.stem}.ipynb"
    nbformat.write(notebook, copy)
    return copy


def executed(path: Path) -> Path:
    """The executed copy of a notebook: the one that is there if it is of today's code, else new."""
    copy = EXECUTED / f"{path.stem}.ipynb"
    if copy.is_file():
        kept = nbformat.read(copy, as_version=4)
        if kept.metadata.get("made_from") == made_from(path):
            return copy
    return run(path)


def made_from(path: Path) -> str:
    """A digest of everything that a notebook's outputs come from, the packages aside."""
    digest = hashlib.sha256(path.read_bytes())
    for each in sorted([*ROOT.glob("lifecircle/**/*"), *ROOT.glob("data/**/*")]):
        if each.suffix != ".pyc" and each.is_file():
            digest.update(each.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
