"""From an answer as boto3 shows it back to the bytes that the service sent, by the models of botocore.

Placeholders become values of the member's type, so that a reader meets what AWS sends and not the recorder's words.
"""

import base64
import datetime
import json
import re
import urllib.parse
import xml.etree.ElementTree as xml

import botocore.awsrequest
import botocore.parsers

import compare

TIME = datetime.datetime(2025, 3, 6, 12, 24, 58, tzinfo=datetime.timezone.utc)
ACCOUNT = "111111111111"
NAMESPACES = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
              "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}
ESCAPED = ("Key", "Prefix", "Delimiter", "Marker", "NextMarker", "StartAfter", "KeyMarker", "NextKeyMarker")
VALUES = {"<partition>": "aws", "<region>": "us-west-2", ACCOUNT: ACCOUNT}


def filled(text):
    """A text with a word for each placeholder: the same for the same one."""
    def word(found):
        inside = re.sub(r"[^A-Za-z0-9]+", "-", found.group().strip("<>"))
        is_path = inside.startswith("path") and "prefix" not in inside
        return VALUES.get(found.group(), f"/{inside}/" if is_path else inside)
    return compare.PLACEHOLDER.sub(word, text)


def concrete(name, value, shape):
    """The value with a value for each placeholder, by the shape."""
    kind = shape.type_name if shape is not None else None
    if kind == "timestamp":
        return value if isinstance(value, datetime.datetime) else TIME
    if isinstance(value, str) and kind in ("integer", "long", "float", "double", "boolean", "list", "structure", "map"):
        return {"list": [], "structure": {}, "map": {}, "boolean": False}.get(
            kind, int(TIME.timestamp() * 1000) if value in compare.TIME_WORDS else int(value) if value.isdigit() else 1)
    if isinstance(value, dict) and kind in ("structure", "map"):
        inner = shape.members if kind == "structure" else None
        return {filled(member): concrete(member, part, inner[member] if inner else shape.value)
                for member, part in value.items()}
    if isinstance(value, list) and kind == "list":
        return [concrete("", part, shape.member) for part in value]
    if isinstance(value, (dict, list)):
        return json.dumps(deep_filled(value))
    return filled(value) if isinstance(value, str) else value


def deep_filled(value):
    if isinstance(value, dict):
        return {filled(name): deep_filled(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [deep_filled(inner) for inner in value]
    return filled(value) if isinstance(value, str) else value


def answer(model, operation, recorded):
    """{"status", "headers", "body"} of a recorded answer, and the answer with values for its placeholders."""
    metadata = recorded.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    protocol = protocol_of(model)
    if "Error" in recorded:
        error = deep_filled(recorded["Error"])
        return error_answer(model, protocol, status if isinstance(status, int) else 400, error), error
    output = model.operation_model(operation).output_shape
    values = concrete("", compare.without_metadata(recorded), output) if output is not None else {}
    return written(model, operation, status if isinstance(status, int) else 200, values), values


def written(model, operation, status, values):
    output = model.operation_model(operation).output_shape
    protocol = protocol_of(model)
    if protocol == "json":
        body = json.dumps(json_value(values, output)) if output is not None else ""
        headers = {"Content-Type": f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.0')}"}
        return {"status": status, "headers": headers, "body": body}
    if protocol == "query":
        return {"status": status, "headers": {"Content-Type": "text/xml"},
                "body": query_body(model, operation, values, output)}
    return rest_answer(model, status, escaped(operation, values), output)


def escaped(operation, values):
    """The names in lists of S3 in the URL encoding that boto3 asks for by itself, and undoes."""
    if operation not in ("ListObjects", "ListObjectsV2", "ListObjectVersions") or values.get("EncodingType") != "url":
        return values
    return escaped_names(values)


def escaped_names(value, name=""):
    if isinstance(value, dict):
        return {member: escaped_names(inner, member) for member, inner in value.items()}
    if isinstance(value, list):
        return [escaped_names(inner, name) for inner in value]
    return urllib.parse.quote_plus(value, safe="/") if name in ESCAPED and isinstance(value, str) else value


def read_back(model, operation, written):
    """What boto3 makes of written bytes: the proof that they say what was recorded."""
    parser = botocore.parsers.create_parser(protocol_of(model))
    response = {"status_code": written["status"], "headers": botocore.awsrequest.HeadersDict(written["headers"]),
                "body": written["body"].encode()}
    parsed = parser.parse(response, model.operation_model(operation).output_shape)
    return without_nothing(decoded(compare.without_metadata(parsed)))


def decoded(value):
    """IAM's policies as plain text."""
    if isinstance(value, dict):
        return {name: decoded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [decoded(inner) for inner in value]
    return urllib.parse.unquote(value) if isinstance(value, str) and value.startswith("%7B") else value


def without_nothing(value):
    """XML and headers do not tell an empty value from an absent one."""
    if isinstance(value, dict):
        inner = {name: without_nothing(part) for name, part in value.items()}
        return {name: part for name, part in inner.items() if part not in (None, "", [], {})}
    if isinstance(value, list):
        return [without_nothing(part) for part in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def protocol_of(model):
    """CloudWatch speaks CBOR first; fhctl speaks its JSON."""
    protocols = [model.metadata["protocol"], *model.metadata.get("protocols", [])]
    return next(protocol for protocol in ("json", "rest-xml", "query") if protocol in protocols)


def error_answer(model, protocol, status, error):
    if protocol == "json":
        body = json.dumps({"__type": error.get("Code"), "message": error.get("Message")})
        return {"status": status, "headers": {"Content-Type": "application/x-amz-json-1.1"}, "body": body}
    if str(error.get("Code")) == str(status):  # of a HEAD, or a 304: there is no body
        return {"status": status, "headers": {}, "body": ""}
    element = xml.Element("Error")
    for name, value in error.items():
        xml.SubElement(element, name).text = None if value is None else str(value)
    if protocol == "query":
        root = xml.Element("ErrorResponse", xmlns=namespace(model))
        root.append(element)
        element = root
    xml.SubElement(element, "RequestId").text = "4442587FB7D0A2F9"
    return {"status": status, "headers": {"Content-Type": "application/xml"}, "body": text_of(element)}


def namespace(model):
    return NAMESPACES.get(model.signing_name, model.metadata.get("xmlNamespace", ""))


def text_of(element):
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(element, encoding="unicode")


def json_value(value, shape):
    kind = shape.type_name
    if kind == "structure":
        return {shape.members[name].serialization.get("name", name): json_value(inner, shape.members[name])
                for name, inner in value.items()}
    if kind == "map":
        return {name: json_value(inner, shape.value) for name, inner in value.items()}
    if kind == "list":
        return [json_value(inner, shape.member) for inner in value]
    if kind == "timestamp":
        return value.timestamp()
    return base64.b64encode(value.encode()).decode() if kind == "blob" and isinstance(value, str) else value


def scalar_text(name, value, shape):
    if shape.type_name == "timestamp":
        return value.strftime("%Y-%m-%dT%H:%M:%S" + (".000Z" if name == "rest" else "Z"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def append(parent, name, value, shape, style):
    """Adds the element of a member. `style`: "query" or "rest"."""
    if shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        inner = shape.member.serialization.get("name", "member")
        target = parent if flat else xml.SubElement(parent, name)
        for part in value:
            append(target, name if flat else inner, part, shape.member, style)
    elif shape.type_name == "map":
        flat = shape.serialization.get("flattened")
        target = parent if flat else xml.SubElement(parent, name)
        for key, part in value.items():
            entry = xml.SubElement(target, name if flat else "entry")
            xml.SubElement(entry, shape.key.serialization.get("name", "key")).text = key
            append(entry, shape.value.serialization.get("name", "value"), part, shape.value, style)
    elif shape.type_name == "structure":
        element = xml.SubElement(parent, name)
        for member, part in value.items():
            inner = shape.members[member]
            if inner.serialization.get("xmlAttribute"):
                element.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
                element.set(inner.serialization["name"], part)
            else:
                append(element, wire_name(member, inner), part, inner, style)
    else:
        element = xml.SubElement(parent, name)
        element.text = scalar_text(style, value, shape)
        # IAM sends its policies percent-encoded.
        if style == "query" and (element.text or "").startswith("{"):
            element.text = urllib.parse.quote(element.text, safe="")


def wire_name(name, shape):
    """The element of a member. The name of a flattened list is that of its elements."""
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        return shape.serialization.get("name") or shape.member.serialization.get("name") or name
    return shape.serialization.get("name", name)


def query_body(model, operation, values, output):
    root = xml.Element(operation + "Response", xmlns=namespace(model))
    if output is not None:
        result = xml.SubElement(root, output.serialization.get("resultWrapper", operation + "Result"))
        for name, value in values.items():
            append(result, wire_name(name, output.members[name]), value, output.members[name], "query")
    xml.SubElement(xml.SubElement(root, "ResponseMetadata"), "RequestId").text = "4442587F-B7D0-A2F9"
    return text_of(root)


def rest_answer(model, status, values, output):
    """Members of a REST answer are in headers, in one body, or are elements of the body."""
    headers, body, elements = {}, "", {}
    payload = output.serialization.get("payload") if output is not None else None
    root_shape = output
    for name, value in values.items():
        shape = output.members[name]
        location = shape.serialization.get("location")
        if location == "header":
            if value is not None:
                text = (value.strftime("%a, %d %b %Y %H:%M:%S GMT") if shape.type_name == "timestamp"
                        else scalar_text("rest", value, shape))
                headers[shape.serialization["name"]] = text
        elif location == "headers":
            headers.update({shape.serialization["name"] + key: part for key, part in value.items()})
        elif name == payload and shape.type_name in ("blob", "string"):
            body = value if isinstance(value, str) else json.dumps(value)
        elif name == payload:
            elements, root_shape = value, shape
        else:
            elements[name] = value
    if root_shape is not None and (elements or (not payload and has_elements(output))):
        headers["Content-Type"] = "application/xml"
        root = xml.Element(root_name(root_shape), xmlns=namespace(model))
        for name, value in elements.items():
            append(root, wire_name(name, root_shape.members[name]), value, root_shape.members[name], "rest")
        body = text_of(root)
    return {"status": status, "headers": headers, "body": body}


def has_elements(output):
    return any(not shape.serialization.get("location") for shape in output.members.values())


def root_name(output):
    """The models name few roots of answers; S3 uses "...Result" for its lists."""
    known = {"ListObjectsOutput": "ListBucketResult", "ListObjectsV2Output": "ListBucketResult",
             "ListObjectVersionsOutput": "ListVersionsResult", "ListBucketsOutput": "ListAllMyBucketsResult",
             "ListMultipartUploadsOutput": "ListMultipartUploadsResult", "DeleteObjectsOutput": "DeleteResult",
             "GetBucketTaggingOutput": "Tagging", "GetBucketVersioningOutput": "VersioningConfiguration",
             "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration"}
    return known.get(output.name) or output.serialization.get("name") or output.name
