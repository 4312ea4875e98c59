"""HTTP requests, one connection each, with errors in the server's words."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union
from urllib.parse import quote, urlencode

from ..errors import ConnectionLost, ProtocolError, ServerError
from . import jsontext, multipart
from .address import Address

Body = Union[None, Dict[str, Any], List[multipart.Part]]


@dataclass(frozen=True)
class Answer:
    """A success: status 200."""

    content: bytes
    content_type: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError as fault:
            raise ProtocolError("The server's answer is no JSON: what answers there is another program.") from fault


class HttpTransport:
    """Asks the server over HTTP. May be used by several threads at once."""

    def __init__(self, address: Address) -> None:
        self.address = address

    def request(self, method: str, path: str, query: Optional[Mapping[str, str]] = None, body: Body = None, timeout: Optional[float] = None) -> Answer:
        """``body``: a dictionary is sent as JSON, a list of parts as a form.

        :param timeout: seconds to wait for the answer; None: the address's own.
        :raises ServerError: the server refused.
        :raises ConnectionFailed: it could not be reached.
        """
        content_type, content = _encode(body)
        headers = {"Accept-Encoding": "identity", **self.address.headers}
        if content_type:
            headers["Content-Type"] = content_type
        target = self.address.path(quote(path)) + ("?" + urlencode(query) if query else "")
        connection = self._connect(timeout or self.address.timeout)
        try:
            connection.request(method, target, body=content, headers=headers)
            response = connection.getresponse()
            answer = Answer(response.read(), response.headers.get("Content-Type", ""), dict(response.headers.items()))
        except http.client.HTTPException as fault:
            raise ConnectionLost(f"{self.address.url}: what answers there speaks no proper HTTP, or the server ended ({type(fault).__name__}).") from fault
        except OSError as fault:
            raise self.address.unreachable(fault) from fault
        finally:
            connection.close()
        if response.status != 200:
            raise ServerError(response.status, _detail(answer, response.reason), f"{method} {path}")
        return answer

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        address = self.address
        if address.secure:
            return http.client.HTTPSConnection(address.host, address.port, timeout=timeout, context=address.tls_context)
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout)


def _encode(body: Body) -> Tuple[str, Optional[bytes]]:
    if body is None:
        return "", None
    if isinstance(body, dict):
        return "application/json", jsontext.encode(body)
    return multipart.encode(body)


def _detail(answer: Answer, reason: str) -> Any:
    if "json" in answer.content_type:
        try:
            told = json.loads(answer.content)
        except ValueError:
            return reason
        return told.get("detail", reason) if isinstance(told, dict) else reason
    if answer.content_type.startswith("text/plain"):
        return answer.content.decode("utf-8", "replace")[:500] or reason
    return reason


