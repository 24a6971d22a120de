"""What is printed of a run, in one language: its content and the rows of each definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lifecircle import verdicts
from lifecircle.messages import message
from lifecircle.report.about import title
from lifecircle.report.cells import Cell, Row, Sheet
from lifecircle.report.content import OSM, ReportContent
from lifecircle.report.naming import definition_line, service_name, short_names
from lifecircle.report.summary import ServiceRow, service_rows
from lifecircle.report.view import sheet_of
from lifecircle.report.words import Both, known, percent_of, words
from lifecircle.standards import ALL

_LAYERS = {"network": "layer_network", "zones": "layer_zones"}
_OSM_FILES = (".pbf", ".osm", ".osm.gz", ".osm.bz2", ".graphml")


@dataclass(frozen=True, eq=False)
class Edition:
    """The content to print, its sheets by definition (the main one first), and the language."""

    content: ReportContent
    sheets: tuple[Sheet, ...]
    language: str

    def say(self, code: str, **values: object) -> str:
        """Words of the printed matter."""
        texts = {
            key: value.plain(self.language) if isinstance(value, Both) else value
            for key, value in values.items()
        }
        return message(f"printed.{code}", **texts).text(self.language)

    def plain(self, text: Both) -> str:
        """A text of the report."""
        return text.plain(self.language)

    def of(self, definition: str) -> Sheet:
        """The sheet of a definition."""
        return next(one for one in self.sheets if one.definition.key == definition)


def edition_of(content: ReportContent, language: str | None = None) -> Edition:
    """The content in a language, by default the project's."""
    sheets = tuple(sheet_of(content, definition) for definition in content.definitions)
    return Edition(content, sheets, language or content.project.project.language)


def rows_of_services(edition: Edition, one: Sheet) -> list[ServiceRow]:
    """The table of services of a definition."""
    counts = edition.content.facilities.groupby("service")["facility"].nunique()
    return service_rows(one, {str(key): int(n) for key, n in counts.items()})


def names_of_definitions(edition: Edition) -> Mapping[str, Both]:
    """Every definition in a few words."""
    return short_names(edition.content)


def line_of(edition: Edition, one: Sheet) -> str:
    """The definition in one line (口径)."""
    content = edition.content
    return edition.plain(
        definition_line(content.project, one.standard, one.definition, content.sources)
    )


def headline(edition: Edition, one: Sheet, key: str) -> str:
    """A service's result in the whole area, as a sentence."""
    row = next(row for row in rows_of_services(edition, one) if row.key == key)
    cell = row.cell
    values: dict[str, object] = {
        "place": edition.plain(one.head.title),
        "rate": percent_of(cell.percent),
        "target": percent_of(verdicts.target_percent(cell.target)),
        "verdict": edition.plain(cell.word),
        "failing": row.failing.replace(" ", ""),
        "gap": row.gap,
        "unit": edition.plain(one.unit),
    }
    if not cell.percent:
        return edition.say("headline_none", **values)
    if not cell.judged:
        return edition.say("headline_unjudged", **values)
    return edition.say("headline" if any_zone_fails(one, key) else "headline_all_pass", **values)


def any_zone_fails(one: Sheet, key: str) -> bool:
    """Whether any zone fails in a service."""
    return any(row.cells[key].fails for row in one.zones)


def kinds_at_most(one: Sheet, keys: Sequence[str]) -> int:
    """How many kinds of zones the longest legend of these services lists."""
    kinds = ({(r.cells[key].verdict, r.cells[key].has_target) for r in one.zones} for key in keys)
    return max(map(len, kinds), default=1)


def service_line(edition: Edition, one: Sheet, key: str) -> str:
    """A service's own limit and how many facilities count; of all at once, which services."""
    if key == ALL:
        names = [edition.plain(service_name(one.standard, each)) for each in one.standard.all]
        comma = "、" if edition.language == "zh" else ", "
        return edition.say("all_of", names=comma.join(names))
    row = next(row for row in rows_of_services(edition, one) if row.key == key)
    parts = [edition.say("limit", limit=row.limit)]
    if row.facilities:
        parts.append(edition.say("facilities", n=row.facilities))
    return " · ".join(parts)


def title_of(edition: Edition) -> str:
    """The title of the whole."""
    return edition.plain(title(edition.sheets))


def gaps(one: Sheet) -> list[tuple[Row, str, Cell]]:
    """Zones and services that fail, with the most demand still to cover first."""
    found = [
        (row, key, row.cells[key])
        for row in one.zones
        for key in one.plain_services
        if row.cells[key].fails and row.cells[key].gap > 0
    ]
    return sorted(found, key=lambda each: -each[2].gap)


def dates(edition: Edition) -> str:
    """The date of each layer's data, those that have one."""
    parts = []
    for source in edition.content.sources:
        name = source.layer
        if "." in name:  # a table that belongs to a layer
            continue
        own = _LAYERS.get(name)
        layer = edition.say(own) if own else edition.plain(known(f"demand_{name}", name))
        if source.date and (part := f"{layer} {source.date}") not in parts:
            parts.append(part)
    return edition.say("dates", dates=edition.say("semicolon").join(parts)) if parts else ""


def attribution(content: ReportContent) -> tuple[str, ...]:
    """Whose data these are: OpenStreetMap's wherever a source looks like it."""
    sources = [source.source.lower() for source in content.sources]
    looks_osm = any("osm" in source or source.endswith(_OSM_FILES) for source in sources)
    return tuple(name for name in content.attribution if name != OSM or looks_osm or not sources)


def made(edition: Edition) -> str:
    """The version and the day of the run."""
    provenance = edition.content.provenance
    version, day = provenance.get("lifecircle", ""), provenance.get("made", "")[:10]
    parts = [f"lifecircle {version}".strip(), edition.say("made", day=day) if day else ""]
    return " · ".join(filter(None, parts))


def every_text(edition: Edition) -> Iterator[str]:
    """All that may be printed, so that fonts can be found for it."""
    content = edition.content
    yield content.project.project.name
    yield "✓✗?·–…%÷ 0123456789"
    yield from _strings(content.zones.index)
    for column in ("name", "parent"):
        yield from _strings(content.zones[column])
    for one in edition.sheets:
        yield line_of(edition, one)
        yield from (edition.plain(row.title) for row in one.rows)
        yield from (edition.plain(service_name(one.standard, key)) for key in one.services)
    yield title_of(edition)
    yield edition.say("dates", dates="")
    yield from (f"{source.layer} {source.source}" for source in content.sources)
    yield from content.attribution
    yield words("city").plain(edition.language)


def _strings(values: Sequence[object]) -> Iterator[str]:
    yield from (str(value) for value in values)
