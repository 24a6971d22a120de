"""A first project file for a city, with every layer taken from one OSM extract."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lifecircle.crs import metric_crs
from lifecircle.errors import InputError
from lifecircle.messages import Message, message, some
from lifecircle.osm.boundaries import list_admin_levels
from lifecircle.osm.extract import EXTRACT_SUFFIXES, header, is_extract
from lifecircle.osm.streets import read_osm_streets


@dataclass(frozen=True)
class Started:
    """What was written: the zones' source (`None`: left to the user) and what to say about it."""

    path: Path
    zones: str | None
    passed_over: tuple[str, ...]
    remarks: tuple[Message, ...]


def write_project_file(extract: Path, out: Path, *, language: str = "en") -> Started:
    """Writes a commented project file at `out` that takes every layer from `extract`.

    Zones are the finest admin level whose boundaries are all whole.

    Parameters
    ----------
    language
        Of the comments and, to begin with, of the report.

    Raises
    ------
    InputError
        If `out` exists or has no folder, or `extract` is no readable OSM extract.
    """
    if not is_extract(extract):
        suffixes = " ".join(EXTRACT_SUFFIXES)
        raise InputError.of("initialise.no_extract", file=extract, suffixes=suffixes)
    if out.exists():
        raise InputError.of("initialise.exists", file=out)
    if not out.parent.is_dir():
        raise InputError.of("initialise.no_folder", file=out, folder=out.parent)
    level, remarks = _zones(list_admin_levels(extract))
    text = _text(extract, out, level, remarks, language)
    with out.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    passed = tuple(
        str(remark.values["names"]) for remark in remarks if remark.code == "initialise.passed_over"
    )
    return Started(out, f"osm:admin_level={level}" if level else None, passed, remarks)


def _zones(boundaries: pd.DataFrame) -> tuple[int | None, tuple[Message, ...]]:
    """The finest level that is all whole, and what was passed over on the way to it."""
    remarks = []
    for level, group in sorted(boundaries.groupby("level"), reverse=True):
        broken = group[~group["whole"].astype(bool)]
        values = {"level": level, "count": len(group)}
        if broken.empty:
            names = some(_named(group))
            remarks.append(message("initialise.zones", names=names, **values))
            return int(str(level)), tuple(remarks)
        names = some(_named(broken))
        remarks.append(message("initialise.passed_over", broken=len(broken), names=names, **values))
    return None, (*remarks, message("initialise.no_zones"))


def _named(boundaries: pd.DataFrame) -> list[str]:
    """`name (relation/1)` of each boundary."""
    return (boundaries["name"] + " (" + boundaries["osm"] + ")").str.strip().tolist()


_MORE = """\
[[definitions]]
key = "active"
demand = "buildings"
mode = "walk|cycle"

[[definitions]]
key = "step_free"
demand = "buildings"
steps = "avoid"
"""


def _text(
    extract: Path, out: Path, level: int | None, remarks: tuple[Message, ...], language: str
) -> str:
    def say(code: str) -> str:
        return message(f"initialise.{code}").text(language)

    name = extract.name[: extract.name.lower().index(".osm")]
    zones = f'[zones]\nsource = "osm:admin_level={level}"\nname = "name"'
    if level is None:
        zones = '# [zones]\n# source = "zones.geojson"\n# id = "id"\n# name = "name"'
    buildings = f'source = "osm:buildings"  # {say("buildings")}\nunit = "m²"'
    if _in_china(extract):
        buildings += f"\nyes_in_residential = true  # {say('yes')}"
    own_list = '[[facilities]]\nsource = "health.csv"\nservice = "health"\nx = "lon"\ny = "lat"'
    return f"""{_comment(say("head"))}
schema = 1

[project]
name = {_quoted(name)}
language = "{language}"  # {say("language")}

[network]
source = {_quoted(_relative(extract, out))}
ways = "walk"  # {say("ways")}
speed_kmh = 4.0  # {say("speed")}

{_comment(*(remark.text(language) for remark in remarks))}
{zones}

[[demand]]
name = "buildings"
{buildings}

[[facilities]]
name = "osm"
source = "osm"
{_comment(say("facilities"), own_list, 'crs = "EPSG:4326"')}

[standard]
profile = "osm-15min"  # {say("standard")}

{_comment(say("definitions"), _MORE)}
"""


def _comment(*texts: str) -> str:
    """Each line behind a `#`; what cannot stand in a comment is left out."""
    lines = [line for text in texts for line in text.strip().splitlines()]
    return "\n".join("# " + "".join(c for c in line if c.isprintable()) for line in lines)


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _relative(extract: Path, out: Path) -> str:
    """The extract as seen from the project file's folder; in full where that is another drive."""
    try:
        return Path(os.path.relpath(extract.absolute(), out.absolute().parent)).as_posix()
    except ValueError:
        return extract.absolute().as_posix()


def _in_china(extract: Path) -> bool:
    """Whether the middle of the extract lies where the CGCS2000 zones are used."""
    box = header(extract).box
    if box is not None:
        lon, lat = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    else:
        streets = read_osm_streets(extract)
        lon, lat = float(streets.lon.mean()), float(streets.lat.mean())
    return "CGCS2000" in metric_crs("auto", lon, lat).name
