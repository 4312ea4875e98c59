"""SignalR's JSON protocol over a WebSocket.

A thread of its own receives; it hands results to those who wait, and items and events to handlers. Another keeps the connection
alive. Handlers run on the receiving thread, must be quick, and must not call the hub.
"""

from __future__ import annotations

import json
import queue
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Callable, Dict, Iterator, List, Optional, Union

from ..errors import ConnectionFailed, ConnectionLost, HubError, MedSam2Error, ProtocolError
from . import jsontext
from .address import Address
from .websocket import WebSocket

_INVOCATION, _ITEM, _COMPLETION, _STREAM, _CANCEL, _PING, _CLOSE = 1, 2, 3, 4, 5, 6, 7
_END = b"\x1e"
_KEEP_ALIVE = 10.0
"""Seconds between pings; the server gives up on clients that are silent for 30."""

Handler = Callable[..., None]


class HubStream:
    """Items of a streaming call, as they come. Ends by itself, by ``cancel``, or with the error that ended it."""

    def __init__(self, hub: "HubConnection", number: str, convert: Optional[Callable[[Any], Any]]) -> None:
        self._hub = hub
        self._number = number
        self._convert = convert
        self._items: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        self._done = False
        self.cancelled = False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._done:
            raise StopIteration
        item = self._items.get()
        if isinstance(item, _Ended):
            self._done = True
            if item.error is not None and not self.cancelled:
                raise item.error
            raise StopIteration
        return item

    def cancel(self) -> None:
        """Tells the server to stop. Items that were under way still come, then the stream ends. Any thread may call it."""
        if not self.cancelled and not self._done:
            self.cancelled = True
            self._hub._cancel(self._number)

    def _receive(self, item: Any) -> None:
        self._items.put(item if self._convert is None else self._convert(item))

    def _end(self, error: Optional[MedSam2Error], result: Any = None) -> None:
        self._items.put(_Ended(error))


class HubConnection:
    """A connection to a hub; ``lost`` says whether it has broken off. It is not opened a second time: make another."""

    def __init__(self, address: Address, path: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._waiting: "Dict[str, Union[_Waiter, HubStream]]" = {}
        self._handlers: Dict[str, List[Handler]] = {}
        self._count = 0
        self._error: Optional[MedSam2Error] = None
        self._closing = threading.Event()
        self._socket = WebSocket(address, path)
        try:
            self._shake_hands()
        except BaseException:
            self._socket.release()
            raise
        threading.Thread(target=self._receive_all, name="medsam2-hub", daemon=True).start()
        threading.Thread(target=self._keep_alive, name="medsam2-hub-ping", daemon=True).start()

    @property
    def lost(self) -> bool:
        return self._error is not None

    def on(self, event: str, handler: Handler) -> None:
        """Has ``handler`` called with the arguments of what the server sends by this name."""
        self._handlers.setdefault(event.lower(), []).append(handler)

    def invoke(self, method: str, *arguments: Any, timeout: Optional[float] = None, convert: Optional[Callable[[Any], Any]] = None) -> Any:
        """Calls and waits for the result.

        :param timeout: seconds; None waits as long as the connection lives.
        :param convert: makes the result of what came, on the receiving thread: in the order in which everything came.
        :raises HubError: the server refused.
        :raises ConnectionLost: the connection broke off; whether the server did it is not known.
        """
        waiter = _Waiter(convert)
        self._call(_INVOCATION, method, arguments, waiter)
        try:
            return waiter.future.result(timeout)
        except FutureTimeout as fault:
            raise ConnectionLost(f"The server did not answer '{method}' within {timeout:g} s.") from fault

    def stream(self, method: str, *arguments: Any, convert: Optional[Callable[[Any], Any]] = None) -> HubStream:
        """Calls a method that answers many items. ``convert`` sees each as it comes, on the receiving thread."""
        stream = HubStream(self, "", convert)
        stream._number = self._call(_STREAM, method, arguments, stream)
        return stream

    def close(self) -> None:
        self._fail(ConnectionLost("The connection was closed by this program."))
        self._socket.close()

    def _call(self, kind: int, method: str, arguments: Any, waiter: "Union[_Waiter, HubStream]") -> str:
        with self._lock:
            if self._error is not None:
                raise self._error
            self._count += 1
            number = str(self._count)
            self._waiting[number] = waiter
        try:
            self._send({"type": kind, "invocationId": number, "target": method, "arguments": list(arguments)})
        except BaseException:
            with self._lock:
                self._waiting.pop(number, None)
            raise
        return number

    def _cancel(self, number: str) -> None:
        try:
            self._send({"type": _CANCEL, "invocationId": number})
        except ConnectionLost:
            pass  # With the connection the server's work has ended too.

    def _send(self, message: Dict[str, Any]) -> None:
        self._socket.send(jsontext.encode(message) + _END)

    def _shake_hands(self) -> None:
        self._send({"protocol": "json", "version": 1})
        self._early: List[bytes] = []
        message = self._socket.receive()
        if message is None or _END not in message:
            raise ProtocolError("The hub did not answer the handshake.")
        first, _, rest = message.partition(_END)
        try:
            error = json.loads(first).get("error")
        except (ValueError, AttributeError) as fault:
            raise ProtocolError("The hub's answer to the handshake is no JSON object.") from fault
        if error:
            raise ConnectionFailed(f"{self._address.url}: the hub refused the handshake: {error}")
        if rest:
            self._early.append(rest)

    def _receive_all(self) -> None:
        error: MedSam2Error
        try:
            for message in self._messages():
                for record in message.split(_END):
                    if record and not self._handle(json.loads(record)):
                        return
            error = ConnectionLost(f"{self._address.url}: the server closed the connection.")
        except ConnectionFailed as fault:
            error = fault
        except (MedSam2Error, ValueError, KeyError, TypeError, AttributeError) as fault:
            error = ProtocolError(f"{self._address.url}: what came is not the hub's protocol ({fault}).")
        finally:
            self._socket.release()
        self._fail(error)

    def _messages(self) -> Iterator[bytes]:
        yield from self._early
        while True:
            message = self._socket.receive()
            if message is None:
                return
            yield message

    def _handle(self, message: Dict[str, Any]) -> bool:
        kind = message["type"]
        if kind == _ITEM:
            waiter = self._waiting.get(message["invocationId"])
            if isinstance(waiter, HubStream):
                waiter._receive(message["item"])
        elif kind == _COMPLETION:
            with self._lock:
                waiter = self._waiting.pop(message["invocationId"], None)
            if waiter is not None:
                waiter._end(HubError(message["error"]) if message.get("error") else None, message.get("result"))
        elif kind == _INVOCATION:
            for handler in self._handlers.get(message["target"].lower(), []):
                handler(*message["arguments"])
        elif kind == _CLOSE:
            reason = message.get("error") or "it is going down"
            self._fail(ConnectionLost(f"{self._address.url}: the server closed the connection: {reason}."))
            return False
        elif kind != _PING:
            raise ProtocolError(f"a message of the unknown type {kind}")
        return True

    def _keep_alive(self) -> None:
        while not self._closing.wait(_KEEP_ALIVE):
            try:
                self._send({"type": _PING})
            except ConnectionLost:
                return  # The receiving thread says so to those who wait.

    def _fail(self, error: MedSam2Error) -> None:
        with self._lock:
            self._error = self._error or error
            waiting, self._waiting = self._waiting, {}
        self._closing.set()
        for waiter in waiting.values():
            waiter._end(error)


class _Ended:
    def __init__(self, error: Optional[MedSam2Error]) -> None:
        self.error = error


class _Waiter:
    """Somebody who waits for one result."""

    def __init__(self, convert: Optional[Callable[[Any], Any]]) -> None:
        self.future: "Future[Any]" = Future()
        self._convert = convert

    def _end(self, error: Optional[MedSam2Error], result: Any = None) -> None:
        try:
            if error is None and self._convert is not None:
                result = self._convert(result)
        except MedSam2Error as fault:
            error = fault
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            error = ProtocolError(f"The server's answer is not as agreed ({type(fault).__name__}: {fault}).")
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)
