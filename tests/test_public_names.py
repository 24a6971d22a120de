"""The public names: listed, sorted, loaded on demand, and callable after everything is imported."""

from __future__ import annotations

import subprocess
import sys

import lifecircle as lc


def test_every_public_name_loads_and_is_no_module() -> None:
    for name in lc.__all__:
        value = getattr(lc, name)
        assert type(value).__name__ != "module", name
    assert list(lc.__all__) == sorted(lc.__all__)


def test_the_command_starts_without_the_heavy_libraries() -> None:
    program = (
        "import sys, lifecircle, lifecircle.__main__, lifecircle.command.cli;"
        "heavy = ('geopandas', 'pandas', 'scipy', 'osmnx', 'folium', 'matplotlib', 'docx');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
