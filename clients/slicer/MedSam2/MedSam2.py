"""MedSAM-2 in 3D Slicer: click once, and the server carries the object through the volume. For research only."""

import os

import MedSam2Lib  # noqa: F401  (first: it finds the client package)
import slicer
from MedSam2Lib.panel import Panel
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleLogic, ScriptedLoadableModuleTest, ScriptedLoadableModuleWidget


class MedSam2(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        parent.title = "MedSAM-2"
        parent.categories = ["Segmentation"]
        parent.dependencies = ["Segmentations", "Markups"]
        parent.contributors = ["The MedSam2.Plugin authors"]
        parent.helpText = (
            "Segments an organ or a lesion in a whole CT or MR volume from a few clicks, with MedSAM-2 on a server of yours. "
            "Start the server, connect, open a volume, click inside of the object, and propagate. For research only, not for clinical use.")
        parent.acknowledgementText = "MedSAM-2: Zhu et al., Medical SAM 2, arXiv 2408.00874."


class MedSam2Widget(ScriptedLoadableModuleWidget):
    def setup(self):
        super().setup()
        self.panel = Panel(self.layout)

    def cleanup(self):
        self.panel.close()


class MedSam2Logic(ScriptedLoadableModuleLogic):
    """For scripts: ``MedSam2Logic().segment(volumeNode, segmentationNode, segmentId, box)`` without the panel."""

    def segment(self, volumeNode, segmentationNode, segmentId, box, url="http://127.0.0.1:8000"):
        """Carries the object in a box (two corners in voxel indices) through the volume and puts it into the segment."""
        from MedSam2Lib import scene
        from medsam2_client import Client

        answer = Client(url).segment(scene.source_of(volumeNode).volume, box=box)
        scene.show_segment(segmentationNode, segmentId, volumeNode, answer.mask)
        return answer.info


class MedSam2Test(ScriptedLoadableModuleTest):
    """Slicer's own self test; a server must run at the address in ``MEDSAM2_URL`` (else http://127.0.0.1:8000)."""

    def runTest(self):
        import numpy as np

        slicer.mrmlScene.Clear()
        i, j, k = np.indices((40, 32, 6))
        ball = np.where((i - 12) ** 2 + (j - 20) ** 2 + (4 * (k - 3)) ** 2 < 64, 200, 20).astype(np.int16)
        volume = slicer.util.addVolumeFromArray(np.ascontiguousarray(ball.transpose(2, 1, 0)), name="ball")
        segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "ball segments")
        segmentation.CreateDefaultDisplayNodes()
        segmentation.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        segment = segmentation.GetSegmentation().AddEmptySegment("", "ball")
        MedSam2Logic().segment(volume, segmentation, segment, ((4, 12, 3), (20, 28, 3)), os.environ.get("MEDSAM2_URL", "http://127.0.0.1:8000"))
        found = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, segment, volume)
        self.assertTrue(found[3].any())
        self.delayDisplay("Passed")
