"""What a destroy must not delete, and what pipeline.json in the bucket must not decide."""

import json
import os
import unittest

from scenario import BUCKET, NAME, OWN, Scenario, transcript

ADOPTED = "payroll-2019"
# Short waits as flags, where there is no fhctl.toml and the settings come from pipeline.json.
QUICK = {"manifest.poll": "1s", "manifest.record_ttl": "1s", "delivery.buffer_interval": "1s",
         "drain.flush_margin": "0s"}
QUICK_FLAGS = ("--manifest-poll", "1s", "--record-ttl", "1s", "--buffer-interval", "1s", "--flush-margin", "0s")


class AdoptedBucket(Scenario):
    """A bucket with data that existed before the pipeline."""

    SPEC = ""

    def setUp(self):
        super().setUp()
        self.aws.create_bucket(ADOPTED)
        self.aws.s3("PUT", ADOPTED, "2019.csv", body=b"1,2\n")
        self.sandbox.advance(2)

    def adopt(self):
        return self.up(1, "--bucket", ADOPTED, "--adopt-bucket", *QUICK_FLAGS)

    def refused(self, *flags):
        """A destroy with these flags: it must be refused before it changes anything."""
        result, changes = self.changes_during(lambda: self.fhctl("destroy", NAME, *flags, "--yes"))
        self.assertEqual(result.code, 7, transcript(result))
        self.assertEqual(changes, [])
        self.assertEqual(self.aws.keys(ADOPTED), ["2019.csv"])
        return result

    def test_its_data_is_deleted_only_by_name(self):
        self.adopt()
        self.assertEqual(self.aws.tags_of_bucket(ADOPTED)["fhctl:adopted"], "true")
        result = self.refused("--empty-bucket")
        self.assertIn(f"bucket {ADOPTED} may have data that is not this pipeline's: it was adopted", result.stderr)
        self.assertIn(f"--empty-bucket={ADOPTED}", result.stderr)
        self.assertIn("names another bucket", self.refused(f"--empty-bucket={BUCKET}").stderr)
        self.expect(0, "destroy", NAME, f"--empty-bucket={ADOPTED}", "--yes")
        self.assertIsNone(self.aws.s3_or_none("GET", ADOPTED, query={"list-type": "2"}))

    def test_keep_bucket_needs_no_name(self):
        self.adopt()
        self.expect(0, "destroy", NAME, "--keep-bucket", "--no-drain", "--yes")
        self.assertEqual(self.aws.keys(ADOPTED), ["2019.csv"])

    def test_a_later_up_keeps_the_mark(self):
        self.adopt()
        self.expect(0, "scale", NAME, "2", "--yes")
        self.up(2, "--tag", "team=web")
        self.assertEqual(self.aws.tags_of_bucket(ADOPTED)["fhctl:adopted"], "true")
        self.refused("--empty-bucket")

    def test_without_the_mark_the_age_of_the_data_counts(self):
        self.adopt()
        self.remove_the_mark()
        self.assertIn("from before the pipeline was created", self.refused("--empty-bucket").stderr)

    def remove_the_mark(self):
        """As after an adoption by fhctl 0.1, which set no tag."""
        rows = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"
                       for key, value in self.aws.tags_of_bucket(ADOPTED).items() if key != "fhctl:adopted")
        self.aws.put_setting(ADOPTED, "tagging", f"<Tagging><TagSet>{rows}</TagSet></Tagging>")

    def test_a_bucket_that_is_kept_gets_the_mark(self):
        self.adopt()
        self.remove_the_mark()
        self.expect(0, "destroy", NAME, "--keep-bucket", "--no-drain", "--yes")
        self.assertEqual(self.aws.tags_of_bucket(ADOPTED)["fhctl:adopted"], "true")
        self.up(1, "--bucket", ADOPTED, *QUICK_FLAGS)
        self.refused("--empty-bucket")

    def test_without_the_document_the_age_of_the_streams_counts(self):
        self.adopt()
        self.remove_the_mark()
        self.aws.s3("DELETE", ADOPTED, OWN + "pipeline.json")
        result = self.fhctl("destroy", NAME, "--empty-bucket", "--yes", env={"FHCTL_BUCKET": ADOPTED})
        self.assertEqual(result.code, 7, transcript(result))
        self.assertEqual(self.aws.keys(ADOPTED), ["2019.csv"])

    def test_no_failure_of_the_date_stops_a_destroy(self):
        self.up(1, *QUICK_FLAGS)
        self.faults({"operation": "ListBuckets", "fault": "html", "times": 0})
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")

    def test_without_the_mark_the_age_of_the_bucket_counts(self):
        self.aws.s3("DELETE", ADOPTED, "2019.csv")
        self.sandbox.advance(3600)
        self.adopt()
        self.aws.s3("PUT", ADOPTED, "2019.csv", body=b"1,2\n")
        self.remove_the_mark()
        self.assertIn("before the pipeline", self.refused("--empty-bucket").stderr)


class OwnBucket(Scenario):
    def test_a_bucket_that_fhctl_created_is_emptied_without_its_name(self):
        self.up(1)
        self.aws.s3("PUT", BUCKET, "logs/x", body=b"x")
        self.assertNotIn("fhctl:adopted", self.aws.tags_of_bucket(BUCKET))
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()

    def test_an_object_beside_the_lock_is_data_and_blocks_nothing(self):
        for key in "lock.bak", "lock/", "pipeline.json.orig":
            with self.subTest(key):
                self.sandbox.reset()
                self.up(1)
                self.aws.s3("PUT", BUCKET, OWN + key, body=b"")
                refused = self.fhctl("destroy", NAME, "--yes")
                self.assertEqual(refused.code, 7, transcript(refused))
                self.assertIn("is not empty: 1 object", refused.stderr)
                result = self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
                self.assertNotIn("filled again", result.stderr)
                self.assert_nothing_left()

    def test_what_was_deleted_is_not_called_safe(self):
        self.up(1)
        for number in range(3):
            self.aws.s3("PUT", BUCKET, f"logs/{number}", body=b"x")
        self.faults({"operation": "DeleteBucket", "fault": "access_denied", "times": 0})
        result = self.fhctl("destroy", NAME, "--empty-bucket", "--yes")
        self.assertNotEqual(result.code, 0, transcript(result))
        self.assertIn("3 objects and versions of the bucket's data are deleted", result.stderr)
        self.assertNotIn("Nothing is lost", result.stderr)


    def test_the_names_of_a_pipeline_come_from_its_document(self):
        """The file of this folder does not name the bucket that `up` named with a flag."""
        self.up(1, "--bucket", "bucket-of-mine", "--role", "role-of-mine", "--log-group", "/of/mine")
        refused = self.fhctl("up", "--yes")
        self.assertEqual(refused.code, 7, transcript(refused))
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes", env={"FHCTL_BUCKET": "another-bucket"})
        self.assert_nothing_left()


class DocumentsFromTheBucket(Scenario):
    """pipeline.json can be written by everyone with write access to the bucket."""

    SPEC = ""

    def rewrite(self, change):
        document = json.loads(self.aws.s3("GET", BUCKET, OWN + "pipeline.json")[1])
        change(document)
        self.aws.s3("PUT", BUCKET, OWN + "pipeline.json", body=json.dumps(document).encode())

    def document(self):
        return json.loads(self.aws.s3("GET", BUCKET, OWN + "pipeline.json")[1])

    def test_it_does_not_choose_a_file_or_a_name(self):
        self.up(1)
        victim = os.path.join(self.folder, ".bash_profile")
        self.rewrite(lambda document: document["spec"].update(
            {"manifest.file": victim, "name": "other", "count": "9"}))
        self.expect(0, "scale", NAME, "2", "--yes")
        self.assertFalse(os.path.exists(victim))
        self.assertEqual(json.loads(self.read("fhctl-manifest.json"))["pipeline"], NAME)
        self.assertEqual(self.document()["spec"], {})
        self.assertEqual(self.document()["members"], "1-2")

    def test_it_does_not_switch_the_local_manifest_off(self):
        self.up(1)
        self.rewrite(lambda document: document["spec"].update({"manifest.file": ""}))
        self.expect(0, "scale", NAME, "2", "--yes")
        self.assertEqual(len(json.loads(self.read("fhctl-manifest.json"))["streams"]), 2)

    def test_what_remains_in_a_former_bucket_is_not_this_pipelines(self):
        self.up(1, *QUICK_FLAGS)
        self.expect(0, "destroy", NAME, "--keep-bucket", "--no-drain", "--yes")
        self.up(1, "--bucket", "another-bucket")
        for name in "manifest.json", "lock":
            self.aws.s3("PUT", BUCKET, OWN + name, body=b"broken")
        self.expect(0, "plan", "--detailed-exitcode")
        generation = json.loads(self.read("fhctl-manifest.json"))["generation"]
        self.assertIn("No changes.", self.up(1).stdout)
        self.assertEqual(json.loads(self.read("fhctl-manifest.json"))["generation"], generation)

    def test_only_what_was_set_is_stored(self):
        self.up(1)
        self.assertEqual(self.document()["spec"], {})
        self.up(1, "--buffer-interval", "300s", "--tag", "team=web")
        self.assertEqual(self.document()["spec"], {"delivery.buffer_interval": "300s", "tags.team": "web"})
        self.assertIn("No changes.", self.up(1).stdout)

    def test_what_a_newer_version_added_is_kept(self):
        self.up(2, *QUICK_FLAGS)
        self.rewrite(lambda document: (document.update({"later": {"a": [1, None]}}),
                                       document["spec"].update({"delivery.partitions": {"x": 1}})))
        for words in (("describe",), ("plan",), ("scale", "1", "--no-drain", "--yes"), ("scale", "2", "--yes"),
                      ("lock",), ("wait", "--for", "active"), ("undrain", "--yes"), ("manifest", "publish")):
            self.expect(0, words[0], *words[1:], "--name", NAME)
        self.assertEqual(self.document()["later"], {"a": [1, None]})
        self.assertEqual(self.document()["spec"], {**QUICK, "delivery.partitions": {"x": 1}})
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()

    def test_values_that_contradict_each_other_do_not_stop_readers(self):
        self.up(2, *QUICK_FLAGS)
        self.rewrite(lambda document: document["spec"].update({"delivery.prefix": "x/!{partitionKeyFromQuery:id}/"}))
        for words in (("describe",), ("lock",), ("wait", "--for", "active")):
            self.expect(0, *words, "--name", NAME)
        refused = self.expect(7, "scale", "3", "--yes")
        self.assertIn("pipeline.json has delivery.prefix", refused.stderr)
        self.assertEqual(self.document()["spec"]["delivery.prefix"], "x/!{partitionKeyFromQuery:id}/")
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        self.assert_nothing_left()

    def test_what_a_newer_version_requires_stops_writers(self):
        self.up(2)
        self.rewrite(lambda document: document.update({"requires": {"delivery.partitions": "0.9.0"}}))
        for words in (("up", "--count", "3"), ("scale", "1"), ("destroy", "--empty-bucket"), ("undrain",), ("plan",),
                      ("manifest", "publish")):
            result, changes = self.changes_during(
                lambda words=words: self.fhctl(*words, *([] if words[0] in ("plan", "manifest") else ["--yes"]),
                                               "--name", NAME))
            self.assertEqual(result.code, 7, transcript(result))
            self.assertIn("use fhctl 0.9.0 or newer", result.stderr)
            self.assertEqual(changes, [], words)
        for words in (("describe",), ("lock",), ("manifest",), ("wait", "--for", "active")):
            self.expect(0, *words, "--name", NAME)


if __name__ == "__main__":
    unittest.main()
