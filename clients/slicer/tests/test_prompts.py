import module_path  # noqa: F401
import unittest

import MedSam2Lib  # noqa: F401
from MedSam2Lib.prompts import Said, Step, by_slice, differences


class PromptTests(unittest.TestCase):
    def test_points_belong_to_the_slice_nearest_to_them(self):
        grouped = by_slice("k", [(1, 2, 3.4), (1, 2, 3.5)], [(5, 5, 2.6)], None)
        self.assertEqual(grouped, {("k", 3): Said(((1, 2, 3.4),), ((5, 5, 2.6),)), ("k", 4): Said(((1, 2, 3.5),))})

    def test_a_box_is_laid_flat_on_its_middle_slice(self):
        grouped = by_slice("j", [], [], [(9, 8, 2), (1, 4, 7)])
        self.assertEqual(grouped, {("j", 6): Said(box=((1, 6, 2), (9, 6, 7)))})

    def test_what_the_server_holds_already_is_not_said_again(self):
        said = {("k", 3): Said(((1, 2, 3), (4, 5, 3)), (), ((1, 1, 3), (5, 5, 3)))}
        held = {("k", 3): Said(((4.001, 5, 3), (1, 2, 3)), (), ((5, 1, 3), (1, 5, 3)))}
        self.assertEqual(differences(said, held, "k"), [])

    def test_a_new_point_is_added_to_what_was_said(self):
        steps = differences({("k", 3): Said(((1, 2, 3), (4, 5, 3)))}, {("k", 3): Said(((1, 2, 3),))}, "k")
        self.assertEqual(steps, [Step("k", 3, Said(((4, 5, 3),)))])

    def test_a_point_that_was_moved_or_turned_has_the_slice_said_anew(self):
        for wanted in (Said(((9, 2, 3),)), Said((), ((1, 2, 3),)), Said(((1, 2, 3),), (), ((0, 0, 3), (1, 1, 3)))):
            held = Said(((1, 2, 3),), (), ((0, 0, 3), (5, 5, 3)))
            self.assertEqual(differences({("k", 3): wanted}, {("k", 3): held}, "k"), [Step("k", 3, wanted, replace=True)])

    def test_a_slice_without_points_is_forgotten_in_its_own_plane_alone(self):
        held = {("k", 3): Said(((1, 2, 3),)), ("j", 2): Said(((1, 2, 3),)), ("k", 9): Said()}
        self.assertEqual(differences({}, held, "k"), [Step("k", 3, None)])


if __name__ == "__main__":
    unittest.main()
