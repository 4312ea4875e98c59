"""Long work on the server: training, scoring, batch inference."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional

from .errors import MedSam2Error, ServerError
from .transport.address import Address
from .transport.http import HttpTransport
from .transport.signalr import HubConnection

_ENDED = ("DONE", "ERROR", "STOPPED")


@dataclass(frozen=True)
class JobProgress:
    """Where a job is. ``metrics`` are numbers by name, such as a loss."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int
    metrics: Dict[str, float]
    message: str


class Job:
    """A job of the server. ``refresh`` asks how it is; ``wait`` waits for its end."""

    def __init__(self, http: HttpTransport, kind: str, task: Dict[str, Any]) -> None:
        self._http = http
        self.kind = kind
        self.task = task

    @property
    def job_id(self) -> str:
        return str(self.task["id"])

    @property
    def status(self) -> str:
        """``SUBMITTED``, ``RUNNING``, ``DONE``, ``ERROR`` or ``STOPPED``, as of the last look."""
        return str(self.task["status"])

    @property
    def result(self) -> Dict[str, Any]:
        """What a job that is done came to: of a training, its version and scores."""
        return dict(self.task.get("result") or {})

    @property
    def failed(self) -> Dict[str, str]:
        """Of a batch: the images that failed, and why."""
        return dict(self.task.get("failed") or {})

    @property
    def ended(self) -> bool:
        return self.status in _ENDED

    @classmethod
    def start(cls, http: HttpTransport, kind: str, model: str, options: Dict[str, Any]) -> Job:
        return cls(http, kind, http.request("POST", f"/{kind}/{model}", body=options).json())

    @classmethod
    def latest(cls, http: HttpTransport, kind: str) -> Optional[Job]:
        try:
            return cls(http, kind, http.request("GET", f"/{kind}/").json())
        except ServerError as fault:
            if fault.status == 404:
                return None
            raise

    def refresh(self) -> Job:
        """Looks again."""
        latest = self._http.request("GET", f"/{self.kind}/").json()
        tasks = [latest] if latest["id"] == self.job_id else self._http.request("GET", f"/{self.kind}/", {"all": "true"}).json()
        for task in tasks:
            if task["id"] == self.job_id:
                self.task = task
                return self
        raise MedSam2Error(f"The server no longer knows the job {self.job_id}.")

    def wait(self, every: float = 1.0) -> Job:
        """Looks every so many seconds until the job has ended.

        :raises MedSam2Error: it failed.
        """
        while not self.refresh().ended:
            time.sleep(every)
        if self.status == "ERROR":
            told = self.task.get("message") or (self.task.get("details") or ["the server says no more"])[-1]
            raise MedSam2Error(f"The job failed: {told}")
        return self

    def stop(self) -> None:
        """Has the server stop the job of this kind that runs."""
        self._http.request("DELETE", f"/{self.kind}/")


def watch(address: Address, job_id: str) -> Iterator[JobProgress]:
    hub = HubConnection(address, "/hubs/segmentation")
    try:
        for item in hub.stream("WatchJob", {"jobId": job_id}):
            yield JobProgress(
                item["jobId"], item["kind"], item["state"], int(item["done"]), int(item["total"]), dict(item.get("metrics") or {}), item.get("message") or "")
    finally:
        hub.close()
