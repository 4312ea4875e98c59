"""A small fake of those objects of 3D Slicer that the module uses: what they hold, what they tell their observers, no more.

``install`` puts the modules ``slicer``, ``vtk``, ``qt`` and ``ctk`` in place. A call that is not faked fails.
"""

import itertools
import sys
import types

import numpy as np


class Observed:
    def __init__(self):
        self._observers = {}
        self._count = itertools.count(1)

    def AddObserver(self, event, callback):
        tag = next(self._count)
        self._observers[tag] = (event, callback)
        return tag

    def RemoveObserver(self, tag):
        del self._observers[tag]

    def tell(self, event):
        for known, callback in list(self._observers.values()):
            if known == event:
                callback(self, event)


class Matrix:
    def __init__(self):
        self.array = np.eye(4)

    def GetElement(self, row, column):
        return float(self.array[row, column])

    def SetElement(self, row, column, value):
        self.array[row, column] = value

    def DeepCopy(self, other):
        self.array = other.array.copy()


class Mutable:
    def __init__(self, value):
        self._value = value

    def get(self):
        return self._value

    def set(self, value):
        self._value = value


class Node(Observed):
    def __init__(self, class_name, name):
        super().__init__()
        self._class_name, self._name, self._attributes = class_name, name, {}
        self._id = f"{class_name}{id(self)}"
        self.transform = np.eye(4)
        self._display = Display()

    def GetName(self):
        return self._name

    def GetID(self):
        return self._id

    def GetClassName(self):
        return self._class_name

    def GetAttribute(self, name):
        return self._attributes.get(name)

    def SetAttribute(self, name, value):
        self._attributes[name] = value

    def CreateDefaultDisplayNodes(self):
        pass

    def GetDisplayNode(self):
        return self._display

    def GetTransformNodeID(self):
        return "transform" if not np.array_equal(self.transform, np.eye(4)) else None

    def SetAndObserveTransformNodeID(self, node_id):
        self.transform_id = node_id

    def TransformPointFromWorld(self, world, local):
        local[:] = (np.linalg.inv(self.transform) @ [*world, 1])[:3]

    def TransformPointToWorld(self, local, world):
        world[:] = (self.transform @ [*local, 1])[:3]


class Display:
    def SetSelectedColor(self, red, green, blue):
        self.colour = red, green, blue

    def SetVisibility(self, visible):
        self.visible = visible

    def SetPointLabelsVisibility(self, visible):
        self.labels = visible


class Volume(Node):
    """Holds ``[k, j, i]`` and the matrix to RAS, as Slicer does."""

    def __init__(self, name, array, ijk_to_ras):
        super().__init__("vtkMRMLScalarVolumeNode", name)
        self.array, self.ijk_to_ras = array, np.array(ijk_to_ras, dtype=float)
        self.series = None

    def GetIJKToRASMatrix(self, matrix):
        matrix.array = self.ijk_to_ras.copy()


class Markups(Node):
    PositionUndefined, PositionPreview, PositionDefined = 0, 1, 2
    PointPositionDefinedEvent, PointEndInteractionEvent, PointRemovedEvent = "defined", "moved", "removed"

    def __init__(self, class_name, name):
        super().__init__(class_name, name)
        self._points = []
        self._size = (0.0, 0.0, 0.0)
        self._to_world = Matrix()
        self.complete = True

    # As a person does it.
    def put(self, world):
        self._points.append((np.array(world, dtype=float), self.PositionDefined))
        self.tell(self.PointPositionDefinedEvent)

    def hover(self, world):
        self._points.append((np.array(world, dtype=float), self.PositionPreview))

    def move(self, n, world):
        self._points[n] = (np.array(world, dtype=float), self.PositionDefined)
        self.tell(self.PointEndInteractionEvent)

    def draw_box(self, centre, axes, size):
        self._points = [(np.array(centre, dtype=float), self.PositionDefined)]
        self._to_world.array[:3, :3], self._to_world.array[:3, 3] = axes, centre
        self._size = tuple(size)
        self.tell(self.PointPositionDefinedEvent)

    # As the module does it.
    def GetNumberOfControlPoints(self):
        return len(self._points)

    def GetNthControlPointPositionStatus(self, n):
        return self._points[n][1]

    def GetNthControlPointPositionWorld(self, n, world):
        world[:] = self._points[n][0]

    def AddControlPointWorld(self, point):
        self._points.append((np.array(point), self.PositionDefined))
        self.tell(self.PointPositionDefinedEvent)

    def RemoveAllControlPoints(self):
        if self._points:
            self._points = []
            self.tell(self.PointRemovedEvent)

    def GetControlPointPlacementComplete(self):
        return self.complete

    def GetSize(self):
        return self._size

    def SetSize(self, x, y, z):
        self._size = (x, y, z)

    def GetObjectToWorldMatrix(self):
        return self._to_world

    def SetAndObserveObjectToNodeMatrix(self, matrix):
        self._to_world.DeepCopy(matrix)
        self._points = [(matrix.array[:3, 3].copy(), self.PositionDefined)]


class Segment:
    def __init__(self, name):
        self._name, self._colour, self._tags = name, (0.5, 0.5, 0.5), {}
        self.array = None

    def GetName(self):
        return self._name

    def SetName(self, name):
        self._name = name

    def GetColor(self):
        return self._colour

    def SetColor(self, *colour):
        self._colour = colour

    def GetTag(self, name, value):
        if name in self._tags:
            value.set(self._tags[name])
        return name in self._tags

    def SetTag(self, name, value):
        self._tags[name] = value

    @staticmethod
    def GetTerminologyEntryTagName():
        return "TerminologyEntry"


class SegmentList(Observed):
    SourceRepresentationModified = "painted"

    def __init__(self):
        super().__init__()
        self.segments = {}
        self._count = itertools.count(1)

    def AddEmptySegment(self, segment_id="", name=""):
        number = next(self._count)
        segment_id = segment_id or f"Segment_{number}"
        self.segments[segment_id] = Segment(name or segment_id)
        return segment_id

    def RemoveSegment(self, segment_id):
        del self.segments[segment_id]

    def GetSegment(self, segment_id):
        return self.segments.get(segment_id)

    def GetSegmentIDs(self):
        return tuple(self.segments)


class Segmentation(Node):
    def __init__(self, name):
        super().__init__("vtkMRMLSegmentationNode", name)
        self._segments = SegmentList()
        self.reference = None

    def GetSegmentation(self):
        return self._segments

    def SetReferenceImageGeometryParameterFromVolumeNode(self, volume):
        self.reference = volume

    def paint(self, segment_id, change):
        """With Slicer's own tools: ``change`` gets ``[k, j, i]`` and alters it."""
        array = array_from_segment(self, segment_id, self.reference).copy()
        change(array)
        self._segments.segments[segment_id].array = array
        self._segments.tell(SegmentList.SourceRepresentationModified)


def array_from_segment(node, segment_id, reference):
    array = node.GetSegmentation().GetSegment(segment_id).array
    return np.zeros(reference.array.shape, np.uint8) if array is None else array


def update_segment(array, node, segment_id, reference):
    if array.shape != reference.array.shape or array.dtype != np.uint8 or not array.flags.c_contiguous:
        raise RuntimeError("the array does not fit the volume")
    node.GetSegmentation().GetSegment(segment_id).array = array.copy()
    node.GetSegmentation().tell(SegmentList.SourceRepresentationModified)


class Scene:
    def __init__(self):
        self.nodes = []

    def AddNewNodeByClass(self, class_name, name=""):
        node = Segmentation(name) if class_name == "vtkMRMLSegmentationNode" else Markups(class_name, name)
        self.nodes.append(node)
        return node

    def RemoveNode(self, node):
        self.nodes.remove(node)

    def IsNodePresent(self, node):
        return node in self.nodes


class Hierarchy:
    """Items are volumes; 0 is none."""

    @staticmethod
    def GetSubjectHierarchyNode(_):
        return Hierarchy

    @staticmethod
    def GetItemByDataNode(node):
        return node

    @staticmethod
    def GetItemUID(item, name):
        return item.series if name == "DICOM" else ""


class Selection:
    def SetReferenceActivePlaceNodeClassName(self, name):
        self.class_name = name

    def SetActivePlaceNodeID(self, node_id):
        self.node_id = node_id


class Interaction(Observed):
    Place, ViewTransform = 1, 2
    EndPlacementEvent = "ended"

    def SetPlaceModePersistence(self, many):
        self.many = many

    def SetCurrentInteractionMode(self, mode):
        self.mode = mode


class Widget:
    """Any Qt widget: properties are attributes, signals are what was connected."""

    Password, SingleSelection = 2, 1

    def __init__(self, first=None, *_):
        self._signals, self.children, self.items = {}, [], []
        self.text = first if isinstance(first, str) else ""
        self.enabled, self.checked, self.currentIndex, self.value, self.range, self.node = True, False, 0, 0, None, None
        if isinstance(first, Widget):
            first.children.append(self)

    @property
    def currentText(self):
        return self.items[self.currentIndex] if self.items else ""

    def connect(self, signal, slot):
        self._signals.setdefault(signal.split("(")[0], []).append(slot)

    def emit(self, signal, *arguments):
        if self.enabled:
            for slot in self._signals[signal]:
                slot(*arguments)

    def click(self):
        assert self.enabled, f"'{self.text}' is disabled"
        self.emit("clicked", False)

    def addItems(self, items):
        assert all(isinstance(item, str) for item in items)
        self.items += items

    def clear(self):
        self.items = []

    def setText(self, text):
        assert isinstance(text, str)
        self.text = text

    def setValue(self, value):
        self.value = value

    def setRange(self, low, high):
        self.range = low, high

    def addRow(self, *widgets):
        self.children += widgets

    def addWidget(self, widget):
        self.children.append(widget)

    def currentNode(self):
        return self.node

    def setCurrentNode(self, node):
        self.node = node

    def setSegmentationNode(self, node):
        self.node = node

    def selectedSegmentIDs(self):
        return self.selected

    def addStretch(self, _):
        pass

    setEchoMode = setSpecialValueText = setMRMLScene = setSelectionMode = setInterval = addStretch

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


class Settings:
    kept = {}

    def value(self, name, default):
        return self.kept.get(name, default)

    def setValue(self, name, value):
        self.kept[name] = value


def install():
    """Once; answers the fake ``slicer``."""
    if "slicer" in sys.modules:
        return sys.modules["slicer"]
    vtk = types.ModuleType("vtk")
    vtk.vtkMatrix4x4, vtk.mutable, vtk.vtkVector3d = Matrix, Mutable, lambda *xyz: xyz

    slicer = types.ModuleType("slicer")
    slicer.mrmlScene = Scene()
    slicer.vtkMRMLMarkupsNode, slicer.vtkMRMLInteractionNode, slicer.vtkSegmentation, slicer.vtkSegment = Markups, Interaction, SegmentList, Segment
    slicer.vtkMRMLSubjectHierarchyNode = Hierarchy
    slicer.vtkMRMLSubjectHierarchyConstants = types.SimpleNamespace(GetDICOMUIDName=lambda: "DICOM")
    selection, interaction = Selection(), Interaction()
    logic = types.SimpleNamespace(GetSelectionNode=lambda: selection, GetInteractionNode=lambda: interaction)
    slicer.app = types.SimpleNamespace(applicationLogic=lambda: logic)
    slicer.qMRMLNodeComboBox = slicer.qMRMLSegmentsTableView = Widget

    def add_volume(array, ijkToRAS=None, name=None):
        node = Volume(name, array, np.eye(4) if ijkToRAS is None else ijkToRAS)
        slicer.mrmlScene.nodes.append(node)
        return node

    slicer.util = types.SimpleNamespace(
        arrayFromVTKMatrix=lambda matrix: matrix.array.copy(), arrayFromVolume=lambda node: node.array, addVolumeFromArray=add_volume,
        setSliceViewerLayers=lambda background, fit: None, arrayFromMarkupsCurvePoints=lambda node, world: np.array([point for point, _ in node._points]).reshape(-1, 3),
        arrayFromSegmentBinaryLabelmap=array_from_segment, updateSegmentBinaryLabelmapFromArray=update_segment, selectModule=lambda name: setattr(slicer, "module", name))

    loadable = types.ModuleType("slicer.ScriptedLoadableModule")
    loadable.ScriptedLoadableModule = type("ScriptedLoadableModule", (), {"__init__": lambda self, parent: None})
    loadable.ScriptedLoadableModuleWidget = type("ScriptedLoadableModuleWidget", (), {"setup": lambda self: setattr(self, "layout", Widget())})
    loadable.ScriptedLoadableModuleLogic = type("ScriptedLoadableModuleLogic", (), {})
    loadable.ScriptedLoadableModuleTest = type("ScriptedLoadableModuleTest", (), {})
    slicer.ScriptedLoadableModule = loadable

    qt = types.ModuleType("qt")
    for name in ("QLabel", "QLineEdit", "QPushButton", "QComboBox", "QCheckBox", "QSpinBox", "QProgressBar", "QTimer", "QFormLayout", "QHBoxLayout", "QAbstractItemView"):
        setattr(qt, name, Widget)
    qt.QSettings = Settings
    ctk = types.ModuleType("ctk")
    ctk.ctkCollapsibleButton = Widget
    sys.modules.update({"vtk": vtk, "slicer": slicer, "slicer.ScriptedLoadableModule": loadable, "qt": qt, "ctk": ctk})
    return slicer
