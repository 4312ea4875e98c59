"""What can go wrong between this program and the server. Every message names the cause and what mends it."""

from __future__ import annotations

from typing import Any


class MedSam2Error(Exception):
    """Base of all errors of this package."""


class ConnectionFailed(MedSam2Error):
    """The server could not be reached, or what answers is no such server."""


class ConnectionLost(ConnectionFailed):
    """A connection that had been there broke off."""


class ProtocolError(MedSam2Error):
    """The other side sent something that its protocol does not allow."""


class FormatError(MedSam2Error, ValueError):
    """A file or a mask that cannot be read."""


class ServerError(MedSam2Error):
    """The server refused a request over HTTP.

    ``status`` is the HTTP status, ``detail`` the server's own words (text, or a list of faults with their places).
    """

    def __init__(self, status: int, detail: Any, request: str) -> None:
        self.status = status
        self.detail = detail
        self.request = request
        super().__init__(f"{request}: {_sentence(detail)} (HTTP {status})")


class HubError(MedSam2Error):
    """The server refused a call of the streaming hub; nothing was changed by it.

    ``code`` is one of ``not_found``, ``bad_prompt``, ``busy``, ``gone``, ``forbidden``, ``unavailable``, or empty where the
    server gave none.
    """

    _CODES = ("not_found", "bad_prompt", "busy", "gone", "forbidden", "unavailable")
    _MARK = "HubException: "

    def __init__(self, message: str) -> None:
        text = message.split(self._MARK, 1)[1] if self._MARK in message else message
        code, colon, rest = text.partition(": ")
        self.code = code if colon and code in self._CODES else ""
        super().__init__(rest if self.code else text)


def _sentence(detail: Any) -> str:
    if isinstance(detail, list):
        return "; ".join(str(fault.get("msg", fault)) if isinstance(fault, dict) else str(fault) for fault in detail)
    return str(detail)
