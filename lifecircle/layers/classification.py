"""Which services the rows of a facility list offer, by its own words for types.

A cell of the type column holds one word or several, apart by `;`. A word is, in this order, one of
the table's `map`, a service's key, an AMap type code, or a Chinese type or name that contains one
of a service's names. The width of characters and blanks do not matter.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.findings import Finding, finding
from lifecircle.messages import message, some
from lifecircle.project.tables import FacilitiesTable
from lifecircle.readers.quantities import codes, column
from lifecircle.standards import Service, Standard

_AMAP_CLASSES = (
    *("汽车服务", "汽车销售", "汽车维修", "摩托车服务", "餐饮服务", "购物服务", "生活服务"),
    *("体育休闲服务", "医疗保健服务", "住宿服务", "风景名胜", "商务住宅", "政府机构及社会团体"),
    *("科教文化服务", "交通设施服务", "金融保险服务", "公司企业", "道路附属设施", "地名地址信息"),
)
"""The first level of AMap's table of types (高德地图 POI 分类编码表)."""

# An AMap place of several types has them apart by |. Excel drops the zero that a code begins with.
_CODES = re.compile(r"\d{5,6}(\|\d{5,6})*")
_TYPE = rf"(?:{'|'.join(_AMAP_CLASSES)});[^;|]+;[^;|]+"
_TYPES = re.compile(rf"{_TYPE}(\|{_TYPE})*")

Keys = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Classified:
    """What the cells of a type column mean.

    `services` holds the keys of each cell as a list, with the cells' index; empty where no word of
    the cell is known. `unknown` counts the words that mean nothing, `tied` names the services
    between which a word cannot decide.
    """

    services: pd.Series
    unknown: Counter[str]
    tied: Mapping[str, Keys]


@dataclass(frozen=True)
class _Meaning:
    """The services that a word means, or those between which it cannot decide."""

    keys: Keys = ()
    tied: Keys = ()


def services_of(
    frame: pd.DataFrame, table: FacilitiesTable, standard: Standard, source: str
) -> tuple[pd.Series, tuple[Finding, ...]]:
    """The service keys of each row, as a list; empty for rows that the table leaves out.

    Raises
    ------
    InputError
        If a row names no service, a word means several, or one that the standard does not know and
        the table does not say `unknown_service = "drop"`.
    """
    if table.service_column is None:
        return pd.Series([[table.service]] * len(frame), index=frame.index, dtype="object"), ()
    cells = codes(column(frame, table.service_column, layer=table.name, source=source))
    about = {"layer": table.name, "source": source, "column": table.service_column}
    found = classify(cells, standard.offered, table.map)
    empty = frame["row"][~_filled(cells)].tolist()
    if empty:
        raise InputError.of("facilities.service_missing", rows=some(empty), **about)
    faults = []
    if found.tied:
        types = some([f"{word}: {' / '.join(keys)}" for word, keys in found.tied.items()])
        first = next(iter(found.tied.items()))
        values = {"types": types, "first": first[0], "keys": ";".join(first[1])}
        faults.append(message("facilities.tied_services", **values, **about))
    if found.unknown and table.unknown_service == "error":
        faults.append(message("facilities.unknown_services", **_unknown(found, standard), **about))
    if faults:
        raise InputError(*faults)
    return found.services, tuple(_dropped(found, frame, standard, about))


def classify(
    cells: pd.Series[str], services: Sequence[Service], words: Mapping[str, str]
) -> Classified:
    """What the cells of a type column mean.

    Parameters
    ----------
    words
        The table's own `map`: the key of a service, or several apart by `;`, for each word.

    Notes
    -----
    Of the names that a word contains, and the codes that it begins with, the longest decides:
    文化活动中心 before 文化, 141203 before 1412. Of an AMap type (科教文化服务;学校;小学) the last
    level decides, else the one before it.

    Examples
    --------
    >>> care = Service("elderly", "养老", "Elderly care", 15, 0.85, names=("日间照料",))
    >>> school = Service("school", "学校", "School", 15, 0.85, amap=("1412",))
    >>> cells = pd.Series(["塘桥老年人日间照料中心", "１４１２０３", "school; 宝宝屋"])
    >>> found = classify(cells, [care, school], {})
    >>> found.services.tolist(), dict(found.unknown)
    ([['elderly'], ['school'], ['school']], {'宝宝屋': 1})
    """
    known = {_squeezed(word): tuple(_parts(keys)) for word, keys in words.items()}
    asked = {cell: _words(cell, known) for cell in cells.unique()}
    meant = _meant({word for each in asked.values() for word in each}, services, known)
    counts = cells.value_counts()
    unknown: Counter[str] = Counter()
    for cell, each in asked.items():
        for word in each:
            if meant[word] == _Meaning():
                unknown[word] += int(counts[cell])
    keys = {service.key for service in services}
    lists = {}
    for cell, each in asked.items():
        meaning = dict.fromkeys(key for word in each for key in meant[word].keys)
        lists[cell] = [key for key in meaning if key in keys]
        # `map` may say what is no service either
        unknown.update({key: int(counts[cell]) for key in meaning if key not in keys})
    tied = {word: meaning.tied for word, meaning in meant.items() if meaning.tied}
    return Classified(cells.map(lists).astype("object"), unknown, tied)


def _squeezed(text: str) -> str:
    """Text without blanks, in characters of ordinary width."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _parts(text: str) -> list[str]:
    parts = (part.strip() for part in unicodedata.normalize("NFKC", text).split(";"))
    return [part for part in parts if part]


def _filled(cells: pd.Series[str]) -> pd.Series[bool]:
    """Which cells hold a word at all."""
    return cells.map({cell: bool(_parts(cell)) for cell in cells.unique()}).astype(bool)


def _words(cell: str, known: Collection[str]) -> list[str]:
    """The words of a cell; what `map` knows and an AMap type are one whatever stands in them."""
    whole = _squeezed(cell)
    return [cell.strip()] if whole in known or _TYPES.fullmatch(whole) else _parts(cell)


def _alternatives(word: str, known: Collection[str]) -> list[list[str]]:
    """What a word may be looked up by: any of some, each with its most telling part first."""
    word = _squeezed(word)
    if word not in known and _CODES.fullmatch(word):
        return [[code, code.zfill(6)] for code in word.split("|")]
    if word not in known and _TYPES.fullmatch(word):
        return [place.split(";")[:0:-1] for place in word.split("|")]
    return [[word]]


def _meant(
    words: Iterable[str], services: Sequence[Service], known: Mapping[str, Keys]
) -> dict[str, _Meaning]:
    """What each word means."""
    asked = {word: _alternatives(word, known) for word in words}
    every = sorted({part for each in asked.values() for parts in each for part in parts})
    meanings = _meanings(every, services, known)
    return {word: _together(each, meanings) for word, each in asked.items()}


def _together(alternatives: list[list[str]], meanings: Mapping[str, _Meaning]) -> _Meaning:
    """All that the alternatives mean; of each the first part that means something."""
    chosen = [
        next((meanings[part] for part in parts if meanings[part] != _Meaning()), _Meaning())
        for parts in alternatives
    ]
    return _Meaning(
        keys=tuple(dict.fromkeys(key for each in chosen for key in each.keys)),
        tied=tuple(dict.fromkeys(key for each in chosen for key in each.tied)),
    )


def _meanings(
    parts: Sequence[str], services: Sequence[Service], known: Mapping[str, Keys]
) -> dict[str, _Meaning]:
    """What each part means: by `map`, as a key, as a code, by the names in it."""
    text = pd.Series(parts, dtype="str")
    is_code = text.str.fullmatch(r"\d{6}").to_numpy(dtype=bool)
    length = np.zeros((len(text), len(services)), dtype=np.int64)
    for position, service in enumerate(services):
        for prefix in service.amap:
            hit = text.str.startswith(prefix).to_numpy(dtype=bool) & is_code
            length[hit, position] = np.maximum(length[hit, position], len(prefix))
        for name in map(_squeezed, service.names):
            hit = text.str.contains(name, regex=False).to_numpy(dtype=bool) & ~is_code
            length[hit, position] = np.maximum(length[hit, position], len(name))
    longest = (length == length.max(axis=1, keepdims=True)) & (length > 0)
    keys = [service.key for service in services]
    own = {**{key: (key,) for key in keys}, **known}
    meanings = {}
    for part, best in zip(parts, longest, strict=True):
        fitting = tuple(itertools.compress(keys, best))
        said = own.get(part, fitting)
        tied = part not in own and len(fitting) > 1
        meanings[part] = _Meaning(tied=fitting) if tied else _Meaning(keys=said)
    return meanings


def _unknown(found: Classified, standard: Standard) -> dict[str, str]:
    """For messages: the words that mean nothing, the most frequent first."""
    return {
        "standard": standard.key,
        "types": some([f"{word} ({count})" for word, count in found.unknown.most_common()]),
        "first": next(iter(found.unknown.most_common(1)))[0],
        "known": ", ".join(service.key for service in standard.offered),
    }


def _dropped(
    found: Classified, frame: pd.DataFrame, standard: Standard, about: Mapping[str, str]
) -> Iterable[Finding]:
    """What was left out, and how many rows with it."""
    if not found.unknown:
        return
    values = _unknown(found, standard)
    rows = frame["row"][found.services.str.len() == 0].drop_duplicates().tolist()
    yield finding(
        about["layer"],
        "facilities.types_dropped",
        source=about["source"],
        row=some(rows) if rows else "",
        column=about["column"],
        count=len(rows),
        standard=standard.key,
        types=values["types"],
        first=values["first"],
    )
