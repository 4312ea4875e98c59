import client_path  # noqa: F401
import tempfile
import unittest
from pathlib import Path

import nibabel
import numpy as np

from medsam2_client import FormatError, Volume, decode_volume, load_volume
from test_geometry import oblique

TYPES = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]


def volume(dtype=np.int16) -> Volume:
    return Volume(np.random.default_rng(5).integers(0, 100, (4, 5, 6)).astype(dtype), oblique())


class FileTests(unittest.TestCase):
    def test_every_type_there_and_back(self):
        for dtype in TYPES:
            for name, within in (("a.nrrd", 1e-12), ("a.nii", 1e-4), ("a.nii.gz", 1e-4)):
                with self.subTest(dtype=dtype, name=name):
                    back = decode_volume(volume(dtype).encode(name))
                    self.assertEqual(back.array.dtype, np.dtype(dtype))
                    np.testing.assert_array_equal(back.array, volume(dtype).array)
                    np.testing.assert_allclose(back.affine, oblique(), atol=within)

    def test_yes_and_no_become_one_and_zero(self):
        mask = volume().array > 50
        back = decode_volume(Volume(mask, oblique()).encode("m.nrrd"))
        self.assertEqual(back.array.dtype, np.uint8)
        np.testing.assert_array_equal(back.array, mask)

    def test_any_memory_layout_is_written_the_same(self):
        upright = volume()
        for layout in (np.asfortranarray(upright.array), np.ascontiguousarray(upright.array), upright.array[::-1][::-1], upright.array.astype(">i2")):
            self.assertEqual(Volume(layout, oblique()).encode("a.nrrd"), upright.encode("a.nrrd"))

    def test_nibabel_reads_what_we_write_and_the_other_way_round(self):
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = Path(folder, "ours.nii.gz"), Path(folder, "theirs.nii.gz")
            volume().save(ours)
            image = nibabel.load(ours)
            np.testing.assert_array_equal(np.asarray(image.dataobj), volume().array)
            np.testing.assert_allclose(image.affine, volume().affine_ras, atol=1e-4)

            for code in ("sform", "qform"):
                written = nibabel.Nifti1Image(volume().array, volume().affine_ras)
                written.set_sform(None if code == "qform" else volume().affine_ras, 0 if code == "qform" else 1)
                written.set_qform(None if code == "sform" else volume().affine_ras, 0 if code == "sform" else 1)
                nibabel.save(written, theirs)
                back = load_volume(theirs)
                np.testing.assert_array_equal(back.array, volume().array)
                np.testing.assert_allclose(back.affine, oblique(), atol=1e-4)

    def test_images_of_nibabel_go_in_and_out(self):
        image = volume().to_nibabel()
        np.testing.assert_allclose(image.affine, volume().affine_ras)
        back = Volume.from_nibabel(image)
        np.testing.assert_array_equal(back.array, volume().array)
        np.testing.assert_allclose(back.affine, oblique(), atol=1e-9)

    def test_scaled_voxels_get_their_real_values(self):
        with tempfile.TemporaryDirectory() as folder:
            image = nibabel.Nifti1Image(volume().array, volume().affine_ras)
            image.header.set_slope_inter(2, -7)
            image.header.set_data_dtype(np.int16)
            path = Path(folder, "scaled.nii")
            nibabel.save(image, path)
            np.testing.assert_allclose(load_volume(path).array, nibabel.load(path).get_fdata(), atol=1e-3)

    def test_nrrd_in_ras_and_big_endian(self):
        header = (
            "NRRD0005\n# made by hand\ntype: short\ndimension: 3\nspace: right-anterior-superior\nsizes: 2 1 1\nspace directions: (2,0,0) (0,3,0) (0,0,4)\n"
            "endian: big\nencoding: raw\nspace origin: (1,2,3)\nsomething:=else\n\n")
        read = decode_volume(header.encode() + b"\x01\x02\x00\x07")
        self.assertEqual(read.array.ravel().tolist(), [258, 7])
        self.assertEqual(read.affine.tolist(), [[-2, 0, 0, -1], [0, -3, 0, -2], [0, 0, 4, 3], [0, 0, 0, 1]])

    def test_damaged_files_are_refused(self):
        random = np.random.default_rng(6)
        for name in ("a.nrrd", "a.nii", "a.nii.gz"):
            whole = volume().encode(name)
            for cut in (0, 3, 40, len(whole) // 2, len(whole) - 30):
                with self.subTest(name=name, cut=cut), self.assertRaises(FormatError):
                    decode_volume(whole[:cut])
            for _ in range(300):
                damaged = bytearray(whole)
                for place in random.integers(0, min(len(whole), 400), 3):
                    damaged[place] = random.integers(0, 256)
                try:
                    decode_volume(bytes(damaged))
                except FormatError:
                    pass

    def test_what_cannot_be_stored_is_refused(self):
        with self.assertRaises(FormatError):
            Volume(np.zeros((2, 2, 2), dtype=complex), oblique()).encode("a.nrrd")
        with self.assertRaises(FormatError):
            Volume(np.zeros((2, 2)), oblique())
        with self.assertRaises(FormatError):
            volume().encode("a.mha")


if __name__ == "__main__":
    unittest.main()
