"""Pictures of few colours as PNG, written in the shorter of two ways.

Where most pixels are as their neighbours, repeats are short. Where a pixel's value is only near
its neighbours', what it differs by from them is shorter: common writers try that for photographs
only.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_EIGHT_BITS, _PALETTE = 8, 3
_AS_IT_IS, _PAETH = 0, 4


def palette_png(values: Bytes, colours: Bytes) -> bytes:
    """The file of a picture whose pixels have these values.

    Parameters
    ----------
    values
        Row by row from the top.
    colours
        Red, green and blue of each value.

    References
    ----------
    PNG specification, third edition, W3C, sections 9 (filters) and 11 (chunks).
    """
    height, width = values.shape
    head = struct.pack(">IIBBBBB", width, height, _EIGHT_BITS, _PALETTE, 0, 0, 0)
    bodies = (
        _packed(values, _AS_IT_IS, zlib.Z_DEFAULT_STRATEGY),
        # Differences are small numbers and runs of zeros; looking for longer repeats finds few.
        _packed(_differences(values), _PAETH, zlib.Z_RLE),
    )
    return b"".join(
        [
            _SIGNATURE,
            _chunk(b"IHDR", head),
            _chunk(b"PLTE", np.ascontiguousarray(colours, dtype=np.uint8).tobytes()),
            _chunk(b"IDAT", min(bodies, key=len)),
            _chunk(b"IEND", b""),
        ]
    )


def _packed(lines: Bytes, kind: int, strategy: int) -> bytes:
    """The lines, each with the kind of its numbers before it, compressed."""
    kinds = np.full((len(lines), 1), kind, dtype=np.uint8)
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    return packer.compress(np.hstack([kinds, lines]).tobytes()) + packer.flush()


def _differences(values: Bytes) -> Bytes:
    """Each value less the one of its three neighbours that is nearest to west + north - corner."""
    around = np.pad(values.astype(np.int16), ((1, 0), (1, 0)))
    west, north, corner = around[1:, :-1], around[:-1, 1:], around[:-1, :-1]
    to_west, to_north = np.abs(north - corner), np.abs(west - corner)
    to_corner = np.abs(west + north - 2 * corner)
    expected = np.where(to_north <= to_corner, north, corner)
    expected = np.where((to_west <= to_north) & (to_west <= to_corner), west, expected)
    return (around[1:, 1:] - expected).astype(np.uint8)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
