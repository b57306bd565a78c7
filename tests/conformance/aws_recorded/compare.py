"""Compares an answer of the sandbox with what AWS was recorded to answer.

The recorder replaced names, ids and times by placeholders. A placeholder stands for any value of the member's type, the
same one wherever it occurs in the answer; a text around a placeholder is a template. Everything else must be equal:
status, error code, message, the set of members at every level, and their values.
"""

import dataclasses
import datetime
import json
import re

PLACEHOLDER = re.compile(r"<[A-Za-z][\w .-]*(?::\d+)?>|111111111111")
# Values that depend on the content of an object or an upload, which no recording shows: their form is compared.
DIGESTS = re.compile(r"ETag|Checksum(CRC32|CRC32C|CRC64NVME|SHA1|SHA256)|(Expected|Calculated)Digest|Content-MD5")
# What the recorder also wrote for a time, and for the owner of a bucket.
TIME_WORDS = ("timestamp", "datetime", "date")
WORDS = (*TIME_WORDS, "owner-id")
UNORDERED = {"Tags": "Key", "TagSet": "Key"}


@dataclasses.dataclass(frozen=True)
class Difference:
    """`where`: the path of the member, "[]" for any element. `kind`: missing, extra, value, type, status or order."""
    kind: str
    where: str
    recorded: object = None
    answered: object = None

    def __str__(self):
        return f"{self.where}: {self.kind}, recorded {short(self.recorded)}, answered {short(self.answered)}"


def short(value):
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 160 else text[:157] + "..."


def hyphened(name):
    """"next-continuation-token" for NextContinuationToken, "i-d" for ID: what the recorder writes for some values."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def is_placeholder(name, text):
    return bool(PLACEHOLDER.fullmatch(text)) or text in WORDS or text == hyphened(name)


class Comparison:
    def __init__(self):
        self.bound = {}
        self.differences = []
        self.templates = []

    def add(self, kind, where, recorded, answered):
        self.differences.append(Difference(kind, where, recorded, answered))

    def run(self, recorded, answered, output):
        """`output`: botocore's shape of the answer, None for errors and empty answers."""
        status = recorded.get("ResponseMetadata", {})
        status = status.get("HTTPStatusCode") if isinstance(status, dict) else None
        actual = answered["ResponseMetadata"]["HTTPStatusCode"]
        if isinstance(status, int) and status != actual:
            self.add("status", "status", status, actual)
        self.structure(without_metadata(recorded), without_metadata(answered), output, "")
        for where, template, actual in self.templates:
            self.check_template(where, template, actual)
        return self.differences

    def structure(self, recorded, answered, shape, where):
        if not isinstance(answered, dict):
            self.add("type", where, recorded, answered)
            return
        members = getattr(shape, "members", {}) if shape is not None else {}
        prefix = where + "." if where else ""
        for name in sorted(set(recorded) | set(answered)):
            if name not in answered:
                self.add("missing", prefix + name, recorded[name], None)
            elif name not in recorded:
                self.add("extra", prefix + name, None, answered[name])
            else:
                inner = members.get(name) if shape is None or shape.type_name == "structure" else shape.value
                self.value(name, recorded[name], answered[name], inner, prefix + name)

    def value(self, name, recorded, answered, shape, where):
        if isinstance(recorded, str) and is_placeholder(name, recorded):
            self.placeholder(name, recorded, answered, shape, where)
        elif isinstance(recorded, dict):
            self.structure(recorded, parsed(answered), shape if is_kind(shape, "structure", "map") else None, where)
        elif isinstance(recorded, list):
            self.list(name, recorded, parsed(answered), shape if is_kind(shape, "list") else None, where)
        elif isinstance(recorded, str) and isinstance(answered, str):
            if DIGESTS.fullmatch(name):
                if digest_form(recorded) != digest_form(answered):
                    self.add("value", where, recorded, answered)
            else:
                self.templates.append((where, recorded, answered))
        elif isinstance(recorded, str):
            self.add("type", where, recorded, answered)
        elif type(recorded) is not type(answered) and not both_numbers(recorded, answered):
            self.add("type", where, recorded, answered)
        elif recorded != answered:
            self.add("value", where, recorded, answered)

    def list(self, name, recorded, answered, shape, where):
        if not isinstance(answered, list):
            self.add("type", where, recorded, answered)
            return
        key = UNORDERED.get(name)
        if key:
            recorded, answered = by_key(recorded, key), by_key(answered, key)
        if len(recorded) != len(answered):
            self.add("value", where + "[]", f"{len(recorded)} elements", f"{len(answered)} elements")
        for mine, theirs in zip(recorded, answered):
            self.value("", mine, theirs, shape.member if shape is not None else None, where + "[]")

    def placeholder(self, name, recorded, answered, shape, where):
        if answered is None or (shape is not None and not of_type(shape, answered)):
            self.add("type", where, recorded, answered)
        elif PLACEHOLDER.fullmatch(recorded) and isinstance(answered, str):
            if self.bound.setdefault(recorded, answered) != answered:
                self.add("value", where, f"{recorded} = {self.bound[recorded]}", answered)

    def check_template(self, where, template, answered):
        pattern, at = "", 0
        for found in PLACEHOLDER.finditer(template):
            pattern += re.escape(template[at:found.start()])
            known = self.bound.get(found.group())
            pattern += re.escape(known) if known else "(?:.+)"
            at = found.end()
        if not re.fullmatch(pattern + re.escape(template[at:]), answered, re.DOTALL):
            self.add("value", where, template, answered)


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def is_kind(shape, *kinds):
    return shape is not None and shape.type_name in kinds


def both_numbers(one, other):
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other))


def parsed(value):
    """A JSON document in a text is recorded as what it says."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def by_key(values, key):
    return sorted(values, key=lambda value: str(value.get(key)) if isinstance(value, dict) else str(value))


def digest_form(text):
    """What stays of a digest when its letters are left out: quotes, length, number of parts."""
    return re.sub(r"[0-9A-Za-z+/]", "x", re.sub(r"-\d+(?=\"?$)", "-n", text))


def of_type(shape, value):
    kind = shape.type_name
    if kind == "timestamp":
        return isinstance(value, datetime.datetime)
    if kind == "list":
        return isinstance(value, list)
    if kind in ("structure", "map"):
        return isinstance(value, dict)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("integer", "long", "float", "double"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return True


def compare(recorded, answered, output):
    return Comparison().run(recorded, answered, output)


# --- proof that a comparison notices what differs ---

def mutants(recorded):
    """Recordings that differ from this one in one point, each of which an equal answer must not pass."""
    if isinstance(recorded.get("ResponseMetadata"), dict) and "HTTPStatusCode" in recorded["ResponseMetadata"]:
        yield "status", changed(recorded, ("ResponseMetadata", "HTTPStatusCode"), 299)
    yield "one member more", {**recorded, "NoSuchMember": "x"}
    for path, value in leaves(without_metadata(recorded)):
        if isinstance(path[-1], str):
            yield "without " + ".".join(map(str, path)), removed(recorded, path)
        name = path[-1] if isinstance(path[-1], str) else ""
        if isinstance(value, bool):
            yield "other " + ".".join(map(str, path)), changed(recorded, path, not value)
        elif isinstance(value, (int, float)):
            yield "other " + ".".join(map(str, path)), changed(recorded, path, value + 1)
        elif isinstance(value, str) and not is_placeholder(name, value):
            yield "other " + ".".join(map(str, path)), changed(recorded, path, value + "!")


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def changed(value, path, leaf):
    if not path:
        return leaf
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], leaf)
    return copy


def removed(value, path):
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = removed(value[path[0]], path[1:])
    return copy
