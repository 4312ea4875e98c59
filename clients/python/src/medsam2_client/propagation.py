"""An object on its way through the volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterator

from .errors import ConnectionLost
from .frames import Change, MaskFrame
from .transport.signalr import HubStream

if TYPE_CHECKING:
    from .session import Session


_MOST_LOSSES = 5
"""Broken connections in a row, without a single frame between them, after which it gives up."""


class Propagation:
    """Iterates over mask frames as they are computed; the session's masks have each already when it comes.

    ``cancel``, leaving its ``with`` block, or dropping it stops the server within a slice. After a broken connection it goes on
    behind the last frame that came.
    """

    def __init__(self, session: "Session", request: Dict[str, Any]) -> None:
        self._session = session
        self._request: Dict[str, Any] = {"sessionId": session.session_id, **request}
        self._cancelled = False
        self._losses = 0
        self._last = session.sequence  # Its own: the session may have heard of later frames by another way.
        self._stream = self._start()

    def __iter__(self) -> Iterator[MaskFrame]:
        return self

    def __next__(self) -> MaskFrame:
        while True:
            try:
                frame: MaskFrame = next(self._stream)
                self._losses, self._last = 0, frame.sequence
                return frame
            except ConnectionLost:
                self._losses += 1
                if self._cancelled or self._session._closed or self._losses > _MOST_LOSSES:
                    raise
                self._request["resumeFrom"] = self._last
                self._stream = self._start()
                if self._cancelled:
                    self._stream.cancel()

    def __enter__(self) -> Propagation:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self.cancel()

    def cancel(self) -> None:
        """Stops. Frames that were under way still come; then the iteration ends."""
        self._cancelled = True
        self._stream.cancel()

    def run(self) -> int:
        """To the end; answers the number of frames."""
        return sum(1 for _ in self)

    def _start(self) -> HubStream:
        session = self._session
        while True:
            hub = session._hub
            if hub.lost:
                session._resume(hub)
                hub = session._hub
            try:
                return hub.stream("Propagate", self._request, convert=lambda item: _receive(session, item))
            except ConnectionLost:
                if not hub.lost:
                    raise


def _receive(session: "Session", item: Dict[str, Any]) -> MaskFrame:
    frame = MaskFrame.parse(item)
    session._apply(Change((frame,)))
    return frame
