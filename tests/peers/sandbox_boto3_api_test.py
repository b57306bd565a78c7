"""boto3 against the sandbox: the seven APIs as an independent client uses them, and the documented errors for invalid
requests."""

import datetime
import gzip
import json
import unittest

import peer_python

peer_python.continue_with(peer_python.NEW, "boto3", "the sandbox's APIs as boto3 sees them")

import botocore.exceptions  # noqa: E402

from boto3_scenario import Boto3Story  # noqa: E402

BUCKET = "peer-bucket"
ACCOUNT = "123456789012"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "firehose.amazonaws.com"}}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}]})
BOUNDARY = "arn:aws:iam::123456789012:policy/edge"
ODD_KEYS = ("a b", "a+b", "100%", "%41", "../up", "./here", "a//b", "/leading", "trailing/", "é/ü/日本", "x=y&z;w",
            "~-_.*'()!", "<tag> & \"quote\"", "tab\there", "line\nfeed", "carriage\rreturn", "one\u0001control",
            " blanks ", "?query#fragment", "back\\slash", "k" * 1024, "\U0001F600")


class Api(Boto3Story):
    def make_bucket(self, **members):
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2", **members})

    def put(self, *keys, body=b"x"):
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)


class Objects(Api):
    def setUp(self):
        super().setUp()
        self.make_bucket()

    def test_odd_keys_live_through_put_get_list_and_delete(self):
        for key in ODD_KEYS:
            with self.subTest(key=key):
                self.put(key, body=key.encode())
                self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read(), key.encode())
        self.assertEqual(sorted(self.keys(BUCKET)), sorted(ODD_KEYS))
        for key in ODD_KEYS:
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.assertEqual(self.keys(BUCKET), [])

    def test_listing_by_pages_prefix_and_delimiter(self):
        names = sorted([f"logs/{n:02}" for n in range(12)] + ["a", "logs+", "z/é", "z/y/x"])
        self.put(*names)
        for size in 1, 5, 1000:
            pages = list(self.s3.get_paginator("list_objects_v2").paginate(
                Bucket=BUCKET, PaginationConfig={"PageSize": size}))
            self.assertEqual([item["Key"] for page in pages for item in page["Contents"]], names)
            self.assertEqual(len(pages), -(-len(names) // size))
        first = self.s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
        self.assertEqual([item["Prefix"] for item in first["CommonPrefixes"]], ["logs/", "z/"])
        self.assertEqual([item["Key"] for item in first["Contents"]], ["a", "logs+"])
        self.assertEqual(self.keys(BUCKET, "z/"), ["z/y/x", "z/é"])
        after = self.s3.list_objects_v2(Bucket=BUCKET, StartAfter="logs/10")
        self.assertEqual([item["Key"] for item in after["Contents"]], ["logs/11", "z/y/x", "z/é"])
        old = self.s3.get_paginator("list_objects").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 4})
        self.assertEqual([item["Key"] for page in old for item in page["Contents"]], names)

    def test_conditions_on_put_get_and_delete(self):
        place = {"Bucket": BUCKET, "Key": "lock"}
        first = self.s3.put_object(Body=b"1", IfNoneMatch="*", **place)["ETag"]
        self.refused("PreconditionFailed", self.s3.put_object, Body=b"2", IfNoneMatch="*", **place)
        self.refused("PreconditionFailed", self.s3.put_object, Body=b"2", IfMatch='"0"', **place)
        self.refused("NoSuchKey", self.s3.put_object, Bucket=BUCKET, Key="absent", Body=b"2", IfMatch=first)
        self.assertEqual(self.s3.get_object(**place)["Body"].read(), b"1")
        second = self.s3.put_object(Body=b"2", IfMatch=first, **place)["ETag"]
        self.assertNotEqual(first, second)
        self.refused("304", self.s3.get_object, IfNoneMatch=second, **place)
        self.refused("PreconditionFailed", self.s3.get_object, IfMatch=first, **place)
        self.refused("PreconditionFailed", self.s3.delete_object, IfMatch=first, **place)
        self.s3.delete_object(IfMatch=second, **place)
        self.refused("NoSuchKey", self.s3.get_object, **place)
        self.refused("404", self.s3.head_object, **place)

    def test_versions_markers_and_deleting_many_at_once(self):
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=BUCKET)["Status"], "Enabled")
        for key in "a", "b", "ü +":
            self.put(key, key, key)
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.assertEqual(self.keys(BUCKET), [])
        pages = list(self.s3.get_paginator("list_object_versions").paginate(
            Bucket=BUCKET, PaginationConfig={"PageSize": 5}))
        versions = [item for page in pages for item in page.get("Versions", [])]
        markers = [item for page in pages for item in page.get("DeleteMarkers", [])]
        self.assertEqual((len(pages), len(versions), len(markers)), (3, 9, 3))
        self.assertEqual(sum(item["IsLatest"] for item in versions + markers), 3)
        self.refused("BucketNotEmpty", self.s3.delete_bucket, Bucket=BUCKET)
        deleted = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in versions + markers]
        answer = self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": deleted[:2] + [{"Key": "never there"}]})
        self.assertEqual(len(answer["Deleted"]), 3)
        made = answer["Deleted"][2]  # without a version it hides what is not even there
        self.assertTrue(made["DeleteMarker"])
        deleted.append({"Key": "never there", "VersionId": made["DeleteMarkerVersionId"]})
        self.assertNotIn("Deleted", self.s3.delete_objects(
            Bucket=BUCKET, Delete={"Objects": deleted + [{"Key": "\U0001F600", "VersionId": "null"}], "Quiet": True}))
        self.s3.delete_bucket(Bucket=BUCKET)

    def test_unfinished_uploads(self):
        uploads = [self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"] for key in ("big one", "é")]
        part = self.s3.upload_part(Bucket=BUCKET, Key="big one", UploadId=uploads[0], PartNumber=1, Body=b"y" * 100)
        listed = self.s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
        self.assertEqual([(item["Key"], item["UploadId"]) for item in listed],
                         list(zip(("big one", "é"), uploads)))
        self.s3.complete_multipart_upload(Bucket=BUCKET, Key="big one", UploadId=uploads[0], MultipartUpload={
            "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key="big one")["Body"].read(), b"y" * 100)
        self.s3.abort_multipart_upload(Bucket=BUCKET, Key="é", UploadId=uploads[1])
        self.assertNotIn("Uploads", self.s3.list_multipart_uploads(Bucket=BUCKET))
        self.refused("NoSuchUpload", self.s3.abort_multipart_upload, Bucket=BUCKET, Key="é", UploadId=uploads[1])

    def test_checksums_of_every_kind(self):
        for kind in "CRC32", "SHA1", "SHA256":
            self.s3.put_object(Bucket=BUCKET, Key=kind, Body=b"123456789", ChecksumAlgorithm=kind)
            self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key=kind)["Body"].read(), b"123456789")
        self.refused("BadDigest", self.s3.put_object, Bucket=BUCKET, Key="a", Body=b"x", ChecksumCRC32="AAAAAA==")

    def test_wrong_checksums_are_found_out(self):
        self.refused("BadDigest", self.s3.put_object, Bucket=BUCKET, Key="a", Body=b"x",
                     ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
        self.refused("InvalidDigest", self.s3.put_object, Bucket=BUCKET, Key="a", Body=b"x", ContentMD5="nonsense")
        self.assertEqual(self.keys(BUCKET), [])


class Buckets(Api):
    def test_a_bucket_is_born_with_its_tags(self):
        tags = [{"Key": "fhctl:pipeline", "Value": "logs"}, {"Key": "a b+c=d@e/f._-", "Value": "ü"}]
        self.make_bucket(Tags=tags)
        self.assertCountEqual(self.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"], tags)
        self.refused("InvalidTag", self.s3.put_bucket_tagging, Bucket=BUCKET,
                     Tagging={"TagSet": [{"Key": "a & b", "Value": ""}]})
        self.assertEqual([item["Name"] for item in self.s3.list_buckets()["Buckets"]], [BUCKET])
        self.assertEqual(self.s3.head_bucket(Bucket=BUCKET)["BucketRegion"], "us-west-2")
        self.assertEqual(self.s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"], "us-west-2")

    def test_creating_again_and_in_the_wrong_way(self):
        self.make_bucket()
        self.refused("BucketAlreadyOwnedByYou", self.s3.create_bucket, Bucket=BUCKET,
                     CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        self.refused("IllegalLocationConstraintException", self.s3.create_bucket, Bucket="another-one")
        for name in "Upper-Case", "a_b", "ab", "192.168.1.1", "xn--a":
            with self.subTest(name=name):
                self.refused("InvalidBucketName", self.s3.create_bucket, Bucket=name,
                             CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        east = self.client("s3", "us-east-1")
        east.create_bucket(Bucket="in-the-east")
        east.create_bucket(Bucket="in-the-east")  # only in this region this is not an error
        self.assertIsNone(east.get_bucket_location(Bucket="in-the-east")["LocationConstraint"])

    def test_settings_that_are_not_there(self):
        self.refused("404", self.s3.head_bucket, Bucket="nowhere-to-be-seen")
        self.refused("NoSuchBucket", self.s3.list_objects_v2, Bucket="nowhere-to-be-seen")
        self.refused("NoSuchBucket", self.s3.delete_bucket, Bucket="nowhere-to-be-seen")
        self.make_bucket()
        self.refused("NoSuchTagSet", self.s3.get_bucket_tagging, Bucket=BUCKET)
        self.refused("NoSuchLifecycleConfiguration", self.s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)
        self.refused("NoSuchBucketPolicy", self.s3.get_bucket_policy, Bucket=BUCKET)
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=BUCKET))
        self.refused("ObjectLockConfigurationNotFoundError", self.s3.get_object_lock_configuration, Bucket=BUCKET)
        self.refused("AccessDenied", self.s3.get_bucket_tagging, Bucket=BUCKET, ExpectedBucketOwner="210987654321")

    def test_settings_come_back_as_they_were_put(self):
        self.make_bucket()
        block = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True,
                 "RestrictPublicBuckets": False}
        self.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=block)
        self.assertEqual(self.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"], block)
        rules = [{"ID": "ü & <x>", "Filter": {"Prefix": "a b/"}, "Status": "Enabled", "Expiration": {"Days": 3},
                  "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
                 {"ID": "2", "Status": "Disabled",
                  "Filter": {"And": {"Prefix": "", "Tags": [{"Key": "k", "Value": "v"}]}},
                  "NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 2}}]
        self.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})
        self.assertEqual(self.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"], rules)
        self.s3.delete_bucket_lifecycle(Bucket=BUCKET)
        self.refused("NoSuchLifecycleConfiguration", self.s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)
        encryption = self.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(encryption["ApplyServerSideEncryptionByDefault"], {"SSEAlgorithm": "AES256"})
        self.refused("MalformedXML", self.s3.put_bucket_lifecycle_configuration, Bucket=BUCKET, LifecycleConfiguration={
            "Rules": [{"ID": "no action", "Filter": {"Prefix": ""}, "Status": "On"}]})


class Signatures(Api):
    def with_keys(self, service, access_key, secret_key):
        client = self.client(service)
        client._request_signer._credentials.access_key = access_key
        client._request_signer._credentials.secret_key = secret_key
        return client

    def test_wrong_keys_get_the_documented_errors(self):
        key, secret = (self.sandbox.exports[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        for service, operation, unknown, wrong in (
                ("s3", "list_buckets", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
                ("firehose", "list_delivery_streams", "UnrecognizedClientException", "InvalidSignatureException"),
                ("logs", "describe_log_groups", "UnrecognizedClientException", "InvalidSignatureException"),
                ("iam", "list_roles", "InvalidClientTokenId", "SignatureDoesNotMatch"),
                ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch")):
            with self.subTest(service=service):
                self.refused(unknown, getattr(self.with_keys(service, "AKIANOBODYKNOWSTHIS1", secret), operation))
                self.refused(wrong, getattr(self.with_keys(service, key, secret + "x"), operation))
                getattr(self.with_keys(service, key, secret), operation)()

    def test_who_is_asking(self):
        answer = self.sts.get_caller_identity()
        self.assertEqual(answer["Account"], ACCOUNT)
        self.assertIn(f"::{ACCOUNT}:", answer["Arn"])


class Iam(Api):
    def make_role(self, name="delivery", **members):
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **members)["Role"]

    def test_the_life_of_a_role(self):
        made = self.make_role(Path="/teams/web/", Description="of a test", PermissionsBoundary=BOUNDARY,
                              Tags=[{"Key": "team", "Value": "w+b é"}])
        self.assertEqual(made["Arn"], "arn:aws:iam::123456789012:role/teams/web/delivery")
        role = self.iam.get_role(RoleName="delivery")["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(TRUST))
        self.assertEqual(role["PermissionsBoundary"]["PermissionsBoundaryArn"], BOUNDARY)
        self.assertEqual(role["Tags"], [{"Key": "team", "Value": "w+b é"}])
        self.refused("EntityAlreadyExists", self.iam.create_role, RoleName="delivery", AssumeRolePolicyDocument=TRUST)
        self.iam.put_role_policy(RoleName="delivery", PolicyName="p", PolicyDocument=POLICY)
        self.assertEqual(self.iam.list_role_policies(RoleName="delivery")["PolicyNames"], ["p"])
        there = self.iam.get_role_policy(RoleName="delivery", PolicyName="p")
        self.assertEqual(there["PolicyDocument"], json.loads(POLICY))
        self.assertEqual(self.iam.list_attached_role_policies(RoleName="delivery")["AttachedPolicies"], [])
        self.refused("DeleteConflict", self.iam.delete_role, RoleName="delivery")
        self.iam.delete_role_policy(RoleName="delivery", PolicyName="p")
        self.iam.delete_role(RoleName="delivery")
        self.refused("NoSuchEntity", self.iam.get_role, RoleName="delivery")

    def test_wrong_requests(self):
        for members in ({"AssumeRolePolicyDocument": "no json"}, {"AssumeRolePolicyDocument": "{}"}):
            self.refused("MalformedPolicyDocument", self.iam.create_role, RoleName="r", **members)
        self.refused("ValidationError", self.iam.create_role, RoleName="a b", AssumeRolePolicyDocument=TRUST)
        self.refused("ValidationError", self.iam.create_role, RoleName="r" * 65, AssumeRolePolicyDocument=TRUST)
        self.make_role()
        self.refused("MalformedPolicyDocument", self.iam.put_role_policy, RoleName="delivery", PolicyName="p",
                     PolicyDocument='{"Version": "2012-10-17"}')
        self.refused("NoSuchEntity", self.iam.get_role_policy, RoleName="delivery", PolicyName="p")
        self.refused("NoSuchEntity", self.iam.put_role_policy, RoleName="nobody", PolicyName="p", PolicyDocument=POLICY)

    def test_pages_of_roles(self):
        names = [f"role-{n}" for n in range(5)]
        for name in names:
            self.make_role(name)
        pages = list(self.iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([role["RoleName"] for page in pages for role in page["Roles"]], names)
        self.assertEqual(len(pages), 3)


class Logs(Api):
    def test_groups_streams_retention_and_tags(self):
        self.logs.create_log_group(logGroupName="/a/b", tags={"team": "é"})
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_group, logGroupName="/a/b")
        self.logs.put_retention_policy(logGroupName="/a/b", retentionInDays=30)
        self.refused("InvalidParameterException", self.logs.put_retention_policy, logGroupName="/a/b",
                     retentionInDays=31)
        group = self.logs.describe_log_groups(logGroupNamePrefix="/a")["logGroups"][0]
        self.assertEqual((group["logGroupName"], group["retentionInDays"]), ("/a/b", 30))
        arn = group["arn"].removesuffix(":*")
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=arn)["tags"], {"team": "é"})
        self.logs.create_log_stream(logGroupName="/a/b", logStreamName="s")
        place = {"logGroupName": "/a/b", "logStreamName": "s"}
        self.refused("ResourceAlreadyExistsException", self.logs.create_log_stream, **place)
        self.refused("ResourceNotFoundException", self.logs.create_log_stream, **{**place, "logGroupName": "/c"})
        self.refused("InvalidParameterException", self.logs.create_log_group, logGroupName="bad name!")
        now = int(datetime.datetime.now().timestamp() * 1000)
        self.logs.put_log_events(logGroupName="/a/b", logStreamName="s",
                                 logEvents=[{"timestamp": now, "message": "hello é"}])
        events = self.logs.get_log_events(logGroupName="/a/b", logStreamName="s", startFromHead=True)["events"]
        self.assertEqual([event["message"] for event in events], ["hello é"])
        self.logs.delete_log_group(logGroupName="/a/b")
        self.refused("ResourceNotFoundException", self.logs.delete_log_group, logGroupName="/a/b")

    def test_pages_of_groups(self):
        names = [f"/g/{n}" for n in range(5)]
        for name in names:
            self.logs.create_log_group(logGroupName=name)
        pages = list(self.logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2}))
        self.assertEqual([group["logGroupName"] for page in pages for group in page["logGroups"]], names)


class Streams(Api):
    """A bucket and a role are there, and a stream is made in one line."""

    def setUp(self):
        super().setUp()
        self.make_bucket()
        self.iam.create_role(RoleName="delivery", AssumeRolePolicyDocument=TRUST)
        self.iam.put_role_policy(RoleName="delivery", PolicyName="p", PolicyDocument=POLICY)
        self.sandbox.advance(10)

    def destination(self, **changed):
        return {"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/delivery", "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60}, "CompressionFormat": "GZIP", **changed}

    def make(self, name="s", tags=(), **changed):
        extra = {"Tags": list(tags)} if tags else {}
        return self.firehose.create_delivery_stream(
            DeliveryStreamName=name, DeliveryStreamType="DirectPut",
            ExtendedS3DestinationConfiguration=self.destination(**changed), **extra)

    def describe(self, name="s"):
        return self.firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]


class Firehose(Streams):
    def test_the_life_of_a_stream(self):
        self.make(tags=[{"Key": "team", "Value": "web é"}], Prefix="p/", ErrorOutputPrefix="e/")
        self.sandbox.advance(1)
        there = self.describe()
        self.assertEqual(there["DeliveryStreamStatus"], "ACTIVE")
        self.refused("ResourceInUseException", self.make)
        self.assertEqual(self.firehose.list_tags_for_delivery_stream(DeliveryStreamName="s")["Tags"],
                         [{"Key": "team", "Value": "web é"}])
        self.assertEqual(self.firehose.put_record_batch(DeliveryStreamName="s", Records=[
            {"Data": f"{n}\n".encode()} for n in range(500)])["FailedPutCount"], 0)
        self.sandbox.advance(70)
        key, = self.keys(BUCKET, "p/")
        body = gzip.decompress(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        self.assertEqual(body.decode().split(), [str(n) for n in range(500)])
        update = {"DeliveryStreamName": "s", "DestinationId": there["Destinations"][0]["DestinationId"],
                  "ExtendedS3DestinationUpdate": {"BufferingHints": {"SizeInMBs": 2, "IntervalInSeconds": 0}}}
        self.firehose.update_destination(CurrentDeliveryStreamVersionId=there["VersionId"], **update)
        self.refused("ConcurrentModificationException", self.firehose.update_destination,
                     CurrentDeliveryStreamVersionId=there["VersionId"], **update)
        after = self.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]
        self.assertEqual((after["Prefix"], after["BufferingHints"]), ("p/", {"SizeInMBs": 2, "IntervalInSeconds": 0}))
        self.firehose.delete_delivery_stream(DeliveryStreamName="s")
        self.sandbox.advance(1)
        self.refused("ResourceNotFoundException", self.firehose.describe_delivery_stream, DeliveryStreamName="s")

    def test_wrong_requests(self):
        for changed in ({"RoleARN": f"arn:aws:iam::{ACCOUNT}:role/nobody"},):
            self.refused("InvalidArgumentException", self.make, **changed)
        for changed in ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 60}},
                        {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 901}}, {"CompressionFormat": "gzip"}):
            with self.subTest(changed=changed):
                with self.assertRaises(botocore.exceptions.ClientError) as caught:
                    self.make(**changed)
                self.assertIn(caught.exception.response["Error"]["Code"],
                              ("ValidationException", "InvalidArgumentException"))
        self.assertEqual(self.firehose.list_delivery_streams()["DeliveryStreamNames"], [])
        self.refused("ResourceNotFoundException", self.firehose.put_record, DeliveryStreamName="s",
                     Record={"Data": b"x"})
        self.refused("ResourceNotFoundException", self.firehose.delete_delivery_stream, DeliveryStreamName="s")
        self.make()
        self.sandbox.advance(1)
        for records in [{"Data": b"x"}] * 501, [{"Data": b"x" * 1_024_001}]:
            with self.assertRaises(botocore.exceptions.ClientError):
                self.firehose.put_record_batch(DeliveryStreamName="s", Records=records)

    def test_lists_come_in_pages_of_ten(self):
        names = [f"s-{n:02}" for n in range(12)]
        for name in names:
            self.make(name)
        first = self.firehose.list_delivery_streams()
        self.assertEqual((first["DeliveryStreamNames"], first["HasMoreDeliveryStreams"]), (names[:10], True))
        rest = self.firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName=names[9], Limit=10000)
        self.assertEqual((rest["DeliveryStreamNames"], rest["HasMoreDeliveryStreams"]), (names[10:], False))


class Metrics(Streams):
    def test_points_come_in_pages_and_late(self):
        self.make()
        self.sandbox.advance(1)
        for _ in range(3):
            self.firehose.put_record_batch(DeliveryStreamName="s", Records=[{"Data": b"12345"}] * 2)
            self.sandbox.advance(60)
        question = {"MetricDataQueries": [self.query("records", "IncomingRecords"), self.query("size", "IncomingBytes"),
                                          self.query("none", "ThrottledRecords")],
                    "StartTime": datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1),
                    "EndTime": datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)}
        early = self.cloudwatch.get_metric_data(**question)["MetricDataResults"]
        self.assertLess(sum(early[0]["Values"]), 6)
        self.sandbox.advance(200)
        whole = self.cloudwatch.get_metric_data(ScanBy="TimestampAscending", **question)
        self.assertNotIn("NextToken", whole)
        records, size, none = whole["MetricDataResults"]
        self.assertEqual((sum(records["Values"]), sum(size["Values"]), none["Values"]), (6, 30, []))
        self.assertEqual(records["Timestamps"], sorted(records["Timestamps"]))
        self.assertEqual({item["StatusCode"] for item in whole["MetricDataResults"]}, {"Complete"})
        values = {"records": [], "size": [], "none": []}
        pages = list(self.cloudwatch.get_paginator("get_metric_data").paginate(MaxDatapoints=2, **question))
        for item in (item for page in pages for item in page["MetricDataResults"]):
            values[item["Id"]] += item["Values"]
        self.assertGreater(len(pages), 1)
        self.assertEqual(values, {"records": records["Values"][::-1], "size": size["Values"][::-1], "none": []})
        names = self.cloudwatch.list_metrics(Namespace="AWS/Firehose", MetricName="IncomingBytes")["Metrics"]
        self.assertEqual(names, [{"Namespace": "AWS/Firehose", "MetricName": "IncomingBytes",
                                  "Dimensions": [{"Name": "DeliveryStreamName", "Value": "s"}]}])

    def test_wrong_requests(self):
        now = datetime.datetime.now(datetime.UTC)
        hour = datetime.timedelta(hours=1)
        ask = self.cloudwatch.get_metric_data
        for name, start, end in ("a", now, now - hour), ("A", now - hour, now):
            self.refused("ValidationError", ask, MetricDataQueries=[self.query(name, "X")], StartTime=start,
                         EndTime=end)
        self.refused("InvalidNextToken", ask, MetricDataQueries=[self.query("a", "X")], StartTime=now - hour,
                     EndTime=now, NextToken="bm9uZQ==")
        self.sandbox.faults([{"operation": "GetMetricData", "fault": "access_denied"}])
        self.refused("AccessDenied", ask, MetricDataQueries=[self.query("a", "X")], StartTime=now - hour, EndTime=now)

    @staticmethod
    def query(name, metric):
        return {"Id": name, "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
            "Namespace": "AWS/Firehose", "MetricName": metric,
            "Dimensions": [{"Name": "DeliveryStreamName", "Value": "s"}]}}}


class Parameters(Api):
    def test_the_life_of_a_parameter(self):
        self.refused("ParameterNotFound", self.ssm.get_parameter, Name="/fhctl/a")
        made = {"Name": "/fhctl/a", "Value": "é 1", "Type": "String"}
        self.assertEqual(self.ssm.put_parameter(Tags=[{"Key": "team", "Value": "web"}], **made)["Version"], 1)
        self.refused("ParameterAlreadyExists", self.ssm.put_parameter, **made)
        self.refused("ValidationException", self.ssm.put_parameter, Overwrite=True,
                     Tags=[{"Key": "team", "Value": "web"}], **made)
        self.assertEqual(self.ssm.put_parameter(Name="/fhctl/a", Value="2", Overwrite=True)["Version"], 2)
        there = self.ssm.get_parameter(Name="/fhctl/a")["Parameter"]
        self.assertEqual((there["Value"], there["Version"], there["Type"]), ("2", 2, "String"))
        self.assertEqual(there["ARN"], f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/fhctl/a")
        self.assertLess(abs(there["LastModifiedDate"] - datetime.datetime.now(datetime.UTC)),
                        datetime.timedelta(minutes=1))
        self.refused("ValidationException", self.ssm.put_parameter, Name="/fhctl/b", Value="x" * 4097, Type="String")
        self.ssm.delete_parameter(Name="/fhctl/a")
        self.refused("ParameterNotFound", self.ssm.delete_parameter, Name="/fhctl/a")


if __name__ == "__main__":
    unittest.main()
