"""A definition's sheet: zones × services, with roll-ups that are sums and colours that follow.

Rates are formulas over the demand that stands beside them, rounded down as everywhere; so are the
sums of roll-ups and the statuses, from which conditional formats take their colours.
"""

from __future__ import annotations

import math

from lifecircle.outputs.columns import columns, words
from lifecircle.outputs.matrix import (
    AREA,
    CODE,
    DEMAND,
    FIRST,
    HEADER,
    LEVEL,
    LIMIT,
    LINE,
    NAME,
    NOTE,
    PARENT,
    RATES,
    SCOPE,
    TARGET,
    TITLE,
    Matrix,
    column_letter,
)
from lifecircle.outputs.sheets import (
    A3,
    A4,
    HEADER_HEIGHT,
    Pen,
    fitting_width,
    print_setup,
    target_look,
    write,
    write_prose,
)
from lifecircle.outputs.verdict_rules import Judged, colour, looks
from lifecircle.report.cells import Row
from lifecircle.report.naming import limit_words
from lifecircle.verdicts import TOLERANCE, percent

WIDE = 8
"""With more services than this a sheet is printed on A3."""
HIDDEN = {"hidden": True}
RATE_WIDTH = 11.5


def floored(rate: float) -> float:
    """A rate as people see it: one decimal of a percent, rounded down.

    >>> floored(0.84999), floored(0.29)
    (0.849, 0.29)
    """
    return round(float(percent(rate) or "nan") / 100, 3)


def floored_formula(share: str) -> str:
    """The formula of a rate as people see it.

    >>> floored_formula("C2/B2")
    'ROUNDDOWN(C2/B2+1E-12,3)'
    """
    return f"ROUNDDOWN({share}+{TOLERANCE:.0E},3)".replace("E-0", "E-")


def write_matrix(pen: Pen, matrix: Matrix, line: str, area_types: dict[str, str]) -> None:
    """Write a definition's rates, below them what it is in words.

    Parameters
    ----------
    line
        The definition in words.
    area_types
        Labels of the zones, which their roll-ups go by.
    """
    sheet = matrix.sheet
    _heads(pen, matrix, line)
    statuses = words("coverage.csv", "status", pen.language)
    levels = words("coverage.csv", "level", pen.language)
    undecided = words("coverage.csv", "certainty", pen.language)["undecided"]
    sums = _sums(matrix, levels)
    for at, row in enumerate(matrix.rows):
        look = "" if row.level == "zone" else " sum"
        _place(pen, matrix, at, levels[row.level], area_types)
        _demands(pen, matrix, at, sums, look)
        for service in matrix.rates.services:
            _cell(pen, matrix, (at, service), statuses, look)
            if row.cells[service].verdict == "undecided":
                position = (FIRST + at, matrix.position("certainty", service))
                write(pen, sheet, position, undecided, "text")
        if row.level == "zone" and row.parent:
            sheet.set_row(FIRST + at, None, None, {"level": 1})
    sheet.outline_settings(visible=True, symbols_below=False, symbols_right=False)
    _colours(pen, matrix, statuses, undecided)
    _widths(pen, matrix)
    services = len(matrix.rates.services)
    sheet.freeze_panes(FIRST, CODE)
    sheet.autofilter(HEADER, 0, matrix.last - 1, RATES + services - 1)
    sheet.print_area(0, 0, matrix.last - 1, RATES + services - 1)
    print_setup(pen, sheet, header=HEADER, paper=A3 if services > WIDE else A4)


def _heads(pen: Pen, matrix: Matrix, line: str) -> None:
    """What stands above the table: what it is, limits and targets, names of the services."""
    sheet, rates = matrix.sheet, matrix.rates
    width = 60 + RATE_WIDTH * len(rates.services)
    across = (RATES + len(rates.services), width)
    write_prose(pen, sheet, TITLE, f"{pen.title} · {matrix.title}", columns=across, look="title")
    write_prose(pen, sheet, LINE, line, columns=across)
    write_prose(pen, sheet, NOTE, pen.word("workbook.marks"), columns=across, look="note")
    fields = ["parent", "name", "zone", "level"]
    titles = [column.titles[pen.language] for column in columns("coverage.csv", fields)]
    titles += [pen.word("workbook.area_type"), pen.word("workbook.in_scope")]
    (demand,) = columns("coverage.csv", ["demand"])
    unit = pen.said(rates.unit)
    titles.append(pen.word("workbook.with_unit", name=demand.titles[pen.language], unit=unit))
    for position, title in enumerate(titles):
        write(pen, sheet, (HEADER, position), title, "header")
    sheet.set_row(HEADER, HEADER_HEIGHT)
    write(pen, sheet, (LIMIT, NAME), pen.word("workbook.limit"), "label")
    write(pen, sheet, (TARGET, NAME), pen.word("workbook.target"), "label")
    for service in rates.services:
        name = matrix.services[service]
        at = matrix.position("rate", service)
        target = rates.head.cells[service].target
        limit = pen.said(limit_words(rates.standard, rates.definition, service))
        write(pen, sheet, (LIMIT, at), limit, "absent")
        write(pen, sheet, (TARGET, at), target, target_look(target))
        write(pen, sheet, (HEADER, at), name, "header number")
        blocks = ("covered", "status", "certainty", *([] if matrix.alike else ["demand"]))
        for block in blocks:
            title = pen.word(f"workbook.block_{block}", service=name)
            write(pen, sheet, (HEADER, matrix.position(block, service)), title, "header")


def _place(pen: Pen, matrix: Matrix, at: int, level: str, area_types: dict[str, str]) -> None:
    """Whose row it is."""
    row, line = matrix.rows[at], FIRST + at
    zone = row.level == "zone"
    parent = row.key if row.level == "parent" else row.parent
    name = pen.word("workbook.subtotal") if row.level == "parent" else pen.said(row.title)
    area = area_types.get(row.key, "") if zone else row.key if row.level == "area_type" else ""
    scope = pen.word("workbook.yes" if _in_scope(row) else "workbook.no")
    texts = {
        PARENT: parent,
        NAME: (row.name or row.key) if zone else name,
        CODE: row.key if zone else "",
        LEVEL: level,
        AREA: area,
        SCOPE: scope,
    }
    look = "text" if zone else "text sum"
    for column, text in texts.items():
        if text:
            write(pen, matrix.sheet, (line, column), text, look)
        elif not zone:
            matrix.sheet.write_blank(line, column, None, pen.formats[look])


def _in_scope(row: Row) -> bool:
    """Whether the target applies to a place, whatever data there are."""
    cells = row.cells.values()
    return row.in_scope and not any(
        cell.status == "not in scope" and cell.has_target for cell in cells
    )


def _sums(matrix: Matrix, levels: dict[str, str]) -> dict[str, str]:
    """The formula that sums column `{c}` for a roll-up of each level, whose own row is `{row}`."""
    first, last = matrix.body
    zones = f'"{levels["zone"]}"'
    level, area, scope = (column_letter(column) for column in (LEVEL, AREA, SCOPE))
    down = {letter: f"${letter}${first}:${letter}${last}" for letter in (level, area, scope)}
    column = f"{{c}}${first}:{{c}}${last}"
    return {
        "city": f"=SUMIF({down[level]},{zones},{column})",
        "scope": f"=SUMIFS({column},{down[level]},{zones},{down[scope]},${scope}{{row}})",
        "area_type": f"=SUMPRODUCT(({down[level]}={zones})"
        f"*EXACT({down[area]},${area}{{row}}),{column})",
    }


def _demands(pen: Pen, matrix: Matrix, at: int, sums: dict[str, str], look: str) -> None:
    """Demand and covered demand of a place, of roll-ups as sums."""
    row, line = matrix.rows[at], FIRST + 1 + at
    members = matrix.members.get(row.key, ()) if row.level == "parent" else ()
    amounts: list[tuple[str, int, float]] = []
    for service in matrix.rates.services:
        cell = row.cells[service]
        letter, position = matrix.letter("covered", service), matrix.position("covered", service)
        amounts.append((letter, position, cell.covered))
        if not matrix.alike:
            letter, position = matrix.letter("demand", service), matrix.position("demand", service)
            amounts.append((letter, position, cell.demand))
    if matrix.alike:
        first = next(iter(row.cells.values()))
        amounts.append((column_letter(DEMAND), DEMAND, first.demand))
    for letter, position, amount in amounts:
        if math.isnan(amount):
            continue
        if row.level in sums:
            formula = sums[row.level].format(c=letter, row=line)
        elif members:
            formula = f"=SUM({letter}{members[0]}:{letter}{members[-1]})"
        else:
            write(pen, matrix.sheet, (line - 1, position), amount, f"amount{look}")
            continue
        matrix.sheet.write_formula(
            line - 1, position, formula, pen.formats[f"amount{look}"], amount
        )


def _cell(
    pen: Pen, matrix: Matrix, at: tuple[int, str], statuses: dict[str, str], look: str
) -> None:
    """The rate and the status of a place and service, both formulas where there are data."""
    row, service = matrix.rows[at[0]], at[1]
    cell, line = row.cells[service], FIRST + 1 + at[0]
    where = (line - 1, matrix.position("rate", service))
    beside = (line - 1, matrix.position("status", service))
    if math.isnan(cell.covered):
        write(pen, matrix.sheet, where, statuses[cell.status], f"absent{look}")
        write(pen, matrix.sheet, beside, statuses[cell.status], "text")
        return
    covered = f"{matrix.letter('covered', service)}{line}"
    demand = f"${matrix.letter('demand', service)}{line}"
    target = f"{matrix.letter('rate', service)}${TARGET + 1}"
    none = f'"{statuses["no demand"]}"'
    rate = f"=IF({demand}>0,{floored_formula(f'{covered}/{demand}')},{none})"
    outside = f'OR(${column_letter(SCOPE)}{line}="{pen.word("workbook.no")}",{target}="")'
    status = (
        f'=IF({demand}<=0,{none},IF({outside},"{statuses["not in scope"]}",'
        f'IF({covered}/{demand}>={target}-1E-12,"{statuses["pass"]}","{statuses["fail"]}")))'
    )
    shown = floored(cell.rate) if math.isfinite(cell.rate) else statuses["no demand"]
    matrix.sheet.write_formula(*where, rate, pen.formats[f"rate{look}"], shown)
    matrix.sheet.write_formula(*beside, status, pen.formats["text"], statuses[cell.status])


def _colours(pen: Pen, matrix: Matrix, statuses: dict[str, str], undecided: str) -> None:
    """The colours of all rates, by the status and certainty that stand beside them."""
    service, line = matrix.rates.services[0], FIRST + 1
    status = f"{matrix.letter('status', service)}{line}"
    covered = f"{matrix.letter('covered', service)}{line}"
    demand = f"{matrix.letter('demand', service)}{line}"
    target = f"{matrix.letter('rate', service)}${TARGET + 1}"
    certainty = f"{matrix.letter('certainty', service)}{line}"
    passes, fails = (f'{status}="{statuses[kind]}"' for kind in ("pass", "fail"))
    judged = Judged(
        passes=passes,
        fails=fails,
        below=f"{target}-{covered}/{'$' if matrix.alike else ''}{demand}",
        undecided=f'AND(OR({passes},{fails}),{certainty}="{undecided}")',
        unjudged=f'{status}="{statuses["not in scope"]}"',
    )
    last = RATES + len(matrix.rates.services) - 1
    colour(matrix.sheet, (FIRST, RATES, matrix.last - 1, last), judged, looks(pen))


def _widths(pen: Pen, matrix: Matrix) -> None:
    """Widths of all columns; what has nothing to say and what only formulas read is folded away."""
    sheet, services = matrix.sheet, matrix.rates.services
    rows = matrix.rows
    parents = [row.key for row in rows if row.level == "parent"]
    names = [row.name or row.key if row.level == "zone" else pen.said(row.title) for row in rows]
    codes = [row.key for row in rows if row.level == "zone"]
    sheet.set_column(PARENT, PARENT, fitting_width("", parents, most=24), None,
                     {} if parents else HIDDEN)  # fmt: skip
    sheet.set_column(NAME, NAME, fitting_width("", names, most=30))
    sheet.set_column(CODE, CODE, fitting_width("", codes, most=18))
    sheet.set_column(LEVEL, LEVEL, 12)
    types = [row.key for row in rows if row.level == "area_type"]
    sheet.set_column(AREA, AREA, 12, None, {} if types else HIDDEN)
    sheet.set_column(SCOPE, SCOPE, 9, None, {} if matrix.rates.scoped else HIDDEN)
    sheet.set_column(DEMAND, DEMAND, 13, None, {} if matrix.alike else HIDDEN)
    sheet.set_column(RATES, RATES + len(services) - 1, RATE_WIDTH)
    for block in ("covered", "status", "certainty", "demand"):
        first = matrix.position(block, services[0])
        folded = {"level": 1, "hidden": block in ("status", "certainty")}
        sheet.set_column(first - 1, first - 1, 2)
        sheet.set_column(first, first + len(services) - 1, 13, None, folded)
