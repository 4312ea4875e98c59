"""What a session's client knows: masks, objects, history."""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Tuple

import numpy as np
import numpy.typing as npt

from .errors import ProtocolError
from .frames import Change, History, MaskFrame, SegmentedObject
from .geometry import PLANES, plane_size
from .masks import SliceMask


class SessionState:
    """Takes changes in, in the order in which the server made them. Any thread may read."""

    def __init__(self, dimensions: Tuple[int, int, int]) -> None:
        self.dimensions = dimensions
        self.objects: Dict[int, SegmentedObject] = {}
        self.history = History()
        self.sequence = 0
        self._lock = threading.Lock()
        self._volumes: Dict[int, npt.NDArray[np.bool_]] = {}

    def mask(self, object_id: int) -> npt.NDArray[np.bool_]:
        with self._lock:
            known = self._volumes.get(object_id)
            return np.zeros(self.dimensions, dtype=np.bool_, order="F") if known is None else known.copy(order="K")

    def label_map(self) -> npt.NDArray[np.uint16]:
        labels = np.zeros(self.dimensions, dtype=np.uint16, order="F")
        with self._lock:
            for object_id in sorted(self._volumes):
                labels[self._volumes[object_id]] = object_id
        return labels

    def slice_mask(self, object_id: int, plane: str, index: int) -> SliceMask:
        with self._lock:
            known = self._volumes.get(object_id)
            if known is None:
                return np.zeros(plane_size(plane, self.dimensions), dtype=np.bool_)
            sliced: SliceMask = known[_at(plane, index)].copy()
            return sliced

    def apply(self, change: Change) -> None:
        """
        :raises ProtocolError: the change is about what the volume has not.
        """
        with self._lock:
            if change.everything:
                self._volumes.clear()
            for frame in sorted(change.frames, key=lambda known: known.sequence):
                self._draw(frame)
            for object_id in change.removed:
                self._volumes.pop(object_id, None)
            listed = {} if change.everything else dict(self.objects)
            listed.update({known.object_id: known for known in change.objects})
            self.objects = {number: known for number, known in listed.items() if number not in change.removed}
            if change.history is not None:
                self.history = change.history

    def _draw(self, frame: MaskFrame) -> None:
        if not 0 <= frame.index < self.dimensions[PLANES[frame.plane][0]]:
            raise ProtocolError(f"The server sent slice {frame.index} of plane {frame.plane}, which the volume has not.")
        volume = self._volumes.get(frame.object_id)
        if volume is None:
            volume = self._volumes[frame.object_id] = np.zeros(self.dimensions, dtype=np.bool_, order="F")
        volume[_at(frame.plane, frame.index)] = frame.mask(*plane_size(frame.plane, self.dimensions))
        self.sequence = max(self.sequence, frame.sequence)


def _at(plane: str, index: int) -> Tuple[Any, ...]:
    where: List[Any] = [slice(None)] * 3
    where[PLANES[plane][0]] = index
    return tuple(where)
