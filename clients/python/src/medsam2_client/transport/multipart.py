"""multipart/form-data, both ways."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple, Union

from ..errors import ProtocolError


@dataclass(frozen=True)
class Part:
    """A field, or with a ``file_name`` a file."""

    name: str
    content: bytes
    file_name: Optional[str] = None


def encode(parts: List[Part]) -> Tuple[str, bytes]:
    """The Content-Type and the body."""
    boundary = secrets.token_hex(16)
    body = bytearray()
    for part in parts:
        disposition = f'form-data; name="{_quotable(part.name)}"'
        if part.file_name is not None:
            disposition += f'; filename="{_quotable(part.file_name)}"\r\nContent-Type: application/octet-stream'
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
        body += part.content
        body += b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(body)


def decode(content_type: str, body: bytes) -> Dict[str, Part]:
    """Parts by name."""
    boundary = re.search(r'boundary=(?:"([^"]+)"|([^;\s]+))', content_type, re.IGNORECASE)
    if boundary is None:
        raise ProtocolError("The multipart answer tells no boundary.")
    mark = b"--" + (boundary.group(1) or boundary.group(2)).encode("latin-1")
    parts: Dict[str, Part] = {}
    place = 0 if body.startswith(mark) else body.find(b"\r\n" + mark) + 2
    if place == 1:
        raise ProtocolError("The multipart answer has no part.")
    while not body.startswith(b"--", place + len(mark)):
        start = body.find(b"\r\n", place)
        head_end = body.find(b"\r\n\r\n", start)
        end = body.find(b"\r\n" + mark, head_end + 2)
        if start < 0 or head_end < 0 or end < 0:
            raise ProtocolError("The multipart answer was cut off.")
        header = body[start:head_end].decode("utf-8", "replace")
        name = _value(header, "name")
        if name is not None:
            parts[name] = Part(name, body[head_end + 4:end], _value(header, "filename"))
        place = end + 2
    return parts


def _value(header: str, key: str) -> Union[str, None]:
    match = re.search(rf'[;\s]{key}=(?:"([^"]*)"|([^;\s]+))', header, re.IGNORECASE)
    return None if match is None else match.group(1) if match.group(1) is not None else match.group(2)


def _quotable(text: str) -> str:
    return text.replace("\\", "_").replace('"', "%22").replace("\r", "").replace("\n", "")
