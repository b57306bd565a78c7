"""From a request on the wire to the members that it carries, by the three protocols of the models: json, query and
rest-xml. What cannot be placed is a problem of the reading.
"""

import base64
import dataclasses
import hashlib
import json
import re
import urllib.parse
import xml.etree.ElementTree as xml


@dataclasses.dataclass
class Reading:
    operation: str = None
    members: dict = dataclasses.field(default_factory=dict)
    problems: list = dataclasses.field(default_factory=list)


def signed_service(request):
    """The service in the scope of the signature; None when the request is not signed."""
    match = re.match(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[^/]+/([a-z0-9]+)/aws4_request,",
                     request.header("Authorization") or "")
    return match.group(1) if match else None


def read(model, request):
    """The readings that are possible; more than one only where the models have several operations on one path."""
    readers = {"json": read_json, "query": read_query, "rest-xml": read_rest}
    # CloudWatch speaks CBOR first, JSON among others.
    protocols = [model.metadata["protocol"], *model.metadata.get("protocols", [])]
    return readers[next(protocol for protocol in protocols if protocol in readers)](model, request)


def wire_name(name, reference):
    return reference.get("locationName", name)


def scalar(kind, text):
    """Text from XML, a form, a header or a query as the type it stands for; itself when it is not written so."""
    if kind in ("integer", "long") and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind in ("float", "double") and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


# --- json

def read_json(model, request):
    reading = Reading()
    expected = f"application/x-amz-json-{model.metadata['jsonVersion']}"
    if request.header("Content-Type") != expected:
        reading.problems.append(f"Content-Type {request.header('Content-Type')} is not {expected}")
    if (request.method, request.target) != ("POST", "/"):
        reading.problems.append(f"{request.method} {request.target} is not POST /")
    prefix, _, operation = (request.header("X-Amz-Target") or "").rpartition(".")
    if prefix != model.metadata["targetPrefix"] or operation not in model.operations:
        reading.problems.append(f"unknown X-Amz-Target {request.header('X-Amz-Target')}")
        return [reading]
    reading.operation = operation
    try:
        reading.members = json.loads(request.body, object_pairs_hook=without_twins)
    except ValueError as error:
        reading.problems.append(f"the body is no JSON: {error}")
    return [reading]


def without_twins(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a member is there twice")
    return dict(pairs)


# --- query

def read_query(model, request):
    reading = Reading()
    if (request.method, request.target) != ("POST", "/"):
        reading.problems.append(f"{request.method} {request.target} is not POST /")
    if not (request.header("Content-Type") or "").startswith("application/x-www-form-urlencoded"):
        reading.problems.append(f"Content-Type {request.header('Content-Type')}")
    pairs = urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    form = without_twins(pairs)
    if form.pop("Version", None) != model.metadata["apiVersion"]:
        reading.problems.append(f"Version is not {model.metadata['apiVersion']}")
    operation = form.pop("Action", None)
    if operation not in model.operations:
        reading.problems.append(f"unknown Action {operation}")
        return [reading]
    reading.operation = operation
    tree = {}
    for name, value in form.items():
        put_into_tree(tree, name.split("."), value)
    reference = model.operations[operation].get("input")
    shape = model.shape(reference) if reference else {"type": "structure", "members": {}}
    reading.members = from_form(model, shape, tree, operation, reading.problems)
    return [reading]


def put_into_tree(tree, names, value):
    for name in names[:-1]:
        tree = tree.setdefault(name, {})
    tree[names[-1]] = value


def from_form(model, shape, node, path, problems):
    kind = shape["type"]
    if kind not in ("structure", "list", "map"):
        return scalar(kind, node) if isinstance(node, str) else node
    if not isinstance(node, dict):
        return node
    if kind == "structure":
        names = {wire_name(name, reference): name for name, reference in shape["members"].items()}
        problems += [f"{path}: unknown member {name}" for name in node if name not in names]
        return {names[name]: from_form(model, model.shape(shape["members"][names[name]]), inner, f"{path}.{name}",
                                       problems) for name, inner in node.items() if name in names}
    if not shape.get("flattened"):
        step = wire_name("member", shape["member"]) if kind == "list" else "entry"
        problems += [f"{path}: {name} where only {step} may stand" for name in node if name != step]
        node = node.get(step, {})
    if sorted(node) != sorted(str(number) for number in range(1, len(node) + 1)):
        problems.append(f"{path}: numbered {', '.join(node)}")
    items = [node[number] for number in sorted(node, key=lambda text: int(text) if text.isdigit() else 0)]
    if kind == "map":
        return {item["key"]: from_form(model, model.shape(shape["value"]), item["value"], path, problems)
                for item in items}
    return [from_form(model, model.shape(shape["member"]), item, f"{path}[{index}]", problems)
            for index, item in enumerate(items)]


# --- rest-xml

# What a request may carry whatever the operation; the last two are sent by all SDKs.
COMMON_HEADERS = {"host", "authorization", "user-agent", "accept", "accept-encoding", "connection", "content-length",
                  "content-type", "content-md5", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "expect",
                  "amz-sdk-invocation-id", "amz-sdk-request"}
CHECKSUM_HEADERS = ("content-md5", "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "x-amz-checksum-sha1",
                    "x-amz-checksum-sha256", "x-amz-checksum-crc64nvme")


def read_rest(model, request):
    path, _, query_text = request.target.partition("?")
    query = [(urllib.parse.unquote(name), urllib.parse.unquote(value), bool(equals)) for name, equals, value in
             (part.partition("=") for part in query_text.split("&") if part)]
    bucket, slash, key = path[1:].partition("/")
    place = {"Bucket": urllib.parse.unquote(bucket)} if bucket else {}
    if slash and key:
        place["Key"] = urllib.parse.unquote(key, errors="surrogateescape")
    candidates = [name for name, operation in model.operations.items()
                  if not operation.get("deprecated") and fits(operation["http"], request, place, query)]
    most = max((len(literals(model.operations[name]["http"])) for name in candidates), default=0)
    readings = [read_rest_as(model, name, request, place, query) for name in candidates
                if len(literals(model.operations[name]["http"])) == most]
    return readings or [Reading(problems=[f"no operation is {request.method} {request.target}"])]


def literals(http):
    """The query members that belong to the operation's address: `?versions`, `?list-type=2`."""
    text = http["requestUri"].partition("?")[2]
    return [tuple(part.partition("=")[::2]) for part in text.split("&") if part]


def fits(http, request, place, query):
    template = http["requestUri"].partition("?")[0]
    needs = {name for name in ("Bucket", "Key") if "{" + name in template}
    there = {(name, value) for name, value, _ in query}
    return http["method"] == request.method and needs == set(place) and all(pair in there for pair in literals(http))


def read_rest_as(model, name, request, place, query):
    operation = model.operations[name]
    reading = Reading(name, dict(place))
    reference = operation.get("input")
    shape = model.shape(reference) if reference else {"type": "structure", "members": {}}
    read_query_members(model, shape, literals(operation["http"]), query, reading)
    read_header_members(model, shape, request, "httpChecksum" in operation, reading)
    read_payload(model, shape, request, reading)
    read_digests(operation, request, reading)
    return reading


def located(shape, location):
    return {wire_name(name, reference).lower() if location == "header" else wire_name(name, reference): name
            for name, reference in shape["members"].items() if reference.get("location") == location}


def read_query_members(model, shape, address, query, reading):
    names = located(shape, "querystring")
    if len({name for name, _, _ in query}) != len(query):
        reading.problems.append("a query member is there twice")
    for name, value, _ in query:
        if name in names:
            kind = model.shape(shape["members"][names[name]])["type"]
            reading.members[names[name]] = scalar(kind, value)
        elif (name, value) not in address:
            reading.problems.append(f"unknown query member {name}={value}")


def read_header_members(model, shape, request, takes_checksum, reading):
    names = located(shape, "header")
    common = COMMON_HEADERS.union(CHECKSUM_HEADERS if takes_checksum else ())
    for header, value in request.headers:
        lower = header.lower()
        if lower in names:
            kind = model.shape(shape["members"][names[lower]])["type"]
            reading.members[names[lower]] = scalar(kind, value)
        elif lower not in common:
            reading.problems.append(f"unknown header {header}: {value}")


def read_payload(model, shape, request, reading):
    payload = shape.get("payload")
    if payload is None:
        if request.body:
            reading.problems.append("a body where none belongs")
        return
    inner = model.shape(shape["members"][payload])
    if inner["type"] != "structure":
        reading.members[payload] = request.body
        return
    if not request.body:
        return
    try:
        root = xml.fromstring(request.body)
    except xml.ParseError as error:
        reading.problems.append(f"the body is no XML: {error}")
        return
    space = "{" + inner["xmlNamespace"]["uri"] + "}"
    if root.tag != space + inner["locationName"]:
        reading.problems.append(f"the root element is {root.tag}, not {space}{inner['locationName']}")
    reading.members[payload] = from_xml(model, inner, root, space, payload, reading.problems)


def from_xml(model, shape, node, space, path, problems):
    kind = shape["type"]
    if kind == "structure":
        return structure_from_xml(model, shape, node, space, path, problems)
    if kind == "list":  # not flattened: the elements have a parent element
        step = space + wire_name("member", shape["member"])
        problems += [f"{path}: <{child.tag}> where only <{step}> may stand" for child in node if child.tag != step]
        return [from_xml(model, model.shape(shape["member"]), child, space, f"{path}[{index}]", problems)
                for index, child in enumerate(node) if child.tag == step]
    if len(node):
        problems.append(f"{path}: elements where text is expected")
    return scalar(kind, node.text or "")


def structure_from_xml(model, shape, node, space, path, problems):
    elements = {space + wire_name(name, reference): name for name, reference in shape["members"].items()
                if not reference.get("xmlAttribute")}
    attributes = [name for name, reference in shape["members"].items() if reference.get("xmlAttribute")]
    if node.attrib and not attributes:
        problems.append(f"{path}: attributes {', '.join(node.attrib)}")
    if (node.text or "").strip():
        problems.append(f"{path}: text between elements")
    members = {}
    for child in node:
        if child.tag not in elements:
            problems.append(f"{path}: unknown element {child.tag}")
            continue
        name = elements[child.tag]
        inner = model.shape(shape["members"][name])
        where = f"{path}.{name}"
        if inner["type"] == "list" and inner.get("flattened"):
            members.setdefault(name, []).append(
                from_xml(model, model.shape(inner["member"]), child, space, where, problems))
        elif name in members:
            problems.append(f"{where}: there twice")
        else:
            members[name] = from_xml(model, inner, child, space, where, problems)
    return members


def read_digests(operation, request, reading):
    """Checksums that S3 demands, and that those sent are right."""
    needed = operation.get("httpChecksumRequired") or operation.get("httpChecksum", {}).get("requestChecksumRequired")
    if needed and not any(request.header(name) for name in CHECKSUM_HEADERS):
        reading.problems.append("a checksum is required")
    md5 = request.header("Content-MD5")
    if md5 is not None and md5 != base64.b64encode(hashlib.md5(request.body).digest()).decode():
        reading.problems.append("Content-MD5 is wrong")
    if request.header("x-amz-content-sha256") != hashlib.sha256(request.body).hexdigest():
        reading.problems.append("x-amz-content-sha256 is not that of the body")
