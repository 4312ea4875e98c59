import client_path  # noqa: F401
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from medsam2_client import Client, Volume, load_volume
from serving import ServedTestCase
from test_rest import ball

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


class ExampleTests(ServedTestCase):
    def run_example(self, name, *arguments):
        result = subprocess.run(
            [sys.executable, EXAMPLES / name, *arguments, "--server", self.server.url], capture_output=True, text=True, timeout=300,
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

    def test_the_readme(self):
        code = re.search(r"```python\n(.*?)```", (EXAMPLES.parent / "README.md").read_text(encoding="utf-8"), re.DOTALL).group(1)
        whole = Client(self.server.url).datastore.download(self.phantom())
        with tempfile.TemporaryDirectory() as folder:
            Volume(whole.array[:, :, 22:30], whole.affine).save(Path(folder, "ct.nii.gz"))
            result = subprocess.run(
                [sys.executable, "-c", code.replace("http://127.0.0.1:8000", self.server.url)], capture_output=True, text=True, timeout=300, cwd=folder,
                env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent / "src")})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("voxels", result.stdout)

    def test_all_of_them_are_run(self):
        source = Path(__file__).read_text(encoding="utf-8")
        for path in EXAMPLES.glob("*.py"):
            self.assertIn(f'"{path.name}"', source)


if __name__ == "__main__":
    unittest.main()
