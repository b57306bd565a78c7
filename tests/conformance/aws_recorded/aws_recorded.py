"""What AWS was recorded to answer, against the sandbox and against fhctl's readers.

    aws_recorded.py [FOLDER] [--all] [--only TEXT]

FOLDER holds recordings, SERVICE.NAME.json: test -> "recorded-content" -> step -> answer as boto3 shows it, with
placeholders (<role-name:1>, <datetime>, 111111111111) for names, ids and times. Default: aws-recorded in
FHCTL_CONFORMANCE_DIR, or in ../shared/conformance.

Recordings of your own account are checked in the same way, and need no placeholders where a recipe can use the values.
Write each answer of boto3 (with its ResponseMetadata; for an error the `response` of the ClientError) as JSON under a
step that is named after the operation ("get-role"), with the account id replaced by 111111111111, and give the folder:

    {"my account": {"recorded-content": {"get-role": {"Role": {...}, "ResponseMetadata": {"HTTPStatusCode": 200}}}}}

For every step that is an answer:
 1. operations.py derives its operation;
 2. recipes.py brings a sandbox to where it must answer so, and makes the call with boto3;
 3. compare.py compares status, code, message, members, types and values. A deviation is accepted only if
    deviations.json has a reason for it. An equal answer of each form is compared again with recordings that differ in
    one point, which must be noticed;
 4. wire.py turns the recording into the bytes that AWS sent, and fhctl's own functions read them (reader.cc,
    readings.py).

An answer whose operation, state or request cannot be derived is listed by name and is not counted as compared. Exits
with 1 after a deviation without a reason, after a reading that is wrong, and if nothing was compared; with 77 without
recordings or without boto3.
"""

import argparse
import collections
import datetime
import importlib
import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e"), os.path.join(ROOT, "tests", "peers")]
FOLDER = os.environ.get("FHCTL_CONFORMANCE_DIR")
READER = os.environ.get("FHCTL_READER")
SKIPPED = 77

import peer_python  # noqa: E402

try:
    peer_python.continue_with(peer_python.NEW, "boto3", "recorded answers of AWS against the sandbox")
except unittest.SkipTest as skip:
    print(f"SKIPPED: aws_recorded.py: {skip}")
    sys.exit(SKIPPED)

import boto3  # noqa: E402
import botocore  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.handlers  # noqa: E402

import compare  # noqa: E402
import deviations  # noqa: E402
import harness  # noqa: E402
import operations  # noqa: E402
import readings  # noqa: E402
import recipes  # noqa: E402

for _module in "iam", "logs", "others", "buckets", "objects", "lists":
    importlib.import_module(f"recipes_{_module}")

EQUAL, ACCEPTED, DEVIATES = "equal", "deviating with a reason", "DEVIATING"
NOT_SERVED, NOT_SIMULATED = "not served by the sandbox", "served, but not simulated in this form"
UNDERIVABLE, UNCERTAIN = "state or request not derivable", "different, but the operation is uncertain"
UNMAPPED, NO_ANSWER, NO_RECIPE = "operation not derivable", "no answer of a service", "no recipe"
LISTED = (DEVIATES, NO_RECIPE, UNCERTAIN, UNMAPPED, UNDERIVABLE, NOT_SIMULATED)


# How the sandbox refuses an operation that it does not have.
UNKNOWN = ("UnknownOperation", "UnknownOperationException", "InvalidAction", "NotImplemented", "MethodNotAllowed",
           "405", "501")
# What reading an answer of an unknown form raises.
ODD = (LookupError, TypeError, ValueError, AttributeError, botocore.exceptions.BotoCoreError)


CHECKSUM_OPTIONS = ("request_checksum_calculation", "response_checksum_validation")


class Cloud:
    """A sandbox with boto3 as its client. Clients are made when they are first used."""

    def __init__(self):
        self.sandbox = harness.Sandbox(*harness.Sandbox.FAST)
        self.session = boto3.session.Session()
        self.clients = {}
        self.ahead = datetime.timedelta()  # of the sandbox's clock

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + self.ahead

    def advance(self, seconds):
        self.sandbox.advance(seconds)
        self.ahead += datetime.timedelta(seconds=seconds)

    def __getattr__(self, name):
        """A client: "iam", "s3"; "s3_east" in us-east-1; "s3_plain" without what newer versions of boto3 add."""
        if name not in self.clients:
            plain = dict.fromkeys(CHECKSUM_OPTIONS, "when_required") if name == "s3_plain" else {}
            config = botocore.config.Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"},
                                            parameter_validation=False, **plain)
            exports = self.sandbox.exports
            self.clients[name] = self.session.client(
                name.split("_")[0], region_name="us-east-1" if name == "s3_east" else recipes.REGION, config=config,
                endpoint_url=self.sandbox.url, aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"])
            if name == "s3_plain":
                events, handler = self.clients[name].meta.events, botocore.handlers.set_list_objects_encoding_type_url
                for operation in "ListObjects", "ListObjectsV2", "ListObjectVersions":
                    events.unregister(f"before-parameter-build.s3.{operation}", handler)
        return self.clients[name]


class Run:
    def __init__(self, only):
        self.models = operations.Models()
        self.accepted = deviations.Table(os.path.join(HERE, "deviations.json"))
        self.counts = collections.Counter()
        self.notes = collections.defaultdict(list)
        self.mutants = [0, []]  # how many, and those that were not noticed
        self.tried = set()      # forms of answers whose mutants were compared
        self.readings = readings.Readings(self.models)
        self.only = only
        self.known = {}
        self.cloud = Cloud()

    def count(self, verdict, name, note=""):
        self.counts[verdict] += 1
        self.notes[verdict].append(f"{name}: {note}" if note else name)

    # --- walking ---

    def folder(self, folder):
        for file in sorted(os.listdir(folder)):
            if file.endswith(".json"):
                self.file(os.path.join(folder, file))

    def file(self, path):
        file = os.path.basename(path)
        try:
            with open(path, encoding="utf-8") as opened:
                tests = json.load(opened)
        except (OSError, ValueError) as error:
            self.count(NO_ANSWER, file, f"cannot be read: {error}")
            return
        for test, record in (tests.items() if isinstance(tests, dict) else ()):
            content = record.get("recorded-content") if isinstance(record, dict) else None
            for step, answer in (content.items() if isinstance(content, dict) else ()):
                if self.only in f"{file} {test} {step}":
                    self.step(file, test, step, answer)

    def step(self, file, test, step, answer):
        name = f"{file} {test.split('::')[-1]} {step}"
        if not is_answer(answer):
            self.count(NO_ANSWER, name)
            return
        found = operations.find(self.models, file, test, step, answer)
        if found.foreign:
            self.count(NOT_SERVED, name, found.problem)
            return
        self.readings.add(name, found, answer)
        function = recipes.recipe_for(found.service, found.operation, answer)
        if function is None:
            self.without_recipe(name, found)
            return
        try:
            answered = self.replay(function, answer)
        except recipes.Underivable as reason:
            self.count(UNDERIVABLE, name, f"{found}: {reason}")
        except ODD as error:  # a recipe met a value that it did not expect
            self.count(UNDERIVABLE, name, f"{found}: {type(error).__name__}: {error}")
        else:
            self.judge(name, found, answer, answered)

    def without_recipe(self, name, found):
        if not found.operation:
            self.count(UNMAPPED, name, found.problem)
        elif found.service in operations.SERVICES and self.serves(found):
            self.count(NO_RECIPE, name, f"no recipe for this answer of {found}")
        else:
            self.count(NOT_SERVED, name, str(found))

    def serves(self, found):
        """Whether the sandbox knows an operation: asks it, with as little as the request needs."""
        if str(found) not in self.known:
            call = botocore.xform_name(found.operation)
            input_shape = self.models.service(found.service).operation_model(found.operation).input_shape
            required = input_shape.required_members if input_shape else []
            members = {name: "probed-bucket" for name in required
                       if input_shape.members[name].type_name == "string"}
            try:
                getattr(getattr(self.cloud, found.service), call)(**members)
                self.known[str(found)] = True
            except botocore.exceptions.ClientError as error:
                self.known[str(found)] = error.response["Error"]["Code"] not in UNKNOWN
            except ODD:
                self.known[str(found)] = False
        return self.known[str(found)]

    # --- one answer ---

    def replay(self, function, answer):
        """The sandbox's answer, and what it said if it did not get there."""
        self.cloud.sandbox.reset()
        try:
            call = function(self.cloud, answer)
        except botocore.exceptions.ClientError as error:
            if is_not_simulated(error.response["Error"]):
                return error.response
            raise recipes.Underivable(f"before the call: {error}") from error
        try:
            return call()
        except botocore.exceptions.ClientError as error:
            return error.response

    def judge(self, name, found, recorded, answered):
        if not found.operation:
            found = operations.Found(found.service, "*")
        output = self.models.output(found.service, found.operation) if found.operation != "*" else None
        output = None if "Error" in recorded else output
        if "Error" in answered and "Error" not in recorded and is_not_simulated(answered["Error"]):
            self.count(NOT_SIMULATED, name, f"{found}: {answered['Error'].get('Message')}")
            return
        differences = compare.compare(recorded, answered, output)
        if "Error" in answered and "Error" not in recorded:
            error = answered["Error"]
            differences = [compare.Difference("refused", "", "", f"{error.get('Code')}: {error.get('Message')}")]
        left = [each for each in differences if not self.accepted.reason(str(found), each)]
        if not differences:
            self.count(EQUAL, name)
        elif not left:
            self.count(ACCEPTED, name)
        elif found.sure:
            self.count(DEVIATES, name, f"{found}: " + "; ".join(dict.fromkeys(map(str, left))))
        else:
            self.count(UNCERTAIN, name, f"{found}: " + "; ".join(dict.fromkeys(map(str, left))))
        form = (str(found), tuple(path for path, _ in compare.leaves(recorded)))
        if not differences and form not in self.tried:
            self.tried.add(form)
            self.try_mutants(name, recorded, answered, output)

    def try_mutants(self, name, recorded, answered, output):
        for what, mutant in compare.mutants(recorded):
            self.mutants[0] += 1
            if not compare.compare(mutant, answered, output):
                self.mutants[1].append(f"{name}: {what}")


def is_answer(value):
    if not isinstance(value, dict):
        return False
    metadata, error = value.get("ResponseMetadata"), value.get("Error")
    if "Error" in value:
        return isinstance(error, dict) and isinstance(error.get("Code"), str)
    return isinstance(metadata, dict) and isinstance(metadata.get("HTTPStatusCode"), int)


def is_not_simulated(error):
    text = str(error.get("Message"))
    return error.get("Code") == "NotImplemented" or "not simulate" in text


def report(run, show_all):
    for verdict in (EQUAL, ACCEPTED, DEVIATES, NO_RECIPE, UNCERTAIN, UNDERIVABLE, NOT_SIMULATED, NOT_SERVED, UNMAPPED,
                    NO_ANSWER):
        print(f"  {run.counts[verdict]:5} {verdict}")
        for note in run.notes[verdict] if show_all or verdict in LISTED else ():
            print(f"        {note}")
    for reason, number in run.accepted.used():
        print(f"  reason, {number} times: {reason}")
    print(f"  {run.mutants[0]} recordings changed in one point, {len(run.mutants[1])} of them not noticed")
    for note in run.mutants[1]:
        print(f"        {note}")


def find_folder(given):
    """The folder of recordings. None: there is none, and none was asked for."""
    if given:
        return given
    root = os.path.join(ROOT, FOLDER) if FOLDER else os.path.join(ROOT, "..", "shared", "conformance")
    folder = os.path.join(root, "aws-recorded")
    if not os.path.isdir(folder) and not FOLDER:
        return None
    return folder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--all", action="store_true", help="list every step")
    parser.add_argument("--only", default="", help="steps whose file, test and name contain this text")
    arguments = parser.parse_args()
    folder = find_folder(arguments.folder)
    if folder is None:
        print("SKIPPED: aws_recorded.py: no recordings; set FHCTL_CONFORMANCE_DIR to the folder of the public vectors")
        return SKIPPED
    if not os.path.isdir(folder):
        print(f"no folder {folder}")
        return 1
    run = Run(arguments.only)
    with run.cloud.sandbox:
        run.folder(folder)
    print(f"recorded answers in {folder}: {sum(run.counts.values())} steps")
    report(run, arguments.all)
    compared = run.counts[EQUAL] + run.counts[ACCEPTED] + run.counts[DEVIATES]
    wrong = run.readings.check(READER, arguments.all)
    if compared == 0:
        print("nothing was compared")
    failed = run.counts[DEVIATES] or run.mutants[1] or wrong or not compared
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
