"""Feeds recordings to fhctl's readers and checks what they read.

reader.cc calls the functions of core/services with the recorded answers and prints what they return. For each operation
READ says what that must be, as a function of the answer with values for its placeholders.
"""

import datetime
import json
import subprocess

import botocore.exceptions

import compare
import wire

# Codes that functions turn into "absent", "unchanged" or "the condition did not hold", besides NoSuch...
ABSENCE = ("ResourceNotFoundException", "ParameterNotFound", "404", "304", "412", "PreconditionFailed",
           "ObjectLockConfigurationNotFoundError", "ServerSideEncryptionConfigurationNotFoundError",
           "BucketAlreadyOwnedByYou", "BucketAlreadyExists")


def tags(entries):
    return {entry["Key"]: entry["Value"] for entry in entries}


def policy(text):
    return json.loads(text) if isinstance(text, str) and text else None


def role(answer):
    value = answer["Role"]
    return {"name": value["RoleName"], "arn": value["Arn"], "id": value["RoleId"], "path": value["Path"],
            "trust": policy(value.get("AssumeRolePolicyDocument")),
            "boundary": value.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "tags": tags(value.get("Tags", []))}


def first_group(answer):
    if not answer["logGroups"]:
        return None
    group = answer["logGroups"][0]
    arn = group.get("logGroupArn", group["arn"])
    return {"name": group["logGroupName"], "arn": arn[:-2] if arn.endswith(":*") else arn,
            "kms": group.get("kmsKeyId", ""), "bytes": group.get("storedBytes", 0),
            "retention": group.get("retentionInDays")}


def stream(answer):
    value = answer["DeliveryStreamDescription"]
    destination = value["Destinations"][0] if value.get("Destinations") else {}
    s3 = destination.get("ExtendedS3DestinationDescription", {})
    return {"name": value["DeliveryStreamName"], "arn": value["DeliveryStreamARN"],
            "status": value["DeliveryStreamStatus"], "type": value.get("DeliveryStreamType", ""),
            "version": value["VersionId"], "destination": destination.get("DestinationId", ""),
            "bucket": s3.get("BucketARN", ""), "role": s3.get("RoleARN", "")}


def metrics(answer):
    return [{"status": result["StatusCode"], "complete": result["StatusCode"] == "Complete",
             "values": result["Values"]} for result in answer["MetricDataResults"]]


def versions(answer):
    found = [{"key": entry["Key"], "id": entry["VersionId"], "marker": kind == "DeleteMarkers",
              "latest": entry["IsLatest"], "size": entry.get("Size", 0)}
             for kind in ("Versions", "DeleteMarkers") for entry in answer.get(kind, [])]
    return {"versions": found, "truncated": answer["IsTruncated"],
            "next": [answer.get("NextKeyMarker", ""), answer.get("NextVersionIdMarker", "")]}


def objects(answer):
    return {"objects": [{"key": entry["Key"], "size": entry["Size"]} for entry in answer.get("Contents", [])],
            "truncated": answer["IsTruncated"], "next": answer.get("NextContinuationToken", "")}


def uploads(answer):
    return {"uploads": [{"key": entry["Key"], "id": entry["UploadId"]} for entry in answer.get("Uploads", [])],
            "truncated": answer["IsTruncated"],
            "next": [answer.get("NextKeyMarker", ""), answer.get("NextUploadIdMarker", "")]
                    if answer["IsTruncated"] else ["", ""]}


def encryption(answer):
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    return {"algorithm": default.get("SSEAlgorithm", ""), "key": default.get("KMSMasterKeyID", ""),
            "bucket_key": rule.get("BucketKeyEnabled", False)}


def public_access(answer):
    block = answer["PublicAccessBlockConfiguration"]
    return [block.get(name, False)
            for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")]


READ = {
    "iam.CreateRole": role, "iam.GetRole": role,
    "iam.GetRolePolicy": lambda answer: policy(answer["PolicyDocument"]),
    "iam.ListRolePolicies": lambda answer: answer["PolicyNames"],
    "iam.ListAttachedRolePolicies": lambda answer: [entry["PolicyArn"] for entry in answer["AttachedPolicies"]],
    "iam.ListInstanceProfilesForRole": lambda answer: [entry["InstanceProfileName"]
                                                       for entry in answer["InstanceProfiles"]],
    "iam.DeleteRole": lambda answer: True, "iam.DeleteRolePolicy": lambda answer: True,
    "logs.DescribeLogGroups": first_group,
    "logs.DescribeLogStreams": lambda answer: bool(answer["logStreams"]),
    "logs.ListTagsForResource": lambda answer: answer["tags"],
    "logs.DeleteLogGroup": lambda answer: True,
    "logs.GetLogEvents": lambda answer: [{"time": event["timestamp"], "message": event["message"]}
                                         for event in answer["events"]],
    "firehose.ListTagsForDeliveryStream": lambda answer: tags(answer["Tags"]),
    "firehose.DescribeDeliveryStream": stream,
    "firehose.CreateDeliveryStream": lambda answer: answer["DeliveryStreamARN"],
    "firehose.DeleteDeliveryStream": lambda answer: True,
    "firehose.ListDeliveryStreams": lambda answer: sorted(answer["DeliveryStreamNames"]),
    "firehose.PutRecordBatch": lambda answer: [{"id": entry.get("RecordId", ""), "code": entry.get("ErrorCode", "")}
                                               for entry in answer["RequestResponses"]],
    "ssm.GetParameter": lambda answer: {"name": "/x", "value": answer["Parameter"]["Value"],
                                        "version": answer["Parameter"]["Version"]},
    "ssm.DeleteParameter": lambda answer: True,
    "sts.GetCallerIdentity": lambda answer: {"account": answer["Account"], "arn": answer["Arn"],
                                             "id": answer["UserId"]},
    "cloudwatch.GetMetricData": metrics,
    "s3.GetBucketTagging": lambda answer: tags(answer["TagSet"]),
    "s3.GetPublicAccessBlock": public_access, "s3.GetBucketEncryption": encryption,
    "s3.GetBucketVersioning": lambda answer: answer.get("Status", ""),
    "s3.GetBucketLifecycleConfiguration": lambda answer: [rule.get("ID", "") for rule in answer["Rules"]],
    "s3.GetObjectLockConfiguration": lambda answer: True,
    "s3.ListBuckets": lambda answer: wire.TIME.strftime("%Y-%m-%dT%H:%M:%SZ") if answer["Buckets"] else None,
    "s3.ListObjectVersions": versions, "s3.ListObjectsV2": objects, "s3.ListMultipartUploads": uploads,
    "s3.DeleteBucket": lambda answer: True, "s3.DeleteObject": lambda answer: True,
    "s3.AbortMultipartUpload": lambda answer: True,
    "s3.PutObject": lambda answer: {"outcome": 0, "etag": answer["ETag"]},
}


def normal(operation, value):
    """Texts of policies are compared by what they say."""
    if operation == "iam.GetRolePolicy":
        return policy(value)
    if isinstance(value, dict) and "versions" in value:  # boto3 shows versions and delete markers apart
        return {**value, "versions": sorted(value["versions"], key=lambda version: version["marker"])}
    if isinstance(value, dict) and "trust" in value:
        return {**value, "trust": policy(value["trust"])}
    return value


def input_of(operation, answer):
    """Arguments of the function that decide what it looks for, and how many results it expects."""
    if operation == "logs.DescribeLogGroups" and answer.get("logGroups"):
        return {"logGroupName": answer["logGroups"][0]["logGroupName"]}
    if operation == "logs.DescribeLogStreams" and answer.get("logStreams"):
        return {"logStreamName": answer["logStreams"][0]["logStreamName"]}
    if operation == "cloudwatch.GetMetricData":
        return {"queries": len(answer.get("MetricDataResults", [1]))}
    if operation == "firehose.PutRecordBatch":
        return {"records": len(answer.get("RequestResponses", [1]))}
    if operation == "s3.ListBuckets" and answer.get("Buckets"):
        return {"Bucket": answer["Buckets"][0]["Name"]}
    return {"Bucket": "recorded-bucket"}


def as_asked(operation, recorded):
    """The answer to the request that fhctl makes: CloudWatch repeats the ids of its queries. The recorder wrote one
    word for all times of a series."""
    if operation != "cloudwatch.GetMetricData" or "Error" in recorded:
        return recorded
    results = []
    for place, result in enumerate(recorded["MetricDataResults"]):
        times = [wire.TIME + datetime.timedelta(minutes=minute) for minute in range(len(result["Values"]))]
        results.append({**result, "Id": f"m{place}", "Timestamps": times})
    return {**recorded, "MetricDataResults": results}


def is_asked(operation, recorded):
    """Whether fhctl can get this answer: it lists uploads without a delimiter."""
    return operation != "s3.ListMultipartUploads" or "Delimiter" not in recorded


NO_MORE = {"IsTruncated": False, "HasMoreTags": False, "HasMoreDeliveryStreams": False}
MARKERS = ("nextToken", "NextToken", "Marker", "ContinuationToken")


def last_page(recorded):
    """The same answer as an empty last page, for functions that follow the pages."""
    page = {name: NO_MORE.get(name, value) for name, value in recorded.items() if name not in MARKERS}
    return {name: [] if isinstance(value, list) else value for name, value in page.items()}


def written_problem(model, operation, answer, recorded, values):
    """What boto3 does not read back from the bytes as it was recorded; empty if all of it."""
    read, expected = wire.read_back(model, operation, answer), wire.escaped(operation, values)
    if "Error" in recorded:
        if not answer["body"]:
            return ""
        read, expected = ({member: error.get(member) for member in ("Code", "Message")}
                          for error in (read.get("Error", {}), values))
    read, expected = wire.without_nothing(read), wire.without_nothing(expected)
    # A body of bytes is a stream, and an answer without a body has no length.
    for absent in "Body", "ContentLength":
        read.pop(absent, None)
        expected.pop(absent, None)
    return "" if read == expected else f"boto3 reads {compare.short(read)}, not {compare.short(expected)}"


class Readings:
    def __init__(self, models):
        self.models = models
        self.items = []  # (name, operation, recorded, values, line)
        self.unwritable = []
        self.unasked = 0

    def add(self, name, found, recorded):
        operation = str(found)
        if not found.operation or (not found.sure and "Error" not in recorded):
            return
        if not is_asked(operation, recorded):
            self.unasked += 1
            return
        try:
            model = self.models.service(found.service)
            recorded = as_asked(operation, recorded)
            answer, values = wire.answer(model, found.operation, recorded)
            problem = written_problem(model, found.operation, answer, recorded, values)
            if problem:
                self.unwritable.append(f"{name}: {operation}: {problem}")
                return
            answers = [answer]
            if "Error" not in recorded and found.service != "s3":
                answers.append(wire.answer(model, found.operation, last_page(recorded))[0])
            elif operation == "s3.ListBuckets" and "Error" not in recorded:
                answers.append(wire.answer(model, found.operation, {"Buckets": []})[0])
            item = {"operation": operation, "input": input_of(operation, values), "answers": answers}
            self.items.append((name, operation, recorded, values, json.dumps(item)))
        except (LookupError, TypeError, ValueError, AttributeError, botocore.exceptions.BotoCoreError) as error:
            self.unwritable.append(f"{name}: {operation}: {type(error).__name__}: {error}")

    def check(self, reader, show_all):
        """Prints the counts; returns the number of wrong readings."""
        if not reader:
            print("SKIPPED: fhctl's readers: FHCTL_READER does not name the program recorded_reader")
            return 0
        done = subprocess.run([reader], input="".join(item[-1] + "\n" for item in self.items), text=True,
                              capture_output=True, check=False, timeout=600)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode != 0 or len(lines) != len(self.items):
            print(f"the reader ended with {done.returncode} after {len(lines)} of {len(self.items)} answers")
            print(done.stderr)
            return 1
        read, wrong, unused = 0, [], self.unasked
        for (name, operation, recorded, values, _), result in zip(self.items, lines):
            if "unknown" in result:
                unused += 1
                continue
            problem = problem_of(operation, recorded, values, result)
            read += 1
            if problem:
                wrong.append(f"{name}: {operation}: {problem}")
            elif show_all:
                print(f"        read {name}: {operation}: {compare.short(result)}")
        print(f"fhctl's readers: {read} answers read, {len(wrong)} of them wrong; {unused} to requests that fhctl "
              f"does not make; {len(self.unwritable)} not writable")
        for note in wrong + [f"not writable: {note}" for note in self.unwritable]:
            print(f"        {note}")
        return len(wrong)


def problem_of(operation, recorded, values, result):
    if "Error" in recorded:
        return error_problem(values, result)
    if "error" in result:
        return f"refused: {result['error']['message']}"
    if operation not in READ:
        return ""
    expected, read = READ[operation](values), normal(operation, result["value"])
    return "" if read == expected else f"read {json.dumps(read)}, expected {json.dumps(expected)}"


def error_problem(values, result):
    code, message = str(values.get("Code")), str(values.get("Message") or "")
    if "value" in result:
        known = code.startswith("NoSuch") or code in ABSENCE
        return "" if known and says_nothing(result["value"]) else f"read {json.dumps(result['value'])} from an error"
    error = result["error"]
    if code.isdigit():  # of a HEAD, which has no code
        return "" if str(error["message"]).find(code) >= 0 else f"read {error['message']}"
    if error["code"] != code:
        return f"read the code {error['code']}"
    return "" if message[:400].strip() in error["message"] else f"read {error['message']}"


def says_nothing(value):
    """What a function returns for something that is not there, or for a condition that did not hold."""
    if isinstance(value, dict) and value and set(value) <= {"outcome", "etag", "answer", "region"}:
        return bool(value.get("outcome") or value.get("answer"))
    if isinstance(value, (dict, list)):
        return not any(value.values() if isinstance(value, dict) else value)
    return value in (None, False, "") or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
