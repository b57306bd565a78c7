"""The manifest protocol: the schema against what fhctl writes, every view, publishing in a parameter, and watching."""

import copy
import json
import os
import queue
import re
import signal
import threading
import unittest

import harness
from aws_calls import AwsError
from scenario import NAME, QUICK_SPEC, Scenario

DOCS = os.path.join(harness.ROOT, "docs")
SCHEMA = os.path.join(DOCS, "manifest.schema.json")
GOLDEN = os.path.join(harness.ROOT, "tests", "golden", "manifests")
PARAMETER = f"/fhctl/{NAME}/manifest"

# Runs under whatever python3 has jsonschema: {"schema", "documents"} in, the faults of each document out.
VALIDATE = """
import json, sys, jsonschema
asked = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(asked["schema"])
validator = jsonschema.Draft202012Validator(asked["schema"])
print(json.dumps([[error.message[:200] for error in validator.iter_errors(each)] for each in asked["documents"]]))
"""


def schema():
    with open(SCHEMA, encoding="utf-8") as file:
        return json.load(file)


def faults(documents):
    """For each document the list of what jsonschema finds wrong with it; skips loudly without jsonschema."""
    python = harness.need_python_with("jsonschema", "manifests against docs/manifest.schema.json")
    done = harness.run([python, "-c", VALIDATE], stdin=json.dumps({"schema": schema(), "documents": documents}))
    if done.code != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def unknown_members(document, shape, definitions, path=""):
    """Members of the document that the schema does not name: everything that fhctl writes must be in it."""
    if "$ref" in shape:
        shape = definitions[shape["$ref"].rsplit("/", 1)[1]]
    found = []
    if isinstance(document, dict):
        for name, value in document.items():
            inner = shape.get("properties", {}).get(name)
            found += [path + name] if inner is None else unknown_members(value, inner, definitions, f"{path}{name}.")
    if isinstance(document, list):
        for value in document:
            found += unknown_members(value, shape["items"], definitions, f"{path}[].")
    return found


def examples_in_docs():
    with open(os.path.join(DOCS, "manifest.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```json\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
    return [json.loads(block) for block in blocks if '"fhctl.manifest/1"' in block]


class Lines:
    """The output of a process, line by line, as it arrives."""

    def __init__(self, stream):
        self.lines = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self.lines.put(line.decode())
        self.lines.put(None)

    def next(self, timeout=30):
        return self.lines.get(timeout=timeout)

    def with_text(self, text):
        """The next line that contains the text; an error if the process ends before."""
        while True:
            line = self.next()
            if line is None or text in line:
                return line or f"(ended without {text!r})"


class Schema(Scenario):
    def golden(self):
        with open(os.path.join(GOLDEN, "0.1.0.json"), encoding="utf-8") as file:
            return json.load(file)

    def test_what_fhctl_writes_is_in_the_schema(self):
        self.up(2)
        self.expect(0, "scale", 1, "--yes", "--no-wait")
        draining = self.expect(0, "manifest").json()
        self.expect(0, "manifest", "publish")
        documents = [draining, self.expect(0, "manifest").json(), self.golden(), *examples_in_docs()]
        self.assertIn("draining", [stream["state"] for stream in draining["streams"]])
        for document in documents:
            self.assertEqual(unknown_members(document, schema(), schema()["$defs"]), [])
        self.assertGreaterEqual(len(examples_in_docs()), 1)
        self.assertEqual(faults(documents), [[]] * len(documents))

    def test_the_schema_refuses_what_is_broken(self):
        def gone(path):
            def change(document):
                *parents, name = path
                for parent in parents:
                    document = document[parent]
                del document[name]
            return change

        def put(path, value):
            def change(document):
                *parents, name = path
                for parent in parents:
                    document = document[parent]
                document[name] = value
            return change

        mutations = [gone([name]) for name in schema()["required"]]
        mutations += [gone(["streams", 0, name]) for name in schema()["$defs"]["stream"]["required"]]
        mutations += [gone(["streams", 1, "drain"]), gone(["streams", 1, "drain", "stop_by"])]
        mutations += [put(path, value) for path, value in [
            (["schema"], "fhctl.manifest/2"), (["generation"], "7"), (["generation"], 0), (["generation"], 1.5),
            (["epoch"], "short"), (["pipeline"], "Logs"), (["published_at"], "yesterday"), (["account_id"], 123456789),
            (["endpoint_url"], "ftp://x"), (["refresh", "poll_s"], 0), (["selection", "policy"], "best"),
            (["batch", "max_records"], 501), (["batch", "append_newline"], "yes"), (["streams"], {}),
            (["streams", 0], "logs-1"), (["streams", 0, "name"], "a b"), (["streams", 0, "state"], "resting"),
            (["streams", 0, "weight"], 1001), (["streams", 0, "weight"], 0), (["streams", 1, "weight"], 1),
            (["streams", 0, "limits", "source"], "guess"), (["streams", 0, "limits", "bytes_per_s"], 0),
            (["streams", 1, "drain", "flush_s"], "120")]]
        documents = []
        for change in mutations:
            document = copy.deepcopy(self.golden())
            change(document)
            documents.append(document)
        for document, found in zip(documents, faults(documents), strict=True):
            self.assertTrue(found, json.dumps(document))


class Views(Scenario):
    def test_every_form_of_the_same_list(self):
        self.up(2)
        names = [f"{NAME}-1", f"{NAME}-2"]
        self.assertEqual(self.expect(0, "manifest", "--format", "text").stdout.split(), names)
        groups = json.loads(self.expect(0, "manifest", "--format", "file-sd").stdout)
        self.assertEqual([group["targets"] for group in groups], [[name] for name in names])
        rows = self.expect(0, "manifest", "--format", "csv").stdout.splitlines()
        self.assertEqual(rows[0].split(",")[:3], ["name", "state", "weight"])
        self.assertEqual([row.split(",")[0] for row in rows[1:]], names)
        line = self.expect(0, "manifest", "--format", "ndjson").stdout
        self.assertEqual(line.count("\n"), 1)
        self.assertEqual(json.loads(line), self.expect(0, "manifest").json())

    def test_validate_says_all_problems_at_once(self):
        self.up(1)
        broken = self.expect(0, "manifest").json()
        broken["generation"] = "one"
        del broken["region"]
        broken["streams"].append(dict(broken["streams"][0], weight=50))
        self.write("broken.json", json.dumps(broken))
        result = self.expect(8, "manifest", "validate", "broken.json")
        self.assert_says(result.stderr, "generation is not a whole number", "region is missing", "a second time")


class LiveLimits(Scenario):
    def streams_in_manifest(self):
        return self.expect(0, "manifest").json()["streams"]

    def test_publish_brings_the_live_limits_and_a_run_without_changes_does_not(self):
        self.up(1)
        self.assertEqual(self.streams_in_manifest()[0]["limits"]["source"], "region-default")
        self.expect(0, "put", "-", stdin="a\nb\n")  # a stream without traffic has no metrics
        self.sandbox.advance(300)
        asked = len(self.requests("GetMetricData"))
        _, changes = self.changes_during(lambda: self.up(1))
        self.assertEqual(changes, [])
        self.assertEqual(len(self.requests("GetMetricData")), asked)
        self.expect(0, "manifest", "publish")
        self.assertEqual(len(self.requests("GetMetricData")), asked + 1)
        stream = self.streams_in_manifest()[0]
        self.assertEqual(stream["limits"], {"bytes_per_s": 5242880, "records_per_s": 500000, "requests_per_s": 2000,
                                            "source": "cloudwatch"})
        self.assertEqual(stream["weight"], 100)

    def test_a_missing_permission_is_nothing_but_a_warning_of_doctor(self):
        self.faults({"operation": "GetMetricData", "times": 0, "fault": "error", "status": 403, "code": "AccessDenied"})
        result = self.up(1)
        self.assertNotIn("AccessDenied", result.stderr + result.stdout)
        self.assertEqual(self.streams_in_manifest()[0]["limits"]["source"], "region-default")
        warned = self.expect(0, "doctor")
        self.assert_says(warned.stdout + warned.stderr, "CloudWatch", "without metrics a drain")


class Parameter(Scenario):
    SPEC = QUICK_SPEC + f'parameter = "{PARAMETER}"\n'

    def ssm(self, operation, **arguments):
        return self.aws.json("ssm", operation, Name=PARAMETER, **arguments)

    def value(self):
        return self.ssm("GetParameter")["Parameter"]["Value"]

    def test_it_says_what_the_manifest_says_and_goes_with_the_pipeline(self):
        result = self.up(2)
        self.assert_says(result.stdout + result.stderr, f"ssm:{PARAMETER}")
        compact = json.loads(self.value())
        manifest = self.expect(0, "manifest").json()
        for name in ("pipeline", "epoch", "generation", "region", "account_id"):
            self.assertEqual(compact[name], manifest[name])
        self.assertEqual(compact["schema"], "fhctl.manifest-compact/1")
        self.assertEqual((compact["streams"], compact["draining"]), ([f"{NAME}-1", f"{NAME}-2"], []))
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes", "--no-drain", "--force", timeout=120)
        with self.assertRaises(AwsError):
            self.value()

    def test_it_is_written_again_by_publish(self):
        self.up(1)
        self.ssm("DeleteParameter")
        self.expect(0, "manifest", "publish")
        self.assertEqual(json.loads(self.value())["streams"], [f"{NAME}-1"])

    def test_what_is_not_ours_stays(self):
        self.ssm("PutParameter", Value="a password", Type="String")
        result = self.up(1)
        self.assert_says(result.stderr, PARAMETER, "fhctl did not write", "--manifest-parameter")
        self.assertEqual(self.value(), "a password")
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes", "--no-drain", "--force", timeout=120)
        self.assertEqual(self.value(), "a password")


class Watch(Scenario):
    def watch(self, *arguments):
        process = self.start("manifest", "watch", *arguments)
        return process, Lines(process.stdout), Lines(process.stderr)

    def test_each_generation_is_a_line(self):
        self.up(1)
        process, out, _ = self.watch("--format", "text")
        first = out.next().split()
        self.assertEqual(first[1:], [f"{NAME}-1"])
        self.up(2)
        lines = [out.next().split()]
        while len(lines[-1]) < 3:  # streams are published as they become ACTIVE
            lines.append(out.next().split())
        self.assertEqual(lines[-1][1:], [f"{NAME}-1", f"{NAME}-2"])
        self.assertGreater(int(lines[-1][0]), int(first[0]))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)

    def test_a_server_that_fails_does_not_end_it(self):
        self.up(1)
        process, out, err = self.watch("--format", "text")
        self.assertTrue(out.next())
        self.faults({"operation": "GetObject", "times": 2, "fault": "error", "status": 403, "code": "AccessDenied"})
        self.assert_says(err.with_text("AccessDenied"), "stays")
        self.faults()
        self.up(2)
        while len(out.next().split()) < 3:
            pass
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_a_file_that_comes_and_goes(self):
        self.up(1)
        text = self.expect(0, "manifest").stdout
        manifest = json.loads(text)

        def write(**changes):
            self.write("next", json.dumps({**manifest, **changes}))
            os.rename(os.path.join(self.folder, "next"), os.path.join(self.folder, "watched.json"))

        process, out, err = self.watch("--format", "ndjson", "--file", "watched.json")
        self.assertIn("waiting for it", err.with_text("There is no file"))
        write()
        self.assertEqual(json.loads(out.next())["generation"], manifest["generation"])
        self.write("watched.json", text[:200])
        self.assertIn("watched.json", err.with_text("Ignored"))
        write(generation=manifest["generation"] - 5)
        self.assertIn("Ignored", err.with_text("no successor"))
        os.remove(os.path.join(self.folder, "watched.json"))
        self.assertIn("waiting for it", err.with_text("There is no file"))
        write(generation=manifest["generation"] + 7, epoch="ffffffffffffffff")
        self.assertEqual(json.loads(out.next())["epoch"], "ffffffffffffffff")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)

    def test_a_destroyed_pipeline_ends_it_unless_it_follows(self):
        self.up(1)
        ends, out, err = self.watch("--format", "text")
        follows, follows_out, follows_err = self.watch("--format", "text", "--follow")
        self.assertTrue(out.next())
        first = int(follows_out.next().split()[0])
        self.expect(0, "destroy", NAME, "--empty-bucket", "--yes", "--no-drain", "--force", timeout=120)
        self.assertEqual(ends.wait(30), 0)
        self.assertIn("was destroyed", err.with_text("destroyed"))
        self.assertIn("Waiting", follows_err.with_text("destroyed"))
        self.up(1)
        line = follows_out.next().split()
        while len(line) < 2:  # generations of the destroy list nothing
            line = follows_out.next().split()
        self.assertGreater(int(line[0]), first)
        follows.send_signal(signal.SIGINT)
        self.assertEqual(follows.wait(20), 0)


if __name__ == "__main__":
    unittest.main()
