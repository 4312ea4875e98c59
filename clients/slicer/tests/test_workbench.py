"""The module's own code between a fake Slicer and the real server."""

import module_path  # noqa: F401
import time

import fake_slicer
import numpy as np

slicer = fake_slicer.install()

import MedSam2Lib  # noqa: E402, F401
from medsam2_client import Client, Volume  # noqa: E402
from medsam2_client.geometry import swap_ras_lps, transform  # noqa: E402
from MedSam2Lib import scene  # noqa: E402
from MedSam2Lib.workbench import Workbench  # noqa: E402
from serving import PATIENCE, CutLine, ServedTestCase  # noqa: E402
from test_geometry import oblique  # noqa: E402
from test_rest import ball  # noqa: E402

CENTRE, INSIDE, OUTSIDE = (12, 20, 3), (14, 18, 3), (30, 6, 3)
LETTER = [(5, 4), (5, 5), (5, 6), (5, 7), (6, 4), (7, 4), (7, 5)]
"""An F, more or less: no turn or mirror image of it is like it."""


def node_of(volume: Volume, name="ball"):
    return slicer.util.addVolumeFromArray(np.ascontiguousarray(volume.array.transpose(2, 1, 0)), volume.affine_ras, name)


class WorkbenchTestCase(ServedTestCase):
    url = ""

    def setUp(self):
        self.events = []
        self.bench = Workbench(self.events.append)
        self.addCleanup(self.bench.close)
        self.bench.controller.connect(self.url or self.server.url, user="reader")
        self.settle()

    def settle(self, fail=True):
        """Ticks, as the timer would, until nothing is left to do."""
        end, quiet = time.monotonic() + PATIENCE, 0
        while quiet < 3:
            self.assertLess(time.monotonic(), end)
            self.bench.tick()
            busy = not self.bench.controller.idle or self.bench._stale or self.bench._markups.unsaid or self.bench._painted or self.bench._markups_stale
            quiet = 0 if busy and self.bench.controller.session is not None or not self.bench.controller.idle else quiet + 1
            time.sleep(0.005)
        if fail:
            self.assertEqual([event.value for event in self.events if event.kind == "failed"], [])

    def answers(self, task):
        return [event.value for event in self.events if event.kind == "answered" and event.task == task]

    def open(self, node, segmentation=None):
        self.bench.open(node, segmentation)
        self.settle()
        self.node = node
        self.addCleanup(lambda: self.bench.controller.close(discard=True))

    def world(self, ijk):
        local = transform(self.node.ijk_to_ras, ijk)
        return (self.node.transform @ [*local, 1])[:3]

    def markups(self, kind):
        self.bench.place(kind)
        return self.bench._markups._nodes[(self.bench._current, self.bench.plane), kind]

    def mask(self):
        """What Slicer shows of the current segment, ``[i, j, k]``."""
        return scene.segment_array(self.bench.segmentation, self.bench._current, self.node)

    @property
    def session(self):
        return self.bench.controller.session


class WorkTests(WorkbenchTestCase):
    def setUp(self):
        super().setUp()
        self.open(node_of(ball()))

    def test_a_click_shows_a_mask_on_its_slice_around_it(self):
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        self.assertEqual(np.flatnonzero(self.mask().any(axis=(0, 1))).tolist(), [3])
        self.assertEqual([tuple(np.round(point, 6)) for point in self.session.objects[1].prompts[0].include], [CENTRE])

    def test_the_point_that_hangs_at_the_pointer_is_no_prompt(self):
        include = self.markups("include")
        include.hover(self.world(CENTRE))
        self.settle()
        self.assertEqual(self.session.objects, {})
        include.move(0, self.world(CENTRE))
        self.settle()
        self.assertEqual(len(self.session.objects[1].prompts[0].include), 1)

    def test_the_server_holds_what_the_markups_say_whatever_is_done_to_them(self):
        include, exclude = self.markups("include"), self.markups("exclude")
        include.put(self.world(CENTRE))
        exclude.put(self.world(OUTSIDE))
        self.settle()
        include.put(self.world((12, 20, 1)))
        self.settle()
        held = {prompt.index: prompt for prompt in self.session.objects[1].prompts}
        self.assertEqual((len(held[3].include), len(held[3].exclude), len(held[1].include)), (1, 1, 1))
        include.move(0, self.world(INSIDE))
        self.settle()
        np.testing.assert_allclose(next(prompt for prompt in self.session.objects[1].prompts if prompt.index == 3).include, [INSIDE], atol=1e-6)
        self.bench.clear_prompts()
        self.settle()
        self.assertEqual([prompt for prompt in self.session.objects[1].prompts if prompt.include or prompt.exclude] if 1 in self.session.objects else [], [])
        self.assertFalse(self.mask().any())

    def test_a_box_that_is_turned_in_the_world_is_the_box_around_it_on_its_slice(self):
        axes = swap_ras_lps(oblique())[:3, :3] / [0.7, 0.9, 2.5]
        self.markups("box").draw_box(self.world(CENTRE), axes, (16 * 0.7, 16 * 0.9, 0))
        self.settle()
        (low, high) = self.session.objects[1].prompts[0].box
        np.testing.assert_allclose([low, high], [(4, 12, 3), (20, 28, 3)], atol=1e-6)

    def test_a_box_is_looked_at_closely_where_that_is_chosen(self):
        axes = swap_ras_lps(oblique())[:3, :3] / [0.7, 0.9, 2.5]
        shown = []
        for closer in (None, True, False):
            self.bench.new_segment()
            self.bench.closer_look = closer
            self.markups("box").draw_box(self.world(CENTRE), axes, (6 * 0.7, 6 * 0.9, 0))
            self.settle()
            shown.append(self.mask())
        self.assertTrue(shown[0].any() and not np.array_equal(shown[0], shown[1]))
        np.testing.assert_array_equal(shown[0], shown[2])

    def test_undo_takes_the_markup_back_too_and_redo_brings_it_again(self):
        include = self.markups("include")
        include.put(self.world(CENTRE))
        self.settle()
        shown = self.mask()
        exclude = self.markups("exclude")
        exclude.put(self.world(INSIDE))
        self.settle()
        self.bench.undo()
        self.settle()
        self.assertEqual(exclude.GetNumberOfControlPoints(), 0)
        np.testing.assert_allclose(scene.points_of(include, self.node), [CENTRE], atol=1e-6)
        np.testing.assert_array_equal(self.mask(), shown)
        self.bench.redo()
        self.settle()
        np.testing.assert_allclose(scene.points_of(exclude, self.node), [INSIDE], atol=1e-6)

    def test_a_scribble_is_sent_when_its_drawing_ends(self):
        self.bench.place_scribble(True)
        curve = self.bench._scribble
        for place in ((9, 20, 3), (12, 20, 3), (15, 22, 3)):
            curve.put(self.world(place))
        self.bench.finish_scribble()
        self.settle()
        self.assertNotIn(curve, slicer.mrmlScene.nodes)
        self.assertEqual(np.flatnonzero(self.mask().any(axis=(0, 1))).tolist(), [3])

    def test_the_mask_grows_through_the_volume_slice_by_slice(self):
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        self.bench.propagate(count=2)
        self.settle()
        self.assertEqual(self.answers("propagate"), [False])
        np.testing.assert_array_equal(self.mask(), self.session.mask(1))
        progress = [event.value for event in self.events if event.kind == "progress"]
        self.assertEqual(progress[-1][0], progress[-1][1])

    def test_two_segments_are_two_objects_and_each_shows_its_own_markups(self):
        include = self.markups("include")
        include.put(self.world(CENTRE))
        self.settle()
        first = self.bench._current
        second = self.bench.new_segment("other")
        self.assertFalse(include.GetDisplayNode().visible)
        self.markups("include").put(self.world(OUTSIDE))
        self.settle()
        self.assertEqual({number: [tuple(np.round(point, 6)) for point in known.prompts[0].include] for number, known in self.session.objects.items()}, {1: [CENTRE], 2: [OUTSIDE]})
        self.bench.choose(first)
        self.assertTrue(include.GetDisplayNode().visible)
        self.bench.remove_segment(second)
        self.settle()
        self.assertEqual(set(self.session.objects), {1})

    def test_each_plane_has_prompts_of_its_own(self):
        across = self.markups("include")
        across.put(self.world(CENTRE))
        self.settle()
        self.bench.plane = "j"
        self.assertFalse(across.GetDisplayNode().visible)
        self.markups("include").put(self.world(INSIDE))
        self.settle()
        held = {prompt.plane: (prompt.index, tuple(np.round(prompt.include[0], 6))) for prompt in self.session.objects[1].prompts}
        self.assertEqual(held, {"k": (3, CENTRE), "j": (18, INSIDE)})
        self.assertTrue(self.mask()[:, 18, :].any())
        self.bench.plane = "k"
        self.assertTrue(across.GetDisplayNode().visible)

    def test_what_another_person_does_in_the_session_appears_as_a_segment(self):
        with Client(self.server.url, user="reviewer").session(session_id=self.session.session_id) as other:
            other.prompt(7, points=[CENTRE])
            end = time.monotonic() + PATIENCE
            while not (self.bench._ids and self.bench._shown.get(7, np.zeros(1)).any()):
                self.assertLess(time.monotonic(), end)
                self.bench.tick()
                time.sleep(0.005)
            segment_id, = self.bench._ids
            np.testing.assert_array_equal(scene.segment_array(self.bench.segmentation, segment_id, self.node), other.mask(7))

    def test_a_segment_that_is_removed_in_slicer_is_removed_on_the_server(self):
        include = self.markups("include")
        include.put(self.world(CENTRE))
        self.settle()
        self.bench.segmentation.GetSegmentation().RemoveSegment(self.bench._current)
        self.settle()
        self.assertEqual(self.session.objects, {})
        self.assertNotIn(include, slicer.mrmlScene.nodes)
        self.bench.undo()
        self.settle()
        again, = scene.segment_ids(self.bench.segmentation)
        self.bench.choose(again)
        self.assertTrue(self.mask().any())
        self.bench.new_segment()
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        self.assertEqual(set(self.session.objects), {1, 2})

    def test_a_volume_that_is_removed_from_the_scene_ends_the_work_on_it(self):
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        slicer.mrmlScene.RemoveNode(self.node)
        self.settle(fail=False)
        self.assertIsNone(self.session)
        told, = [event.value for event in self.events if event.kind == "failed"]
        self.assertIn("removed from the scene", told)

    def test_what_is_painted_in_slicer_is_kept_by_the_server(self):
        self.bench.new_segment("letter")
        self.paint_letter()
        self.settle()
        self.assert_letter(self.session.mask(1))
        self.markups("include").put(self.world((12, 20, 5)))
        self.settle()
        self.assert_letter(self.session.mask(1)[:, :, :5])

    def test_saving_stores_the_voxels_with_their_names_and_the_next_image_is_another(self):
        segment = self.bench.new_segment("letter")
        self.bench.segmentation.GetSegmentation().GetSegment(segment).SetTag("TerminologyEntry", "x~SCT^1^Tissue~SCT^10200004^Liver~^^~x~^^~^^")
        self.paint_letter()
        self.settle()
        self.bench.commit("original")
        self.settle()
        stored, = self.answers("commit")
        self.assertEqual(stored.tag, "original")
        client = Client(self.server.url)
        label = client.datastore.label(self.session.image, "original")
        self.assert_letter(label.array != 0)
        np.testing.assert_allclose(label.affine, oblique(), atol=1e-4)

        self.bench.submit("first")
        self.settle()
        self.assertNotEqual(self.answers("next")[-1].image, stored.label_id)
        self.assertEqual(self.bench.volume.GetAttribute(scene.IMAGE_ATTRIBUTE), self.session.image)
        self.assertFalse(self.answers("open")[-1].uploaded)

    def test_refusals_are_told_and_the_module_goes_on(self):
        self.bench.new_segment()
        self.bench.propagate()
        self.settle(fail=False)
        self.assertEqual([event.task for event in self.events if event.kind == "failed"], ["propagate"])
        self.markups("include").put(self.world(CENTRE))
        self.settle(fail=False)
        self.assertTrue(self.mask().any())

    def paint_letter(self):
        def letter(array):
            for i, j in LETTER:
                array[2, j, i] = 1
        self.bench.segmentation.paint(self.bench._current, letter)

    def assert_letter(self, mask):
        self.assertEqual({tuple(place) for place in np.argwhere(mask)}, {(i, j, 2) for i, j in LETTER})


class SideTests(WorkbenchTestCase):
    """An asymmetric object on an oblique volume lands on the right side, however Slicer holds the volume."""

    def letter_in_world(self, node, places):
        return sorted(tuple(np.round((node.transform @ [*transform(node.ijk_to_ras, place), 1])[:3], 3)) for place in places)

    def test_in_every_order_of_axes(self):
        client = Client(self.server.url)
        image = client.datastore.upload(ball())
        for order, reverse in (((0, 1, 2), (False, False, True)), ((1, 0, 2), (True, False, False)), ((2, 0, 1), (True, True, True))):
            with self.subTest(order=order, reverse=reverse):
                turned = ball().array.transpose(order)[tuple(slice(None, None, -1 if back else 1) for back in reverse)]
                turn = np.zeros((4, 4))
                turn[3, 3] = 1
                for axis, (source, back) in enumerate(zip(order, reverse)):
                    turn[source, axis] = -1 if back else 1
                    turn[source, 3] += ball().array.shape[source] - 1 if back else 0
                node = node_of(Volume(turned, oblique() @ turn))
                node.SetAttribute(scene.IMAGE_ATTRIBUTE, image)
                self.open(node)
                self.assertEqual((self.session.image, self.answers("open")[-1].uploaded), (image, False))

                self.bench.new_segment()
                painted = [(3, 4, 2), (3, 5, 2), (3, 6, 2), (4, 6, 2), (3, 5, 3)]

                def letter(array):
                    for i, j, k in painted:
                        array[k, j, i] = 1

                self.bench.segmentation.paint(self.bench._current, letter)
                self.settle()
                on_server = sorted(tuple(np.round((swap_ras_lps(oblique()) @ [*place, 1])[:3], 3)) for place in np.argwhere(self.session.mask(1)))
                self.assertEqual(on_server, self.letter_in_world(node, painted))
                np.testing.assert_array_equal(self.mask(), np.isin(np.arange(turned.size).reshape(turned.shape), [np.ravel_multi_index(place, turned.shape) for place in painted]))

                self.markups("include").put(self.world((5, 5, 4)))
                self.settle()
                point = next(point for prompt in self.session.objects[1].prompts for point in prompt.include)
                np.testing.assert_allclose(transform(swap_ras_lps(oblique()), point), self.world((5, 5, 4)), atol=1e-6)

    def test_below_a_transform(self):
        node = node_of(ball())
        node.transform = np.array([[0, -1, 0, 10], [1, 0, 0, -20], [0, 0, 1, 5], [0, 0, 0, 1.0]])
        self.open(node)
        self.assertEqual(self.bench.segmentation.transform_id, "transform")
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        np.testing.assert_allclose(self.session.objects[1].prompts[0].include, [CENTRE], atol=1e-6)

    def test_a_series_on_another_grid_is_sent_instead(self):
        image = Client(self.server.url).datastore.upload(ball())
        shifted = oblique()
        shifted[:3, 3] += 0.3
        node = node_of(Volume(ball().array, shifted))
        node.series = image
        self.open(node)
        opened = self.answers("open")[-1]
        self.assertTrue(opened.uploaded)
        self.assertIn("another grid", opened.told)
        np.testing.assert_allclose(self.session.affine, shifted, atol=1e-6)

    def test_a_dicom_series_that_the_server_has_is_not_sent(self):
        series = self.phantom()
        whole = Client(self.server.url).datastore.download(series)
        node = node_of(Volume(whole.array[:, :, ::-1], whole.affine @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, whole.array.shape[2] - 1], [0, 0, 0, 1]])))
        node.series = series
        self.open(node)
        self.assertEqual((self.session.image, self.answers("open")[-1].uploaded), (series, False))
        place = (180, 210, 39 - 27)
        self.markups("include").put(self.world(place))
        self.settle()
        self.assertEqual(self.session.objects[1].prompts[0].index, 27)
        self.bench.propagate("up", count=1)
        self.settle()
        self.assertLessEqual(set(np.flatnonzero(self.mask().any(axis=(0, 1))).tolist()), {12, 13})

    def test_what_is_no_scalar_volume_is_refused(self):
        with self.assertRaises(Exception) as refused:
            self.bench.open(slicer.util.addVolumeFromArray(np.zeros((2, 3, 4, 3)), np.eye(4), "colours"))
        self.assertIn("colours", str(refused.exception))


class BrokenLineTests(WorkbenchTestCase):
    def setUp(self):
        host, port = self.server.url[len("http://"):].split(":")
        self.line = CutLine(host, int(port))
        self.addCleanup(self.line.close)
        self.url = self.line.url
        super().setUp()
        self.open(node_of(ball()))

    def test_the_work_goes_on_after_a_cut_in_its_midst(self):
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        self.bench.propagate()
        end = time.monotonic() + PATIENCE
        while not any(event.kind == "progress" for event in self.events):
            self.assertLess(time.monotonic(), end, self.events)
            self.bench.tick()
            time.sleep(0.002)
        self.line.cut()
        self.settle()
        self.assertEqual(self.answers("propagate"), [False])
        self.markups("exclude").put(self.world(OUTSIDE))
        self.settle()
        self.assertEqual(len(self.session.objects[1].prompts[0].exclude), 1)
        np.testing.assert_array_equal(self.mask(), self.session.mask(1))

    def test_cancel_ends_it(self):
        self.markups("include").put(self.world(CENTRE))
        self.settle()
        self.bench.propagate()
        self.bench.cancel()
        self.settle()
        self.assertEqual(self.answers("propagate"), [True])


if __name__ == "__main__":
    import unittest

    unittest.main()
