"""Roles and log groups that exist already: used as they are, adopted, and not readable."""

import json
import unittest

from scenario import ACCOUNT, BUCKET, GROUP, NAME, OWN, Scenario

ROLE = "team-firehose"
ARN = f"arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}"
THEIR_GROUP = "company-errors"
QUICK_FLAGS = ("--manifest-poll", "1s", "--record-ttl", "1s", "--buffer-interval", "1s", "--flush-margin", "0s")
DENIED_READS = ("GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "DescribeLogGroups", "DescribeLogStreams")


def trust(service="firehose.amazonaws.com", **condition):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]})


class Existing(Scenario):
    """Settings come from flags, so that later commands find them in pipeline.json."""

    SPEC = ""

    def up(self, count=2, *flags, **options):
        return super().up(count, *QUICK_FLAGS, *flags, **options)

    def make_role(self, document=None, *actions):
        self.aws.iam("CreateRole", RoleName=ROLE, Path="/service-role/", AssumeRolePolicyDocument=document or trust())
        self.aws.iam("PutRolePolicy", RoleName=ROLE, PolicyName="d",
                     PolicyDocument=allow(*(actions or ("s3:*", "logs:*"))))
        self.sandbox.advance(1)

    def make_group(self, name, **tags):
        self.aws.json("logs", "CreateLogGroup", logGroupName=name, **({"tags": tags} if tags else {}))

    def group(self, name):
        return json.loads(self.cloud())["groups"].get(name)

    def deny(self, *operations):
        self.faults(*[{"operation": operation, "times": 0, "fault": "access_denied"} for operation in operations])

    def refused(self, code, *arguments):
        """What a refused command says. It must not have tried to change anything."""
        result, changes = self.changes_during(lambda: self.expect(code, *arguments))
        self.assertEqual(changes, [])
        return result.stdout + result.stderr

    def destroy(self, *flags):
        return self.expect(0, "destroy", "--no-drain", "--empty-bucket", "--confirm", NAME, *flags)


class Role(Existing):
    def test_with_its_arn_it_need_not_be_readable(self):
        self.make_role()
        self.deny(*DENIED_READS[:3])
        said = self.refused(77, "up", "--count", "1", "--existing-role", ROLE, "--yes")
        self.assert_says(said, "the ARN of role team-firehose is not known, because iam:GetRole was denied",
                         f"--existing-role arn:aws:iam::{ACCOUNT}:role/{ROLE}")
        result = self.up(1, "--existing-role", ARN)
        self.assert_says(result.stdout + result.stderr, "used without a check", "iam:GetRole")
        stream = self.aws.firehose("DescribeDeliveryStream", DeliveryStreamName=f"{NAME}-1")
        destination = stream["DeliveryStreamDescription"]["Destinations"][0]["ExtendedS3DestinationDescription"]
        self.assertEqual(destination["RoleARN"], ARN)
        # The next commands find the ARN in pipeline.json. The role that fhctl would make is not readable either.
        self.expect(0, "scale", "+1", "--yes")
        parts = {part["kind"]: part for part in self.expect(0, "describe", "--output", "json").json()["parts"]}
        self.assertEqual((parts["role"]["state"], parts["role"]["name"]), ("external", ROLE))
        self.destroy()
        self.faults()
        self.assertEqual(list(json.loads(self.cloud())["roles"]), [ROLE])

    def test_an_arn_must_be_that_of_a_role_of_the_account(self):
        self.make_role()
        said = self.refused(7, "up", "--count", "1", "--existing-role", f"arn:aws:iam::{ACCOUNT}:role/{ROLE}", "--yes")
        self.assert_says(said, "does not exist; the role of that name is " + ARN)
        said = self.refused(7, "up", "--count", "1", "--existing-role", "arn:aws:iam::999999999999:role/x", "--yes")
        self.assert_says(said, "belongs to account 999999999999", ACCOUNT, "iam:PassRole")
        self.refused(64, "up", "--count", "1", "--existing-role", f"arn:aws:iam::{ACCOUNT}:user/x", "--yes")

    def test_one_that_firehose_may_not_assume_is_refused(self):
        self.make_role(trust("logs.us-west-2.amazonaws.com"))
        said = self.refused(7, "up", "--count", "1", "--existing-role", ROLE, "--yes")
        self.assert_says(said, "firehose.amazonaws.com may not assume it", "logs.us-west-2.amazonaws.com",
                         '{"Service":"firehose.amazonaws.com"}')
        self.aws.iam("UpdateAssumeRolePolicy", RoleName=ROLE,
                     PolicyDocument=trust(StringEquals={"sts:ExternalId": "999999999999"}))
        self.refused(7, "up", "--count", "1", "--existing-role", ROLE, "--yes")
        doctor = self.expect(7, "doctor", env={"FHCTL_EXISTING_ROLE": ROLE}).stdout
        self.assertRegex(doctor, r"fail +role ")
        self.aws.iam("UpdateAssumeRolePolicy", RoleName=ROLE,
                     PolicyDocument=trust(StringEquals={"sts:ExternalId": ACCOUNT}))
        self.sandbox.advance(1)
        result = self.up(1, "--existing-role", ROLE)
        self.assertNotIn("warning", result.stdout + result.stderr)
        self.assertRegex(self.expect(0, "doctor", env={"FHCTL_EXISTING_ROLE": ROLE}).stdout, r"ok +role ")

    def test_a_permission_that_it_lacks_is_a_warning(self):
        self.make_role(None, "s3:GetBucketLocation", "s3:ListBucket", "logs:*")
        result = self.up(1, "--existing-role", ROLE)
        said = result.stdout + result.stderr
        self.assert_says(said, "does not allow what delivery needs: s3:PutObject, s3:AbortMultipartUpload",
                         "--print-policy delivery")
        plan = self.expect(0, "plan", "--output", "json").json()
        self.assertIn("s3:PutObject", json.dumps(plan))


class LogGroup(Existing):
    def test_an_existing_one_gets_a_log_stream_and_nothing_else(self):
        self.refused(7, "up", "--count", "1", "--existing-log-group", THEIR_GROUP, "--yes")
        self.make_group(THEIR_GROUP, owner="them")
        self.assertRegex(self.expect(0, "doctor", env={"FHCTL_EXISTING_LOG_GROUP": THEIR_GROUP}).stdout,
                         r"ok +log group ")
        result = self.up(1, "--existing-log-group", THEIR_GROUP)
        self.assert_says(result.stdout, "Plan: 5 to add, 0 to change, 0 to destroy.", f"{THEIR_GROUP}:S3Delivery",
                         "in a group that is not fhctl's")
        after = self.group(THEIR_GROUP)
        self.assertEqual(after["tags"], {"owner": "them"})
        self.assertEqual((after["retention"], after["streams"]), (None, ["S3Delivery"]))
        self.assertIsNone(self.group(GROUP))
        document = json.loads(self.aws.s3("GET", BUCKET, OWN + "pipeline.json")[1])
        self.assertEqual(document["requires"], {"logs.existing": "0.2.0"})
        self.assertIn("No changes.", self.up(1).stdout)
        described = self.expect(0, "describe", "--output", "json").json()
        self.assertEqual({part["kind"]: part["state"] for part in described["parts"]},
                         {"bucket": "ok", "role": "ok", "role_policy": "ok", "log_group": "external",
                          "log_stream": "ok"})
        self.assertEqual(described["resources"], 4)
        self.assertIn("logs.existing", self.refused(7, "up", "--log-group", THEIR_GROUP, "--existing-log-group", "",
                                                    "--yes"))
        self.assertIn("they are not fhctl's", self.destroy().stdout)
        self.assertEqual(self.group(THEIR_GROUP), after)

    def test_an_existing_one_need_not_be_readable(self):
        self.make_group(THEIR_GROUP)
        self.aws.json("logs", "CreateLogStream", logGroupName=THEIR_GROUP, logStreamName="S3Delivery")
        self.deny("DescribeLogGroups", "DescribeLogStreams", "ListTagsForResource")
        result = self.up(1, "--existing-log-group", THEIR_GROUP)
        self.assert_says(result.stdout + result.stderr, "without a check that it and its log stream S3Delivery exist")
        self.expect(0, "describe")
        self.expect(0, "logs")
        self.destroy()
        self.faults()
        self.assertEqual(self.group(THEIR_GROUP)["streams"], ["S3Delivery"])

    def test_one_of_the_same_name_can_be_adopted(self):
        self.make_group(GROUP, owner="them")
        said = self.refused(7, "up", "--count", "1", "--yes")
        self.assert_says(said, GROUP, "--adopt-log-group", "--existing-log-group")
        result = self.up(1, "--adopt-log-group")
        self.assert_says(result.stdout + result.stderr, "adopted: it gets fhctl's tags", "keeps its retention")
        there = self.group(GROUP)
        self.assertEqual((there["retention"], there["streams"]), (None, ["S3Delivery"]))
        self.assertEqual({key: there["tags"][key] for key in ("owner", "fhctl:adopted", "fhctl:pipeline")},
                         {"owner": "them", "fhctl:adopted": "true", "fhctl:pipeline": NAME})
        self.assertIn("No changes.", self.up(1).stdout)
        self.up(1, "--log-retention", "60d")
        self.assertEqual(self.group(GROUP)["retention"], 60)

        self.assertIn("was adopted and is kept", self.destroy().stdout)
        there = self.group(GROUP)
        self.assertEqual(there["tags"], {"owner": "them", "fhctl:adopted": "true"})
        self.assertEqual(there["streams"], ["S3Delivery"])
        self.refused(7, "up", "--count", "1", "--yes")
        self.up(1, "--adopt-log-group")
        self.refused(7, "destroy", "--no-drain", "--empty-bucket", "--delete-log-group", "another", "--confirm", NAME)
        self.destroy("--delete-log-group", GROUP)
        self.assert_nothing_left()

    def test_an_adopted_one_is_given_back_where_logging_is_switched_off(self):
        self.make_group(GROUP)
        self.up(1, "--adopt-log-group")
        self.up(1, "--error-logging", "false")
        self.assertEqual(self.group(GROUP)["tags"], {"fhctl:adopted": "true"})
        self.assertIn("No changes.", self.up(1).stdout)
        self.destroy()
        self.assertEqual(self.group(GROUP)["streams"], ["S3Delivery"])

    def test_a_destroy_that_died_after_giving_it_back_goes_on(self):
        self.make_group(GROUP)
        self.up(1, "--adopt-log-group")
        self.faults({"operation": "DeleteBucket", "times": 0, "fault": "access_denied"})
        self.expect(77, "destroy", "--no-drain", "--empty-bucket", "--confirm", NAME)
        self.faults()
        self.assertEqual(self.group(GROUP)["tags"], {"fhctl:adopted": "true"})
        self.destroy()
        self.assertEqual(json.loads(self.cloud())["buckets"], {})


if __name__ == "__main__":
    unittest.main()
