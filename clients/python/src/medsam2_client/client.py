"""The way in: a server's address, and what can be asked of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, Optional, Sequence, Tuple, Union

import numpy as np
import numpy.typing as npt

from .checks import Check, check_server
from .datastore import Datastore, Sample
from .errors import MedSam2Error, ProtocolError
from .frames import Change, Point
from .geometry import Affine, as_points
from .jobs import Job, JobProgress, watch
from .session import Session
from .transport import jsontext, multipart
from .transport.address import Address
from .transport.http import HttpTransport
from .volume import Volume, decode_volume

DEFAULT_URL = "http://127.0.0.1:8000"

_LONG = 3600.0
"""Seconds that one request may compute."""


@dataclass(frozen=True)
class Segmentation:
    """What ``Client.segment`` found."""

    mask: npt.NDArray[np.bool_]
    """``[i, j, k]``, true inside of the object."""
    affine: Affine
    """Voxel indices to LPS mm."""
    info: Dict[str, Any] = field(repr=False)
    """The server's own words: seconds, slices, and where it stored the result."""


@dataclass(frozen=True)
class ServerInfo:
    """What the server has. ``models``, ``strategies`` and ``trainers`` map names to what the server says of them."""

    name: str
    version: str
    labels: Tuple[str, ...]
    models: Dict[str, Any]
    strategies: Dict[str, Any]
    trainers: Dict[str, Any]
    total: int
    completed: int


class Client:
    """A MedSAM-2 server. Opens nothing by itself; any thread may use it.

    :param token: a bearer token, where the server asks for a login.
    :param user: a name that is shown to others in a session and written into what is stored.
    :param timeout: seconds without any sign of life after which the server counts as gone.
    :param tls: an ``ssl.SSLContext`` for https; None trusts what the system trusts.
    """

    def __init__(self, url: str = DEFAULT_URL, *, token: Optional[str] = None, user: Optional[str] = None, timeout: float = 30.0, tls: Any = None) -> None:
        self.address = Address(url, token, timeout, tls)
        self.user = user
        self._http = HttpTransport(self.address)
        self.datastore = Datastore(self._http, user)

    def check(self) -> Sequence[Check]:
        """Tries the connection step by step, up to the first step that fails, and says of each how it went."""
        return check_server(self._http)

    def info(self) -> ServerInfo:
        told = self._http.request("GET", "/info/").json()
        try:
            return ServerInfo(
                told["name"], told["version"], tuple(told["labels"]), told["models"], told["strategies"], told["trainers"],
                int(told["datastore"]["total"]), int(told["datastore"]["completed"]))
        except (KeyError, TypeError) as fault:
            raise ProtocolError(f"{self.address.url}: what answers there is no MedSAM-2 server (its /info/ lacks {fault}).") from fault

    def segment(
        self, image: Union[str, Volume], points: Iterable[Sequence[int]] = (), exclude: Iterable[Sequence[int]] = (),
        box: Optional[Tuple[Point, Point]] = None, *, label: str = "segment", model: str = "medsam2", save: bool = False, **options: Any,
    ) -> Segmentation:
        """One question, one mask: points or a box on a slice, carried through the whole volume.

        :param image: a SeriesInstanceUID, an id of the datastore, or a volume, which is sent along.
        :param points, exclude: voxel indices ``(i, j, k)`` inside and outside of the object.
        :param box: two opposite corner voxels.
        :param model: ``medsam2``, or ``medsam2_2d`` for the prompted slice alone.
        :param save: also approve it: kept as the label ``final``, and for a series as DICOM SEG beside it.
        :param options: what the server's ``info().models[model]["config"]`` lists, such as ``bank`` or ``max_slices``.
        """
        parameters: Dict[str, Any] = {
            **options, "foreground": as_points(points), "background": as_points(exclude),
            "label": label, "result_extension": ".nrrd", "result_dtype": "uint8", "result_compress": True}
        if box is not None:
            (i0, j0, k0), (i1, j1, k1) = as_points(box)
            parameters["roi"] = [i0, i1, j0, j1, k0, k1]
        if save:
            parameters.update(save_label=True, label_tag="final", label_info=[{"name": label}])
        if self.user:
            parameters["client_id"] = self.user
        parts = [multipart.Part("params", jsontext.encode(parameters))]
        query: Dict[str, str] = {}
        if isinstance(image, Volume):
            parts.append(multipart.Part("file", image.encode("image.nrrd"), "image.nrrd"))
        else:
            query["image"] = _image(image)
        answer = self._http.request("POST", f"/infer/{model}", query, parts, timeout=_LONG)
        told = multipart.decode(answer.content_type, answer.content)
        if "params" not in told or "image" not in told:
            raise ProtocolError("The server's answer lacks the mask.")
        found = decode_volume(told["image"].content)
        return Segmentation(found.array != 0, found.affine, json.loads(told["params"].content))

    def session(
        self, image: Union[None, str, Volume] = None, *, session_id: Optional[str] = None, model: Optional[str] = None,
        on_change: Optional[Callable[[Change], None]] = None, reconnect_seconds: float = 60.0, **options: Any,
    ) -> Session:
        """An interactive session over the streaming hub; use it in a ``with`` block.

        :param image: a SeriesInstanceUID, an id of the datastore, or a volume, which is put into the datastore first.
        :param session_id: join this session, in place of a new one.
        :param on_change: called with each change, also with those that others make, on the receiving thread.
        :param options: ``window={"low": ..., "high": ...}`` or ``preset``, ``orientations``, ``bank``, ``capacity``, ``threshold``, ``resampling``, ``temperature``, ``seed``, ``closerLook``.
        """
        if image is None and session_id is None:
            raise MedSam2Error("A session needs an image, or the session_id of one that is there.")
        opening = {
            "image": self.datastore.upload(image) if isinstance(image, Volume) else None if image is None else _image(image),
            "sessionId": session_id, "model": model, "options": options or None, "user": self.user}
        return Session(self.address, {key: value for key, value in opening.items() if value is not None}, on_change, reconnect_seconds)

    def next_sample(self, strategy: str = "random", *, double_reading: bool = False) -> Optional[Sample]:
        """The image that is worth labelling next; None when all are done, or the rest is with others.

        :param double_reading: images that somebody else was handed count, too: for two readings of one study.
        """
        return self.datastore.next_sample(strategy, double_reading=double_reading)

    def train(self, model: str = "medsam2", **options: Any) -> Job:
        """Fine-tunes on the datastore's approved labels; ``options`` are those of ``info().trainers[model]["config"]``."""
        return Job.start(self._http, "train", model, options)

    def score(self, method: str, **options: Any) -> Job:
        """Compares labels; ``method`` is one of those that ``/info/`` lists under ``scoring``."""
        return Job.start(self._http, "scoring", method, options)

    def batch(self, model: str = "medsam2", **options: Any) -> Job:
        """Segments many images in the background: ``images`` (``all``, ``labeled``, ``unlabeled``), and ``roi`` or ``prompts`` by image id
        where nothing else says what to look for; ``save_label`` stores what was found under ``label_tag``."""
        return Job.start(self._http, "batch/infer", model, options)

    def job(self, kind: str = "train") -> Optional[Job]:
        """The latest job of a kind (``train``, ``scoring``, ``batch/infer``); None where there was none."""
        return Job.latest(self._http, kind)

    def watch_job(self, job_id: str) -> Iterable[JobProgress]:
        """A job's progress, as it comes, until the job ends."""
        return watch(self.address, job_id)


def _image(image: Any) -> str:
    if isinstance(image, str):
        return image
    raise MedSam2Error(
        f"An image is an id (text) or a Volume, but a {type(image).__name__} was given. Volume.from_spacing(array, (mm, mm, mm)) makes one of an array.")
