"""Why does it not connect? One step after the other, until one fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List

from .errors import MedSam2Error, ProtocolError
from .transport.http import HttpTransport
from .transport.signalr import HubConnection


@dataclass(frozen=True)
class Check:
    """A step, and how it went."""

    step: str
    passed: bool
    told: str


def check_server(http: HttpTransport) -> List[Check]:
    checks: List[Check] = []
    for step, test in (("server", _server), ("models", _models), ("streaming", _streaming)):
        checks.append(_try(step, test, http))
        if not checks[-1].passed:
            break
    return checks


def _try(step: str, test: Callable[[HttpTransport], str], http: HttpTransport) -> Check:
    try:
        return Check(step, True, test(http))
    except MedSam2Error as fault:
        return Check(step, False, str(fault))


def _server(http: HttpTransport) -> str:
    told = http.request("GET", "/info/").json()
    if not isinstance(told, dict) or "models" not in told:
        raise ProtocolError(f"{http.address.url}: something answers, but it is no MedSAM-2 server.")
    return f"{told.get('name')} {told.get('version')} answers at {http.address.url}."


def _models(http: HttpTransport) -> str:
    models = http.request("GET", "/info/").json()["models"]
    if "medsam2" not in models:
        raise ProtocolError(f"The server has no model 'medsam2'; it has {', '.join(models) or 'none'}. Another MONAI Label server answers there.")
    return f"Models: {', '.join(models)}."


def _streaming(http: HttpTransport) -> str:
    HubConnection(http.address, "/hubs/segmentation").close()
    return "Masks can be streamed."
