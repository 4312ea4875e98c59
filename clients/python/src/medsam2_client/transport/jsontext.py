"""What is sent, as JSON."""

from __future__ import annotations

import json
from typing import Any

from ..errors import MedSam2Error


def encode(value: Any) -> bytes:
    """Numbers and arrays of NumPy count as what they hold.

    :raises MedSam2Error: something in it has no JSON, such as an infinite number.
    """
    try:
        return json.dumps(value, separators=(",", ":"), default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError) as fault:
        raise MedSam2Error(f"This cannot be sent to the server: {fault}.") from fault


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} has no JSON")
