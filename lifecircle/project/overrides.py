"""`--set dotted.key=value`: one value of the project file, changed for one run."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from lifecircle.errors import InputError
from lifecircle.project.schema import nearest
from lifecircle.project.toml_file import parsed_toml


def with_overrides(data: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """A copy of `data` with every `dotted.key=value` set.

    Tables of a list go by their name (or key). The value is parsed as TOML, else taken as text.

    >>> tables = {"demand": [{"name": "people", "weight": "all"}]}
    >>> with_overrides(tables, ["demand.people.weight=old"])
    {'demand': [{'name': 'people', 'weight': 'old'}]}
    >>> with_overrides({}, ["network.speed_kmh=4.5"])
    {'network': {'speed_kmh': 4.5}}

    Raises
    ------
    InputError
        If an override is not `key=value`, or leads through something that is not a table.
    """
    changed = copy.deepcopy(dict(data))
    for text in overrides:
        path, equals, value = text.partition("=")
        parts = _parts(path.strip())
        if not equals or not all(parts):
            raise InputError.of("overrides.form", text=text)
        node: Any = changed
        for depth, part in enumerate(parts[:-1]):
            node = _inner(node, part, path=path, outer=".".join(parts[:depth]))
        if not isinstance(node, dict):
            raise InputError.of("overrides.not_a_table", path=path, key=".".join(parts[:-1]))
        node[parts[-1]] = _value(value.strip())
    return changed


def override_places(overrides: Iterable[str]) -> set[str]:
    """The dotted keys that the overrides set, as faults name them."""
    return {".".join(_parts(text.partition("=")[0].strip())) for text in overrides}


def _parts(path: str) -> list[str]:
    """`a."b.c".d` as `["a", "b.c", "d"]`; a key that TOML would want quoted may stand bare."""
    try:
        node: Any = tomllib.loads(f"{path} = 0")
    except tomllib.TOMLDecodeError:
        return path.split(".")
    parts = []
    while isinstance(node, dict) and len(node) == 1:
        [(part, node)] = node.items()
        parts.append(part)
    return parts


def _inner(node: Any, part: str, *, path: str, outer: str) -> Any:
    """The table or list called `part` inside `node`."""
    if isinstance(node, dict):
        return node.setdefault(part, {})
    if not isinstance(node, list):
        raise InputError.of("overrides.not_a_table", path=path, key=outer)
    known = {_label(entry): entry for entry in node if isinstance(entry, dict)}
    if part in known:
        return known[part]
    near = nearest(part, known)
    code = "overrides.no_entry_near" if near else "overrides.no_entry"
    names = ", ".join(known)
    raise InputError.of(code, path=path, list=outer, name=part, nearest=near, known=names)


def _label(entry: Mapping[str, Any]) -> str:
    return str(entry.get("name", entry.get("key", "")))


def _value(text: str) -> Any:
    try:
        parsed = parsed_toml(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if parsed.keys() == {"value"} else text
