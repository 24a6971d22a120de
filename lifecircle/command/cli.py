"""The command line: parses, calls, prints. What a command needs is imported when it runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lifecircle.command.arguments import (
    refuse_file,
)
from lifecircle.command.console import (
    answering,
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
from lifecircle.command.run_command import main_job, run_command

if TYPE_CHECKING:
    pass

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

        main_job(monaco_project(), out or Path("monaco-out"), terminal)


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


app.command(
    "run",
    epilog=examples(
        "lifecircle run project.toml",
        "lifecircle run project.toml --set network.speed_kmh=3.6 --out slow",
        "lifecircle run project.toml --add health,121.4737,31.2304 --fail-under 0.85",
        "lifecircle run project.toml --scheduler tcp://10.0.0.5:8786 --out /shared/out",
    ),
)(run_command)


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
