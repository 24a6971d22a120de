"""The command `run`: the main job, with changes to facilities, on a cluster if one is named."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lifecircle.command.arguments import (
    added_facility,
    limited_service,
    moved_facility,
    refuse_file,
)
from lifecircle.command.console import (
    BELOW,
    Terminal,
    answering,
    complain,
    print_json,
    show,
)
from lifecircle.command.console import progress as progress_bar
from lifecircle.command.options import (
    AsJson,
    Lang,
    Out,
    ProjectPath,
    Quiet,
    Verbose,
    terminal_of,
)

if TYPE_CHECKING:
    from lifecircle.analysis import Analysis


def run_command(
    project: ProjectPath,
    *,
    out: Out = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a value of the project file; repeatable. 临时修改项目文件中的值。",
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVICE,LON,LAT", help="Add a facility; repeatable. 增加一处设施。"),
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Close a facility; repeatable. 关闭一处设施。"),
    ] = None,
    move: Annotated[
        list[str] | None,
        typer.Option(metavar="ID,LON,LAT", help="Move a facility; repeatable. 迁移一处设施。"),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="RATE",
            help="Exit with 3 if the city's rate (first definition, service `all`) is lower. "
            "全市覆盖率低于此值时退出码为 3。",
        ),
    ] = None,
    fail_service: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The service that --fail-under looks at. 针对的服务。"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Search on the workers of a Dask scheduler, tcp://HOST:8786 (local:4: four "
            "processes here). 在 Dask 集群上计算。",
        ),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Compute who reaches what, and write the report.

    计算覆盖率并生成报告。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        from lifecircle.project.file import load_project

        standard = load_project(project, changes or ()).standard
        changed: dict[str, list[Any]] = {
            "add": [added_facility(text, standard) for text in add or ()],
            "close": close or [],
            "move": [moved_facility(text) for text in move or ()],
        }
        limited = limited_service(fail_service, fail_under, standard)
        out = out or project.with_name(f"{project.stem}-out")
        analysis = main_job(
            project, out, terminal, overrides=changes or (), changed=changed, scheduler=scheduler
        )
        if fail_under is not None:
            _hold_to(fail_under, limited, analysis, terminal)


def main_job(
    project: Path,
    out: Path,
    terminal: Terminal,
    *,
    overrides: Sequence[str] = (),
    changed: Mapping[str, Sequence[Any]] = MappingProxyType({}),
    scheduler: str | None = None,
) -> Analysis:
    """The main job, with changes to facilities if any, and its answer."""
    refuse_file(out)
    from lifecircle.command import answers
    from lifecircle.command.change_answer import change_summary, change_table
    from lifecircle.pipeline import analyse
    from lifecircle.runs import write
    from lifecircle.scenario import what_if

    if scheduler is not None:
        from lifecircle.distributed import analyse_on

        # Beside the results, on the disk that the workers share.
        work = out.with_name(f"{out.name}-parts")
        analyse = functools.partial(analyse_on, scheduler, work=work)
    started = time.perf_counter()
    with progress_bar(terminal) as follow:
        before = analysis = analyse(project, overrides=overrides, progress=follow)
        if any(changed.values()):
            analysis = what_if(before, **changed, progress=follow)
        files = write(analysis, out, progress=follow)
    show(terminal, *answers.run_answer(analysis, files, terminal))
    summary = answers.run_summary(analysis, files, out)
    if analysis is not before:
        show(terminal, change_table(before, analysis, terminal))
        summary["changes"] = change_summary(before, analysis)
    if terminal.json:
        print_json(summary, seconds=round(time.perf_counter() - started, 3))
    return analysis


def _hold_to(limit: float, service: str, analysis: Analysis, terminal: Terminal) -> None:
    """Exit 3 where the city's rate is below the limit, or unknown."""
    from lifecircle.command.answers import city, shown_rate
    from lifecircle.rates import TARGET_TOLERANCE

    row = city(analysis.coverage, analysis.definition.key).T[service]
    if not row["rate"] >= limit - TARGET_TOLERANCE:
        code = "cli.below" if row["rate"] >= 0 else "cli.below_unknown"
        rate = shown_rate(row, terminal)
        complain(terminal.words(code, service=service, rate=rate, limit=limit))
        raise typer.Exit(BELOW)
