"""boto3, with independent signatures, beside fhctl on one sandbox: a producer that follows the manifest, and changes
outside fhctl that describe and plan report and up corrects."""

import difflib
import json
import os
import random
import re
import sys
import threading
import time
import unittest

import peer_python

peer_python.continue_with(peer_python.OLD, "boto3", "a boto3 producer, changes behind fhctl's back")

import harness  # noqa: E402
from boto3_scenario import Boto3Story  # noqa: E402
from drain_scenario import DRAIN_SANDBOX, DRAIN_SPEC  # noqa: E402
from scenario import ACCOUNT, BUCKET, GROUP, NAME, OWN, QUICK_SPEC, ROLE  # noqa: E402

# What an update contains explicitly and a creation leaves out.
SPOKEN_DEFAULTS = (r'\n *"CustomTimeZone": "UTC",', r'\n *"FileExtension": "",',
                   r'\n *"ProcessingConfiguration": \{\n *"Enabled": false,\n *"Processors": \[\]\n *\},')
PRODUCER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "walk_through_producer.py")


class Producer(Boto3Story):
    SANDBOX = DRAIN_SANDBOX
    SPEC = DRAIN_SPEC

    def produce(self, manifest, count):
        """The names of the streams that the producer drew from."""
        environment = self.sandbox.env(AWS_DEFAULT_REGION="us-west-2", HOME=self.folder)
        result = harness.run([sys.executable, PRODUCER, manifest, count], env=environment, cwd=self.folder)
        self.assertEqual(result.code, 0, result.stderr)
        return result.stdout.split()

    def test_it_follows_the_manifest_through_a_resize(self):
        bucket_uri = f"s3://{BUCKET}/{OWN}manifest.json"
        self.up(2)
        self.assertEqual(self.produce("fhctl-manifest.json", 40), [f"{NAME}-1", f"{NAME}-2"])
        self.expect(0, "scale", 4, "--yes")
        self.assertEqual(self.produce(bucket_uri, 60), [f"{NAME}-{n}" for n in (1, 2, 3, 4)])
        self.deliver()
        self.expect(0, "scale", 1, "--yes", timeout=90)
        self.assertEqual(self.produce("fhctl-manifest.json", 20), [f"{NAME}-1"])
        self.deliver()
        expected = [json.dumps({"source": source, "number": number}) for source, count, first in (
            ("fhctl-manifest.json", 40, 0), (bucket_uri, 60, 0), ("fhctl-manifest.json", 20, 0))
            for number in range(first, count)]
        self.assertEqual(self.delivered(), sorted(expected))
        took = {stream["stream"]: stream["accepted"] for stream in self.sandbox.summary()["traffic"]}
        self.assertEqual(sum(took.values()), 120)
        self.assertTrue(all(took[f"{NAME}-{n}"] > 0 for n in (1, 2, 3, 4)), took)

    def send_on(self, over, sent):
        """Reads the manifest every second and sends all the time; each line that was taken is in sent."""
        streams, read_at = [], 0
        while not over.wait(0.02):
            if time.monotonic() - read_at >= 1:
                manifest = json.load(self.s3.get_object(Bucket=BUCKET, Key=OWN + "manifest.json")["Body"])
                streams = [stream["name"] for stream in manifest["streams"] if stream["state"] == "active"]
                read_at = time.monotonic()
            line = f"line-{len(sent)}"
            self.firehose.put_record(DeliveryStreamName=random.choice(streams), Record={"Data": line + "\n"})
            sent.append(line)

    def test_nothing_is_lost_while_it_goes_on_sending(self):
        self.up(2)
        over, sent = threading.Event(), []
        producer = threading.Thread(target=self.send_on, args=(over, sent))
        producer.start()
        try:
            self.expect(0, "scale", 4, "--yes")
            self.expect(0, "scale", 1, "--yes", timeout=90)
            self.assertTrue(producer.is_alive(), "a record was refused")
        finally:
            over.set()
            producer.join(30)
        self.deliver()
        self.assertGreater(len(sent), 100)
        self.assertEqual(self.delivered(), sorted(sent))
        self.assertEqual(self.streams(), [f"{NAME}-1"])

    def test_another_account_is_refused(self):
        self.up(1)
        key = OWN + "manifest.json"
        self.assertEqual(json.load(self.s3.get_object(Bucket=BUCKET, Key=key, ExpectedBucketOwner=ACCOUNT)["Body"]),
                         json.loads(self.read("fhctl-manifest.json")))
        self.refused("AccessDenied", self.s3.get_object, Bucket=BUCKET, Key=key, ExpectedBucketOwner="210987654321")

    def test_a_reader_asks_only_for_what_is_new(self):
        self.up(1)
        place = {"Bucket": BUCKET, "Key": OWN + "manifest.json"}
        etag = self.s3.get_object(**place)["ETag"]
        self.refused("304", self.s3.get_object, IfNoneMatch=etag, **place)
        self.expect(0, "scale", 2, "--yes")
        fresh = self.s3.get_object(IfNoneMatch=etag, **place)
        self.assertEqual(len(json.load(fresh["Body"])["streams"]), 2)


class BehindItsBack(Boto3Story):
    """What boto3 changes is reported by describe and plan, corrected by up, and stays corrected."""

    SPEC = QUICK_SPEC + '[tags]\nteam = "web"\n'

    def repair(self, *words):
        """plan and describe report the change in these words; up reverts it. Returns the output of plan."""
        self.sandbox.advance(1)
        told = self.expect(0, "describe").stdout
        planned, changes = self.changes_during(lambda: self.expect(2, "plan", "--detailed-exitcode"))
        self.assertEqual(changes, [])
        self.assert_says(planned.stdout, *words)
        self.assert_says(told, *words)
        self.up(2)
        return planned.stdout

    def test_each_change_is_seen_and_mended(self):
        self.up(2)
        before = self.cloud()
        for change, words in (
                (self.delete_a_stream, [f"{NAME}-2"]), (self.change_the_destination, [f"{NAME}-1", "600", "64"]),
                (self.delete_the_role_policy, ["delivery"]), (self.change_the_trust, ["ec2.amazonaws.com"]),
                (self.delete_the_role, [ROLE]), (self.change_the_retention, ["365 days", "30 days"]),
                (self.delete_the_log_stream, ["S3Delivery"]), (self.open_the_bucket, [BUCKET])):
            with self.subTest(change=change.__name__):
                change()
                self.repair(*words)
                self.assertEqual(self.differences(before, self.cloud()), [])
        self.expect(0, "plan", "--detailed-exitcode")

    @staticmethod
    def differences(before, after):
        for spoken in SPOKEN_DEFAULTS:
            before, after = re.sub(spoken, "", before), re.sub(spoken, "", after)
        return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1))

    def delete_a_stream(self):
        self.firehose.delete_delivery_stream(DeliveryStreamName=f"{NAME}-2")

    def change_the_destination(self):
        there = self.firehose.describe_delivery_stream(DeliveryStreamName=f"{NAME}-1")["DeliveryStreamDescription"]
        self.firehose.update_destination(
            DeliveryStreamName=f"{NAME}-1", CurrentDeliveryStreamVersionId=there["VersionId"],
            DestinationId=there["Destinations"][0]["DestinationId"], ExtendedS3DestinationUpdate={
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 600}, "CompressionFormat": "UNCOMPRESSED",
                "CloudWatchLoggingOptions": {"Enabled": False}})

    def delete_the_role_policy(self):
        self.iam.delete_role_policy(RoleName=ROLE, PolicyName="delivery")

    def change_the_trust(self):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                         "Principal": {"Service": "ec2.amazonaws.com"}}]}
        self.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))

    def delete_the_role(self):
        self.delete_the_role_policy()
        self.iam.delete_role(RoleName=ROLE)

    def change_the_retention(self):
        self.logs.put_retention_policy(logGroupName=GROUP, retentionInDays=365)

    def delete_the_log_stream(self):
        self.logs.delete_log_stream(logGroupName=GROUP, logStreamName="S3Delivery")

    def open_the_bucket(self):
        self.s3.delete_public_access_block(Bucket=BUCKET)

    def test_what_is_the_users_own_stays(self):
        self.up(2)
        # The user's tags, rule and stricter encryption beside those of fhctl do not cause a change.
        key = "arn:aws:kms:us-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
                      "BucketKeyEnabled": True}
        self.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [encryption]})
        self.assertIn(key, self.up(2).stdout)  # the delivery role gets the right to use the key
        rule = {"ID": "to glacier & back", "Status": "Enabled",
                "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
                "Filter": {"And": {"Prefix": "logs/", "Tags": [{"Key": "a", "Value": "<b>"}]}}}
        rules = self.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
        self.put_rules([rule] + rules)
        tags = self.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] + [{"Key": "cost-centre", "Value": "4711 +é:/=@"}]
        self.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})
        theirs = {"Key": "theirs", "Value": "stays"}
        self.firehose.tag_delivery_stream(DeliveryStreamName=f"{NAME}-1", Tags=[theirs])
        self.expect(0, "plan", "--detailed-exitcode")
        # Now those of fhctl are deleted. They are restored, and the user's stay.
        self.put_rules([rule])
        self.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [tag for tag in tags if tag["Key"] != "team"]})
        self.firehose.tag_delivery_stream(DeliveryStreamName=f"{NAME}-1", Tags=[{"Key": "team", "Value": "other"}])
        said = self.repair("team", "fhctl-abort-uploads", "other")
        self.assertIn("Plan: 0 to add, 2 to change, 0 to destroy.", said)
        self.assertCountEqual(self.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"], [rule] + rules)
        self.assertCountEqual(self.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"], tags)
        there = self.firehose.list_tags_for_delivery_stream(DeliveryStreamName=f"{NAME}-1")["Tags"]
        self.assertIn(theirs, there)
        self.assertIn({"Key": "team", "Value": "web"}, there)
        there = self.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual({name: there[name] for name in encryption}, encryption)

    def put_rules(self, rules):
        self.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})


if __name__ == "__main__":
    unittest.main()
