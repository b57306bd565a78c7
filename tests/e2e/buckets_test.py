"""Buckets as AWS has them: namespaces, tags that S3 refuses, keys, bucket policies, MFA Delete, other accounts."""

import json
import unittest

import harness
from aws_calls import Aws, all_of, child_text, xml
from scenario import ACCOUNT, BUCKET, NAME, OWN, QUICK_SANDBOX, Scenario

KEY = f"arn:aws:kms:{harness.REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER = "999999999999"
GOV = "us-gov-west-1"
QUICK_FLAGS = ("--manifest-poll", "1s", "--record-ttl", "1s", "--buffer-interval", "1s", "--flush-margin", "0s")
MFA = {"x-amz-mfa": f"arn:aws:iam::{ACCOUNT}:mfa/root 123456"}


class Buckets(Scenario):
    SANDBOX = (*QUICK_SANDBOX, "--time-factor", "60")

    def put_policy(self, bucket, **statement):
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", **statement}]}
        self.aws.s3("PUT", bucket, query={"policy": None}, body=json.dumps(document).encode())

    def encrypt_with_key(self, bucket):
        self.aws.put_setting(bucket, "encryption", "<ServerSideEncryptionConfiguration><Rule>"
                             "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
                             f"<KMSMasterKeyID>{KEY}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule>"
                             "</ServerSideEncryptionConfiguration>")

    def encryption_of(self, bucket, key, **headers):
        answer = self.aws.s3("GET", bucket, key, headers=headers)[0]
        return answer["x-amz-server-side-encryption"], answer["x-amz-server-side-encryption-aws-kms-key-id"]


class Creation(Buckets):
    def test_without_tags_where_s3_refuses_them(self):
        gov = {"AWS_REGION": GOV, "AWS_DEFAULT_REGION": GOV}
        self.up(1, env=gov)
        bucket = f"{NAME}-{ACCOUNT}-{GOV}"
        aws = Aws.of(self.sandbox, GOV)
        self.addCleanup(aws.close)
        self.assertEqual(aws.tags_of_bucket(bucket)["fhctl:pipeline"], NAME)
        self.assertEqual(len(self.requests("CreateBucket")), 2)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME, env=gov)

        # A run that dies between creating and tagging: the next one takes nothing over by itself.
        self.faults({"operation": "PutBucketTagging", "fault": "kill_before"})
        self.fhctl("up", "--count", 1, "--yes", env=gov)
        self.assertEqual(aws.tags_of_bucket(bucket), {})
        result, changes = self.changes_during(lambda: self.expect(7, "up", "--count", 1, "--yes", env=gov))
        self.assert_says(result.stderr, "it has no fhctl: tags", "--adopt-bucket")
        self.assertEqual(changes, [])
        self.up(1, "--adopt-bucket", env=gov)
        self.assertEqual(aws.tags_of_bucket(bucket)["fhctl:pipeline"], NAME)

    def test_without_tags_where_they_are_denied(self):
        message = f"User: x is not authorized to perform: s3:TagResource on resource: arn:aws:s3:::{BUCKET}"
        self.faults({"operation": "CreateBucket", "fault": "error", "status": 403, "code": "AccessDenied",
                     "message": message})
        self.up(1)
        self.assertEqual(self.aws.tags_of_bucket(BUCKET)["fhctl:pipeline"], NAME)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)

    def test_a_bucket_that_cannot_be_tagged_is_not_left(self):
        denied = {"fault": "error", "times": 0, "status": 403, "code": "AccessDenied"}
        self.faults({"operation": "CreateBucket", **denied, "times": 1, "message": "not authorized: s3:TagResource"},
                    {"operation": "PutBucketTagging", **denied, "message": "no"})
        self.assertIn("deleted again", self.expect(77, "up", "--count", 1, "--yes").stderr)
        self.assert_nothing_left()

    def test_account_regional_names(self):
        name = f"logs-{ACCOUNT}-{harness.REGION}-an"
        self.up(1, "--bucket", name)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        result, changes = self.changes_during(
            lambda: self.expect(64, "up", "--bucket", "logs-an", "--count", 1, "--yes"))
        self.assert_says(result.stderr, "bucket.name cannot be \"logs-an\"", f"{NAME}-{ACCOUNT}-{harness.REGION}-an")
        self.assertEqual(changes, [])
        self.assertIn("an", self.expect(64, "doctor", env={"FHCTL_BUCKET": "logs-an"}).stdout)
        self.expect(0, "init", "logs", "--force")
        self.assertIn(f"logs-ACCOUNT-{harness.REGION}-an", self.read("fhctl.toml"))

    def test_an_organization_that_allows_no_global_names(self):
        self.faults({"operation": "CreateBucket", "fault": "error", "times": 0, "status": 403, "code": "AccessDenied",
                     "message": "User: x is not authorized to perform: s3:CreateBucket on resource: y with an explicit "
                                "deny in a service control policy"})
        result = self.expect(77, "up", "--count", 1, "--yes")
        self.assertIn(f"--bucket {NAME}-{ACCOUNT}-{harness.REGION}-an", result.stderr)


class Settings(Buckets):
    def test_tags_under_attribute_based_access_control(self):
        self.up(1)
        self.aws.put_setting(BUCKET, "abac", "<AbacStatus><Status>Enabled</Status></AbacStatus>")
        self.up(1, "--tag", "team=web", "--tag", "cost=1")
        self.assertEqual(self.aws.tags_of_bucket(BUCKET)["team"], "web")
        self.write("fhctl.toml", self.SPEC + "[tags]\nteam = \"sales\"\n")
        self.up(1)
        tags = self.aws.tags_of_bucket(BUCKET)
        self.assertEqual((tags["team"], "cost" in tags, tags["fhctl:pipeline"]), ("sales", False, NAME))
        self.assertIn("No changes.", self.expect(0, "plan").stdout)

    def test_the_key_of_the_bucket(self):
        for flag in "--existing-bucket", "--bucket":
            with self.subTest(flag):
                self.sandbox.reset()
                self.aws.create_bucket("private-logs")
                self.encrypt_with_key("private-logs")
                adopt = ["--adopt-bucket"] if flag == "--bucket" else []
                result = self.up(1, flag, "private-logs", *adopt)
                self.assertIn(f"encrypts with the KMS key {KEY}", result.stdout + result.stderr)
                said = {"FHCTL_EXISTING_BUCKET" if flag == "--existing-bucket" else "FHCTL_BUCKET": "private-logs"}
                self.assertIn(KEY, self.expect(0, "describe", env=said).stdout)
                self.assertEqual(self.encryption_of("private-logs", OWN + "manifest.json"), ("aws:kms", KEY))
                self.assertIn("proven", self.expect(0, "verify", env=said).stdout)

    def test_a_policy_that_demands_the_header(self):
        self.aws.create_bucket("strict-logs")
        self.put_policy("strict-logs", Action="s3:PutObject", Resource="arn:aws:s3:::strict-logs/*",
                        Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})
        self.up(1, "--existing-bucket", "strict-logs", "--kms-key", KEY)
        for own in "manifest.json", "pipeline.json":
            self.assertEqual(self.encryption_of("strict-logs", OWN + own), ("aws:kms", KEY))
        self.expect(0, "verify", env={"FHCTL_EXISTING_BUCKET": "strict-logs", "FHCTL_KMS_KEY": KEY})
        self.put_policy("strict-logs", Action="s3:PutObject", Resource="arn:aws:s3:::strict-logs/_fhctl/*",
                        Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}})
        self.expect(0, "destroy", NAME, "--no-drain", "--yes")
        self.up(1, "--existing-bucket", "strict-logs")
        self.assertEqual(self.encryption_of("strict-logs", OWN + "pipeline.json"), ("AES256", None))

    def test_the_tags_of_an_existing_bucket_may_be_hidden(self):
        self.aws.create_bucket("their-logs")
        for operation in "GetBucketTagging", "GetBucketEncryption":
            self.faults({"operation": operation, "fault": "access_denied", "times": 0})
            self.assertIn("may not be read", self.up(1, "--existing-bucket", "their-logs").stdout)


class Destroy(Buckets):
    def refused(self, *phrases):
        result, changes = self.changes_during(
            lambda: self.expect(7, "destroy", "--empty-bucket", "--confirm", NAME))
        self.assert_says(result.stderr, *phrases)
        self.assertEqual(changes, [])
        self.assertEqual(len(self.streams()), 1)

    def test_mfa_delete(self):
        self.up(1)
        versioning = ('<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                      "<Status>Enabled</Status><MfaDelete>%s</MfaDelete></VersioningConfiguration>")
        self.aws.s3("PUT", BUCKET, query={"versioning": None}, body=(versioning % "Enabled").encode(), headers=MFA)
        self.refused("has MFA Delete", "MFADelete=Disabled")
        self.aws.s3("PUT", BUCKET, query={"versioning": None}, body=(versioning % "Disabled").encode(), headers=MFA)
        self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assert_nothing_left()

    def test_a_bucket_policy(self):
        self.up(1)
        resources = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
        self.put_policy(BUCKET, Action=["s3:DeleteObject*", "s3:DeleteBucket"], Resource=resources)
        self.refused("denies everybody s3:DeleteBucket, s3:DeleteObject, s3:DeleteObjectVersion", "get-bucket-policy")
        self.put_policy(BUCKET, Action="s3:*", Resource=resources, Condition={"Bool": {"aws:SecureTransport": "false"}})
        self.faults({"operation": "GetBucketPolicy", "fault": "access_denied", "times": 0})
        result = self.expect(0, "destroy", "--empty-bucket", "--confirm", NAME)
        self.assertIn("s3:GetBucketPolicy", result.stdout)
        self.assert_nothing_left()


class OtherAccounts(Buckets):
    SPEC = ""  # without fhctl.toml the settings come from pipeline.json in that bucket
    FLAGS = ("--existing-bucket", "taken-central-logs", "--bucket-owner", OTHER)

    def test_the_whole_life(self):
        self.assert_says(self.expect(7, "up", *self.FLAGS[:2], "--count", 1, "--yes").stderr, "--bucket-owner")
        self.assert_says(self.expect(64, "up", *self.FLAGS[2:], "--count", 1, "--yes").stderr, "bucket.existing")
        self.assert_says(self.expect(7, "up", *self.FLAGS[:2], "--bucket-owner", "111111111111", "--yes").stderr,
                         "is not one of account 111111111111")
        self.up(1, *self.FLAGS, *QUICK_FLAGS)
        document = json.loads(self.own("pipeline.json"))
        self.assertEqual(document["spec"]["bucket.owner"], OTHER)
        # From here on the tags of the other resources say where the bucket is.
        self.assertIn("taken-central-logs", self.expect(0, "describe", NAME).stdout)
        self.expect(0, "lock", NAME)
        self.assertEqual(self.expect(0, "manifest", NAME, "-o", "json").json()["pipeline"], NAME)
        self.expect(0, "put", "--name", NAME, "-q", "-", stdin="hello\n")
        self.assertIn("proven", self.expect(0, "verify", NAME).stdout)
        self.expect(0, "scale", NAME, 2, "--yes")
        self.assertEqual(self.streams(), [f"{NAME}-1", f"{NAME}-2"])
        self.expect(0, "destroy", NAME, "--no-drain", "--yes")
        self.assertEqual(self.streams(), [])
        listed = xml.fromstring(self.aws.s3("GET", "taken-central-logs", query={"list-type": "2"},
                                            headers={"x-amz-expected-bucket-owner": OTHER})[1])
        keys = [child_text(item, "Key") for item in all_of(listed, "Contents")]
        self.assertNotIn(OWN + "pipeline.json", keys)
        self.assertTrue(any(key.startswith("logs/") for key in keys), keys)

    def own(self, name):
        return self.aws.s3("GET", "taken-central-logs", OWN + name, headers={"x-amz-expected-bucket-owner": OTHER})[1]


if __name__ == "__main__":
    unittest.main()
