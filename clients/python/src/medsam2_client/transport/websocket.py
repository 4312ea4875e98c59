"""A WebSocket client (RFC 6455) on Python's standard library.

One thread receives, any thread may send. A connection that is silent for too long counts as lost, so that the receiving thread
never hangs.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
import selectors
import socket
import ssl
import struct
import threading
from typing import Optional, Tuple

from ..errors import ConnectionFailed, ConnectionLost, ProtocolError
from .address import Address

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10
_MOST_BYTES = 256 << 20
_MOST_HEADER_BYTES = 64 << 10


class WebSocket:
    """An open connection. ``receive`` answers messages as bytes, text included."""

    def __init__(self, address: Address, path: str) -> None:
        self._address = address
        self._buffer = bytearray()
        # TLS cannot read and write at once; plain sockets lose nothing by it. Reentrant, since a dropped propagation cancels itself wherever
        # the collector finds it.
        self._lock = threading.RLock()
        self._closed = False
        self._socket = self._open()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        try:
            self._shake_hands(path)
        except BaseException:
            self.release()
            raise

    def send(self, message: bytes) -> None:
        """A text message."""
        self._send_frame(_TEXT, message)

    def receive(self) -> Optional[bytes]:
        """The next message; None once the other side closed in order."""
        message = bytearray()
        while True:
            final, opcode, payload = self._receive_frame(_MOST_BYTES - len(message))
            if opcode == _PING:
                self._send_frame(_PONG, payload)
            elif opcode == _CLOSE:
                self._answer_close(payload)
                return None
            elif opcode != _PONG:
                message += payload
                if final:
                    return bytes(message)

    def close(self) -> None:
        """In order: the other side is told."""
        if not self._closed:
            try:
                self._send_frame(_CLOSE, struct.pack(">H", 1000))
            except ConnectionLost:
                pass  # It is gone already, which is what was wanted.
        self.abort()

    def abort(self) -> None:
        """At once. A thread that waits in ``receive`` wakes with ``ConnectionLost``."""
        self._closed = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It was never connected, or is closed: there is nothing to shut.

    def release(self) -> None:
        """Frees the socket; by the receiving thread, when it is done."""
        self.abort()
        self._selector.close()
        self._socket.close()

    def _open(self) -> socket.socket:
        address = self._address
        try:
            plain = socket.create_connection((address.host, address.port), timeout=address.timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return address.tls_context.wrap_socket(plain, server_hostname=address.host) if address.secure else plain
        except OSError as fault:
            raise address.unreachable(fault) from fault

    def _shake_hands(self, path: str) -> None:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = [f"GET {self._address.path(path)} HTTP/1.1", f"Host: {self._address.authority}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in self._address.headers.items()]
        with self._lock:
            self._socket.sendall("\r\n".join(lines + ["", ""]).encode("latin-1"))
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > _MOST_HEADER_BYTES:
                raise ProtocolError("The server's answer to the WebSocket handshake has no end.")
            self._fill()
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        self._buffer = bytearray(rest)
        status_line, _, header_lines = head.partition(b"\r\n")
        words = status_line.decode("latin-1").split(" ", 2)
        if len(words) < 2 or words[1] != "101":
            raise ConnectionFailed(f"{self._address.url}: {_explain(words[1] if len(words) > 1 else '?')}")
        headers = _headers(header_lines)
        expected = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        if headers.get("sec-websocket-accept") != expected:
            raise ProtocolError("What answers there is no WebSocket server: its handshake does not fit.")

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        mask = secrets.token_bytes(4)
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | length)
        elif length < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, length)
        frame = head + mask + _masked(payload, mask)
        try:
            with self._lock:
                if self._closed:
                    raise ConnectionLost("The connection is closed.")
                self._socket.sendall(frame)
        except OSError as fault:
            self.abort()
            raise ConnectionLost(str(self._address.unreachable(fault))) from fault

    def _receive_frame(self, most: int) -> Tuple[bool, int, bytes]:
        first, second = self._take(2)
        if first & 0x70 or second & 0x80:
            raise ProtocolError("The server sent a WebSocket frame that no handshake agreed on.")
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
        if length > most:
            raise ProtocolError(f"The server sent a message of more than {_MOST_BYTES >> 20} MiB.")
        return bool(first & 0x80), first & 0x0F, self._take(length)

    def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> None:
        try:
            pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
            if not pending and not self._selector.select(self._address.timeout):
                self.abort()
                raise ConnectionLost(f"{self._address.url}: nothing was heard from the server for {self._address.timeout:g} s.")
            with self._lock:
                data = self._socket.recv(1 << 16)
        except (OSError, ValueError) as fault:
            raise ConnectionLost(f"{self._address.url}: the connection broke off ({fault}).") from fault
        if not data:
            raise ConnectionLost(f"{self._address.url}: the connection was closed.")
        self._buffer += data

    def _answer_close(self, payload: bytes) -> None:
        try:
            self._send_frame(_CLOSE, payload[:2])
        except ConnectionLost:
            pass  # The other side did not wait for the answer.
        self._closed = True


def _masked(payload: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask, as two large numbers: a hundred times faster than byte by byte."""
    length = len(payload)
    repeated = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(length, "little")


def _headers(lines: bytes) -> "dict[str, str]":
    pairs = (line.split(":", 1) for line in lines.decode("latin-1").split("\r\n") if ":" in line)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _explain(status: str) -> str:
    if status in ("401", "403"):
        return "the server wants a login, or does not let this one in. Give a valid token."
    if status == "404":
        return "what answers there has no segmentation hub. Give the address of a MedSAM-2 server, without a page's path."
    if status in ("301", "302", "307", "308"):
        return "the server sends you to another address. Give that one, and mind http or https."
    reason = http.client.responses.get(int(status), "") if status.isdigit() else ""
    return f"the server takes no WebSocket connection (HTTP {status} {reason}). A proxy in between must let WebSockets through."
