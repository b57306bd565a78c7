"""Runs one file of Python tests for CTest: run.py FILE [unittest arguments].

Prints a line that begins with SKIPPED for every skipped test, so that the summary can count it. Exits with 77 if
everything was skipped, 1 if something failed, 0 otherwise.
"""

import importlib.util
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED_ALL = 77


def load(path):
    sys.path[:0] = [HERE, os.path.dirname(os.path.abspath(path))]
    spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(path))[0], path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main():
    # Programs started by tests must not see the user's account, proxies or configuration.
    for name in list(os.environ):
        if name.startswith(("AWS_", "FHCTL_")) and not name.startswith("FHCTL_PEER_"):
            del os.environ[name]
    path, arguments = sys.argv[1], sys.argv[2:]
    try:
        module = load(path)
    except unittest.SkipTest as skip:  # a module that skips itself as a whole
        print(f"SKIPPED: {os.path.basename(path)}: {skip}")
        return SKIPPED_ALL
    program = unittest.main(module=module, argv=[path, "-v", *arguments], exit=False,
                            testRunner=unittest.TextTestRunner(stream=sys.stdout, verbosity=2))
    result = program.result
    for test, reason in result.skipped:
        print(f"SKIPPED: {test.id()}: {reason}")
    if not result.wasSuccessful():
        return 1
    if result.testsRun == 0 or len(result.skipped) >= result.testsRun:
        if not result.skipped:
            print(f"{path}: no tests found")
            return 1
        return SKIPPED_ALL
    return 0


if __name__ == "__main__":
    sys.exit(main())
