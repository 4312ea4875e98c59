#!/usr/bin/env python3
"""Runs the unittest files of folders and appends 'passed failed skipped' to the file that run.sh sums."""

import os
import sys
import unittest


def main(folders):
    suite = unittest.TestSuite()
    for folder in folders:
        sys.path.insert(0, folder)
        suite.addTests(unittest.TestLoader().discover(folder, pattern="test_*.py", top_level_dir=folder))
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    passed = max(0, result.testsRun - len(result.failures) - len(result.unexpectedSuccesses) - skipped - len([1 for test, _ in result.errors if hasattr(test, "_testMethodName")]))
    if result.testsRun == 0:
        failed += 1  # A suite without tests is no success.
    with open(os.environ.get("SUITE_COUNTS", os.devnull), "a", encoding="ascii") as counts:
        counts.write(f"{passed} {failed} {skipped}\n")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main([os.path.abspath(folder) for folder in sys.argv[1:]]))
