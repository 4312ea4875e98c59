"""A volume: voxels and where they are."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Tuple, Union

import numpy as np
import numpy.typing as npt

from . import nifti, nrrd
from .errors import FormatError
from .geometry import Affine, as_affine, spacing, swap_ras_lps


@dataclass(frozen=True)
class Volume:
    """Voxels ``[i, j, k]`` (column, row, slice) and the affine that takes their indices to LPS mm."""

    array: npt.NDArray[Any]
    affine: Affine

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", np.asarray(self.array))
        if self.array.ndim != 3 or 0 in self.array.shape:
            raise FormatError(f"A volume has three axes [i, j, k], none of them empty, but the array's shape is {self.array.shape}.")
        object.__setattr__(self, "affine", as_affine(self.affine))

    @classmethod
    def from_ras(cls, array: npt.NDArray[Any], affine: npt.ArrayLike) -> Volume:
        """From an affine to RAS, as nibabel and 3D Slicer have it."""
        return cls(array, swap_ras_lps(affine))

    @classmethod
    def from_spacing(cls, array: npt.NDArray[Any], mm: Tuple[float, float, float]) -> Volume:
        """An upright volume at the origin, from the distances of its voxels in mm."""
        return cls(array, np.diag([*mm, 1.0]))

    @classmethod
    def from_nibabel(cls, image: Any) -> Volume:
        """From an image of nibabel."""
        return cls.from_ras(np.asanyarray(image.dataobj), image.affine)

    def to_nibabel(self) -> Any:
        """As a NIfTI image of nibabel (the extra ``nibabel``)."""
        array = self.array.astype(np.uint8) if self.array.dtype == np.bool_ else self.array
        return importlib.import_module("nibabel").Nifti1Image(array, self.affine_ras)

    @property
    def affine_ras(self) -> Affine:
        return swap_ras_lps(self.affine)

    @property
    def spacing(self) -> Tuple[float, float, float]:
        return spacing(self.affine)

    def save(self, path: Union[str, Path]) -> None:
        """As NIfTI or NRRD, by the name's end."""
        Path(path).write_bytes(self.encode(Path(path).name))

    def encode(self, name: str) -> bytes:
        lower = name.lower()
        if lower.endswith((".nii.gz", ".nii")):
            return nifti.encode(self.array, self.affine, compress=lower.endswith(".gz"))
        if lower.endswith(".nrrd"):
            return nrrd.encode(self.array, self.affine)
        raise FormatError(f"'{name}' ends with neither .nrrd, .nii nor .nii.gz.")


def decode_volume(content: bytes) -> Volume:
    """A NIfTI or NRRD file, told apart by how it begins."""
    if content[:4] == b"NRRD":
        return Volume(*nrrd.decode(content))
    return Volume(*nifti.decode(content))


def load_volume(path: Union[str, Path]) -> Volume:
    """Reads a NIfTI (``.nii``, ``.nii.gz``) or NRRD (``.nrrd``) file."""
    return decode_volume(Path(path).read_bytes())
