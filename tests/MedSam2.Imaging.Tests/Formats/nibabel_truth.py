"""Writes what nibabel reads: for each file a line 'columns rows slices a00 .. a23' in truth.txt and the values, i fastest, as NUMBER.f64."""
import sys

import nibabel
import numpy

folder, files = sys.argv[1], sys.argv[2:]
with open(f"{folder}/truth.txt", "w") as truth:
    for number, path in enumerate(files):
        image = nibabel.load(path)
        values = numpy.asanyarray(image.dataobj).astype("<f8")
        values = values.reshape(values.shape[:3])
        values.ravel(order="F").tofile(f"{folder}/{number}.f64")
        print(*values.shape, *(repr(float(x)) for x in image.affine[:3].ravel()), file=truth)
