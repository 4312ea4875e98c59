"""NRRD with NumPy alone: three axes, one value a voxel, data in the same file, raw or gzip."""

from __future__ import annotations

import re
import zlib
from typing import Any, Dict, List, Tuple

import numpy as np
import numpy.typing as npt

from .errors import FormatError
from .geometry import Affine, as_affine

_TYPES = {
    "i1": "int8", "u1": "uint8", "i2": "int16", "u2": "uint16", "i4": "int32", "u4": "uint32", "i8": "int64", "u8": "uint64",
    "f4": "float", "f8": "double",
}
_NAMES = {
    **{name: code for code, name in _TYPES.items()},
    "signed char": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1", "uint8_t": "u1",
    "short": "i2", "short int": "i2", "signed short": "i2", "int16_t": "i2", "ushort": "u2", "unsigned short": "u2", "uint16_t": "u2",
    "int": "i4", "signed int": "i4", "int32_t": "i4", "uint": "u4", "unsigned int": "u4", "uint32_t": "u4",
    "longlong": "i8", "long long": "i8", "int64_t": "i8", "ulonglong": "u8", "unsigned long long": "u8", "uint64_t": "u8",
}
_TO_LPS = {
    "left-posterior-superior": (1, 1, 1), "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1), "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1), "las": (1, -1, 1),
}


def encode(array: npt.NDArray[Any], affine: Affine, compress: bool = True) -> bytes:
    """Voxels ``[i, j, k]`` with their affine to LPS mm."""
    voxels = storable(array)
    columns = [",".join(repr(float(x)) for x in affine[:3, axis]) for axis in range(3)]
    header = "\n".join([
        "NRRD0004",
        f"type: {_TYPES[voxels.dtype.kind + str(voxels.dtype.itemsize)]}",
        "dimension: 3",
        "space: left-posterior-superior",
        f"sizes: {' '.join(str(n) for n in voxels.shape)}",
        f"space directions: {' '.join(f'({column})' for column in columns)}",
        "kinds: domain domain domain",
        "endian: little",
        f"encoding: {'gzip' if compress else 'raw'}",
        f"space origin: ({','.join(repr(float(x)) for x in affine[:3, 3])})",
        "", ""])
    data = voxels.tobytes(order="F")
    return header.encode("ascii") + (gzip_fast(data) if compress else data)


def decode(content: bytes) -> Tuple[npt.NDArray[Any], Affine]:
    """Voxels ``[i, j, k]`` and the affine to LPS mm."""
    match = re.search(rb"\r?\n\r?\n", content)
    if content[:4] != b"NRRD" or match is None:
        raise FormatError("The file is no NRRD with its data in the same file.")
    fields = _fields(content[:match.start()])
    try:
        sizes = [int(size) for size in fields["sizes"].split()]
        code, encoding = _NAMES[fields["type"].lower()], fields["encoding"].lower()
    except (KeyError, ValueError) as fault:
        raise FormatError(f"The NRRD's header lacks a field, or has one that is not understood: {fault}.") from fault
    if fields.get("dimension") != "3" or len(sizes) != 3 or min(sizes) < 1:
        raise FormatError("The NRRD has not exactly three axes.")
    data = content[match.end():]
    size = int(np.prod(sizes, dtype=object)) * int(code[1])
    if encoding in ("gzip", "gz"):
        data = inflate(data, size)
    elif encoding != "raw":
        raise FormatError(f"The NRRD's encoding is '{encoding}'; raw and gzip are read.")
    if len(data) < size:
        raise FormatError(f"The NRRD's data has {len(data)} bytes, but {size} are needed.")
    order = ">" if fields.get("endian", "little").lower() == "big" else "<"
    voxels = np.frombuffer(data, dtype=order + code, count=size // int(code[1])).reshape(sizes, order="F")
    return voxels.astype(voxels.dtype.newbyteorder("="), copy=False), _affine(fields)


def storable(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array as little-endian numbers that image files know; yes and no become 1 and 0."""
    voxels = np.asarray(array)
    if voxels.dtype == np.bool_:
        voxels = voxels.view(np.uint8)
    if voxels.dtype == np.float16:
        voxels = voxels.astype(np.float32)
    if voxels.dtype.kind + str(voxels.dtype.itemsize) not in _TYPES:
        raise FormatError(f"Voxels of type {voxels.dtype} cannot be stored; use integers or floating-point numbers of up to 64 bits.")
    return voxels.astype(voxels.dtype.newbyteorder("<"), copy=False)


def gzip_fast(data: bytes) -> bytes:
    """For the way to a server next door, the quickest level is the best."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def inflate(data: bytes, most: int) -> bytes:
    """Never more than is needed, whatever the file claims."""
    try:
        return zlib.decompressobj(47).decompress(data, most) if most else b""
    except zlib.error as fault:
        raise FormatError(f"The compressed voxels are damaged: {fault}.") from fault


def _fields(header: bytes) -> Dict[str, str]:
    fields: Dict[str, str] = {}
    for line in header.decode("latin-1").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if not line.startswith("#") and colon and not value.startswith("="):
            fields[name.strip().lower()] = value.strip()
    if "data file" in fields or "datafile" in fields:
        raise FormatError("The NRRD's data is in another file; only one-file NRRDs are read.")
    return fields


def _affine(fields: Dict[str, str]) -> Affine:
    affine = np.eye(4)
    flips = _TO_LPS.get(fields.get("space", "left-posterior-superior").lower())
    if flips is None:
        raise FormatError(f"The NRRD's space is '{fields['space']}'; left-posterior-superior and right-anterior-superior are read.")
    if "space directions" in fields:
        affine[:3, :3] = np.array(_vectors(fields["space directions"], 3)).T
    elif "spacings" in fields:
        affine[:3, :3] = np.diag([float(mm) for mm in fields["spacings"].split()])
    if "space origin" in fields:
        affine[:3, 3] = _vectors(fields["space origin"], 1)[0]
    return as_affine(np.diag([*flips, 1.0]) @ affine)


def _vectors(text: str, count: int) -> List[List[float]]:
    try:
        vectors = [[float(x) for x in vector.split(",")] for vector in re.findall(r"\(([^)]*)\)", text)]
    except ValueError as fault:
        raise FormatError(f"The NRRD has a vector with something else than numbers: {text}.") from fault
    if len(vectors) != count or any(len(vector) != 3 for vector in vectors):
        raise FormatError(f"The NRRD needs {count} vectors of three numbers, but has: {text}.")
    return vectors
