"""What the streaming hub says, as typed values."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import masks
from .errors import FormatError
from .geometry import PLANES

Point = Sequence[float]


@dataclass(frozen=True)
class MaskFrame:
    """The mask of one object on one slice; it replaces what was known of that object, plane and index."""

    sequence: int
    object_id: int
    plane: str
    index: int
    box: masks.Box
    runs: bytes = field(repr=False)
    iou: float
    presence: float
    pass_number: int
    passes: int
    pinned: bool
    done: int
    total: int

    @classmethod
    def parse(cls, item: Dict[str, Any]) -> MaskFrame:
        if item["plane"] not in PLANES:
            raise FormatError(f"The frame's plane '{item['plane']}' is none of i, j, k.")
        x0, y0, x1, y1 = item["box"]
        return cls(
            int(item["sequence"]), int(item["objectId"]), item["plane"], int(item["index"]), (x0, y0, x1, y1), read_bytes(item["runs"]),
            float(item["iou"]), float(item["presence"]), int(item["pass"]), int(item["passes"]), bool(item["pinned"]), int(item["done"]), int(item["total"]))

    def mask(self, width: int, height: int) -> masks.SliceMask:
        """The whole slice, ``[x, y]``."""
        return masks.decode(self.box, self.runs, width, height)


@dataclass(frozen=True)
class Code:
    """What an object is, by a terminology: ``Code("SCT", "10200004", "Liver")``."""

    scheme: str
    value: str
    meaning: str

    def wire(self) -> Dict[str, str]:
        return {"scheme": self.scheme, "value": self.value, "meaning": self.meaning}


@dataclass(frozen=True)
class SlicePrompts:
    """What was said of an object on one slice."""

    plane: str
    index: int
    include: Tuple[Tuple[float, float, float], ...]
    exclude: Tuple[Tuple[float, float, float], ...]
    box: Optional[Tuple[Tuple[float, float, float], Tuple[float, float, float]]]
    has_mask: bool

    @classmethod
    def parse(cls, item: Dict[str, Any]) -> SlicePrompts:
        points = item.get("points") or []
        box = item.get("box")
        return cls(
            item["plane"], int(item["index"]),
            tuple(_triple(point["at"]) for point in points if point.get("include", True)),
            tuple(_triple(point["at"]) for point in points if not point.get("include", True)),
            None if box is None else (_triple(box["min"]), _triple(box["max"])), bool(item.get("hasMask")))


@dataclass(frozen=True)
class SegmentedObject:
    """One object of a session."""

    object_id: int
    name: str
    code: Optional[Code]
    colour: Optional[str]
    locked: bool
    prompts: Tuple[SlicePrompts, ...]
    slice_count: int

    @classmethod
    def parse(cls, item: Dict[str, Any]) -> SegmentedObject:
        code = item.get("code")
        return cls(
            int(item["objectId"]), item.get("name") or "", None if code is None else Code(code["scheme"], code["value"], code.get("meaning") or ""),
            item.get("colour"), bool(item.get("locked")), tuple(SlicePrompts.parse(prompt) for prompt in item.get("prompts") or []), int(item.get("sliceCount") or 0))


@dataclass(frozen=True)
class History:
    """What can be undone and redone; ``undo`` and ``redo`` say in a few words what that would be."""

    can_undo: bool = False
    can_redo: bool = False
    undo: str = ""
    redo: str = ""

    @classmethod
    def parse(cls, item: Optional[Dict[str, Any]]) -> History:
        known = item or {}
        return cls(bool(known.get("canUndo")), bool(known.get("canRedo")), known.get("undo") or "", known.get("redo") or "")


@dataclass(frozen=True)
class Alternative:
    """Another mask that the click may have meant; ``session.prompt(mask=...)`` takes it."""

    box: masks.Box
    runs: bytes = field(repr=False)
    iou: float

    @classmethod
    def parse(cls, item: Dict[str, Any]) -> Alternative:
        x0, y0, x1, y1 = item["box"]
        return cls((x0, y0, x1, y1), read_bytes(item["runs"]), float(item["iou"]))

    def mask(self, width: int, height: int) -> masks.SliceMask:
        return masks.decode(self.box, self.runs, width, height)


@dataclass(frozen=True)
class Change:
    """What a call, or another person in the session, changed: ``objects`` are those that are new or other than before.
    ``everything`` means: forget what was known before."""

    frames: Tuple[MaskFrame, ...] = ()
    objects: Tuple[SegmentedObject, ...] = ()
    removed: Tuple[int, ...] = ()
    history: Optional[History] = None
    everything: bool = False

    @classmethod
    def parse(cls, item: Dict[str, Any], everything: bool = False) -> Change:
        return cls(
            parse_frames(item.get("frames")), tuple(SegmentedObject.parse(known) for known in item.get("objects") or []),
            tuple(int(number) for number in item.get("removed") or []), History.parse(item.get("history")), everything)


@dataclass(frozen=True)
class PromptAnswer:
    """The slice's mask at once, and what else the prompt may have meant."""

    frame: MaskFrame
    alternatives: Tuple[Alternative, ...]
    object: SegmentedObject
    history: History


@dataclass(frozen=True)
class StoredLabel:
    """Where a committed segmentation is. ``waiting`` says why the archive has not taken it yet, where that is so."""

    label_id: str
    tag: str
    sop_instance_uid: str
    series_instance_uid: str
    waiting: Optional[str]

    @classmethod
    def parse(cls, item: Dict[str, Any]) -> StoredLabel:
        return cls(
            str(item.get("labelId") or ""), item.get("tag") or "", item.get("sopInstanceUid") or "", item.get("seriesInstanceUid") or "",
            None if not item.get("waiting") else str(item["waiting"]))


def parse_frames(items: Optional[List[Dict[str, Any]]]) -> Tuple[MaskFrame, ...]:
    return tuple(MaskFrame.parse(item) for item in items or [])


def wire_bytes(content: bytes) -> str:
    """Bytes as the hub's JSON protocol has them."""
    return base64.b64encode(content).decode("ascii")


def read_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as fault:
        raise FormatError("What should be base64 is none.") from fault


def _triple(values: Sequence[float]) -> Tuple[float, float, float]:
    i, j, k = values
    return float(i), float(j), float(k)
