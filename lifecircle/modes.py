"""Modes of travel: walking, cycling, driving, and what a project file makes of them.

A mode is a kind, which says what rules of the road hold, a speed, and speeds by class of street.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifecircle.errors import InputError
from lifecircle.project.tables import ModeTable, NetworkTable
from lifecircle.project.toml_file import read_toml

Kind = Literal["walk", "cycle", "drive"]
Floats = npt.NDArray[np.float64]
Directions = npt.NDArray[np.int8]

KINDS: tuple[Kind, ...] = get_args(Kind)
SPEEDS = Path(__file__).parent / "presets" / "_speeds.toml"


@dataclass(frozen=True)
class Mode:
    """A way to get about.

    `kind` says which rules of the road hold. `speeds` are km/h by value of `highway`; other streets
    and the access legs have `speed_kmh`.
    """

    key: str
    kind: Kind
    speed_kmh: float
    speeds: Mapping[str, float]


def known_modes(table: NetworkTable) -> tuple[str, ...]:
    """The modes that a project can name: the three kinds, and those that it defines.

    >>> known_modes(NetworkTable(source="roads.osm.pbf", modes={"e_bike": ModeTable(kind="cycle")}))
    ('walk', 'cycle', 'drive', 'e_bike')
    """
    return tuple(dict.fromkeys([*KINDS, *table.modes]))


def mode_of(table: NetworkTable, key: str, *, file: str = "project") -> Mode:
    """The mode that `key` names, as `[network]` has it.

    Its speed is that of `[network.modes.KEY]`, else `speed_kmh` of `[network]` if it is the default
    mode there, else the kind's own from `presets/_speeds.toml`, which also has the speeds that
    drivers make by class of road; `speeds` of the table come before these.

    Parameters
    ----------
    file
        What messages call the project file.

    Raises
    ------
    InputError
        If there is no such mode, or it does not say its kind and its name is none.

    Examples
    --------
    >>> table = NetworkTable(source="roads.osm.pbf", modes={"drive": ModeTable(speed_kmh=20.0)})
    >>> mode_of(table, "walk").speed_kmh, mode_of(table, "cycle").speed_kmh
    (4.0, 12.0)
    >>> mode_of(table, "drive").speed_kmh, mode_of(table, "drive").speeds["primary"]
    (20.0, 65.0)
    """
    if key not in known_modes(table):
        known = ", ".join(known_modes(table))
        raise InputError.of("modes.unknown", file=file, name=key, known=known)
    own = table.modes.get(key, ModeTable())
    kind = own.kind or next((kind for kind in KINDS if kind == key), None)
    if kind is None:
        raise InputError.of("modes.no_kind", file=file, name=key, known=", ".join(KINDS))
    usual: Mapping[str, Any] = read_toml(SPEEDS).data[kind]
    said = key == table.mode and "speed_kmh" in table.model_fields_set
    speed_kmh = own.speed_kmh or (table.speed_kmh if said else usual["speed_kmh"])
    speeds = {**usual.get("speeds", {}), **own.speeds}
    return Mode(key, kind, float(speed_kmh), MappingProxyType(speeds))


def factors(
    mode: Mode, highway: pd.Categorical[str] | None, oneway: Directions | None
) -> tuple[Floats | None, Floats | None]:
    """Metres at the mode's speed that take as long as a metre of each segment, there and back.

    That is the mode's speed over the speed of the segment's class, and `inf` against a one-way
    street; `None` where it is 1 everywhere. On foot `oneway` is not heeded.

    Parameters
    ----------
    highway, oneway
        Of each segment, as in `lifecircle.network.Segments`; `None` where unknown.

    Examples
    --------
    >>> mode = Mode("car", "drive", 30.0, {"primary": 60.0})
    >>> roads = pd.Categorical(["primary", "residential"])
    >>> forward, backward = factors(mode, roads, np.array([1, 0], np.int8))
    >>> forward.tolist(), backward.tolist()
    ([0.5, 1.0], [inf, 1.0])
    """
    pace = None
    if highway is not None and mode.speeds:
        by_class = [
            mode.speed_kmh / mode.speeds.get(str(c), mode.speed_kmh) for c in highway.categories
        ]
        # code -1, a street of no class, reads the last
        pace = np.array([*by_class, 1.0])[highway.codes]
    if oneway is None or mode.kind == "walk" or not oneway.any():
        return pace, pace
    each = np.ones(len(oneway)) if pace is None else pace
    return np.where(oneway < 0, np.inf, each), np.where(oneway > 0, np.inf, each)
