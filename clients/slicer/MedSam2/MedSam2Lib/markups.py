"""The points and boxes that a person puts: each segment has its own, and for each plane, since a prompt is about one slice of one plane."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

import numpy as np
import slicer

from . import scene

COLOURS = {"include": (0.1, 0.8, 0.2), "exclude": (0.9, 0.2, 0.1), "box": (1.0, 0.8, 0.0)}

Owner = Tuple[str, str]
"""A segment's id and a plane."""


class PromptMarkups:
    """``unsaid`` has the owners whose markups changed by hand since they were read."""

    def __init__(self, volume_node: Any) -> None:
        self._volume = volume_node
        self._nodes: Dict[Tuple[Owner, str], Any] = {}
        self._current: Optional[Owner] = None
        self._showing = False
        self.unsaid: Set[Owner] = set()

    @property
    def segments(self) -> Set[str]:
        return {owner[0] for owner, _ in self._nodes}

    def choose(self, owner: Optional[Owner]) -> None:
        """Shows the owner's, and hides the others'."""
        self._current = owner
        for (known, _), node in self._nodes.items():
            scene.show_markups(node, known == owner)

    def place(self, owner: Owner, kind: str) -> None:
        scene.place(self._node(owner, kind), many=kind != "box")

    def read(self, owner: Owner) -> Tuple[List[np.ndarray], List[np.ndarray], Optional[np.ndarray]]:
        """Points to include, to exclude, and the box."""
        self.unsaid.discard(owner)
        include, exclude, roi = (self._nodes.get((owner, kind)) for kind in COLOURS)
        return (
            [] if include is None else scene.points_of(include, self._volume),
            [] if exclude is None else scene.points_of(exclude, self._volume),
            None if roi is None else scene.box_of(roi, self._volume))

    def show(self, owner: Owner, include: Sequence[np.ndarray], exclude: Sequence[np.ndarray], box: Optional[np.ndarray]) -> None:
        """As the server has it."""
        self._showing = True
        try:
            for kind, points in (("include", include), ("exclude", exclude)):
                if len(points) or (owner, kind) in self._nodes:
                    scene.set_points(self._node(owner, kind), self._volume, points)
            if box is not None or (owner, "box") in self._nodes:
                scene.set_box(self._node(owner, "box"), self._volume, box)
        finally:
            self._showing = False

    def clear(self, owner: Owner) -> None:
        """As if by hand."""
        for (known, _), node in self._nodes.items():
            if known == owner:
                node.RemoveAllControlPoints()

    def drop(self, segment_id: str) -> None:
        for key in [key for key in self._nodes if key[0][0] == segment_id]:
            scene.remove(self._nodes.pop(key))
        self.unsaid = {owner for owner in self.unsaid if owner[0] != segment_id}

    def forget(self) -> None:
        for node in self._nodes.values():
            scene.remove(node)
        self._nodes.clear()
        self.unsaid.clear()

    def _node(self, owner: Owner, kind: str) -> Any:
        if (owner, kind) not in self._nodes:
            node = scene.add_markups("vtkMRMLMarkupsROINode" if kind == "box" else "vtkMRMLMarkupsFiducialNode", f"MedSAM-2 {kind}", COLOURS[kind])
            events = slicer.vtkMRMLMarkupsNode
            for event in (events.PointPositionDefinedEvent, events.PointEndInteractionEvent, events.PointRemovedEvent):
                node.AddObserver(event, lambda *_: self._changed(owner))
            scene.show_markups(node, owner == self._current)
            self._nodes[owner, kind] = node
        return self._nodes[owner, kind]

    def _changed(self, owner: Owner) -> None:
        if not self._showing:
            self.unsaid.add(owner)
