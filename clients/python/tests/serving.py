"""The real server as a process of its own, and a line to it that can be cut."""

from __future__ import annotations

import atexit
import os
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import List, Optional

from medsam2_client import Client

# On a machine that does much else, an answer may take its time.
Client.__init__.__kwdefaults__["timeout"] = 120.0

PATIENCE = 240.0
"""Seconds until a test gives up waiting for what should come at once."""

ROOT = Path(__file__).resolve().parents[3]
EXECUTABLE = Path(os.environ.get("MEDSAM2_SERVER") or ROOT / "artifacts/bin/MedSam2.Server/release/MedSam2.Server")


class Server:
    """Started on a free port with a data folder of its own; it makes the demo phantom there."""

    def __init__(self, *arguments: str, urls: str = "http://127.0.0.1:0", data: Optional[str] = None) -> None:
        if not EXECUTABLE.exists():
            raise FileNotFoundError(f"{EXECUTABLE} is not built: dotnet build -c Release src/MedSam2.Server")
        self.data = data or tempfile.mkdtemp(prefix="medsam2-clients-")
        self._log = open(Path(self.data, "server.log"), "ab")
        self._process = subprocess.Popen(
            [str(EXECUTABLE), "--urls", urls, "--data", self.data, *arguments], stdout=subprocess.PIPE, stderr=self._log,
            env={**os.environ, "OMP_NUM_THREADS": "1"}, cwd=self.data)
        assert self._process.stdout is not None
        self._drained: Optional[threading.Thread] = None
        told: List[str] = []
        for line in self._process.stdout:
            told.append(line.decode())
            if "Ctrl+C" in told[-1]:
                break
        found = re.search(r"url +(\S+)", "".join(told))
        if found is None:
            self.stop()
            raise RuntimeError(f"The server did not start: {''.join(told)}")
        self.url = found.group(1)
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()

    def kill(self) -> None:
        """At once, as a machine that loses its power; its data stay."""
        self._process.kill()
        self._process.wait()
        if self._drained is not None:
            self._drained.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def stop(self) -> None:
        self.kill()
        shutil.rmtree(self.data)

    def _drain(self) -> None:
        assert self._process.stdout is not None
        for _ in self._process.stdout:
            pass


class ServedTestCase(unittest.TestCase):
    """Tests against one server, which starts with the first and ends with the last of them all."""

    _server: Optional[Server] = None

    @property
    def server(self) -> Server:
        if ServedTestCase._server is None:
            ServedTestCase._server = Server()
            atexit.register(stop_shared_server)
        return ServedTestCase._server


    def phantom(self) -> str:
        """The demo study's series; the server makes it behind its start."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for known in Client(self.server.url).datastore.images():
                if known.image.startswith("2.25."):
                    return known.image
            time.sleep(0.2)
        raise AssertionError("The demo study did not come.")


def stop_shared_server() -> None:
    if ServedTestCase._server is not None:
        ServedTestCase._server.stop()
        ServedTestCase._server = None


class CutLine:
    """Passes bytes on to a server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._sockets: List[socket.socket] = []
        self._refusing = False
        self.connections = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, refuse: bool = False) -> None:
        """Breaks all connections. ``refuse``: and takes no new ones, until ``mend``."""
        with self._lock:
            self._refusing = refuse
            sockets, self._sockets = self._sockets, []
        for end in sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # The other side was quicker.

    def mend(self) -> None:
        self._refusing = False

    def close(self) -> None:
        self._listener.close()
        self.cut(refuse=True)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                near.close()
                continue
            self.connections += 1
            far = socket.create_connection(self._target)
            with self._lock:
                self._sockets += [near, far]
            threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    @staticmethod
    def _pass_on(near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, near, far:
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                        if not data:
                            return
                        key.data.sendall(data)
                    except OSError:
                        return
