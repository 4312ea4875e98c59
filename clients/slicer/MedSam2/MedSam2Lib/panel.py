"""The module's widgets. Each does one thing: call the workbench, or show what it says."""

from __future__ import annotations

from typing import Any, Callable, List, Optional

import ctk
import qt
import slicer
from medsam2_client import MedSam2Error

from .worker import Event
from .workbench import Workbench

_SETTINGS = "MedSam2"
_TICK_MS = 50
_PLANES = (("slices as acquired", "k"), ("across the rows", "j"), ("across the columns", "i"))
_DIRECTIONS = (("both ways", "both"), ("towards higher slices", "up"), ("towards lower slices", "down"))
_ORIENTATIONS = (("one direction", "axial"), ("three directions", "triplanar"), ("three directions, both ways", "six"), ("as the server thinks best", "auto"))


class Panel:
    """Builds itself into a layout."""

    def __init__(self, layout: Any) -> None:
        self.workbench = Workbench(self.take)
        self._stored_ids: List[str] = []
        self._build_server(layout)
        self._build_image(layout)
        self._build_prompts(layout)
        self._build_propagation(layout)
        self._build_saving(layout)
        self.status = qt.QLabel("Connect to a server.")
        self.status.wordWrap = True
        layout.addWidget(self.status)
        layout.addStretch(1)
        self._timer = qt.QTimer()
        self._timer.setInterval(_TICK_MS)
        self._timer.connect("timeout()", self.tick)
        self._timer.start()
        interaction = slicer.app.applicationLogic().GetInteractionNode()
        self._placement = (interaction, interaction.AddObserver(slicer.vtkMRMLInteractionNode.EndPlacementEvent, self._guard(self.workbench.finish_scribble)))
        self._enable()

    def close(self) -> None:
        self._timer.stop()
        interaction, tag = self._placement
        interaction.RemoveObserver(tag)
        self.workbench.close()

    # The parts.

    def _build_server(self, layout: Any) -> None:
        form = _section(layout, "Server")
        settings = qt.QSettings()
        self.url = qt.QLineEdit(str(settings.value(f"{_SETTINGS}/url", "http://127.0.0.1:8000")))
        self.url.toolTip = "Address of the MedSAM-2 server"
        self.token = qt.QLineEdit()
        self.token.setEchoMode(qt.QLineEdit.Password)
        self.token.toolTip = "Only where the server asks for a login. It is not saved."
        form.addRow("Address", self.url)
        form.addRow("Token", self.token)
        self.connect_button = self._button("Connect and test", "Connects, and says what is wrong where it fails", self._connect)
        form.addRow(self.connect_button)

    def _build_image(self, layout: Any) -> None:
        form = _section(layout, "Image")
        self.volume = _nodes("vtkMRMLScalarVolumeNode", none=False)
        self.segmentation = _nodes("vtkMRMLSegmentationNode", none=True)
        self.segmentation.noneDisplay = "A new segmentation"
        form.addRow("Volume", self.volume)
        form.addRow("Segmentation", self.segmentation)
        self.open_button = self._button("Open", "A series that the server has is named to it; any other volume is sent", self._open)
        form.addRow(self.open_button)
        self.stored = qt.QComboBox()
        self.load_button = self._button("Go on with", "What the server has of this image already appears as segments", self._load_stored)
        form.addRow("Stored", self.stored)
        form.addRow(self.load_button)
        self.strategy = qt.QComboBox()
        self.next_button = self._button("Next image to label", "Fetches the image that is worth labelling next", lambda: self.workbench.controller.next_sample(self._strategy()))
        form.addRow("Chosen by", self.strategy)
        form.addRow(self.next_button)

    def _build_prompts(self, layout: Any) -> None:
        form = _section(layout, "Prompts")
        self.segments = slicer.qMRMLSegmentsTableView()
        self.segments.setMRMLScene(slicer.mrmlScene)
        self.segments.setSelectionMode(qt.QAbstractItemView.SingleSelection)
        self.segments.connect("selectionChanged(QItemSelection,QItemSelection)", self._guard(self._choose))
        form.addRow(self.segments)
        self.new_button = self._button("New segment", "Another object", self.workbench.new_segment)
        self.editor_button = self._button("Segment Editor", "Paint and erase there: what is painted is kept by the server", lambda: slicer.util.selectModule("SegmentEditor"))
        form.addRow(_row(self.new_button, self.editor_button))
        self.plane = _choice(_PLANES)
        self.plane.connect("currentIndexChanged(int)", self._guard(self._choose_plane))
        form.addRow("Slices", self.plane)
        self.include_button = self._button("Include", "Click inside of the object", lambda: self.workbench.place("include"))
        self.exclude_button = self._button("Exclude", "Click on what does not belong to it", lambda: self.workbench.place("exclude"))
        self.box_button = self._button("Box", "Draw a box around the object in a slice view", lambda: self.workbench.place("box"))
        form.addRow(_row(self.include_button, self.exclude_button, self.box_button))
        self.scribble_button = self._button("Scribble include", "Draw a line within the object; a right click ends it", lambda: self.workbench.place_scribble(True))
        self.unscribble_button = self._button("Scribble exclude", "Draw a line over what does not belong to it; a right click ends it", lambda: self.workbench.place_scribble(False))
        form.addRow(_row(self.scribble_button, self.unscribble_button))
        self.live = qt.QCheckBox("Send each prompt at once")
        self.live.checked = True
        self.live.connect("toggled(bool)", self._set_live)
        self.send_button = self._button("Send", "Sends the prompts that wait", self.workbench.send)
        self.clear_button = self._button("Clear prompts", "Forgets the segment's points and box", self.workbench.clear_prompts)
        self.closer = qt.QCheckBox("Closer look")
        self.closer.toolTip = "From its next prompt on an object with a box is also looked at in two closer views: better masks for three times the work"
        self.closer.connect("clicked(bool)", self._set_closer)  # By a person: what a session has is no choice.
        form.addRow(self.live)
        form.addRow(self.closer)
        form.addRow(_row(self.send_button, self.clear_button))
        self.undo_button = self._button("Undo", "Takes the last step back", self.workbench.undo)
        self.redo_button = self._button("Redo", "Does it again", self.workbench.redo)
        form.addRow(_row(self.undo_button, self.redo_button))

    def _build_propagation(self, layout: Any) -> None:
        form = _section(layout, "Through the volume")
        self.direction = _choice(_DIRECTIONS)
        self.orientations = _choice(_ORIENTATIONS)
        self.count = qt.QSpinBox()
        self.count.setRange(0, 10000)
        self.count.setSpecialValueText("to the end")
        self.count.toolTip = "With one direction alone: several always go to the end"
        self.all_objects = qt.QCheckBox("All segments")
        form.addRow("Direction", self.direction)
        form.addRow("Slices each way", self.count)
        form.addRow("Views", self.orientations)
        form.addRow(self.all_objects)
        self.propagate_button = self._button("Propagate", "Carries the object through the volume; the mask grows slice by slice", self._propagate)
        self.cancel_button = self._button("Cancel", "Stops; what is there stays", self.workbench.cancel)
        form.addRow(_row(self.propagate_button, self.cancel_button))
        self.progress = qt.QProgressBar()
        form.addRow(self.progress)

    def _build_saving(self, layout: Any) -> None:
        form = _section(layout, "Save")
        self.original_button = self._button("Save as proposal", "Stores the segments as a first proposal", lambda: self.workbench.commit("original"))
        self.final_button = self._button("Save as approved", "Stores the segments as approved: as DICOM SEG beside a series, else in the datastore", lambda: self.workbench.commit("final"))
        self.submit_button = self._button("Approve, and next image", "Saves as approved and fetches the next image", lambda: self.workbench.submit(self._strategy()))
        form.addRow(_row(self.original_button, self.final_button))
        form.addRow(self.submit_button)

    # What is clicked.

    def _connect(self) -> None:
        qt.QSettings().setValue(f"{_SETTINGS}/url", self.url.text)
        self.status.setText("Connecting…")
        self.workbench.controller.connect(self.url.text.strip(), self.token.text.strip() or None)

    def _open(self) -> None:
        node = self.volume.currentNode()
        if node is None:
            raise MedSam2Error("Load a volume and choose it.")
        self.workbench.open(node, self.segmentation.currentNode())
        self._show_segments()

    def _load_stored(self) -> None:
        self.workbench.load_stored(self._stored_ids[self.stored.currentIndex])

    def _choose(self, *_: Any) -> None:
        selected = self.segments.selectedSegmentIDs()
        if selected:
            self.workbench.choose(selected[0])

    def _choose_plane(self, *_: Any) -> None:
        self.workbench.plane = _PLANES[self.plane.currentIndex][1]

    def _set_live(self, live: bool) -> None:
        self.workbench.live = bool(live)

    def _set_closer(self, closer: bool) -> None:
        self.workbench.closer_look = bool(closer)

    def _propagate(self) -> None:
        self.progress.setValue(0)
        count = self.count.value or None if self.count.enabled else None
        direction, orientations = _DIRECTIONS[self.direction.currentIndex][1], _ORIENTATIONS[self.orientations.currentIndex][1]
        self.workbench.propagate(direction, count, orientations, bool(self.all_objects.checked))

    def _strategy(self) -> str:
        return str(self.strategy.currentText) or "random"

    # What is shown.

    def tick(self) -> None:
        try:
            self.workbench.tick()
        except MedSam2Error as fault:
            self.status.setText(str(fault))
        self._enable()

    def take(self, event: Event) -> None:
        """An event, in words."""
        if event.kind == "failed":
            self.status.setText(str(event.value))
        elif event.kind == "progress":
            done, total = event.value
            self.progress.setRange(0, max(1, total))
            self.progress.setValue(done)
        elif event.kind == "answered":
            told = self._tell(event)
            if told:
                self.status.setText(told)

    def _tell(self, event: Event) -> Optional[str]:
        if event.task == "connect":
            checks, info = event.value
            if info is not None:
                self.strategy.clear()
                self.strategy.addItems(list(info.strategies))
            return "\n".join(("" if check.passed else "Failed: ") + check.told for check in checks)
        if event.task == "open":
            session = self.workbench.controller.session
            if session is not None and self.workbench.closer_look is None:
                self.closer.checked = session.closer_look
            known = session.stored if session is not None else []
            self._stored_ids = [str(label["id"]) for label in known]
            self.stored.clear()
            self.stored.addItems([f"{label.get('tag') or 'label'}: {', '.join(label.get('names') or [])}" for label in known])
            return str(event.value.told)
        if event.task == "propagate":
            return "Stopped." if event.value else "Done."
        if event.task == "commit":
            stored = event.value
            place = "DICOM SEG" if stored.sop_instance_uid else "label"
            return f"Saved as {stored.tag} ({place})." + (f" {stored.waiting}" if stored.waiting else "")
        if event.task == "next":
            if event.value is None:
                return "Nothing is left to label."
            self.volume.setCurrentNode(self.workbench.volume)
            self._show_segments()
            return f"Next: {event.value.name}."
        return None

    def _show_segments(self) -> None:
        self.segmentation.setCurrentNode(self.workbench.segmentation)
        self.segments.setSegmentationNode(self.workbench.segmentation)

    def _enable(self) -> None:
        session = self.workbench.controller.session
        is_open, idle = session is not None, self.workbench.controller.idle
        for button in (
            self.new_button, self.include_button, self.exclude_button, self.box_button, self.scribble_button, self.unscribble_button,
            self.send_button, self.clear_button, self.propagate_button, self.original_button, self.final_button, self.submit_button,
        ):
            button.enabled = is_open
        self.load_button.enabled = is_open and bool(self._stored_ids)
        self.count.enabled = _ORIENTATIONS[self.orientations.currentIndex][1] == "axial"
        self.cancel_button.enabled = is_open and not idle
        self.undo_button.enabled = session is not None and session.history.can_undo
        self.redo_button.enabled = session is not None and session.history.can_redo
        self.undo_button.toolTip = f"Undo: {session.history.undo}" if session is not None and session.history.undo else "Takes the last step back"

    def _button(self, text: str, tip: str, action: Callable[[], Any]) -> Any:
        button = qt.QPushButton(text)
        button.toolTip = tip
        button.connect("clicked(bool)", self._guard(action))
        return button

    def _guard(self, action: Callable[..., Any]) -> Callable[..., None]:
        """What goes wrong is shown, not lost in a console."""
        def guarded(*_: Any) -> None:
            try:
                action()
            except MedSam2Error as fault:
                self.status.setText(str(fault))
        return guarded


def _section(layout: Any, title: str) -> Any:
    section = ctk.ctkCollapsibleButton()
    section.text = title
    layout.addWidget(section)
    return qt.QFormLayout(section)


def _row(*widgets: Any) -> Any:
    row = qt.QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    return row


def _choice(entries: Any) -> Any:
    box = qt.QComboBox()
    box.addItems([text for text, _ in entries])
    return box


def _nodes(class_name: str, none: bool) -> Any:
    nodes = slicer.qMRMLNodeComboBox()
    nodes.nodeTypes = [class_name]
    nodes.noneEnabled = none
    nodes.addEnabled = False
    nodes.removeEnabled = False
    nodes.setMRMLScene(slicer.mrmlScene)
    return nodes
