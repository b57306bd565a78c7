"""What may interrupt a drain, with the real binary in real time: Ctrl-C, kill -9, a lost network, undrain, and a
pipeline that is destroyed and created again while producers send.
"""

import json
import os
import signal
import subprocess
import time
import unittest

import harness
from drain_scenario import DRAIN_SANDBOX, LONG_ENOUGH, RELOADED, DrainScenario
from scenario import NAME, SANITIZED, transcript


class CutShort(DrainScenario):
    """Ctrl-C, kill -9 and a lost network in each phase: the next run continues, undrain cancels the drain."""

    PHASES = ("quieting",) if SANITIZED else ("telling", "quieting")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if SANITIZED:
            print("cut short while quieting only: this binary is sanitized", flush=True)

    def begin(self, phase):
        """A run that drains stream 2 and is in this phase: (the run, what was sent, when the drain began)."""
        self.start_over()
        self.up(2)
        sent = self.put_lines(600)
        process = self.start_drain("scale", "1", "--yes")
        self.wait_for_phase(process, "telling")
        if phase != "telling":
            self.sandbox.advance(RELOADED)
            self.wait_for_phase(process, phase)
        return process, sent, self.drain_began(2)

    def continues(self, sent, began):
        """The drain is continued, not restarted: the time that has passed counts."""
        self.assertEqual(self.drain_began(2), began)
        self.assertFalse(self.lock_held())
        self.sandbox.advance(LONG_ENOUGH)
        self.expect(0, "scale", "--yes", timeout=90)
        self.done(sent)

    def done(self, sent):
        self.sandbox.advance(5)
        self.assertEqual(self.streams(), [f"{NAME}-1"])
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.lines_in_bucket(), sent)

    def test_ctrl_c(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, sent, began = self.begin(phase)
                process.send_signal(signal.SIGINT)
                result = self.finish(process)
                self.assertEqual(result.code, 130)
                self.assertIn("fhctl undrain", result.stderr)
                self.continues(sent, began)

    def test_kill(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, sent, began = self.begin(phase)
                process.kill()
                self.assertEqual(self.finish(process).code, -signal.SIGKILL)
                self.continues(sent, began)

    def test_a_lost_network_that_comes_back(self):
        for phase in self.PHASES:
            with self.subTest(phase=phase):
                process, sent, _ = self.begin(phase)
                self.faults({"times": 0, "fault": "drop_before"})
                time.sleep(3)
                self.sandbox.faults([])
                result = self.finish(process, timeout=90)
                self.assertEqual(result.code, 0, result.stderr)
                self.done(sent)

    def test_a_network_that_stays_away_ends_the_run_and_the_next_continues(self):
        self.up(2)
        sent = self.put_lines(600)
        process = self.start_drain("scale", "1", "--yes", "--timeout", "15s")
        self.wait_for_phase(process, "telling")
        began = self.drain_began(2)
        self.faults({"times": 0, "fault": "drop_before"})
        result = self.finish(process, timeout=90)
        self.assertIn(result.code, (5, 69), result.stderr)
        self.sandbox.faults([])
        self.continues(sent, began)

    def test_undrain_after_each(self):
        for phase in self.PHASES:
            for number in (signal.SIGINT, signal.SIGKILL):
                with self.subTest(phase=phase, signal=number):
                    process, _, _ = self.begin(phase)
                    process.send_signal(number)
                    self.finish(process)
                    back = self.expect(0, "undrain", "--yes", timeout=30)
                    self.assertIn(f"{NAME}-2 does not drain any more", transcript(back))
                    self.assertEqual(self.states(), {1: "active", 2: "active"})
                    self.assertIn("No changes.", self.expect(0, "up", "--yes").stdout)
                    self.assertEqual(self.requests("DeleteDeliveryStream"), [])

    def test_undrain_under_a_run_that_waits(self):
        process, _, _ = self.begin("quieting")
        self.expect(0, "undrain", "--stream", f"{NAME}-2", "--yes")
        result = self.finish(process)
        self.assertEqual(result.code, 7, result.stderr)
        self.assertIn("a newer request replaced this one: `fhctl undrain", result.stderr)
        self.assertEqual(self.states(), {1: "active", 2: "active"})
        self.assertEqual(self.requests("DeleteDeliveryStream"), [])

    def test_growing_under_a_run_that_waits(self):
        process, sent, _ = self.begin("quieting")
        self.expect(0, "scale", "3", "--yes")
        result = self.finish(process)
        self.assertEqual(result.code, 7, transcript(result))
        self.assertIn("a newer request replaced this one: `fhctl scale", result.stderr)
        self.assertEqual(self.states(), {1: "active", 2: "active", 3: "active"})
        self.assertEqual(self.requests("DeleteDeliveryStream"), [])
        self.sandbox.advance(5)
        self.assertEqual(self.lines_in_bucket(), sent)

    def test_two_runs_wait_for_the_same_drain(self):
        process, sent, _ = self.begin("telling")
        other = self.start("scale", "1", "--yes", "--manifest-file", "other.json")
        self.sandbox.advance(RELOADED)
        for result in self.finish(process, 90), self.finish(other, 90):
            self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(len(self.requests("DeleteDeliveryStream")), 1)
        self.done(sent)

    def test_destroy_is_taken_back_by_undrain(self):
        self.up(2)
        process = self.start_drain("destroy", "--keep-bucket", "--confirm", NAME)
        self.wait_for_phase(process, "telling")
        self.assertEqual(self.states(), {1: "draining", 2: "draining"})
        self.expect(0, "undrain", "--yes")
        result = self.finish(process)
        self.assertEqual(result.code, 7, result.stderr)
        self.assertEqual(self.states(), {1: "active", 2: "active"})
        self.assertEqual(len(self.streams()), 2)


class TooLate(DrainScenario):
    """A stream whose deletion has begun and takes its time."""

    SANDBOX = (*DRAIN_SANDBOX, "--delete-time", "60s")

    def test_undrain_says_so(self):
        self.up(2)
        self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-2")
        result, changes = self.changes_during(lambda: self.expect(7, "undrain", "--stream", f"{NAME}-2", "--yes"))
        self.assert_says(result.stderr, f"{NAME}-2 is being deleted", "too late")
        self.assertEqual(changes, [])
        self.assert_says(self.expect(7, "undrain", "--stream", "other-1", "--yes").stderr, "other-1 is not a draining")


class SecondLife(DrainScenario):
    """A pipeline destroyed and created again under the same name."""

    def test_producers_that_survived_move_to_the_new_epoch(self):
        elsewhere = os.path.join(self.folder, "producer")
        os.mkdir(elsewhere)
        for where in ("bucket", "file"):
            with self.subTest(manifest=where):
                self.sandbox.call("POST", "reset", b"")
                self.up(2)
                first = json.loads(self.manifest_in_bucket())
                arguments = ["put", "-", "--name", NAME] if where == "bucket" else ["put", "-"]
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


if __name__ == "__main__":
    unittest.main()
