import client_path  # noqa: F401
import ast
import os
import re
import subprocess
import unittest
from pathlib import Path

import medsam2_client

CLIENTS = Path(__file__).resolve().parents[2]
PACKAGE = CLIENTS / "python/src/medsam2_client"
FILES = sorted(path for folder in ("python", "slicer") for path in (CLIENTS / folder).rglob("*.py"))


class StyleTests(unittest.TestCase):
    def test_every_file_is_python_3_9(self):
        for path in FILES:
            ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))

    def test_types_hold(self):
        result = subprocess.run(
            ["/usr/bin/mypy", "--config-file", CLIENTS / "python/pyproject.toml", "--cache-dir", CLIENTS.parent / "artifacts/mypy", PACKAGE],
            capture_output=True, text=True, env={**os.environ, "MYPYPATH": ""})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_nothing_is_unused_or_undefined(self):
        result = subprocess.run(["/usr/bin/python3", "-m", "pyflakes", *(path for path in FILES)], capture_output=True, text=True)
        told = [line for line in result.stdout.splitlines() if not re.search("'(client_path|module_path|MedSam2Lib)' imported but unused", line)]
        self.assertEqual(told, [], result.stderr)

    def test_the_package_needs_numpy_alone(self):
        allowed = {"numpy", "__future__"} | set(__import__("sys").stdlib_module_names)
        for path in PACKAGE.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
                for name in names:
                    self.assertIn(name.split(".")[0], allowed, path)

    def test_the_transport_needs_the_standard_library_alone(self):
        for path in (PACKAGE / "transport").glob("*.py"):
            self.assertNotIn("numpy", path.read_text(encoding="utf-8"), path)

    def test_the_version_is_the_servers(self):
        properties = (CLIENTS.parent / "Directory.Build.props").read_text(encoding="utf-8")
        self.assertEqual(re.search("<Version>(.+)</Version>", properties).group(1), medsam2_client.__version__)


if __name__ == "__main__":
    unittest.main()
