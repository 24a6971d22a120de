"""What the command line's arguments mean, checked before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lifecircle.errors import InputError

if TYPE_CHECKING:
    from lifecircle.standards import Standard

ALL = "all"


def refuse_file(out: Path | None) -> None:
    """Says before a long run what would go wrong after it."""
    if out is not None and out.exists() and not out.is_dir():
        raise InputError.of("cli.out_is_file", out=out)


def _at_a_place(text: str, code: str) -> tuple[str, float, float]:
    """`name,lon,lat` as its parts; names may hold commas."""
    parts = [part.strip() for part in text.rsplit(",", 2)]
    try:
        name, lon, lat = parts[0], *map(float, parts[1:])
    except ValueError:
        raise InputError.of(code, text=text) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise InputError.of(code, text=text)
    return name, lon, lat


def moved_facility(text: str) -> tuple[str, float, float]:
    """`id,lon,lat` as its parts."""
    return _at_a_place(text, "cli.move")


def added_facility(text: str, standard: Standard) -> tuple[str, float, float]:
    """`service,lon,lat` as its parts."""
    service, lon, lat = _at_a_place(text, "cli.add")
    if service not in standard.keys:
        known = ", ".join(standard.keys)
        raise InputError.of("cli.add_service", text=text, service=service, known=known)
    return service, lon, lat


def limited_service(asked: str | None, fail_under: float | None, standard: Standard) -> str:
    """The service whose rate `--fail-under` looks at; empty if it looks at none."""
    if fail_under is None:
        if asked is not None:
            raise InputError.of("cli.fail_service_alone", service=asked)
        return ""
    if asked is None and not standard.all:
        raise InputError.of("cli.no_all")
    possible = [*standard.keys, *([ALL] if standard.all else [])]
    if asked is not None and asked not in possible:
        raise InputError.of("cli.fail_service", service=asked, known=", ".join(possible))
    return asked or ALL
