import module_path
import ast
import json
import re
import struct
import unittest

CONTROLLING = ("controller.py", "worker.py", "prompts.py", "__init__.py")


class PackageTests(unittest.TestCase):
    lib = module_path.SLICER / "MedSam2/MedSam2Lib"

    def test_cmake_lists_every_script(self):
        listed = set(re.findall(r"MedSam2Lib/(\w+\.py)", (self.lib.parent / "CMakeLists.txt").read_text(encoding="utf-8")))
        self.assertEqual(listed, {path.name for path in self.lib.glob("*.py")})

    def test_cmake_takes_the_client_package_from_where_it_is(self):
        path = re.search(r"CMAKE_CURRENT_SOURCE_DIR\}/(\S+)\)", (self.lib.parent / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
        self.assertTrue((self.lib.parent / path / "__init__.py").exists())

    def test_what_talks_to_the_server_imports_nothing_of_slicer(self):
        for name in CONTROLLING:
            for node in ast.walk(ast.parse((self.lib / name).read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                self.assertFalse({imported.split(".")[0] for imported in names} & {"slicer", "vtk", "qt", "ctk", "scene", "workbench", "panel"}, name)

    def test_the_index_entry_has_the_fields_of_its_schema(self):
        entry = json.loads((module_path.SLICER / "MedSam2.json").read_text(encoding="utf-8"))
        self.assertEqual(set(entry), {"$schema", "build_dependencies", "build_subdirectory", "category", "scm_revision", "scm_url", "tier"})
        self.assertTrue(entry["scm_url"].endswith(".git"))

    def test_icons_are_128_pixels_square(self):
        for path in (module_path.SLICER / "MedSam2.png", self.lib.parent / "Resources/Icons/MedSam2.png"):
            self.assertEqual(struct.unpack(">II", path.read_bytes()[16:24]), (128, 128))


if __name__ == "__main__":
    unittest.main()
