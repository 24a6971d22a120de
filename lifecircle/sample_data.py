"""The real sample that ships with the package: Monaco, from OpenStreetMap."""

from __future__ import annotations

from pathlib import Path

from lifecircle.errors import InputError

_HERE = Path(__file__).parent


def monaco_project() -> Path:
    """The sample's project file: inside an installed package, else in the folder beside it.

    >>> monaco_project().name
    'project.toml'
    """
    folders = (_HERE / "data" / "monaco", _HERE.parent / "data" / "monaco")
    for folder in folders:
        if (folder / "project.toml").is_file():
            return folder / "project.toml"
    raise InputError.of("cli.no_sample", folder=folders[0])
