"""The widgets, between a fake Qt and the real server."""

import module_path  # noqa: F401
import socket
import time
import types

import fake_slicer
import numpy as np

slicer = fake_slicer.install()

import MedSam2  # noqa: E402
from MedSam2Lib.controller import Opened  # noqa: E402
from MedSam2Lib.worker import Event  # noqa: E402
from medsam2_client.geometry import transform  # noqa: E402
from serving import PATIENCE, ServedTestCase  # noqa: E402
from test_rest import ball  # noqa: E402


class PanelTests(ServedTestCase):
    def setUp(self):
        fake_slicer.Settings.kept.clear()
        self.widget = MedSam2.MedSam2Widget()
        self.widget.setup()
        self.panel = self.widget.panel
        self.addCleanup(self.widget.cleanup)
        self.panel.url.text = self.server.url

    def settle(self):
        end, quiet = time.monotonic() + PATIENCE, 0
        while quiet < 5:
            self.assertLess(time.monotonic(), end)
            self.panel.tick()
            quiet = quiet + 1 if self.panel.workbench.controller.idle else 0
            time.sleep(0.005)

    def open(self):
        self.panel.connect_button.click()
        self.settle()
        self.node = slicer.util.addVolumeFromArray(np.ascontiguousarray(ball().array.transpose(2, 1, 0)), ball().affine_ras, "ball")
        self.panel.volume.setCurrentNode(self.node)
        self.panel.open_button.click()
        self.settle()

    def click(self, ijk):
        self.panel.include_button.click()
        node_id = slicer.app.applicationLogic().GetSelectionNode().node_id
        node = next(known for known in slicer.mrmlScene.nodes if known.GetID() == node_id)
        node.put(transform(self.node.ijk_to_ras, ijk))
        self.settle()

    def test_before_a_volume_is_open_nothing_can_be_done_with_it(self):
        self.panel.tick()
        for button in (self.panel.include_button, self.panel.propagate_button, self.panel.final_button, self.panel.undo_button, self.panel.cancel_button):
            self.assertFalse(button.enabled)

    def test_connecting_says_what_the_server_is_and_remembers_its_address(self):
        self.panel.connect_button.click()
        self.settle()
        self.assertIn("MedSAM-2", self.panel.status.text)
        self.assertIn("random", self.panel.strategy.items)
        self.assertEqual(fake_slicer.Settings.kept, {"MedSam2/url": self.server.url})

    def test_a_failed_connection_is_explained(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        for url, told in ((f"http://127.0.0.1:{port}", "nothing listens"), ("hello", "no server's address")):
            self.panel.url.text = url
            self.panel.connect_button.click()
            self.settle()
            self.assertIn(told, self.panel.status.text)

    def test_what_is_missing_is_said(self):
        self.panel.open_button.click()
        self.assertIn("Load a volume", self.panel.status.text)

    def test_from_the_first_click_to_the_saved_label(self):
        self.open()
        self.assertIn("sent", self.panel.status.text)
        self.panel.new_button.click()
        self.click((12, 20, 3))
        segmentation = self.panel.segmentation.currentNode()
        shown = next(iter(segmentation.GetSegmentation().segments.values()))
        self.assertEqual(np.flatnonzero(shown.array.any(axis=(1, 2))).tolist(), [3])
        self.assertTrue(self.panel.undo_button.enabled)

        self.panel.count.value = 1
        self.panel.propagate_button.click()
        self.settle()
        self.assertEqual(self.panel.status.text, "Done.")
        self.assertEqual(self.panel.progress.value, self.panel.progress.range[1])
        self.panel.orientations.currentIndex = 1
        self.panel.tick()
        self.panel.propagate_button.click()
        self.settle()
        self.assertEqual(self.panel.status.text, "Done.")

        self.panel.undo_button.click()
        self.settle()
        self.assertTrue(self.panel.redo_button.enabled)
        self.panel.original_button.click()
        self.settle()
        self.assertEqual(self.panel.status.text, "Saved as original (label).")

        self.panel.segmentation.setCurrentNode(None)
        self.panel.open_button.click()
        self.settle()
        self.assertEqual([text.split(":")[0] for text in self.panel.stored.items], ["original"])
        self.panel.load_button.click()
        self.settle()
        again, = self.panel.workbench.segmentation.GetSegmentation().segments.values()
        np.testing.assert_array_equal(again.array, shown.array)
        self.assertEqual(again.GetName(), shown.GetName())

    def test_the_closer_look_is_as_the_session_has_it_until_somebody_chooses(self):
        self.open()
        self.assertFalse(self.panel.closer.checked)
        self.assertIsNone(self.panel.workbench.closer_look)
        self.panel.workbench.controller.session.closer_look = True  # As of a server with --closer-look.
        self.panel.take(Event("answered", "open", Opened("ball", False, "")))
        self.assertTrue(self.panel.closer.checked)
        self.assertIsNone(self.panel.workbench.closer_look)
        self.panel.closer.emit("clicked", False)
        self.assertIs(self.panel.workbench.closer_look, False)

    def test_a_scribble_is_sent_by_the_right_click_that_ends_it(self):
        self.open()
        self.panel.scribble_button.click()
        curve = slicer.mrmlScene.nodes[-1]
        for place in ((9, 20, 3), (15, 22, 3)):
            curve.put(transform(self.node.ijk_to_ras, place))
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        interaction.tell(interaction.EndPlacementEvent)
        self.settle()
        self.assertEqual(set(self.panel.workbench.controller.session.objects), {1})

    def test_prompts_wait_for_send_where_that_is_wished(self):
        self.open()
        self.panel.live.emit("toggled", False)
        self.click((12, 20, 3))
        self.assertEqual(self.panel.workbench.controller.session.objects, {})
        self.panel.send_button.click()
        self.settle()
        self.assertEqual(set(self.panel.workbench.controller.session.objects), {1})

    def test_the_segment_that_is_chosen_in_the_table_is_the_one_that_is_meant(self):
        self.open()
        first, second = (self.panel.workbench.new_segment(name) for name in ("one", "two"))
        self.panel.segments.selected = [first]
        self.panel.segments.emit("selectionChanged", None, None)
        self.settle()
        self.click((12, 20, 3))
        segments = self.panel.workbench.segmentation.GetSegmentation().segments
        self.assertIsNotNone(segments[first].array)
        self.assertIsNone(segments[second].array)

    def test_the_logic_segments_for_scripts(self):
        node = slicer.util.addVolumeFromArray(np.ascontiguousarray(ball().array.transpose(2, 1, 0)), ball().affine_ras, "ball")
        segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "s")
        segmentation.SetReferenceImageGeometryParameterFromVolumeNode(node)
        segment = segmentation.GetSegmentation().AddEmptySegment("", "ball")
        MedSam2.MedSam2Logic().segment(node, segmentation, segment, ((4, 12, 3), (20, 28, 3)), self.server.url)
        self.assertTrue(segmentation.GetSegmentation().GetSegment(segment).array[3].any())

    def test_the_module_describes_itself(self):
        parent = types.SimpleNamespace()
        MedSam2.MedSam2(parent)
        self.assertEqual(parent.title, "MedSAM-2")
        self.assertIn("research only", parent.helpText)


if __name__ == "__main__":
    import unittest

    unittest.main()
