"""Runs tests that use a third-party Python library under a python3 that has it."""

import importlib
import os
import sys
import unittest

import harness

# Debian 12's own. Before NEW, botocore lacks tags in CreateBucket and conditions on writes and deletions.
OLD, NEW = (1, 29), (1, 40)


def python_with_botocore(oldest, library, checks):
    """The path of a python3 that can run the tests, with the library and a botocore that is new enough. Skips, loudly,
    without."""
    python = harness.python_with(
        f"sys, botocore, {library}; version = tuple(map(int, botocore.__version__.split('.')[:2])); "
        f"assert version >= {oldest} and sys.version_info >= (3, 11)")
    if python is None:
        raise unittest.SkipTest(f"no python3 (3.11 or newer) can import {library} with botocore "
                                f"{'.'.join(map(str, oldest))} or newer; not run: {checks}")
    return python


def continue_with(oldest, library, checks):
    """Returns if this interpreter has the library; otherwise restarts the test program under one that has it. If none
    has it, the file is skipped, loudly."""
    try:
        importlib.import_module(library)
        version = importlib.import_module("botocore").__version__
        here = tuple(int(part) for part in version.split(".")[:2]) >= oldest
    except ImportError:
        here = False
    if not here:
        python = python_with_botocore(oldest, library, checks)
        sys.stdout.flush()
        os.execv(python, [python, *sys.argv])
    environment = harness.clean_environment()
    os.environ.clear()
    os.environ.update(environment)
