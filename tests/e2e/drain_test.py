"""Resize without loss, with the real binary in real time: the scenario of a drain, and waiting for it. The sandbox
publishes metrics every second and the spec's times are short; no default is changed. Tests that are not about time move
the sandbox's clock. drain_refused_test.py has what stops a drain, drain_cut_short_test.py what interrupts it.
"""

import json
import time
import unittest

from drain_scenario import DRAIN_SANDBOX, EVENTS, LONG_ENOUGH, RELOADED, DrainScenario, Sender
from scenario import NAME


class LifeOfADrain(DrainScenario):

    def test_it_tells_what_is_waited_for_and_loses_nothing(self):
        self.up(3)
        sent = self.put_lines(3000)
        self.expect(0, "scale", "1", "--yes", "--json-into", EVENTS, timeout=90)
        events = self.events()
        self.assertEqual(self.phases()[0], "telling")
        self.assertIn("quieting", self.phases())
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
        self.assertEqual(self.lines_in_bucket(), sent)

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
        self.drain("up", "--count", "2", "--allow-shrink", "--yes")
        self.sandbox.advance(5)
        self.assertEqual(len(self.streams()), 2)
        sent = self.put_lines(500)
        result = self.drain("destroy", "--keep-bucket", "--confirm", NAME)
        self.assert_says(result.stdout, "drained first", "Destroy complete!")
        self.assertEqual(self.streams(), [])
        self.assertEqual(self.lines_in_bucket(), sent)
        self.assertEqual(self.manifest_streams(), [])

    def test_idle_victims(self):
        self.up(3)
        with Sender(self.sandbox, f"{NAME}-3", 0.05), Sender(self.sandbox, f"{NAME}-1", 0.05):
            time.sleep(4)
            self.drain("scale", "2", "--victims", "idle", "--yes")
        self.sandbox.advance(5)
        self.assertEqual(self.streams(), [f"{NAME}-1", f"{NAME}-3"])

    def test_the_impatient_are_warned(self):
        self.up(2)
        result = self.expect(0, "scale", "1", "--no-drain", "--yes", timeout=60)
        self.assert_says(result.stdout, "WITHOUT A DRAIN", "may be lost")
        self.assertNotIn("without traffic", result.stderr)

    def test_detached(self):
        self.up(2)
        result = self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.assert_says(result.stdout, "Still draining", f"{NAME}-2", "fhctl scale")
        self.assert_says(self.expect(0, "describe").stdout, "draining", "fhctl scale")
        self.sandbox.advance(RELOADED)
        _, changes = self.changes_during(lambda: self.expect(0, "wait", "--for", "drained", timeout=60))
        self.assertEqual(changes, [])
        self.assertEqual(len(self.streams()), 2)
        self.expect(0, "scale", "--yes", timeout=60)
        self.assertEqual(self.states(), {1: "active"})
        self.sandbox.advance(1)
        self.assertEqual(self.streams(), [f"{NAME}-1"])

    def test_growing_takes_draining_streams_back(self):
        self.up(3)
        self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.assertEqual(self.states(), {1: "active", 2: "draining", 3: "draining"})
        _, changes = self.changes_during(lambda: self.expect(0, "scale", "3", "--yes"))
        self.assertNotIn("CreateDeliveryStream", [entry["operation"] for entry in changes])
        self.assertEqual(self.states(), {1: "active", 2: "active", 3: "active"})


class LostPoints(DrainScenario):
    """CloudWatch never shows that anything was delivered."""

    SANDBOX = DRAIN_SANDBOX + ("--lose-points-of", "DeliveryToS3.Records")

    def wait_for_lines(self, count):
        """Until the bucket has so many: a clock that is moved makes buffered records look old."""
        deadline = time.monotonic() + 60
        while len(self.lines_in_bucket()) < count:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.2)

    def test_the_stream_is_deleted_and_the_difference_stated(self):
        self.up(2)
        sent = self.put_lines(400)
        self.expect(0, "put", "-", "--stream", f"{NAME}-2", stdin="again\n" * 5)
        self.wait_for_lines(405)
        result = self.drain("scale", "1", "--yes")
        difference = [stream["difference"] for event in self.events() if event["type"] == "drain"
                      for stream in event["streams"] if stream["phase"] == "ready"][-1]
        self.assertGreaterEqual(difference, 5)
        self.assert_says(result.stdout, f"{NAME}-2: {difference} records more taken than CloudWatch shows delivered.")
        self.assert_says(result.stderr, "nothing was taken, delivered or failed for 8s", "fhctl logs")
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.lines_in_bucket(), sorted(sent + ["again"] * 5))

    def test_programs_read_it_too(self):
        self.up(2)
        self.expect(0, "put", "-", "--stream", f"{NAME}-2", stdin="a\nb\n")
        self.wait_for_lines(2)
        self.expect(0, "scale", "1", "--no-wait", "--yes")
        self.sandbox.advance(RELOADED + LONG_ENOUGH)
        waited = json.loads(self.expect(0, "wait", "--for", "drained", "--output", "json", timeout=60).stdout)
        self.assertEqual([stream["difference"] for stream in waited["streams"]], [2])
        described = json.loads(self.expect(0, "describe", "--output", "json").stdout)
        drains = [stream["drain"] for stream in described["streams"]]
        self.assertIsNone(drains[0])
        self.assertEqual(drains[1]["difference"], 2)
        self.assert_says(self.expect(0, "describe").stdout, "2 records more taken than CloudWatch shows delivered")
        run = json.loads(self.expect(0, "scale", "--yes", "--output", "json", timeout=60).stdout)
        self.assertEqual(run["differences"], [{"stream": f"{NAME}-2", "records": 2}])


class Waiting(DrainScenario):

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
        self.fail_delivery("InternalError")
        self.expect(0, "put", "-", stdin="a\nb\n")
        result = self.expect(5, "wait", "--for", "delivered", "--timeout", "8s", timeout=60)
        self.assert_says(result.stderr, "timed out", f"{NAME}-")


if __name__ == "__main__":
    unittest.main()
