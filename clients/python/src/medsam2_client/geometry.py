"""Voxel indices and the world, in one place.

* ``IJK``: voxel indices ``(i, j, k)`` = column, row, slice. Integers are voxel centres.
* ``LPS``: DICOM patient coordinates in mm (towards Left, Posterior, Superior). The server's world.
* ``RAS``: the world of 3D Slicer and of NIfTI in mm (towards Right, Anterior, Superior): LPS with its first two axes reversed.

An affine is a 4 x 4 matrix that takes homogeneous voxel indices to mm.
"""

from __future__ import annotations

from typing import Any, Iterable, List, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from .errors import FormatError

Affine = npt.NDArray[np.float64]
Triple = Tuple[int, int, int]

_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])

#: The axis of the voxel grid that slices of a plane are taken across, and the axes of its pixels (x, y).
PLANES = {"i": (0, (1, 2)), "j": (1, (0, 2)), "k": (2, (0, 1))}


def as_affine(values: Any) -> Affine:
    """16 numbers (row-major) or a 4 x 4 array as an affine that can be inverted."""
    affine = np.array(values, dtype=np.float64)
    if affine.size != 16:
        raise FormatError(f"An affine has 4 x 4 numbers, but {affine.size} were given.")
    affine = affine.reshape(4, 4)
    if not np.all(np.isfinite(affine)) or not np.allclose(affine[3], [0, 0, 0, 1]):
        raise FormatError("An affine holds finite numbers, and its last row is 0 0 0 1.")
    if abs(np.linalg.det(affine[:3, :3])) < 1e-12:
        raise FormatError("The affine is flat: its axes do not span a volume.")
    return affine


def as_points(points: Iterable[Sequence[float]]) -> List[List[float]]:
    """Voxel indices as plain numbers, whatever sequences or arrays they came in."""
    listed = [[float(x) for x in point] for point in points]
    if any(len(point) != 3 or not all(np.isfinite(point)) for point in listed):
        raise FormatError("A point has three finite voxel indices (i, j, k).")
    return listed


def swap_ras_lps(affine: npt.ArrayLike) -> Affine:
    """An affine to RAS from one to LPS, or the other way round."""
    return _FLIP @ as_affine(affine)


def transform(affine: npt.ArrayLike, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Points ``(..., 3)`` through an affine."""
    matrix = np.asarray(affine, dtype=np.float64)
    given = np.asarray(points, dtype=np.float64)
    return np.asarray(given @ matrix[:3, :3].T + matrix[:3, 3])


def lps_to_ijk(affine_lps: npt.ArrayLike, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return transform(np.linalg.inv(as_affine(affine_lps)), points)


def ras_to_ijk(affine_lps: npt.ArrayLike, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return transform(np.linalg.inv(swap_ras_lps(affine_lps)), points)


def ijk_to_ras(affine_lps: npt.ArrayLike, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return transform(swap_ras_lps(affine_lps), points)


def spacing(affine: npt.ArrayLike) -> Tuple[float, float, float]:
    """Millimetres from one voxel to the next along i, j and k."""
    i, j, k = np.linalg.norm(as_affine(affine)[:3, :3], axis=0)
    return float(i), float(j), float(k)


def plane_size(plane: str, dimensions: Sequence[int]) -> Tuple[int, int]:
    """Width and height of a plane's slices."""
    x, y = PLANES[plane][1]
    return dimensions[x], dimensions[y]


class GridMap:
    """How one voxel grid lies on another that covers the same voxels in another order: axes swapped or reversed.

    A viewer may hold a series with its slices the other way round, or its axes in another order, than the server does. Their
    voxels are the same as long as each voxel centre of one is a voxel centre of the other.
    """

    TOLERANCE = 0.01
    """Largest difference between voxel centres, in voxels."""

    def __init__(self, source_affine: npt.ArrayLike, source_size: Sequence[int], target_affine: npt.ArrayLike, target_size: Sequence[int]) -> None:
        self.source_to_target = np.linalg.inv(as_affine(target_affine)) @ as_affine(source_affine)
        self.target_to_source = np.linalg.inv(self.source_to_target)
        rotation = np.rint(self.source_to_target[:3, :3])
        if not np.array_equal(np.abs(rotation).sum(axis=0), [1, 1, 1]) or not np.array_equal(np.abs(rotation).sum(axis=1), [1, 1, 1]):
            raise FormatError("The two grids are turned against each other: no order of axes makes one of the other.")
        #: Target axis n runs along source axis ``order[n]``, reversed where ``reversed_axes[n]``.
        self.order = tuple(int(axis) for axis in np.argmax(np.abs(rotation), axis=1))
        self.reversed_axes = tuple(bool(rotation[n, axis] < 0) for n, axis in enumerate(self.order))
        if tuple(source_size[axis] for axis in self.order) != tuple(target_size):
            raise FormatError(f"The two grids differ in size: {_size(source_size)} and {_size(target_size)} voxels.")
        corners = np.array([[i, j, k] for i in (0, source_size[0] - 1) for j in (0, source_size[1] - 1) for k in (0, source_size[2] - 1)], dtype=float)
        expected = np.stack([
            (source_size[axis] - 1 - corners[:, axis]) if backwards else corners[:, axis]
            for axis, backwards in zip(self.order, self.reversed_axes)], axis=1)
        apart = float(np.abs(transform(self.source_to_target, corners) - expected).max())
        if apart > self.TOLERANCE:
            raise FormatError(f"The two grids are {apart:.3g} voxels apart, so that one's voxels are not the other's.")

    def array(self, source: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """An array ``[i, j, k]`` of the source grid as one of the target grid: a view, nothing is copied."""
        turned = source.transpose(self.order)
        return turned[tuple(slice(None, None, -1) if backwards else slice(None) for backwards in self.reversed_axes)]

    def back(self, target: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """An array of the target grid as one of the source grid: a view."""
        turned = target[tuple(slice(None, None, -1) if backwards else slice(None) for backwards in self.reversed_axes)]
        return turned.transpose(tuple(int(axis) for axis in np.argsort(self.order)))

    def plane_of(self, target_plane: str) -> str:
        """The source grid's name of a plane of the target grid."""
        return "ijk"[self.order["ijk".index(target_plane)]]


def _size(size: Sequence[int]) -> str:
    return " x ".join(str(n) for n in size)
