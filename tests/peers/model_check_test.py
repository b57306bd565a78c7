"""The check against the service models itself: a good request passes, every planted mistake is caught."""

import base64
import hashlib
import json
import unittest

import model_check
from recording_proxy import Request

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
BUFFERING = {"SizeInMBs": 5, "IntervalInSeconds": 60}


def signed(service, headers):
    return [("Host", "127.0.0.1"), ("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-west-2/"
             f"{service}/aws4_request, SignedHeaders=host, Signature=00"), *headers.items()]


def firehose(operation, members):
    return Request("POST", "/", signed("firehose", {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Firehose_20150804.{operation}"}),
        json.dumps(members).encode())


def create_stream(**changed):
    """CreateDeliveryStream; `changed` replaces members of the destination, None takes one away."""
    destination = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::bucket",
                   "BufferingHints": BUFFERING, "CompressionFormat": "GZIP", **changed}
    return firehose("CreateDeliveryStream", {
        "DeliveryStreamName": "logs-1", "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {name: value for name, value in destination.items() if value is not None},
        "Tags": [{"Key": "team", "Value": "web"}]})


def iam(body):
    return Request("POST", "/", signed("iam", {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}), body.encode())


def s3(method, target, body=b"", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        names.setdefault("Content-MD5", base64.b64encode(hashlib.md5(body).digest()).decode())
    names.setdefault("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
    return Request(method, target, signed("s3", {name: value for name, value in names.items() if value}), body)


def lifecycle(rule, root="LifecycleConfiguration", namespace=NAMESPACE):
    return f'<{root} xmlns="{namespace}"><Rule>{rule}</Rule></{root}>'.encode()


GOOD_RULE = ("<ID>a</ID><Filter><Prefix/></Filter><Status>Enabled</Status><AbortIncompleteMultipartUpload>"
             "<DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>")
ROLE = "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D"

GOOD = {
    "firehose.CreateDeliveryStream": create_stream(),
    "firehose.PutRecordBatch": firehose("PutRecordBatch", {"DeliveryStreamName": "a", "Records": [{"Data": "YQ=="}]}),
    "iam.CreateRole": iam(ROLE + "&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key=c&Tags.member.2.Value="),
    "s3.ListObjectVersions": s3("GET", "/bucket?encoding-type=url&max-keys=1000&prefix=a%2F&versions"),
    "s3.ListObjectsV2": s3("GET", "/bucket?list-type=2"),
    "s3.GetObject": s3("GET", "/bucket/a%20b/..%2Fc", If_None_Match='"etag"'),
    "s3.PutObject": s3("PUT", "/bucket/key", b"x", If_None_Match="*", Content_Type="text/plain"),
    "s3.DeleteObject": s3("DELETE", "/bucket/key?versionId=null", x_amz_expected_bucket_owner="123456789012"),
    "s3.PutBucketLifecycleConfiguration": s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE)),
    "s3.GetBucketLifecycleConfiguration": s3("GET", "/bucket?lifecycle"),
    "s3.HeadBucket": s3("HEAD", "/bucket"),
}

# What is wrong, the request, and words of the problem.
MISTAKES = [
    ("unknown member", create_stream(Colour="red"), "unknown member Colour"),
    ("unknown member deep inside", create_stream(BufferingHints={**BUFFERING, "SizeInMiB": 1}), "SizeInMiB"),
    ("missing required member", create_stream(RoleARN=None), "required member RoleARN is missing"),
    ("over the range", create_stream(BufferingHints={**BUFFERING, "IntervalInSeconds": 901}), "at most 900"),
    ("under the range", create_stream(BufferingHints={**BUFFERING, "SizeInMBs": 0}), "at least 1"),
    ("number as text", create_stream(BufferingHints={**BUFFERING, "SizeInMBs": "5"}), "integer is expected"),
    ("truth as number", create_stream(BufferingHints={**BUFFERING, "SizeInMBs": True}), "integer is expected"),
    ("bad enum", create_stream(CompressionFormat="gzip"), "is none of UNCOMPRESSED, GZIP"),
    ("bad pattern", create_stream(RoleARN="role/r"), "does not match"),
    ("list for structure", create_stream(BufferingHints=[]), "structure is expected"),
    ("unknown operation", firehose("CreateStream", {}), "unknown X-Amz-Target"),
    ("stream name with a blank", firehose("DescribeDeliveryStream", {"DeliveryStreamName": "a b"}), "does not match"),
    ("no records", firehose("PutRecordBatch", {"DeliveryStreamName": "a", "Records": []}), "at least 1"),
    ("501 records", firehose("PutRecordBatch", {"DeliveryStreamName": "a", "Records": [{"Data": ""}] * 501}),
     "at most 500"),
    ("not base64", firehose("PutRecordBatch", {"DeliveryStreamName": "a", "Records": [{"Data": "a"}]}), "base64"),
    ("IAM: unknown action", iam("Action=MakeRole&Version=2010-05-08"), "unknown Action"),
    ("IAM: another version", iam(ROLE.replace("2010", "2011")), "Version"),
    ("IAM: unknown member", iam(ROLE + "&Role=r"), "unknown member Role"),
    ("IAM: missing member", iam("Action=CreateRole&Version=2010-05-08&RoleName=r"), "Document is missing"),
    ("IAM: role name too long", iam(ROLE.replace("RoleName=r", "RoleName=" + 65 * "r")), "at most 64"),
    ("IAM: numbering with a gap", iam(ROLE + "&Tags.member.2.Key=a&Tags.member.2.Value=b"), "numbered 2"),
    ("IAM: list without member", iam(ROLE + "&Tags.1.Key=a&Tags.1.Value=b"), "only member"),
    ("S3: unknown query member", s3("GET", "/bucket?versions&maxkeys=3"), "unknown query member maxkeys"),
    ("S3: no number", s3("GET", "/bucket?versions&max-keys=many"), "integer is expected"),
    ("S3: bad enum in the query", s3("GET", "/bucket?versions&encoding-type=base64"), "is none of url"),
    ("S3: unknown header", s3("GET", "/bucket/key", x_amz_owner="1"), "unknown header x-amz-owner"),
    ("S3: condition where none exists", s3("GET", "/bucket?versions", If_Match="*"), "unknown header If-Match"),
    ("S3: no such operation", s3("PATCH", "/bucket"), "no operation"),
    ("S3: required checksum", s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE), Content_MD5=""),
     "checksum is required"),
    ("S3: wrong checksum", s3("PUT", "/bucket/key", b"x", Content_MD5="AAAA"), "Content-MD5 is wrong"),
    ("S3: wrong digest", s3("PUT", "/bucket/key", b"x", x_amz_content_sha256="00"), "not that of the body"),
    ("S3: missing element", s3("PUT", "/bucket?lifecycle", lifecycle("<ID>a</ID>")), "Status is missing"),
    ("S3: unknown element", s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE + "<Days>1</Days>")), "unknown element"),
    ("S3: bad enum in an element",
     s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE.replace("Enabled", "On"))), "is none of Enabled"),
    ("S3: element twice", s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE + "<ID>b</ID>")), "there twice"),
    ("S3: another root", s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE, root="Lifecycle")), "root element"),
    ("S3: another namespace", s3("PUT", "/bucket?lifecycle", lifecycle(GOOD_RULE, namespace="urn:x")),
     "unknown element"),
    ("S3: no XML", s3("PUT", "/bucket?lifecycle", b"<a>"), "no XML"),
    ("S3: body of a request without one", s3("DELETE", "/bucket", b"x"), "a body where none belongs"),
    ("not signed", Request("GET", "/bucket", [("Host", "h")], b""), "no model for the service None"),
]


class AgainstTheModels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.models = model_check.load_models()

    def test_good_requests_pass(self):
        for operation, request in GOOD.items():
            with self.subTest(operation=operation):
                self.assertEqual(model_check.check_request(self.models, request), (operation, []))

    def test_every_planted_mistake_is_caught(self):
        for what, request, words in MISTAKES:
            with self.subTest(mistake=what):
                problems = model_check.check_request(self.models, request)[1]
                self.assertTrue(any(words in problem for problem in problems), f"{words!r} is not in {problems}")

    def test_every_pattern_of_the_models_can_be_read(self):
        read = 0
        for service, model in self.models.items():
            for name, shape in model.shapes.items():
                if "pattern" in shape:
                    with self.subTest(service=service, shape=name):
                        model_check.pattern(shape["pattern"])
                        read += 1
        self.assertGreater(read, 100)


class WithoutTheModels(unittest.TestCase):
    """The parts of the check that no operation at hand uses, on a model made up here."""

    MODEL = model_check.Model({"metadata": {}, "operations": {}, "shapes": {
        "Text": {"type": "string", "pattern": "^[\\p{L}\\p{N}]+$"}, "Number": {"type": "integer", "min": -1, "max": 1},
        "Either": {"type": "structure", "union": True, "members": {"a": {"shape": "Text"}, "b": {"shape": "Text"}}},
        "Few": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Number"}, "max": 1}}})

    def problems(self, shape, value):
        return list(self.MODEL.check(self.MODEL.shape({"shape": shape}), value, "it"))

    def test_unions_maps_and_patterns(self):
        for shape, value, words in (
                ("Either", {"a": "x"}, None), ("Either", {}, "0 members"),
                ("Either", {"a": "x", "b": "y"}, "2 members"),
                ("Few", {"é": 1}, None), ("Few", {"a": 2}, "at most 1"), ("Few", {"a": 0, "b": 0}, "2 entries"),
                ("Few", {"-": 0}, "does not match"), ("Text", "ä1", None), ("Text", "", "does not match"),
                ("Number", -2, "at least -1"), ("Number", 0.5, "integer is expected")):
            with self.subTest(shape=shape, value=value):
                found = self.problems(shape, value)
                self.assertEqual(bool(found), words is not None, found)
                self.assertTrue(words is None or any(words in problem for problem in found), found)


if __name__ == "__main__":
    unittest.main()
