"""SIGINT and SIGTERM in every phase of a run, once and twice; a run that was suspended until another run had taken
over.
"""

import json
import os
import signal
import threading
import time
import unittest

import harness
from fault_proxy import FaultProxy
from scenario import BUCKET, NAME, OWN, QUICK_SANDBOX, QUICK_SPEC, ROLE, Scenario, transcript

BOTH = ((signal.SIGINT, 130), (signal.SIGTERM, 143))
LOCK = f"{BUCKET}/{OWN}lock"


class Interrupted(Scenario):
    def stopped(self, process, number, code, may_follow):
        """Signals a run that waits: it ends soon, changes nothing more, and releases the lock."""
        before = len(self.requests())
        begun = time.monotonic()
        process.send_signal(number)
        result = self.finish(process, 40)
        self.assertLess(time.monotonic() - begun, harness.HANG_S, transcript(result))
        self.assertEqual(result.code, code, transcript(result))
        later = [(entry["operation"], entry["resource"]) for entry in self.requests()[before:] if entry["mutating"]]
        for change in later:
            self.assertIn(change, [("DeleteObject", LOCK), *may_follow])
        self.assertEqual(len(later), len(set(later)))
        return result

    def each_signal(self, begin, leaves=0, may_follow=()):
        """begin() starts a run of two streams and waits until it is where it is to be interrupted. `may_follow`: a
        change that may have been on its way to the sandbox when the signal was sent."""
        for number, code in BOTH:
            with self.subTest(signal=number.name):
                self.faults()
                self.sandbox.call("POST", "reset", b"")
                self.write("fhctl-manifest.json", "")
                process = begin()
                result = self.stopped(process, number, code, may_follow)
                self.faults()
                self.assertEqual(len(self.streams()), leaves, transcript(result))
                self.assertFalse(self.lock_held())
                self.up(2)
                self.assertEqual(len(self.streams()), 2)
                self.assertIn("No changes.", self.up(2).stdout)

    def run_until(self, rule, operation, words=("up", "--count", "2", "--yes"), count=1):
        self.faults(*rule)
        before = len(self.requests(operation))
        process = self.start(*words)
        self.wait_for_request(operation, before + count)
        return process


class Phases(Interrupted):
    def test_while_it_looks(self):
        rule = {"operation": "ListDeliveryStreams", "fault": "delay", "ms": 1500, "times": 0}
        self.each_signal(lambda: self.run_until([rule], "ListDeliveryStreams"))

    def test_before_anybody_has_answered(self):
        rule = {"operation": "GetCallerIdentity", "fault": "delay", "ms": 1500}
        self.each_signal(lambda: self.run_until([rule], "GetCallerIdentity"))

    def test_while_it_backs_off(self):
        rule = {"operation": "CreateRole", "fault": "unavailable", "times": 0}
        self.each_signal(lambda: self.run_until([rule], "CreateRole", count=6),
                         may_follow=[("CreateRole", ROLE)])

    def test_while_a_stream_is_being_created(self):
        rule = {"operation": "CreateDeliveryStream", "fault": "delay", "ms": 1000, "times": 0}
        self.each_signal(lambda: self.run_until([rule], "CreateDeliveryStream", count=2), leaves=2)

    def test_while_it_destroys(self):
        def begin():
            self.up(2)
            rule = {"operation": "DeleteDeliveryStream", "fault": "delay", "ms": 1000, "times": 0}
            words = ("destroy", "--empty-bucket", "--no-drain", "--confirm", NAME)
            return self.run_until([rule], "DeleteDeliveryStream", words, count=2)

        self.each_signal(begin)

    def test_while_it_waits_for_the_lock(self):
        self.up(1)
        lock = {"schema": "fhctl.lock/1", "run_id": "0123", "holder": "ci-runner-42", "host": "ci-runner-42",
                "boot_id": "other", "pid": 993, "command": "scale", "ci_url": "", "renewals": 3, "lease_s": 600}
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=json.dumps(lock).encode())
        for number, code in BOTH:
            with self.subTest(signal=number.name):
                process = self.start("scale", "2", "--yes")
                line = process.stderr.readline()
                while b"ci-runner-42" not in line:
                    self.assertTrue(line, "ended without waiting")
                    line = process.stderr.readline()
                process.send_signal(number)
                self.assertEqual(self.finish(process, 40).code, code)
                self.assertEqual(json.loads(self.aws.s3("GET", BUCKET, OWN + "lock")[1])["holder"], "ci-runner-42")
                self.assertEqual(self.streams(), [f"{NAME}-1"])

    def test_twice(self):
        """The second signal ends the run at once, whatever it waits for; the next run continues from what it left."""
        for first, second, code in ((signal.SIGINT, signal.SIGINT, 130), (signal.SIGTERM, signal.SIGTERM, 143),
                                    (signal.SIGTERM, signal.SIGINT, 130), (signal.SIGINT, signal.SIGTERM, 143)):
            with self.subTest(first=first.name, second=second.name):
                self.faults()
                self.sandbox.call("POST", "reset", b"")
                self.write("fhctl-manifest.json", "")
                rule = {"operation": "CreateRole", "fault": "delay", "ms": 30000, "times": 0}
                process = self.run_until([rule], "CreateRole")
                process.send_signal(first)
                while b"Stopping" not in (line := process.stderr.readline()):
                    self.assertTrue(line, "ended without a word")
                begun = time.monotonic()
                process.send_signal(second)
                self.assertEqual(process.wait(20), code)
                self.assertLess(time.monotonic() - begun, harness.HANG_S)
                self.finish(process)
                self.faults()
                self.up(2)
                self.assertFalse(self.lock_held())
                self.assertEqual(self.read("fhctl-manifest.json"), self.manifest_in_bucket())


class WhileCreating(Interrupted):
    SANDBOX = ("--create-time", "2s", *QUICK_SANDBOX[2:])

    def test_while_streams_are_creating(self):
        self.each_signal(lambda: self.run_until([], "DescribeDeliveryStream", count=3), leaves=2)


class Asleep(Scenario):
    """A suspended laptop or a paused virtual machine: the lease expired and another run took over. The resumed run must
    not continue with its plan."""

    def setUp(self):
        super().setUp()
        self.fault_proxy = FaultProxy(self.sandbox)
        self.addCleanup(self.fault_proxy.close)

    def asleep_at(self, words, where):
        """A run that is stopped when the request has been carried out and its answer is on the way."""
        arrived, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def hold(seen):
            if where(seen) and not arrived.is_set():
                arrived.set()
                go_on.wait(60)

        self.fault_proxy.before_answer = hold
        process = self.start(*words, "--manifest-file", "sleeper.json", env={"AWS_ENDPOINT_URL": self.fault_proxy.url})
        self.assertTrue(arrived.wait(30), "the request never came")
        process.send_signal(signal.SIGSTOP)
        return process, go_on

    def wakes(self, process, go_on):
        """The resumed run changes nothing and says why. The request that was being sent when it was suspended fails its
        condition, or finds nothing to act on."""
        before = self.cloud()
        go_on.set()
        process.send_signal(signal.SIGCONT)
        result = self.finish(process, 60)
        self.assertEqual(self.cloud(), before, transcript(result))
        self.assertIn(result.code, (3, 4, 5), transcript(result))
        return result

    @staticmethod
    def members_written(seen):
        return seen.operation().startswith("PUT") and seen.operation().endswith("/pipeline.json")

    def test_scale_sleeps_while_another_scale_takes_over(self):
        # The lease has expired only by AWS's clock, and the first request of the resumed run finds another manifest; or
        # by every clock, and there is no such request.
        for lease, leap, count in (("60s", 200, 5), ("2s", 0, 4)):
            with self.subTest(lease=lease):
                self.sandbox.call("POST", "reset", b"")
                self.write("fhctl-manifest.json", "")
                self.write("fhctl.toml", f'lock_lease = "{lease}"\n' + QUICK_SPEC)
                self.up(4)
                process, go_on = self.asleep_at(("scale", "2", "--no-drain", "--yes"), self.members_written)
                if leap:
                    self.sandbox.advance(leap)
                other = self.expect(0, "scale", count, "--yes", "--lock-timeout", "60s")
                self.assertIn("taken over", other.stderr)
                published = self.manifest_in_bucket()
                said = self.wakes(process, go_on).stderr
                self.assert_says(said, "lock was lost", "run the same command again")
                self.assertEqual(self.manifest_in_bucket(), published)
                self.assertEqual([entry["state"] for entry in json.loads(published)["streams"]], ["active"] * count)
                self.assertIn("No changes.", self.up(count).stdout)

    def test_up_sleeps_while_the_pipeline_is_destroyed(self):
        self.write("fhctl.toml", QUICK_SPEC)
        # It polls its stream until its deadline.
        process, go_on = self.asleep_at(("up", "--count", "1", "--yes", "--timeout", "12s"),
                                       lambda seen: seen.operation() == "CreateDeliveryStream")
        self.sandbox.advance(200)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assert_nothing_left()
        self.wakes(process, go_on)
        self.assert_nothing_left()
        self.assertFalse(os.path.exists(os.path.join(self.folder, "sleeper.json")))
        self.up(3)

    def test_who_sleeps_briefly_goes_on(self):
        self.up(1)
        process, go_on = self.asleep_at(("scale", "3", "--yes"), self.members_written)
        go_on.set()
        process.send_signal(signal.SIGCONT)
        result = self.finish(process)
        self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(len(self.streams()), 3)


if __name__ == "__main__":
    unittest.main()
