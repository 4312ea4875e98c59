import client_path  # noqa: F401
import unittest

import numpy as np

from medsam2_client import FormatError
from medsam2_client import masks


class MaskTests(unittest.TestCase):
    def test_the_wire_form_of_a_known_mask(self):
        mask = np.zeros((5, 4), dtype=bool)  # x, y
        mask[1, 1] = mask[2, 1] = mask[3, 2] = True
        # Box x 1..4, y 1..3; row-major: 1 1 0 / 0 0 1
        self.assertEqual(masks.encode(mask), ((1, 1, 4, 3), bytes([0, 2, 3, 1])))

    def test_runs_of_128_and_more_take_several_bytes_least_significant_first(self):
        mask = np.ones((300, 1), dtype=bool)
        self.assertEqual(masks.encode(mask), ((0, 0, 300, 1), bytes([0, 0xAC, 0x02])))
        np.testing.assert_array_equal(masks.decode((0, 0, 300, 1), bytes([0, 0xAC, 0x02]), 300, 1), mask)

    def test_there_and_back(self):
        random = np.random.default_rng(3)
        for _ in range(200):
            width, height = random.integers(1, 90, 2)
            mask = random.random((width, height)) < random.choice([0, 0.01, 0.5, 0.99, 1])
            box, runs = masks.encode(mask)
            np.testing.assert_array_equal(masks.decode(box, runs, width, height), mask)

    def test_an_empty_mask_is_an_empty_box(self):
        self.assertEqual(masks.encode(np.zeros((3, 3))), ((0, 0, 0, 0), b""))
        self.assertFalse(masks.decode((0, 0, 0, 0), b"", 3, 3).any())

    def test_damaged_masks_are_refused(self):
        for box, runs in (
            ((0, 0, 2, 2), b"\x05"), ((0, 0, 2, 2), b"\x03"), ((0, 0, 2, 2), b""), ((0, 0, 2, 2), b"\x80"), ((0, 0, 2, 2), b"\x00\x02\x00\x02"),
            ((0, 0, 2, 2), b"\xff\xff\xff\xff\xff\xff\x01"), ((0, 0, 9, 2), b"\x12"), ((-1, 0, 1, 2), b"\x04"), ((2, 0, 1, 2), b""), ((0, 0, 2, 0), b""), ((0, 0, 2), b"\x04"),
        ):
            with self.subTest(box=box, runs=runs), self.assertRaises(FormatError):
                masks.decode(box, runs, 4, 4)

    def test_any_bytes_are_read_or_refused(self):
        random = np.random.default_rng(4)
        for _ in range(2000):
            runs = random.integers(0, 256, random.integers(0, 12), dtype=np.uint8).tobytes()
            try:
                decoded = masks.decode((1, 1, 5, 6), runs, 8, 8)
            except FormatError:
                continue
            self.assertEqual(decoded.shape, (8, 8))


if __name__ == "__main__":
    unittest.main()
