"""Tables checked against their model: every unknown key and impossible value, in our own words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from lifecircle.errors import InputError
from lifecircle.messages import Message, message

TableModel = TypeVar("TableModel", bound=BaseModel)

_KINDS = {
    "literal_error": "choice",
    "greater_than": "more_than",
    "greater_than_equal": "at_least",
    "less_than_equal": "at_most",
    "float_type": "number",
    "finite_number": "number",
    "int_type": "whole",
    "string_type": "text",
    "bool_type": "truth",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "string_pattern_mismatch": "name",
    "too_short": "too_few",
}
_UNIONS = {
    frozenset({"text", "number"}): "text_or_number",
    frozenset({"text", "whole", "number", "truth", "list"}): "column_value",
}


def checked(model: type[TableModel], data: Mapping[str, Any], file: str) -> TableModel:
    """`data` as an instance of `model`.

    Raises
    ------
    InputError
        With every fault at once; each names `file`, the dotted key and what is allowed there.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    by_place: dict[tuple[str | int, ...], list[Mapping[str, Any]]] = {}
    for fault in faults:
        by_place.setdefault(_place(data, fault), []).append(fault)
    raise InputError(
        *(_words(model, data, place, same, file) for place, same in by_place.items())
    ) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that `name` most resembles; empty if none does.

    >>> nearest("helth", ["health", "culture"])
    'health'
    >>> nearest("xyz", ["health", "culture"])
    ''
    """
    return next(iter(difflib.get_close_matches(name, list(known), n=1)), "")


def dotted(data: Any, place: Iterable[str | int]) -> str:
    """A place in nested tables as a person writes it; tables of a list go by their name.

    >>> dotted({"demand": [{"name": "people", "weight": "w"}]}, ["demand", 0, "weight"])
    'demand.people.weight'
    """
    words = []
    node = data
    for part in place:
        node = _step(node, part)
        label = node.get("name", node.get("key")) if isinstance(node, dict) else None
        words.append(str(label if isinstance(part, int) and label else part))
    return ".".join(words)


def _step(node: Any, part: str | int) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def _place(data: Any, fault: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Where in the user's tables a fault lies: without the branches of pydantic's own unions."""
    place: list[str | int] = []
    node = data
    for part in fault["loc"]:
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int)
        )
        if not inside:
            if fault["type"] == "missing":
                place.append(part)
            break
        node = _step(node, part)
        place.append(part)
    return tuple(place)


def _words(
    model: type[BaseModel],
    data: Mapping[str, Any],
    place: tuple[str | int, ...],
    same: list[Mapping[str, Any]],
    file: str,
) -> Message:
    """One sentence for all complaints about one place."""
    fault = same[0]
    key = dotted(data, place)
    if fault["type"] == "missing":
        return message("schema.missing_key", file=file, key=key)
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, place[:-1])
        near = nearest(str(place[-1]), known)
        code = "schema.unknown_key_near" if near else "schema.unknown_key"
        return message(code, file=file, key=key, nearest=near, known=", ".join(known))
    if fault["loc"][-1] == "[key]":
        name = _shown(place[-1])
        return message("schema.name", file=file, key=dotted(data, place[:-1]), value=name)
    kinds = {_KINDS[fault["type"]] for fault in same}
    kind = _UNIONS.get(frozenset(kinds), sorted(kinds)[0])
    context = fault.get("ctx", {})
    limit = next((f"{v:g}" for k, v in context.items() if k in ("gt", "ge", "le")), "")
    return message(
        f"schema.{kind}",
        file=file,
        key=key,
        value=_shown(_at(data, place)),
        limit=limit,
        choices=str(context.get("expected", "")).replace(" or ", ", "),
    )


def _at(data: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        data = _step(data, part)
    return data


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}.get(value) if isinstance(value, bool) else None
    text = text or (f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else text[:59] + "…"


def _known_keys(model: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    """The keys that the table at `place` may have."""
    for part in place:
        field = next((f for n, f in model.model_fields.items() if (f.alias or n) == part), None)
        if field is not None:
            model = _table_model(field.annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `list[DemandTable]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_table_model, get_args(annotation))), None)
