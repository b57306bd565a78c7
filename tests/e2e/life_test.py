"""The lifecycle of a pipeline with the real binary: up, put, scale, describe, destroy; and buckets of the user."""

import gzip
import json
import os
import unittest

from aws_calls import AwsError, all_of, child_text
from scenario import BUCKET, GROUP, NAME, OWN, ROLE, Scenario

USER_TAGS = "<Tagging><TagSet><Tag><Key>cost-centre</Key><Value>4711 + co</Value></Tag></TagSet></Tagging>"
USER_RULES = ("<LifecycleConfiguration>"
              "<Rule><ID>to-glacier</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>a</Key><Value>b</Value></Tag>"
              "</And></Filter><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass>"
              "</Transition></Rule>"
              "<Rule><ID>old-versions</ID><Filter><Prefix/></Filter><Status>Disabled</Status>"
              "<NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration></Rule>"
              "</LifecycleConfiguration>")
USER_KEY = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
USER_ENCRYPTION = ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                   f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{USER_KEY}</KMSMasterKeyID>"
                   "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>"
                   "</ServerSideEncryptionConfiguration>")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "firehose.amazonaws.com"}}]})
ALL_OF_S3 = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})


class Life(Scenario):
    def test_up_makes_seven_things_and_publishes_them(self):
        result = self.up(2)
        self.assert_says(result.stdout, "Plan: 7 to add, 0 to change, 0 to destroy.",
                         "Apply complete! Resources: 7 added, 0 changed, 0 destroyed.", BUCKET, ROLE, GROUP)
        self.assert_says(result.stderr, "123456789012", "us-west-2", NAME)
        cloud = json.loads(self.cloud())
        self.assertEqual(sorted(cloud["streams"]), [f"{NAME}-1", f"{NAME}-2"])
        self.assertEqual([stream["status"] for stream in cloud["streams"].values()], ["ACTIVE", "ACTIVE"])
        self.assertEqual(list(cloud["roles"]), [ROLE])
        self.assertEqual(cloud["groups"][GROUP]["streams"], ["S3Delivery"])
        self.assertEqual(cloud["groups"][GROUP]["retention"], 30)
        self.assertEqual(sorted(cloud["buckets"][BUCKET]["own"]), [OWN + "manifest.json", OWN + "pipeline.json"])
        for owner in (cloud["buckets"][BUCKET], cloud["roles"][ROLE], cloud["groups"][GROUP],
                      cloud["streams"][f"{NAME}-2"]):
            self.assertEqual(owner["tags"], {"fhctl:pipeline": NAME, "fhctl:region": "us-west-2", "fhctl:id": "ID",
                                             "fhctl:bucket": BUCKET})

    def test_the_manifest_is_the_same_in_the_bucket_in_the_file_and_on_stdout(self):
        self.up(2)
        local = self.read("fhctl-manifest.json")
        self.assertEqual(local, self.manifest_in_bucket())
        self.assertEqual(local, self.expect(0, "manifest").stdout)
        streams = json.loads(local)["streams"]
        self.assertEqual([(stream["name"], stream["state"]) for stream in streams],
                         [(f"{NAME}-1", "active"), (f"{NAME}-2", "active")])
        self.assertEqual(self.expect(0, "manifest", "--format", "text").stdout, f"{NAME}-1\n{NAME}-2\n")
        self.assertIn(f"FHCTL_STREAMS={NAME}-1,{NAME}-2\n", self.expect(0, "manifest", "--format", "env").stdout)
        self.expect(0, "manifest", "validate", "fhctl-manifest.json")

    def test_a_second_up_changes_nothing(self):
        self.up(2)
        before = self.cloud()
        result, changes = self.changes_during(lambda: self.up(2))
        self.assertTrue(result.stdout.lstrip().startswith("No changes. 2 streams ACTIVE."), result.stdout)
        self.assertEqual(changes, [])
        self.assertEqual(self.cloud(), before)

    def test_detailed_exitcode_tells_pending_changes(self):
        self.expect(2, "plan", "--count", "2", "--detailed-exitcode")
        self.up(2)
        self.expect(0, "plan", "--detailed-exitcode")
        self.aws.logs("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=7)
        result, changes = self.changes_during(lambda: self.expect(2, "plan", "--detailed-exitcode"))
        self.assert_says(result.stdout, "Plan: 0 to add, 1 to change, 0 to destroy.", "7 days", "30 days")
        self.assertEqual(changes, [])
        self.expect(0, "plan")

    def test_lines_sent_arrive_as_objects(self):
        self.up(2)
        lines = [f'{{"n":{n}}}' for n in range(300)]
        sent = self.expect(0, "put", "-", "--output", "json", stdin="".join(line + "\n" for line in lines)).json()
        self.assertEqual((sent["records"], sent["lost"]), (300, 0))
        self.deliver()
        keys = self.aws.keys(BUCKET)
        self.assertTrue(keys and all(key.startswith("logs/") and key.endswith(".gz") for key in keys), keys)
        arrived = b"".join(gzip.decompress(self.aws.s3("GET", BUCKET, key)[1]) for key in keys).decode()
        self.assertEqual(sorted(arrived.split()), sorted(lines))

    def test_scale_up_and_down_in_every_notation(self):
        self.up(2)
        for line, count in ("4", 4), ("+1", 5), ("--to 4", 4), ("-1", 3), ("2 --expect-current 3", 2):
            with self.subTest(line=line):
                self.expect(0, "scale", *line.split(), "--no-drain", "--yes")
                self.sandbox.advance(1)  # DELETING takes a moment and is not waited for
                self.assertEqual(self.streams(), [f"{NAME}-{n}" for n in range(1, count + 1)])
                listed = json.loads(self.manifest_in_bucket())["streams"]
                self.assertEqual([stream["name"] for stream in listed], self.streams())
        self.assertIn("No changes.", self.up(2).stdout)

    def test_shrinking_needs_a_word_of_consent(self):
        self.up(3)
        before = self.cloud()
        for arguments in ["--count", "2"], ["--count", "1"], ["--count", "2", "--no-drain"]:
            with self.subTest(arguments=arguments):
                result, changes = self.changes_during(lambda args=arguments: self.expect(7, "up", *args, "--yes"))
                self.assertIn("--allow-shrink", result.stderr)
                self.assertEqual(changes, [])
        self.expect(7, "scale", "4", "--expect-current", "2", "--yes")
        self.expect(7, "scale", "2", "--expect-current", "4", "--yes")
        self.assertEqual(self.cloud(), before)

    def test_a_smaller_number_marks_streams_and_deletes_nothing_at_once(self):
        self.up(3)
        self.expect(0, "scale", "2", "--no-wait", "--yes")
        states = [(stream["name"], stream["state"]) for stream in json.loads(self.manifest_in_bucket())["streams"]]
        self.assertEqual(states, [(f"{NAME}-1", "active"), (f"{NAME}-2", "active"), (f"{NAME}-3", "draining")])
        self.assertEqual(self.requests("DeleteDeliveryStream"), [])

    def test_victims_are_marked_before_they_are_deleted(self):
        self.up(2)
        process = self.start("scale", "1", "--no-drain", "--yes", "--output", "ndjson")
        result = self.finish(process)
        self.assertEqual(result.code, 0, result.stderr)
        types = [(event["type"], event.get("draining")) for event in result.lines()]
        marked = types.index(("manifest_published", 1))
        deleted = [n for n, event in enumerate(result.lines()) if event["type"] == "resource_complete"]
        self.assertLess(marked, deleted[0])
        self.assertEqual(types[-1][0], "summary")

    def test_describe_shows_what_is_there(self):
        self.assertIn(NAME, self.expect(0, "describe").stdout + self.expect(0, "describe").stderr)
        self.up(2)
        text = self.expect(0, "describe").stdout
        self.assert_says(text, f"{NAME}-1", f"{NAME}-2", "ACTIVE")
        answer = self.expect(0, "describe", "--output", "json").json()
        self.assertEqual([stream["name"] for stream in answer["streams"]], [f"{NAME}-1", f"{NAME}-2"])
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-2")
        self.sandbox.advance(1)
        self.assert_says(self.expect(0, "describe").stdout, f"{NAME}-2", "fhctl up")

    def test_destroy_leaves_nothing(self):
        self.up(2)
        self.expect(0, "put", "-", stdin="a\nb\nc\n")
        result = self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assert_says(result.stdout, "Plan: 0 to add, 0 to change, 7 to destroy.",
                         "Destroy complete! Resources: 7 destroyed.")
        self.assert_nothing_left()
        self.assertIn("nothing to destroy", self.expect(0, "destroy", "--confirm", NAME).stdout)

    def test_what_was_changed_behind_its_back_is_mended(self):
        self.up(2)
        before = self.cloud()
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-1")
        self.aws.logs("DeleteLogGroup", logGroupName=GROUP)
        self.aws.iam("DeleteRolePolicy", RoleName=ROLE, PolicyName="delivery")
        self.aws.s3("DELETE", BUCKET, OWN + "manifest.json")
        self.aws.s3("DELETE", BUCKET, query={"lifecycle": None})
        self.sandbox.advance(1)
        self.up(2)
        self.assertEqual(self.cloud(), before)

    def test_a_tag_that_is_no_longer_set_is_removed_also_after_an_interrupted_run(self):
        with open(os.path.join(self.folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write('[tags]\nteam = "web"\nowner = "ops"\n')
        self.up(2)
        with open(os.path.join(self.folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write('[tags]\nowner = "ops"\n')
        self.assertIn("team", self.expect(0, "plan").stdout)
        self.sandbox.faults([{"operation": "UntagDeliveryStream", "fault": "access_denied", "times": 0}])
        self.assertNotEqual(self.fhctl("up", "--yes").code, 0)
        self.sandbox.faults([])
        result = self.expect(0, "up", "--yes")
        self.assertIn("2 changed", result.stdout)
        cloud = json.loads(self.cloud())
        owners = [cloud["buckets"][BUCKET], cloud["roles"][ROLE], cloud["groups"][GROUP], *cloud["streams"].values()]
        for owner in owners:
            self.assertEqual(owner["tags"].get("owner"), "ops")
            self.assertNotIn("team", owner["tags"])
        # Only tags that fhctl has set are removed: this one is the user's own.
        arn = f"arn:aws:logs:us-west-2:123456789012:log-group:{GROUP}"
        self.aws.logs("TagResource", resourceArn=arn, tags={"team": "sales"})
        result, changes = self.changes_during(lambda: self.expect(0, "up", "--yes"))
        self.assertIn("No changes.", result.stdout)
        self.assertEqual(changes, [])

    def test_a_pipeline_without_its_document_is_rebuilt_from_tags(self):
        self.up(2)
        before = json.loads(self.cloud())
        self.aws.s3("DELETE", BUCKET, OWN + "pipeline.json")
        self.assertIn("lost", self.up(2).stdout)
        after = json.loads(self.cloud())
        self.assertEqual(after, before)

    def test_two_pipelines_do_not_touch_each_other(self):
        self.up(2)
        before = json.loads(self.cloud())
        self.expect(0, "up", "other", "--count", "1", "--yes", "--manifest-file", "other.json")
        self.expect(0, "destroy", "other", "--empty-bucket", "--yes", "--manifest-file", "other.json")
        self.assertEqual(json.loads(self.cloud()), before)

    def test_another_machine_continues_without_the_file(self):
        self.up(2, "--tag", "team=web")
        elsewhere = os.path.join(self.folder, "elsewhere")
        os.mkdir(elsewhere)
        result, changes = self.changes_during(lambda: self.expect(0, "up", "--yes", cwd=elsewhere))
        self.assertIn("No changes.", result.stdout)
        self.assertEqual(changes, [])
        self.expect(0, "scale", "3", "--yes", cwd=elsewhere)
        self.assertEqual(json.loads(self.cloud())["streams"][f"{NAME}-3"]["tags"]["team"], "web")
        self.assertEqual(self.read("elsewhere/fhctl-manifest.json"), self.manifest_in_bucket())


class TheUsersBucket(Scenario):
    BUCKET = "company-logs"

    def make_bucket(self):
        self.aws.create_bucket(self.BUCKET)
        self.aws.put_setting(self.BUCKET, "tagging", USER_TAGS)
        self.aws.put_setting(self.BUCKET, "lifecycle", USER_RULES)
        self.aws.put_setting(self.BUCKET, "encryption", USER_ENCRYPTION)
        self.aws.s3("PUT", self.BUCKET, "theirs.txt", body=b"keep me")

    def theirs(self):
        """The user's part of the bucket, byte for byte: rules, encryption, tags, object."""
        rules = self.aws.s3("GET", self.BUCKET, query={"lifecycle": None})[1].decode()
        own_rules = [part for part in rules.replace("</Rule>", "</Rule>\n").split("<Rule>")[1:]
                     if not part.startswith("<ID>fhctl-")]
        tags = {key: value for key, value in self.aws.tags_of_bucket(self.BUCKET).items()
                if not key.startswith("fhctl:")}
        return (["<Rule>" + rule.splitlines()[0] for rule in own_rules],
                self.aws.s3("GET", self.BUCKET, query={"encryption": None})[1], tags,
                self.aws.s3("GET", self.BUCKET, "theirs.txt")[1])

    def test_a_foreign_bucket_is_refused_before_anything_is_made(self):
        self.make_bucket()
        result, changes = self.changes_during(
            lambda: self.expect(7, "up", "--count", "2", "--bucket", self.BUCKET, "--yes"))
        self.assert_says(result.stderr + result.stdout, self.BUCKET, "--adopt-bucket", "--existing-bucket")
        self.assertEqual(changes, [])

    def test_adopted_it_keeps_the_users_settings_to_the_byte(self):
        self.make_bucket()
        before = self.theirs()
        self.write("fhctl.toml", self.SPEC + f'[bucket]\nname = "{self.BUCKET}"\n')
        self.up(2, "--adopt-bucket")
        self.assertEqual(self.theirs(), before)
        self.assertEqual(self.aws.tags_of_bucket(self.BUCKET)["fhctl:pipeline"], NAME)
        # Drift: fhctl's rule and one of its tags are deleted; up restores them beside the user's.
        self.aws.put_setting(self.BUCKET, "lifecycle", USER_RULES)
        self.aws.put_setting(self.BUCKET, "tagging", USER_TAGS.replace("</TagSet>", "".join(
            f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"
            for key, value in self.aws.tags_of_bucket(self.BUCKET).items()
            if key.startswith("fhctl:") and key != "fhctl:bucket") + "</TagSet>"))
        self.assertIn("Plan: 0 to add, 1 to change, 0 to destroy.", self.up(2).stdout)
        self.assertEqual(self.theirs(), before)
        self.assertIn("fhctl-abort-uploads", self.aws.s3("GET", self.BUCKET, query={"lifecycle": None})[1].decode())
        self.expect(0, "destroy", "--keep-bucket", "--no-drain", "--confirm", NAME)
        self.assertEqual(self.theirs(), before)
        self.assertEqual(self.streams(), [])
        self.assertNotIn(OWN + "pipeline.json", self.aws.keys(self.BUCKET, "_fhctl/"))

    def test_external_bucket_and_role_are_checked_and_not_touched(self):
        self.expect(7, "up", "--count", "1", "--existing-bucket", self.BUCKET, "--yes")
        self.make_bucket()
        self.expect(7, "up", "--count", "1", "--existing-role", "theirs", "--yes")
        self.aws.iam("CreateRole", RoleName="theirs", AssumeRolePolicyDocument=TRUST)
        self.aws.iam("PutRolePolicy", RoleName="theirs", PolicyName="all", PolicyDocument=ALL_OF_S3)
        self.aws.iam("PutRolePolicy", RoleName="theirs", PolicyName="key",
                     PolicyDocument=ALL_OF_S3.replace("s3:", "kms:"))
        self.sandbox.advance(1)
        before = (self.theirs(), json.loads(self.cloud())["roles"])
        self.write("fhctl.toml", self.SPEC + f'[bucket]\nexisting = "{self.BUCKET}"\n[role]\nexisting = "theirs"\n')
        said = self.up(1).stdout
        self.assert_says(said, "Plan: 3 to add, 0 to change, 0 to destroy.", "role theirs must be allowed to use it")
        self.assertEqual((self.theirs(), json.loads(self.cloud())["roles"]), before)
        self.assertEqual(self.aws.tags_of_bucket(self.BUCKET), {"cost-centre": "4711 + co"})
        self.assertIn("No changes.", self.up(1).stdout)
        self.expect(0, "put", "-", stdin="one\n")
        self.deliver()
        self.assertEqual(len(self.aws.keys(self.BUCKET, "logs/")), 1)
        self.expect(0, "destroy", "--no-drain", "--confirm", NAME)
        self.assertEqual((self.theirs(), json.loads(self.cloud())["roles"]), before)
        # The last manifest stays for producers; it lists no streams.
        self.assertEqual(self.aws.keys(self.BUCKET, "_fhctl/"), [OWN + "manifest.json"])
        self.assertEqual(json.loads(self.aws.s3("GET", self.BUCKET, OWN + "manifest.json")[1])["streams"], [])

    def test_what_somebody_hung_on_the_role_stops_a_destroy(self):
        self.up(1)
        self.aws.iam("PutRolePolicy", RoleName=ROLE, PolicyName="extra", PolicyDocument=ALL_OF_S3)
        result, changes = self.changes_during(
            lambda: self.expect(7, "destroy", "--empty-bucket", "--confirm", NAME))
        self.assertIn("extra", result.stderr + result.stdout)
        self.assertEqual(changes, [])
        with self.assertRaises(AwsError):
            self.aws.iam("GetRole", RoleName="nobody")
        self.assertEqual(child_text(all_of(self.aws.iam("GetRole", RoleName=ROLE), "Role")[0], "RoleName"), ROLE)


if __name__ == "__main__":
    unittest.main()
