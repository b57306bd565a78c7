"""The end of `./dev test`: summary.py BUILD_FOLDER PRESET... reads CTest's output and prints what ran, failed, skipped.

Exits with 1 if a preset has no result or a failed test, or if the builds printed different traces of the same scenario.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

FAILED_LINES = 60
GTEST_RAN = re.compile(r"^\[==========\] (\d+) tests? from \d+ test suites? ran\.", re.MULTILINE)
GTEST_SKIPPED = re.compile(r"^\[  SKIPPED \] (\d+) tests?, listed below", re.MULTILINE)
PYTHON_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
TRACE = re.compile(r"^TRACE (.*): ([0-9a-f]{16})$", re.MULTILINE)
FIGURES = re.compile(r"^FIGURES (.*)$", re.MULTILINE)
SKIPPED = re.compile(r"^SKIPPED: .*", re.MULTILINE)
CLOSING = re.compile(r"^\d+% tests passed, .*", re.MULTILINE)


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def closing_lines(folder):
    """CTest's last line of every part of a preset's tests."""
    matches = [CLOSING.search(read(path)) for path in sorted(glob.glob(os.path.join(folder, "ctest-*.log")))]
    return " and ".join(match.group(0) for match in matches if match) or "no result"


def summarize(folder, preset, traces):
    """Prints the paragraph of one preset and returns whether it passed. Adds its traces: what -> trace -> presets."""
    paths = sorted(glob.glob(os.path.join(folder, "junit-*.xml")))
    if not paths:
        print(f"  {preset}: no result")
        return False
    cases = ran = skipped = 0
    printed, figures, failed = [], [], []
    for case in (each for path in paths for each in ElementTree.parse(path).getroot().iter("testcase")):
        output = case.findtext("system-out") or ""
        cases += 1
        ran += sum(int(count) for count in GTEST_RAN.findall(output) + PYTHON_RAN.findall(output))
        for what, trace in TRACE.findall(output):
            traces.setdefault(what, {}).setdefault(trace, []).append(preset)
        figures += FIGURES.findall(output)
        lines = SKIPPED.findall(output)
        in_gtest = sum(int(count) for count in GTEST_SKIPPED.findall(output))
        skipped += len(lines) + in_gtest
        printed += lines + ([f"SKIPPED: {in_gtest} in {case.get('name')}"] if in_gtest else [])
        if case.get("status") not in ("run", "notrun", "disabled") or case.find("failure") is not None:
            failed.append((case.get("name"), output))
    for name, output in failed:
        print(f"--- {preset}: {name} failed; its last lines (all of it: {folder}/Testing/Temporary/LastTest.log)")
        print("\n".join(output.rstrip().splitlines()[-FAILED_LINES:]))
    print(f"  {preset}: {closing_lines(folder)}; {ran} cases in {cases} programs, {skipped} skipped")
    for line in printed + figures:
        print(f"    {line}")
    return not failed and cases > 0


def main():
    build, presets = sys.argv[1], sys.argv[2:]
    traces = {}
    print("==> summary")
    well = all([summarize(os.path.join(build, preset), preset, traces) for preset in presets])
    for what, seen in traces.items():
        if len(seen) == 1:
            (trace, where), = seen.items()
            print(f"  {what}: the same in {' and '.join(where)}, {trace}")
        else:
            well = False
            others = ", ".join(f"{trace} in {' '.join(where)}" for trace, where in seen.items())
            print(f"  {what}: NOT the same: {others}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
