"""Checks requests as they went over the wire against botocore's service models (service-2.json): is the operation
known, is every member known, are the required ones there, and do ranges, patterns, enums and unions hold?

The models are read as files, so the interpreter that runs this need not have botocore. model_wire.py parses a request
into its members; this file checks them.
"""

import base64
import binascii
import functools
import gzip
import json
import os
import re
import subprocess

import harness
import model_wire
import peer_python

# The folder of each service's model, by the name that requests are signed for.
SERVICES = {"firehose": "firehose", "s3": "s3", "iam": "iam", "logs": "logs", "sts": "sts", "monitoring": "cloudwatch",
            "ssm": "ssm"}


class Model:
    """One service. `document` is the content of its service-2.json."""

    def __init__(self, document):
        self.metadata = document["metadata"]
        self.operations = document["operations"]
        self.shapes = document["shapes"]

    def shape(self, reference):
        """The shape that a member refers to, with what the member says about itself on top."""
        return {**self.shapes[reference["shape"]], **reference}

    def check(self, shape, value, path):
        """The problems of one value, as text; `path` says where it stands."""
        kind = shape["type"]
        if kind == "structure":
            yield from self._structure(shape, value, path)
        elif kind == "list":
            yield from self._list(shape, value, path)
        elif kind == "map":
            yield from self._map(shape, value, path)
        else:
            yield from scalar_problems(shape, value, path)

    def _structure(self, shape, value, path):
        if not isinstance(value, dict):
            yield f"{path}: {type(value).__name__} where a structure is expected"
            return
        for name in shape.get("required", []):
            if name not in value:
                yield f"{path}: required member {name} is missing"
        if shape.get("union") and len(value) != 1:
            yield f"{path}: a union of which {len(value)} members are set"
        for name, inner in value.items():
            if name not in shape["members"]:
                yield f"{path}: unknown member {name}"
            else:
                yield from self.check(self.shape(shape["members"][name]), inner, f"{path}.{name}")

    def _list(self, shape, value, path):
        if not isinstance(value, list):
            yield f"{path}: {type(value).__name__} where a list is expected"
            return
        yield from range_problems(shape, len(value), path, "elements")
        for index, inner in enumerate(value):
            yield from self.check(self.shape(shape["member"]), inner, f"{path}[{index}]")

    def _map(self, shape, value, path):
        if not isinstance(value, dict):
            yield f"{path}: {type(value).__name__} where a map is expected"
            return
        yield from range_problems(shape, len(value), path, "entries")
        for key, inner in value.items():
            yield from self.check(self.shape(shape["key"]), key, f"{path} key {key!r}")
            yield from self.check(self.shape(shape["value"]), inner, f"{path}[{key!r}]")


PYTHON_TYPES = {"string": str, "boolean": bool, "integer": int, "long": int, "float": (int, float),
                "double": (int, float), "timestamp": (int, float, str), "blob": (str, bytes), "character": str}


def scalar_problems(shape, value, path):
    kind = shape["type"]
    wanted = PYTHON_TYPES.get(kind)
    if wanted is None:
        yield f"{path}: type {kind} is not known to this check"
    elif not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path}: {value!r} where {kind} is expected"
    elif kind == "string":
        yield from range_problems(shape, len(value), path, "characters")
        if "enum" in shape and value not in shape["enum"]:
            yield f"{path}: {value!r} is none of {', '.join(shape['enum'])}"
        if "pattern" in shape and not pattern(shape["pattern"]).fullmatch(value):
            yield f"{path}: {value!r} does not match {shape['pattern']}"
    elif kind == "blob":
        try:
            content = value if isinstance(value, bytes) else base64.b64decode(value, validate=True)
            yield from range_problems(shape, len(content), path, "bytes")
        except binascii.Error:
            yield f"{path}: not base64"
    elif kind in ("integer", "long", "float", "double"):
        yield from range_problems(shape, value, path, "")


def range_problems(shape, size, path, unit):
    if "min" in shape and size < shape["min"]:
        yield f"{path}: {size} {unit}, at least {shape['min']}".replace("  ", " ")
    if "max" in shape and size > shape["max"]:
        yield f"{path}: {size} {unit}, at most {shape['max']}".replace("  ", " ")


@functools.lru_cache(maxsize=None)
def pattern(text):
    """A pattern of the models for Python, which lacks Unicode classes; \\w is a little wider than \\p{L}."""
    for theirs, ours in (r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d"), (r"[\w-", r"[\w\-"):
        text = text.replace(theirs, ours)
    return re.compile(text)


def load_models():
    """The models of all services, from the first python3 that has them. Skips the test loudly without."""
    checks = "every request against botocore's service models"
    python = peer_python.python_with_botocore(peer_python.NEW, "botocore", checks)
    script = "import os, botocore; print(os.path.join(os.path.dirname(botocore.__file__), 'data'))"
    folder = subprocess.run([python, "-c", script], capture_output=True, check=True, text=True,
                            env=harness.clean_environment(), timeout=60).stdout.strip()
    return {name: Model(read_model(os.path.join(folder, service))) for name, service in SERVICES.items()}


def read_model(folder):
    newest = os.path.join(folder, max(os.listdir(folder)))
    for name, opener in ("service-2.json.gz", gzip.open), ("service-2.json", open):
        if os.path.exists(os.path.join(newest, name)):
            with opener(os.path.join(newest, name), "rt", encoding="utf-8") as file:
                return json.load(file)
    raise FileNotFoundError(f"no service-2.json below {newest}")


def check_request(models, request):
    """("service.Operation", problems) of one recorded request."""
    service = model_wire.signed_service(request)
    if service not in models:
        return f"{service}.?", [f"no model for the service {service}"]
    return min((judge(models[service], service, reading) for reading in model_wire.read(models[service], request)),
               key=lambda judged: len(judged[1]))


def judge(model, service, reading):
    problems = list(reading.problems)
    if reading.operation is None:
        return f"{service}.?", problems
    reference = model.operations[reading.operation].get("input")
    shape = model.shape(reference) if reference else {"type": "structure", "members": {}}
    problems += model.check(shape, reading.members, reading.operation)
    return f"{service}.{reading.operation}", problems


def check_all(models, requests):
    """(how often each operation was sent, all problems with the operation they are of)."""
    seen, problems = {}, []
    for request in requests:
        operation, found = check_request(models, request)
        seen[operation] = seen.get(operation, 0) + 1
        problems += [f"{operation} ({request.method} {request.target[:120]}): {problem}" for problem in found]
    return seen, problems
