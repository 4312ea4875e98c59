"""Imported first by every test: the module, the client package, and the client tests' server."""

import sys
from pathlib import Path

SLICER = Path(__file__).resolve().parents[1]
for folder in (SLICER.parent / "python/tests", SLICER.parent / "python/src", SLICER / "MedSam2"):
    sys.path.insert(0, str(folder))
