"""A Scenario whose sandbox is also read and changed by boto3."""

import gzip

import boto3
import botocore.config
import botocore.exceptions

from scenario import ACCOUNT, BUCKET, Scenario

CONFIG = botocore.config.Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=10,
                                read_timeout=60)
SESSION = boto3.session.Session()  # keeps the service models that it has read


class Boto3Story(Scenario):
    def client(self, service, region="us-west-2", config=CONFIG):
        exports = self.sandbox.exports
        client = SESSION.client(
            service, region_name=region, endpoint_url=self.sandbox.url, config=config,
            aws_access_key_id=exports["AWS_ACCESS_KEY_ID"], aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"])
        self.addCleanup(client.close)
        return client

    def setUp(self):
        super().setUp()
        self.s3, self.firehose, self.iam, self.logs, self.sts, self.cloudwatch, self.ssm = (
            self.client(service) for service in ("s3", "firehose", "iam", "logs", "sts", "cloudwatch", "ssm"))

    def refused(self, code, call, /, **members):
        """The call ends with this error code; gives the error."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**members)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception

    def keys(self, bucket=BUCKET, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def delivered(self, prefix="logs/"):
        """The records of all delivered objects, unpacked, one line each."""
        bodies = [self.s3.get_object(Bucket=BUCKET, Key=key, ExpectedBucketOwner=ACCOUNT)["Body"].read()
                  for key in self.keys(prefix=prefix)]
        return sorted(line for body in bodies for line in gzip.decompress(body).decode().splitlines())
