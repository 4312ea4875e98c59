"""A client of the MedSAM-2 server: volumes and prompts in, masks out, as NumPy arrays.

Arrays are ``[i, j, k]`` = column, row, slice; points are voxel indices ``(i, j, k)``; affines take them to DICOM's LPS mm.
For research only, not for clinical use.
"""

from .checks import Check
from .client import Client, Segmentation, ServerInfo
from .datastore import Datastore, Sample, StoredImage
from .errors import ConnectionFailed, ConnectionLost, FormatError, HubError, MedSam2Error, ProtocolError, ServerError
from .frames import Alternative, Change, Code, History, MaskFrame, PromptAnswer, SegmentedObject, SlicePrompts, StoredLabel
from .jobs import Job, JobProgress
from .propagation import Propagation
from .session import Session
from .volume import Volume, decode_volume, load_volume

__version__ = "0.1.0"

__all__ = [
    "Alternative", "Change", "Check", "Client", "Code", "ConnectionFailed", "ConnectionLost", "Datastore", "FormatError", "History", "HubError", "Job",
    "JobProgress", "MaskFrame", "MedSam2Error", "PromptAnswer", "Propagation", "ProtocolError", "Sample", "Segmentation", "SegmentedObject",
    "ServerError", "ServerInfo", "Session", "SlicePrompts", "StoredImage", "StoredLabel", "Volume", "decode_volume", "load_volume",
]
