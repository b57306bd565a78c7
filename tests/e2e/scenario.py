"""Base class of the end-to-end tests: a sandbox, a working folder, and signed calls to read the account."""

import json
import os
import signal
import subprocess
import time
import unittest

import harness
from aws_calls import Aws, snapshot, stream_names
from harness import Result

NAME = "scaling-firehose"
ACCOUNT = "123456789012"
BUCKET = f"{NAME}-{ACCOUNT}-{harness.REGION}"
ROLE = f"{NAME}-{harness.REGION}-firehose"
GROUP = f"/aws/kinesisfirehose/{NAME}"
OWN = f"_fhctl/{NAME}/{harness.REGION}/"
SANITIZED = "/asan/" in os.path.realpath(harness.FHCTL)

# Short times for tests: a sandbox without delays and a spec with short waits. No default is changed.
QUICK_SANDBOX = ("--create-time", "50ms", "--delete-time", "50ms", "--iam-delay", "0s", "--calls-per-second", "0")
QUICK_SPEC = """
[delivery]
buffer_interval = "1s"
[drain]
flush_margin = "0s"
[manifest]
poll = "1s"
record_ttl = "1s"
"""


def transcript(result):
    return f"exit code {result.code}\n--- stdout\n{result.stdout}\n--- stderr\n{result.stderr}"


class Scenario(unittest.TestCase):
    """One sandbox for each class, empty at the start of each test; one working folder for each test."""

    SANDBOX = QUICK_SANDBOX
    SPEC = QUICK_SPEC
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.sandbox = harness.Sandbox(*cls.SANDBOX)
        cls.addClassCleanup(cls.sandbox.stop)

    def setUp(self):
        code = self.sandbox.process.poll()
        self.assertIsNone(code, f"the sandbox has ended with {code}:\n{self.sandbox.output() if code else ''}")
        self.sandbox.call("POST", "reset", b"")
        self.aws = Aws.of(self.sandbox)
        self.addCleanup(self.aws.close)
        self.folder = self.enterContext(harness.scratch())
        if self.SPEC:
            self.write("fhctl.toml", self.SPEC)

    # --- acting

    def fhctl(self, *arguments, env=None, **options):
        return self.sandbox.fhctl(*arguments, env=env, cwd=options.pop("cwd", self.folder), **options)

    def expect(self, code, *arguments, **options):
        """Runs fhctl and checks its exit code; a failure prints all of its output."""
        result = self.fhctl(*arguments, **options)
        self.assertEqual(result.code, code, f"fhctl {' '.join(map(str, arguments))}: {transcript(result)}")
        return result

    def up(self, count=2, *flags, **options):
        return self.expect(0, "up", "--count", count, "--yes", *flags, **options)

    def start(self, *arguments, env=None, cwd=None):
        """A run in the background, which is ended with the test in any case."""
        process = harness.start_fhctl(*arguments, env=self.sandbox.env(**(env or {})), cwd=cwd or self.folder)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.communicate()

    @staticmethod
    def finish(process, timeout=60):
        out, err = process.communicate(timeout=timeout)
        return Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def faults(self, *rules):
        """Sets faults; their count of requests starts here."""
        self.sandbox.call("POST", "faults", json.dumps(list(rules)).encode())

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    # --- reading

    def requests(self, operation=None):
        """The journal of the sandbox, or the part of it with this operation."""
        return [entry for entry in self.sandbox.requests() if operation in (None, entry["operation"])]

    def changes_during(self, act):
        """(result of act, the requests in it that could have changed something)."""
        before = len(self.sandbox.requests())
        result = act()
        return result, [entry for entry in self.sandbox.requests()[before:] if entry["mutating"]]

    def wait_for_request(self, operation, count=1, timeout=20):
        deadline = time.monotonic() + timeout
        while len(self.requests(operation)) < count:
            self.assertLess(time.monotonic(), deadline, f"no {operation} came")
            time.sleep(0.01)

    def streams(self):
        return sorted(stream_names(self.aws))

    def cloud(self):
        return snapshot(self.aws)

    def wait_until(self, holds, timeout=60):
        """Checks the condition five times a second until it holds."""
        deadline = time.monotonic() + timeout
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it did not come to hold in time")
            time.sleep(0.2)

    def assert_nothing_left(self):
        self.assertEqual(json.loads(self.cloud()), {"buckets": {}, "roles": {}, "groups": {}, "streams": {}})

    def assert_says(self, text, *phrases):
        for phrase in phrases:
            self.assertIn(phrase, text)

    def manifest_in_bucket(self):
        return self.aws.s3("GET", BUCKET, OWN + "manifest.json")[1].decode()

    def lock_held(self):
        return self.aws.s3_or_none("GET", BUCKET, OWN + "lock") is not None

    def interrupt(self, process, number=signal.SIGINT):
        process.send_signal(number)

    def deliver(self, seconds=120):
        """Moves the clock past the buffer interval of the streams."""
        self.sandbox.advance(seconds)


def pipe_to_head(command, env, cwd, lines=1):
    """`command | head -n lines` as a shell runs it: (exit code of the command, its stderr, what head printed)."""
    first = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                             cwd=cwd)
    head = subprocess.Popen(["head", "-n", str(lines)], stdin=first.stdout, stdout=subprocess.PIPE)
    first.stdout.close()
    printed = head.communicate(timeout=60)[0].decode()
    err = first.stderr.read().decode(errors="replace")
    first.stderr.close()
    return first.wait(timeout=60), err, printed
