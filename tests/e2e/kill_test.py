"""kill -9 at every HTTP request of up, scale and destroy; then the same command again ends in the same cloud.

The sandbox kills the client when its k-th request has arrived: once before the request takes effect, once after. Every
k of every command is tried; of a drain, which repeats its requests while it waits, every sixth. Runs mostly wait, so
many run in parallel, each with its own sandbox.
"""

import concurrent.futures
import contextlib
import dataclasses
import gzip
import json
import os
import queue
import unittest

import harness
from aws_calls import Aws, snapshot
from drain_scenario import DRAIN_SANDBOX, DRAIN_SPEC
from scenario import BUCKET, NAME, QUICK_SANDBOX, QUICK_SPEC, SANITIZED, transcript

SIDE_BY_SIDE = 12 if SANITIZED else 24
KILLED = -9
LINES = "a\nb\nc\n"
MORE = 6  # tried in addition, because a run may make a few requests more than the undisturbed one


@dataclasses.dataclass
class Command:
    """What is killed, and from what it starts."""
    before: tuple  # commands that create the initial state
    words: tuple
    spec: str = QUICK_SPEC
    keeps_lines: bool = False  # what was put is in the bucket in the end
    leap: int = 0  # seconds that the sandbox's clock moves before the second try: a drain that began is over then


UP = Command((), ("up", "--count", "2", "--yes"))
GROW = Command((("up", "--count", "2", "--yes"),), ("scale", "4", "--yes"))
SHRINK = Command((("up", "--count", "4", "--yes"),), ("scale", "2", "--no-drain", "--yes"), leap=30)
DRAIN = Command((("up", "--count", "3", "--yes"), ("put", "-")), ("scale", "1", "--yes"), DRAIN_SPEC,
                keeps_lines=True, leap=30)
DESTROY = Command((("up", "--count", "2", "--yes"), ("put", "-")), ("destroy", "--empty-bucket", "--confirm", NAME))


class Place:
    """A sandbox and a folder, used for one case after the other."""

    def __init__(self, folder, options):
        self.sandbox = harness.Sandbox(*options)
        self.aws = Aws.of(self.sandbox)
        self.folder = folder

    def close(self):
        self.aws.close()
        self.sandbox.stop()

    def fhctl(self, words):
        return self.sandbox.fhctl(*words, cwd=self.folder, stdin=LINES, timeout=120)

    def prepare(self, command):
        if (code := self.sandbox.process.poll()) is not None:
            raise AssertionError(f"the sandbox has ended with {code}:\n{self.sandbox.output()}")
        self.sandbox.call("POST", "reset", b"")
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.folder, "fhctl-manifest.json"))
        with open(os.path.join(self.folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write(command.spec)
        for words in command.before:
            result = self.fhctl(words)
            if result.code != 0:
                raise AssertionError(f"{words}: {transcript(result)}")

    def undisturbed(self, command):
        """(number of requests, the cloud afterwards)."""
        self.prepare(command)
        self.sandbox.call("POST", "faults", b"[]")
        before = len(self.sandbox.requests())
        result = self.fhctl(command.words)
        if result.code != 0:
            raise AssertionError(f"{command.words}: {transcript(result)}")
        return len(self.sandbox.requests()) - before, self.cloud()

    def cloud(self):
        self.sandbox.advance(2)  # what is DELETING has gone, what is CREATING is there
        cloud = json.loads(snapshot(self.aws))
        for bucket in cloud["buckets"].values():  # the names of delivered objects are drawn
            bucket["versions"] = [key for key in bucket["versions"] if not key.startswith("logs/")]
        # Whether a stream has metrics of its limits depends on its age.
        return json.dumps(cloud, indent=1).replace('"source": "cloudwatch"', '"source": "region-default"')

    def killed_at(self, command, k, fault, expected):
        """Kills the run at its k-th request and runs it again. (was it killed, what is wrong)."""
        self.prepare(command)
        self.sandbox.call("POST", "faults", json.dumps([{"at": k, "fault": fault}]).encode())
        first = self.fhctl(command.words)
        if first.code not in (0, KILLED):
            return True, f"neither killed nor done: {transcript(first)}"
        where = f"{fault} at request {k} ({self.request(k)})"
        self.sandbox.call("POST", "faults", b"[]")
        if command.leap:
            self.sandbox.advance(command.leap)
        second = self.fhctl(command.words)
        if second.code != 0:
            return True, f"{where}: the same command again: {transcript(second)}"
        if command.keeps_lines and (lines := self.lines()) != LINES.split():
            return True, f"{where}: of {LINES.split()} only {lines} arrived:\n{transcript(second)}"
        if (cloud := self.cloud()) != expected:
            return True, f"{where}: another cloud:\n{difference(expected, cloud)}\n{transcript(second)}"
        return first.code == KILLED, ""

    def lines(self):
        bodies = [self.aws.s3("GET", BUCKET, key)[1] for key in self.aws.keys(BUCKET, "logs/")]
        return sorted(b"".join(gzip.decompress(body) for body in bodies).decode().split())

    def request(self, k):
        found = [entry for entry in self.sandbox.requests() if entry["n"] == k]
        return f"{found[-1]['operation']} {found[-1]['resource']}" if found else "never made"


def difference(expected, got):
    import difflib
    return "\n".join(difflib.unified_diff(expected.splitlines(), got.splitlines(), "undisturbed", "killed", lineterm="",
                                          n=2))


class Killing(unittest.TestCase):
    SANDBOX = QUICK_SANDBOX

    @classmethod
    def setUpClass(cls):
        cls.places = queue.SimpleQueue()
        cls.pool = concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE)
        cls.addClassCleanup(cls.pool.shutdown)
        for _ in range(SIDE_BY_SIDE):
            place = Place(cls.enterClassContext(harness.scratch()), cls.SANDBOX)
            cls.addClassCleanup(place.close)
            cls.places.put(place)

    @contextlib.contextmanager
    def place(self):
        place = self.places.get()
        try:
            yield place
        finally:
            self.places.put(place)

    def one(self, command, k, fault, expected):
        with self.place() as place:
            return place.killed_at(command, k, fault, expected)

    def everywhere(self, command, stride=1):
        with self.place() as place:
            requests, expected = place.undisturbed(command)
        self.assertGreater(requests, 15)
        cases = [(k, fault) for k in range(1, requests + MORE + 1, stride) for fault in ("kill_before", "kill_after")]
        runs = [self.pool.submit(self.one, command, k, fault, expected) for k, fault in cases]
        killed, wrong = 0, []
        for run in runs:
            was_killed, problem = run.result()
            killed += was_killed
            wrong += [problem] if problem else []
        # Fewer would mean that the kill does not work, or that requests are not where they were counted.
        self.assertGreaterEqual(killed, 2 * (requests - MORE) // stride)
        print(f"{' '.join(command.words)}: {requests} requests, {killed} runs killed"
              + (f", at one request in {stride}" if stride > 1 else "")
              + (": this binary is sanitized" if SANITIZED else ""), flush=True)
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(cases)} cases went wrong; the first:\n{(wrong or [''])[0]}")


class Kill(Killing):
    def test_scale_to_more(self):
        self.everywhere(GROW, 3 if SANITIZED else 1)

    def test_scale_to_fewer(self):
        self.everywhere(SHRINK, 3 if SANITIZED else 1)

    def test_destroy(self):
        self.everywhere(DESTROY, 3 if SANITIZED else 1)


class KillWhileDraining(Killing):
    """No record that was sent is lost, and the next run ends in the same cloud as an undisturbed one."""

    SANDBOX = DRAIN_SANDBOX

    def test_scale_with_a_drain(self):
        self.everywhere(DRAIN, 12 if SANITIZED else 6)


class KillAtBirth(Killing):
    """The new role takes a moment to propagate, so that the first create is refused and tried again."""

    SANDBOX = (*QUICK_SANDBOX, "--iam-delay", "100ms")

    def test_up(self):
        self.everywhere(UP)


if __name__ == "__main__":
    unittest.main()
