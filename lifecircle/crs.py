"""Coordinate systems: read from text, checked against the coordinates, chosen for metres.

Every layer becomes EPSG:4326 here, at the border; inside a run one projected, metric system serves
the nearest edge, fractions and areas. Lengths are ellipsoidal (`geodesy`).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import pyproj.exceptions
from numpy.typing import ArrayLike, NDArray
from pyproj.transformer import TransformerGroup

from lifecircle.errors import CRSError
from lifecircle.geodesy import WGS84, FloatArray, transformer
from lifecircle.messages import Message, message, some

# A metric CRS may stretch or shrink lengths by this share before areas and fractions suffer.
_MOST_DISTORTION = 0.05

# Gauss-Kruger families of EPSG (CGCS2000, Xian 1980, Beijing 1954; 3° and 6° zones): first code
# with the zone number in the easting, first code without, how many zones, the first zone's number.
_GAUSS_KRUGER = (
    (4513, 4534, 21, 25),
    (2349, 2370, 21, 25),
    (2401, 2422, 21, 25),
    (4491, 4502, 11, 13),
    (2327, 2338, 11, 13),
    (21413, 21453, 11, 13),
)


@dataclass(frozen=True)
class Place:
    """What a message about coordinates names: layer, file, and one row for each coordinate."""

    layer: str
    source: str
    rows: NDArray[np.object_]

    def of(self, mask: NDArray[np.bool_]) -> dict[str, object]:
        """The values for a message about the coordinates where `mask` is true."""
        rows = list(dict.fromkeys(self.rows[mask]))
        return {
            "layer": self.layer,
            "source": self.source,
            "rows": some(rows),
            "count": len(rows),
        }


def read_crs(text: str) -> pyproj.CRS:
    """The coordinate system that a text names.

    Parameters
    ----------
    text
        EPSG code (`EPSG:4549` or `4549`), WKT, PROJ string, or `file:` and the path of a `.prj`.

    Raises
    ------
    CRSError
        If nothing is known by that name, the file cannot be read, or it is neither geographic nor
        projected.

    Examples
    --------
    >>> read_crs("4549").name
    'CGCS2000 / 3-degree Gauss-Kruger CM 120E'
    """
    written = text.strip()
    definition = _file_text(written[5:].strip()) if written.startswith("file:") else written
    if re.fullmatch(r"\d+", definition):
        definition = f"EPSG:{definition}"
    try:
        with warnings.catch_warnings():
            # "+init=epsg:…" is old, not wrong; the axis order is fixed by always_xy anyway.
            warnings.simplefilter("ignore", FutureWarning)
            crs = pyproj.CRS.from_user_input(definition)
    except pyproj.exceptions.CRSError:
        raise CRSError.of("crs.unknown", value=text) from None
    if not (crs.is_geographic or crs.is_projected):
        raise CRSError.of("crs.not_horizontal", value=text, name=crs.name)
    return crs


def metric_crs(setting: str, lon: float, lat: float) -> pyproj.CRS:
    """The projected system, in metres, of a run around one place.

    Parameters
    ----------
    setting
        `auto`, or the text of a coordinate system. `auto` is the CGCS2000 3-degree zone of the
        place, where that zone's area of use holds it, else its UTM zone.
    lon, lat
        Centre of the zones, degrees.

    Raises
    ------
    CRSError
        If the system that `setting` names has no metres or distorts lengths there by over 5 %.

    Examples
    --------
    >>> metric_crs("auto", 121.48, 31.23).to_epsg(), metric_crs("auto", 7.42, 43.74).to_epsg()
    (4549, 32632)
    """
    if setting.strip().lower() == "auto":
        return _gauss_kruger(lon, lat) or _utm(lon, lat)
    crs = read_crs(setting)
    if not crs.is_projected or any(axis.unit_name not in ("metre", "meter") for axis in _flat(crs)):
        raise CRSError.of("crs.not_metric", value=setting, name=crs.name)
    factors = pyproj.Proj(crs).get_factors(lon, lat)
    scales = np.array([factors.meridional_scale, factors.parallel_scale])
    if not (np.abs(scales - 1) <= _MOST_DISTORTION).all():
        worst = 100 * np.abs(scales - 1).max()
        raise CRSError.of("crs.distorts", value=setting, name=crs.name, percent=f"{worst:.0f}")
    return crs


def degrees_of(
    x: ArrayLike, y: ArrayLike, crs: pyproj.CRS, place: Place
) -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes (EPSG:4326) of coordinates in `crs`, x always first.

    Raises
    ------
    CRSError
        If the coordinates cannot belong to `crs`: swapped, out of range, degrees in a projected
        system, a zone number too many or too few, or infinite once projected. `NaN` stays `NaN`.

    Examples
    --------
    >>> lon, lat = degrees_of([500000], [0], read_crs("4549"), Place("homes", "a.csv", ["2"]))
    >>> lon.round(6).tolist(), lat.round(6).tolist()
    ([120.0], [0.0])
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    check = _geographic_fault if crs.is_geographic else _projected_fault
    fault = check(x, y, crs, place)
    if fault is not None:
        raise CRSError(fault)
    if crs == WGS84:
        return x, y
    lon, lat = (np.asarray(axis, dtype=float) for axis in transformer(crs, WGS84).transform(x, y))
    lost = np.isfinite(x) & np.isfinite(y) & ~(np.isfinite(lon) & np.isfinite(lat))
    if lost.any():
        raise CRSError.of("crs.infinite", name=_name(crs), **place.of(lost))
    return lon, lat


def is_rough(crs: pyproj.CRS) -> bool:
    """Whether only an approximate way from `crs` to WGS 84 is known (Xian 1980: about 100 m).

    >>> is_rough(read_crs("EPSG:4610")), is_rough(read_crs("EPSG:4490"))
    (True, False)
    """
    datum = crs.geodetic_crs.datum if crs.geodetic_crs is not None else None
    # CGCS2000 and WGS 84 agree to centimetres; the registry just lists no operation.
    if datum is not None and re.search(r"China.?(Geodetic|2000)|CGCS", datum.name):
        return False
    best = TransformerGroup(crs, WGS84, always_xy=True).transformers[0]
    return "ballpark" in best.description.lower()


def _geographic_fault(
    x: FloatArray, y: FloatArray, crs: pyproj.CRS, place: Place
) -> Message | None:
    swapped = (x >= 3) & (x <= 54) & (y >= 73) & (y <= 136)
    if swapped.any():
        return message("crs.swapped", **place.of(swapped))
    outside = (np.abs(x) > 180) | (np.abs(y) > 90)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        code = "crs.metres_as_degrees" if np.abs(x[outside]).min() > 1000 else "crs.out_of_range"
        example = f"{x[first]:.10g}, {y[first]:.10g}"
        return message(code, name=_name(crs), example=example, **place.of(outside))
    return None


def _projected_fault(x: FloatArray, y: FloatArray, crs: pyproj.CRS, place: Place) -> Message | None:
    known = np.isfinite(x) & np.isfinite(y)
    degrees = known & (np.abs(x) <= 180) & (np.abs(y) <= 90) & (x != 0)
    if known.any() and degrees[known].all():
        return message("crs.degrees_as_metres", name=_name(crs), **place.of(degrees))
    easting = _false_easting(crs)
    if easting is None:
        return None
    if easting >= 1e6:
        bare = known & (np.abs(x) < 1e6)
        code, wrong = "crs.zone_number_missing", bare
    else:
        code, wrong = "crs.zone_number_present", known & (x >= 13e6) & (x < 46e6)
    if not wrong.any():
        return None
    first = int(np.flatnonzero(wrong)[0])
    return message(
        code,
        name=_name(crs),
        example=f"{x[first]:.0f}",
        remedy=_other_code(crs, x[first]),
        **place.of(wrong),
    )


def _other_code(crs: pyproj.CRS, x: float) -> str:
    """The twin of a Gauss-Kruger code: without the zone number if it has one, and vice versa."""
    code = crs.to_epsg() or 0
    for prefixed, plain, zones, first_zone in _GAUSS_KRUGER:
        if prefixed <= code < prefixed + zones:
            return f"EPSG:{code - prefixed + plain}"
        if plain <= code < plain + zones and first_zone <= x // 1e6 < first_zone + zones:
            return f"EPSG:{prefixed + int(x // 1e6) - first_zone}"
    return "EPSG:4549" if (_false_easting(crs) or 0) >= 1e6 else "EPSG:4528"


def _false_easting(crs: pyproj.CRS) -> float | None:
    """False easting of a transverse Mercator system, metres."""
    operation = crs.coordinate_operation
    if operation is None or "Transverse Mercator" not in operation.method_name:
        return None
    return next((float(p.value) for p in operation.params if p.name == "False easting"), None)


def _gauss_kruger(lon: float, lat: float) -> pyproj.CRS | None:
    meridian = 3 * round(lon / 3)
    if not 75 <= meridian <= 135:
        return None
    crs = pyproj.CRS.from_epsg(4534 + (meridian - 75) // 3)
    area = crs.area_of_use
    holds = area is not None and area.west <= lon <= area.east and area.south <= lat <= area.north
    return crs if holds else None


def _utm(lon: float, lat: float) -> pyproj.CRS:
    zone = int((lon + 180) // 6) % 60 + 1
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def _flat(crs: pyproj.CRS) -> list[pyproj._crs.Axis]:
    """The two horizontal axes."""
    return list(crs.axis_info[:2])


def _name(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return crs.name if code is None else f"EPSG:{code} ({crs.name})"


def _file_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise CRSError.of("crs.unreadable_file", path=path) from None
