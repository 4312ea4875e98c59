import client_path  # noqa: F401
import itertools
import unittest

import numpy as np

from medsam2_client import FormatError, Volume
from medsam2_client.geometry import GridMap, as_affine, ijk_to_ras, lps_to_ijk, plane_size, ras_to_ijk, spacing, swap_ras_lps, transform


def oblique() -> np.ndarray:
    """Three different spacings, turned about all axes, off the origin."""
    a, b, c = 0.3, -0.5, 1.1
    turn = (
        np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
        @ np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
        @ np.array([[1, 0, 0], [0, np.cos(c), -np.sin(c)], [0, np.sin(c), np.cos(c)]]))
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([0.7, 0.9, 2.5])
    affine[:3, 3] = [-101.5, 33.25, 870.0]
    return affine


class WorldTests(unittest.TestCase):
    def test_ras_is_lps_with_its_first_two_axes_reversed(self):
        affine = np.eye(4)
        affine[:3, 3] = [10, 20, 30]
        self.assertEqual(ijk_to_ras(affine, [1, 2, 3]).tolist(), [-11, -22, 33])
        self.assertEqual(ras_to_ijk(affine, [-11, -22, 33]).tolist(), [1, 2, 3])
        self.assertEqual(lps_to_ijk(affine, [11, 22, 33]).tolist(), [1, 2, 3])

    def test_there_and_back_on_an_oblique_grid(self):
        points = np.random.default_rng(1).uniform(-50, 500, (40, 3))
        np.testing.assert_allclose(ras_to_ijk(oblique(), ijk_to_ras(oblique(), points)), points, atol=1e-9)
        np.testing.assert_allclose(lps_to_ijk(oblique(), transform(oblique(), points)), points, atol=1e-9)

    def test_ras_affine_agrees_with_ras_points(self):
        np.testing.assert_allclose(transform(swap_ras_lps(oblique()), [3, 4, 5]), ijk_to_ras(oblique(), [3, 4, 5]))
        np.testing.assert_allclose(swap_ras_lps(swap_ras_lps(oblique())), oblique())

    def test_spacing_and_planes(self):
        np.testing.assert_allclose(spacing(oblique()), (0.7, 0.9, 2.5))
        self.assertEqual([plane_size(plane, (4, 5, 6)) for plane in "kji"], [(4, 5), (4, 6), (5, 6)])

    def test_volume_from_ras(self):
        volume = Volume.from_ras(np.zeros((2, 3, 4)), swap_ras_lps(oblique()))
        np.testing.assert_allclose(volume.affine, oblique())

    def test_what_is_no_affine_is_refused(self):
        for wrong in (np.zeros((4, 4)), np.eye(3), np.full((4, 4), np.nan), np.diag([1, 1, 0, 1])):
            with self.assertRaises(FormatError):
                as_affine(wrong)


class GridMapTests(unittest.TestCase):
    """A grid with its axes in another order or direction holds each voxel at the same place in the world."""

    size = (4, 5, 6)

    def turned(self, order, reverse):
        turn = np.zeros((4, 4))
        turn[3, 3] = 1
        for axis, (source, backwards) in enumerate(zip(order, reverse)):
            turn[source, axis] = -1 if backwards else 1
            if backwards:
                turn[source, 3] = self.size[source] - 1
        return oblique() @ turn, tuple(self.size[source] for source in order)

    def test_each_of_the_48_turns_puts_voxels_where_they_are_in_the_world(self):
        voxels = np.arange(np.prod(self.size)).reshape(self.size)
        for order in itertools.permutations(range(3)):
            for reverse in itertools.product((False, True), repeat=3):
                with self.subTest(order=order, reverse=reverse):
                    affine, size = self.turned(order, reverse)
                    grid = GridMap(oblique(), self.size, affine, size)
                    array = grid.array(voxels)
                    self.assertEqual(array.shape, size)
                    places = np.argwhere(np.ones(size))
                    same_places = np.rint(lps_to_ijk(oblique(), transform(affine, places))).astype(int)
                    np.testing.assert_array_equal(array[tuple(places.T)], voxels[tuple(same_places.T)])
                    np.testing.assert_array_equal(grid.back(array), voxels)
                    np.testing.assert_allclose(transform(grid.target_to_source, [1, 2, 3]), lps_to_ijk(oblique(), transform(affine, [1, 2, 3])), atol=1e-9)
                    for axis, plane in enumerate("ijk"):
                        step = transform(grid.target_to_source, np.eye(3)[axis]) - transform(grid.target_to_source, [0, 0, 0])
                        self.assertAlmostEqual(abs(step["ijk".index(grid.plane_of(plane))]), 1)

    def test_grids_that_are_not_the_same_voxels_are_refused(self):
        shifted = oblique()
        shifted[:3, 3] += 0.2
        scaled = oblique() @ np.diag([1, 1, 1.01, 1])
        tilted = oblique() @ np.array([[1, 0.02, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        for affine, size in ((shifted, self.size), (scaled, self.size), (tilted, self.size), (oblique(), (4, 5, 7)), (oblique() @ np.diag([2, 1, 1, 1]), self.size)):
            with self.assertRaises(FormatError):
                GridMap(oblique(), self.size, affine, size)


if __name__ == "__main__":
    unittest.main()
