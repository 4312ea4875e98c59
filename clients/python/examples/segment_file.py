"""Segments one object of a NIfTI or NRRD file from a box on a slice, and writes the mask.

python segment_file.py ct.nii.gz 96 140 360 330 27 liver.nii.gz
"""

import argparse

from medsam2_client import Client, Volume, load_volume


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("image")
    for corner in ("i0", "j0", "i1", "j1", "k"):
        arguments.add_argument(corner, type=int)
    arguments.add_argument("mask")
    arguments.add_argument("--server", default="http://127.0.0.1:8000")
    given = arguments.parse_args()

    answer = Client(given.server).segment(load_volume(given.image), box=((given.i0, given.j0, given.k), (given.i1, given.j1, given.k)))
    Volume(answer.mask, answer.affine).save(given.mask)
    print(f"{int(answer.mask.sum())} voxels on {int(answer.mask.any(axis=(0, 1)).sum())} slices, in {answer.info['latencies']['total']:.1f} s: {given.mask}")


if __name__ == "__main__":
    main()
