"""Run every notebook from its first cell to its last: `python scripts/notebooks.py [FILE …]`.

Needs the packages of constraints-test.txt. A cell that fails, or takes too long, fails the script.
"""

import os
import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
LONGEST_CELL_S = 120


def main() -> None:
    """Run the notebooks, or those whose paths are given."""
    # Figures are drawn, not shown.
    os.environ.setdefault("MPLBACKEND", "agg")
    paths = [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "notebooks").glob("*.py"))
    for path in paths:
        print(path.name, flush=True)
        notebook = jupytext.read(path)
        folder = {"metadata": {"path": str(path.parent)}}
        NotebookClient(
            notebook, timeout=LONGEST_CELL_S, kernel_name="python3", resources=folder
        ).execute()


if __name__ == "__main__":
    main()
