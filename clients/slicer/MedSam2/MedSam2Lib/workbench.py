"""What happens between a click in Slicer and the server: markups become prompts, masks become segments. No widgets here."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, Optional, Set, Tuple

import numpy as np
from medsam2_client import Change, MedSam2Error

from . import scene
from .controller import Controller, ObjectName, Source
from .markups import COLOURS, PromptMarkups
from .worker import Event

_UPDATE_SHARE = 0.25
"""Of the user interface's time, at most so much goes into drawing masks that are still growing."""

Listener = Callable[[Event], None]


class Workbench:
    """One volume, its segmentation, and its session. Everything runs on the user interface's thread; ``tick`` is called by a timer."""

    def __init__(self, listener: Listener) -> None:
        self.controller = Controller()
        self._listener = listener
        self.volume: Any = None
        self.segmentation: Any = None
        self._plane = "k"
        self.live = True
        self.closer_look: Optional[bool] = None  # As the session has it.
        self._ids: Dict[str, int] = {}
        self._shown: Dict[int, np.ndarray] = {}
        self._current: Optional[str] = None
        self._stale: Set[int] = set()
        self._removed: Set[int] = set()  # Until the server knows it, frames of theirs may still be under way.
        self._last_id = 0
        self._markups_stale = False
        self._next_drawing = 0.0
        self._markups = PromptMarkups(None)
        self._observation: Optional[Callable[[], None]] = None
        self._painted = False
        self._drawing = False
        self._scribble: Any = None
        self._scribble_includes = True

    # The volume and its segments.

    def open(self, volume_node: Any, segmentation_node: Any = None, **options: Any) -> None:
        """Shows the server which volume is meant, and sends it only where the server has it not."""
        source: Source = scene.source_of(volume_node)
        self._forget()
        self.volume = volume_node
        self._markups = PromptMarkups(volume_node)
        if segmentation_node is None:
            self.segmentation = scene.add_segmentation(volume_node)
        else:
            self.segmentation = segmentation_node
            scene.adopt_segmentation(segmentation_node, volume_node)
        self._painted = bool(scene.segment_ids(self.segmentation))
        self._observation = scene.observe_segments(self.segmentation, self._on_painted)
        self.controller.open(source, **options)

    def new_segment(self, name: str = "") -> str:
        segment_id = scene.add_segment(self._require_segmentation(), name)
        self.choose(segment_id)
        return segment_id

    def choose(self, segment_id: Optional[str]) -> None:
        """The segment that prompts are about; its markups are shown, the others' are not."""
        self._current = segment_id
        self._markups.choose(None if segment_id is None else (segment_id, self._plane))

    @property
    def plane(self) -> str:
        """The axis of the volume that prompts and propagation go across: ``i``, ``j`` or ``k``."""
        return self._plane

    @plane.setter
    def plane(self, plane: str) -> None:
        self._plane = plane
        self.choose(self._current)

    def remove_segment(self, segment_id: str) -> None:
        scene.remove_segment(self._require_segmentation(), segment_id)
        self._remove(segment_id)

    def _remove(self, segment_id: str) -> None:
        object_id = self._ids.pop(segment_id, None)
        if object_id is not None:
            self._shown.pop(object_id, None)
            self._removed.add(object_id)
            self.controller.remove(object_id)
        self._markups.drop(segment_id)
        if self._current == segment_id:
            self.choose(None)

    # Prompts.

    def place(self, kind: str) -> None:
        """The next clicks put ``include`` or ``exclude`` points, or a ``box``."""
        segment_id = self._current or self.new_segment()
        self._markups.place((segment_id, self._plane), kind)

    def place_scribble(self, include: bool) -> None:
        """The next clicks draw a line, sent when the placement ends (right click)."""
        if self._current is None:
            self.new_segment()
        self._drop_scribble()
        self._scribble_includes = include
        self._scribble = scene.add_markups("vtkMRMLMarkupsCurveNode", "MedSAM-2 scribble", COLOURS["include" if include else "exclude"])
        scene.place(self._scribble, many=False)

    def finish_scribble(self) -> None:
        """Sends the line that was drawn."""
        curve = self._scribble
        if curve is None or self.volume is None:
            return
        line = scene.curve_of(curve, self.volume)
        self._drop_scribble()
        if len(line) >= 2:
            self._send_prompts()
            self.controller.scribble(self._current_object(), self.plane, line, self._scribble_includes, self.closer_look)

    def send(self) -> None:
        """Has the server hold what the markups say."""
        if self._current is not None:
            self._markups.unsaid.add((self._current, self._plane))
        self._send_prompts()

    def propagate(self, direction: str = "both", count: Optional[int] = None, orientations: Optional[str] = None, all_objects: bool = False) -> None:
        self._settle()
        self.controller.propagate(None if all_objects or self._current is None else [self._current_object()], self.plane, direction, count, orientations)

    def cancel(self) -> None:
        self.controller.cancel()

    def undo(self) -> None:
        self._settle()
        self.controller.undo()

    def redo(self) -> None:
        self._settle()
        self.controller.redo()

    def clear_prompts(self) -> None:
        """Forgets all prompts of the current segment in this plane."""
        if self._current is not None:
            self._markups.clear((self._current, self._plane))
        self.send()

    # Saving.

    def commit(self, tag: str) -> None:
        self._settle()
        self.controller.commit(tag, self._names())

    def load_stored(self, label_id: str) -> None:
        """A stored segmentation of this image appears as segments, to be gone on with."""
        self._settle()
        self.controller.load_label(label_id)

    def submit(self, strategy: str) -> None:
        """Saves as approved and asks for the next image."""
        self.commit("final")
        self.controller.next_sample(strategy)

    def leave(self) -> None:
        """Ends the work on the volume; the server keeps the session for a while."""
        self.controller.close()
        self._forget()
        self.volume = self.segmentation = None

    def close(self) -> None:
        """For good."""
        self._forget()
        self.controller.stop()

    # The timer.

    def tick(self) -> None:
        """Takes what the server said, draws what changed, sends what was clicked."""
        self._notice_removed()
        for event in self.controller.take_events():
            self._take(event)
        if self._stale and time.monotonic() >= self._next_drawing:
            self._draw()
        if self.controller.idle:
            if self._markups_stale and self.controller.session is not None:
                self._show_prompts()
            elif self.live:
                self._settle()

    def _notice_removed(self) -> None:
        """What was removed by Slicer's own means is removed here too."""
        if self.volume is None:
            return
        if not scene.is_present(self.volume) or not scene.is_present(self.segmentation):
            self.leave()
            self._listener(Event("failed", "open", "The volume or its segmentation was removed from the scene. Open a volume to go on."))
            return
        present = set(scene.segment_ids(self.segmentation))
        for segment_id in [known for known in {*self._ids, *self._markups.segments} if known not in present]:
            self._remove(segment_id)

    def _take(self, event: Event) -> None:
        if event.kind == "change":
            self._take_change(event.value)
        elif event.kind == "answered" and event.task in ("undo", "redo", "scribble", "edited", "open", "load"):
            self._markups_stale = True
        elif event.kind == "answered" and event.task == "remove":
            self._removed.discard(event.value)
        elif event.kind == "answered" and event.task == "next" and event.value is not None:
            node = scene.add_volume(event.value)
            self.open(node)
        self._listener(event)

    def _take_change(self, change: Change) -> None:
        session = self.controller.session
        if session is None or self.segmentation is None:
            return
        if change.everything:
            self._stale.update(session.objects)
        self._stale.update(frame.object_id for frame in change.frames)
        self._stale.update(change.removed)  # Their segments stay, empty: a redo may bring them back.
        names: Dict[int, Tuple[str, Optional[str]]] = {frame.object_id: ("", None) for frame in change.frames}
        names.update({known.object_id: (known.name, known.colour) for known in change.objects})
        for object_id, (name, colour) in names.items():
            if self._segment_of(object_id) is None and object_id not in self._removed:
                segment_id = scene.add_segment(self.segmentation, name)
                self._ids[segment_id] = object_id
                if name:
                    scene.rename_segment(self.segmentation, segment_id, name, colour)

    def _draw(self) -> None:
        """Draws the masks that changed. What is drawn while masks still grow is bounded by its own cost."""
        start = time.monotonic()
        self._collect_edits()
        for object_id in sorted(self._stale):
            segment_id = self._segment_of(object_id)
            if segment_id is not None and self.controller.session is not None:
                mask = self.controller.mask(object_id)
                self._drawing = True
                try:
                    scene.show_segment(self.segmentation, segment_id, self.volume, mask)
                finally:
                    self._drawing = False
                self._shown[object_id] = mask
        self._stale.clear()
        cost = time.monotonic() - start
        self._next_drawing = time.monotonic() + cost * (1 / _UPDATE_SHARE - 1)

    # Between markups and prompts.

    def _send_prompts(self) -> None:
        for owner in sorted(self._markups.unsaid):
            segment_id, plane = owner
            include, exclude, box = self._markups.read(owner)
            if segment_id in self._ids or include or exclude or box is not None:
                self.controller.say(self._object_of(segment_id), plane, include, exclude, box, self.closer_look)

    def _show_prompts(self) -> None:
        """The markups show what the server holds, except where there is something that it was not told yet."""
        self._markups_stale = False
        for segment_id, object_id in self._ids.items():
            for plane in "ijk":
                if (segment_id, plane) not in self._markups.unsaid:
                    self._markups.show((segment_id, plane), *self.controller.said(object_id, plane))

    def _settle(self) -> None:
        """Before something that builds on it: prompts that were clicked and slices that were painted are sent."""
        self._send_prompts()
        self._collect_edits()

    def _collect_edits(self) -> None:
        """What was painted with Slicer's tools since the last drawing goes to the server; a segment that was only painted becomes an
        object too."""
        if not self._painted or self.volume is None or self.controller.session is None:
            return
        self._painted = False
        for segment_id in scene.segment_ids(self._require_segmentation()):
            array = scene.segment_array(self.segmentation, segment_id, self.volume)
            before = self._shown.get(self._ids.get(segment_id, 0))
            if before is None:
                before = np.zeros_like(array)
            if not np.array_equal(array, before):
                object_id = self._object_of(segment_id)
                self._shown[object_id] = array
                self.controller.edited(object_id, array, before, self.closer_look)

    def _on_painted(self, *_: Any) -> None:
        if not self._drawing:
            self._painted = True

    def _drop_scribble(self) -> None:
        if self._scribble is not None:
            scene.remove(self._scribble)
            self._scribble = None

    # Segments and objects.

    def _current_object(self) -> int:
        if self._current is None:
            raise MedSam2Error("Choose a segment first.")
        return self._object_of(self._current)

    def _object_of(self, segment_id: str) -> int:
        if segment_id not in self._ids:
            self._ids[segment_id] = self._free_id()
        return self._ids[segment_id]

    def _free_id(self) -> int:
        """One that was never used: an undo may bring back what had another."""
        known = self.controller.session.objects if self.controller.session is not None else ()
        self._last_id = max([self._last_id, *known, *self._ids.values()]) + 1
        return self._last_id

    def _segment_of(self, object_id: int) -> Optional[str]:
        return next((segment_id for segment_id, known in self._ids.items() if known == object_id), None)

    def _names(self) -> Dict[int, ObjectName]:
        return {object_id: scene.name_of(self.segmentation, segment_id) for segment_id, object_id in self._ids.items()}

    def _require_segmentation(self) -> Any:
        if self.segmentation is None:
            raise MedSam2Error("Open a volume first.")
        return self.segmentation

    def _forget(self) -> None:
        if self._observation is not None:
            self._observation()
            self._observation = None
        self._ids.clear()
        self._shown.clear()
        self._stale.clear()
        self._current = None
        self._removed.clear()
        self._last_id = 0
        self._markups.forget()
        self._drop_scribble()
