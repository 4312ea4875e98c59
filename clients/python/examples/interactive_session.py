"""Clicks on an object of the server's first image, carries it through the volume, corrects it, and stores it.

python interactive_session.py 180 210 27 --name liver
"""

import argparse

from medsam2_client import Client


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for axis in "ijk":
        arguments.add_argument(axis, type=int)
    arguments.add_argument("--image", help="a SeriesInstanceUID or an id of the datastore; else the first image")
    arguments.add_argument("--name", default="object")
    arguments.add_argument("--slices", type=int, help="at most so many each way")
    arguments.add_argument("--server", default="http://127.0.0.1:8000")
    given = arguments.parse_args()

    client = Client(given.server)
    image = given.image or client.datastore.images()[0].image
    with client.session(image) as session:
        answer = session.prompt(points=[(given.i, given.j, given.k)])
        print(f"slice {given.k}: {int(session.mask(1).sum())} voxels, estimated overlap {answer.frame.iou:.2f}, {len(answer.alternatives)} other readings")
        for frame in session.propagate([1], count=given.slices):
            print(f"slice {frame.index}: {frame.done} of {frame.total}")
        stored = session.commit("original", names={1: given.name})
        print(f"stored as {stored.tag}: {stored.sop_instance_uid or stored.label_id}")
        session.close(discard=True)


if __name__ == "__main__":
    main()
