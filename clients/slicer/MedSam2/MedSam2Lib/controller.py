"""What the module does with the server. Imports nothing of Slicer; everything that it is told is in voxel indices ``(i, j, k)`` of the
viewer's volume, everything that it answers too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from medsam2_client import Change, Check, Client, Code, FormatError, MedSam2Error, Propagation, Sample, Session, StoredLabel, Volume
from medsam2_client.geometry import GridMap, transform

from . import prompts
from .worker import Event, Worker

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Source:
    """The viewer's volume. ``candidates`` are ids by which the server may know it already: of the datastore, or a SeriesInstanceUID."""

    name: str
    volume: Volume
    candidates: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    image: str
    uploaded: bool
    told: str


@dataclass(frozen=True)
class ObjectName:
    """How the viewer calls an object."""

    name: str
    colour: Optional[str] = None
    code: Optional[Code] = None


@dataclass(frozen=True)
class NextSample:
    image: str
    name: str
    volume: Volume
    info: Dict[str, Any] = field(repr=False, default_factory=dict)


class Controller:
    """Calls return at once; what comes of them are events. All but the worker's own methods run on the user interface's thread."""

    def __init__(self) -> None:
        self._worker = Worker()
        self._client: Optional[Client] = None
        self._session: Optional[Session] = None
        self._grid: Optional[GridMap] = None
        self._propagation: Optional[Propagation] = None
        self._cancelled = False
        self._generation = 0

    @property
    def idle(self) -> bool:
        return self._worker.idle

    @property
    def session(self) -> Optional[Session]:
        return self._session

    def take_events(self) -> List[Event]:
        """Changes of a session that was left are dropped."""
        return [event for event in self._worker.take_events() if event.kind != "change" or event.task == str(self._generation)]

    def connect(self, url: str, token: Optional[str] = None, user: Optional[str] = None) -> None:
        """Answers ``(checks, info)``; info is None where a check failed."""
        self._worker.do("connect", lambda: self._connect(url, token, user))

    def open(self, source: Source, **options: Any) -> None:
        """Answers ``Opened``."""
        self._worker.do("open", lambda: self._open(source, options))

    def say(
        self, object_id: int, plane: str, include: Points, exclude: Points, box: Optional[Points], closer_look: Optional[bool] = None,
    ) -> None:
        """Has the server hold just these prompts of the object in this plane. Answers the number of slices that changed."""
        self._worker.do("say", lambda: self._say(object_id, plane, include, exclude, box, closer_look))

    def scribble(self, object_id: int, plane: str, line: Points, include: bool, closer_look: Optional[bool] = None) -> None:
        self._worker.do("scribble", lambda: self._scribble(object_id, plane, line, include, closer_look))

    def edited(self, object_id: int, array: np.ndarray, before: np.ndarray, closer_look: Optional[bool] = None) -> None:
        """The object as painted by hand, ``[i, j, k]``, and as it was before that: slices that differ are sent, and the server keeps
        them as they are. Answers their number."""
        self._worker.do("edited", lambda: self._edited(object_id, array, before, closer_look))

    def propagate(self, object_ids: Optional[Sequence[int]], plane: str, direction: str = "both", count: Optional[int] = None, orientations: Optional[str] = None) -> None:
        """Masks come as ``change`` events, ``progress`` beside them. Answers whether it was cancelled."""
        self._cancelled = False
        self._worker.do("propagate", lambda: self._propagate(object_ids, plane, direction, count, orientations))

    def cancel(self) -> None:
        """Stops the propagation, also one that waits in the queue."""
        self._cancelled = True
        running = self._propagation
        if running is not None:
            running.cancel()

    def undo(self) -> None:
        self._worker.do("undo", lambda: self._require().undo())

    def redo(self) -> None:
        self._worker.do("redo", lambda: self._require().redo())

    def remove(self, object_id: int) -> None:
        """Answers the object's id, also where the server never heard of it."""
        self._worker.do("remove", lambda: self._remove(object_id))

    def clear_slice(self, object_id: int, plane: str, index: int) -> None:
        self._worker.do("clear", lambda: self._clear_slice(object_id, plane, index))

    def commit(self, tag: str, names: Dict[int, ObjectName]) -> None:
        """Answers ``StoredLabel``."""
        self._worker.do("commit", lambda: self._commit(tag, names))

    def load_label(self, label_id: str) -> None:
        """A segmentation that the server has of this image becomes objects of the session."""
        self._worker.do("load", lambda: self._require().load_label(label_id))

    def next_sample(self, strategy: str) -> None:
        """Answers ``NextSample``, or None where nothing is left."""
        self._worker.do("next", lambda: self._next(strategy))

    def close(self, discard: bool = False) -> None:
        """Leaves the session; the server keeps it for a while."""
        self.cancel()
        self._worker.do("close", lambda: self._close(discard))

    def stop(self) -> None:
        """For good."""
        self.close()
        self._worker.stop()

    # What the viewer asks on its own thread, without waiting.

    def mask(self, object_id: int) -> np.ndarray:
        """``[i, j, k]`` of the viewer's volume; a copy."""
        session, grid = self._require(), self._require_grid()
        return grid.array(session.mask(object_id))

    def said(self, object_id: int, plane: str) -> Tuple[List[np.ndarray], List[np.ndarray], Optional[np.ndarray]]:
        """What the server holds of the object in a plane: points to include, to exclude, and the last box."""
        session, grid = self._require(), self._require_grid()
        known = session.objects.get(object_id)
        prompts_held = [said for said in known.prompts if said.plane == grid.plane_of(plane)] if known is not None else []
        boxes = [transform(grid.source_to_target, said.box) for said in prompts_held if said.box is not None]
        return (
            [transform(grid.source_to_target, point) for said in prompts_held for point in said.include],
            [transform(grid.source_to_target, point) for said in prompts_held for point in said.exclude],
            boxes[-1] if boxes else None)

    # The worker's part.

    def _connect(self, url: str, token: Optional[str], user: Optional[str]) -> Tuple[Sequence[Check], Any]:
        self._close(discard=False)
        self._client = None
        client = Client(url, token=token, user=user)
        checks = client.check()
        if not checks[-1].passed:
            return checks, None
        self._client = client
        return checks, client.info()

    def _open(self, source: Source, options: Dict[str, Any]) -> Opened:
        client = self._require_client()
        self._close(discard=False)
        self._generation += 1
        told = self._generation

        def on_change(change: Change) -> None:
            self._worker.tell("change", change, task=str(told))

        reasons = []
        for image in source.candidates:
            if client.datastore.has(image):
                session = client.session(image, on_change=on_change, **options)
                try:
                    self._take(session, source)
                    return Opened(image, False, "The server has this image: nothing was sent.")
                except FormatError as fault:
                    reasons.append(f"The server holds the series on another grid ({fault})")
                    session.close(discard=True)
        session = client.session(source.volume, on_change=on_change, **options)
        self._take(session, source)
        reason = f"{reasons[0]} So the volume was sent." if reasons else "The volume was sent to the server."
        return Opened(session.image, True, reason)

    def _take(self, session: Session, source: Source) -> None:
        self._grid = GridMap(session.affine, session.dimensions, source.volume.affine, source.volume.array.shape)
        self._session = session
        if not session.created:
            self._worker.tell("change", Change(everything=True), task=str(self._generation))

    def _say(self, object_id: int, plane: str, include: Points, exclude: Points, box: Optional[Points], closer_look: Optional[bool]) -> int:
        session, grid = self._require(), self._require_grid()
        theirs = grid.plane_of(plane)
        wanted = prompts.by_slice(theirs, self._to_server(include), self._to_server(exclude), None if box is None else self._to_server(box))
        known = session.objects.get(object_id)
        steps = prompts.differences(wanted, prompts.held(known.prompts if known is not None else ()), theirs)
        for step in steps:
            if step.said is None:
                session.clear_slice(object_id, step.plane, step.index)
            else:
                session.prompt(
                    object_id, step.plane, step.index, points=step.said.include, exclude=step.said.exclude, box=step.said.box, replace=step.replace,
                    closer_look=closer_look,
                )
        return len(steps)

    def _scribble(self, object_id: int, plane: str, line: Points, include: bool, closer_look: Optional[bool]) -> None:
        session, theirs = self._require(), self._require_grid().plane_of(plane)
        axis = "ijk".index(theirs)
        points = self._to_server(line)
        index = int(np.floor(float(np.median(points[:, axis])) + 0.5))
        points[:, axis] = index
        lines = [points.tolist()]
        session.prompt(object_id, theirs, index, scribbles=lines if include else [], exclude_scribbles=[] if include else lines, closer_look=closer_look)

    def _edited(self, object_id: int, array: np.ndarray, before: np.ndarray, closer_look: Optional[bool]) -> int:
        session, grid = self._require(), self._require_grid()
        painted = grid.back(np.asarray(array) != 0)
        changed = np.flatnonzero((painted != grid.back(np.asarray(before) != 0)).any(axis=(0, 1)))
        for k in changed.tolist():
            session.prompt(object_id, "k", k, mask=painted[:, :, k], closer_look=closer_look)
        return int(changed.size)

    def _propagate(self, object_ids: Optional[Sequence[int]], plane: str, direction: str, count: Optional[int], orientations: Optional[str]) -> bool:
        session, grid = self._require(), self._require_grid()
        theirs = grid.plane_of(plane)
        if direction != "both" and grid.reversed_axes["ijk".index(plane)]:
            direction = "down" if direction == "up" else "up"
        if self._cancelled:
            return True
        with session.propagate(object_ids, plane=theirs, direction=direction, count=count, orientations=orientations) as propagation:
            self._propagation = propagation
            if self._cancelled:
                propagation.cancel()
            try:
                for frame in propagation:
                    self._worker.tell("progress", (frame.done, frame.total))
            finally:
                self._propagation = None
        return self._cancelled

    def _remove(self, object_id: int) -> int:
        session = self._require()
        if object_id in session.objects:
            session.remove(object_id)
        return object_id

    def _clear_slice(self, object_id: int, plane: str, index: int) -> None:
        grid = self._require_grid()
        middle = np.zeros(3)
        middle["ijk".index(plane)] = index
        theirs = grid.plane_of(plane)
        place = transform(grid.target_to_source, middle)["ijk".index(theirs)]
        self._require().clear_slice(object_id, theirs, int(round(float(place))))

    def _commit(self, tag: str, names: Dict[int, ObjectName]) -> StoredLabel:
        session = self._require()
        known = {object_id: name for object_id, name in names.items() if object_id in session.objects}
        if not known:
            raise MedSam2Error("There is nothing to save yet: no object has a mask.")
        for object_id, name in known.items():
            session.rename(object_id, name=name.name, code=name.code, colour=name.colour)
        codes = {object_id: name.code for object_id, name in known.items() if name.code is not None}
        return session.commit(tag, list(known), {object_id: name.name for object_id, name in known.items()}, codes)

    def _next(self, strategy: str) -> Optional[NextSample]:
        client = self._require_client()
        sample: Optional[Sample] = client.next_sample(strategy)
        if sample is None:
            return None
        return NextSample(sample.image, str(sample.info.get("PatientID") or sample.image), client.datastore.download(sample.image), sample.info)

    def _close(self, discard: bool) -> None:
        session, self._session, self._grid = self._session, None, None
        if session is not None:
            session.close(discard)

    def _to_server(self, points: Points) -> np.ndarray:
        return transform(self._require_grid().target_to_source, np.array(points, dtype=float).reshape(-1, 3))

    def _require_client(self) -> Client:
        if self._client is None:
            raise MedSam2Error("Connect to a server first.")
        return self._client

    def _require(self) -> Session:
        if self._session is None:
            raise MedSam2Error("Open a volume first.")
        return self._session

    def _require_grid(self) -> GridMap:
        if self._grid is None:
            raise MedSam2Error("Open a volume first.")
        return self._grid
