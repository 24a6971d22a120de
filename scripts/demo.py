"""Run the main job on the sample that comes with the project: `python scripts/demo.py [--out DIR]`.

The first run makes `.venv` and installs the pinned packages; later runs start at once. Everything
after the script's name goes to `lifecircle demo`.
"""

import sys

# An older Python must be able to read this far.
if sys.version_info < (3, 11):  # noqa: UP036 - said here, because nothing is installed yet
    sys.stderr.write("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".\n")
    sys.exit(2)

from _environment import DEMO, run

if __name__ == "__main__":
    run(DEMO, "lifecircle", "demo", *sys.argv[1:])
