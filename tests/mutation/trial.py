"""Tries mutants: a copy of one commit, built once unchanged, and the test programs that may detect them.

A mutant costs one compilation, and one link of each program it is tried with. Neither the copy nor its build is
changed: the linker takes the mutated object before the library with the original one.
"""

import io
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tarfile
import time
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The CTest tests for a folder, the nearest first; of the simulation all but those of its own invariants.
SIMULATION = r"sim|sim_drain|sim_faults.*|sim_seeds"
JUDGES = [r"unit|conformance", SIMULATION]
QUICK_S = 0.3  # of CPU time; cases that take no longer go first
# A few of each kind; docs/testing.md says what they are.
FEWER = {"FHCTL_STORIES": "6", "FHCTL_SEEDS": "150", "FHCTL_STRIDE": "24"}
BUILT = "-O1"  # the tests run for longer than they compile; a mutant is compiled as quickly as can be
MEMORY_MAX = 4 << 30
OUTPUT_MAX = 64 << 20


class Refused(Exception):
    """The copy cannot be used; the text says why."""


@dataclass
class Judge:
    """Some cases of one test program: those that are quick, or those that are not."""
    name: str  # of the CTest test
    target: str  # the program, below the folder of the build
    folder: str
    environment: dict
    cases: list
    seconds: float
    slow: bool


def git(*arguments):
    command = ["git", "-c", "safe.directory=*", "-C", ROOT, *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


class Copy:
    """work/source is the commit and nothing else, work/build its build."""

    def __init__(self, work, commit, jobs, log):
        self.source, self.build = os.path.join(work, "source"), os.path.join(work, "build")
        self.work, self.jobs, self.log = work, jobs, log
        self.commit = git("rev-parse", "--short=10", commit + "^{commit}").decode().strip()
        os.makedirs(self.source, exist_ok=True)
        self.extract(commit)

    def extract(self, commit):
        """Files that are the same keep their times, so that the build does only what is new."""
        wanted = set()
        with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                path, data = os.path.join(self.source, member.name), archive.extractfile(member).read()
                wanted.add(path)
                if os.path.exists(path) and self.read(member.name).encode(errors="surrogateescape") == data:
                    continue
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(data)
                os.chmod(path, member.mode)
        for folder, _, names in os.walk(self.source):
            for name in names:
                if os.path.join(folder, name) not in wanted:
                    os.remove(os.path.join(folder, name))

    def read(self, path):
        with open(os.path.join(self.source, path), encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()

    def configure(self):
        linker = next((name for name in ("lld", "gold") if shutil.which("ld." + name)), None)
        self.run(["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                  "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_CXX_FLAGS_DEBUG={BUILT} -g0 -w"] +
                 ([f"-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld={linker}"] if linker else []))
        with open(os.path.join(self.build, "compile_commands.json"), encoding="utf-8") as file:
            self.compilations = {os.path.relpath(entry["file"], self.source): entry for entry in json.load(file)}
        with open(os.path.join(self.build, "tests", "CTestTestfile.cmake"), encoding="utf-8") as file:
            said = file.read()
        programs = dict(re.findall(r'^add_test\((?:\[=*\[)?(\w+)(?:\]=*\])? "([^"]+)"', said, re.MULTILINE))
        self.programs = {name: os.path.relpath(path, self.build) for name, path in programs.items()}  # of CTest tests

    def make(self, targets):
        """Builds the unchanged programs, and records how they are run and linked."""
        self.run(["ninja", "-C", self.build, f"-j{self.jobs}", *targets])
        listing = json.loads(subprocess.run(["ctest", "--test-dir", self.build, "--show-only=json-v1"], check=True,
                                            capture_output=True).stdout)  # only now: it leaves out what is not built
        self.tests = {test["name"]: test for test in listing["tests"]}
        self.links = {}
        for target in targets:
            line = subprocess.run(["ninja", "-C", self.build, "-t", "commands", "-s", target], check=True,
                                  capture_output=True, text=True).stdout.strip().splitlines()[-1]
            words = shlex.split(line)
            words = words[words.index("&&") + 1:] if words[0] == ":" else words
            self.links[target] = words[:words.index("&&")] if "&&" in words else words

    def run(self, command):
        with open(self.log, "a", encoding="utf-8") as log:
            if subprocess.run(command, stdout=log, stderr=log).returncode != 0:
                raise Refused(f"`{shlex.join(command[:4])} ...` failed; {self.log} says why")

    # --- test programs ---

    def judges_of(self, folder):
        """Names of CTest tests in the order in which they are asked."""
        names = []
        for pattern in JUDGES.get(folder, OTHERS):
            names += sorted(name for name in self.programs if re.fullmatch(pattern, name) and name not in names)
        return names

    def target_of(self, name):
        return self.programs[name]

    def measure(self, name, without, longest_s):
        """The test as one or two judges, without cases that are too slow. Refuses if a case fails without a mutant."""
        test = self.tests[name]
        properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
        environment = dict(pair.split("=", 1) for pair in properties.get("ENVIRONMENT", []) if "=" in pair)
        folder = properties.get("WORKING_DIRECTORY", self.build)
        cases = self.timed_cases(name, without, folder, {**os.environ, **FEWER, **environment})
        judges = []
        for quick in (True, False):
            own = [(case, seconds) for case, seconds in cases if (seconds <= QUICK_S) == quick and seconds <= longest_s]
            if own:
                judges.append(Judge(name, self.target_of(name), folder, environment, [case for case, _ in own],
                                    sum(seconds for _, seconds in own), not quick))
        return judges, [case for case, seconds in cases if seconds > longest_s]

    def timed_cases(self, name, without, folder, environment):
        """[(case, CPU seconds)], measured once for a commit."""
        key = f"{self.commit} {name} {without}"
        kept = os.path.join(self.work, "measured.json")
        known = {}
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                known = json.load(file)
        if key not in known:
            known[key] = self.time_cases(name, without, folder, environment)
            with open(kept, "w", encoding="utf-8") as file:
                json.dump(known, file)
        return known[key]

    def time_cases(self, name, without, folder, environment):
        program, *arguments = self.tests[name]["command"]
        own = next((word.partition("=")[2] for word in arguments if word.startswith("--gtest_filter=")), "*")
        wanted, _, unwanted = own.partition("-")
        unwanted = ":".join(part for part in (unwanted, without) if part)
        result = os.path.join(self.work, "gtest.json")
        if os.path.exists(result):
            os.remove(result)
        began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(self.log, "a", encoding="utf-8") as log:
            asked = [program, f"--gtest_filter={wanted or '*'}-{unwanted}", f"--gtest_output=json:{result}"]
            ran = subprocess.run(asked, cwd=folder, stdout=log, stderr=log, env=environment,
                                 preexec_fn=limits(3600))
        if ran.returncode != 0 or not os.path.exists(result):
            raise Refused(f"{name} fails without any mistake planted; {self.log} says why")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = (after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime) / (time.monotonic() - began)
        with open(result, encoding="utf-8") as file:
            suites = json.load(file)["testsuites"]
        return [(f"{suite['name']}.{case['name']}", float(case["time"].rstrip("s")) * min(busy, 1))
                for suite in suites for case in suite["testsuite"] if case["result"] == "COMPLETED"]


def limits(cpu_s):
    def apply():
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT_MAX, OUTPUT_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


class Trial:
    """Tries mutants one after the other in a separate folder."""

    def __init__(self, copy, judges, folder):
        self.copy, self.judges, self.folder = copy, judges, folder  # judges: by folder of the sources
        os.makedirs(folder, exist_ok=True)
        self.object = os.path.join(folder, "mutant.o")

    def run(self, mutant):
        """(outcome, by): killed, timeout, uncompilable or survived, and the program and case that noticed."""
        if not self.compile(mutant):
            return "uncompilable", ""
        linked = set()
        for judge in self.judges[os.path.dirname(mutant.path)]:
            if judge.target not in linked and not self.link(judge.target):
                return "uncompilable", judge.target
            linked.add(judge.target)
            outcome, by = self.ask(judge)
            if outcome != "survived":
                return outcome, f"{judge.name} {by}"
        return "survived", ""

    def compile(self, mutant):
        path = os.path.join(self.folder, os.path.basename(mutant.path))
        with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(mutant.apply(self.copy.read(mutant.path)))
        entry = self.copy.compilations[mutant.path]
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        words[words.index("-o") + 1] = self.object
        words[words.index("-c") + 1] = path
        words = ["-O0" if word == BUILT else word for word in words]
        return self.quietly(words, entry["directory"])

    def link(self, target):
        words = list(self.copy.links[target])
        words[words.index("-o") + 1] = os.path.join(self.folder, os.path.basename(target))
        first = next(i for i, word in enumerate(words) if word.endswith(".o"))
        return self.quietly([*words[:first], self.object, *words[first:], "-Wl,--strip-debug"], self.copy.build)

    def quietly(self, words, folder):
        with open(os.path.join(self.folder, "build.log"), "w", encoding="utf-8") as log:
            return subprocess.run(words, cwd=folder, stdout=log, stderr=log).returncode == 0

    def ask(self, judge):
        """Ten times the usual CPU time counts as a hang, because the machine may be busy; real time is limited too."""
        flags, output = os.path.join(self.folder, "flags"), os.path.join(self.folder, "output")
        with open(flags, "w", encoding="utf-8") as file:
            file.write("--gtest_fail_fast\n--gtest_filter=" + ":".join(judge.cases) + "\n")
        cpu_s = 3 + 10 * judge.seconds
        program = os.path.join(self.folder, os.path.basename(judge.target))
        with open(output, "wb") as log:
            process = subprocess.Popen([program, f"--gtest_flagfile={flags}"], cwd=judge.folder, stdout=log, stderr=log,
                                       env={**os.environ, **FEWER, **judge.environment}, preexec_fn=limits(cpu_s),
                                       start_new_session=True)
            try:
                code = process.wait(timeout=20 + 5 * cpu_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                code = -signal.SIGXCPU
        if code == 0:
            return "survived", ""
        with open(output, encoding="utf-8", errors="replace") as file:
            said = file.read()
        failed = re.search(r"^\[  FAILED  \] ([\w./]+)", said, re.MULTILINE)
        begun = re.findall(r"^\[ RUN      \] ([\w./]+)", said, re.MULTILINE)
        by = failed.group(1) if failed else begun[-1] if begun else "before its first case"
        return ("timeout" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "killed"), by
