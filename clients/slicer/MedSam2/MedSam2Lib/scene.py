"""The objects of Slicer that the module reads and writes. Nothing is decided here.

Arrays and points are in voxel indices ``(i, j, k)`` of the volume node; Slicer's own arrays are ``[k, j, i]`` and its world is RAS.
"""

from __future__ import annotations

from typing import Any, Callable, List, Optional, Sequence, Tuple

import numpy as np
import slicer
import vtk
from medsam2_client import Code, MedSam2Error, Volume
from medsam2_client.geometry import ijk_to_ras, ras_to_ijk, swap_ras_lps

from .controller import NextSample, ObjectName, Source

IMAGE_ATTRIBUTE = "MedSam2.ImageId"


# Volumes.

def affine_of(volume_node: Any) -> np.ndarray:
    """To LPS mm, without the node's parent transform."""
    matrix = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    return swap_ras_lps(slicer.util.arrayFromVTKMatrix(matrix))


def source_of(volume_node: Any) -> Source:
    array = slicer.util.arrayFromVolume(volume_node)
    if array is None or array.ndim != 3:
        raise MedSam2Error(f"'{volume_node.GetName()}' is no volume with one value a voxel.")
    candidates = [volume_node.GetAttribute(IMAGE_ATTRIBUTE), _series_of(volume_node)]
    return Source(volume_node.GetName(), Volume(array.transpose(2, 1, 0), affine_of(volume_node)), tuple(known for known in candidates if known))


def add_volume(sample: NextSample) -> Any:
    """A new volume node that remembers which image of the server it is."""
    node = slicer.util.addVolumeFromArray(np.ascontiguousarray(sample.volume.array.transpose(2, 1, 0)), sample.volume.affine_ras, sample.name)
    node.SetAttribute(IMAGE_ATTRIBUTE, sample.image)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node


def _series_of(volume_node: Any) -> Optional[str]:
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(volume_node) if hierarchy else 0
    return hierarchy.GetItemUID(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName()) if item else None


def is_present(node: Any) -> bool:
    return bool(slicer.mrmlScene.IsNodePresent(node))


def remove(node: Any) -> None:
    """Also where the scene was closed and it is gone already."""
    if is_present(node):
        slicer.mrmlScene.RemoveNode(node)


# Markups.

def add_markups(class_name: str, name: str, colour: Tuple[float, float, float]) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(class_name, name)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetSelectedColor(*colour)
    node.GetDisplayNode().SetPointLabelsVisibility(False)
    return node


def show_markups(node: Any, visible: bool) -> None:
    node.GetDisplayNode().SetVisibility(visible)


def place(node: Any, many: bool) -> None:
    """The next clicks in a view put points of the node."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    selection.SetReferenceActivePlaceNodeClassName(node.GetClassName())
    selection.SetActivePlaceNodeID(node.GetID())
    interaction = slicer.app.applicationLogic().GetInteractionNode()
    interaction.SetPlaceModePersistence(1 if many else 0)
    interaction.SetCurrentInteractionMode(interaction.Place)


def points_of(markups_node: Any, volume_node: Any) -> List[np.ndarray]:
    """Points that have been put; the one that still hangs at the pointer is none of them."""
    defined = slicer.vtkMRMLMarkupsNode.PositionDefined
    places = []
    for n in range(markups_node.GetNumberOfControlPoints()):
        if markups_node.GetNthControlPointPositionStatus(n) == defined:
            world = [0.0, 0.0, 0.0]
            markups_node.GetNthControlPointPositionWorld(n, world)
            places.append(_to_ijk([world], volume_node)[0])
    return places


def set_points(markups_node: Any, volume_node: Any, points: Sequence[Sequence[float]]) -> None:
    markups_node.RemoveAllControlPoints()
    for world in _to_world(points, volume_node):
        markups_node.AddControlPointWorld(vtk.vtkVector3d(*world))


def curve_of(curve_node: Any, volume_node: Any) -> np.ndarray:
    return _to_ijk(slicer.util.arrayFromMarkupsCurvePoints(curve_node, world=True), volume_node)


def box_of(roi_node: Any, volume_node: Any) -> Optional[np.ndarray]:
    """Two opposite corners, around all eight of the ROI; None while it is being put."""
    size = np.array(roi_node.GetSize(), dtype=float)
    if roi_node.GetNumberOfControlPoints() == 0 or not roi_node.GetControlPointPlacementComplete() or not np.all(size >= 0) or not size.any():
        return None
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(roi_node.GetObjectToWorldMatrix())
    to_world = slicer.util.arrayFromVTKMatrix(matrix)
    signs = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
    corners = _to_ijk((signs * size) @ to_world[:3, :3].T + to_world[:3, 3], volume_node)
    return np.stack([corners.min(axis=0), corners.max(axis=0)])


def set_box(roi_node: Any, volume_node: Any, box: Optional[np.ndarray]) -> None:
    """Lays the ROI around the corners, along the volume's own axes."""
    if box is None:
        roi_node.RemoveAllControlPoints()
        return
    centre, x, y, z = _to_world([np.mean(box, axis=0), *(np.mean(box, axis=0) + np.eye(3))], volume_node)
    directions = [(end - centre) / np.linalg.norm(end - centre) for end in (x, y, z)]
    lengths = [float(np.linalg.norm(end - centre)) * float(span) for end, span in zip((x, y, z), np.ptp(box, axis=0))]
    matrix = vtk.vtkMatrix4x4()
    for column, direction in enumerate([*directions, centre]):
        for row in range(3):
            matrix.SetElement(row, column, float(direction[row]))
    roi_node.SetAndObserveObjectToNodeMatrix(matrix)
    roi_node.SetSize(*lengths)


def _to_ijk(world: Any, volume_node: Any) -> np.ndarray:
    local = []
    for point in np.asarray(world, dtype=float).reshape(-1, 3):
        moved = [0.0, 0.0, 0.0]
        volume_node.TransformPointFromWorld(point.tolist(), moved)
        local.append(moved)
    return ras_to_ijk(affine_of(volume_node), np.array(local, dtype=float).reshape(-1, 3))


def _to_world(points: Any, volume_node: Any) -> List[np.ndarray]:
    places = []
    for local in ijk_to_ras(affine_of(volume_node), np.asarray(points, dtype=float).reshape(-1, 3)):
        world = [0.0, 0.0, 0.0]
        volume_node.TransformPointToWorld(local.tolist(), world)
        places.append(np.array(world))
    return places


# Segmentations.

def add_segmentation(volume_node: Any) -> Any:
    """A segmentation on the volume's grid, under the same parent transform."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", f"{volume_node.GetName()} MedSAM-2")
    node.CreateDefaultDisplayNodes()
    adopt_segmentation(node, volume_node)
    return node


def adopt_segmentation(segmentation_node: Any, volume_node: Any) -> None:
    segmentation_node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    segmentation_node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())


def observe_segments(segmentation_node: Any, painted: Callable[..., None]) -> Callable[[], None]:
    """Has ``painted`` called when voxels of a segment change; answers what ends that."""
    segmentation = segmentation_node.GetSegmentation()
    names = ("SourceRepresentationModified", "MasterRepresentationModified")  # The latter before Slicer 5.2.
    event = next(getattr(slicer.vtkSegmentation, name) for name in names if hasattr(slicer.vtkSegmentation, name))
    tag = segmentation.AddObserver(event, painted)
    return lambda: segmentation.RemoveObserver(tag)


def segment_ids(segmentation_node: Any) -> List[str]:
    return list(segmentation_node.GetSegmentation().GetSegmentIDs())


def add_segment(segmentation_node: Any, name: str = "") -> str:
    return str(segmentation_node.GetSegmentation().AddEmptySegment("", name))


def remove_segment(segmentation_node: Any, segment_id: str) -> None:
    segmentation_node.GetSegmentation().RemoveSegment(segment_id)


def segment_array(segmentation_node: Any, segment_id: str, volume_node: Any) -> np.ndarray:
    """``[i, j, k]`` on the volume's grid."""
    return np.asarray(slicer.util.arrayFromSegmentBinaryLabelmap(segmentation_node, segment_id, volume_node)).transpose(2, 1, 0) != 0


def show_segment(segmentation_node: Any, segment_id: str, volume_node: Any, array: np.ndarray) -> None:
    slicer.util.updateSegmentBinaryLabelmapFromArray(np.ascontiguousarray(array.transpose(2, 1, 0), dtype=np.uint8), segmentation_node, segment_id, volume_node)


def name_of(segmentation_node: Any, segment_id: str) -> ObjectName:
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    colour = "#" + "".join(f"{int(round(255 * channel)):02x}" for channel in segment.GetColor())
    entry = vtk.mutable("")
    segment.GetTag(slicer.vtkSegment.GetTerminologyEntryTagName(), entry)
    return ObjectName(segment.GetName(), colour, code_of(str(entry.get())))


def rename_segment(segmentation_node: Any, segment_id: str, name: str, colour: Optional[str]) -> None:
    segment = segmentation_node.GetSegmentation().GetSegment(segment_id)
    segment.SetName(name)
    if colour:
        segment.SetColor(*(int(colour[n:n + 2], 16) / 255 for n in (1, 3, 5)))


def code_of(entry: str) -> Optional[Code]:
    """The type's code of Slicer's terminology entry (``context~category~type~…``, each ``scheme^value^meaning``)."""
    parts = entry.split("~")
    code = parts[2].split("^") if len(parts) > 2 else []
    return Code(code[0], code[1], code[2]) if len(code) == 3 and all(code) else None
