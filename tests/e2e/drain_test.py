"""Resize without loss, with the real binary in real time: the story of a drain, everything that may cut it short, and
the way back. The sandbox publishes metrics every second and the spec's times are short; no default is touched.
"""

import gzip
import json
import os
import signal
import subprocess
import threading
import time
import unittest

import harness
from story import BUCKET, NAME, Story

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


class Sender(threading.Thread):
    """A producer that has read the manifest once: one record to one stream, again and again."""

    def __init__(self, sandbox, stream, every=0.3):
        super().__init__(daemon=True)
        self.sandbox, self.stream, self.every = sandbox, stream, every
        self.over = threading.Event()
        self.sent = 0

    def run(self):
        from aws_calls import Aws
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


class DrainStory(Story):
    SANDBOX = DRAIN_SANDBOX
    SPEC = DRAIN_SPEC

    def states(self):
        """number -> state, as the manifest in the bucket says."""
        return {entry["index"]: entry["state"] for entry in json.loads(self.manifest_in_bucket())["streams"]}

    def entry(self, number):
        return next(entry for entry in json.loads(self.manifest_in_bucket())["streams"] if entry["index"] == number)

    def lines_in_bucket(self):
        keys = [key for key in self.aws.keys(BUCKET) if not key.startswith("_fhctl/")]
        bodies = [self.aws.s3("GET", BUCKET, key)[1] for key in keys]
        return sorted(b"".join(gzip.decompress(body) for body in bodies).decode().split())

    def start_scale(self, *arguments):
        """A run that drains, and its events as they come."""
        process = self.start("scale", *arguments, "--yes", "--output", "ndjson")
        return process

    def wait_for_phase(self, process, phase, timeout=40):
        """Reads events until a stream is in this phase. Returns what was read."""
        deadline = time.monotonic() + timeout
        seen = []
        while time.monotonic() < deadline:
            line = process.stdout.readline()
            self.assertTrue(line, f"the run ended before anything was {phase}: {seen[-3:]}")
            event = json.loads(line)
            seen.append(event)
            if event["type"] == "drain" and any(stream["phase"] == phase for stream in event["streams"]):
                return seen
        self.fail(f"nothing was {phase}: {seen[-3:]}")


class LifeOfADrain(DrainStory):

    def test_it_tells_what_is_waited_for_and_loses_nothing(self):
        self.up(3)
        sent = [f"line-{n}" for n in range(3000)]
        self.expect(0, "put", "-", stdin="\n".join(sent) + "\n")
        result = self.finish(self.start_scale("1"), timeout=90)
        self.assertEqual(result.code, 0, result.stdout[-3000:] + result.stderr)
        events = result.lines()
        phases = [stream["phase"] for event in events if event["type"] == "drain" for stream in event["streams"]]
        self.assertEqual(phases[0], "telling")
        self.assertIn("quieting", phases)
        types = [event["type"] for event in events]
        marked = next(n for n, event in enumerate(events)
                      if event["type"] == "manifest_published" and event["draining"] == 2)
        deleted = [n for n, event in enumerate(events) if event["type"] == "resource_complete"]
        self.assertLess(marked, types.index("drain"))
        self.assertLess(types.index("drain"), deleted[0])
        self.assertEqual(events[-1]["destroyed"], 2)
        self.sandbox.advance(5)
        self.assertEqual(self.streams(), [f"{NAME}-1"])
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.lines_in_bucket(), sorted(sent))

    def test_people_read_who_waits_for_what(self):
        self.up(2)
        result = self.expect(0, "scale", "1", "--yes", timeout=90)
        self.assert_says(result.stdout, "drained first: at least",
                         "Apply complete! Resources: 0 added, 0 changed, 1 destroyed.")
        self.assert_says(result.stderr, f"{NAME}-2 waits for producers to reload the manifest",
                         f"{NAME}-2 waits for 3s without traffic")

    def test_up_with_consent_and_destroy_drain_too(self):
        self.up(3)
        self.expect(7, "up", "--count", "2", "--yes")
        self.expect(0, "up", "--count", "2", "--allow-shrink", "--yes", timeout=90)
        self.sandbox.advance(5)
        self.assertEqual(len(self.streams()), 2)
        sent = [f"line-{n}" for n in range(500)]
        self.expect(0, "put", "-", stdin="\n".join(sent) + "\n")
        result = self.expect(0, "destroy", "--keep-bucket", "--confirm", NAME, timeout=90)
        self.assert_says(result.stdout, "drained first", "Destroy complete!")
        self.assertEqual(self.streams(), [])
        self.assertEqual(self.lines_in_bucket(), sorted(sent))
        self.assertEqual(json.loads(self.manifest_in_bucket())["streams"], [])

    def test_idle_victims(self):
        self.up(3)
        with Sender(self.sandbox, f"{NAME}-3", 0.05), Sender(self.sandbox, f"{NAME}-1", 0.05):
            time.sleep(4)
            self.expect(0, "scale", "2", "--victims", "idle", "--yes", timeout=90)
        self.sandbox.advance(5)
        self.assertEqual(self.streams(), [f"{NAME}-1", f"{NAME}-3"])

    def test_traffic_means_no_delete(self):
        self.up(2)
        with Sender(self.sandbox, f"{NAME}-2") as sender:
            result = self.expect(5, "scale", "1", "--yes", timeout=90)
            self.assert_says(result.stderr, f"{NAME}-2 waits for whoever still sends", "record", "since", "undrain")
            self.assertEqual(self.requests("DeleteDeliveryStream"), [])
            waiting = self.expect(5, "wait", "--for", "drained", timeout=90)
            self.assert_says(waiting.stderr, f"{NAME}-2")
        self.assertEqual(self.states(), {1: "active", 2: "draining"})
        self.expect(0, "scale", "--yes", timeout=90)  # the same, now that it is quiet
        self.sandbox.advance(5)
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.sandbox.summary()["traffic"][1]["delivered"], sender.sent)

    def test_failing_delivery_means_no_delete(self):
        self.up(2)
        self.expect(0, "put", "-", "--stream", f"{NAME}-2", stdin="a\nb\n")
        self.sandbox.call("POST", "fail-delivery?code=AccessDenied", b"")
        result = self.expect(5, "scale", "1", "--yes", timeout=90)
        self.assert_says(result.stderr, "S3.AccessDenied", "fhctl logs")
        self.sandbox.call("POST", "fail-delivery", b"")
        self.sandbox.advance(30)
        self.expect(0, "scale", "--yes", timeout=90)
        self.assertEqual(self.lines_in_bucket(), ["a", "b"])

    def test_without_permission_for_metrics_it_says_that_it_proves_less(self):
        self.up(2)
        self.faults({"operation": "GetMetricData", "times": 0, "fault": "access_denied"})
        result = self.expect(0, "scale", "1", "--yes", timeout=90)
        self.assert_says(result.stderr, "may not be read", "proves less", "cloudwatch:GetMetricData")
        self.assertEqual(self.states(), {1: "active"})
        self.expect(7, "scale", "0", "--allow-zero", "--victims", "idle", "--yes")

    def test_the_impatient_are_warned(self):
        self.up(2)
        result = self.expect(0, "scale", "1", "--no-drain", "--yes", timeout=60)
        self.assert_says(result.stdout, "WITHOUT A DRAIN", "may be lost")
        self.assertEqual(self.requests("GetMetricData"), [])

    def test_detached(self):
        self.up(2)
        result = self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.assert_says(result.stdout, "Still draining", f"{NAME}-2", "fhctl scale")
        self.assert_says(self.expect(0, "describe").stdout, "draining", "fhctl scale")
        _, changes = self.changes_during(lambda: self.expect(0, "wait", "--for", "drained", timeout=60))
        self.assertEqual(changes, [])
        self.assertEqual(len(self.streams()), 2)
        self.expect(0, "scale", "--yes", timeout=60)
        self.assertEqual(self.states(), {1: "active"})

    def test_emptying_the_bucket_refuses_only_live_traffic(self):
        self.up(2)
        with Sender(self.sandbox, f"{NAME}-2", 0.1):
            time.sleep(4)
            before = self.cloud()
            result = self.expect(7, "destroy", "--empty-bucket", "--confirm", NAME)
            self.assert_says(result.stderr, f"{NAME}-2", "--force")
            self.assertEqual(json.loads(self.cloud())["streams"], json.loads(before)["streams"])
        self.expect(0, "destroy", "--empty-bucket", "--force", "--confirm", NAME)
        self.assert_nothing_left()

    def test_growing_takes_draining_streams_back(self):
        self.up(3)
        self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.assertEqual(self.states(), {1: "active", 2: "draining", 3: "draining"})
        _, changes = self.changes_during(lambda: self.expect(0, "scale", "3", "--yes"))
        self.assertNotIn("CreateDeliveryStream", [entry["operation"] for entry in changes])
        self.assertEqual(self.states(), {1: "active", 2: "active", 3: "active"})


class CutShort(DrainStory):
    """Ctrl-C, kill -9 and a lost network in each phase: the next run continues, undrain takes back."""

    PHASES = ("telling", "quieting")

    def begin(self, phase):
        self.sandbox.call("POST", "reset", b"")
        for name in os.listdir(self.folder):
            if name != "fhctl.toml":
                os.remove(os.path.join(self.folder, name))
        self.up(2)
        self.expect(0, "put", "-", stdin="".join(f"line-{n}\n" for n in range(600)))
        process = self.start_scale("1")
        self.wait_for_phase(process, phase)
        return process, self.entry(2)["drain"]["started_at"]

    def continues(self, started_at):
        """Not begun anew: the time that has passed counts."""
        self.assertEqual(self.entry(2)["drain"]["started_at"], started_at)
        self.assertFalse(self.lock_held())
        self.expect(0, "scale", "--yes", timeout=90)
        self.sandbox.advance(5)
        self.assertEqual(self.streams(), [f"{NAME}-1"])
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(len(self.lines_in_bucket()), 600)

    def test_ctrl_c(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, started_at = self.begin(phase)
                process.send_signal(signal.SIGINT)
                result = self.finish(process)
                self.assertEqual(result.code, 130)
                self.assertIn("fhctl undrain", result.stdout + result.stderr)
                self.continues(started_at)

    def test_kill(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, started_at = self.begin(phase)
                process.kill()
                self.assertEqual(self.finish(process).code, -signal.SIGKILL)
                self.continues(started_at)

    def test_a_lost_network(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, started_at = self.begin(phase)
                self.faults({"times": 0, "fault": "drop_before"})
                time.sleep(3)
                self.sandbox.faults([])
                result = self.finish(process, timeout=90)  # it comes back: the run goes on by itself
                self.assertEqual(result.code, 0, result.stdout[-2000:])
                self.assertEqual(self.states(), {1: "active"})
                self.assertEqual(len(self.lines_in_bucket()), 600)
                del started_at

    def test_a_network_that_stays_away_ends_the_run_and_the_next_continues(self):
        self.up(2)
        process = self.start("scale", "1", "--yes", "--output", "ndjson", "--timeout", "12s")
        self.wait_for_phase(process, "telling")
        started_at = self.entry(2)["drain"]["started_at"]
        self.faults({"times": 0, "fault": "drop_before"})
        result = self.finish(process, timeout=60)
        self.assertIn(result.code, (5, 69), result.stdout[-2000:])
        self.sandbox.faults([])
        self.assertEqual(self.entry(2)["drain"]["started_at"], started_at)
        self.expect(0, "scale", "--yes", timeout=90)
        self.assertEqual(self.states(), {1: "active"})

    def test_undrain_after_each(self):
        for phase in self.PHASES:
            for number in (signal.SIGINT, signal.SIGKILL):
                with self.subTest(phase=phase, signal=number):
                    process, _ = self.begin(phase)
                    process.send_signal(number)
                    self.finish(process)
                    self.expect(0, "undrain", "--yes", timeout=30)
                    self.assertEqual(self.states(), {1: "active", 2: "active"})
                    self.assertIn("No changes.", self.expect(0, "up", "--yes").stdout)
                    self.assertEqual(self.requests("DeleteDeliveryStream"), [])

    def test_undrain_under_a_run_that_waits(self):
        process, _ = self.begin("quieting")
        self.expect(0, "undrain", "--stream", f"{NAME}-2", "--yes")
        result = self.finish(process)
        self.assertEqual(result.code, 0, result.stdout[-2000:])
        self.assertEqual(self.states(), {1: "active", 2: "active"})
        self.assertEqual(self.requests("DeleteDeliveryStream"), [])

    def test_destroy_is_taken_back_by_up(self):
        self.up(2)
        process = self.start("destroy", "--keep-bucket", "--confirm", NAME, "--output", "ndjson")
        self.wait_for_phase(process, "telling")
        self.assertEqual(self.states(), {1: "draining", 2: "draining"})
        self.expect(0, "undrain", "--yes")
        result = self.finish(process)
        self.assertEqual(result.code, 7, result.stdout[-2000:])
        self.assertEqual(self.states(), {1: "active", 2: "active"})
        self.assertEqual(len(self.streams()), 2)

    def test_undrain_is_too_late_for_what_is_being_deleted(self):
        self.up(2)
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-2")
        result = self.fhctl("undrain", "--stream", f"{NAME}-2", "--yes")
        self.assertEqual(result.code, 7, result.stderr)  # too late, or gone already
        self.expect(7, "undrain", "--stream", "other-1", "--yes")


class SecondLife(DrainStory):
    """A pipeline destroyed and made again under the same name."""

    def test_producers_that_survived_move_to_the_new_epoch(self):
        elsewhere = os.path.join(self.folder, "producer")
        os.mkdir(elsewhere)
        for where in ("bucket", "file"):
            with self.subTest(manifest=where):
                self.sandbox.call("POST", "reset", b"")
                self.up(2)
                first = json.loads(self.manifest_in_bucket())
                arguments = ["put", "-", NAME] if where == "bucket" else ["put", "-"]
                producer = subprocess.Popen(
                    [harness.FHCTL, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE, env=self.sandbox.env(), cwd=elsewhere if where == "bucket" else self.folder)
                self.addCleanup(self.end, producer)
                producer.stdin.write(b"before\n" * 20)
                producer.stdin.flush()
                time.sleep(2)
                self.expect(0, "destroy", "--empty-bucket", "--force", "--confirm", NAME, timeout=60)
                self.up(3)
                second = json.loads(self.manifest_in_bucket())
                self.assertNotEqual(second["epoch"], first["epoch"])
                self.assertGreater(second["generation"], first["generation"])
                time.sleep(3)
                for _ in range(30):
                    producer.stdin.write(b"after\n")
                    producer.stdin.flush()
                    time.sleep(0.05)
                producer.stdin.close()
                producer.stdin = None
                result = self.finish(producer)
                self.assertEqual(result.code, 0, result.stdout + result.stderr)
                self.sandbox.advance(10)
                self.assertEqual(self.lines_in_bucket(), ["after"] * 30)


class Waiting(DrainStory):

    def test_for_active_and_delivered(self):
        self.up(2)
        self.assert_says(self.expect(0, "wait", "--for", "active").stdout, "2 streams ACTIVE")
        self.expect(0, "put", "-", stdin="a\nb\n")
        self.assert_says(self.expect(0, "wait", "--for", "delivered", timeout=60).stdout, "delivered")
        self.assertEqual(self.lines_in_bucket(), ["a", "b"])
        self.expect(64, "wait")
        self.expect(64, "wait", "--for", "godot")
        self.expect(7, "wait", "nobody", "--for", "active")

    def test_the_time_may_be_over(self):
        self.up(2)
        self.sandbox.call("POST", "fail-delivery?code=InternalError", b"")
        self.expect(0, "put", "-", stdin="a\nb\n")
        result = self.expect(5, "wait", "--for", "delivered", "--timeout", "8s", timeout=60)
        self.assert_says(result.stderr, f"{NAME}-")
        self.sandbox.call("POST", "fail-delivery", b"")


if __name__ == "__main__":
    unittest.main()
