"""An OSM extract as a file: what its header says, and its objects, with faults put in words."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import osmium
import osmium.io
from osmium.osm import ALL, NODE, NOTHING, WAY, osm_entity_bits
from osmium.osm.types import OSMEntity, Way

from lifecircle.errors import InputError

EXTRACT_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")
"""File names that are OSM extracts."""

Box = tuple[float, float, float, float]

_DATE_OPTIONS = ("osmosis_replication_timestamp", "timestamp")
_FIRST_YEAR = 2005  # OSM's oldest objects; an object without a time says 1970


@dataclass(frozen=True)
class ExtractHeader:
    """What an extract says of itself.

    `box` is west, south, east, north in degrees, or `None` where the header has none. `date` is the
    day of the data (`2023-12-26`): the header's, else that of its newest way, else empty.
    """

    box: Box | None
    date: str


def is_extract(path: str | Path) -> bool:
    """Whether a file name is that of an OSM extract.

    >>> is_extract("Roads.OSM.PBF"), is_extract("roads.gpkg")
    (True, False)
    """
    return str(path).lower().endswith(EXTRACT_SUFFIXES)


def header(path: Path) -> ExtractHeader:
    """Box and date of an extract.

    Raises
    ------
    InputError
        If the file is missing, empty or no OSM extract.
    """
    with _faults_of(path), osmium.io.Reader(_osm_file(path), NOTHING) as reader:
        found = reader.header()
        box = found.box()
        dates = [found.get(option) for option in _DATE_OPTIONS]
    days = [date[:10] for date in dates if re.match(r"\d{4}-\d\d-\d\d", date)]
    corners = (
        (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
        if box.valid()
        else None
    )
    return ExtractHeader(corners, days[0] if days else _newest(path))


def objects(
    path: Path,
    *filters: osmium.BaseFilter,
    entities: osm_entity_bits = ALL,
    areas: osmium.BaseFilter | None = None,
) -> Iterator[OSMEntity]:
    """Objects of an extract that pass all filters, way nodes with their places.

    `areas` says which relations are put together; closed ways are always. An object is valid only
    until the next one is asked for. The file is known to be whole only when the last one has come:
    keep nothing before.

    Raises
    ------
    InputError
        If the file is missing, empty, truncated, broken or no OSM extract.
    """
    with _faults_of(path), _in_order(path) as ordered:
        processor = osmium.FileProcessor(_osm_file(ordered), entities)
        if entities & NODE:
            processor.with_locations()
        if areas is not None:
            processor.with_areas(areas)
        for each in filters:
            processor.with_filter(each)
        yield from processor


def refuse_unsorted(path: Path) -> None:
    """Says so if an extract lacks parts only because it is not in OSM's order.

    To be called when parts are missing: nodes that come after the ways that name them look like
    nodes outside the extract. It reads the file once more, unless its header vouches for the order.

    Raises
    ------
    InputError
        If a .pbf is not sorted; XML has been sorted already.
    """
    if not path.name.lower().endswith(".pbf"):
        return
    with _faults_of(path), osmium.io.Reader(_osm_file(path), NOTHING) as reader:
        vouched = reader.header().get("sorting") == "Type_then_ID"
    if not (vouched or _is_sorted(path)):
        raise InputError.of("osm.unsorted", file=path.name)


def _newest(path: Path) -> str:
    """The day of the newest way; empty if ways have no times."""
    with _faults_of(path):
        ways = osmium.FileProcessor(_osm_file(path), WAY)
        newest = max((way.timestamp for way in ways if isinstance(way, Way)), default=None)
    return "" if newest is None or newest.year < _FIRST_YEAR else newest.date().isoformat()


def _osm_file(path: Path) -> osmium.io.File:
    """The file with its format named, because osmium knows suffixes in lower case only."""
    if not path.is_file():
        raise InputError.of("osm.missing", file=path)
    if path.stat().st_size == 0:
        raise InputError.of("osm.empty", file=path.name)
    return osmium.io.File(path.absolute(), _format(path))


def _format(path: Path) -> str:
    """The format's name, which is the suffix without its dot."""
    for suffix in EXTRACT_SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix[1:]
    raise InputError.of("osm.suffix", file=path.name, suffixes=" ".join(EXTRACT_SUFFIXES))


@contextlib.contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    """Puts what osmium raises for a bad file in words that name the file."""
    try:
        yield
    except InputError:
        raise
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as fault:
        if "out of order" in str(fault) or "twice in input" in str(fault):
            raise InputError.of("osm.unsorted", file=path.name) from fault
        raise InputError.of("osm.unreadable", file=path.name, reason=fault) from fault


@contextlib.contextmanager
def _in_order(path: Path) -> Iterator[Path]:
    """The extract with nodes, ways, relations in this order and each by id, as osmium needs it.

    Overpass writes XML in the order of its query, often ways first: it is sorted into a temporary
    file. Programs that write .pbf sort, with few exceptions; those are refused, not sorted, because
    a .pbf may be too large for it.
    """
    if path.name.lower().endswith(".pbf") or _is_sorted(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "sorted.osm.pbf")
        everything = osmium.MergeInputReader()
        everything.add_buffer(path.read_bytes(), _format(path))
        with osmium.SimpleWriter(copy) as writer:
            everything.apply(writer)
        yield copy


def _is_sorted(path: Path) -> bool:
    """Whether objects stand by kind and id, none twice; refuses ids below zero."""
    in_order, last = True, (0, 0)
    with _faults_of(path):
        for each in osmium.FileProcessor(_osm_file(path)):
            if each.id < 0:
                raise InputError.of("osm.negative_id", file=path.name, osm=each.id)
            place = "nwr".find(each.type_str()), each.id
            in_order, last = in_order and place > last, place
    return in_order
