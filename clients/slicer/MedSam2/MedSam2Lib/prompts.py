"""What the markups say, slice by slice, and how it differs from what the server was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
from medsam2_client import SlicePrompts
from medsam2_client.geometry import PLANES

Point = Tuple[float, float, float]
Slice = Tuple[str, int]

SAME = 0.01
"""Voxels; points that are nearer to each other are the same point, written down twice."""


@dataclass(frozen=True)
class Said:
    """All points and the box of one slice, in the server's voxel indices."""

    include: Tuple[Point, ...] = ()
    exclude: Tuple[Point, ...] = ()
    box: Optional[Tuple[Point, Point]] = None

    def same(self, other: Said) -> bool:
        if (self.box is None) != (other.box is None) or len(self.include) != len(other.include) or len(self.exclude) != len(other.exclude):
            return False
        pairs = [(self.include, other.include), (self.exclude, other.exclude)]
        if self.box is not None and other.box is not None:
            pairs.append((_sorted_box(self.box), _sorted_box(other.box)))
        return all(np.allclose(_points(one), _points(two), atol=SAME) for one, two in pairs)

    def beyond(self, other: Said) -> Optional[Said]:
        """What this says more than the other; None where the other says something that this does not."""
        include, exclude = _without(self.include, other.include), _without(self.exclude, other.exclude)
        kept_box = other.box is None or (self.box is not None and Said(box=self.box).same(Said(box=other.box)))
        if len(include) + len(other.include) != len(self.include) or len(exclude) + len(other.exclude) != len(self.exclude) or not kept_box:
            return None
        return Said(include, exclude, self.box if other.box is None else None)


def by_slice(plane: str, include: Iterable[Sequence[float]], exclude: Iterable[Sequence[float]], box: Optional[Sequence[Sequence[float]]]) -> Dict[Slice, Said]:
    """Groups points by the slice that they are on; a box belongs to the slice through its middle, and is laid flat on it."""
    axis = PLANES[plane][0]
    slices: Dict[Slice, Tuple[List[Point], List[Point], List[Tuple[Point, Point]]]] = {}

    def at(index: float) -> Tuple[List[Point], List[Point], List[Tuple[Point, Point]]]:
        return slices.setdefault((plane, int(np.floor(index + 0.5))), ([], [], []))

    for point in include:
        at(point[axis])[0].append(_point(point))
    for point in exclude:
        at(point[axis])[1].append(_point(point))
    if box is not None:
        corners = np.array(box, dtype=float)
        middle = float(np.floor(corners[:, axis].mean() + 0.5))
        corners[:, axis] = middle
        at(middle)[2].append((_point(corners.min(axis=0)), _point(corners.max(axis=0))))
    return {where: Said(tuple(inside), tuple(outside), boxes[0] if boxes else None) for where, (inside, outside, boxes) in slices.items()}


def held(prompts: Iterable[SlicePrompts]) -> Dict[Slice, Said]:
    """What the server holds of an object."""
    return {(known.plane, known.index): Said(known.include, known.exclude, known.box) for known in prompts}


@dataclass(frozen=True)
class Step:
    """One call: ``said`` None forgets the slice, ``replace`` says it anew, else it is added to what was said."""

    plane: str
    index: int
    said: Optional[Said]
    replace: bool = False


def differences(wanted: Dict[Slice, Said], told: Dict[Slice, Said], plane: str) -> List[Step]:
    """The calls that make the server hold just what is wanted of the plane."""
    steps = [Step(*where, None) for where, said in told.items() if where[0] == plane and where not in wanted and not said.same(Said())]
    for where, said in wanted.items():
        before = told.get(where, Said())
        if not said.same(before):
            more = said.beyond(before)
            steps.append(Step(*where, said, replace=True) if more is None else Step(*where, more))
    return steps


def _sorted_box(box: Tuple[Point, Point]) -> Tuple[Point, Point]:
    corners = np.array(box)
    return _point(corners.min(axis=0)), _point(corners.max(axis=0))


def _points(points: Sequence[Point]) -> np.ndarray:
    """In one order, whatever order they were said in."""
    return np.array(sorted(points), dtype=float).reshape(-1, 3)


def _without(points: Tuple[Point, ...], others: Tuple[Point, ...]) -> Tuple[Point, ...]:
    return tuple(point for point in points if not any(np.allclose(point, other, atol=SAME) for other in others))


def _point(values: Sequence[float]) -> Point:
    i, j, k = (float(value) for value in values)
    return i, j, k
