"""AWS shows late what a run has just changed, or refuses a change because of another operation on the resource."""

import json
import unittest

import harness
from scenario import BUCKET, GROUP, ROLE, Scenario

# operation, HTTP status, code, the resource that is waited for
OF_UP = [
    ("PutRolePolicy", 404, "NoSuchEntity", f"role policy {ROLE}/delivery"),
    ("PutRolePolicy", 409, "EntityTemporarilyUnmodifiable", f"role policy {ROLE}/delivery"),
    ("CreateLogStream", 400, "ResourceNotFoundException", f"log stream {GROUP}:"),
    ("PutRetentionPolicy", 400, "ResourceNotFoundException", f"log group {GROUP}"),
    ("CreateBucket", 409, "OperationAborted", f"bucket {BUCKET}"),
]
OF_DESTROY = [
    ("DeleteRole", 409, "DeleteConflict", f"role {ROLE}"),
    ("DeleteLogGroup", 400, "OperationAbortedException", f"log group {GROUP}"),
]


def fault(operation, status, code, times):
    return {"operation": operation, "fault": "error", "status": status, "code": code, "message": "Please try again.",
            "times": times}


class Consistency(Scenario):
    def reset(self):
        self.faults()
        self.sandbox.call("POST", "reset", b"")
        self.folder = self.enterContext(harness.scratch())
        self.write("fhctl.toml", self.SPEC)

    def events(self, stdout):
        return [event for event in map(json.loads, stdout.splitlines()) if event["type"] == "consistency_waiting"]

    def test_a_short_delay_is_waited_out(self):
        for operation, status, code, resource in OF_UP:
            with self.subTest(operation=operation, code=code):
                self.reset()
                self.faults(fault(operation, status, code, 2))
                result = self.up(1, "--output", "ndjson")
                events = self.events(result.stdout)
                self.assertEqual([event["over"] for event in events], [False, False, True])
                for event in events:
                    self.assertTrue(event["resource"].startswith(resource), event)
                    self.assertIn(code, event["reason"])
                self.assertGreater(events[-1]["elapsed_s"], 1)
                self.assertEqual(len(self.requests(operation)), 3)

    def test_a_short_delay_of_a_deletion_is_waited_out(self):
        for operation, status, code, resource in OF_DESTROY:
            with self.subTest(operation=operation, code=code):
                self.reset()
                self.up(1)
                self.faults(fault(operation, status, code, 2))
                result = self.expect(0, "destroy", "--empty-bucket", "--yes", "scaling-firehose", "--output", "ndjson")
                self.assertTrue(any(event["resource"] == resource for event in self.events(result.stdout)))
                self.assert_nothing_left()

    def test_what_lasts_ends_with_the_timeout(self):
        for operation, status, code, resource in OF_UP:
            with self.subTest(operation=operation, code=code):
                self.reset()
                self.faults(fault(operation, status, code, 0))
                result = self.expect(5, "up", "--count", "1", "--yes", "--timeout", "10s")
                self.assertRegex(result.stderr, f"waited [0-9.]+s for {resource}.*: AWS said {code}: Please try again")
                self.assertIn("waiting for " + resource, result.stderr)  # one line, after some seconds
                self.assertLessEqual(result.stderr.count("waiting for " + resource), 1)
                hint = "--bucket" if operation == "CreateBucket" else "fhctl up|run the same command again"
                self.assertRegex(result.stderr, f"hint: .*({hint})")
                self.assertLessEqual(len(self.requests(operation)), 6)
                self.assertFalse(self.lock_held())
                self.faults()
                self.up(1)

    def test_a_role_that_another_process_deletes_is_missing_at_once(self):
        self.up(1)
        self.aws.iam("DeleteRolePolicy", RoleName=ROLE, PolicyName="delivery")
        self.faults(fault("PutRolePolicy", 404, "NoSuchEntity", 0))
        result = self.expect(1, "up", "--count", "1", "--yes")
        self.assert_says(result.stderr, "NoSuchEntity", "fhctl up")
        self.assertEqual(len(self.requests("PutRolePolicy")), 2)  # the one of the first run, and this one


if __name__ == "__main__":
    unittest.main()
