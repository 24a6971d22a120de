"""Run the tests: `python scripts/test.py [-k WORDS]`.

The first run makes `.venv` and installs the pinned packages; later runs start at once. Everything
after the script's name goes to pytest. The tests share up to four cores; `-n 0` runs them in line.
"""

import os
import sys

# An older Python must be able to read this far.
if sys.version_info < (3, 11):  # noqa: UP036 - said here, because nothing is installed yet
    sys.stderr.write("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ".\n")
    sys.exit(2)

from _environment import ROOT, TEST, run

if __name__ == "__main__":
    cores = str(min(os.cpu_count() or 1, 4))
    run(TEST, "pytest", "-n", cores, "--dist", "loadfile", *sys.argv[1:], folder=ROOT)
