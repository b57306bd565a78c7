"""Runs the fuzz targets that `./dev fuzz` has built, and prints the results.

    fuzz.py --names [TARGET|all]      the targets, one per line; 64 if the target does not exist
    fuzz.py --run FOLDER TARGET|all [--seconds N] [--replay FILE]

FOLDER is the build folder. Inputs that the fuzzer keeps are stored there, in corpus/TARGET; the corpus of the project
is read and never written. Public vectors are used as seeds too, if they are available.
"""

import argparse
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMITS = ["-max_len=65536", "-timeout=5", "-rss_limit_mb=1024", "-malloc_limit_mb=512"]
DICTIONARIES = {
    "json": ["cloud", "document", "faults", "json", "json_answers", "lock", "manifest", "policy", "records"],
    "xml": ["xml", "xml_answers"],
}
# Folders of public vectors whose files have the format of a target's inputs.
VECTORS = {"json": ["config", "credentials", "retries"], "profile": ["config"], "xml": ["xml"]}


def names():
    targets = []
    for file in sorted(os.listdir(HERE)):
        if not file.endswith(".cc"):
            continue
        with open(os.path.join(HERE, file), encoding="utf-8") as source:
            targets += re.findall(r"^FUZZ_TARGET\((\w+)\)", source.read(), re.MULTILINE)
    return targets


def chosen(target):
    """Returns the targets that the word names; ends the program if there is none."""
    known = names()
    if target == "all":
        return known
    if target in known:
        return [target]
    print(f"There is no fuzz target {target}. There are: {', '.join(known)}; or all of them: all.", file=sys.stderr)
    sys.exit(64)


def dictionary(target):
    for kind, targets in DICTIONARIES.items():
        if target in targets:
            return [f"-dict={HERE}/{kind}.dict"]
    return []


def seeds(target):
    folder = os.path.join(ROOT, os.environ.get("FHCTL_CONFORMANCE_DIR") or "../shared/conformance")
    own = os.path.join(HERE, "corpus", target)
    found = [os.path.join(folder, name) for name in VECTORS.get(target, [])]
    return [path for path in [own, *found] if os.path.isdir(path)]


def program(build, target):
    return os.path.join(build, "tests", "fuzz", f"fuzz_{target}")


def figures(log):
    """Executions, edges covered and inputs kept, as libFuzzer's last lines have them."""
    def last(pattern):
        found = re.findall(pattern, log)
        return int(found[-1]) if found else 0
    executed, new = r"stat::number_of_executed_units:\s*(\d+)", r"stat::new_units_added:\s*(\d+)"
    return last(executed), last(r"\bcov: (\d+)"), last(new)


def run(build, target, seconds):
    """Whether the time passed without a finding."""
    grown = os.path.join(build, "corpus", target)
    findings = os.path.join(build, "findings", target)
    os.makedirs(grown, exist_ok=True)
    os.makedirs(findings, exist_ok=True)
    log_path = os.path.join(build, f"fuzz_{target}.log")
    command = [program(build, target), f"-max_total_time={seconds}", *LIMITS, *dictionary(target),
               "-print_final_stats=1", f"-artifact_prefix={findings}/", grown, *seeds(target)]
    with open(log_path, "w", encoding="utf-8") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    with open(log_path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    executed, covered, new = figures(text)
    print(f"{target:14} {seconds:5} s  {executed:11,} executions  coverage {covered:5}  {new:5} new inputs", flush=True)
    if code == 0:
        return True
    written = re.search(r"Test unit written to (\S+)", text)
    lines = [line for line in text.splitlines() if re.search(r"does not hold|ERROR: |runtime error|SUMMARY", line)]
    print("\n".join(["  FINDING:", *(f"    {line}" for line in lines[:4]), f"    the whole scenario: {log_path}"]))
    if written:
        print(f"    ./dev fuzz {target} --replay {os.path.relpath(written.group(1), ROOT)}")
    return False


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Fuzz the parsers of foreign bytes.")
    parser.add_argument("--names", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--run", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("target", nargs="?", help="one of those that `./dev fuzz` lists, or all")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target runs (60)")
    parser.add_argument("--replay", metavar="FILE", help="feed one saved input to the target, and nothing else")
    options = parser.parse_args()
    targets = chosen(options.target or "all")
    if options.replay and (len(targets) != 1 or not os.path.isfile(options.replay)):
        print(f"--replay takes a file, and one target to feed it to: {options.replay}", file=sys.stderr)
        return 64
    if options.seconds < 1:
        print("--seconds takes a number from 1 on", file=sys.stderr)
        return 64
    if not options.run:
        print("\n".join(targets))
        return 0
    build = os.path.abspath(options.run)
    if options.replay:
        return subprocess.run([program(build, targets[0]), "-timeout=5", options.replay], check=False).returncode
    return 0 if all([run(build, target, options.seconds) for target in targets]) else 1


if __name__ == "__main__":
    sys.exit(main())
