"""Styles as QGIS writes them (QML): what is drawn how, labels, and what fields are called.

Everything is built as elements, so that names from data are text and never markup.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

VERSION = "3.22.0"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Symbol:
    """What is drawn: `kind` is fill, line or marker, `options` are QGIS's own, with their units."""

    kind: str
    options: Mapping[str, str]
    alpha: float = 1.0


@dataclass(frozen=True)
class Rule:
    """What meets a condition, drawn alike; or, without a symbol, what its rules have in common."""

    label: str
    filter: str
    symbol: Symbol | None = None
    rules: Sequence[Rule] = ()
    shown: bool = True


@dataclass(frozen=True)
class Category:
    """A value of a column, what the legend calls it and how it is drawn."""

    value: str
    label: str
    symbol: Symbol


@dataclass(frozen=True)
class Label:
    """Text on the map: an expression, and where it belongs.

    `below` is the scale's denominator up to which it is shown; 0: always.
    """

    expression: str
    placement: str
    size_pt: float
    below: int = 0


@dataclass(frozen=True)
class Fields:
    """What the columns of a layer are called, and the words of those with only a few values."""

    aliases: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    title: str = ""
    """The column that names a feature."""


def style(renderer: ET.Element | None, fields: Fields | None, label: Label | None = None) -> str:
    """A style: without renderer that of a table without geometry.

    Without `fields` it leaves what they are called as it is.
    """
    root = _new(
        "qgis",
        version=VERSION,
        styleCategories="Symbology|Labeling|Fields|Forms",
        labelsEnabled=str(int(label is not None)),
    )
    if renderer is not None:
        root.append(renderer)
    if label is not None:
        root.append(_labeling(label))
    if fields is None:
        return _DOCTYPE + ET.tostring(root, encoding="unicode")
    if fields.values:
        root.append(_configuration(fields.values))
    aliases = ET.SubElement(root, "aliases")
    for position, (name, alias) in enumerate(fields.aliases.items()):
        aliases.append(_new("alias", field=name, index=str(position), name=alias))
    if fields.title:
        ET.SubElement(root, "previewExpression").text = quoted(fields.title)
    return _DOCTYPE + ET.tostring(root, encoding="unicode")


def single(symbol: Symbol) -> ET.Element:
    """Everything drawn alike."""
    renderer = _renderer("singleSymbol")
    renderer.append(_symbols([symbol]))
    return renderer


def categorised(column: str, categories: Sequence[Category]) -> ET.Element:
    """Each value of a column drawn in its own way."""
    renderer = _renderer("categorizedSymbol", attr=column)
    written = ET.SubElement(renderer, "categories")
    for number, one in enumerate(categories):
        written.append(
            _new(
                "category",
                symbol=str(number),
                value=one.value,
                label=one.label,
                render="true",
                type="string",
            )
        )
    renderer.append(_symbols([one.symbol for one in categories]))
    return renderer


def by_rules(rules: Sequence[Rule]) -> ET.Element:
    """What meets the first of some conditions drawn in its way; a tree with boxes to tick."""
    renderer = _renderer("RuleRenderer")
    symbols: list[Symbol] = []
    top = ET.SubElement(renderer, "rules", key="{root}")
    _write_rules(top, rules, symbols, "r")
    renderer.append(_symbols(symbols))
    return renderer


def quoted(column: str) -> str:
    """A column's name in an expression.

    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + column.replace('"', '""') + '"'


def literal(text: str) -> str:
    r"""A text in an expression, where a backslash would escape what follows it.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def plain(text: str) -> str:
    """The text without the control characters that XML cannot hold."""
    return _NOT_IN_XML.sub("", text)


def _write_rules(
    parent: ET.Element, rules: Iterable[Rule], symbols: list[Symbol], path: str
) -> None:
    for number, rule in enumerate(rules):
        key = f"{path}_{number}"
        element = _new("rule", key=f"{{{key}}}", label=rule.label, filter=rule.filter)
        if rule.symbol is not None:
            element.set("symbol", str(len(symbols)))
            symbols.append(rule.symbol)
        if not rule.shown:
            element.set("checkstate", "0")
        _write_rules(element, rule.rules, symbols, key)
        parent.append(element)


def _renderer(kind: str, **attributes: str) -> ET.Element:
    return _new(
        "renderer-v2",
        type=kind,
        symbollevels="0",
        forceraster="0",
        enableorderby="0",
        referencescale="-1",
        **attributes,
    )


def _symbols(symbols: Iterable[Symbol]) -> ET.Element:
    classes = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}
    written = _new("symbols")
    for number, symbol in enumerate(symbols):
        element = _new(
            "symbol",
            type=symbol.kind,
            name=str(number),
            alpha=f"{symbol.alpha:g}",
            clip_to_extent="1",
            force_rhr="0",
        )
        layer = _new("layer", enabled="1", locked="0", **{"class": classes[symbol.kind]})
        layer.set("pass", "0")
        layer.append(_map({name: _rgba(value) for name, value in symbol.options.items()}))
        element.append(layer)
        written.append(element)
    return written


def _labeling(label: Label) -> ET.Element:
    labeling = _new("labeling", type="simple")
    settings = _new("settings", calloutType="simple")
    text = _new(
        "text-style",
        fieldName=label.expression,
        isExpression="1",
        multilineHeight="1",
        fontSize=f"{label.size_pt:g}",
        fontSizeUnit="Point",
        textOpacity="1",
        textColor=_rgba("#1f2933"),
    )
    text.append(
        _new(
            "text-buffer",
            bufferDraw="1",
            bufferSize="0.8",
            bufferSizeUnits="MM",
            bufferOpacity="0.85",
            bufferColor=_rgba("#ffffff"),
            bufferJoinStyle="128",
        )
    )
    settings.append(text)
    settings.append(_new("text-format", multilineAlign="1"))
    settings.append(
        _new(
            "placement",
            placement=label.placement,
            centroidInside="1",
            centroidWhole="1",
            priority="5",
            dist="1",
            distUnits="MM",
        )
    )
    settings.append(
        _new(
            "rendering",
            scaleVisibility=str(int(label.below > 0)),
            scaleMax=str(label.below),
            scaleMin="0",
            fontMinPixelSize="3",
            fontMaxPixelSize="10000",
            drawLabels="1",
            obstacle="0",
        )
    )
    labeling.append(settings)
    return labeling


def _configuration(values: Mapping[str, Mapping[str, str]]) -> ET.Element:
    """Words in place of values in tables and forms."""
    configuration = _new("fieldConfiguration")
    for name, words in values.items():
        described = _new("field", name=name, configurationFlags="None")
        widget = ET.SubElement(described, "editWidget", type="ValueMap")
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        entries = ET.SubElement(options, "Option", type="List", name="map")
        entries.extend(_map({word: value}) for value, word in words.items())
        configuration.append(described)
    return configuration


def _map(options: Mapping[str, str]) -> ET.Element:
    written = _new("Option", type="Map")
    written.extend(_new("Option", type="QString", name=n, value=v) for n, v in options.items())
    return written


def _new(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: plain(value) for name, value in attributes.items()})


def _rgba(value: str) -> str:
    """A colour as QGIS writes it; other values as they are.

    >>> _rgba("#2f78b3"), _rgba("circle")
    ('47,120,179,255', 'circle')
    """
    if not value.startswith("#"):
        return value
    red, green, blue = bytes.fromhex(value[1:])
    return f"{red},{green},{blue},255"
