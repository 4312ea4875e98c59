#!/usr/bin/env bash
# The Python client and the part of the Slicer module that needs no Slicer, with plain Python and the real server.
set -euo pipefail

# Debian's own Python, which its packages (numpy, nibabel, mypy) belong to.
exec /usr/bin/python3 tests/suites/count.py clients/python/tests clients/slicer/tests
