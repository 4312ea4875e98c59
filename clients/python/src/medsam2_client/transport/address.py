"""Where the server is, and how to say that it cannot be reached."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from typing import Dict, Optional
from urllib.parse import urlsplit

from ..errors import ConnectionFailed


@dataclass(frozen=True)
class Address:
    """A server's base address.

    :param token: sent as a bearer token, where the server asks for a login.
    :param timeout: seconds without any sign of life after which a connection counts as dead.
    :param tls: for https; None trusts what the system trusts.
    """

    url: str
    token: Optional[str] = field(default=None, repr=False)
    timeout: float = 30.0
    tls: Optional[ssl.SSLContext] = field(default=None, repr=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            complete = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            complete = False
        if not complete:
            raise ConnectionFailed(f"'{self.url}' is no server's address. It looks like http://127.0.0.1:8000.")
        if self.token is not None and not all("!" <= letter <= "~" for letter in self.token):
            raise ConnectionFailed("The token holds a space, a line break or a letter that no token has. Copy it anew.")

    @property
    def secure(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    @property
    def host(self) -> str:
        return str(urlsplit(self.url).hostname)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.secure else 80)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def path(self, below: str) -> str:
        return urlsplit(self.url).path.rstrip("/") + below

    @property
    def headers(self) -> Dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def tls_context(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()

    def unreachable(self, fault: OSError) -> ConnectionFailed:
        return ConnectionFailed(f"{self.url}: {self._explain(fault)}")

    def _explain(self, fault: OSError) -> str:
        if isinstance(fault, ConnectionRefusedError):
            return f"nothing listens at {self.authority}. Start the server there, or mend the port."
        if isinstance(fault, socket.gaierror):
            return f"no machine is known by the name '{self.host}'. Mend the name, or use the machine's number."
        if isinstance(fault, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted ({fault.verify_message}). Have your system trust its issuer."
        if isinstance(fault, ssl.SSLError):
            return f"no secure connection came about ({fault.reason}). If the server speaks plain HTTP, begin the address with http://."
        if isinstance(fault, socket.timeout):
            return f"no answer within {self.timeout:g} s. The machine is off, or a firewall drops what is sent there."
        if isinstance(fault, ConnectionError):
            return "the connection was broken off. If the server wants a secure one, begin the address with https://."
        return f"the network failed: {fault.strerror or fault}."
