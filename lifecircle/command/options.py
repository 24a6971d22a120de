"""The options that all commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lifecircle.command.console import Terminal, preferred_language


class Language(StrEnum):
    """Languages of the messages."""

    ZH = "zh"
    EN = "en"


ProjectPath = Annotated[
    Path, typer.Argument(metavar="PROJECT.toml", help="The project file. 项目文件。")
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of the results. 结果文件夹。")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but errors. 只显示错误。")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Print all findings, and where errors come from.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a summary for programs on stdout.")]
Lang = Annotated[
    Language | None, typer.Option(help="Language of messages; the system's by default. 提示语言。")
]


def examples(*lines: str) -> str:
    """What stands below the help of a command."""
    # \b keeps the lines as they are
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def terminal_of(lang: Language | None, quiet: bool, verbose: bool, as_json: bool) -> Terminal:
    """How a command with these options talks."""
    return Terminal(lang.value if lang else preferred_language(), quiet, verbose, as_json)
