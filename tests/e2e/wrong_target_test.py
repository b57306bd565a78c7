"""A slip in the command line, in the environment or in the folder must not change or use another pipeline."""

import json
import os
import signal
import unittest

from scenario import NAME, QUICK_SPEC, Scenario, transcript

ACCOUNT = "123456789012"


def bucket_of(pipeline):
    return f"{pipeline}-{ACCOUNT}-us-west-2"


def manifest_key_of(pipeline):
    return f"_fhctl/{pipeline}/us-west-2/manifest.json"


class TargetScenario(Scenario):
    def refused(self, code, *arguments, **options):
        """Ends with the code and changes nothing; returns what it says on stderr."""
        before = self.cloud()
        result, changes = self.changes_during(lambda: self.expect(code, *arguments, **options))
        self.assertEqual(changes, [], transcript(result))
        self.assertEqual(self.cloud(), before)
        return result.stderr

    def pipeline_in(self, file):
        manifest = json.loads(self.read(file))
        return manifest["pipeline"], [stream["name"] for stream in manifest["streams"]]


class Flags(TargetScenario):
    def test_version_after_a_command_does_nothing_else(self):
        version = self.expect(0, "version").stdout
        self.up(1)
        before = self.cloud()
        for words in (("up", "other", "--count", "1", "--version", "--yes"),
                      ("destroy", NAME, "--empty-bucket", "--confirm", NAME, "--version"),
                      ("put", "-", "--version"), ("sandbox", "--port", "0", "--version"), ("--version", "scale", "3")):
            result, changes = self.changes_during(lambda words=words: self.expect(0, *words))
            self.assertEqual((result.stdout, result.stderr, changes), (version, "", []), words)
        self.assertEqual(self.cloud(), before)

    def test_a_flag_in_the_place_of_a_value_is_refused(self):
        for words, hint in ((("up", "--count", "1", "--prefix", "--yes"), "--prefix=--yes"),
                            (("up", "--count", "1", "--yes", "--prefix", "-d"), "--prefix=-d"),
                            (("up", "--count", "1", "--yes", "--tag", "--output=json"), "--tag=--output=json"),
                            (("destroy", "--yes", "--confirm", "--empty-bucket"), "--confirm=--empty-bucket"),
                            (("put", "--manifest", "--stream=x"), "--manifest=--stream=x"),
                            (("sandbox", "--port", "--state"), "--port=--state")):
            self.assert_says(self.refused(64, *words), words[-1], hint)
        self.expect(0, "up", "--count", "1", "--prefix=--yes", "--yes")
        stream = json.loads(self.cloud())["streams"][f"{NAME}-1"]
        self.assertIn('"--yes"', json.dumps(stream))


class Named(TargetScenario):
    """fhctl.toml names the pipeline "prod"."""

    SPEC = 'name = "prod"\n' + QUICK_SPEC

    def test_destroy_takes_the_name_from_the_command_line_alone(self):
        self.up(1)
        for words, env in ((("destroy", "--yes", "--empty-bucket"), {}),
                           (("destroy", "--empty-bucket", "-y"), {"FHCTL_NAME": "prod"})):
            said = self.refused(6, *words, env=env)
            self.assert_says(said, "FHCTL_NAME" if env else "fhctl.toml",
                             "`fhctl destroy --empty-bucket --confirm prod`")
        self.expect(0, "destroy", "--empty-bucket", "--confirm", "prod")
        self.assert_nothing_left()
        for words in ("prod", "--yes"), ("--name", "prod", "--yes"):
            self.up(1)
            self.expect(0, "destroy", "--empty-bucket", *words)
            self.assert_nothing_left()

    def test_a_mistyped_variable_stops_every_deletion(self):
        self.up(3)
        slip = {"FHCTL_NAEM": "pr-123"}
        for words in (("destroy", "--empty-bucket", "--yes"), ("destroy", "prod", "--empty-bucket", "--yes"),
                      ("destroy", "--empty-bucket", "--confirm", "prod"), ("scale", "-1", "--yes"),
                      ("scale", "2", "--yes", "--no-drain"), ("up", "--count", "1", "--allow-shrink", "--yes")):
            said = self.refused(64, *words, env=slip)
            self.assert_says(said, "FHCTL_NAEM", "did you mean FHCTL_NAME?")
        for words in (("scale", "+1", "--yes"), ("describe",), ("manifest", "--format", "text")):
            result = self.expect(0, *words, env=slip)
            self.assertEqual(result.stderr.count("FHCTL_NAEM"), 1, transcript(result))
        for name in ("FHCTL_STREAMS", "FHCTL_NAME_SERVICE_HOST", "FHCTL_PORT", "FHCTL_SOMETHING_ELSE"):
            self.assertNotIn(name, self.expect(0, "describe", env={name: "x"}).stderr)

    def test_an_empty_name_stops_every_deletion(self):
        self.up(2)
        for words in (("destroy", "--empty-bucket", "--yes"), ("scale", "1", "--yes"),
                      ("up", "--count", "1", "--allow-shrink", "--yes")):
            self.assert_says(self.refused(64, *words, env={"FHCTL_NAME": ""}), "FHCTL_NAME is set and empty")
        self.expect(0, "scale", "prod", "1", "--no-drain", "--yes", env={"FHCTL_NAME": ""})
        self.expect(0, "destroy", "--name", "prod", "--empty-bucket", "--yes", env={"FHCTL_NAME": ""})
        self.assert_nothing_left()


class LocalManifest(TargetScenario):
    FILE = "fhctl-manifest.json"

    def test_destroy_leaves_the_file_of_another_pipeline(self):
        self.expect(0, "up", "web", "--count", "1", "--yes")
        theirs = self.read(self.FILE)
        self.expect(0, "up", "api", "--count", "1", "--yes", "--manifest-file", "api.json")
        result = self.expect(0, "destroy", "api", "--empty-bucket", "--yes")
        self.assertEqual(result.stderr.count("is the manifest of pipeline web"), 1, transcript(result))
        self.assert_says(result.stderr, "--manifest-file PATH")
        self.assertEqual(self.read(self.FILE), theirs)
        self.assertIn("No changes.", self.expect(0, "up", "web", "--yes").stdout)

    def test_the_default_file_of_another_pipeline_is_left_out(self):
        self.expect(0, "up", "web", "--count", "1", "--yes")
        theirs = self.read(self.FILE)
        for words in (("up", "api", "--count", "2", "--yes"), ("scale", "api", "+1", "--yes"),
                      ("scale", "api", "1", "--no-drain", "--yes"), ("up", "api", "--yes"),
                      ("manifest", "publish", "api"), ("destroy", "api", "--empty-bucket", "--yes")):
            result = self.expect(0, *words)
            self.assertEqual(result.stderr.count("is the manifest of pipeline web"), 1, transcript(result))
            self.assertEqual(self.read(self.FILE), theirs, words)

    def test_a_named_file_of_another_pipeline_ends_the_run(self):
        self.expect(0, "up", "web", "--count", "1", "--yes")
        self.expect(0, "up", "api", "--count", "2", "--yes", "--manifest-file", "api.json")
        theirs = self.read(self.FILE)
        for words in (("up", "api", "--count", "3", "--yes"), ("scale", "api", "1", "--yes"),
                      ("manifest", "publish", "api"), ("destroy", "api", "--empty-bucket", "--yes")):
            for named in (((*words, "--manifest-file", self.FILE), {}), (words, {"FHCTL_MANIFEST_FILE": self.FILE})):
                said = self.refused(7, *named[0], env=named[1])
                self.assert_says(said, "is the manifest of pipeline web")
        self.write("fhctl.toml", QUICK_SPEC.replace("[manifest]", f'[manifest]\nfile = "{self.FILE}"'))
        self.refused(7, "destroy", "api", "--empty-bucket", "--yes")
        self.assertEqual(self.read(self.FILE), theirs)

    def test_publish_leaves_the_newest_manifest_in_the_file(self):
        self.up(1)
        older = self.read(self.FILE)
        self.expect(0, "scale", "2", "--yes")
        self.aws.s3("PUT", bucket_of(NAME), manifest_key_of(NAME), body=older.encode())
        self.expect(0, "manifest", "publish")
        self.assertEqual(self.read(self.FILE), self.manifest_in_bucket())
        self.assertEqual(self.pipeline_in(self.FILE), (NAME, [f"{NAME}-1", f"{NAME}-2"]))

    def test_a_file_that_is_no_manifest_outlives_a_destroy(self):
        self.up(1)
        self.write(self.FILE, "my shopping list\n")
        result = self.expect(0, "destroy", NAME, "--empty-bucket", "--yes")
        self.assert_says(result.stderr, "is not a manifest that fhctl can read")
        self.assertEqual(self.read(self.FILE), "my shopping list\n")


class OthersManifest(TargetScenario):
    """The manifest that producers read is compared with the requested pipeline."""

    def setUp(self):
        super().setUp()
        self.expect(0, "up", "web", "--count", "1", "--yes", "--manifest-file", "web.json")

    def sent(self):
        return len(self.requests("PutRecordBatch"))

    def put_refused(self, *words, **options):
        before = self.sent()
        result = self.expect(7, "put", "-", *words, stdin="{}\n", **options)
        self.assertEqual(self.sent(), before)
        return result.stderr

    def test_a_file_of_another_pipeline_region_or_account(self):
        file = ("--manifest", "web.json")
        self.assert_says(self.put_refused(*file, "--name", "api"), "web.json", "pipeline web, not api")
        self.assert_says(self.put_refused(*file, env={"FHCTL_NAME": "api"}), "pipeline web, not api")
        self.assert_says(self.put_refused(*file, "--region", "us-east-1"), "region us-west-2, not us-east-1")
        manifest = json.loads(self.read("web.json"))
        self.write("account.json", json.dumps({**manifest, "account_id": "210987654321"}))
        said = self.put_refused("--manifest", "account.json")
        self.assert_says(said, f"account 210987654321, not {ACCOUNT}")
        self.assert_says(self.put_refused(*file, env={"AWS_ACCOUNT_ID": "210987654321"}),
                         f"account {ACCOUNT}, not 210987654321")
        self.assert_says(self.refused(7, "manifest", "api", "--file", "web.json"), "pipeline web, not api")
        self.refused(7, "manifest", "--file", "web.json", "--region", "us-east-1")
        self.refused(7, "manifest", "validate", "web.json", "--name", "api")
        self.refused(7, "manifest", "watch", "api", "--file", "web.json")
        self.expect(0, "put", "-", *file, "--name", "web", stdin="{}\n")
        self.expect(0, "put", "-", *file, stdin="{}\n")
        self.assertEqual(self.sent(), 2)

    def test_a_producer_without_sts_still_sends(self):
        asked = len(self.requests("GetCallerIdentity"))
        self.faults({"operation": "GetCallerIdentity", "fault": "error", "code": "AccessDenied", "status": 403})
        self.expect(0, "put", "-", "--manifest", "web.json", stdin="{}\n")
        self.assertEqual(self.sent(), 1)
        self.assertEqual(len(self.requests("GetCallerIdentity")), asked + 1)

    def test_the_manifest_of_another_pipeline_in_the_bucket(self):
        self.expect(0, "up", "api", "--count", "1", "--yes", "--manifest-file", "api.json")
        own = self.aws.s3("GET", bucket_of("api"), manifest_key_of("api"))[1]
        theirs = self.aws.s3("GET", bucket_of("web"), manifest_key_of("web"))[1]
        other = json.dumps({**json.loads(own), "account_id": "210987654321"}).encode()
        for body, said in ((theirs, "pipeline web, not api"), (other, f"account 210987654321, not {ACCOUNT}")):
            self.aws.s3("PUT", bucket_of("api"), manifest_key_of("api"), body=body)
            self.assert_says(self.put_refused("--name", "api"), said)
            for words in (("manifest", "api"), ("manifest", "validate", "api"), ("manifest", "watch", "api"),
                          ("verify", "api", "--timeout", "5s")):
                self.assert_says(self.refused(7, *words), said)
        self.expect(0, "manifest", "publish", "api", "--manifest-file", "api.json")
        self.expect(0, "put", "-", "--name", "api", stdin="{}\n")

    def test_a_watch_goes_on_when_another_manifest_takes_the_place(self):
        path = os.path.join(self.folder, "web.json")
        process = self.start("manifest", "watch", "web", "--file", "web.json", "--format", "text")
        self.assertIn(b"web-1", process.stdout.readline())
        manifest = json.loads(self.read("web.json"))
        changed = {**manifest, "pipeline": "api", "generation": manifest["generation"] + 5}
        self.write("next.json", json.dumps(changed))
        os.rename(os.path.join(self.folder, "next.json"), path)
        self.assertIn(b"pipeline api, not web", process.stderr.readline())
        self.write("next.json", json.dumps({**manifest, "generation": manifest["generation"] + 6}))
        os.rename(os.path.join(self.folder, "next.json"), path)
        self.assertIn(b"web-1", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(process).code, 0)


if __name__ == "__main__":
    unittest.main()
