"""NIfTI-1 with NumPy alone: one file, three axes, one value a voxel."""

from __future__ import annotations

import struct
from typing import Any, Tuple

import numpy as np
import numpy.typing as npt

from .errors import FormatError
from .geometry import Affine, as_affine, spacing, swap_ras_lps
from .nrrd import gzip_fast, inflate, storable

_CODES = {"u1": 2, "i2": 4, "i4": 8, "f4": 16, "f8": 64, "i1": 256, "u2": 512, "u4": 768, "i8": 1024, "u8": 1280}
_TYPES = {number: code for code, number in _CODES.items()}
_HEADER = 348
_DATA = 352


def encode(array: npt.NDArray[Any], affine: Affine, compress: bool = True) -> bytes:
    """Voxels ``[i, j, k]`` with their affine to LPS mm, written as an sform."""
    voxels = storable(array)
    if max(voxels.shape) > 32767:
        raise FormatError("NIfTI-1 has at most 32767 voxels along an axis; use NRRD.")
    header = bytearray(_DATA)
    struct.pack_into("<i", header, 0, _HEADER)
    struct.pack_into("<8h", header, 40, 3, *voxels.shape, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, _CODES[voxels.dtype.kind + str(voxels.dtype.itemsize)], voxels.dtype.itemsize * 8)
    struct.pack_into("<8f", header, 76, 1, *spacing(affine), 0, 0, 0, 0)
    struct.pack_into("<3f", header, 108, _DATA, 1, 0)
    header[123] = 2  # millimetres
    struct.pack_into("<hh", header, 252, 0, 1)
    struct.pack_into("<12f", header, 280, *swap_ras_lps(affine)[:3].ravel())
    header[344:348] = b"n+1\0"
    content = bytes(header) + voxels.tobytes(order="F")
    return gzip_fast(content) if compress else content


def decode(content: bytes) -> Tuple[npt.NDArray[Any], Affine]:
    """Voxels ``[i, j, k]`` and the affine to LPS mm."""
    packed = content[:2] == b"\x1f\x8b"
    head = inflate(content, _HEADER) if packed else content[:_HEADER]
    if len(head) < _HEADER or head[344:348] != b"n+1\0":
        raise FormatError("The file is no NIfTI-1 in one file.")
    order = "<" if struct.unpack_from("<i", head)[0] == _HEADER else ">"
    dim = struct.unpack_from(order + "8h", head, 40)
    shape = dim[1:4]
    if not 3 <= dim[0] <= 7 or min(shape) < 1 or any(n > 1 for n in dim[4:dim[0] + 1]):
        raise FormatError("The NIfTI file does not hold one volume of three axes.")
    code = _TYPES.get(struct.unpack_from(order + "h", head, 70)[0])
    if code is None:
        raise FormatError("The NIfTI file's voxels are of a type that is not read here.")
    offset, slope, intercept = struct.unpack_from(order + "3f", head, 108)
    if not _HEADER <= offset <= 1 << 24:
        raise FormatError("The NIfTI file's voxels begin at an impossible place.")
    start, size = int(offset), int(np.prod(shape, dtype=object)) * int(code[1])
    content = inflate(content, start + size) if packed else content
    if len(content) < start + size:
        raise FormatError(f"The NIfTI file has {max(0, len(content) - start)} bytes of voxels, but {size} are needed.")
    voxels = np.frombuffer(content, dtype=order + code, count=size // int(code[1]), offset=start).reshape(shape, order="F")
    voxels = voxels.astype(voxels.dtype.newbyteorder("="), copy=False)
    if slope not in (0, 1) or (slope == 1 and intercept != 0):
        voxels = voxels.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    return voxels, swap_ras_lps(_affine(head, order))


def _affine(head: bytes, order: str) -> Affine:
    """To RAS: the sform, else the qform, else the spacing alone."""
    qform, sform = struct.unpack_from(order + "hh", head, 252)
    affine = np.eye(4)
    if sform > 0:
        affine[:3] = np.array(struct.unpack_from(order + "12f", head, 280)).reshape(3, 4)
        return as_affine(affine)
    handed, *mm = struct.unpack_from(order + "4f", head, 76)
    if qform <= 0:
        return as_affine(np.diag([*mm, 1.0]))
    b, c, d, *origin = struct.unpack_from(order + "6f", head, 256)
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array([
        [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c]])
    affine[:3, :3] = rotation * [mm[0], mm[1], mm[2] * (-1 if handed < 0 else 1)]
    affine[:3, 3] = origin
    return as_affine(affine)
