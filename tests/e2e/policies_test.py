"""The printed IAM policies: with each as the only permission its holder can do what it is for, and with less not.

With POLICY_TABLE=FILE, the table of actions, commands and outcomes is added to that file.
"""

import concurrent.futures
import copy
import dataclasses
import json
import os
import unittest

import harness
from aws_calls import Aws
from scenario import ACCOUNT, BUCKET, GROUP, NAME, QUICK_SANDBOX, QUICK_SPEC, ROLE, Scenario, transcript

SANDBOX = (*QUICK_SANDBOX, "--metric-lag", "0s")
KEY = f"arn:aws:kms:{harness.REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PARAMETER = "/fhctl/manifest"
EXISTING = "company-logs"
# A drain whose waits are a few seconds.
DRAIN = ("--drain-quiet", "1s", "--drain-period", "1s", "--drain-lag", "0s", "--flush-margin", "0s")
KMS = ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
       f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{KEY}</KMSMasterKeyID>"
       "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")


def as_list(value):
    return value if isinstance(value, list) else [value]


def actions_of(policy):
    return sorted({action for statement in policy["Statement"] for action in as_list(statement["Action"])})


def without(policy, action):
    """The policy without that action in any statement."""
    reduced = copy.deepcopy(policy)
    for statement in reduced["Statement"]:
        statement["Action"] = [each for each in as_list(statement["Action"]) if each != action]
    reduced["Statement"] = [statement for statement in reduced["Statement"] if statement["Action"]]
    return reduced


class Restricted(Scenario):
    """Tests in which the caller of fhctl has a printed policy as its only permission."""

    SANDBOX = SANDBOX

    def printed(self, who, *flags):
        result = self.expect(0, "doctor", "--print-policy", who, *flags)
        return json.loads(result.stdout)

    def allow_only(self, policy, kind="identity"):
        body = json.dumps(policy).encode() if policy else b""
        self.sandbox.call("POST", f"caller-policy?kind={kind}", body)

    def allow_everything(self):
        self.allow_only(None)

    def put(self, lines=20, code=0):
        return self.expect(code, "put", stdin="".join(f"line {n}\n" for n in range(lines)))

    def spec(self, bucket="", role="", tags='team = "a"', delivery="", manifest=""):
        """fhctl.toml with these lines in its tables."""
        quick = QUICK_SPEC.replace("[delivery]", "[delivery]\n" + delivery)
        quick = quick.replace("[manifest]", "[manifest]\n" + manifest)
        self.write("fhctl.toml", f"{quick}\n[bucket]\n{bucket}\n[role]\n{role}\n[tags]\n{tags}\n")

    def life(self, empty=True, drain=False, **spec):
        """From `up` to `destroy`, by every command that calls AWS. A drain takes some seconds, so one test has it."""
        self.spec(**spec)
        self.allow_only(self.printed("operator"))
        self.up(2)
        for command in "plan", "describe", "doctor":
            self.expect(0, command)
        self.put()
        self.expect(0, "verify")
        self.expect(0, "scale", "3", "--yes")
        if drain:
            self.expect(0, "scale", "2", "--yes", *DRAIN)
        self.spec(**{**spec, "tags": 'cost = "b"'})  # drops a tag and sets one
        self.expect(0, "up", "--yes", "--buffer-size", "2MiB")
        self.expect(0, "manifest", "publish")
        self.expect(0, "logs", "--since", "1h")
        self.expect(0, "lock", "show")
        self.expect(0, "destroy", "--yes", "--confirm", NAME, "--no-drain", "--force",
                    *(["--empty-bucket"] if empty else []))


class Operators(Restricted):
    def test_the_whole_life_of_a_pipeline(self):
        self.life(drain=True, delivery=f'kms_key = "{KEY}"', manifest=f'parameter = "{PARAMETER}"')
        self.allow_everything()
        self.assert_nothing_left()

    def test_with_a_boundary_and_a_path(self):
        role = f'permissions_boundary = "{BOUNDARY}"\npath = "/team/"'
        self.life(role=role)
        # The holder cannot make a role without the boundary.
        self.spec(role='path = "/team/"')
        result = self.fhctl("up", "--yes")
        self.assertEqual(result.code, 77, transcript(result))
        self.assert_says(result.stderr, "iam:CreateRole", f":role/team/{ROLE}")

    def test_a_boundary_can_be_put_on_an_earlier_role_and_not_be_replaced(self):
        self.up(1)
        self.spec(role=f'permissions_boundary = "{BOUNDARY}"')
        policy = self.printed("operator")
        self.allow_only(without(policy, "iam:PutRolePermissionsBoundary"))
        result = self.fhctl("up", "--yes")
        self.assertEqual(result.code, 77, transcript(result))
        self.assert_says(result.stderr, "iam:PutRolePermissionsBoundary", f"role/{ROLE}")
        self.allow_only(policy)
        self.expect(0, "up", "--yes")
        self.spec(role=f'permissions_boundary = "{BOUNDARY}-2"')
        self.assertEqual(self.fhctl("up", "--yes").code, 77)

    def test_with_an_existing_bucket_that_has_its_own_key(self):
        self.aws.create_bucket(EXISTING)
        self.aws.put_setting(EXISTING, "encryption", KMS)
        self.life(bucket=f'existing = "{EXISTING}"', empty=False)
        self.allow_everything()
        policy = self.printed("operator", "--existing-bucket", EXISTING)
        self.assertNotIn("s3:CreateBucket", actions_of(policy))
        for action in "kms:Decrypt", "kms:GenerateDataKey":
            self.allow_everything()
            self.up(1)
            self.allow_only(without(policy, action))
            result = self.fhctl("up", "--count", "2", "--yes")
            self.assertEqual(result.code, 77, transcript(result))
            self.assert_says(result.stderr, action, KEY, f'"Action":"{action}"')

    def existing_role(self):
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                         "Principal": {"Service": "firehose.amazonaws.com"}}]}
        self.aws.iam("CreateRole", RoleName="company", Path="/real/path/", AssumeRolePolicyDocument=json.dumps(trust))
        delivery = self.printed("delivery", "--existing-role", "company")
        self.aws.iam("PutRolePolicy", RoleName="company", PolicyName="p", PolicyDocument=json.dumps(delivery))

    def test_with_an_existing_role_below_a_path(self):
        self.existing_role()
        policy = self.printed("operator", "--existing-role", "company")
        self.assertIn(f"arn:aws:iam::{ACCOUNT}:role/real/path/company", json.dumps(policy))
        self.assertNotIn("iam:CreateRole", actions_of(policy))
        self.life(role='existing = "company"')

    def test_settings_of_an_earlier_up_count(self):
        """Without fhctl.toml they are in pipeline.json, which is read after the resources with the default names."""
        self.existing_role()
        os.remove(os.path.join(self.folder, "fhctl.toml"))
        self.up(1, "--kms-key", KEY, "--existing-role", "company", "--log-group", "/company/logs")
        policy = self.printed("operator")
        for name in KEY, ":role/real/path/company", "/company/logs":
            self.assertIn(name, json.dumps(policy))
        self.allow_only(policy)
        self.expect(0, "describe")
        self.expect(0, "scale", "2", "--yes")

    def test_pipelines_with_longer_names_are_out_of_reach(self):
        self.expect(0, "up", f"{NAME}-prod", "--count", "1", "--yes")
        self.up(1)
        for who in "operator", "producer":
            self.allow_only(self.printed(who))
            for call in (lambda: self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-prod-1"),
                         lambda: self.aws.firehose("TagDeliveryStream", DeliveryStreamName=f"{NAME}-prod-1",
                                                   Tags=[{"Key": "fhctl:pipeline", "Value": NAME}]),
                         lambda: self.aws.firehose("PutRecordBatch", DeliveryStreamName=f"{NAME}-prod-1",
                                                   Records=[{"Data": "YQ=="}])):
                with self.assertRaisesRegex(Exception, "is not authorized to perform"):
                    call()
            self.allow_everything()

    def test_what_is_said_beside_the_policy(self):
        result = self.expect(0, "doctor", "--print-policy", "operator")
        self.assert_says(result.stderr, "amounts to administrator access", "--permissions-boundary",
                         "characters without white space", "a managed policy (6,144)")
        for flags in ("--permissions-boundary", BOUNDARY), ("--existing-role", "company"):
            result = self.expect(0, "doctor", "--print-policy", "operator", *flags)
            self.assertNotIn("administrator access", result.stderr)
            json.loads(result.stdout)
        self.assertIn("company does not exist: its ARN is composed", result.stderr)


class Resizers(Restricted):
    def test_streams_may_change_and_nothing_else(self):
        self.up(2)
        self.allow_only(self.printed("resizer"))
        self.expect(0, "scale", "3", "--yes")
        self.expect(0, "scale", "1", "--yes", *DRAIN)
        self.expect(0, "describe")
        self.put()
        self.expect(0, "verify")
        for flags, action, resource in (
                (("--trust", "external-id"), "iam:UpdateAssumeRolePolicy", f"role/{ROLE}"),
                (("--prefix", "other/"), "iam:PutRolePolicy", f"role/{ROLE}"),
                (("--tag", "team=a"), "s3:PutBucketTagging", f"arn:aws:s3:::{BUCKET}"),
                (("--abort-uploads-days", "3"), "s3:PutLifecycleConfiguration", f"arn:aws:s3:::{BUCKET}"),
                (("--log-retention", "7d"), "logs:PutRetentionPolicy", f"log-group:{GROUP}:")):
            with self.subTest(action=action):
                result = self.fhctl("up", "--yes", *flags)
                self.assertEqual(result.code, 77, transcript(result))
                self.assert_says(result.stderr, action, resource, f'"Action":"{action}"')


class Producers(Restricted):
    def test_put_and_manifest_work(self):
        self.up(2, "--manifest-parameter", PARAMETER)
        self.allow_only(self.printed("producer", "--manifest-parameter", PARAMETER))
        self.put()
        self.assertIn(f"{NAME}-1", self.expect(0, "manifest", "--format", "text").stdout)
        self.assertNotEqual(self.fhctl("describe").code, 0)

    def test_a_manifest_in_a_bucket_with_its_own_key(self):
        self.aws.create_bucket(EXISTING)
        self.aws.put_setting(EXISTING, "encryption", KMS)
        flags = ("--existing-bucket", EXISTING)
        self.up(1, *flags)
        self.write("fhctl.toml", QUICK_SPEC + f'[bucket]\nexisting = "{EXISTING}"\n')
        policy = self.printed("producer")
        self.allow_only(policy)
        self.expect(0, "manifest", "--format", "text")
        self.allow_only(without(policy, "kms:Decrypt"))
        result = self.fhctl("manifest", "--format", "text")
        self.assertNotEqual(result.code, 0)
        self.assert_says(result.stderr, "kms:Decrypt", KEY)

    def test_a_manifest_that_is_not_there_is_no_lack_of_the_policy(self):
        self.up(1)
        self.aws.s3("DELETE", BUCKET, f"_fhctl/{NAME}/{harness.REGION}/manifest.json")
        os.remove(os.path.join(self.folder, "fhctl-manifest.json"))
        self.allow_only(self.printed("producer"))
        result = self.fhctl("put", stdin="a\n")
        self.assertEqual(result.code, 77, transcript(result))
        self.assert_says(result.stderr, "Either no manifest is published there", "fhctl manifest publish")

    def test_a_stream_whose_tag_is_not_seen_yet_costs_no_record(self):
        sandbox = harness.Sandbox(*SANDBOX, "--tag-delay", "4s")
        self.addCleanup(sandbox.stop)
        self.write("fhctl.toml", QUICK_SPEC.replace('record_ttl = "1s"', 'record_ttl = "20s"'))

        def run(*arguments, **options):
            result = sandbox.fhctl(*arguments, cwd=self.folder, **options)
            self.assertEqual(result.code, 0, transcript(result))
            return result
        run("up", "--count", "1", "--yes")
        policy = run("doctor", "--print-policy", "producer").stdout.encode()
        sandbox.advance(10)
        run("scale", "2", "--yes")
        sandbox.call("POST", "caller-policy", policy)
        self.assertIn("records 200", run("put", "--output", "text",
                                         stdin="".join(f"line {n}\n" for n in range(200))).stdout.replace("\t", " "))
        denied = [entry for entry in sandbox.requests()
                  if entry["operation"] == "PutRecordBatch" and entry["status"] == 400]
        self.assertLessEqual(len(denied), 2)


class Denials(Restricted):
    def test_the_policy_that_refuses_is_named_and_no_other(self):
        self.up(1)
        self.allow_only(self.printed("operator"))
        nothing = {"Version": "2012-10-17",
                   "Statement": [{"Effect": "Deny", "Action": "firehose:ListDeliveryStreams", "Resource": "*"}]}
        for kind, phrase in {"scp": "service control policy", "rcp": "resource control policy",
                             "boundary": "permissions boundary", "session": "session policy",
                             "endpoint": "VPC endpoint", "resource": "policy of the resource"}.items():
            with self.subTest(kind=kind):
                self.allow_only(nothing, kind)
                result = self.fhctl("describe")
                self.assertEqual(result.code, 77, transcript(result))
                self.assert_says(result.stderr, phrase, "firehose:ListDeliveryStreams", "not a policy of this identity")
                self.assertNotIn("--print-policy", result.stderr)
                self.allow_only(None, kind)


@dataclasses.dataclass
class Row:
    """An action, the command that needs it, and what must stand before.

    `says`: where the run succeeds all the same, what it says. `before`: what somebody else does, with calls to AWS.
    """
    action: str
    step: tuple
    resource: str
    there: tuple = ()
    says: str = ""
    before: object = None


UP = ("up", "--count", "2", "--yes", "--tag", "team=a")
DESTROY = ("destroy", "--yes", "--confirm", NAME, "--empty-bucket")
STREAM = f"deliverystream/{NAME}-"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"


def row(action, step, resource, there=(), **more):
    return Row(action, tuple(step), resource, tuple(there), **more)


def begin_upload(aws):
    aws.s3("POST", BUCKET, "logs/part", query={"uploads": None})


def drop_public_access_block(aws):
    aws.s3("DELETE", BUCKET, query={"publicAccessBlock": None})


def there(*flags):
    return ("up", "--count", "2", "--yes", "--tag", "team=a", *flags)


OPERATOR = [
    row("firehose:CreateDeliveryStream", UP, STREAM),
    row("firehose:TagDeliveryStream", UP, STREAM),
    row("iam:PassRole", UP, f"role/{ROLE}"),
    row("iam:CreateRole", UP, f"role/{ROLE}"),
    row("iam:TagRole", UP, f"role/{ROLE}"),
    row("iam:PutRolePolicy", UP, f"role/{ROLE}"),
    row("s3:CreateBucket", UP, BUCKET_ARN),
    # Without it the bucket is created without tags and tagged afterwards, which s3:PutBucketTagging allows.
    row("s3:TagResource", UP, "", says="Apply complete!"),
    row("s3:PutLifecycleConfiguration", UP, BUCKET_ARN),
    row("s3:PutObject", UP, f"{BUCKET_ARN}/_fhctl/"),
    row("logs:CreateLogGroup", UP, f"log-group:{GROUP}:"),
    row("logs:TagResource", UP, f"log-group:{GROUP}:"),
    row("logs:PutRetentionPolicy", UP, f"log-group:{GROUP}:"),
    row("logs:CreateLogStream", UP, f"log-group:{GROUP}:log-stream:S3Delivery"),
    row("firehose:DescribeDeliveryStream", ["describe"], STREAM, there()),
    row("firehose:ListTagsForDeliveryStream", ["describe"], STREAM, there()),
    row("firehose:ListDeliveryStreams", ["describe"], "*", there()),
    row("iam:GetRole", ["describe"], f"role/{ROLE}", there()),
    row("iam:GetRolePolicy", ["describe"], f"role/{ROLE}", there()),
    row("s3:ListBucket", ["plan"], BUCKET_ARN, there()),
    row("s3:GetBucketTagging", ["describe"], BUCKET_ARN, there()),
    row("s3:GetBucketPublicAccessBlock", ["describe"], BUCKET_ARN, there()),
    row("s3:GetEncryptionConfiguration", ["describe"], BUCKET_ARN, there()),
    row("s3:GetLifecycleConfiguration", ["describe"], BUCKET_ARN, there()),
    row("s3:GetObject", ["describe"], f"{BUCKET_ARN}/_fhctl/", there()),
    row("logs:DescribeLogGroups", ["describe"], "*", there()),
    row("logs:DescribeLogStreams", ["describe"], f"log-group:{GROUP}:", there()),
    row("logs:ListTagsForResource", ["describe"], f"log-group:{GROUP}", there()),
    row("logs:GetLogEvents", ["logs", "--since", "1h"], f"log-group:{GROUP}:log-stream:S3Delivery", there()),
    row("firehose:PutRecordBatch", ["verify"], STREAM, there()),
    row("firehose:UpdateDestination", [*UP, "--buffer-interval", "2s"], STREAM, there()),
    row("firehose:UntagDeliveryStream", ["up", "--yes"], STREAM, there()),
    row("iam:UntagRole", ["up", "--yes"], f"role/{ROLE}", there()),
    row("logs:UntagResource", ["up", "--yes"], f"log-group:{GROUP}", there()),
    row("s3:PutBucketTagging", ["up", "--yes"], BUCKET_ARN, there()),
    row("iam:UpdateAssumeRolePolicy", [*UP, "--trust", "external-id"], f"role/{ROLE}", there()),
    row("firehose:DeleteDeliveryStream", ["scale", "1", "--yes", "--no-drain"], STREAM, there()),
    row("iam:ListRolePolicies", DESTROY, f"role/{ROLE}", there()),
    row("iam:ListAttachedRolePolicies", DESTROY, f"role/{ROLE}", there()),
    row("iam:ListInstanceProfilesForRole", DESTROY, f"role/{ROLE}", there()),
    row("iam:DeleteRolePolicy", DESTROY, f"role/{ROLE}", there()),
    row("iam:DeleteRole", DESTROY, f"role/{ROLE}", there()),
    row("logs:DeleteLogGroup", DESTROY, f"log-group:{GROUP}:", there()),
    row("s3:ListBucketVersions", DESTROY, BUCKET_ARN, there()),
    row("s3:ListBucketMultipartUploads", DESTROY, BUCKET_ARN, there()),
    row("s3:GetBucketObjectLockConfiguration", DESTROY, BUCKET_ARN, there()),
    row("s3:DeleteObjectVersion", DESTROY, f"{BUCKET_ARN}/", there()),
    row("s3:DeleteObject", DESTROY, f"{BUCKET_ARN}/_fhctl/", there()),
    row("s3:AbortMultipartUpload", DESTROY, f"{BUCKET_ARN}/logs/part", there(), before=begin_upload),
    row("s3:PutBucketPublicAccessBlock", UP, BUCKET_ARN, there(), before=drop_public_access_block),
    row("s3:DeleteBucket", DESTROY, BUCKET_ARN, there()),
    row("cloudwatch:GetMetricData", ["doctor"], "", there(), says="without metrics a drain waits longer"),
    row("s3:ListAllMyBuckets", DESTROY, "", there(), says="Destroy complete!"),
    row("s3:GetBucketVersioning", DESTROY, "", there(), says="may not be read: it may forbid deleting"),
    row("s3:GetBucketPolicy", DESTROY, "", there(), says="may not be read: it may forbid deleting"),
]
PRODUCER = [
    row("firehose:PutRecordBatch", ["put"], STREAM, there()),
    row("s3:GetObject", ["put"], f"{BUCKET_ARN}/_fhctl/", there()),
]
# The copy of the manifest in a parameter is not needed by fhctl: a run succeeds without it, with a warning.
OF_PARAMETER = [
    row("ssm:PutParameter", UP, "", says="ssm:PutParameter"),
    row("ssm:GetParameter", ["doctor"], "", there(), says="the manifest's copy in /fhctl/manifest goes stale"),
    row("ssm:DeleteParameter", DESTROY, "", there(), says="ssm:DeleteParameter"),
]


class EveryAction(unittest.TestCase):
    """Takes one action at a time out of a printed policy and runs the command that needs it."""

    WORKERS = 3

    @classmethod
    def setUpClass(cls):
        cls.sandboxes = [harness.Sandbox(*SANDBOX) for _ in range(cls.WORKERS)]
        for sandbox in cls.sandboxes:
            cls.addClassCleanup(sandbox.stop)

    def printed(self, who, spec=QUICK_SPEC):
        sandbox = self.sandboxes[0]
        sandbox.call("POST", "reset", b"")
        with harness.scratch() as folder:
            self.write_spec(folder, spec)
            return json.loads(sandbox.fhctl("doctor", "--print-policy", who, cwd=folder).stdout)

    @staticmethod
    def write_spec(folder, spec):
        with open(os.path.join(folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write(spec)

    def run_row(self, sandbox, policy, each, spec):
        with harness.scratch() as folder:
            self.write_spec(folder, spec)
            sandbox.call("POST", "reset", b"")
            if each.there:
                result = sandbox.fhctl(*each.there, cwd=folder)
                if result.code != 0:
                    return result
            if each.before:
                aws = Aws.of(sandbox)
                each.before(aws)
                aws.close()
            sandbox.call("POST", "caller-policy", json.dumps(without(policy, each.action)).encode())
            return sandbox.fhctl(*each.step, cwd=folder, stdin="a line\n")

    def results(self, policy, rows, spec=QUICK_SPEC):
        """[(row, result)], by several sandboxes at a time."""
        def run_some(index):
            return [(each, self.run_row(self.sandboxes[index], policy, each, spec))
                    for each in rows[index::self.WORKERS]]
        with concurrent.futures.ThreadPoolExecutor(self.WORKERS) as pool:
            return [pair for some in pool.map(run_some, range(self.WORKERS)) for pair in some]

    def check(self, each, result):
        said = result.stdout + result.stderr
        if each.says:
            self.assertIn(each.says, said, transcript(result))
            return
        self.assertNotEqual(result.code, 0, transcript(result))
        self.assertIn(each.action, said, transcript(result))
        self.assertIn(each.resource, said, transcript(result))
        self.assertIn(f'{{"Effect":"Allow","Action":"{each.action}","Resource":"', said, transcript(result))

    def check_all(self, who, rows, elsewhere=(), spec=QUICK_SPEC):
        """Every action of the policy but those in `elsewhere` must have a row, and every row must hold."""
        policy = self.printed(who, spec)
        results = self.results(policy, rows, spec)
        for each, result in results:
            with self.subTest(action=each.action, step=" ".join(each.step)):
                self.check(each, result)
        # An action that nothing here needs has no place in the policy, or a row is missing above.
        self.assertEqual(sorted({each.action for each in rows} | set(elsewhere)), actions_of(policy))
        if os.environ.get("POLICY_TABLE"):
            write_table(os.environ["POLICY_TABLE"], who, results)

    def test_of_the_operator_is_needed(self):
        self.check_all("operator", OPERATOR, ELSEWHERE)

    def test_of_the_producer_is_needed(self):
        # Programs that send single records need PutRecord; fhctl sends batches.
        self.check_all("producer", PRODUCER, {"firehose:PutRecord"})

    def test_of_the_parameter_is_needed(self):
        spec = QUICK_SPEC.replace("[manifest]", f'[manifest]\nparameter = "{PARAMETER}"')
        self.check_all("operator", OF_PARAMETER, {each.action for each in OPERATOR} | ELSEWHERE, spec)


def write_table(path, who, results):
    """One line for each action: the command that needs it and what happens without it."""
    with open(path, "a", encoding="utf-8") as file:
        for each, result in sorted(results, key=lambda pair: pair[0].action):
            outcome = f"succeeds, says: {each.says}" if each.says else f"exit code {result.code}"
            file.write(f"{who}\t{each.action}\tfhctl {' '.join(each.step)}\t{outcome}\n")


# Actions that no run against the sandbox needs: CloudWatch Logs asks some callers for TagLogGroup, the earlier name of
# TagResource, only buckets from before 2023 may have no default encryption, and buckets with attribute-based access
# control, about which is asked when a change of tags is refused, have tag calls of their own.
ELSEWHERE = {"logs:TagLogGroup", "s3:PutEncryptionConfiguration", "s3:GetBucketAbac", "s3:UntagResource"}


if __name__ == "__main__":
    unittest.main()
