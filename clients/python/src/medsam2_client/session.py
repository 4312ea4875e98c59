"""An interactive session: prompts in, masks out, slice by slice."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from . import masks
from .errors import ConnectionFailed, ConnectionLost, MedSam2Error
from .frames import (
    Alternative, Change, Code, History, MaskFrame, Point, PromptAnswer, SegmentedObject, StoredLabel, parse_frames, read_bytes, wire_bytes)
from .geometry import PLANES, Affine, as_affine, as_points, plane_size
from .propagation import Propagation
from .state import SessionState
from .transport.address import Address
from .transport.signalr import HubConnection

HUB = "/hubs/segmentation"

_WAITS = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each attempt to connect again; the last is repeated."""

Line = Sequence[Point]


class Session:
    """Made by ``Client.session``. Its masks are kept here and are current after every call.

    A connection that breaks off is made again, and the session goes on where it was; the server keeps it for a while. Calls that
    change something and were under way at that moment raise ``ConnectionLost``: whether they were done shows in the session's
    state, which is current again by then. Any thread may call; ``on_change`` is called on the thread that receives, must be quick,
    and must not call the session.
    """

    def __init__(
        self, address: Address, opening: Dict[str, Any], on_change: Optional[Callable[[Change], None]] = None, reconnect_seconds: float = 60.0,
    ) -> None:
        self._address = address
        self._opening = opening
        self._on_change = on_change
        self._reconnect_seconds = reconnect_seconds
        self._state: Optional[SessionState] = None
        self._connecting = threading.Lock()
        self._closed = False
        self._hub, answer = self._open(opening)
        self.session_id: str = answer["sessionId"]
        self.image: str = answer["image"]
        self.model: str = answer["model"]
        self.created: bool = answer["created"]
        self.dimensions: Tuple[int, int, int] = tuple(int(n) for n in answer["dimensions"])  # type: ignore[assignment]
        self.spacing: Tuple[float, float, float] = tuple(float(mm) for mm in answer["spacing"])  # type: ignore[assignment]
        self.affine: Affine = as_affine(answer["affine"])
        self.closer_look: bool = bool(answer.get("closerLook", False))
        self.series_instance_uid: str = answer.get("seriesInstanceUid") or ""
        self.instances: List[str] = answer.get("instances") or []
        self.stored: List[Dict[str, Any]] = answer.get("labels") or []
        self.details = answer
        self._state = SessionState(self.dimensions)
        if not self.created:
            self.refresh()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What is known.

    @property
    def objects(self) -> Dict[int, SegmentedObject]:
        """By their ids."""
        return self._known().objects

    @property
    def history(self) -> History:
        return self._known().history

    @property
    def sequence(self) -> int:
        """The number of the last frame that came."""
        return self._known().sequence

    def mask(self, object_id: int = 1) -> npt.NDArray[np.bool_]:
        """The object's mask, a copy, ``[i, j, k]``."""
        return self._known().mask(object_id)

    def label_map(self) -> npt.NDArray[np.uint16]:
        """All objects in one volume ``[i, j, k]``: each voxel has the id of its object; where several overlap, the highest."""
        return self._known().label_map()

    def slice_mask(self, object_id: int, plane: str, index: int) -> masks.SliceMask:
        """One slice of the object's mask, a copy, ``[x, y]``."""
        return self._known().slice_mask(object_id, plane, index)

    # What is said.

    def prompt(
        self, object_id: int = 1, plane: str = "k", index: Optional[int] = None, *,
        points: Iterable[Point] = (), exclude: Iterable[Point] = (), box: Optional[Tuple[Point, Point]] = None,
        scribbles: Iterable[Line] = (), exclude_scribbles: Iterable[Line] = (), lasso: Optional[Line] = None,
        mask: Optional[npt.NDArray[Any]] = None, replace: bool = False, closer_look: Optional[bool] = None,
    ) -> PromptAnswer:
        """Says what the object is on one slice, in voxel indices ``(i, j, k)``, and answers the slice's mask.

        :param plane: the axis that the slice is taken across.
        :param index: the slice's index along it; None: where the first point, line or corner is.
        :param points, exclude: inside and outside of the object.
        :param box: two opposite corner voxels.
        :param scribbles, exclude_scribbles: open lines within and without.
        :param lasso: a closed outline.
        :param mask: the slice ``[x, y]`` as painted by hand; it is kept as it is.
        :param replace: forget what was said on this slice before.
        :param closer_look: from now on the object is also looked at in closer views, or no longer; None: as before, and a new object as
            the session (``Session.closer_look``).
        """
        included, excluded = as_points(points), as_points(exclude)
        kept, dropped = [as_points(line) for line in scribbles], [as_points(line) for line in exclude_scribbles]
        scribbled = kept + dropped
        corners = None if box is None else as_points(box)
        outline = None if lasso is None else as_points(lasso)
        if index is None:
            index = _slice_of(plane, [*included, *excluded, *(corners or []), *(outline or []), *(point for line in scribbled for point in line)])
        request: Dict[str, Any] = {"objectId": int(object_id), "plane": plane, "index": int(index), "replace": replace}
        if closer_look is not None:
            request["closerLook"] = closer_look
        if included or excluded:
            request["points"] = [{"at": at, "include": True} for at in included] + [{"at": at, "include": False} for at in excluded]
        if corners is not None:
            request["box"] = {"min": corners[0], "max": corners[1]}
        if scribbled:
            request["scribbles"] = [{"line": line, "include": True} for line in kept] + [{"line": line, "include": False} for line in dropped]
        if outline is not None:
            request["lasso"] = outline
        if mask is not None:
            painted = np.asarray(mask)
            if painted.shape != plane_size(plane, self.dimensions):
                raise MedSam2Error(f"The mask's shape is {painted.shape}, but slices of plane {plane} are {plane_size(plane, self.dimensions)}.")
            given, runs = masks.encode(painted)
            request["mask"] = {"box": list(given), "runs": wire_bytes(runs)}
        answer: PromptAnswer = self._call("Prompt", request, convert=self._answer)
        return answer

    def choose(self, answer: PromptAnswer, alternative: Alternative) -> PromptAnswer:
        """Takes one of a prompt's alternatives in place of the mask that was answered."""
        frame = answer.frame
        mask = {"box": list(alternative.box), "runs": wire_bytes(alternative.runs)}
        request = {"objectId": frame.object_id, "plane": frame.plane, "index": frame.index, "mask": mask}
        chosen: PromptAnswer = self._call("Prompt", request, convert=self._answer)
        return chosen

    def propagate(
        self, object_ids: Optional[Sequence[int]] = None, *, plane: str = "k", direction: str = "both", count: Optional[int] = None,
        first: Optional[int] = None, last: Optional[int] = None, orientations: Optional[str] = None, view: Optional[int] = None,
    ) -> Propagation:
        """Carries the objects through the volume; an iterator over the slices' frames, nearest first.

        :param object_ids: None: all that are not locked.
        :param direction: ``both``, ``up`` (towards higher indices) or ``down``.
        :param count: at most so many slices each way; with one orientation alone.
        :param first, last: only slices within, inclusive.
        :param orientations: ``axial``, ``triplanar``, ``six`` or ``auto``; None: as the session was opened.
        :param view: the slice that should come first where nothing else decides.
        """
        request = {
            "objectIds": None if object_ids is None else [int(number) for number in object_ids], "plane": plane, "direction": direction, "count": count,
            "first": first, "last": last, "orientations": orientations, "view": view}
        return Propagation(self, {key: value for key, value in request.items() if value is not None})

    def undo(self) -> Change:
        return self._change("Undo", {})

    def redo(self) -> Change:
        return self._change("Redo", {})

    def clear_slice(self, object_id: int, plane: str, index: int) -> Change:
        """Forgets what was said of the object on the slice."""
        return self._change("ClearSlice", {"objectId": object_id, "plane": plane, "index": index}, repeatable=True)

    def rename(
        self, object_id: int, name: Optional[str] = None, code: Optional[Code] = None, colour: Optional[str] = None, locked: Optional[bool] = None,
    ) -> Change:
        """Names, codes, colours (``#rrggbb``) or locks an object; what is None stays."""
        request = {"objectId": object_id, "name": name, "code": None if code is None else code.wire(), "colour": colour, "locked": locked}
        return self._change("RenameObject", {key: value for key, value in request.items() if value is not None}, repeatable=True)

    def remove(self, object_id: int) -> Change:
        return self._change("RemoveObject", {"objectId": object_id})

    def reset(self, object_id: Optional[int] = None) -> Change:
        """Forgets the object's prompts and masks; None: all objects'."""
        return self._change("Reset", {"objectId": object_id}, repeatable=True)

    def load_label(self, label_id: str) -> Change:
        """A stored segmentation becomes the session's objects."""
        return self._change("LoadLabel", {"labelId": label_id})

    def uncertainty(self, object_id: int, plane: str, index: int) -> Optional[npt.NDArray[np.float32]]:
        """How far the network's answers spread on the slice, ``[x, y]``, 0 to 0.5; None where it is not known."""
        answer = self._call("Uncertainty", {"objectId": object_id, "plane": plane, "index": index}, repeatable=True)
        if not answer or not answer.get("values"):
            return None
        values = np.frombuffer(read_bytes(answer["values"]), dtype=np.uint8).reshape(answer["height"], answer["width"])
        return np.asarray(values.T * np.float32(0.5 / 255))

    def commit(
        self, tag: str = "final", object_ids: Optional[Sequence[int]] = None, names: Optional[Dict[int, str]] = None,
        codes: Optional[Dict[int, Code]] = None, encoding: Optional[str] = None,
    ) -> StoredLabel:
        """Stores the objects: as DICOM SEG beside a series, else as a label of the datastore.

        :param tag: ``final`` for what a person approved, ``original`` for what the network said.
        :param names, codes: by object id; what is absent is as the session has it.
        :param encoding: ``binary`` or ``labelmap``.
        """
        labelled = sorted({*(names or {}), *(codes or {})})
        labels = [{
            "objectId": number, "name": (names or {}).get(number) or (self.objects[number].name if number in self.objects else ""),
            **({"code": codes[number].wire()} if codes and number in codes else {})} for number in labelled]
        request = {"objectIds": None if object_ids is None else [int(number) for number in object_ids], "labels": labels or None, "tag": tag, "encoding": encoding}
        return StoredLabel.parse(self._call("Commit", {key: value for key, value in request.items() if value is not None}))

    def refresh(self) -> None:
        """Asks for the whole state anew."""
        self._call("Mask", {"objectId": None}, repeatable=True, convert=lambda item: self._apply(Change.parse(item, everything=True)))

    def close(self, discard: bool = False) -> None:
        """Leaves the session. ``discard`` has the server forget it; else it can be joined again for a while."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self._hub.lost:
                self._hub.invoke("CloseSession", {"sessionId": self.session_id, "discard": discard}, timeout=self._address.timeout)
        finally:
            self._hub.close()

    # The connection.

    def _open(self, request: Dict[str, Any]) -> Tuple[HubConnection, Dict[str, Any]]:
        hub = HubConnection(self._address, HUB)
        hub.on("Frames", lambda _, frames: self._apply(Change(parse_frames(frames))))
        hub.on("Changed", lambda _, change: self._apply(Change.parse(change)))
        try:
            return hub, hub.invoke("OpenSession", request)
        except BaseException:
            hub.close()
            raise

    def _resume(self, lost: HubConnection) -> None:
        """Connects again, unless another thread did already."""
        with self._connecting:
            if self._hub is not lost:
                return
            end, attempt = time.monotonic() + self._reconnect_seconds, 0
            while True:
                time.sleep(_WAITS[min(attempt, len(_WAITS) - 1)])
                attempt += 1
                try:
                    again = {"sessionId": self.session_id}
                    if self._opening.get("user"):
                        again["user"] = self._opening["user"]
                    self._hub, _ = self._open(again)
                    return
                except ConnectionFailed:
                    if self._closed or time.monotonic() > end:
                        raise

    def _call(self, method: str, request: Dict[str, Any], repeatable: bool = False, convert: Optional[Callable[[Any], Any]] = None) -> Any:
        """``convert`` runs on the receiving thread, so that all that the server says is taken in in its order."""
        if self._closed:
            raise MedSam2Error("The session is closed. Open it again with its session_id.")
        hub = self._hub
        if hub.lost:
            self._resume(hub)
            hub = self._hub
            if method != "Mask":
                self.refresh()
        sent = {"sessionId": self.session_id, **request}
        try:
            return hub.invoke(method, sent, convert=convert)
        except ConnectionLost as fault:
            if self._closed:
                raise
            self._resume(hub)
            if repeatable:
                return self._hub.invoke(method, sent, convert=convert)
            self.refresh()
            raise ConnectionLost(
                f"The connection broke off during '{method}'. It is there again and the session is as the server has it; "
                "if the call was not done, repeat it.") from fault

    def _change(self, method: str, request: Dict[str, Any], repeatable: bool = False) -> Change:
        def take(item: Dict[str, Any]) -> Change:
            parsed = Change.parse(item)
            self._apply(parsed)
            return parsed

        change: Change = self._call(method, request, repeatable, take)
        return change

    def _answer(self, item: Dict[str, Any]) -> PromptAnswer:
        answer = PromptAnswer(
            MaskFrame.parse(item["frame"]), tuple(Alternative.parse(other) for other in item.get("alternatives") or []),
            SegmentedObject.parse(item["object"]), History.parse(item.get("history")))
        self._apply(Change((answer.frame,), (answer.object,), history=answer.history))
        return answer

    def _apply(self, change: Change) -> None:
        if self._state is None:
            return  # Others' changes while the session is being joined: the whole state is asked for right after.
        self._state.apply(change)
        if self._on_change is not None:
            self._on_change(change)

    def _known(self) -> SessionState:
        assert self._state is not None  # From the constructor on.
        return self._state


def _slice_of(plane: str, points: Sequence[Point]) -> int:
    if plane not in PLANES:
        raise MedSam2Error(f"The plane '{plane}' is none of i, j, k.")
    if not points:
        raise MedSam2Error("Say which slice is meant (index), or give a point, a line or a box.")
    return int(np.floor(points[0][PLANES[plane][0]] + 0.5))
