"""fhctl 0.1 and this version alternately on one pipeline, and a table of what the old one cannot do.

`./dev test --full` builds the old version from the history and names its binary in OLD_FHCTL; without it the test is
skipped.
"""

import json
import os
import subprocess
import unittest

import harness
from drain_scenario import DRAIN_SANDBOX
from scenario import BUCKET, NAME, OWN, Scenario, transcript

OLD = os.environ.get("OLD_FHCTL", "")
# Short waits, as flags: there is no fhctl.toml here, so the settings come from pipeline.json.
QUICK = ("--buffer-interval", "1s", "--drain-period", "1s", "--drain-quiet", "3s", "--drain-lag", "2s",
         "--flush-margin", "1s", "--manifest-poll", "1s", "--record-ttl", "1s", "--tag", "team=web")
TABLE = []


def row(situation, old, new):
    TABLE.append((situation, old, new))


@unittest.skipUnless(OLD, "OLD_FHCTL names no binary: runs with ./dev test --full")
class MixedVersions(Scenario):
    SANDBOX = DRAIN_SANDBOX
    SPEC = ""

    @classmethod
    def tearDownClass(cls):
        widths = [max(len(line[column]) for line in [("situation", "0.1", "this version"), *TABLE])
                  for column in range(3)]
        for line in [("situation", "0.1", "this version"), *TABLE]:
            print("  ".join(text.ljust(width) for text, width in zip(line, widths)))

    def old(self, *words, code=0):
        done = harness.run([OLD, *words], env=self.sandbox.env(), cwd=self.folder, timeout=120)
        self.assertEqual(done.code, code, f"0.1: fhctl {' '.join(words)}: {transcript(done)}")
        return done

    def new(self, *words, code=0):
        return self.expect(code, *words, timeout=120)

    def start_old(self, *words):
        process = subprocess.Popen([OLD, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.sandbox.env(), cwd=self.folder)
        self.addCleanup(self.end, process)
        return process

    def document(self):
        return json.loads(self.aws.s3("GET", BUCKET, OWN + "pipeline.json")[1])

    def rewrite(self, change):
        document = self.document()
        change(document)
        self.aws.s3("PUT", BUCKET, OWN + "pipeline.json", body=json.dumps(document).encode())

    def test_both_versions_work_on_one_pipeline(self):
        self.new("up", "--count", "2", "--yes", *QUICK)
        set_by_user = self.document()["spec"]
        self.old("describe")
        self.assertIn("Plan: 0 to add, 1 to change, 0 to destroy.", self.old("plan").stdout)  # pipeline.json alone
        self.old("scale", "3", "--yes")
        self.assertGreater(len(self.document()["spec"]), len(set_by_user))
        self.assertNotIn("spec_values", self.document())
        plan = self.new("plan").stdout
        self.assertIn("Plan: 0 to add, 1 to change, 0 to destroy.", plan)
        self.assertIn("~ iam role policy", plan)
        row("plans what the other version wrote", "one change: pipeline.json gets every default",
            "one change: the role's policy is narrower")
        self.new("scale", "4", "--yes")
        self.assertEqual(self.document()["spec"], set_by_user)
        row("stores only what was set", "no: stores every default", "yes, also after 0.1 has written")
        self.assertIn("Resources: 0 added, 1 changed, 0 destroyed.", self.old("up", "--yes").stdout)
        self.assertIn("Resources: 0 added, 1 changed, 0 destroyed.", self.new("up", "--yes").stdout)
        self.assertIn("No changes.", self.new("up", "--yes").stdout)
        self.new("scale", "1", "--yes")
        self.old("scale", "2", "--yes")
        self.new("scale", "1", "--no-wait", "--yes")
        self.old("scale", "--yes")  # finishes the drain
        self.old("scale", "2", "--yes")
        self.old("scale", "1", "--no-wait", "--yes")
        self.new("scale", "--yes")
        self.wait_until(lambda: len(self.streams()) == 1)  # DELETING takes its time
        row("finishes a drain that the other began", "yes", "yes")
        self.new("up", "--buffer-size", "5MiB", "--yes")
        self.assertIn("delivery.buffer_size", self.document()["spec"])
        self.old("scale", "2", "--yes")
        self.new("scale", "1", "--no-drain", "--yes")
        self.assertNotIn("delivery.buffer_size", self.document()["spec"])
        row("a value set to the default of 0.1", "not told from a default once it writes",
            "kept while 0.1 does not write")
        self.old("destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()
        self.old("up", "--count", "1", "--yes", *QUICK)
        self.new("destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()
        row("destroys a pipeline of the other version", "yes", "yes")

    def test_what_a_newer_version_added(self):
        self.new("up", "--count", "1", "--yes", *QUICK)
        self.rewrite(lambda document: document.update({"later": 1}))
        self.new("scale", "2", "--yes")
        self.assertEqual(self.document()["later"], 1)
        self.old("scale", "1", "--no-drain", "--yes")
        self.assertNotIn("later", self.document())
        row("an unknown member", "erased when it writes", "kept")
        self.rewrite(lambda document: document.update({"requires": {"delivery.later": "0.9.0"}}))
        self.new("scale", "2", "--yes", code=7)
        self.old("scale", "2", "--yes")
        row("a requirement that it does not know", "ignored and erased", "exit code 7")
        self.rewrite(lambda document: document["spec"].update({"delivery.later": "x"}))
        for words in (("describe",), ("plan",), ("scale", "3", "--yes"), ("lock",), ("undrain", "--yes"),
                      ("wait", "--for", "active")):
            self.old(*words, code=64)
            self.new(*words)
        self.old("destroy", NAME, "--empty-bucket", "--yes", code=64)
        self.new("destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()
        row("an unknown key in spec", "exit code 64, destroy too", "ignored and kept")

    def test_each_waits_for_the_lease_of_the_other(self):
        """A holder on this machine whose process is gone: each takes over only a lock that its own version wrote."""
        self.new("up", "--count", "1", "--yes", *QUICK)
        for mine, other, starts in ((self.new, self.old, self.start_old), (self.old, self.new, self.start)):
            self.sandbox.faults({"rules": []})
            process = starts("scale", "2", "--yes")
            self.wait_until(self.lock_held)
            process.kill()
            process.communicate()
            if not self.lock_held():
                self.skipTest("the run was done before it could be killed")
            mine("scale", "2", "--yes", "--lock-timeout", "1s", code=4)
            other("scale", "2", "--yes")  # the lock of its own version is taken over at once
            other("scale", "1", "--no-drain", "--yes")
        row("a lock of the other version", "waits for its lease", "waits for its lease")

    def test_a_newer_destroy_while_the_old_version_waits(self):
        self.new("up", "--count", "3", "--yes", *QUICK)
        older = self.start_old("scale", "2", "--yes")
        self.wait_until(lambda: '"draining"' in self.manifest_in_bucket())
        newer = self.start("destroy", NAME, "--keep-bucket", "--yes")
        old_result, new_result = self.finish(older, 120), self.finish(newer, 120)
        self.assertEqual(new_result.code, 7, transcript(new_result))
        self.assertIn("a newer request replaced this one", new_result.stderr)
        self.assertNotEqual(old_result.code, 77, transcript(old_result))
        self.new("destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()
        row("a newer destroy while it waits for its drains", "publishes once more: the destroy ends with 7",
            "ends with 7")

    def test_an_old_destroy_while_this_version_waits(self):
        self.new("up", "--count", "3", "--yes", *QUICK)
        older = self.start("scale", "2", "--yes")
        self.wait_until(lambda: '"draining"' in self.manifest_in_bucket())
        newer = self.start_old("destroy", NAME, "--keep-bucket", "--yes")
        result, destroyed = self.finish(older, 120), self.finish(newer, 120)
        self.assertEqual(result.code, 7, transcript(result))
        self.assertIn("a newer request replaced this one", result.stderr)
        self.assertEqual(destroyed.code, 0, transcript(destroyed))
        self.assertEqual(self.streams(), [])
        row("a newer destroy by 0.1 while it waits", "publishes once more", "ends with 7")


if __name__ == "__main__":
    unittest.main()
