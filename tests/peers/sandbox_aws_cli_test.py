"""The AWS command line, version 1 or 2, beside fhctl on one sandbox: it describes what fhctl created, writes records,
deletes and changes resources; fhctl reports the drift and corrects it."""

import base64
import gzip
import json
import os
import unittest

import harness
from scenario import ACCOUNT, BUCKET, GROUP, NAME, OWN, ROLE, Scenario


class AwsCommandLine(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.program = harness.need_program("aws", "the AWS command line against the sandbox")
        super().setUpClass()

    def aws_cli(self, *arguments, code=0):
        """One command; its answer as data. Each takes about a second."""
        result = harness.run([self.program, "--endpoint-url", self.sandbox.url, "--output", "json", *arguments],
                             env=self.sandbox.env(AWS_PAGER=""), timeout=120)
        self.assertEqual(result.code == 0, code == 0, f"aws {' '.join(arguments)}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout) if result.stdout.startswith("{") else result.stdout + result.stderr

    def data(self, text):
        """A record's data as this version wants it: version 1 takes it raw, version 2 in base64."""
        version = harness.run([self.program, "--version"], timeout=120)
        if (version.stdout + version.stderr).startswith("aws-cli/1"):
            return text
        return base64.b64encode(text.encode()).decode()

    def test_it_describes_what_fhctl_made(self):
        self.up(2, "--tag", "team=web é")
        answer = self.aws_cli("firehose", "describe-delivery-stream", "--delivery-stream-name", f"{NAME}-1")
        stream = answer["DeliveryStreamDescription"]
        destination = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
        self.assertEqual(stream["DeliveryStreamStatus"], "ACTIVE")
        self.assertEqual(destination["BucketARN"], f"arn:aws:s3:::{BUCKET}")
        self.assertEqual(destination["BufferingHints"], {"SizeInMBs": 5, "IntervalInSeconds": 1})
        self.assertEqual(destination["CloudWatchLoggingOptions"]["LogGroupName"], GROUP)
        tags = self.aws_cli("firehose", "list-tags-for-delivery-stream", "--delivery-stream-name", f"{NAME}-1")["Tags"]
        own = {tag["Key"]: tag["Value"] for tag in tags}
        self.assertEqual((own["fhctl:pipeline"], own["team"]), (NAME, "web é"))
        role = self.aws_cli("iam", "get-role", "--role-name", ROLE)["Role"]
        self.assertEqual(destination["RoleARN"], role["Arn"])
        statement = role["AssumeRolePolicyDocument"]["Statement"][0]
        self.assertEqual(statement["Principal"], {"Service": "firehose.amazonaws.com"})
        group = self.aws_cli("logs", "describe-log-groups", "--log-group-name-prefix", GROUP)["logGroups"][0]
        self.assertEqual(group["retentionInDays"], 30)
        self.assertEqual(self.aws_cli("sts", "get-caller-identity")["Account"], ACCOUNT)
        for setting, member in (("get-public-access-block", "PublicAccessBlockConfiguration"),
                                ("get-bucket-encryption", "ServerSideEncryptionConfiguration"),
                                ("get-bucket-lifecycle-configuration", "Rules"), ("get-bucket-tagging", "TagSet")):
            answer = self.aws_cli("s3api", setting, "--bucket", BUCKET)[member]
            if member == "PublicAccessBlockConfiguration":
                self.assertEqual(set(answer.values()), {True})
            elif member == "TagSet":
                self.assertEqual({tag["Key"]: tag["Value"] for tag in answer}, own)
        listed = self.aws_cli("s3", "ls", "--recursive", f"s3://{BUCKET}/")
        self.assert_says(listed, OWN + "manifest.json", OWN + "pipeline.json")

    def test_it_reads_metrics_and_keeps_parameters(self):
        self.up(1)
        self.aws_cli("firehose", "put-record", "--delivery-stream-name", f"{NAME}-1",
                     "--record", json.dumps({"Data": self.data("12345")}))
        self.sandbox.advance(200)
        question = [{"Id": "size", "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
            "Namespace": "AWS/Firehose", "MetricName": "IncomingBytes",
            "Dimensions": [{"Name": "DeliveryStreamName", "Value": f"{NAME}-1"}]}}}]
        answer = self.aws_cli("cloudwatch", "get-metric-data", "--metric-data-queries", json.dumps(question),
                              "--start-time", "2020-01-01T00:00:00Z", "--end-time", "2999-01-01T00:00:00Z")
        self.assertEqual(answer["MetricDataResults"][0]["Values"], [5.0])
        self.aws_cli("ssm", "put-parameter", "--name", "/demo/manifest", "--value", "x", "--type", "String")
        self.assertEqual(self.aws_cli("ssm", "get-parameter", "--name", "/demo/manifest")["Parameter"]["Value"], "x")
        self.assertIn("ParameterAlreadyExists", self.aws_cli(
            "ssm", "put-parameter", "--name", "/demo/manifest", "--value", "y", "--type", "String", code=254))

    def test_it_reads_the_manifest_and_writes_records(self):
        self.up(1)
        place = os.path.join(self.folder, "manifest-from-s3.json")
        self.aws_cli("s3", "cp", f"s3://{BUCKET}/{OWN}manifest.json", place)
        self.assertEqual(self.read("manifest-from-s3.json"), self.read("fhctl-manifest.json"))
        name = json.loads(self.read("manifest-from-s3.json"))["streams"][0]["name"]
        self.aws_cli("firehose", "put-record", "--delivery-stream-name", name,
                     "--record", json.dumps({"Data": self.data('{"from":"the command line"}\n')}))
        self.deliver()
        key, = self.aws.keys(BUCKET, "logs/")
        self.assertEqual(gzip.decompress(self.aws.s3("GET", BUCKET, key)[1]), b'{"from":"the command line"}\n')

    def test_what_it_deletes_and_changes_is_mended(self):
        self.up(2)
        before = json.loads(self.cloud())
        self.aws_cli("firehose", "delete-delivery-stream", "--delivery-stream-name", f"{NAME}-2")
        self.aws_cli("logs", "put-retention-policy", "--log-group-name", GROUP, "--retention-in-days", "7")
        self.sandbox.advance(1)
        said = self.expect(2, "plan", "--detailed-exitcode").stdout
        self.assert_says(said, f"{NAME}-2", "7 days", "Plan: 1 to add, 1 to change, 0 to destroy.")
        self.assert_says(self.expect(0, "describe").stdout, f"{NAME}-2", "7 days")
        self.up(2)
        self.assertEqual(json.loads(self.cloud()), before)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assertIn("ResourceNotFoundException", self.aws_cli(
            "firehose", "describe-delivery-stream", "--delivery-stream-name", f"{NAME}-1", code=254))


if __name__ == "__main__":
    unittest.main()
