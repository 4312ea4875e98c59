"""The module's parts. ``prompts``, ``worker`` and ``controller`` import nothing of Slicer.

The client package ``medsam2_client`` lies beside this folder in an installed extension, and in ``clients/python/src`` in the
repository.
"""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
if not (_HERE.parent / "medsam2_client").is_dir():
    _IN_REPOSITORY = _HERE.parents[2] / "python" / "src"
    if not _IN_REPOSITORY.is_dir():
        raise ImportError(f"The package medsam2_client is missing beside {_HERE}. Install the extension anew.")
    if str(_IN_REPOSITORY) not in sys.path:
        sys.path.insert(0, str(_IN_REPOSITORY))
