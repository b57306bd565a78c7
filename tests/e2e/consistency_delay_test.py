"""The lifecycle of a pipeline against services that show every change late (`fhctl sandbox --consistency-delay`)."""

import unittest
import urllib.error

from scenario import GROUP, NAME, QUICK_SANDBOX, ROLE, Scenario

DELAY_S = 2


class LateChanges(Scenario):
    SANDBOX = (*QUICK_SANDBOX, "--consistency-delay", f"{DELAY_S}s")

    def left(self):
        """How many streams, buckets, roles and log groups there are."""
        summary = self.sandbox.summary()
        return len(summary["streams"]), len(summary["buckets"]), summary["roles"], summary["log_groups"]

    def run_after_the_delay(self, *arguments):
        """A command that sees everything that earlier ones have changed, but has to wait for its own changes."""
        self.sandbox.call("POST", f"advance?seconds={DELAY_S + 1}", b"")
        self.expect(0, *arguments)

    def test_each_command_of_the_lifecycle_waits_for_its_own_changes(self):
        for count in 2, 1:
            self.run_after_the_delay("up", "--count", count, "--yes")
            self.assertEqual(self.left(), (count, 1, 1, 1))
            self.run_after_the_delay("scale", "3", "--yes")
            self.assertEqual(self.left(), (3, 1, 1, 1))
            self.run_after_the_delay("destroy", "--empty-bucket", "--no-drain", "--confirm", NAME)
            self.assertEqual(self.left(), (0, 0, 0, 0))

    def test_the_sandbox_refused_what_was_not_visible_yet(self):
        self.up(1)
        refused = {(entry["operation"], entry["status"]) for entry in self.requests() if entry["status"] >= 400}
        self.assertIn(("PutRolePolicy", 404), refused, f"{ROLE} was visible at once")
        self.assertIn(("PutRetentionPolicy", 400), refused, f"{GROUP} was visible at once")


class SetWhileItRuns(Scenario):
    def test_the_delay_of_one_service(self):
        self.sandbox.call("POST", "consistency-delay?iam=1", b"")
        self.up(1)
        refused = {entry["operation"] for entry in self.requests() if entry["status"] >= 400}
        self.assertIn("PutRolePolicy", refused)
        self.assertNotIn("PutRetentionPolicy", refused)

    def test_other_services_and_times_are_refused(self):
        for query in "sts=1", "iam=soon", "iam=-1", "":
            with self.assertRaises(urllib.error.HTTPError, msg=query) as caught:
                self.sandbox.call("POST", f"consistency-delay?{query}", b"")
            self.assertEqual(caught.exception.code, 400, query)


if __name__ == "__main__":
    unittest.main()
