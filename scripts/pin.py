"""Write the two constraints files anew, with the newest versions that fit: `python scripts/pin.py`.

Needs uv. Packages that are to be upgraded alone: `python scripts/pin.py --upgrade-package NAME`.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# One file for every platform and Python; hashes, and no address: each user's own index serves it.
COMPILE = [
    *("uv", "pip", "compile", "pyproject.toml", "--group", "build", "--quiet"),
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-annotate", "--no-header"),
]


def main(*arguments: str) -> None:
    """Pin the tests' packages first, and those of the package itself to the same versions."""
    if not arguments:
        arguments = ("--upgrade",)
    tests = ["--extra", "test", "--output-file", "constraints-test.txt", *arguments]
    own = ["--constraint", "constraints-test.txt", "--output-file", "constraints.txt", *arguments]
    for options in (tests, own):
        subprocess.run([*COMPILE, *options], check=True, cwd=ROOT)


if __name__ == "__main__":
    main(*sys.argv[1:])
