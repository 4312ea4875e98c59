import client_path  # noqa: F401
import threading
import time
import unittest

import numpy as np

from medsam2_client import Client, Code, ConnectionLost, HubError, MedSam2Error
from medsam2_client.geometry import PLANES
from serving import PATIENCE, CutLine, ServedTestCase
from test_geometry import oblique
from test_rest import ball

BOX = ((4, 12, 3), (20, 28, 3))


class SessionTests(ServedTestCase):
    def setUp(self):
        self.client = Client(self.server.url, user="reader")
        self.session = self.client.session(ball())
        self.addCleanup(self.session.close, discard=True)

    def test_a_session_knows_its_image(self):
        self.assertEqual(self.session.dimensions, (40, 32, 6))
        np.testing.assert_allclose(self.session.affine, oblique(), atol=1e-6)
        np.testing.assert_allclose(self.session.spacing, (0.7, 0.9, 2.5), atol=1e-6)
        self.assertTrue(self.session.created)

    def test_a_prompt_answers_its_slice_at_once(self):
        answer = self.session.prompt(box=BOX)
        self.assertEqual((answer.frame.object_id, answer.frame.plane, answer.frame.index), (1, "k", 3))
        self.assertEqual(answer.object.prompts[0].box, (BOX[0], BOX[1]))
        mask = self.session.mask(1)
        self.assertEqual(np.flatnonzero(mask.any(axis=(0, 1))).tolist(), [3])
        np.testing.assert_array_equal(mask[:, :, 3], answer.frame.mask(40, 32))
        np.testing.assert_array_equal(mask[:, :, 3], self.session.slice_mask(1, "k", 3))

    def test_a_closer_look_is_a_prompts_choice_or_the_sessions(self):
        small = ((9, 17, 3), (15, 23, 3))
        plain, closer = self.session.prompt(1, box=small), self.session.prompt(2, box=small, closer_look=True)
        self.assertNotEqual(plain.frame.runs, closer.frame.runs)
        self.assertFalse(self.session.closer_look)
        with self.client.session(ball(), closerLook=True) as other:
            self.assertTrue(other.closer_look)
            self.assertEqual(other.prompt(1, box=small).frame.runs, closer.frame.runs)
            self.assertEqual(other.prompt(2, box=small, closer_look=False).frame.runs, plain.frame.runs)

    def test_a_painted_slice_is_kept_to_the_voxel_in_every_plane(self):
        for number, plane in enumerate("kji", 1):
            axis, (x, y) = PLANES[plane]
            painted = np.zeros((self.session.dimensions[x], self.session.dimensions[y]), dtype=bool)
            painted[1:4, 2] = painted[1, 2:5] = True  # An L.
            answer = self.session.prompt(number, plane, 2, mask=painted)
            self.assertTrue(answer.frame.pinned)
            np.testing.assert_array_equal(self.session.slice_mask(number, plane, 2), painted)
            np.testing.assert_array_equal(np.take(self.session.mask(number), 2, axis=axis), painted)

    def test_an_object_runs_through_the_volume_in_dense_sequence(self):
        self.session.prompt(box=BOX)
        frames = list(self.session.propagate([1]))
        self.assertEqual([frame.sequence for frame in frames], list(range(frames[0].sequence, frames[0].sequence + len(frames))))
        self.assertEqual({frame.index for frame in frames} | {3}, set(range(6)))
        self.assertEqual(frames[-1].done, frames[-1].total)
        mask = self.session.mask(1)
        for frame in frames:
            np.testing.assert_array_equal(mask[:, :, frame.index], frame.mask(40, 32))
        self.assertTrue((self.session.label_map()[mask] == 1).all())

    def test_the_same_as_over_rest(self):
        self.session.prompt(box=BOX)
        self.session.propagate([1]).run()
        rest = self.client.segment(ball(), box=BOX)
        np.testing.assert_array_equal(self.session.mask(1), rest.mask)

    def test_a_second_client_joins_and_sees_what_the_first_did_and_does(self):
        self.session.prompt(box=BOX)
        changes = []
        with self.client.session(session_id=self.session.session_id, on_change=changes.append) as other:
            self.assertFalse(other.created)
            np.testing.assert_array_equal(other.mask(1), self.session.mask(1))
            self.assertEqual(other.objects[1].prompts[0].box, BOX)
            self.session.prompt(2, points=[(12, 20, 2)])
            self.wait_for(lambda: np.array_equal(other.mask(2), self.session.mask(2)) and other.mask(2).any())
            self.session.undo()
            self.wait_for(lambda: not other.mask(2).any())
            self.assertEqual(other.history.can_redo, True)
            self.assertGreaterEqual(len(changes), 2)

    def test_undo_and_redo_take_back_and_bring_back_the_very_same(self):
        self.session.prompt(box=BOX)
        first = self.session.mask(1)
        self.session.prompt(points=[(6, 14, 3)])
        second = self.session.mask(1)
        self.assertTrue(self.session.history.can_undo)
        self.session.undo()
        np.testing.assert_array_equal(self.session.mask(1), first)
        self.assertEqual(self.session.objects[1].prompts[0].include, ())
        self.session.redo()
        np.testing.assert_array_equal(self.session.mask(1), second)
        self.session.refresh()
        np.testing.assert_array_equal(self.session.mask(1), second)

    def test_objects_are_named_locked_cleared_and_removed(self):
        self.session.prompt(1, box=BOX)
        self.session.prompt(2, points=[(12, 20, 2)])
        self.session.rename(1, "ball", Code("SCT", "10200004", "Liver"), "#ff8000", locked=True)
        known = self.session.objects[1]
        self.assertEqual((known.name, known.code, known.colour, known.locked), ("ball", Code("SCT", "10200004", "Liver"), "#ff8000", True))
        with self.assertRaises(HubError) as refused:
            self.session.prompt(1, points=[(12, 20, 3)])
        self.assertEqual(refused.exception.code, "forbidden")
        self.session.clear_slice(2, "k", 2)
        self.assertFalse(self.session.mask(2).any())
        self.session.remove(2)
        self.assertEqual(set(self.session.objects), {1})
        self.session.rename(1, locked=False)
        self.session.reset()
        self.assertFalse(self.session.label_map().any())

    def test_what_is_committed_is_in_the_datastore_to_the_voxel_and_can_be_loaded_again(self):
        painted = np.zeros((40, 32), dtype=bool)
        painted[5:9, 4] = painted[5, 4:9] = True
        self.session.prompt(3, "k", 2, mask=painted)
        stored = self.session.commit("original", names={3: "letter"}, codes={3: Code("SCT", "10200004", "Liver")})
        self.assertEqual((stored.tag, stored.waiting), ("original", None))
        label = self.client.datastore.label(self.session.image, "original")
        np.testing.assert_array_equal(label.array[:, :, 2] != 0, painted)
        self.assertEqual(int((label.array != 0).sum()), int(painted.sum()))
        self.session.reset()
        loaded, = self.session.load_label(stored.label_id).objects
        self.assertEqual(loaded.name, "letter")
        np.testing.assert_array_equal(self.session.mask(loaded.object_id)[:, :, 2], painted)

    def test_an_alternative_can_be_taken(self):
        answer = self.session.prompt(points=[(12, 20, 3)])
        self.assertTrue(answer.alternatives)
        taken = answer.alternatives[-1]
        chosen = self.session.choose(answer, taken)
        np.testing.assert_array_equal(self.session.mask(1)[:, :, 3], taken.mask(40, 32))
        self.assertTrue(chosen.frame.pinned)

    def test_uncertainty_lies_between_none_and_one_half(self):
        self.session.prompt(points=[(12, 20, 3)])
        spread = self.session.uncertainty(1, "k", 3)
        if spread is not None:
            self.assertEqual(spread.shape, (40, 32))
            self.assertLessEqual(float(spread.max()), 0.5)

    def wait_for(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_refusals_have_a_code_and_change_nothing(self):
        self.session.prompt(box=BOX)
        before = self.session.mask(1)
        for call in (
            lambda: self.session.prompt(points=[(1, 2, 300)]), lambda: self.session.prompt(0, points=[(1, 2, 3)]),
            lambda: self.session.prompt(1, "k", 3), lambda: self.session.propagate([77]).run(),
        ):
            with self.assertRaises(HubError) as refused:
                call()
            self.assertIn(refused.exception.code, ("bad_prompt", "not_found"), str(refused.exception))
        np.testing.assert_array_equal(self.session.mask(1), before)
        with self.assertRaises(HubError) as refused:
            self.client.session("9.9.9")
        self.assertEqual(refused.exception.code, "not_found")
        with self.assertRaises(HubError) as refused:
            self.client.session(session_id="no such session")
        self.assertIn(refused.exception.code, ("not_found", "gone"))

    def test_what_is_wrong_is_said_before_it_is_sent(self):
        for call in (
            lambda: self.session.prompt(points=[(1, 2)]), lambda: self.session.prompt(points=[(1, 2, float("nan"))]), lambda: self.session.prompt(plane="x", points=[(1, 2, 3)]), lambda: self.session.prompt(),
            lambda: self.session.prompt(index=3, mask=np.zeros((3, 3))),
        ):
            with self.assertRaises(MedSam2Error):
                call()

    def test_numbers_may_be_numpys(self):
        self.session.prompt(np.int64(1), "k", np.int32(3), points=np.array([[12, 20, 3]]))
        self.assertGreater(self.session.propagate(np.array([1]), count=np.int64(1)).run(), 0)
        with self.assertRaises(MedSam2Error):
            self.session.propagate(count=float("nan"))

    def test_a_closed_session_says_so(self):
        session = self.client.session(self.session.image)
        session.close(discard=True)
        session.close()
        with self.assertRaises(MedSam2Error):
            session.prompt(box=BOX)


class LongSessionTests(ServedTestCase):
    """On the demo phantom, whose 40 slices take a while."""

    box = ((150, 180, 27), (230, 260, 27))

    def test_cancelling_stops_within_a_slice_and_keeps_what_came(self):
        with Client(self.server.url).session(self.phantom()) as session:
            session.prompt(box=self.box)
            propagation = session.propagate([1])
            first = next(propagation)
            propagation.cancel()
            rest = list(propagation)
            self.assertLess(first.done + len(rest), first.total)
            self.assertEqual(session.sequence, (rest or [first])[-1].sequence)
            session.prompt(points=[(200, 220, 27)])  # It answers at once again.
            session.close(discard=True)

    def test_a_series_gets_a_dicom_seg_that_can_be_gone_on_with(self):
        with Client(self.server.url).session(self.phantom()) as session:
            painted = np.zeros(session.dimensions[:2], dtype=bool)
            painted[200:230, 150] = painted[200, 150:260] = True
            session.prompt(5, "k", 27, mask=painted)
            stored = session.commit("final", names={5: "letter"}, codes={5: Code("SCT", "10200004", "Liver")})
            self.assertTrue(stored.sop_instance_uid and stored.series_instance_uid)
            loaded, = session.load_label(stored.label_id).objects
            self.assertEqual(loaded.name, "letter")
            np.testing.assert_array_equal(session.mask(loaded.object_id)[:, :, 27], painted)
            session.close(discard=True)

    def test_dropping_the_iterator_stops_the_server(self):
        with Client(self.server.url).session(self.phantom()) as session:
            session.prompt(box=self.box)
            propagation = session.propagate([1])
            stream = propagation._stream
            for frame in propagation:
                break
            del propagation
            self.assertLess(1 + sum(1 for _ in stream), frame.total - 2)  # The stream ends, and long before the volume does.
            session.close(discard=True)


class BrokenLineTests(ServedTestCase):
    def setUp(self):
        host, port = self.server.url[len("http://"):].split(":")
        self.line = CutLine(host, int(port))
        self.addCleanup(self.line.close)
        self.client = Client(self.line.url)

    def test_a_propagation_goes_on_behind_the_last_frame(self):
        with Client(self.server.url).session(ball()) as whole:
            whole.prompt(box=BOX)
            whole.propagate([1]).run()
            expected = whole.mask(1)
        with self.client.session(ball()) as session:
            session.prompt(box=BOX)
            sequences = []
            for frame in session.propagate([1]):
                sequences.append(frame.sequence)
                if len(sequences) in (1, 3):
                    self.line.cut()
            self.assertEqual(sequences, list(range(sequences[0], sequences[0] + len(sequences))))
            np.testing.assert_array_equal(session.mask(1), expected)
            session.close(discard=True)

    def test_calls_after_a_cut_go_through_and_the_state_is_current(self):
        with self.client.session(ball()) as session:
            session.prompt(box=BOX)
            before = session.mask(1)
            self.line.cut()
            self.wait_until_lost(session)
            session.prompt(2, points=[(12, 20, 3)])
            np.testing.assert_array_equal(session.mask(1), before)
            self.assertEqual(set(session.objects), {1, 2})
            session.close(discard=True)

    def test_a_line_that_stays_cut_ends_in_words(self):
        session = self.client.session(ball(), reconnect_seconds=0.5)
        session.prompt(box=BOX)
        self.line.cut(refuse=True)
        self.wait_until_lost(session)
        with self.assertRaises(ConnectionLost):
            session.prompt(points=[(12, 20, 3)])
        self.line.mend()
        session.prompt(points=[(12, 20, 3)])
        session.close(discard=True)

    def test_a_line_that_is_mended_in_time_is_not_noticed(self):
        with self.client.session(ball()) as session:
            session.prompt(box=BOX)
            self.line.cut(refuse=True)
            threading.Timer(0.6, self.line.mend).start()
            self.wait_until_lost(session)
            session.refresh()
            self.assertTrue(session.mask(1).any())
            session.close(discard=True)

    def wait_until_lost(self, session):
        end = time.monotonic() + PATIENCE
        while not session._hub.lost:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
