"""A finished run on paper: a map for each service, the atlas, the report for Word."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import geopandas as gpd
from matplotlib.figure import Figure

from lifecircle.analysis import Analysis
from lifecircle.contents import content_of, read_content
from lifecircle.errors import InputError
from lifecircle.messages import Message, message, some
from lifecircle.outputs.folder import RUN, replace_outputs, sha256
from lifecircle.outputs.geopackage import LAYERS, read_streets
from lifecircle.outputs.gis_layers import street_layer
from lifecircle.printed.atlas import atlas_pages, write_atlas
from lifecircle.printed.edition import Edition, edition_of, every_text, kinds_at_most
from lifecircle.printed.fonts import Fonts, find_fonts
from lifecircle.printed.gap_map import gap_page, has_gap
from lifecircle.printed.page import PAPERS, PICTURE, Page, own_settings
from lifecircle.printed.plate import Plate, plate_of
from lifecircle.printed.record import read_record, refuse_edited, remove_stale, write_record
from lifecircle.printed.scene import Scene, scene_of
from lifecircle.printed.service_map import service_page
from lifecircle.printed.word import write_word
from lifecircle.progress import Progress
from lifecircle.report import ReportContent
from lifecircle.report.cells import Sheet

MapLayer = Literal["rate", "gap"]
DRAWN: Mapping[MapLayer, Callable[[Plate, Edition, Sheet, str], Page]] = {
    "rate": service_page,
    "gap": gap_page,
}
WORD_DPI = 220
LEAST_DPI, MOST_DPI = 50, 1200


@dataclass(frozen=True)
class PrintOptions:
    """What to print.

    `services` none: every one of the definition, by default the main one. `layers`: rates, and
    where how much is missing, for services that lack something. `formats` of the maps; `atlas` and
    `report` are on besides. `language` none: the project's. `font` is a file to prefer to the
    installed fonts.
    """

    services: tuple[str, ...] = ()
    definition: str = ""
    layers: tuple[MapLayer, ...] = ("rate",)
    formats: tuple[Literal["png", "pdf"], ...] = ("png", "pdf")
    paper: Literal["a4", "a3"] = "a4"
    dpi: int = 200
    atlas: bool = True
    report: bool = True
    language: str | None = None
    font: Path | None = None


@dataclass(frozen=True)
class Printed:
    """The files that were written, by name, and what could not be printed as it is."""

    files: Mapping[str, Path]
    remarks: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class _Job:
    """What printing starts from: the content, its lines of streets, and which run it is."""

    edition: Edition
    sheet: Sheet
    services: tuple[str, ...]
    scene: Scene
    fonts: Fonts
    run: str


def service_map(
    analysis: Analysis,
    service: str,
    *,
    layer: MapLayer = "rate",
    definition: str = "",
    paper: Literal["a4", "a3"] = "a4",
    language: str | None = None,
    font: str | Path | None = None,
) -> Figure:
    """One service's map as a matplotlib figure, as the command `map` prints it.

    Parameters
    ----------
    service
        A key of the standard, or `all`.
    layer
        `rate`, or `gap`: circles as large as the demand still to cover.
    definition
        Key of a definition; by default the main one.
    language
        `zh` or `en`; by default the project's.
    font
        A font file to prefer to the installed fonts.

    Raises
    ------
    InputError
        If there is no such service or definition, nothing is missing for a map of gaps, or no font
        has the names.

    Notes
    -----
    Streets are drawn where the analysis has its network: `open_run(folder)` rebuilds it.
    """
    options = PrintOptions(
        (service,), definition, language=language, font=Path(font) if font else None
    )
    lines = None if analysis.network is None else street_layer(analysis.network)
    with own_settings():
        job = _job(content_of(analysis), lines, options, run="")
        if layer == "gap" and not has_gap(job.sheet, service):
            raise InputError.of("printed.no_gap", service=service)
        return DRAWN[layer](_plate(job, paper), job.edition, job.sheet, service).figure


def write_maps(
    analysis: Analysis,
    out: str | Path,
    *,
    options: PrintOptions | None = None,
    progress: Progress | None = None,
) -> Printed:
    """Maps, atlas and Word report of an analysis, moved into `out` together when all are complete.

    Raises
    ------
    InputError
        As `service_map`; or if `out` cannot be written, or a file in it was changed by hand.
    """
    options = options or PrintOptions()
    lines = None if analysis.network is None else street_layer(analysis.network)
    with own_settings():
        job = _job(content_of(analysis), lines, options, run="")
        return _write(job, Path(out), options, progress)


def print_run(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    options: PrintOptions | None = None,
    progress: Progress | None = None,
) -> Printed:
    """The same from a run's folder, by default into its subfolder `maps`."""
    folder, options = Path(folder), options or PrintOptions()
    content = read_content(folder)
    lines = read_streets(folder / LAYERS)
    with own_settings():
        job = _job(content, lines, options, run=sha256(folder / RUN))
        return _write(job, Path(out or folder / "maps"), options, progress)


def _job(
    content: ReportContent, lines: gpd.GeoDataFrame | None, options: PrintOptions, run: str
) -> _Job:
    """Checks what is asked for, finds fonts, prepares the layers."""
    edition = edition_of(content, options.language)
    keys = [one.definition.key for one in edition.sheets]
    if options.definition and options.definition not in keys:
        raise InputError.of("printed.no_definition", key=options.definition, known=some(keys))
    if not LEAST_DPI <= options.dpi <= MOST_DPI:
        raise InputError.of("printed.dpi", dpi=options.dpi, least=LEAST_DPI, most=MOST_DPI)
    one = edition.of(options.definition) if options.definition else edition.sheets[0]
    if unknown := [key for key in options.services if key not in one.services]:
        raise InputError.of("printed.no_service", names=some(unknown), known=some(one.services))
    fonts = find_fonts(every_text(edition), options.font, language=edition.language)
    scene = scene_of(content.zones, content.facilities, lines, content.project.project.crs)
    services = tuple(dict.fromkeys(options.services)) or one.services
    return _Job(edition, one, services, scene, fonts, run)


def _plate(job: _Job, paper: str) -> Plate:
    kinds = kinds_at_most(job.sheet, job.services)
    return plate_of(job.scene, job.fonts, {**PAPERS, "picture": PICTURE}[paper], kinds=kinds)


def _write(job: _Job, out: Path, options: PrintOptions, progress: Progress | None) -> Printed:
    """All files, in a temporary folder until they are complete."""
    suffix = f"-{options.definition}" if job.sheet is not job.edition.sheets[0] else ""
    ending = f"{suffix}-{options.paper}"
    maps = {
        f"map-{key}{'' if layer == 'rate' else f'-{layer}'}{ending}": (key, layer)
        for key in job.services
        for layer in options.layers
        if layer == "rate" or has_gap(job.sheet, key)
    }
    names = [f"{stem}.{kind}" for stem in maps for kind in options.formats]
    names += [f"atlas{ending}.pdf"] * options.atlas + [f"report{suffix}.docx"] * options.report
    refuse_edited(out, names)
    steps = _Steps(progress, len(maps) + options.atlas + len(job.services) * options.report)
    with replace_outputs(out) as folder:
        earlier = read_record(out)
        if options.formats or options.atlas:
            plate = _plate(job, options.paper)
            pages = _write_maps(job, plate, folder, options, maps=maps, steps=steps)
            if options.atlas:
                steps.next()
                whole = atlas_pages(plate, job.edition, job.sheet, pages)
                write_atlas(folder / f"atlas{ending}.pdf", whole, job.edition)
        if options.report:
            pictures = _pictures(job, steps)
            write_word(folder / f"report{suffix}.docx", job.edition, job.sheet, pictures)
        write_record(folder, job.run, earlier, out)
    remove_stale(out, earlier)
    return Printed({name: out / name for name in names}, _remarks(job.fonts))


def _write_maps(
    job: _Job,
    plate: Plate,
    folder: Path,
    options: PrintOptions,
    *,
    maps: Mapping[str, tuple[str, MapLayer]],
    steps: _Steps,
) -> list[Page]:
    """A file for each map and format; the pages, for the atlas."""
    pages = []
    for stem, (key, layer) in maps.items():
        steps.next()
        page = DRAWN[layer](plate, job.edition, job.sheet, key)
        for kind in options.formats:
            # no date inside: the same run is the same file
            about = {"CreationDate": None} if kind == "pdf" else {"Software": None}
            page.figure.savefig(folder / f"{stem}.{kind}", dpi=options.dpi, metadata=about)
        pages.append(page)
    return pages


def _pictures(job: _Job, steps: _Steps) -> dict[str, bytes]:
    """A picture of each service's map for the report."""
    plate = _plate(job, "picture")
    pictures = {}
    for key in job.services:
        steps.next()
        drawn = io.BytesIO()
        page = service_page(plate, job.edition, job.sheet, key)
        page.figure.savefig(drawn, format="png", dpi=WORD_DPI)
        pictures[key] = drawn.getvalue()
    return pictures


class _Steps:
    """Word of each step to whoever waits."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._done, self._total = progress, 0, total

    def next(self) -> None:
        """Another step begins."""
        if self._progress:
            self._progress("printed.drawing", self._done, self._total)
        self._done += 1


def _remarks(fonts: Fonts) -> tuple[Message, ...]:
    """What could not be printed as it is."""
    if not fonts.missing:
        return ()
    letters = [f"{letter} (U+{ord(letter):04X})" for letter in sorted(fonts.missing)]
    return (message("printed.missing_letters", letters=some(letters)),)
