import client_path  # noqa: F401
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from medsam2_client import Client, load_volume
from serving import ServedTestCase
from test_rest import ball

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


class ExampleTests(ServedTestCase):
    def run_example(self, name, *arguments):
        result = subprocess.run(
            [sys.executable, EXAMPLES / name, *arguments, "--server", self.server.url], capture_output=True, text=True, timeout=120,
            env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent / "src")})
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_segment_file(self):
        with tempfile.TemporaryDirectory() as folder:
            image, mask = Path(folder, "ball.nii.gz"), Path(folder, "mask.nii.gz")
            ball().save(image)
            told = self.run_example("segment_file.py", str(image), "4", "12", "20", "28", "3", str(mask))
            self.assertIn("voxels", told)
            self.assertTrue(load_volume(mask).array.any())

    def test_interactive_session(self):
        image = Client(self.server.url).datastore.upload(ball())
        told = self.run_example("interactive_session.py", "12", "20", "3", "--image", image, "--slices", "1")
        self.assertIn("stored as original", told)

    def test_label_loop(self):
        client = Client(self.server.url)
        client.datastore.upload(ball())
        self.assertIn("proposed", self.run_example("label_loop.py", "--strategy", "first"))

    def test_all_of_them_are_run(self):
        source = Path(__file__).read_text(encoding="utf-8")
        for path in EXAMPLES.glob("*.py"):
            self.assertIn(f'"{path.name}"', source)


if __name__ == "__main__":
    unittest.main()
