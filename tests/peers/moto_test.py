"""The lifecycle of a pipeline against moto, an independent server; and every request that fhctl sends to it, checked
against botocore's service models."""

import json
import os
import unittest

import harness
import model_check
from aws_calls import Aws, snapshot, stream_names
from recording_proxy import RecordingProxy
from drain_scenario import DRAIN_SPEC
from scenario import BUCKET, GROUP, NAME, OWN, ROLE, transcript

KEYS = ("AKIAMOTOEXAMPLE00001", "moto/does/not/look/at/this/0123456789abc")
EMPTY = {"buckets": {}, "roles": {}, "groups": {}, "streams": {}}
RARE_SPEC = """
[role]
path = "/teams/web/"
permissions_boundary = "arn:aws:iam::123456789012:policy/edge"
[delivery]
prefix = "logs/!{timestamp:yyyy/MM/dd}/"
buffer_interval = "1s"
buffer_size = "128MiB"
compression = "none"
[logs]
retention = "never"
[drain]
flush_margin = "0s"
[tags]
"cost centre" = "4711 +é:/=@"
"""
# Defaults that an update contains explicitly and a creation leaves out.
DEFAULTS = {"CustomTimeZone": "UTC", "FileExtension": "",
            "ProcessingConfiguration": {"Enabled": False, "Processors": []}}
# The IAM action of an S3 operation, where it has another name.
S3_ACTIONS = {"HeadBucket": "ListBucket", "ListBuckets": "ListAllMyBuckets", "ListObjectsV2": "ListBucket",
              "ListObjectVersions": "ListBucketVersions",
              "ListMultipartUploads": "ListBucketMultipartUploads", "DeleteObjects": "DeleteObject",
              "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
              "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
              "DeleteBucketLifecycle": "PutLifecycleConfiguration", "HeadObject": "GetObject",
              "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
              "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
              "GetBucketEncryption": "GetEncryptionConfiguration", "PutBucketEncryption": "PutEncryptionConfiguration",
              "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration"}
READS = ("Get", "Head", "List", "Describe")
CHECKS = "the life of a pipeline against an independent server"


class MotoStory(unittest.TestCase):
    """One moto and one recording proxy for each class, an empty account and a folder for each test."""

    @classmethod
    def setUpClass(cls):
        cls.moto = cls.enterClassContext(harness.moto(CHECKS))
        cls.proxy = cls.enterClassContext(RecordingProxy(cls.moto))
        try:
            cls.models = model_check.load_models()
        except unittest.SkipTest as skip:
            cls.models, cls.no_models = None, str(skip)

    def setUp(self):
        self.aws = Aws(self.moto, *KEYS)
        self.addCleanup(self.aws.close)
        self.aws.connection.request("POST", "/moto-api/reset")
        self.aws.connection.getresponse().read()
        self.folder = self.enterContext(harness.scratch())
        self.write("fhctl.toml", DRAIN_SPEC + '[tags]\nteam = "web"\n')
        self.proxy.take()
        self.sent = {}

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def expect(self, code, *arguments, env=None, **options):
        """Runs fhctl, checks how it ends and that every request was valid. The sent operations add up in self.sent."""
        environment = harness.clean_environment({
            "AWS_ENDPOINT_URL": self.proxy.url, "AWS_ACCESS_KEY_ID": KEYS[0], "AWS_SECRET_ACCESS_KEY": KEYS[1],
            "AWS_REGION": harness.REGION, **(env or {})})
        result = harness.run_fhctl(*arguments, env=environment, cwd=self.folder, timeout=120, **options)
        self.assertEqual(result.code, code, f"fhctl {' '.join(map(str, arguments))}: {transcript(result)}")
        self.last = self.check(self.proxy.take())
        for operation, count in self.last.items():
            self.sent[operation] = self.sent.get(operation, 0) + count
        return result

    def check(self, requests):
        if self.models is None:
            return {}
        seen, problems = model_check.check_all(self.models, requests)
        self.assertEqual(problems, [])
        self.assertGreater(len(requests), 0)
        return seen

    def assert_only_reads(self):
        """The last command sent no request that changes anything."""
        changing = [name for name in self.last if not name.split(".")[1].startswith(READS)]
        self.assertEqual(changing, [])

    def cloud(self):
        return json.loads(snapshot(self.aws))

    def up(self, count, *flags):
        return self.expect(0, "up", "--count", count, "--yes", *flags)


class Life(MotoStory):
    def test_the_models_are_at_hand(self):
        if self.models is None:
            self.skipTest(self.no_models)

    def test_a_whole_life(self):
        self.assertIn("Plan: 7 to add, 0 to change, 0 to destroy.", self.expect(0, "plan", "--count", 2).stdout)
        self.assert_only_reads()
        self.assertEqual(self.cloud(), EMPTY)
        self.assertIn("Apply complete! Resources: 7 added, 0 changed, 0 destroyed.", self.up(2).stdout)
        made = self.cloud()
        self.assertEqual(sorted(made["streams"]), [f"{NAME}-1", f"{NAME}-2"])
        self.assertEqual(made["streams"][f"{NAME}-1"]["tags"]["fhctl:bucket"], BUCKET)
        self.assertEqual(made["buckets"][BUCKET]["tags"], made["roles"][ROLE]["tags"])
        self.assertEqual(made["groups"][GROUP]["retention"], 30)

        self.assertIn("No changes.", self.up(2).stdout)
        self.assert_only_reads()
        self.expect(0, "plan", "--detailed-exitcode")
        self.assertEqual(self.cloud(), made)

        self.send_and_find(600)
        self.expect(0, "scale", 4, "--yes")
        self.assertEqual(len(stream_names(self.aws)), 4)
        answer = self.expect(0, "describe", "--output", "json").json()
        self.assertEqual([stream["name"] for stream in answer["streams"]], [f"{NAME}-{n}" for n in (1, 2, 3, 4)])
        self.expect(0, "scale", 2, "--yes")  # moto has no metrics of Firehose: no record was sent, and the time is over
        self.assertEqual(sorted(self.cloud()["streams"]), [f"{NAME}-1", f"{NAME}-2"])
        if self.models is not None:
            self.assertGreater(self.last.get("monitoring.GetMetricData", 0), 1, self.last)
            self.assertGreater(self.last.get("logs.GetLogEvents", 0) + self.last.get("logs.FilterLogEvents", 0), 0)

        result = self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assertIn("Destroy complete! Resources: 7 destroyed.", result.stdout)
        self.assertEqual(self.cloud(), EMPTY)
        self.assert_operator_may_do_all_that_was_sent()
        self.assert_sent("firehose.CreateDeliveryStream", "firehose.PutRecordBatch", "firehose.DeleteDeliveryStream",
                         "s3.CreateBucket", "s3.PutBucketTagging", "s3.PutPublicAccessBlock", "s3.PutObject",
                         "s3.PutBucketLifecycleConfiguration", "s3.DeleteObjects", "s3.DeleteBucket", "iam.CreateRole",
                         "iam.PutRolePolicy", "iam.DeleteRole", "logs.CreateLogGroup", "logs.PutRetentionPolicy",
                         "logs.CreateLogStream", "logs.DeleteLogGroup", "sts.GetCallerIdentity")

    def send_and_find(self, count):
        """moto writes one plain object for each call, at once."""
        lines = [f'{{"n":{n},"text":"é"}}' for n in range(count)]
        sent = self.expect(0, "put", "-", "--output", "json", stdin="".join(line + "\n" for line in lines)).json()
        self.assertEqual((sent["records"], sent["lost"]), (count, 0))
        keys = self.aws.keys(BUCKET, "logs/")
        arrived = b"".join(self.aws.s3("GET", BUCKET, key)[1] for key in keys).decode()
        self.assertEqual(sorted(arrived.split()), sorted(lines))
        self.assertEqual({stream for stream in (f"{NAME}-1", f"{NAME}-2") if any(stream in key for key in keys)},
                         {f"{NAME}-1", f"{NAME}-2"})

    def assert_operator_may_do_all_that_was_sent(self):
        """By the policy that doctor prints, whose grammar moto checks."""
        sent = set(self.sent)
        text = self.expect(0, "doctor", "--print-policy", "operator").stdout
        self.aws.iam("CreatePolicy", PolicyName="operator", PolicyDocument=text)
        allowed = set()
        for statement in json.loads(text)["Statement"]:
            actions = statement["Action"]
            allowed.update([actions] if isinstance(actions, str) else actions)
        needed = set()
        for service, _, operation in (name.partition(".") for name in sent - {"sts.GetCallerIdentity"}):
            prefix = {"monitoring": "cloudwatch"}.get(service, service)
            needed.add(f"{prefix}:{S3_ACTIONS.get(operation, operation) if service == 's3' else operation}")
        self.assertEqual(sorted(needed - allowed), [])

    def assert_sent(self, *operations):
        if self.models is not None:
            self.assertEqual([name for name in operations if name not in self.sent], [], sorted(self.sent))

    def test_what_was_changed_behind_its_back_is_mended(self):
        self.up(2)
        before = self.cloud()
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-2")
        self.change_buffering(f"{NAME}-1")
        self.aws.firehose("UntagDeliveryStream", DeliveryStreamName=f"{NAME}-1", TagKeys=["team"])
        self.aws.firehose("TagDeliveryStream", DeliveryStreamName=f"{NAME}-1", Tags=[{"Key": "theirs", "Value": "1"}])
        self.aws.iam("DeleteRolePolicy", RoleName=ROLE, PolicyName="delivery")
        self.aws.logs("PutRetentionPolicy", logGroupName=GROUP, retentionInDays=7)
        self.aws.s3("DELETE", BUCKET, query={"lifecycle": None})
        self.aws.s3("DELETE", BUCKET, query={"publicAccessBlock": None})
        said = self.expect(2, "plan", "--detailed-exitcode").stdout
        self.assert_only_reads()
        for words in (f"{NAME}-2", "IntervalInSeconds", "7 days"):
            with self.subTest(words=words):
                self.assertIn(words.lower().replace("intervalinseconds", "interval"), said.lower())
        self.up(2)
        self.assert_sent("firehose.UpdateDestination", "firehose.TagDeliveryStream", "iam.PutRolePolicy",
                         "logs.PutRetentionPolicy")
        self.assertEqual(self.cloud()["streams"][f"{NAME}-1"]["tags"].pop("theirs"), "1")
        self.aws.firehose("UntagDeliveryStream", DeliveryStreamName=f"{NAME}-1", TagKeys=["theirs"])
        self.assert_operator_may_do_all_that_was_sent()
        self.assertEqual(self.destinations_by_meaning(self.cloud()), self.destinations_by_meaning(before))

    def change_buffering(self, stream):
        there = self.aws.firehose("DescribeDeliveryStream", DeliveryStreamName=stream)["DeliveryStreamDescription"]
        self.aws.firehose("UpdateDestination", DeliveryStreamName=stream, DestinationId="destinationId-000000000001",
                          CurrentDeliveryStreamVersionId=there["VersionId"],
                          ExtendedS3DestinationUpdate={"BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 300}})

    @staticmethod
    def destinations_by_meaning(cloud):
        """Without moto's S3DestinationDescription, which is what the last update said, not what the stream has."""
        for stream in cloud["streams"].values():
            stream["destination"] = [{name: value for name, value in twins["ExtendedS3DestinationDescription"].items()
                                      if DEFAULTS.get(name) != value} for twins in stream["destination"]]
        return cloud

    def test_rare_settings_and_odd_keys(self):
        self.write("fhctl.toml", RARE_SPEC)
        self.up(1)
        self.assertIn("No changes.", self.expect(0, "up", "--yes").stdout)
        self.assert_only_reads()
        self.expect(0, "doctor")
        self.expect(0, "lock", "show")
        self.aws.put_setting(BUCKET, "versioning", "<VersioningConfiguration><Status>Enabled</Status>"
                             "</VersioningConfiguration>")
        for key in ("a b+c", "100%", "é/ü", "x=y&z", "a//b", "~tilde", "*'()!"):
            self.aws.s3("PUT", BUCKET, key, body=b"1")
            self.aws.s3("DELETE", BUCKET, key)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assertEqual(self.cloud(), EMPTY)
        self.assert_sent("s3.ListObjectVersions", "s3.DeleteObjects", "s3.ListMultipartUploads")

    def test_conditional_writes_keep_two_runs_apart(self):
        """moto supports If-None-Match and If-Match, so the lock works there. The spec has only defaults."""
        os.remove(os.path.join(self.folder, "fhctl.toml"))
        self.up(1)
        lock = {"schema": "fhctl.lock/1", "run_id": "another", "holder": "somebody@else", "host": "else",
                "boot_id": "x", "pid": 1, "command": "up", "ci_url": "", "renewals": 0, "lease_s": 60}
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=json.dumps(lock).encode())
        result = self.expect(4, "scale", 2, "--yes", "--lock-timeout", "1s")
        self.assertIn("somebody@else", result.stderr)
        self.assertIn("somebody@else", self.expect(0, "lock", "show").stdout)
        self.expect(4, "lock", "break", "--yes")
        self.expect(0, "lock", "break", "--force")
        self.expect(0, "scale", 2, "--yes")
        self.assertEqual(len(stream_names(self.aws)), 2)


if __name__ == "__main__":
    unittest.main()
