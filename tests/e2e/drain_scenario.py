"""Base of the drain tests: short times, a sandbox that publishes metrics every second, and a producer that does not
read the manifest again.
"""

import contextlib
import gzip
import json
import os
import threading
import time

from aws_calls import Aws
from scenario import BUCKET, Scenario, transcript

DRAIN_SPEC = """
[delivery]
buffer_interval = "1s"
[drain]
period = "1s"
quiet = "3s"
lag = "2s"
flush_margin = "1s"
patience = "6s"
time = "8s"
[manifest]
poll = "1s"
record_ttl = "1s"
"""
DRAIN_SANDBOX = ("--create-time", "50ms", "--delete-time", "50ms", "--iam-delay", "0s", "--calls-per-second", "0",
                 "--metric-period", "1s", "--metric-lag", "1s", "--deleting-loses-buffers")
RELOADED = 8  # seconds: by then producers have read the manifest again
LONG_ENOUGH = 20  # seconds: every condition of a drain without traffic holds by then
EVENTS = "run.ndjson"


class Sender(threading.Thread):
    """A producer that has read the manifest once: one record to one stream, again and again."""

    def __init__(self, sandbox, stream, every=0.3):
        super().__init__(daemon=True)
        self.sandbox, self.stream, self.every = sandbox, stream, every
        self.over = threading.Event()
        self.sent = 0

    def run(self):
        aws = Aws.of(self.sandbox)
        while not self.over.wait(self.every):
            aws.firehose("PutRecord", DeliveryStreamName=self.stream, Record={"Data": "eAo="})
            self.sent += 1
        aws.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join(20)


class DrainScenario(Scenario):
    SANDBOX = DRAIN_SANDBOX
    SPEC = DRAIN_SPEC

    def manifest_streams(self):
        return json.loads(self.manifest_in_bucket())["streams"]

    def states(self):
        """number -> state, as the manifest in the bucket says."""
        return {entry["index"]: entry["state"] for entry in self.manifest_streams()}

    def drain_began(self, number):
        return next(entry["drain"]["started_at"] for entry in self.manifest_streams() if entry["index"] == number)

    def lines_in_bucket(self):
        keys = [key for key in self.aws.keys(BUCKET) if not key.startswith("_fhctl/")]
        bodies = [self.aws.s3("GET", BUCKET, key)[1] for key in keys]
        return sorted(b"".join(gzip.decompress(body) for body in bodies).decode().split())

    def put_lines(self, count):
        lines = [f"line-{n}" for n in range(count)]
        self.expect(0, "put", "-", stdin="\n".join(lines) + "\n")
        return sorted(lines)

    def fail_delivery(self, code):
        """From now on puts to S3 fail with this code; the empty one ends it."""
        self.sandbox.call("POST", f"fail-delivery?code={code}", b"")
        self.addCleanup(self.sandbox.call, "POST", "fail-delivery", b"")

    def start_drain(self, *words):
        """A run that drains, with its events in a file."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(self.folder, EVENTS))
        return self.start(*words, "--json-into", EVENTS)

    def events(self):
        try:
            text = self.read(EVENTS)
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def phases(self):
        return [stream["phase"] for event in self.events() if event["type"] == "drain" for stream in event["streams"]]

    def wait_for_phase(self, process, phase, timeout=60):
        deadline = time.monotonic() + timeout
        while phase not in self.phases():
            self.assertLess(time.monotonic(), deadline, f"nothing was {phase}: {self.events()[-3:]}")
            self.assertIsNone(process.poll(), f"the run ended before anything was {phase}: {self.events()[-3:]}")
            time.sleep(0.05)

    def drain(self, *words):
        """Runs a drain that succeeds. Moves the clock instead of waiting until producers have reloaded."""
        process = self.start_drain(*words)
        self.wait_for_phase(process, "telling")
        self.sandbox.advance(RELOADED)
        result = self.finish(process, timeout=90)
        self.assertEqual(result.code, 0, transcript(result))
        return result

    def start_over(self):
        """An empty cloud and folder in the middle of a test."""
        self.sandbox.reset()
        for name in os.listdir(self.folder):
            if name != "fhctl.toml":
                os.remove(os.path.join(self.folder, name))
