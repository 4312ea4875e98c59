"""Frames and messages that a real server seldom or never sends."""

import client_path  # noqa: F401
import base64
import hashlib
import json
import socket
import struct
import threading
import unittest

from medsam2_client import ConnectionFailed, ConnectionLost, HubError, ProtocolError
from medsam2_client.transport.address import Address
from medsam2_client.transport.signalr import HubConnection
from medsam2_client.transport.websocket import WebSocket

END = b"\x1e"


class RawServer:
    """Answers one handshake by hand; then ``script`` has the socket."""

    def __init__(self, script, accept=True, status="101 Switching Protocols"):
        self._script, self._accept, self._status = script, accept, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address(f"http://127.0.0.1:{self._listener.getsockname()[1]}", timeout=60.0)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.close()
        self._thread.join(120)

    def _serve(self):
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        with client:
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(4096)
            key = next(line.split(b": ", 1)[1] for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key"))
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()) if self._accept else b"nonsense"
            client.sendall(b"HTTP/1.1 " + self._status.encode() + b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
            try:
                self._script(client)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
            except OSError:
                pass  # The client had enough of it.


def frame(opcode, payload, final=True):
    head = bytes([(0x80 if final else 0) | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 1 << 16:
        return head + b"\x7e" + struct.pack(">H", len(payload)) + payload
    return head + b"\x7f" + struct.pack(">Q", len(payload)) + payload


def read_frame(client):
    """What a client sent: the opcode and the payload without its mask."""
    def take(count):
        data = b""
        while len(data) < count:
            more = client.recv(count - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    first, second = take(2)
    length = second & 0x7F
    length = struct.unpack(">H", take(2))[0] if length == 126 else struct.unpack(">Q", take(8))[0] if length == 127 else length
    assert second & 0x80, "clients must mask"
    mask = take(4)
    return first & 0x0F, bytes(byte ^ mask[n % 4] for n, byte in enumerate(take(length)))


class WebSocketTests(unittest.TestCase):
    def connect(self, script, **options):
        server = RawServer(script, **options)
        self.addCleanup(server.close)
        client = WebSocket(server.address, "/hub")
        self.addCleanup(client.release)
        return client

    def test_messages_of_every_length_and_in_pieces(self):
        messages = [b"", b"a" * 125, b"b" * 126, b"c" * 65535, b"d" * 65536]

        def script(client):
            for message in messages:
                client.sendall(frame(1, message))
            client.sendall(frame(1, b"one ", final=False) + frame(9, b"ping") + frame(0, b"two ", final=False) + frame(0, b"three"))
            client.sendall(frame(8, b"\x03\xe8"))

        client = self.connect(script)
        self.assertEqual([client.receive() for _ in range(5)], messages)
        self.assertEqual(client.receive(), b"one two three")
        self.assertIsNone(client.receive())

    def test_what_is_sent_arrives_and_pings_are_answered(self):
        got = []
        done = threading.Event()

        def script(client):
            client.sendall(frame(9, b"are you there"))
            for _ in range(4):
                got.append(read_frame(client))
            done.set()

        client = self.connect(script)
        for message in (b"x", b"y" * 200, b"z" * 70000):
            client.send(message)
        threading.Thread(target=lambda: self.assertRaises(ConnectionLost, client.receive), daemon=True).start()
        self.assertTrue(done.wait(120))
        self.assertCountEqual(got, [(1, b"x"), (1, b"y" * 200), (1, b"z" * 70000), (10, b"are you there")])

    def test_what_is_no_proper_frame_is_refused(self):
        for sent in (b"\x81\x85abcdabcde", b"\xf1\x00", b"\x81\x7f" + struct.pack(">Q", 1 << 40)):
            with self.subTest(sent=sent):
                client = self.connect(lambda sock, sent=sent: sock.sendall(sent))
                with self.assertRaises(ProtocolError):
                    client.receive()

    def test_a_line_that_ends_in_the_midst_of_a_frame(self):
        client = self.connect(lambda sock: sock.sendall(frame(1, b"abc")[:3]))
        with self.assertRaises(ConnectionLost):
            client.receive()

    def test_a_handshake_that_does_not_fit(self):
        with self.assertRaises(ProtocolError):
            self.connect(lambda sock: None, accept=False)
        for status, told in (("404 Not Found", "no segmentation hub"), ("401 Unauthorized", "login"), ("307 Temporary Redirect", "another address"), ("502 Bad Gateway", "proxy")):
            with self.assertRaises(ConnectionFailed) as refused:
                self.connect(lambda sock: None, status=status)
            self.assertIn(told, str(refused.exception))

    def test_silence_counts_as_lost(self):
        server = RawServer(lambda sock: sock.recv(1))
        object.__setattr__(server.address, "timeout", 0.2)
        self.addCleanup(server.close)
        client = WebSocket(server.address, "/hub")
        with self.assertRaises(ConnectionLost) as lost:
            client.receive()
        self.assertIn("nothing was heard", str(lost.exception))
        client.release()


class HubTests(unittest.TestCase):
    def hub(self, *records, handshake=b"{}", after=None):
        """A hub that answers the handshake, and the first call with these records."""
        def script(client):
            read_frame(client)
            client.sendall(frame(1, handshake + END))
            read_frame(client)
            client.sendall(frame(1, b"".join((record if isinstance(record, bytes) else json.dumps(record).encode()) + END for record in records)))
            if after is not None:
                after(client)

        server = RawServer(script)
        self.addCleanup(server.close)
        hub = HubConnection(server.address, "/hub")
        self.addCleanup(hub.close)
        return hub

    def test_items_and_the_end_may_come_in_one_message(self):
        hub = self.hub({"type": 2, "invocationId": "1", "item": 5}, {"type": 6}, {"type": 2, "invocationId": "1", "item": 6}, {"type": 3, "invocationId": "1"})
        self.assertEqual(list(hub.stream("Count")), [5, 6])

    def test_an_error_ends_a_stream_after_its_items(self):
        hub = self.hub({"type": 2, "invocationId": "1", "item": 5}, {"type": 3, "invocationId": "1", "error": "It failed. HubException: busy: Try later: soon."})
        stream = hub.stream("Count")
        self.assertEqual(next(stream), 5)
        with self.assertRaises(HubError) as refused:
            next(stream)
        self.assertEqual((refused.exception.code, str(refused.exception)), ("busy", "Try later: soon."))

    def test_a_server_that_goes_down_says_why(self):
        hub = self.hub({"type": 7, "error": "maintenance"})
        with self.assertRaises(ConnectionLost) as lost:
            hub.invoke("Ask")
        self.assertIn("maintenance", str(lost.exception))
        self.assertTrue(hub.lost)
        with self.assertRaises(ConnectionLost):
            hub.invoke("Ask")

    def test_what_is_no_message_ends_the_connection_in_words(self):
        for record in (b"{", b"[]", b'"x"', {"type": 99}, {"no": "type"}, b"\xff\xfe"):
            with self.subTest(record=record):
                hub = self.hub(record)
                with self.assertRaises(ProtocolError):
                    hub.invoke("Ask")

    def test_an_answer_that_cannot_be_converted_fails_that_call_alone(self):
        hub = self.hub({"type": 3, "invocationId": "1", "result": {}}, after=lambda sock: (read_frame(sock), sock.sendall(frame(1, b'{"type":3,"invocationId":"2","result":7}' + END))))
        with self.assertRaises(ProtocolError):
            hub.invoke("Ask", convert=lambda answer: answer["missing"])
        self.assertEqual(hub.invoke("Ask"), 7)

    def test_events_are_found_whatever_their_case(self):
        hub = self.hub({"type": 1, "target": "frames", "arguments": ["s", [1]]}, {"type": 3, "invocationId": "1", "result": None})
        got = []
        hub.on("Frames", lambda session, frames: got.append((session, frames)))
        hub.invoke("Ask")
        self.assertEqual(got, [("s", [1])])

    def test_a_refused_handshake(self):
        with self.assertRaises(ConnectionFailed) as refused:
            self.hub(handshake=b'{"error":"no such protocol"}')
        self.assertIn("no such protocol", str(refused.exception))
        with self.assertRaises(ProtocolError):
            self.hub(handshake=b"hello")


if __name__ == "__main__":
    unittest.main()
