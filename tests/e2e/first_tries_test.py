"""What a new user tries in the first ten minutes, and what must happen: exit code, message, nothing partly created."""

import json
import os
import signal
import socket
import time
import unittest

import harness
from aws_calls import Aws
from scenario import ACCOUNT, BUCKET, NAME, OWN, QUICK_SANDBOX, ROLE, Scenario, transcript

SECRET = "planted/secret/0123456789abcdefghijklmnop"


class WithoutAnything(Scenario):
    """Before the first request: nothing of this reaches the network."""

    def refused(self, code, *arguments, env=None):
        result, changes = self.changes_during(lambda: self.expect(code, *arguments, env=env))
        self.assertEqual(changes, [])
        return result.stderr

    def test_fhctl_alone_shows_what_it_is(self):
        result = self.expect(0, env={"AWS_ENDPOINT_URL": None, "AWS_REGION": None, "AWS_ACCESS_KEY_ID": None})
        self.assertLessEqual(len(result.stdout.splitlines()), 25)
        self.assert_says(result.stdout, "up", "sandbox", "put", "fhctl help")
        self.assertEqual(self.requests(), [])

    def test_no_region(self):
        said = self.refused(64, "up", "--count", "2", "--yes", env={"AWS_REGION": None, "AWS_DEFAULT_REGION": None})
        self.assert_says(said, "no region", "--region us-west-2", "AWS_REGION")

    def test_no_credentials(self):
        nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": None}
        begun = time.monotonic()
        said = self.refused(77, "up", "--count", "2", "--yes", env=nothing)
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assert_says(said, "no AWS credentials found", "environment", "aws configure", "fhctl sandbox")

    def test_unknown_region(self):
        said = self.refused(64, "up", "--yes", "--region", "us-west-9", env={"AWS_ENDPOINT_URL": None})
        self.assert_says(said, "us-west-9", "us-west-2", "--force-region")

    def test_counts_that_are_none(self):
        for count in "0", "-1", "abc", "1e9", "":
            with self.subTest(count=count):
                said = self.refused(64, "up", f"--count={count}", "--yes")
                self.assertIn("count", said)
        self.assert_says(self.refused(64, "up", "--count", "0", "--yes"), "fhctl destroy")
        self.assert_says(self.refused(64, "scale", "0", "--yes"), "--allow-zero", "nowhere to send")

    def test_typos(self):
        self.assert_says(self.refused(64, "scal", "4"), "did you mean `fhctl scale`?")
        self.assert_says(self.refused(64, "up", "--cuont", "2"), "--count")
        self.assert_says(self.refused(64, "destory"), "fhctl destroy")
        self.assertIn("xyzzy", self.refused(64, "xyzzy"))

    def test_nobody_to_ask(self):
        self.assert_says(self.refused(6, "up", "--count", "2"), "--yes", "not a terminal")
        self.assertEqual(self.streams(), [])


class Credentials(Scenario):
    def test_an_unknown_key_names_its_source_and_end(self):
        result, changes = self.changes_during(
            lambda: self.expect(77, "up", "--yes", env={"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSZ9Q7"}))
        self.assert_says(result.stderr, "Z9Q7", "environment")
        self.assertNotIn("AKIANOBODYKNOWSZ9Q7", result.stderr)
        self.assertEqual(changes, [])

    def test_a_wrong_secret(self):
        result, changes = self.changes_during(
            lambda: self.expect(77, "up", "--yes", env={"AWS_SECRET_ACCESS_KEY": SECRET}))
        self.assertIn("environment", result.stderr)
        self.assertNotIn(SECRET, result.stdout + result.stderr)
        self.assertEqual(changes, [])

    def test_a_token_that_expires_half_way(self):
        undisturbed = self.undisturbed_up()
        for at in 20, 30, 40:
            with self.subTest(at=at):
                self.sandbox.call("POST", "reset", b"")
                os.remove(os.path.join(self.folder, "fhctl-manifest.json"))
                self.sandbox.call("POST", f"hold-credentials?at={at}", b"")
                result = self.expect(77, "up", "--count", "2", "--yes")
                self.assertRegex(result.stderr, "(?i)expired")
                self.faults()
                self.up(2)
                self.assertEqual(self.cloud(), undisturbed)

    def undisturbed_up(self):
        self.up(2)
        return self.cloud()

    def test_the_same_expired_keys_are_not_tried_again(self):
        keys = self.sandbox.exports
        path = self.write("credentials", f"[default]\naws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\n"
                                         f"aws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n")
        self.faults({"operation": "GetCallerIdentity", "fault": "expired_token", "times": 1})
        env = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SHARED_CREDENTIALS_FILE": path}
        self.assert_says(self.expect(77, "plan", env=env).stderr, path, "Log in again")
        self.assertEqual(len(self.requests()), 1)


class Taken(Scenario):
    def test_a_bucket_of_somebody_else(self):
        result, changes = self.changes_during(lambda: self.expect(7, "up", "--yes", "--bucket", "taken-logs"))
        self.assert_says(result.stderr + result.stdout, "taken-logs", "another account", BUCKET)
        self.assertEqual(changes, [])
        self.expect(7, "plan", "--bucket", "taken-logs")

    def test_a_bucket_in_another_region(self):
        ireland = Aws.of(self.sandbox, "eu-west-1")
        self.addCleanup(ireland.close)
        ireland.create_bucket("logs-in-ireland")
        result, changes = self.changes_during(lambda: self.expect(7, "up", "--yes", "--bucket", "logs-in-ireland"))
        self.assertIn("eu-west-1", result.stderr + result.stdout)
        self.assertEqual(changes, [])

    def test_the_role_deleted_by_hand(self):
        self.up(2)
        before = self.cloud()
        self.aws.iam("DeleteRolePolicy", RoleName=ROLE, PolicyName="delivery")
        self.aws.iam("DeleteRole", RoleName=ROLE)
        self.assertRegex(self.expect(0, "describe").stdout, f"(?s)role.*{ROLE}.*missing")
        self.assert_says(self.expect(0, "plan").stdout, "Plan: 2 to add, 0 to change, 0 to destroy.", ROLE)
        self.up(2)
        self.assertEqual(self.cloud(), before)

    def test_put_and_where_is_my_data(self):
        self.up(2, "--buffer-interval", "60s")
        result = self.expect(0, "put", "-", stdin='{"foo":"bar"}\n')
        self.assert_says(result.stdout, "1 record sent", "RecordId", "60 s", f"s3://{BUCKET}/logs/")
        self.assertRegex(result.stdout, f"{NAME}-[12]")

    def test_put_without_a_pipeline(self):
        result = self.expect(1, "put", "-", stdin="x\n")
        self.assert_says(result.stderr, NAME, "fhctl up")


class Quota(Scenario):
    SANDBOX = (*QUICK_SANDBOX, "--quota", "3")

    def test_more_streams_than_the_account_may_have(self):
        result = self.expect(3, "up", "--count", "5", "--yes")
        self.assert_says(result.stderr, "quota")
        self.assertEqual(len(self.streams()), 3)
        listed = json.loads(self.manifest_in_bucket())["streams"]
        self.assertEqual(sorted(stream["name"] for stream in listed), self.streams())
        self.assertFalse(self.lock_held())
        self.expect(0, "put", "-", stdin="usable\n")
        self.expect(0, "scale", "3", "--no-drain", "--yes")
        self.assertIn("No changes.", self.expect(0, "up", "--yes").stdout)

    def test_more_than_the_region_has(self):
        said = self.expect(0, "plan", "--count", "5001")
        self.assert_says(said.stdout + said.stderr, "uses 0 of about 5,000", "5001 more", "Service Quotas")


class CtrlC(Scenario):
    def test_the_first_stops_tidily_and_the_same_command_continues(self):
        self.up(2)
        undisturbed = self.cloud()
        self.sandbox.call("POST", "reset", b"")
        os.remove(os.path.join(self.folder, "fhctl-manifest.json"))
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 700, "times": 0})
        process = self.start("up", "--count", "2", "--yes")
        self.wait_for_request("CreateDeliveryStream")
        self.interrupt(process)
        result = self.finish(process, 20)
        self.assertEqual(result.code, 130, transcript(result))
        self.assert_says(result.stderr, "Stopping", "Nothing is lost", "fhctl up --count 2 --yes", "fhctl destroy")
        self.assertFalse(self.lock_held())
        self.faults()
        self.up(2)
        self.assertEqual(self.cloud(), undisturbed)

    def test_sigterm_ends_with_143(self):
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 700, "times": 0})
        process = self.start("up", "--count", "2", "--yes")
        self.wait_for_request("CreateDeliveryStream")
        self.interrupt(process, signal.SIGTERM)
        self.assertEqual(self.finish(process, 20).code, 143)
        self.assertFalse(self.lock_held())

    def test_the_second_leaves_at_once(self):
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 20000, "times": 0})
        process = self.start("up", "--count", "2", "--yes")
        self.wait_for_request("CreateDeliveryStream")
        self.interrupt(process)
        time.sleep(0.3)
        begun = time.monotonic()
        self.interrupt(process)
        self.assertEqual(self.finish(process, 20).code, 130)
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.faults()
        self.up(2)
        self.assertEqual(len(self.streams()), 2)


class TheLock(Scenario):
    def slow_run(self):
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 3000, "times": 2})
        process = self.start("up", "--count", "2", "--yes")
        self.wait_for_request("CreateDeliveryStream")
        return process

    def test_a_second_run_waits_or_says_who_holds_it(self):
        first = self.slow_run()
        result = self.expect(4, "up", "--count", "3", "--yes", "--lock-timeout", "1s")
        self.assert_says(result.stderr, "ocked by", f"pid {first.pid}", "--lock-timeout", "doing up")
        self.assert_says(self.expect(0, "lock").stdout, f"pid {first.pid}")
        self.expect(0, "describe")
        self.expect(0, "plan")
        self.assertEqual(self.finish(first).code, 0)
        self.assertEqual(len(self.streams()), 2)

    def test_a_dead_holder_is_succeeded_at_once(self):
        first = self.slow_run()
        first.kill()
        self.finish(first)
        begun = time.monotonic()
        result = self.up(2, "--lock-timeout", "1s")
        self.assertIn("taken over", result.stderr)
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assertFalse(self.lock_held())

    def test_a_lease_of_another_machine_ends(self):
        self.up(2)
        lock = {"schema": "fhctl.lock/1", "run_id": "0123", "holder": "ci-runner-42", "host": "ci-runner-42",
                "boot_id": "other", "pid": 993, "command": "scale", "ci_url": "https://ci.example/1", "renewals": 3,
                "lease_s": 60}
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=json.dumps(lock).encode())
        said = self.expect(4, "scale", "3", "--yes", "--lock-timeout", "0s").stderr
        self.assert_says(said, "ci-runner-42", "993", "https://ci.example/1", "scale")
        self.sandbox.advance(120)
        self.assertIn("ci-runner-42", self.expect(0, "scale", "3", "--yes").stderr)
        self.assertFalse(self.lock_held())

    def put_lock(self, **members):
        """A lock of another machine, renewed now."""
        lock = {"schema": "fhctl.lock/1", "run_id": "0123", "holder": "ci-runner-42", "host": "ci-runner-42",
                "boot_id": "other:4026531836", "pid": 993, "pid_start": 5, "command": "scale", "ci_url": "",
                "renewals": 3, "lease_s": 60, **members}
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=json.dumps(lock).encode())

    def test_lock_break_refuses_while_the_lease_runs(self):
        self.up(1)
        self.put_lock()
        for words in (), ("--yes",), ("--no-input",):
            with self.subTest(words=words):
                said = self.expect(4, "lock", "break", *words).stderr
                self.assert_says(said, "ci-runner-42 (pid 993)", "its lease runs for another",
                                 f"`fhctl lock break {NAME} --force`", "wait until")
                self.assertRegex(said, r"for another \d")
                self.assertTrue(self.lock_held())
        answer = self.expect(4, "lock", "break", "--yes", "--output", "json").json()
        self.assert_says(answer["error"]["message"], "ci-runner-42 (pid 993)")
        self.expect(0, "lock", "break", NAME, "--force")
        self.assertFalse(self.lock_held())
        self.assertIn("Nobody holds", self.expect(0, "lock").stdout)

    def test_lock_break_of_an_expired_lease_takes_a_yes(self):
        self.up(1)
        self.put_lock()
        self.sandbox.advance(62)
        self.expect(6, "lock", "break")
        self.assertTrue(self.lock_held())
        self.expect(0, "lock", "break", "--yes")
        self.assertFalse(self.lock_held())

    def test_lock_break_of_a_dead_holder_takes_a_yes(self):
        first = self.slow_run()
        first.kill()
        self.finish(first)
        self.assertTrue(self.lock_held())
        self.expect(6, "lock", "break")
        self.expect(0, "lock", "break", "--yes")
        self.assertFalse(self.lock_held())

    def test_lock_break_of_a_living_holder_of_this_machine_is_refused(self):
        first = self.slow_run()
        self.assert_says(self.expect(4, "lock", "break", "--yes").stderr, f"pid {first.pid}")
        self.assertEqual(self.finish(first).code, 0)

    def test_lock_break_of_an_unreadable_lock(self):
        self.up(1)
        self.aws.s3("PUT", BUCKET, OWN + "lock", body=b"no lock at all")
        self.assert_says(self.expect(4, "lock", "break", "--yes").stderr, "cannot be read", "--force")
        self.assertTrue(self.lock_held())
        self.sandbox.advance(62)
        self.expect(6, "lock", "break")
        self.expect(0, "lock", "break", "--force")
        self.assertFalse(self.lock_held())


class NetworkDown(Scenario):
    def down(self, url, *phrases, env=None):
        begun = time.monotonic()
        result = self.expect(69, "up", "--count", "2", "--yes", "--endpoint-url", url, env=env)
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assert_says(result.stderr, *phrases)
        for word in "terminate called", "Assertion", "core dumped":
            self.assertNotIn(word, result.stderr)

    def free_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def test_nobody_listens(self):
        port = self.free_port()
        self.down(f"http://127.0.0.1:{port}", f"127.0.0.1:{port}", "connect")

    def test_the_name_is_unknown(self):
        self.down("https://firehose.nothing.invalid", "firehose.nothing.invalid")

    def test_the_proxy_is_down(self):
        proxy = f"http://127.0.0.1:{self.free_port()}"
        self.down("https://firehose.example.com", "proxy", env={"HTTPS_PROXY": proxy, "NO_PROXY": None})

    def test_somebody_answers_what_is_no_tls(self):
        self.down(self.sandbox.url.replace("http://", "https://"), "SSL")

    def test_a_server_that_goes_away_in_the_middle(self):
        state = os.path.join(self.folder, "state")
        port = self.free_port()
        options = (*QUICK_SANDBOX, "--port", str(port), "--state", state)
        with harness.Sandbox(*options) as first:
            env = first.env(AWS_MAX_ATTEMPTS=4)  # otherwise it would retry for a minute
            process = harness.start_fhctl("up", "--count", "2", "--yes", cwd=self.folder, env=env)
            self.addCleanup(self.end, process)
            first.wait_until(lambda: any(entry["operation"] == "CreateRole" for entry in first.requests()))
            first.process.kill()
            first.process.wait()
            result = self.finish(process, 90)
        self.assertEqual(result.code, 69, transcript(result))
        self.assert_says(result.stderr, "Nothing is lost", "again in")
        with harness.Sandbox(*options) as second:
            again = second.fhctl("up", "--count", "2", "--yes", cwd=self.folder)
            self.assertEqual(again.code, 0, transcript(again))
            self.assertEqual(len(second.summary()["streams"]), 2)


class WhoAmI(Scenario):
    def test_account_and_region_are_said_before_anything_is_done(self):
        result = self.expect(6, "up", "--count", "2")
        self.assert_says(result.stderr + result.stdout, ACCOUNT, "us-west-2", NAME)

    def test_doctor_says_what_is_well(self):
        self.assert_says(self.expect(0, "doctor").stdout, ACCOUNT, "environment", "quota", BUCKET)
        self.assertEqual(self.expect(77, "doctor", env={"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWSZ9Q7"}).code, 77)
        policy = self.expect(0, "doctor", "--print-policy", "producer").stdout
        self.assertIn("firehose:PutRecordBatch", json.dumps(json.loads(policy)))


if __name__ == "__main__":
    unittest.main()
