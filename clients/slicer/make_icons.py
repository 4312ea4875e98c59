#!/usr/bin/env python3
"""Draws the extension's icons: three slices of a volume, an object on them, and the click that it came from."""

import struct
import zlib
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
SIZE, FINER = 128, 4


def draw() -> np.ndarray:
    """``[y, x, rgba]``, drawn finer and averaged, so that edges are smooth."""
    size = SIZE * FINER
    y, x = np.mgrid[0:size, 0:size] / FINER
    canvas = np.zeros((size, size, 4))
    for depth, (left, top) in enumerate(((36, 12), (22, 24), (8, 36))):
        u, v = (x - left) / 84, (y - top) / 80
        sheet = (np.abs(u - 0.5) < 0.5) & (np.abs(v - 0.5) < 0.5)
        canvas[sheet] = (*(np.array([38, 50, 70]) + 26 * depth) / 255, 1)
        rim = sheet & ((np.minimum(np.minimum(u, 1 - u) * 84, np.minimum(v, 1 - v) * 80)) < 1.6)
        canvas[rim] = (0.75, 0.82, 0.92, 1)
        grow = 0.20 + 0.05 * depth
        blob = sheet & (np.hypot((u - 0.5) * 0.9, (v - 0.52) * (1.1 - 0.3 * (u > 0.5))) < grow)
        canvas[blob] = (0.10, 0.72, 0.45, 1)
    ring = np.abs(np.hypot(x - 50, y - 78) - 9)
    canvas[ring < 2.2] = (1, 1, 1, 1)
    canvas[np.hypot(x - 50, y - 78) < 3] = (1, 1, 1, 1)
    averaged = canvas.reshape(SIZE, FINER, SIZE, FINER, 4).mean(axis=(1, 3))
    return np.rint(averaged * 255).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


if __name__ == "__main__":
    icon = png(draw())
    for path in (HERE / "MedSam2.png", HERE / "MedSam2/Resources/Icons/MedSam2.png"):
        path.write_bytes(icon)
