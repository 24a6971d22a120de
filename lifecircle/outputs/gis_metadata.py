"""What a GeoPackage says of itself: how it came about, whose data it holds, what its layers are."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lifecircle.messages import message, some
from lifecircle.outputs.folder import RUN_SCHEMA
from lifecircle.outputs.provenance import Provenance, run_json
from lifecircle.outputs.qml import VERSION, plain
from lifecircle.outputs.tables import Table
from lifecircle.project.tables import is_special
from lifecircle.version import VERSION as OUR_VERSION

QGIS = "http://mrcc.com/qgis.dtd"
RIGHTS = "http://purl.org/dc/terms/rights"

# What is known only later, or differs between two runs of the same input.
_NOT_INSIDE = ("made", "seconds", "outputs")
_FROM_OSM = (".osm", ".pbf", ".osm.gz", ".osm.bz2", ".graphml")


@dataclass(frozen=True)
class Metadata:
    """An entry of `gpkg_metadata`; without `table` it holds for the whole file."""

    uri: str
    mime_type: str
    text: str
    table: str = ""


def metadata(provenance: Provenance, tables: Mapping[str, Table]) -> Iterator[Metadata]:
    """How the run came about, whose data these are, and what QGIS shows of each layer."""
    yield Metadata(RUN_SCHEMA, "application/json", _run(provenance))
    yield Metadata(RIGHTS, "text/plain", rights(provenance))
    for name, described in tables.items():
        yield Metadata(QGIS, "text/xml", _layer(described, provenance), name)


def rights(provenance: Provenance) -> str:
    """Whose data these are and on what terms; OpenStreetMap only where something is from there."""
    language = provenance.project.project.language
    sources = list(dict.fromkeys(source.source for source in provenance.inputs))
    osm = [name for name in sources if name.lower().endswith(_FROM_OSM)]
    others = [name for name in sources if name not in osm and not is_special(name)]
    parts = [message("gis.osm")] if osm else []
    if others:
        parts.append(message("gis.own", names=some(others)))
    return " ".join(part.text(language) for part in parts)


def _run(provenance: Provenance) -> str:
    """What `run.json` holds, but for the hashes of files, this one among them, and for times."""
    run = run_json(provenance, {})
    known = {key: value for key, value in run.items() if key not in _NOT_INSIDE}
    return json.dumps(known, ensure_ascii=False, allow_nan=False)


def _layer(described: Table, provenance: Provenance) -> str:
    """A layer's title, meaning, sources and rights as QGIS reads them."""
    about = provenance.project.project
    language = about.language
    title = described.titles[language]
    if about.name:
        title = message("gis.title", project=about.name, table=title).text(language)
    made_by = message("gis.made_by", version=OUR_VERSION).text(language)
    root = ET.Element("qgis", version=VERSION)
    entries = {
        "identifier": "",
        "parentidentifier": "",
        "language": language,
        "type": "dataset",
        "title": title,
        "abstract": f"{described.meanings[language]}\n{made_by}",
        "fees": "",
        "rights": rights(provenance),
        "license": "",
    }
    for source in provenance.inputs:
        dated = f" ({source.date})" if source.date else ""
        ET.SubElement(root, "history").text = plain(f"{source.layer}: {source.source}{dated}")
    for number, (name, text) in enumerate(entries.items()):
        element = ET.Element(name)
        element.text = plain(text)
        root.insert(number, element)
    return ET.tostring(root, encoding="unicode")
