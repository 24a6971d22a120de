"""Names that every GIS takes: short, without dots, none twice, and what they stand for.

ArcGIS and others allow 30 characters, letters, digits and `_`, and do not tell `A` from `a`. A key
that fits keeps its name; of one that does not, the beginning is kept and a few digits of its
SHA-256 tell it from others, so that a name depends on its key and not on the order of things.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lifecircle.definitions import Definition
from lifecircle.layers.attributes import asked_columns, attribute
from lifecircle.messages import LANGUAGES, message
from lifecircle.outputs.provenance import Provenance
from lifecircle.standards import ALL, Service

LONGEST = 30
"""Characters of a table's or a column's name."""

_PREFIX = 10
"""Characters of the longest word that stands before a key, `certainty_`."""
_DIGITS = 4

Words = Mapping[str, str]
"""What something is called, by language."""


@dataclass(frozen=True)
class Naming:
    """Names in GIS files by key, and what they are called in words.

    `services`, `definitions`, `groups` and `attributes` hold the short name of each key, by which
    columns (`rate_<service>`) and tables (`coverage_<definition>`) are named. `called` holds the
    words of each short name, by the placeholder that it fills.
    """

    services: Mapping[str, str]
    definitions: Mapping[str, str]
    groups: Mapping[str, str]
    attributes: Mapping[str, str]
    called: Mapping[str, Mapping[str, Words]]

    def service(self, key: str, language: str) -> str:
        """What a service is called."""
        return self.called["service"][self.services[key]][language]


def naming_of(provenance: Provenance) -> Naming:
    """The names of a run: of its services, definitions, groups of people and attributes.

    A service is called what the main standard calls it.
    """
    standards = [provenance.standard, *provenance.standards.values()]
    services: dict[str, Service] = {}
    for each in standards:
        for service in each.offered:
            services.setdefault(service.key, service)
    definitions = {definition.key: definition for definition in provenance.definitions}
    names = short_names([*services, ALL])
    keys = short_names(list(definitions))
    people = _short(key for table in provenance.project.demand for key in table.groups)
    asked = _short(column for each in standards for column in asked_columns(each))
    called: dict[str, dict[str, Words]] = {
        "service": {names[key]: _words(one) for key, one in services.items()},
        "definition": {keys[key]: _words(one) for key, one in definitions.items()},
        "group": {name: dict.fromkeys(LANGUAGES, key) for key, name in people.items()},
        "attribute": {name: dict.fromkeys(LANGUAGES, key) for key, name in asked.items()},
    }
    called["service"][names[ALL]] = {which: message("gis.all").text(which) for which in LANGUAGES}
    attributes = {attribute(column): f"attr_{name}" for column, name in asked.items()}
    return Naming(names, keys, people, attributes, called)


def _words(named: Service | Definition) -> Words:
    return {which: named.name(which) for which in LANGUAGES}


def _short(keys: Iterable[str]) -> dict[str, str]:
    return short_names(list(dict.fromkeys(keys)))


def short_names(keys: Sequence[str], longest: int = LONGEST - _PREFIX) -> dict[str, str]:
    """A short name for each of these keys, none twice whatever the case of letters.

    >>> short_names(["health", "people.network"])
    {'health': 'health', 'people.network': 'people_network'}
    >>> short_names(["a.b", "a_b"])
    {'a.b': 'a_b_2e73', 'a_b': 'a_b'}
    >>> short_names(["community_elderly_care_centre"])
    {'community_elderly_care_centre': 'community_elder_7f68'}
    """
    plain = {key: _plain(key) for key in keys}
    often = Counter(name.casefold() for name in plain.values())
    names = {}
    for key, name in plain.items():
        alone = often[name.casefold()] == 1
        own = name == key and sum(_is_own(each, name) for each in plain) == 1
        names[key] = name if len(name) <= longest and (alone or own) else ""
    taken = {name.casefold() for name in names.values()}
    for key in sorted(key for key, name in names.items() if not name):
        names[key] = _numbered(key, plain[key], longest, taken)
        taken.add(names[key].casefold())
    return names


def _is_own(key: str, name: str) -> bool:
    """Whether a key is this name as it stands, but for the case of its letters."""
    return key.casefold() == name.casefold()


def _plain(key: str) -> str:
    """The key with `_` in place of whatever is no letter and no digit."""
    return re.sub(r"\W+", "_", key) or "_"


def _numbered(key: str, name: str, longest: int, taken: set[str]) -> str:
    """The beginning of the name and as many digits of the key's SHA-256 as tell it from others."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    for digits in range(_DIGITS, longest):
        short = f"{name[: longest - digits - 1].rstrip('_')}_{digest[:digits]}"
        if short.casefold() not in taken:
            return short
    raise AssertionError(key)
