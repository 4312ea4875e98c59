"""One thread that talks to the server, so that the user interface never waits."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any, Callable, List, Optional

from medsam2_client import MedSam2Error


@dataclass(frozen=True)
class Event:
    """What the user interface should know. ``kind``: ``started``, ``answered``, ``failed``, or one of the controller's own."""

    kind: str
    task: str
    value: Any = None


class Worker:
    """Runs tasks one after the other. Events are taken by the user interface's thread, in its own time."""

    def __init__(self) -> None:
        self._tasks: "queue.SimpleQueue[Optional[tuple[str, Callable[[], Any]]]]" = queue.SimpleQueue()
        self._events: "queue.SimpleQueue[Event]" = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._pending = 0
        self._thread = threading.Thread(target=self._run, name="medsam2-worker", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        return self._pending == 0

    def do(self, task: str, work: Callable[[], Any]) -> None:
        """Queues work; ``answered`` or ``failed`` tells how it ended."""
        with self._lock:
            self._pending += 1
        self._tasks.put((task, work))

    def tell(self, kind: str, value: Any = None, task: str = "") -> None:
        self._events.put(Event(kind, task, value))

    def take_events(self) -> List[Event]:
        taken = []
        while not self._events.empty():
            taken.append(self._events.get())
        return taken

    def stop(self, timeout: float = 5.0) -> None:
        """Lets the running task end."""
        self._tasks.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            item = self._tasks.get()
            if item is None:
                return
            task, work = item
            self.tell("started", task=task)
            try:
                event = Event("answered", task, work())
            except MedSam2Error as fault:
                event = Event("failed", task, str(fault))
            except Exception as fault:  # A thread that died would leave a panel that never answers: it is told and shown instead.
                event = Event("failed", task, f"Unexpected {type(fault).__name__}: {fault}")
            with self._lock:
                self._pending -= 1
            self._events.put(event)
