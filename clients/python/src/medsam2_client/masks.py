"""Masks as they travel: a box, and run lengths over its pixels.

Slices are arrays ``[x, y]``, like ``volume[:, :, k]`` of a volume ``[i, j, k]``. Runs go over the box's pixels row by row (x fastest),
alternate between background and mask, start with background, and are unsigned varints.
"""

from __future__ import annotations

from typing import Any, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from .errors import FormatError

Box = Tuple[int, int, int, int]
SliceMask = npt.NDArray[np.bool_]

EMPTY: Box = (0, 0, 0, 0)


def encode(mask: npt.NDArray[Any]) -> Tuple[Box, bytes]:
    """The box and the runs of a slice ``[x, y]``; whatever is not zero belongs to the mask."""
    pixels = np.asarray(mask) != 0
    if pixels.ndim != 2:
        raise FormatError(f"A slice's mask has two axes [x, y], but {pixels.ndim} were given.")
    columns, rows = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if columns.size == 0:
        return EMPTY, b""
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    flat = pixels[box[0]:box[2], box[1]:box[3]].T.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    lengths = np.diff(edges, prepend=0, append=flat.size)
    if flat[0]:
        lengths = np.insert(lengths, 0, 0)
    return box, _varints(lengths)


def decode(box: Sequence[int], runs: bytes, width: int, height: int) -> SliceMask:
    """The whole slice ``[x, y]``.

    :raises FormatError: the box does not lie on the slice, or the runs do not fill it exactly.
    """
    slice_mask = np.zeros((width, height), dtype=np.bool_)
    x0, y0, x1, y1 = check_box(box, width, height)
    slice_mask[x0:x1, y0:y1] = decode_box((x0, y0, x1, y1), runs)
    return slice_mask


def decode_box(box: Box, runs: bytes) -> SliceMask:
    """The box's pixels alone, ``[x, y]``."""
    width, height = box[2] - box[0], box[3] - box[1]
    lengths = _lengths(runs)
    if np.any(lengths[1:] == 0):
        raise FormatError("A run of the mask is 0 long; only the first may be.")
    total = sum(int(length) for length in lengths)
    if total != width * height:
        raise FormatError(f"The mask's runs have {total} pixels, but its box {width * height}.")
    values = np.arange(lengths.size) % 2 == 1
    return np.repeat(values, lengths).reshape(height, width).T


def check_box(box: Sequence[int], width: int, height: int) -> Box:
    if len(box) != 4:
        raise FormatError("A mask's box has four numbers.")
    x0, y0, x1, y1 = (int(edge) for edge in box)
    if not (0 <= x0 <= x1 <= width and 0 <= y0 <= y1 <= height) or (x0 == x1) != (y0 == y1):
        raise FormatError(f"The mask's box {(x0, y0, x1, y1)} does not lie on the slice of {width} x {height}.")
    return x0, y0, x1, y1


def _varints(lengths: npt.NDArray[Any]) -> bytes:
    encoded = bytearray()
    for length in lengths.tolist():
        while length > 0x7F:
            encoded.append((length & 0x7F) | 0x80)
            length >>= 7
        encoded.append(length)
    return bytes(encoded)


def _lengths(runs: bytes) -> npt.NDArray[np.int64]:
    data = np.frombuffer(runs, dtype=np.uint8)
    if data.size == 0:
        return np.zeros(0, dtype=np.int64)
    ends = np.flatnonzero(data < 0x80)
    if ends.size == 0 or ends[-1] != data.size - 1:
        raise FormatError("The mask's runs end in the midst of a number.")
    starts: npt.NDArray[Any] = np.insert(ends[:-1] + 1, 0, 0)
    if np.max(ends - starts) > 4:
        raise FormatError("A run of the mask is longer than any slice.")
    place = np.arange(data.size) - np.repeat(starts, ends - starts + 1)
    return np.add.reduceat((data & 0x7F).astype(np.int64) << (7 * place), starts)
