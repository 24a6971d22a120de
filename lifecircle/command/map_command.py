"""The command `map`: a finished run on paper."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lifecircle.command.arguments import refuse_file
from lifecircle.command.console import Terminal, answering, print_json, progress, show
from lifecircle.command.options import AsJson, Lang, Out, Quiet, Verbose, terminal_of

if TYPE_CHECKING:
    from lifecircle.printing import Printed, PrintOptions


class Kind(StrEnum):
    """Kinds of files for single maps."""

    PNG = "png"
    PDF = "pdf"
    BOTH = "both"
    NONE = "none"


class Sheet(StrEnum):
    """Sizes of paper."""

    A4 = "a4"
    A3 = "a3"


class Layer(StrEnum):
    """What maps show."""

    RATE = "rate"
    GAP = "gap"


def map_command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder of a finished run. 已完成的结果文件夹。"),
    ],
    *,
    out: Out = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="A service; repeatable; all by default. 服务，默认全部。"),
    ] = None,
    definition: Annotated[
        str, typer.Option(metavar="KEY", help="A definition; the main one by default. 口径。")
    ] = "",
    layer: Annotated[
        list[Layer] | None,
        typer.Option(help="What maps show: rates (default), gaps; repeatable. 覆盖率或缺口。"),
    ] = None,
    kind: Annotated[
        Kind, typer.Option("--format", help="Files for each service's map. 单张地图的格式。")
    ] = Kind.BOTH,
    paper: Annotated[Sheet, typer.Option(help="Size of the paper. 纸张大小。")] = Sheet.A4,
    dpi: Annotated[int, typer.Option(help="Dots per inch of PNG. PNG 分辨率。")] = 200,
    atlas: Annotated[bool, typer.Option(help="The atlas as one PDF. 图集（PDF）。")] = True,
    report: Annotated[bool, typer.Option(help="The report for Word. Word 报告。")] = True,
    font: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A font to prefer to those installed. 指定字体文件。"),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print a finished run: a map for each service, an atlas, a report for Word.

    They go to DIR/maps, or where --out says. --lang is their language too; by default the
    project's.

    出图：每类服务一张地图、图集（PDF）和 Word 报告。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        refuse_file(out)
        from lifecircle.printing import PrintOptions, print_run

        formats: dict[Kind, tuple[Literal["png", "pdf"], ...]] = {
            Kind.PNG: ("png",),
            Kind.PDF: ("pdf",),
            Kind.BOTH: ("png", "pdf"),
            Kind.NONE: (),
        }
        options = PrintOptions(
            services=tuple(service or ()),
            definition=definition,
            layers=tuple(each.value for each in layer or (Layer.RATE,)),
            formats=formats[kind],
            paper=paper.value,
            dpi=dpi,
            atlas=atlas,
            report=report,
            language=lang.value if lang else None,
            font=font,
        )
        started = time.perf_counter()
        with progress(terminal) as follow:
            printed = print_run(folder, out, options=options, progress=follow)
        _answer(terminal, printed, options, out or folder / "maps", time.perf_counter() - started)


def _answer(
    terminal: Terminal, printed: Printed, options: PrintOptions, out: Path, seconds: float
) -> None:
    """Which files there are, and what could not be printed as it is."""
    for remark in printed.remarks:
        show(terminal, f"{remark.text(terminal.language)} {remark.action(terminal.language)}")
    maps = sum(name.startswith("map-") for name in printed.files)
    show(terminal, terminal.words("cli.printed", count=maps, path=out))
    for name, path in printed.files.items():
        if not name.startswith("map-"):
            show(terminal, f"  {path}")
    if terminal.json:
        print_json(
            out=str(out),
            definition=options.definition or None,
            files={name: str(path) for name, path in printed.files.items()},
            remarks=[remark.text(terminal.language) for remark in printed.remarks],
            seconds=round(seconds, 3),
        )
