"""What keeps a stream from being deleted, with the real binary in real time: traffic, failing delivery, metrics that
may not be read.
"""

import json
import time
import unittest

from drain_scenario import LONG_ENOUGH, DrainScenario, Sender
from scenario import NAME


class Refused(DrainScenario):

    def test_traffic_means_no_delete(self):
        self.up(2)
        with Sender(self.sandbox, f"{NAME}-2") as sender:
            result = self.expect(5, "scale", "1", "--yes", timeout=90)
            self.assert_says(result.stderr, f"{NAME}-2 waits for traffic to stop", "record", "since",
                             "then run `fhctl scale`", "undrain")
            self.assertEqual(self.requests("DeleteDeliveryStream"), [])
            waiting = self.expect(5, "wait", "--for", "drained", timeout=90)
            self.assert_says(waiting.stderr, f"{NAME}-2")
        self.assertEqual(self.states(), {1: "active", 2: "draining"})
        self.sandbox.advance(LONG_ENOUGH)
        self.expect(0, "scale", "--yes", timeout=90)  # the same, now that it is quiet
        self.sandbox.advance(5)
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.lines_in_bucket(), ["x"] * sender.sent)

    def test_failing_delivery_means_no_delete(self):
        self.up(2)
        self.fail_delivery("AccessDenied")
        self.expect(0, "put", "-", "--stream", f"{NAME}-2", stdin="a\nb\n")
        result = self.expect(5, "scale", "1", "--yes", timeout=90)
        self.assert_says(result.stderr, "S3.AccessDenied", "fhctl logs")
        self.fail_delivery("")
        self.sandbox.advance(30)
        self.expect(0, "scale", "--yes", timeout=90)
        self.assertEqual(self.states(), {1: "active"})
        self.assertEqual(self.lines_in_bucket(), ["a", "b"])

    def test_without_permission_for_metrics_it_says_that_it_proves_less(self):
        self.up(2)
        self.faults({"operation": "GetMetricData", "times": 0, "fault": "access_denied"})
        result = self.expect(0, "scale", "1", "--yes", timeout=90)
        self.assert_says(result.stderr, "may not be read", "proves less", "cloudwatch:GetMetricData")
        self.assertEqual(self.states(), {1: "active"})
        self.expect(7, "scale", "0", "--allow-zero", "--victims", "idle", "--yes")

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


if __name__ == "__main__":
    unittest.main()
