"""Every request that fhctl sends is signed again by botocore's signer, from the bytes on the wire: the signatures must
be equal. Unusual keys must be encoded in the path as botocore encodes them."""

import hashlib
import re
import unittest
import urllib.parse

import peer_python

peer_python.continue_with(peer_python.OLD, "botocore", "signatures against botocore's signer")

import botocore.auth  # noqa: E402
import botocore.awsrequest  # noqa: E402
import botocore.config  # noqa: E402
import botocore.credentials  # noqa: E402
import botocore.session  # noqa: E402

import harness  # noqa: E402
from recording_proxy import RecordingProxy  # noqa: E402
from scenario import BUCKET, NAME, QUICK_SANDBOX, Scenario  # noqa: E402

ACCESS_KEY, SECRET_KEY, TOKEN = "AKIAPEEREXAMPLE00001", "peer/secret+key=/0123456789abcdefghijklmn", "tok/en+=="
# An XML list cannot contain these, so each is deleted by a separate request.
KEYS_SENT_ALONE = ("a+b c%20/../é\r", "\u0001=&?#;:@,$", " leading/./x", "trailing/ ", "~-_.'()*!\r", "日本\u000b語",
                   "//double//\r", "\U0001F600\r", "%41%2F\r", "\\back\r\n",
                   "\r" + "k" * 300)
KEYS_IN_A_LIST = ("plain", "a+b c", "é/ü", "<&>'\"")
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9]+)/aws4_request, "
                           r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")


def signature_by_botocore(request, secret_key=SECRET_KEY):
    """(the signature that the request carries, the one that botocore makes of it)."""
    key, _, region, service, names, signature = AUTHORIZATION.fullmatch(request.header("Authorization")).groups()
    assert key == ACCESS_KEY
    made = botocore.awsrequest.AWSRequest(request.method, f"http://{request.header('Host')}{request.target}",
                                          {name: request.header(name) for name in names.split(";")}, request.body)
    made.context["timestamp"] = request.header("X-Amz-Date")
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    auth = signer(botocore.credentials.Credentials(ACCESS_KEY, secret_key, TOKEN), service, region)
    return signature, auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made)


class Signing(Scenario):
    SANDBOX = (*QUICK_SANDBOX, "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY, "--session-token", TOKEN)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.proxy = cls.enterClassContext(RecordingProxy(cls.sandbox.url))

    def setUp(self):
        super().setUp()
        self.s3 = botocore.session.Session().create_client(
            "s3", region_name=harness.REGION, endpoint_url=self.sandbox.url, aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY, aws_session_token=TOKEN,
            config=botocore.config.Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))
        self.addCleanup(self.s3.close)
        self.proxy.take()

    def fhctl(self, *arguments, env=None, **options):
        return super().fhctl(*arguments, env={"AWS_ENDPOINT_URL": self.proxy.url, **(env or {})}, **options)

    def up_with_odd_keys(self):
        """A versioned bucket that holds the odd keys: their deletions name a version too."""
        self.up(2, "--tag", "cost centre=4711 +é:/=@", "--role-path", "/teams/web/")
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for key in KEYS_SENT_ALONE + KEYS_IN_A_LIST:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")

    def a_second_page(self, request, answer):
        """Once: the list of versions ends with an odd key and says that there is more."""
        if b"<IsTruncated>false</IsTruncated>" in answer and b"<ListVersionsResult" in answer and not self.more_said:
            self.more_said = True
            return answer.replace(b"<IsTruncated>false</IsTruncated>", (
                "<IsTruncated>true</IsTruncated><NextKeyMarker>%s</NextKeyMarker><NextVersionIdMarker>null"
                "</NextVersionIdMarker>" % urllib.parse.quote_plus("0 +%/../é\r&=")).encode())
        return answer

    def test_botocore_signs_the_same(self):
        self.up_with_odd_keys()
        self.expect(0, "put", "-", stdin="one\ntwo é\n")
        self.expect(0, "describe")
        self.more_said = False
        self.proxy.rewrite = self.a_second_page
        self.addCleanup(setattr, self.proxy, "rewrite", None)
        self.expect(0, "destroy", "--empty-bucket", "--yes", "--confirm", NAME)
        requests = self.proxy.take()
        for request in requests:
            with self.subTest(request=f"{request.method} {request.target}"):
                carried, made = signature_by_botocore(request)
                self.assertEqual(carried, made)
                self.assertLess(request.status, 500)
        self.assert_everything_was_there(requests)

    def assert_everything_was_there(self, requests):
        services = {AUTHORIZATION.match(request.header("Authorization")).group(4) for request in requests}
        self.assertEqual(services, {"s3", "firehose", "iam", "logs", "sts", "monitoring"})
        for what, found in {
                "a marker that is an odd key": [r for r in requests if "key-marker=0%20%2B%25%2F..%2F" in r.target],
                "a query without a value": [r for r in requests if r.target.endswith("?tagging")],
                "a session token": [r for r in requests if r.header("X-Amz-Security-Token") == TOKEN],
                "a condition": [r for r in requests if r.header("If-None-Match")],
                "a form": [r for r in requests if b"Action=CreateRole&" in r.body]}.items():
            self.assertTrue(found, f"{what} was not among the requests")

    def test_all_that_matters_is_signed(self):
        self.up(1)
        for request in self.proxy.take():
            signed = AUTHORIZATION.match(request.header("Authorization")).group(5).split(";")
            with self.subTest(request=f"{request.method} {request.target}"):
                self.assertEqual(signed, sorted(signed))
                self.assertNotEqual(*signature_by_botocore(request, SECRET_KEY + "x"))
                unsigned = {name.lower() for name, _ in request.headers} - set(signed)
                self.assertLessEqual(unsigned, {"authorization", "user-agent", "accept", "accept-encoding",
                                                "connection", "content-length", "expect"})
                if request.header("x-amz-content-sha256"):
                    self.assertEqual(request.header("x-amz-content-sha256"), hashlib.sha256(request.body).hexdigest())

    def test_odd_keys_stand_in_the_path_as_botocore_writes_them(self):
        self.up_with_odd_keys()
        self.proxy.take()
        self.expect(0, "destroy", "--empty-bucket", "--yes", "--confirm", NAME)
        deleted = {request.target.partition("?")[0] for request in self.proxy.take() if request.method == "DELETE"}
        for key in KEYS_SENT_ALONE:
            with self.subTest(key=key):
                self.assertIn(self.path_by_botocore(key), deleted)
        self.assertEqual(self.s3.list_buckets()["Buckets"], [])

    def path_by_botocore(self, key):
        """The path in which botocore asks to delete the key; nothing is sent."""
        asked = []

        def keep(request, **_):
            asked.append(request.url)
            return botocore.awsrequest.AWSResponse(request.url, 204, {}, None)

        self.s3.meta.events.register("before-send.s3.DeleteObject", keep)
        try:
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        except AttributeError:  # the made-up answer has no body to read
            pass
        finally:
            self.s3.meta.events.unregister("before-send.s3.DeleteObject", keep)
        return asked[0].partition("?")[0].removeprefix(self.sandbox.url)


if __name__ == "__main__":
    unittest.main()
