import client_path  # noqa: F401
import selectors
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from medsam2_client import Client, ConnectionFailed
from serving import ServedTestCase
from test_rest import ball


class SecureLine:
    """Speaks TLS on one side and passes what it hears on to the server, as a reverse proxy does."""

    def __init__(self, certificate, key, target):
        self._target = target
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            near = self._context.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            return
        with near, socket.create_connection(self._target) as far, selectors.DefaultSelector() as selector:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(1 << 16)
                        while isinstance(key.fileobj, ssl.SSLSocket) and key.fileobj.pending():
                            data += key.fileobj.recv(1 << 16)
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return


class TlsTests(ServedTestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._folder.cleanup)
        cls.certificate, key = (Path(cls._folder.name, name) for name in ("certificate.pem", "key.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
             "-keyout", key, "-out", cls.certificate], check=True, capture_output=True)
        cls.key = key

    def setUp(self):
        host, port = self.server.url[len("http://"):].split(":")
        self.line = SecureLine(self.certificate, self.key, (host, int(port)))
        self.addCleanup(self.line.close)

    def test_a_session_runs_over_tls_while_another_thread_calls(self):
        client = Client(self.line.url, tls=ssl.create_default_context(cafile=str(self.certificate)))
        self.assertTrue(all(check.passed for check in client.check()), client.check())
        with client.session(ball()) as session:
            session.prompt(box=((4, 12, 3), (20, 28, 3)))
            stop = threading.Event()
            states = []

            def ask():
                while not stop.is_set():
                    session.refresh()
                    states.append(session.sequence)

            other = threading.Thread(target=ask)
            other.start()
            frames = session.propagate([1]).run()
            stop.set()
            other.join()
            self.assertGreater(frames, 0)
            self.assertTrue(states)
            session.close(discard=True)

    def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(self):
        with self.assertRaises(ConnectionFailed) as refused:
            Client(self.line.url).info()
        self.assertIn("not trusted", str(refused.exception))
        with self.assertRaises(ConnectionFailed) as refused:
            Client(self.line.url).session("any")
        self.assertIn("not trusted", str(refused.exception))

    def test_plain_http_where_tls_is_spoken(self):
        told = Client(self.line.url.replace("https://", "http://")).check()[-1]
        self.assertFalse(told.passed)
        self.assertIn("https://", told.told)


if __name__ == "__main__":
    unittest.main()
