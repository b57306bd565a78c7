"""The producer of the 2017 walk-through: every record goes to a stream drawn at random. Its list of streams comes from
the manifest instead of a literal: walk_through_producer.py MANIFEST COUNT, where MANIFEST is a file or an s3:// URI."""

import json
import os
import random
import sys

import boto3

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL")  # boto3 before 1.28 does not read it


def read_manifest(place):
    if not place.startswith("s3://"):
        with open(place, encoding="utf-8") as file:
            return json.load(file)
    bucket, _, key = place.removeprefix("s3://").partition("/")
    account = boto3.client("sts", endpoint_url=ENDPOINT).get_caller_identity()["Account"]
    s3 = boto3.client("s3", endpoint_url=ENDPOINT)
    return json.load(s3.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=account)["Body"])


def main():
    manifest = read_manifest(sys.argv[1])
    delivery_streams = [stream["name"] for stream in manifest["streams"] if stream["state"] == "active"]
    client = boto3.client("firehose", region_name=manifest["region"], endpoint_url=ENDPOINT)
    for number in range(int(sys.argv[2])):
        record = json.dumps({"source": sys.argv[1], "number": number}) + "\n"
        client.put_record(DeliveryStreamName=random.choice(delivery_streams), Record={"Data": record})
    print(*delivery_streams)


if __name__ == "__main__":
    main()
