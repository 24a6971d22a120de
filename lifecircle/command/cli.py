"""The command line: parses, calls, prints. What a command needs is imported when it runs."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lifecircle.command.arguments import added_facility, limited_service, refuse_file
from lifecircle.command.console import (
    BELOW,
    Terminal,
    answering,
    complain,
    print_json,
    show,
)
from lifecircle.command.console import progress as progress_bar
from lifecircle.command.map_command import map_command
from lifecircle.command.options import (
    AsJson,
    Lang,
    Out,
    ProjectPath,
    Quiet,
    Verbose,
    examples,
    terminal_of,
)

if TYPE_CHECKING:
    from lifecircle.analysis import Analysis

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=False)
def lifecircle() -> None:
    """Who can walk to what: coverage of public services on foot.

    公共服务步行可达覆盖率。
    """


@app.command(epilog=examples("lifecircle demo --out monaco-out"))
def demo(
    out: Out = None,
    *,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Run on the sample that ships with the program: Monaco.

    用自带的摩纳哥示例运行。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        from lifecircle.sample_data import monaco_project

        _run(monaco_project(), out or Path("monaco-out"), terminal)


@app.command(epilog=examples("lifecircle init monaco.osm.pbf -o project.toml"))
def init(
    extract: Annotated[
        Path, typer.Argument(metavar="CITY.osm.pbf", help="An OSM extract. OSM 提取文件。")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The file to write. 写入的文件。")
    ] = Path("project.toml"),
    *,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write a project file for an OSM extract.

    为 OSM 提取文件生成项目文件，所有图层都取自该文件。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        from lifecircle.command.initialise import write_project_file

        started = write_project_file(extract, out, language=terminal.language)
        show(terminal, *(words.text(terminal.language) for words in started.remarks))
        show(terminal, terminal.words("cli.written", path=out))
        if as_json:
            print_json(project=str(out), zones=started.zones, passed_over=started.passed_over)


@app.command(epilog=examples("lifecircle check project.toml --out findings"))
def check(
    project: ProjectPath,
    out: Out = None,
    *,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check every layer without computing rates.

    只读取、检查各图层，不计算覆盖率。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        refuse_file(out)
        from lifecircle.command.answers import finding_counts, listed
        from lifecircle.intake import check_layers
        from lifecircle.outputs.folder import replace_outputs
        from lifecircle.outputs.records import write_findings

        started = time.perf_counter()
        with progress_bar(terminal) as follow:
            checked = check_layers(project, progress=follow)
        files = {}
        if out is not None:
            language = checked.project.project.language
            with replace_outputs(out) as folder:
                write_findings(checked.findings, folder / "findings.csv", language)
            files = {"findings.csv": str(out / "findings.csv")}
        show(terminal, *listed(checked.findings, terminal))
        if out is not None:
            show(terminal, terminal.words("cli.findings_at", path=files["findings.csv"]))
        if as_json:
            print_json(
                out=out and str(out),
                files=files,
                findings=finding_counts(checked.findings),
                seconds=round(time.perf_counter() - started, 3),
            )


@app.command(
    epilog=examples(
        "lifecircle run project.toml",
        "lifecircle run project.toml --set network.speed_kmh=3.6 --out slow",
        "lifecircle run project.toml --add health,121.4737,31.2304 --fail-under 0.85",
        "lifecircle run project.toml --scheduler tcp://10.0.0.5:8786 --out /shared/out",
    )
)
def run(
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
        added = [added_facility(text, standard) for text in add or ()]
        limited = limited_service(fail_service, fail_under, standard)
        out = out or project.with_name(f"{project.stem}-out")
        analysis = _run(
            project, out, terminal, overrides=changes or (), added=added, scheduler=scheduler
        )
        if fail_under is not None:
            _hold_to(fail_under, limited, analysis, terminal)


@app.command(epilog=examples("lifecircle standards", "lifecircle standards shanghai-14fyp"))
def standards(
    name: Annotated[
        str | None,
        typer.Argument(help="A built-in standard, or a file of your own. 标准名或文件。"),
    ] = None,
    *,
    quiet: Quiet = False,
    verbose: Verbose = False,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List the built-in standards, or print one with its sources.

    列出内置标准，或显示其中一个及其来源。
    """
    terminal = terminal_of(lang, quiet, verbose, as_json)
    with answering(terminal):
        from lifecircle.command.standard_page import plain_values, standard_page, standards_table
        from lifecircle.profiles import load_standard, standard_names
        from lifecircle.project.standard_tables import StandardTable

        names = standard_names() if name is None else (name,)
        found = [load_standard(StandardTable(profile=each), file="standards") for each in names]
        if name is None:
            show(terminal, standards_table(found, terminal))
        else:
            show(terminal, *standard_page(found[0]))
        if as_json:
            print_json(standards=[plain_values(standard) for standard in found])


app.command(
    "map", epilog=examples("lifecircle map monaco-out", "lifecircle map monaco-out --paper a3")
)(map_command)


def _run(
    project: Path,
    out: Path,
    terminal: Terminal,
    *,
    overrides: Sequence[str] = (),
    added: Sequence[tuple[str, float, float]] = (),
    scheduler: str | None = None,
) -> Analysis:
    """The main job, and its answer; on a scheduler's workers, if one is named."""
    refuse_file(out)
    from lifecircle.command import answers
    from lifecircle.pipeline import analyse
    from lifecircle.runs import write

    if scheduler is not None:
        from lifecircle.distributed import analyse_on

        # Beside the results, on the disk that the workers share.
        work = out.with_name(f"{out.name}-parts")
        analyse = functools.partial(analyse_on, scheduler, work=work)
    started = time.perf_counter()
    with progress_bar(terminal) as follow:
        analysis = analyse(project, overrides=overrides, added=added, progress=follow)
        files = write(analysis, out, progress=follow)
    show(terminal, *answers.run_answer(analysis, files, terminal))
    if terminal.json:
        seconds = round(time.perf_counter() - started, 3)
        print_json(answers.run_summary(analysis, files, out), seconds=seconds)
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
