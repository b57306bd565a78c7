"""Two requests for one pipeline: the newer one wins over a run that waits for its drains."""

import json
import signal
import time
import unittest

from drain_scenario import DRAIN_SANDBOX, DRAIN_SPEC
from scenario import BUCKET, NAME, OWN, Scenario, transcript


class NewerRequest(Scenario):
    SANDBOX = DRAIN_SANDBOX
    SPEC = DRAIN_SPEC

    def wait_for_drain(self, count):
        """Waits until the manifest in the bucket lists `count` draining streams."""
        self.wait_until(lambda: sum(entry["state"] == "draining"
                                    for entry in json.loads(self.manifest_in_bucket())["streams"]) == count)

    def end_of_older(self, process, command):
        result = self.finish(process)
        self.assertEqual(result.code, 7, transcript(result))
        self.assertIn(f"a newer request replaced this one: `fhctl {command} {NAME}`", result.stderr)
        return result

    def test_a_destroy_ends_a_scale_that_waits(self):
        self.up(3)
        older = self.start("scale", "2", "--yes")
        self.wait_for_drain(1)
        newer = self.start("destroy", NAME, "--keep-bucket", "--yes")
        self.wait_for_drain(3)
        self.end_of_older(older, "destroy")
        self.assertEqual([entry["state"] for entry in json.loads(self.manifest_in_bucket())["streams"]],
                         ["draining"] * 3, "the older run published over the newer request")
        result = self.finish(newer)
        self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(self.streams(), [])

    def test_a_scale_ends_a_scale_that_waits(self):
        self.up(3)
        older = self.start("scale", "2", "--yes")
        self.wait_for_drain(1)
        self.expect(0, "scale", "4", "--yes")
        self.end_of_older(older, "scale")
        self.assertEqual(len(self.streams()), 4)

    def test_an_up_ends_a_destroy_that_waits(self):
        self.up(2)
        older = self.start("destroy", NAME, "--keep-bucket", "--yes")
        self.wait_for_drain(2)
        refused = self.fhctl("manifest", "publish")
        self.assertEqual(refused.code, 7, transcript(refused))
        self.assertIn("is being destroyed", refused.stderr)
        self.expect(0, "up", "--yes")
        self.end_of_older(older, "up")
        self.assertEqual(len(self.streams()), 2)
        self.expect(0, "manifest", "publish")

    def test_an_interrupted_destroy_is_the_command_that_continues(self):
        self.up(2)
        process = self.start("destroy", NAME, "--keep-bucket", "--yes")
        self.wait_for_drain(2)
        process.kill()
        process.communicate()
        self.assertIn(f"To continue: fhctl destroy {NAME}\n", self.expect(0, "describe", NAME).stdout)
        self.assertIn("`fhctl destroy", self.expect(0, "wait", NAME, "--for", "drained").stdout)
        self.expect(0, "destroy", NAME, "--keep-bucket", "--yes")

    def test_a_destroy_that_is_over_ends_a_scale_that_waits(self):
        self.up(3)
        older = self.start("scale", "2", "--yes")
        self.wait_for_drain(1)
        self.expect(0, "destroy", NAME, "--empty-bucket", "--force", "--yes")
        result = self.finish(older)
        self.assertEqual(result.code, 7, transcript(result))
        self.assertIn(f"another run destroyed the pipeline {NAME}", result.stderr)

    def older_waits_for_the_lock(self, *words):
        """Starts a run that waits for a foreign lock, suspends it there, and removes the lock."""
        foreign = {"schema": "fhctl.lock/1", "run_id": "0badcafe", "holder": "elsewhere", "host": "elsewhere",
                   "boot_id": "x:1", "pid": 1, "command": "scale", "renewals": 0, "lease_s": 600}
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=json.dumps(foreign).encode())
        tries = len(self.requests("PutObject"))
        process = self.start(*words, "--lock-timeout", "60s")
        self.wait_until(lambda: len(self.requests("PutObject")) >= tries + 2)
        process.send_signal(signal.SIGSTOP)
        self.aws.s3("DELETE", BUCKET, OWN + "lock")
        time.sleep(1.1)  # requests are ordered by seconds
        return process

    def test_a_run_that_waits_for_the_lock_ends_when_a_newer_one_went_first(self):
        tag = ("--tag", "a=b")
        for older, newer, left in ((("destroy", NAME, "--empty-bucket", "--yes"), ("up", *tag, "--yes"), 3),
                                   (("scale", "2", "--no-drain", "--yes"), ("up", *tag, "--yes"), 3),
                                   (("up", "--count", "4", "--yes"),
                                    ("destroy", NAME, "--keep-bucket", "--no-drain", "--yes"), 0)):
            with self.subTest(older=older, newer=newer):
                self.sandbox.reset()
                self.up(3)
                process = self.older_waits_for_the_lock(*older)
                self.expect(0, *newer)
                process.send_signal(signal.SIGCONT)
                result = self.finish(process)
                self.assertEqual(result.code, 7, transcript(result))
                self.assertIn("a newer request replaced this one", result.stderr)
                self.assertEqual(len(self.streams()), left)

    def test_a_destroy_that_stopped_at_once_is_replaced_by_an_up(self):
        self.up(2)
        self.faults({"operation": "PutObject", "nth": 3, "fault": "kill_after"})
        self.fhctl("destroy", NAME, "--keep-bucket", "--yes")
        self.faults()
        self.expect(7, "manifest", "publish")
        self.up(2, "--lock-timeout", "90s", timeout=120)
        self.expect(0, "manifest", "publish")

    def test_runs_that_ask_for_the_same_end_well(self):
        self.up(3)
        first = self.start("scale", "2", "--yes")
        self.wait_for_drain(1)
        second = self.start("scale", "--yes")
        for process in (first, second):
            result = self.finish(process)
            self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(len(self.streams()), 2)


if __name__ == "__main__":
    unittest.main()
