"""The sandbox's AWS APIs called directly, signed here in a few lines: what the tests see does not pass through fhctl.

snapshot() reads a whole account into plain data that two runs can be compared by.
"""

import base64
import hashlib
import hmac
import http.client
import json
import re
import time
import urllib.parse
import xml.etree.ElementTree as xml

REGION = "us-west-2"
JSON_TARGETS = {"firehose": "Firehose_20150804", "logs": "Logs_20140328", "ssm": "AmazonSSM"}
QUERY_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}


class AwsError(Exception):
    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body.decode(errors='replace')[:600]}")
        self.status = status
        self.body = body


def quote(text, safe="-_.~"):
    return urllib.parse.quote(text, safe=safe)


def hmac_sha256(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Aws:
    """Signed calls to one endpoint, in one region, over one kept connection."""

    def __init__(self, url, access_key, secret_key, region=REGION):
        self.access_key, self.secret_key, self.region = access_key, secret_key, region
        self.host = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=30)

    @classmethod
    def of(cls, sandbox, region=REGION):
        exports = sandbox.exports
        return cls(sandbox.url, exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"], region)

    def close(self):
        self.connection.close()

    def sign(self, service, method, path, query, body, headers):
        region = "us-east-1" if service == "iam" else self.region
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        digest = hashlib.sha256(body).hexdigest()
        headers = {name.lower(): value for name, value in headers.items()}
        headers.update({"host": self.host, "x-amz-date": now, "x-amz-content-sha256": digest})
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
        canonical = "\n".join([method, path, query, lines, names, digest])
        scope = f"{now[:8]}/{region}/{service}/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.secret_key).encode()
        for part in scope.split("/"):
            key = hmac_sha256(key, part)
        signature = hmac_sha256(key, to_sign).hex()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                                    f"SignedHeaders={names}, Signature={signature}")
        return headers

    def call(self, service, method, path, query="", body=b"", headers=None):
        """(status, headers, body). `path` and `query` as they go over the wire, the query sorted."""
        signed = self.sign(service, method, path, query, body, headers or {})
        target = path + ("?" + query if query else "")
        for attempt in (1, 2):
            try:
                self.connection.request(method, target, body=body, headers=signed)
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()  # a kept connection that the server has closed
                if attempt == 2:
                    raise

    def checked(self, *arguments, **named):
        status, headers, body = self.call(*arguments, **named)
        if status >= 300:
            raise AwsError(status, body)
        return headers, body

    # --- S3

    def s3(self, method, bucket, key="", query=None, body=b"", headers=None):
        """(headers, body). `query` is a dict; a value of None stands for a bare name."""
        path = "/" + quote(bucket) + ("/" + quote(key, "-_.~/") if key else "")
        pairs = sorted((quote(name), quote(value or "")) for name, value in (query or {}).items())
        extra = dict(headers or {})
        if body:
            extra.setdefault("content-md5", base64.b64encode(hashlib.md5(body).digest()).decode())
        return self.checked("s3", method, path, "&".join("=".join(pair) for pair in pairs), body, extra)

    def s3_or_none(self, *arguments, **named):
        try:
            return self.s3(*arguments, **named)[1]
        except AwsError as error:
            if error.status == 404:
                return None
            raise

    def create_bucket(self, bucket):
        place = f"<LocationConstraint>{self.region}</LocationConstraint>"
        namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
        body = f'<CreateBucketConfiguration xmlns="{namespace}">{place}</CreateBucketConfiguration>'
        self.s3("PUT", bucket, body=b"" if self.region == "us-east-1" else body.encode())

    def put_setting(self, bucket, setting, document):
        """A bucket setting: `tagging`, `lifecycle`, `encryption`, `versioning`, ... as its XML document."""
        root, rest = re.match(r"<(\w+)>(.*)$", document, re.DOTALL).groups()
        body = f'<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{rest}'
        self.s3("PUT", bucket, query={setting: None}, body=body.encode())

    def tags_of_bucket(self, bucket):
        body = self.s3_or_none("GET", bucket, query={"tagging": None})
        root = xml.fromstring(body) if body else []
        return {child_text(tag, "Key"): child_text(tag, "Value") for tag in root.iter() if local(tag) == "Tag"} \
            if body else {}

    def keys(self, bucket, prefix=""):
        """The keys of the objects, without those of fhctl's own unless the prefix asks for them."""
        found, token = [], None
        while True:
            query = {"list-type": "2", "encoding-type": "url", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            root = xml.fromstring(self.s3("GET", bucket, query=query)[1])
            found += [urllib.parse.unquote_plus(child_text(item, "Key")) for item in all_of(root, "Contents")]
            token = child_text(root, "NextContinuationToken")
            if not token:
                return [key for key in found if prefix or not key.startswith("_fhctl/")]

    # --- JSON and query services

    def json(self, service, operation, **members):
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{JSON_TARGETS[service]}.{operation}"}
        body = self.checked(service, "POST", "/", body=json.dumps(members).encode(), headers=headers)[1]
        return json.loads(body or b"{}")

    def firehose(self, operation, **members):
        return self.json("firehose", operation, **members)

    def logs(self, operation, **members):
        return self.json("logs", operation, **members)

    def iam(self, action, **members):
        """The answer's XML root."""
        form = {"Action": action, "Version": QUERY_VERSIONS["iam"], **members}
        body = "&".join(f"{quote(name)}={quote(value)}" for name, value in form.items()).encode()
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        return xml.fromstring(self.checked("iam", "POST", "/", body=body, headers=headers)[1])


# --- XML without its namespaces

def local(node):
    return node.tag.rpartition("}")[2]


def all_of(node, name):
    return [child for child in node.iter() if local(child) == name]


def child_text(node, name):
    for child in node:
        if local(child) == name:
            return child.text or ""
    return ""


# --- the whole account, without what differs between two runs that did the same

VOLATILE_MANIFEST = {"generation", "published_at", "publisher", "since_generation", "drain", "endpoint_url"}
VOLATILE_DOCUMENT = {"created_at", "intent"}


def without(data, names):
    if isinstance(data, dict):
        return {key: without(value, names) for key, value in data.items() if key not in names}
    return [without(item, names) for item in data] if isinstance(data, list) else data


def read_own(key, body):
    if key.endswith("/manifest.json"):
        return without(json.loads(body), VOLATILE_MANIFEST)
    if key.endswith("/pipeline.json"):
        return without(json.loads(body), VOLATILE_DOCUMENT)
    return body.decode(errors="replace")


def read_bucket(aws, bucket):
    settings = {name: (aws.s3_or_none("GET", bucket, query={name: None}) or b"").decode()
                for name in ("lifecycle", "encryption", "publicAccessBlock", "policy", "versioning")}
    versions = xml.fromstring(aws.s3("GET", bucket, query={"versions": None, "encoding-type": "url"})[1])
    uploads = xml.fromstring(aws.s3("GET", bucket, query={"uploads": None, "encoding-type": "url"})[1])
    own = {key: read_own(key, aws.s3("GET", bucket, key)[1]) for key in aws.keys(bucket, "_fhctl/")}
    return {"tags": aws.tags_of_bucket(bucket), "settings": settings, "own": own,
            "versions": sorted(child_text(item, "Key") for item in all_of(versions, "Version")),
            "markers": len(all_of(versions, "DeleteMarker")), "uploads": len(all_of(uploads, "Upload"))}


def read_role(aws, name):
    role = all_of(aws.iam("GetRole", RoleName=name), "Role")[0]
    policies = [item.text for item in all_of(aws.iam("ListRolePolicies", RoleName=name), "member")]
    return {"arn": child_text(role, "Arn"), "trust": urllib.parse.unquote(child_text(role, "AssumeRolePolicyDocument")),
            "tags": {child_text(tag, "Key"): child_text(tag, "Value") for tag in all_of(role, "member")},
            "policies": {policy: urllib.parse.unquote(all_of(
                aws.iam("GetRolePolicy", RoleName=name, PolicyName=policy), "PolicyDocument")[0].text)
                for policy in policies}}


def read_group(aws, group):
    name = group["logGroupName"]
    streams = aws.logs("DescribeLogStreams", logGroupName=name).get("logStreams", [])
    arn = group["arn"].removesuffix(":*")
    return {"retention": group.get("retentionInDays"), "streams": [stream["logStreamName"] for stream in streams],
            "tags": aws.logs("ListTagsForResource", resourceArn=arn).get("tags", {})}


def read_stream(aws, name):
    there = aws.firehose("DescribeDeliveryStream", DeliveryStreamName=name)["DeliveryStreamDescription"]
    tags = aws.firehose("ListTagsForDeliveryStream", DeliveryStreamName=name)["Tags"]
    return {"status": there["DeliveryStreamStatus"], "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "destination": without(there["Destinations"], {"DestinationId"})}


def stream_names(aws):
    return aws.firehose("ListDeliveryStreams", Limit=10000)["DeliveryStreamNames"]


def snapshot(aws):
    """Everything in the account. The random id of a pipeline reads ID; times and versions are left out."""
    buckets = [child_text(item, "Name") for item in all_of(xml.fromstring(aws.checked("s3", "GET", "/")[1]), "Bucket")]
    roles = [child_text(role, "RoleName") for role in all_of(aws.iam("ListRoles"), "member")]
    groups = aws.logs("DescribeLogGroups").get("logGroups", [])
    everything = {"buckets": {name: read_bucket(aws, name) for name in buckets},
                  "roles": {name: read_role(aws, name) for name in roles},
                  "groups": {group["logGroupName"]: read_group(aws, group) for group in groups},
                  "streams": {name: read_stream(aws, name) for name in stream_names(aws)}}
    text = json.dumps(everything, sort_keys=True, indent=1)
    # One id only: a second one would stay as it is and show as a difference.
    found = re.search(r'"fhctl:id": "([0-9a-f]+)"', text)
    return text.replace(found.group(1), "ID") if found else text
