"""The project's `.venv`: made, repaired and filled with the pinned packages, or found complete.

A stamp in `.venv` remembers what was asked for and what is there. While packages are being
installed it says so: an environment found in that state was left half-made and is made anew.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "lifecircle-stamp.txt"
HALF_MADE = "half-made"

# The test packages are the demo's and more, in the same versions.
DEMO = "constraints.txt"
TEST = "constraints-test.txt"

# What an environment must be able to tell: its Python, and the packages in it.
PROBE = """
import os, pip, sys, sysconfig
assert sys.version_info >= (3, 11)
names = os.listdir(sysconfig.get_path("purelib"))
print(sys.version, *sorted(name for name in names if name.endswith(".dist-info")))
"""


def run(constraints: str, *command: str, folder: Path | None = None) -> NoReturn:
    """Run `python -m command` in the environment of `constraints`, and exit as it does."""
    try:
        prepare(constraints)
        sys.exit(subprocess.call([PYTHON, "-m", *command], cwd=folder))
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        stop(f"This step failed, see above: {subprocess.list2cmdline(map(str, error.cmd))}")
    except OSError as error:
        stop(f"The folder {ENVIRONMENT} cannot be prepared: {error}")


def stop(message: str) -> NoReturn:
    """Say what is wrong and exit with code 2."""
    print(message, file=sys.stderr)
    sys.exit(2)


def prepare(constraints: str) -> None:
    """Leave `.venv` with the packages of `constraints` and the project itself installed."""
    stamp = STAMP.read_text("utf-8") if STAMP.is_file() else ""
    found = probe()
    if stamp == HALF_MADE or not found:
        make()
    elif stamp in (wanted(kind, found) for kind in {constraints, TEST}):
        return
    STAMP.write_text(HALF_MADE, "utf-8")
    say(f"Installing the packages of {constraints} into .venv: once, and it may take minutes.")
    pip("--require-hashes", "--requirement", str(ROOT / constraints))
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(wanted(constraints, probe()), "utf-8")


def wanted(constraints: str, found: str) -> str:
    """The stamp of a complete environment: the project's place and pins, and what `probe` found."""
    digest = hashlib.sha256(f"{ROOT}\n{found}\n".encode())
    for name in ("pyproject.toml", DEMO, TEST):
        digest.update((ROOT / name).read_bytes())
    return f"{constraints} {digest.hexdigest()}"


def probe() -> str:
    """The environment's Python and packages; empty if there is none that works."""
    command = [PYTHON, "-I", "-c", PROBE]
    try:
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def make() -> None:
    """Make `.venv` anew with the Python that runs this, by whichever tool there is."""
    if Path(sys.prefix).resolve() == ENVIRONMENT.resolve():
        stop("This Python is the one in .venv, which must be made anew: run `deactivate` first.")
    if ENVIRONMENT.exists():
        shutil.rmtree(ENVIRONMENT)
    tool = maker()
    ENVIRONMENT.mkdir()
    STAMP.write_text(HALF_MADE, "utf-8")
    say(f"Making {ENVIRONMENT}")
    call(*tool, str(ENVIRONMENT))


def maker() -> list[str]:
    """The command that makes an environment with pip, to be followed by its folder."""
    if importlib.util.find_spec("ensurepip"):
        return [sys.executable, "-m", "venv"]
    if importlib.util.find_spec("virtualenv"):
        return [sys.executable, "-m", "virtualenv"]
    if virtualenv := shutil.which("virtualenv"):
        return [virtualenv, "--python", sys.executable]
    if uv := shutil.which("uv"):
        return [uv, "venv", "--seed", "--allow-existing", "--python", sys.executable]
    stop(
        "This Python cannot make environments: its module ensurepip is missing. Install the "
        "package python3-venv (Debian, Ubuntu: sudo apt install python3-venv), virtualenv or uv."
    )


def pip(*arguments: str) -> None:
    """Install with the environment's pip, as the user configured it."""
    # Isolated, so that packages elsewhere on PYTHONPATH do not pass for installed ones.
    call(str(PYTHON), "-I", "-m", "pip", "install", "--disable-pip-version-check", *arguments)


def call(*command: str) -> None:
    """Run a command whose words are news, not output: they go to stderr."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def say(words: str) -> None:
    """Tell the person waiting what is happening."""
    print(words, file=sys.stderr, flush=True)
