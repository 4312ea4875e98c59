"""The server's images and labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from .errors import ProtocolError, ServerError
from .transport import jsontext, multipart
from .transport.http import HttpTransport
from .volume import Volume, decode_volume

_TRANSFER = 3600.0
"""Seconds that a volume may take on its way."""


@dataclass(frozen=True)
class Sample:
    """An image to label. ``info`` has what the server knows of it, such as ``StudyInstanceUID`` for a DICOM series."""

    image: str
    info: Dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class StoredImage:
    """An image of the datastore and the tags of its labels."""

    image: str
    labels: Dict[str, Dict[str, Any]]
    info: Dict[str, Any] = field(repr=False)

    @property
    def completed(self) -> bool:
        """Whether a person approved a label."""
        return "final" in self.labels


class Datastore:
    def __init__(self, http: HttpTransport, user: Optional[str]) -> None:
        self._http = http
        self._user = user

    def images(self) -> List[StoredImage]:
        objects = self._http.request("GET", "/datastore/", {"output": "all"}).json()["objects"]
        return [
            StoredImage(name, {tag: label.get("info") or {} for tag, label in known["labels"].items()}, known["image"].get("info") or {})
            for name, known in objects.items()]

    def has(self, image: str) -> bool:
        """Whether the server knows the image (an id, or a SeriesInstanceUID). Nothing is transferred."""
        return bool(self._http.request("GET", "/datastore/image/info", {"image": image}).json())

    def upload(self, volume: Volume, image: Optional[str] = None) -> str:
        """Puts a volume in and answers its id.

        :param image: the id; None makes one of the content, so that the same volume is sent and kept only once.
        """
        content = volume.encode("image.nrrd")
        if image is None:
            image = f"volume-{hashlib.sha256(content).hexdigest()[:24]}"
            if self.has(image):
                return image
        parts = [multipart.Part("params", jsontext.encode(self._signed({}))), multipart.Part("file", content, "image.nrrd")]
        stored: str = self._http.request("PUT", "/datastore/", {"image": image}, parts, timeout=_TRANSFER).json()["image"]
        return stored

    def download(self, image: str) -> Volume:
        return decode_volume(self._http.request("GET", "/datastore/image", {"image": image}, timeout=_TRANSFER).content)

    def remove(self, image: str) -> None:
        """Removes the image and its labels."""
        self._http.request("DELETE", "/datastore/", {"id": image})

    def label(self, image: str, tag: str = "final") -> Optional[Volume]:
        """The stored label, as voxel values; None where there is none of this tag."""
        try:
            return decode_volume(self._http.request("GET", "/datastore/label", {"label": image, "tag": tag}, timeout=_TRANSFER).content)
        except ServerError as fault:
            if fault.status == 404:
                return None
            raise

    def save_label(self, image: str, label: Volume, names: Sequence[str], tag: str = "final") -> None:
        """Stores a label: voxel value n is ``names[n - 1]``."""
        info = self._signed({"label_info": [{"name": name, "idx": n + 1} for n, name in enumerate(names)]})
        parts = [multipart.Part("params", jsontext.encode(info)), multipart.Part("label", _compact(label).encode("label.nii.gz"), "label.nii.gz")]
        self._http.request("PUT", "/datastore/label", {"image": image, "tag": tag}, parts, timeout=_TRANSFER)

    def remove_label(self, image: str, tag: str = "final") -> None:
        self._http.request("DELETE", "/datastore/label", {"id": image, "tag": tag})

    def next_sample(self, strategy: str, *, double_reading: bool = False) -> Optional[Sample]:
        asked = {"double_reading": True} if double_reading else {}
        told = self._http.request("POST", f"/activelearning/{strategy}", body=self._signed(asked), timeout=_TRANSFER).json()
        if not isinstance(told, dict):
            raise ProtocolError("The server's next sample is no object.")
        return Sample(str(told["id"]), told) if told else None

    def _signed(self, info: Dict[str, Any]) -> Dict[str, Any]:
        return {**info, "client_id": self._user} if self._user else info


def _compact(label: Volume) -> Volume:
    array: Union[npt.NDArray[Any]] = label.array
    if array.dtype == np.bool_ or (array.dtype.kind in "iu" and array.size and int(array.min()) >= 0 and int(array.max()) < 256):
        return Volume(array.astype(np.uint8), label.affine)
    return label
