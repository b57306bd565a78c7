"""Plants small bugs into the sources, one at a time, and checks whether a test fails.

It works on a copy of one commit, never on the tree itself. Each mutant is compiled, linked into the test programs
nearest to its folder and tried until one of them fails. Results are kept in WORK/results.jsonl: an interrupted run
continues, and mutants of a source that has not changed are not tried again.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import queue
import random
import re
import sys
import threading
import time

import mutants
import trial

GLOB = "core/[a-z]*/*.cc"


def arguments():
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", default=GLOB, metavar="GLOB,...", help=f"sources to plant into (default {GLOB})")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="only N of the mutants (default: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which ones: the same seed, the same sample")
    parser.add_argument("--only", metavar="ID", help="one mutant, tried again, and its change shown")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument("--report", action="store_true", help="print the table of what was found and try none")
    parser.add_argument("--retry", action="store_true", help="try again those that survived, as after new tests")
    parser.add_argument("--commit", default="HEAD", help="what to copy and test (default HEAD)")
    parser.add_argument("--work", default=os.path.join(trial.ROOT, "build", "mutation"), metavar="FOLDER",
                        help="the copy, its build and the results (default build/mutation)")
    parser.add_argument("--results", metavar="FILE", help="default WORK/results.jsonl")
    parser.add_argument("--longest", type=float, default=20, metavar="SECONDS", help="leave out cases of more CPU time")
    parser.add_argument("--programs", default=".*", metavar="REGEX", help="ask only the CTest tests of these names")
    parser.add_argument("--without", default="", metavar="PATTERN:...", help="leave out cases of these names")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    return parser.parse_args()


class Results:
    """One JSON object a line, in the order of the trials; the last one of a mutant counts."""

    def __init__(self, path):
        self.path, self.all, self.lock = path, {}, threading.Lock()
        lines = []
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = file.readlines()
        if lines and not lines[-1].endswith("\n"):  # the last run was cut short in the middle of it
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines[:-1])
        for line in lines:
            if line.endswith("\n"):
                entry = json.loads(line)
                self.all[entry["id"], entry["source"]] = entry

    def add(self, entry):
        with self.lock:
            self.all[entry["id"], entry["source"]] = entry
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")


class Chosen:
    """The mutants of this run, in the order in which they are tried, with the digests of their sources."""

    def __init__(self, copy, options):
        self.texts, self.digests = {}, {}
        found = []
        for path in sorted(copy.compilations):
            if any(fnmatch.fnmatch(path, pattern) for pattern in options.files.split(",")):
                self.texts[path] = copy.read(path)
                self.digests[path] = hashlib.sha256(self.texts[path].encode(errors="surrogateescape")).hexdigest()[:12]
                found += mutants.mutants(path, self.texts[path])
        self.of_all = len(found)
        if options.only:
            found = [mutant for mutant in found if mutant.id == options.only]
        else:  # in random order, so that a stopped run is a sample, and a larger sample contains the smaller one
            random.Random(options.seed).shuffle(found)
            found = found[:options.sample or None]
        self.mutants = found

    def key(self, mutant):
        return mutant.id, self.digests[mutant.path]

    def describe(self, mutant):
        was = " ".join(self.texts[mutant.path][mutant.start:mutant.end].split())
        return f"{mutant.id}: {shorten(was)} -> {shorten(' '.join(mutant.now.split())) or 'nothing'}"

    def line(self, mutant):
        return self.texts[mutant.path].splitlines()[mutant.line - 1].strip()


def place(mutant):
    return mutant.path, mutant.start, mutant.operator


def shorten(text):
    return text if len(text) <= 60 else text[:57] + "..."


def judges_for(copy, folders, options):
    """{folder: judges}, the quick cases of all programs before the slow ones. Checks that all pass without a mutant."""
    names = {folder: [name for name in copy.judges_of(folder) if re.fullmatch(options.programs, name)]
             for folder in folders}
    every = list(dict.fromkeys(name for group in names.values() for name in group))
    if not every:
        raise trial.Refused("there is no such test program: is GoogleTest installed?")
    targets = sorted({copy.target_of(name) for name in every})
    print(f"==> building {', '.join(targets)} of {copy.commit} in {copy.build}", flush=True)
    copy.make(targets)
    measured = {}
    for name in every:
        judges, left_out = copy.measure(name, options.without, options.longest)
        measured[name] = judges
        cases, seconds = sum(len(judge.cases) for judge in judges), sum(judge.seconds for judge in judges)
        print(f"    {name}: {cases} cases pass in {seconds:.1f} s" +
              (f"; {len(left_out)} left out, each over {options.longest:g} s" if left_out else ""), flush=True)
    result = {}
    for folder in folders:
        judges = [judge for name in names[folder] for judge in measured[name]]
        result[folder] = sorted(judges, key=lambda judge: judge.slow)
    return result


def run(copy, chosen, results, options):
    waiting = [mutant for mutant in chosen.mutants
               if chosen.key(mutant) not in results.all or options.only
               or options.retry and results.all[chosen.key(mutant)]["outcome"] == "survived"]
    print(f"==> {len(chosen.mutants)} of {chosen.of_all} mutants, {len(waiting)} to try", flush=True)
    if not waiting:
        return
    judges = judges_for(copy, sorted({os.path.dirname(mutant.path) for mutant in waiting}), options)
    trials = queue.SimpleQueue()
    for number in range(options.jobs):
        trials.put(trial.Trial(copy, judges, os.path.join(copy.work, f"mutant{number}")))

    def attempt(mutant):
        place = trials.get()
        began = time.monotonic()
        outcome, by = place.run(mutant)
        trials.put(place)
        entry = {"id": mutant.id, "source": chosen.digests[mutant.path], "commit": copy.commit, "outcome": outcome,
                 "by": by, "seconds": round(time.monotonic() - began, 1), "line": chosen.line(mutant),
                 "now": mutant.now}
        results.add(entry)
        return mutant, entry

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tried = [pool.submit(attempt, mutant) for mutant in waiting]
        try:
            for count, done in enumerate(concurrent.futures.as_completed(tried), 1):
                mutant, entry = done.result()
                by = "  by " + entry["by"] if entry["by"] else ""
                print(f"    {count}/{len(waiting)} {entry['outcome']:12} {entry['seconds']:5.1f} s  "
                      f"{chosen.describe(mutant)}{by}", flush=True)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            print("Stopped. The same command continues from here.", file=sys.stderr)
            sys.exit(130)


def report(chosen, results):
    tried = [(mutant, results.all[chosen.key(mutant)]) for mutant in sorted(chosen.mutants, key=place)
             if chosen.key(mutant) in results.all]
    programs = sorted({entry["by"].split(" ")[0] for _, entry in tried if entry["outcome"] == "killed"})
    heads = ["mutants", "compiled", *programs, "timeout", "survived", "killed"]
    rows = collections.OrderedDict()
    for mutant, entry in tried:
        for name in (mutant.path, os.path.dirname(mutant.path) + "/"):
            rows.setdefault(name, collections.Counter()).update(columns(entry))
    names = sorted(rows, key=lambda name: (name.endswith("/"), name))
    print(f"{'':40}" + "".join(f"{head:>15}" for head in heads))
    for name in names:
        row = rows[name]
        share = (row["compiled"] - row["survived"]) / row["compiled"] if row["compiled"] else 0
        print(f"{name:40}" + "".join(f"{row[head]:>15}" for head in heads[:-1]) + f"{100 * share:>14.1f}%")
    for mutant, entry in tried:
        if entry["outcome"] == "survived":
            print(f"survived {chosen.describe(mutant)}\n         {chosen.line(mutant)}")
    missing = len(chosen.mutants) - len(tried)
    if missing:
        print(f"{missing} of {len(chosen.mutants)} have not been tried yet: the same command continues.")


def columns(entry):
    counted = ["mutants"]
    if entry["outcome"] != "uncompilable":
        counted += ["compiled", entry["by"].split(" ")[0] if entry["outcome"] == "killed" else entry["outcome"]]
    return counted


def main():
    options = arguments()
    os.makedirs(options.work, exist_ok=True)
    vectors = os.path.join(trial.ROOT, "..", "shared", "conformance")  # where tests in the tree find them
    if os.path.isdir(vectors):
        os.environ.setdefault("FHCTL_CONFORMANCE_DIR", os.path.realpath(vectors))
    try:
        copy = trial.Copy(options.work, options.commit, options.jobs, os.path.join(options.work, "build.log"))
        copy.configure()
        chosen = Chosen(copy, options)
        if not chosen.mutants:
            raise trial.Refused("no such mutant: --list prints those of --files")
        if options.list:
            for mutant in sorted(chosen.mutants, key=place):
                print(chosen.describe(mutant))
            return 0
        results = Results(options.results or os.path.join(options.work, "results.jsonl"))
        if not options.report:
            run(copy, chosen, results, options)
        report(chosen, results)
    except trial.Refused as refusal:
        print(f"Refused: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
