"""What commands answer: tables for people, plain values for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from lifecircle.command.console import Terminal, plain
from lifecircle.standards import ALL
from lifecircle.verdicts import minutes, percent, percent_exact, shortfall, target_percent

if TYPE_CHECKING:
    import pandas as pd

    from lifecircle.analysis import Analysis
    from lifecircle.definitions import Definition
    from lifecircle.findings import Finding

_STATUS = {
    "pass": "cli.pass",
    "fail": "cli.fail",
    "no data": "cli.no_data",
    "no demand": "cli.no_demand",
    "not in scope": "cli.not_in_scope",
}
_SEVERITY = {"error": "cli.error", "warning": "cli.warning", "info": "cli.info"}
_COLOURS = {"fail": "red", "pass": "green", "error": "red", "warning": "yellow"}
_CITY_VALUES = ["demand", "covered", "unsnapped", "rate", "rate_low", "rate_high", "target", "gap"]


def city(coverage: pd.DataFrame, definition: str, *, level: str = "city") -> pd.DataFrame:
    """The city's rows of one definition, by service; or those of its target's scope."""
    rows = coverage[(coverage["level"] == level) & (coverage["definition"] == definition)]
    return rows.set_index("service")


def run_answer(
    analysis: Analysis, files: Mapping[str, Path], terminal: Terminal
) -> list[RenderableType]:
    """What a run says: a table for each definition, what was found, where the report is."""
    found = analysis.findings
    return [
        *(city_table(analysis, definition, terminal) for definition in analysis.definitions),
        *(listed(found, terminal) if terminal.verbose else [counts_line(found, terminal)]),
        terminal.words("cli.report_at", path=files["report.html"]),
    ]


def run_summary(analysis: Analysis, files: Mapping[str, Path], out: Path) -> dict[str, object]:
    """The same for programs: plain values, `None` where there is no number."""
    return {
        "out": str(out),
        "files": {name: str(path) for name, path in files.items()},
        "city": {
            definition.key: _city_values(city(analysis.coverage, definition.key))
            for definition in analysis.definitions
        },
        "scope": {
            definition.key: _city_values(rows)
            for definition in analysis.definitions
            if len(rows := city(analysis.coverage, definition.key, level="scope"))
        },
        "findings": finding_counts(analysis.findings),
    }


def _city_values(rows: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Numbers of the city, or of its scope, by service."""
    numbers = rows[_CITY_VALUES].astype(object).where(rows[_CITY_VALUES].notna(), None)
    records: Iterable[dict[Any, Any]] = numbers.to_dict("records")
    return {
        str(service): {"status": status, "certainty": certainty, **row}
        for service, status, certainty, row in zip(
            rows.index, rows["status"], rows["certainty"], records, strict=True
        )
    }


def city_table(analysis: Analysis, definition: Definition, terminal: Terminal) -> Table:
    """Services by rate, target, status and gap: the city's, or those of the target's scope."""
    say = terminal.words
    scoped = city(analysis.coverage, definition.key, level="scope")
    rows = scoped if len(scoped) else city(analysis.coverage, definition.key)
    gap = say("cli.gap_unit", unit=definition.unit) if definition.unit else say("cli.gap")
    note = definition.note_zh if terminal.language == "zh" else definition.note_en
    title = "\n".join(filter(None, (definition.text(terminal.language), note)))
    table = bare_table(title, say("cli.service"))
    for code in ("cli.limit", "cli.in_scope" if len(scoped) else "cli.city", "cli.target"):
        table.add_column(say(code), justify="right")
    table.add_column(say("cli.status"))
    table.add_column(gap, justify="right")
    standard = analysis.standard_of(definition)
    names = {service.key: service.name(terminal.language) for service in standard.services}
    comma = "、" if terminal.language == "zh" else ", "
    names[ALL] = say("cli.all", names=comma.join(names[key] for key in standard.all))
    for service, row in rows.iterrows():
        table.add_row(
            cell(names[str(service)]),
            minutes(row["minutes"]),
            _with_sign(percent(row["rate"])),
            _with_sign(target_percent(row["target"])),
            _status(row, terminal),
            shortfall(row["gap"]),
        )
    undecided = [names[str(key)] for key in rows.index[rows["certainty"] == "undecided"]]
    if undecided:
        table.caption = Text(plain(say("cli.undecided", names=comma.join(undecided))), style="none")
        table.caption_justify = "left"
    return table


def _status(row: pd.Series[Any], terminal: Terminal) -> Text:
    """Pass or fail; where nothing is judged, why."""
    if row["status"] == "not in scope" and row["target"] != row["target"]:
        return Text(terminal.words("cli.no_target"))
    return Text(terminal.words(_STATUS[row["status"]]), _COLOURS.get(row["status"], ""))


def shown_rate(row: pd.Series[Any], terminal: Terminal) -> str:
    """A rate with two decimals, rounded down; where there is none, why."""
    return _with_sign(percent_exact(row["rate"])) or terminal.words(_STATUS[row["status"]])


def listed(findings: Sequence[Finding], terminal: Terminal) -> list[Text]:
    """Every finding with what to do about it, the worst first."""
    if not findings:
        return [Text(terminal.words("cli.no_findings"))]
    lines = []
    for found in sorted(findings, key=lambda found: list(_SEVERITY).index(found.severity)):
        line = Text(terminal.words(_SEVERITY[found.severity]), _COLOURS.get(found.severity, ""))
        words = found.message.text(terminal.language)
        layer = "" if words.startswith(found.layer) else f"{found.layer}  "
        line.append(plain(f"  {layer}{words}"), style="none")
        if action := found.message.action(terminal.language):
            line.append(plain(f"\n    {action}"), style="none")
        lines.append(line)
    return lines


def finding_counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each severity."""
    counts = Counter(found.severity for found in findings)
    return {severity: counts[severity] for severity in ("error", "warning", "info")}


def counts_line(findings: Iterable[Finding], terminal: Terminal) -> str:
    """How many findings there are, in one line."""
    counts = finding_counts(findings)
    return terminal.words(
        "cli.counts", errors=counts["error"], warnings=counts["warning"], notes=counts["info"]
    )


def bare_table(title: str, *columns: str) -> Table:
    """A table with a line under its head and none beside it."""
    shown = Text(plain(title), style="none") if title else None
    return Table(*columns, title=shown, title_justify="left", box=SIMPLE_HEAD)


def cell(text: str) -> Text:
    """Text as it is: no markup, nothing that steers a terminal."""
    return Text(plain(text), overflow="fold")


def _with_sign(number: str) -> str:
    return f"{number} %" if number else ""
