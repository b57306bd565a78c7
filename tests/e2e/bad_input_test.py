"""Invalid files, invalid responses, refused calls: an error that names the cause, no crash, and nothing lost."""

import json
import os
import resource
import signal
import subprocess
import unittest

import harness
from scenario import BUCKET, NAME, OWN, Scenario, pipe_to_head, transcript

CRASH = ("terminate called", "Assertion", "Sanitizer", "Segmentation", "core dumped", "runtime error")


class BadScenario(Scenario):
    def fails_well(self, codes, *arguments, **options):
        """Checks that the run ended with one of the exit codes and an error message, and did not crash."""
        result = self.fhctl(*arguments, **options)
        self.assertIn(result.code, codes, transcript(result))
        self.assertIn("error:", result.stderr, transcript(result))
        for word in CRASH:
            self.assertNotIn(word, result.stderr)
        return result


class BrokenFiles(BadScenario):
    def test_all_mistakes_of_the_spec_at_once(self):
        self.write("fhctl.toml", 'name = "UPPER"\ncount = "two"\ncuont = 2\n[delivery]\nbuffer_interval = "901s"\n'
                                 'compression = "rar"\n[logs]\nretention = "31d"\n')
        said, changes = self.changes_during(lambda: self.fails_well((64,), "up", "--yes").stderr)
        self.assert_says(said, "fhctl.toml", "cuont", "count", "buffer_interval", "901s", "rar", "retention", "UPPER")
        self.assertEqual(changes, [])

    def test_a_spec_that_is_no_toml_names_the_line(self):
        self.write("fhctl.toml", 'name = "logs"\ncount = \n')
        self.assert_says(self.fails_well((64,), "plan").stderr, "fhctl.toml", "2")
        self.assertIn("nowhere.toml", self.fails_well((64,), "plan", "--config", "nowhere.toml").stderr)

    def test_a_manifest_of_another_pipeline_is_never_overwritten(self):
        self.expect(0, "up", "other", "--count", "1", "--yes")
        theirs = self.read("fhctl-manifest.json")
        words = ("up", "--count", "2", "--yes", "--manifest-file", "fhctl-manifest.json")
        result, changes = self.changes_during(lambda: self.fails_well((7,), *words))
        self.assert_says(result.stderr, "fhctl-manifest.json", "other")
        self.assertEqual(changes, [])
        self.assertEqual(self.read("fhctl-manifest.json"), theirs)
        self.write("fhctl-manifest.json", "my shopping list\n")
        self.fails_well((7,), "up", "--count", "2", "--yes")
        self.assertEqual(self.read("fhctl-manifest.json"), "my shopping list\n")

    def test_no_room_for_the_manifest_file(self):
        def full_disk():  # no file may grow: every write fails
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

        done = subprocess.run([harness.FHCTL, "up", "--count", "2", "--yes"], env=self.sandbox.env(), cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                              preexec_fn=full_disk)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, 0, said)
        self.assert_says(said, "manifest file was not written")
        self.assertEqual(sorted(os.listdir(self.folder)), ["fhctl.toml"])
        self.up(2)
        self.assertEqual(self.read("fhctl-manifest.json"), self.manifest_in_bucket())

    def test_a_folder_that_is_not_there(self):
        said = self.fails_well((7,), "up", "--yes", "--manifest-file", "no/where.json").stderr
        self.assert_says(said, "no/where.json", "does not exist")

    def test_documents_in_the_bucket_that_cannot_be_read(self):
        self.up(1)
        self.aws.s3("PUT", BUCKET, OWN + "manifest.json", body=b'{"schema": "fhctl.manifest/1", "gener')
        self.assertIn("manifest", self.fails_well((1, 8), "manifest").stderr)
        self.fails_well((8,), "manifest", "validate")
        self.up(1)
        self.expect(0, "manifest", "validate")
        self.aws.s3("PUT", BUCKET, OWN + "pipeline.json", body=b"\x00\xff")
        said = self.fails_well((7,), "up", "--yes").stderr
        self.assert_says(said, "pipeline.json", "look at that object")
        self.aws.s3("DELETE", BUCKET, OWN + "pipeline.json")
        self.up(1)
        self.assertIn("No changes.", self.up(1).stdout)


class BrokenAnswers(BadScenario):
    """Each kind of broken answer to each call of an up; then the same command must finish the work."""

    def operations_of_up(self):
        self.up(2)
        operations = list(dict.fromkeys((entry["service"], entry["operation"]) for entry in self.requests()))
        return operations, self.cloud()

    def each_operation(self, fault, codes, **members):
        operations, undisturbed = self.operations_of_up()
        self.assertGreater(len(operations), 15)
        for service, operation in operations:
            with self.subTest(fault=fault, operation=operation):
                self.sandbox.call("POST", "reset", b"")
                self.write("fhctl-manifest.json", "")
                self.faults({"service": service, "operation": operation, "fault": fault, "times": 0, **members})
                result = self.fhctl("up", "--count", "2", "--yes", env={"AWS_MAX_ATTEMPTS": "2"})
                self.assertIn(result.code, codes, transcript(result))
                for word in CRASH:
                    self.assertNotIn(word, result.stderr)
                self.faults()
                self.up(2)
                self.assertEqual(self.cloud(), undisturbed)

    def test_html_instead_of_an_answer(self):
        self.each_operation("html", (0, 1, 3, 69))

    def test_answers_cut_off(self):
        # The change was made although the response was cut short: resources that exist are accepted.
        self.each_operation("truncate", (0, 1, 3, 69))

    def test_a_success_that_holds_an_error(self):
        # 7: what comes in place of pipeline.json is taken for it, and refused as unreadable.
        self.each_operation("ok_with_error", (0, 1, 3, 7, 69))

    def test_no_permission(self):
        self.each_operation("access_denied", (0, 7, 77))

    def test_html_is_named(self):
        self.faults({"operation": "GetCallerIdentity", "fault": "html", "times": 0})
        self.assertRegex(self.fails_well((1, 69), "plan", env={"AWS_MAX_ATTEMPTS": "1"}).stderr, "(?i)html.*proxy")

    def test_access_denied_names_action_and_policy(self):
        for operation in "CreateRole", "CreateDeliveryStream", "ListDeliveryStreams", "PutRetentionPolicy":
            with self.subTest(operation=operation):
                self.sandbox.call("POST", "reset", b"")
                self.faults({"operation": operation, "fault": "access_denied", "times": 0})
                said = self.fails_well((77,), "up", "--count", "1", "--yes").stderr
                self.assert_says(said, operation)
                self.assertRegex(said, "doctor --print-policy|AccessDenied")


class FailedStreams(BadScenario):
    def test_creating_failed_is_shown_with_its_reason_and_replaced(self):
        self.sandbox.call("POST", "faults", json.dumps({"fail_create_name": f"{NAME}-2"}).encode())
        result = self.fails_well((3,), "up", "--count", "2", "--yes")
        self.assert_says(result.stderr, f"{NAME}-2", "CREATING_FAILED", "The sandbox was asked to fail", "fhctl up")
        self.assert_says(self.expect(0, "describe").stdout, "CREATING_FAILED", "The sandbox was asked to fail")
        listed = json.loads(self.manifest_in_bucket())["streams"]
        self.assertEqual([stream["name"] for stream in listed], [f"{NAME}-1"])
        self.assertIn("-/+", self.up(2).stdout)
        self.assertEqual(len(json.loads(self.manifest_in_bucket())["streams"]), 2)
        self.assertIn("No changes.", self.up(2).stdout)


class DestroyWithCare(BadScenario):
    KEYS = ["plain", "with space", "a+b", "100%", "%41", "../up", "a/../b", "//double", "trailing/", "cr\rhere",
            "lf\nhere", "soh\x01", "tab\there", "ümlaut/日本", "<&\"'>", "?x=1", "#frag", "~tilde", "a" * 1024, " ",
            "*"]

    def test_a_bucket_with_data_is_refused(self):
        self.up(1)
        self.aws.s3("PUT", BUCKET, "data.txt", body=b"x")
        result, changes = self.changes_during(
            lambda: self.fails_well((7,), "destroy", "--no-drain", "--confirm", NAME))
        self.assert_says(result.stderr + result.stdout, "--empty-bucket", "--keep-bucket", "1 object")
        self.assertEqual(changes, [])

    def test_a_bare_yes_does_not_destroy_what_nobody_named(self):
        self.up(1)
        for arguments, code in ((["destroy", "--empty-bucket", "--yes"], 6), (["destroy", "--empty-bucket"], 6),
                                (["destroy", "--empty-bucket", "--confirm", "other"], 6)):
            result, changes = self.changes_during(lambda args=arguments, c=code: self.expect(c, *args))
            self.assertEqual(changes, [])
        self.assertIn("--confirm", result.stderr)
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()

    def test_every_key_version_marker_and_upload_goes_and_nothing_else(self):
        self.up(1)
        self.aws.create_bucket("neighbour")
        self.aws.s3("PUT", "neighbour", "cr\nhere", body=b"not yours")
        self.aws.put_setting(BUCKET, "versioning", "<VersioningConfiguration><Status>Enabled</Status>"
                                                   "</VersioningConfiguration>")
        for key in self.KEYS:
            self.aws.s3("PUT", BUCKET, key, body=b"1")
            self.aws.s3("PUT", BUCKET, key, body=b"2")
        for key in self.KEYS[::2]:
            self.aws.s3("DELETE", BUCKET, key)
        for key in self.KEYS[::3]:
            self.aws.s3("POST", BUCKET, key, query={"uploads": None})
        there = json.loads(self.cloud())["buckets"][BUCKET]
        self.assertGreaterEqual(len(there["versions"]), 2 * len(self.KEYS))
        self.assertEqual((there["markers"], there["uploads"]), (len(self.KEYS[::2]), len(self.KEYS[::3])))
        result = self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assertIn("Destroy complete! Resources: 7 destroyed.".replace("7", "6"), result.stdout)
        self.assertEqual(list(json.loads(self.cloud())["buckets"]), ["neighbour"])
        self.assertEqual(self.aws.s3("GET", "neighbour", "cr\nhere")[1], b"not yours")

    def test_keys_that_an_xml_reader_would_change_lose_only_themselves(self):
        self.up(1)
        for key in "a\rb", "a\nb", "c\x01d":
            self.aws.s3("PUT", BUCKET, key, body=b"x")
        self.faults({"operation": "DeleteBucket", "fault": "access_denied", "times": 0})
        self.fails_well((77,), "destroy", "--empty-bucket", "--confirm", NAME)
        deleted = [entry["resource"] for entry in self.requests("DeleteObject")]
        self.assertIn(f"{BUCKET}/a\rb", deleted)
        self.assertIn(f"{BUCKET}/c\x01d", deleted)
        self.faults()
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assert_nothing_left()

    def test_more_than_one_page_of_objects(self):
        self.up(1)
        for n in range(1050):
            self.aws.s3("PUT", BUCKET, f"logs/{n:05}", body=b"x")
        result = self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME, timeout=120)
        self.assert_says(result.stdout, "1,050 objects", "ALL DATA WILL BE DELETED")
        self.assert_nothing_left()
        self.assertLessEqual(len([1 for entry in self.requests("DeleteObjects")]), 8)


class Slips(BadScenario):
    def test_flags_that_do_not_go_together(self):
        for line in ("destroy --empty-bucket --keep-bucket", "scale 4 5", "scale 4 --to 5", "up --output yaml",
                     "up one two", "up --tag novalue", "scale 4 --throughput 1MiB/s", "up --count",
                     "up --bucket aaa --existing-bucket bbb",
                     "up --prefix _fhctl/x", "plan --timeout soon", "manifest --format xml"):
            with self.subTest(line=line):
                _, changes = self.changes_during(lambda words=line.split(): self.fails_well((64,), *words))
                self.assertEqual(changes, [])

    def test_a_name_that_cannot_be_one(self):
        for name in "UPPER", "-x", "a_b", "a" * 40, "xn--a", "../etc", "a b":
            with self.subTest(name=name):
                self.fails_well((64,), "describe", "--name", name)

    def test_a_timeout_passes_and_the_same_command_continues(self):
        self.faults({"operation": "CreateRole", "fault": "delay", "ms": 3000, "times": 1})
        self.fails_well((3, 5), "up", "--count", "1", "--yes", "--timeout", "1s")
        self.assertFalse(self.lock_held())
        self.up(1)
        self.assertIn("No changes.", self.up(1).stdout)

    def test_the_reader_of_the_pipe_leaves(self):
        self.up(2)
        env = self.sandbox.env()
        code, err, printed = pipe_to_head([harness.FHCTL, "describe"], env, self.folder)
        self.assertTrue(printed)
        self.assertNotIn("error", err)
        self.assertIn(code, (0, 1))
        # The reader of the plan exits before anything is changed: the run continues without output.
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        code, err, printed = pipe_to_head([harness.FHCTL, "up", "--count", "2", "--yes"], env, self.folder)
        self.assertNotIn("error", err)
        self.assertIn(code, (0, 1))
        self.assertEqual(len(self.streams()), 2)
        self.assertFalse(self.lock_held())

    def test_the_spec_of_init_is_one(self):
        os.remove(os.path.join(self.folder, "fhctl.toml"))
        self.expect(0, "init", "--count", "2")
        first = self.read("fhctl.toml")
        self.assertIn("Plan: 7 to add", self.expect(0, "plan").stdout)
        self.assertNotEqual(self.fhctl("init").code, 0)
        self.assertEqual(self.read("fhctl.toml"), first)

    def test_an_unfinished_upload_alone_does_not_keep_the_bucket(self):
        self.up(1)
        self.aws.s3("POST", BUCKET, "half", query={"uploads": None})
        self.assertIn(b"half", self.aws.s3("GET", BUCKET, query={"uploads": None})[1])
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
