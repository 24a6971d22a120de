"""Pages of the site that the program tells itself: its commands, files, keys and standards."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import tomllib
import types
import typing
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic.fields import FieldInfo
from typer.testing import CliRunner

from lifecircle.command.cli import app
from lifecircle.profiles import standard_names
from lifecircle.project import standard_tables, tables
from lifecircle.project.keys import Table

DOCS = Path(__file__).resolve().parent.parent / "docs"
TERMINAL = {"COLUMNS": "100", "LINES": "200", "NO_COLOR": "1", "TERM": "dumb"}
UNITS = {"definition": "unit of the demand", "1": "share, 0 to 1", "deg": "°"}
WORDS: dict[Any, str] = {str: "text", float: "number", int: "number", bool: "true or false"}


def command_line() -> str:
    """Every command with what `--help` prints."""
    shown = _printed("--help")
    names = re.findall(r"^  ([a-z]+)  ", shown.partition("Commands:")[2], re.MULTILINE)
    parts = [_intro("command_line"), _block(shown)]
    parts += [f"## `lifecircle {name}`\n\n{_block(_printed(name, '--help'))}" for name in names]
    return "\n\n".join(parts) + "\n"


def standards() -> str:
    """Every built-in standard as `lifecircle standards NAME` prints it."""
    parts = [_intro("standards"), _block(_printed("standards", "--lang", "en"))]
    parts += [
        f"## {name}\n\n{_block(_printed('standards', name, '--lang', 'en'))}"
        for name in standard_names()
    ]
    return "\n\n".join(parts) + "\n"


def output_files() -> str:
    """Every column of every table that a run writes, with type, unit and meaning."""
    described = tomllib.loads((files("lifecircle.outputs") / "columns.toml").read_text("utf-8"))
    parts = [_intro("output_files")]
    for file, columns in described.items():
        parts.append(f"## {file.replace(':', ', layer ')}")
        rows = [
            (f"`{name}`", one["type"], _unit(one), _both(one["en"], one["zh"]))
            for name, one in columns.items()
        ]
        parts.append(_table(("column 列", "type 类型", "unit 单位", "meaning 含义"), rows))
    return "\n\n".join(parts) + "\n"


def project_file() -> str:
    """Every key of a project file, table by table."""
    parts = [_intro("project_file")]
    for heading, table in project_tables():
        parts.append(f"## `{heading}`\n\n{_table_doc(table)}")
        rows = [
            (f"`{key}`", spoken(field), _default(field), _both(*meaning(heading, key, table)))
            for key, field in table.model_fields.items()
            if not _subtables(field.annotation)
        ]
        if rows:
            parts.append(_table(("key 键", "value 取值", "default 默认", "meaning 含义"), rows))
    return "\n\n".join(parts) + "\n"


def project_tables() -> Iterator[tuple[str, type[Table]]]:
    """Every table of a project file by its heading, from the model itself."""
    yield from _tables_in(tables.Project, "")


def _tables_in(model: type[Table], path: str) -> Iterator[tuple[str, type[Table]]]:
    for key, field in model.model_fields.items():
        for kind, table in _subtables(field.annotation):
            name = f"{path}{key}" + (".NAME" if kind is dict else "")
            yield f"[[{name}]]" if kind is list else f"[{name}]", table
            yield from _tables_in(table, f"{name}.")


def _subtables(annotation: Any) -> list[tuple[type, type[Table]]]:
    """Tables that a key holds: one, a list of them, or by names of the user's."""
    if inspect.isclass(annotation) and issubclass(annotation, Table):
        return [(Table, annotation)]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return [found for each in arguments for found in _subtables(each)]
    if origin in (list, dict):
        return [(origin, table) for _, table in _subtables(arguments[-1])]
    return []


def spoken(field: FieldInfo) -> str:
    """What may be written for a key, in words."""
    return _spoken(field.annotation)


def _spoken(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return " / ".join(f"`{value}`" for value in arguments)
    if origin in (typing.Union, types.UnionType):
        parts = [_spoken(each) for each in arguments if each is not type(None)]
        return " / ".join(dict.fromkeys(parts))
    if origin is typing.Annotated:
        return _spoken(arguments[0])
    if origin is list:
        return f"list of {_spoken(arguments[0])}"
    if origin is dict:
        return f"{{ name = {_spoken(arguments[1])} }}"
    return WORDS[annotation]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default in (None, "", {}, []) and field.default is not False:
        return ""
    number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    shown = f"{field.default:g}" if number else str(field.default)
    return f"`{shown.lower() if isinstance(field.default, bool) else shown}`"


def meaning(heading: str, key: str, table: type[Table]) -> tuple[str, str]:
    """What a key means, in English and Chinese: of its table, of any table, else its docstring."""
    known = tomllib.loads((DOCS / "project_keys.toml").read_text("utf-8"))
    name = heading.strip("[]")
    entry = known.get(name, {}).get(key) or known["any"].get(key) or {}
    english = entry.get("en") or docstrings(table).get(key, "")
    return english, entry.get("zh", "")


def docstrings(table: type[Table]) -> dict[str, str]:
    """The strings below the keys of a table's class and its bases."""
    found: dict[str, str] = {}
    for module in (tables, standard_tables):
        classes = {
            node.name: node
            for node in ast.parse(inspect.getsource(module)).body
            if isinstance(node, ast.ClassDef)
        }
        for one in table.__mro__:
            body = classes[one.__name__].body if one.__name__ in classes else []
            for above, below in itertools.pairwise(body):
                if isinstance(above, ast.AnnAssign) and isinstance(below, ast.Expr):
                    key = ast.unparse(above.target)
                    found.setdefault(key, " ".join(str(ast.literal_eval(below.value)).split()))
    return found


def _table_doc(table: type[Table]) -> str:
    first = inspect.cleandoc(table.__doc__ or "").split("\n\n")[0]
    said = re.sub(r"^(One )?`\[.*?\]`( of .*?)?: ", "", first, count=1, flags=re.DOTALL)
    return said[:1].upper() + said[1:]


def _both(english: str, chinese: str) -> str:
    """Both languages in one cell, each on its line."""
    return "<br>".join(filter(None, (english, chinese)))


def _unit(column: dict[str, Any]) -> str:
    unit = column.get("unit", "")
    return UNITS.get(unit, unit)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown; what would end a cell is escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(re.sub(r"(?<!\\)\|", r"\|", cell) for cell in line) + " |"
        for line in lines
    )


def _intro(page: str) -> str:
    return (DOCS / "intros" / f"{page}.md").read_text("utf-8").strip()


def _printed(*arguments: str) -> str:
    return CliRunner().invoke(app, list(arguments), env=TERMINAL, prog_name="lifecircle").stdout


def _block(text: str) -> str:
    return f"```text\n{text.strip()}\n```"
