"""Goes through the images that have no approved label, proposes one for each from a box in the middle, and stores it as a proposal.

A person approves it afterwards in a viewer; what is approved is what training learns from.

python label_loop.py --images 3
"""

import argparse

from medsam2_client import Client, Volume


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--images", type=int, default=1)
    arguments.add_argument("--strategy", default="random")
    arguments.add_argument("--name", default="object")
    arguments.add_argument("--server", default="http://127.0.0.1:8000")
    given = arguments.parse_args()

    client = Client(given.server, user="label-loop")
    for _ in range(given.images):
        sample = client.next_sample(given.strategy)
        if sample is None:
            print("nothing is left to label")
            break
        i, j, k = client.datastore.download(sample.image).array.shape
        answer = client.segment(sample.image, box=((i // 3, j // 3, k // 2), (2 * i // 3, 2 * j // 3, k // 2)), label=given.name, model="medsam2_2d")
        client.datastore.save_label(sample.image, Volume(answer.mask, answer.affine), [given.name], tag="original")
        print(f"{sample.image}: {int(answer.mask.sum())} voxels proposed")


if __name__ == "__main__":
    main()
