"""`fhctl verify` and `fhctl logs` against a sandbox: records that arrive, and the causes for those that do not."""

import email.utils
import gzip
import json
import re
import time
import unittest

from scenario import ACCOUNT, BUCKET, GROUP, NAME, ROLE, Scenario, transcript

LOG_ONLY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]})


class Verified(Scenario):
    def rows(self, answer):
        return {row["stream"]: row for row in answer["streams"]}

    def hour(self):
        """Of the sandbox's clock, as Firehose writes it into keys."""
        date = self.aws.s3("GET", BUCKET, query={"list-type": "2"})[0]["Date"]
        return email.utils.parsedate_to_datetime(date).strftime("%Y/%m/%d/%H")

    def test_every_stream_is_proven_with_gzip_and_without(self):
        for compression in "GZIP", "UNCOMPRESSED":
            with self.subTest(compression=compression):
                self.up(2, "--compression", compression)
                answer = self.expect(0, "verify", "--records", "3", "--output", "json").json()
                self.assertEqual(answer["schema"], "fhctl.verify/1")
                self.assertTrue(answer["proven"])
                self.assertEqual(sorted(self.rows(answer)), [f"{NAME}-1", f"{NAME}-2"])
                for name, row in self.rows(answer).items():
                    self.assertEqual((row["sent"], row["found"], row["problem"]), (3, 3, ""), row)
                    self.assertEqual(row["proof"], "records")
                    self.assertGreaterEqual(row["seen_s"], 0)
                    self.assertEqual(len(row["objects"]), 1)
                    body = self.aws.s3("GET", BUCKET, row["objects"][0])[1]
                    lines = gzip.decompress(body) if compression == "GZIP" else body
                    markers = [json.loads(line) for line in lines.decode().splitlines()]
                    self.assertEqual([(m["fhctl_verify"], m["stream"], m["n"], m["of"]) for m in markers],
                                     [(answer["run_id"], name, n, 3) for n in (1, 2, 3)])

    def test_people_see_what_is_waited_for(self):
        self.up(2)
        result = self.expect(0, "verify")
        self.assert_says(result.stderr, f"{NAME}-1: 0 of 1 records, buffered up to 1 s")
        self.assert_says(result.stdout, "1 of 1", "2 of 2 streams proven", "The marked records stay in the data",
                         f"logs/{time.strftime('%Y')}")
        self.assertEqual(self.expect(0, "verify", "--output", "text").stdout.count("\tproven\t1\t1\t"), 2)
        events = self.expect(0, "verify", "--output", "ndjson").lines()
        self.assertEqual([event["type"] for event in events if event["type"] == "verify"], ["verify"])
        self.assertEqual(events[-1]["exit_code"], 0)

    def test_a_newline_that_firehose_adds_is_not_doubled(self):
        self.up(1, "--newline", "true")
        row = self.expect(0, "verify", "--output", "json").json()["streams"][0]
        text = gzip.decompress(self.aws.s3("GET", BUCKET, row["objects"][0])[1])
        self.assertTrue(text.endswith(b"}\n") and not text.endswith(b"\n\n"), text)

    def test_other_objects_of_the_hour_are_not_read(self):
        self.up(1)
        hour = self.hour()
        for name in ("other-1-1-2026-01-20-10-04-11-uuid.gz", f"my-{NAME}-1-1-2026-01-20-10-04-11-uuid.gz",
                     f"{NAME}-11-1-2026-01-20-10-04-11-uuid.gz", "plain.gz"):
            self.aws.s3("PUT", BUCKET, f"logs/{hour}/{name}", body=b"not gzip")
        broken = f"logs/{hour}/{NAME}-1-1-2026-01-20-10-04-11-broken.gz"
        self.aws.s3("PUT", BUCKET, broken, body=b"not gzip")
        before = len(self.requests())
        self.expect(0, "verify")
        read = [entry["resource"] for entry in self.requests()[before:]
                if entry["operation"] == "GetObject" and "_fhctl" not in entry["resource"]]
        self.assertEqual(len(read), len(set(read)), "an object was read twice")
        names = [resource.rpartition("/")[2] for resource in read]
        foreign = ("other-", "my-", f"{NAME}-11-", "plain")
        self.assertEqual([name for name in names if name.startswith(foreign)], [])
        self.assertEqual(len(names), 2, names)  # the marked one and the broken one

    def test_members_in_one_object_are_all_read_and_corrupt_gzip_is_named(self):
        self.up(1, "--buffer-interval", "60s")
        process = self.start("verify", "--timeout", "8s", "--output", "json")
        self.wait_for_request("PutRecordBatch")
        hour = self.hour()
        key = f"logs/{hour}/{NAME}-1-1-2026-01-20-10-04-11-x.gz"
        self.aws.s3("PUT", BUCKET, key, body=gzip.compress(b"some text")[:-4])
        result = self.finish(process)
        self.assertEqual(result.code, 8, transcript(result))
        self.assert_says(result.json()["streams"][0]["problem"], "is corrupt gzip: cut off", key)

    def test_prefixes_with_expressions(self):
        for prefix in "by-day/!{timestamp:yyyy/MM/dd}/", "r/!{firehose:random-string}/", "x-!{timestamp:mm}":
            with self.subTest(prefix=prefix):
                self.up(1, "--prefix", prefix)
                self.expect(0, "verify")

    def test_across_a_change_of_the_hour(self):
        self.up(2, "--buffer-interval", "60s")
        process = self.start("verify", "--timeout", "30s", "--output", "json")
        self.wait_for_request("PutRecordBatch", 2)
        self.wait_for_request("ListObjectsV2", 2)
        self.sandbox.advance(3600)
        result = self.finish(process)
        self.assertEqual(result.code, 0, transcript(result))

    def test_the_spec_decides_what_can_be_read(self):
        self.up(1)
        self.expect(64, "verify", "--records", "0")
        self.expect(64, "verify", "--records", "501")


class NotProven(Scenario):
    def fails(self, *arguments):
        result = self.expect(8, "verify", "--timeout", "4s", "--output", "json", *arguments)
        answer = result.json()
        self.assertFalse(answer["proven"])
        return answer, result

    def test_a_role_that_may_not_write(self):
        self.up(2)
        self.aws.iam("PutRolePolicy", RoleName=ROLE, PolicyName="delivery", PolicyDocument=LOG_ONLY)
        answer, result = self.fails()
        for row in answer["streams"]:
            self.assertEqual((row["sent"], row["found"]), (1, 0))
            self.assert_says(row["problem"], "1 of 1 records did not arrive", "S3.AccessDenied")
            self.assert_says(row["hint"], "fhctl up")
        self.assertTrue(any("policy" in line for line in answer["drift"]), answer["drift"])
        self.assert_says(result.stderr, "2 of 2 streams did not prove delivery", "`fhctl up` repairs")

        logs = self.expect(0, "logs")
        self.assert_says(logs.stdout, f"{NAME}-1", f"{NAME}-2", "S3.AccessDenied",
                         "Firehose may not write to the bucket", "hint:", GROUP)
        errors = self.expect(0, "logs", "--stream", f"{NAME}-2", "--output", "json").json()
        self.assertEqual([error["stream"] for error in errors["errors"]], [f"{NAME}-2"])
        self.assertEqual(errors["errors"][0]["code"], "S3.AccessDenied")
        self.assertEqual(errors["errors"][0]["count"], errors["total"])

        self.expect(0, "up", "--yes")
        self.expect(0, "verify")

    def test_a_role_without_any_policy_leaves_no_log(self):
        self.up(1)
        self.aws.iam("DeleteRolePolicy", RoleName=ROLE, PolicyName="delivery")
        answer, result = self.fails()
        self.assert_says(answer["streams"][0]["problem"], "no delivery error was logged so far")
        self.assertTrue(any("missing" in line and "policy" in line for line in answer["drift"]), transcript(result))

    def test_throttled_puts(self):
        self.up(2)
        self.faults({"operation": "PutRecordBatch", "fault": "throttle", "times": 0})
        answer, _ = self.fails()
        for row in answer["streams"]:
            self.assertEqual((row["sent"], row["found"]), (0, 0))
            self.assert_says(row["problem"], "Firehose did not take 1 of 1 records")
            self.assert_says(row["hint"], "throttled")

    def test_a_bucket_that_is_gone(self):
        self.up(1)
        for key in self.aws.keys(BUCKET, "_fhctl/"):
            self.aws.s3("DELETE", BUCKET, key)
        self.aws.s3("DELETE", BUCKET)
        answer, _ = self.fails()
        self.assert_says(answer["streams"][0]["problem"], f"the bucket {BUCKET} is gone")

    def test_human_output_says_where_it_stopped(self):
        self.up(1)
        self.aws.iam("PutRolePolicy", RoleName=ROLE, PolicyName="delivery", PolicyDocument=LOG_ONLY)
        result = self.expect(8, "verify", "--timeout", "3s")
        self.assert_says(result.stdout, "fail", "0 of 1", "S3.AccessDenied", "What is not as it should be")
        self.assertNotIn("\x1b", result.stdout)

    def test_streams_that_drain_or_are_missing(self):
        self.up(2)
        self.aws.firehose("DeleteDeliveryStream", DeliveryStreamName=f"{NAME}-2")
        time.sleep(0.3)
        answer, _ = self.fails()
        rows = {row["stream"]: row for row in answer["streams"]}
        self.assertTrue(rows[f"{NAME}-1"]["proven"])
        self.assert_says(rows[f"{NAME}-2"]["problem"], "there is no such stream")
        manifest = json.loads(self.manifest_in_bucket())
        manifest["streams"][0].update(state="draining", weight=0)
        self.aws.s3("PUT", BUCKET, f"_fhctl/{NAME}/us-west-2/manifest.json", body=json.dumps(manifest).encode())
        result, changes = self.changes_during(lambda: self.fhctl("verify"))
        self.assertEqual(result.code, 7, transcript(result))
        self.assert_says(result.stderr, "it is draining: nothing may be sent to it")
        self.assertEqual(changes, [])

    def test_nothing_to_send_to(self):
        result = self.expect(7, "verify")
        self.assert_says(result.stderr, "no active stream")


class Logs(Scenario):
    def write_events(self, *messages, age_s=0):
        now = int((time.time() - age_s) * 1000)
        self.aws.logs("PutLogEvents", logGroupName=GROUP, logStreamName="S3Delivery",
                      logEvents=[{"timestamp": now + i, "message": text} for i, text in enumerate(messages)])

    def event(self, stream, code, message="no"):
        return json.dumps({"deliveryStreamARN": f"arn:aws:firehose:us-west-2:{ACCOUNT}:deliverystream/{stream}",
                           "errorCode": code, "message": message})

    def test_no_errors(self):
        self.up(1)
        self.assertRegex(self.expect(0, "logs").stdout, r"^No delivery errors since \d{4}-")
        self.assertEqual(self.expect(0, "logs", "--output", "json").json()["errors"], [])
        self.assertEqual(self.expect(0, "logs", "--output", "text").stdout, "total\t0\n")

    def test_logging_that_is_off(self):
        self.up(1, "--error-logging", "false")
        self.assert_says(self.expect(0, "logs").stdout, "Error logging is off", "--error-logging true")
        self.assertFalse(self.expect(0, "logs", "--output", "json").json()["logging"])

    def test_no_pipeline(self):
        self.assert_says(self.expect(1, "logs").stderr, "there is no pipeline")

    def test_grouped_and_safe(self):
        self.up(1)
        self.write_events(self.event(f"{NAME}-1", "S3.KMS.NotFoundException"),
                          self.event(f"{NAME}-1", "S3.KMS.NotFoundException"),
                          self.event(f"{NAME}-1", "Lambda.FunctionTimedOut", "late \x1b[2J"), "raw \x1b]0;owned\x07")
        text = self.expect(0, "logs").stdout
        self.assert_says(text, "S3.KMS.NotFoundException  2 times", "The KMS key was not found.",
                         "Lambda.FunctionTimedOut  1 time", "late \\x1b[2J", "raw \\x1b]0;owned", "4 delivery errors")
        self.assertIsNone(re.search(r"[\x07\x1b]", text))
        limited = self.expect(0, "logs", "--limit", "1", "--output", "json").json()
        self.assertEqual((len(limited["errors"]), limited["left_out"], limited["total"]), (1, 2, 4))
        self.expect(64, "logs", "--limit", "0")

    def test_since(self):
        self.up(1)
        self.write_events(self.event(f"{NAME}-1", "S3.NoSuchBucket"), age_s=7200)
        self.assertEqual(self.expect(0, "logs", "--output", "json").json()["total"], 0)
        self.assertEqual(self.expect(0, "logs", "--since", "3h", "--output", "json").json()["total"], 1)

    def test_follow_shows_what_is_new_and_ends_with_ctrl_c(self):
        self.up(1)
        self.expect(64, "logs", "--follow", "--output", "json")
        self.write_events(self.event(f"{NAME}-1", "S3.NoSuchBucket", "first"))
        process = self.start("logs", "--follow", "--output", "ndjson")
        self.wait_for_request("GetLogEvents", 2)
        self.write_events(self.event(f"{NAME}-1", "S3.NoSuchBucket", "second"))
        polls = len(self.requests("GetLogEvents"))
        self.wait_for_request("GetLogEvents", polls + 3)
        self.interrupt(process)
        result = self.finish(process)
        self.assertEqual(result.code, 0, transcript(result))
        errors = [event["value"]["message"] for event in result.lines() if event["type"] == "delivery_error"]
        self.assertEqual(errors, ["first", "second"])


if __name__ == "__main__":
    unittest.main()
