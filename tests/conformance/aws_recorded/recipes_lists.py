"""Recipes of S3's lists. The answer repeats the request: prefix, delimiter, markers, page size."""

import json
import urllib.parse

from recipes import BUCKET, Underivable, error_recipe, fill, make_bucket, only, recipe


def text_of(answer, name):
    """A member of the request that the answer repeats; None where the answer shows none."""
    value = answer.get(name)
    return fill(value) if isinstance(value, str) and value else None


def asked(answer, **names):
    """Members of the request by the members of the answer that repeat them."""
    members = {name: text_of(answer, shown) for name, shown in names.items()}
    return {name: value for name, value in members.items() if value is not None}


def keys_of(answer, name):
    return [fill(entry["Key"]) for entry in answer.get(name, [])]


def put_keys(cloud, entries, prefixes):
    for entry in entries:
        storage = entry.get("StorageClass", "STANDARD")
        members = {} if storage == "STANDARD" else {"StorageClass": storage}
        # S3 itself computes CRC64NVME where the client sends no checksum.
        client = cloud.s3_plain if entry.get("ChecksumAlgorithm") == ["CRC64NVME"] else cloud.s3
        client.put_object(Bucket=BUCKET, Key=fill(entry["Key"]), Body=b"x" * int(entry["Size"]), **members)
    for prefix in prefixes:
        cloud.s3.put_object(Bucket=BUCKET, Key=prefix + "x")


def prefixes_of(answer):
    return [fill(entry["Prefix"]) for entry in answer.get("CommonPrefixes", [])]


def key_after(answer, keys):
    """One more key behind this page, where the answer says that there is one."""
    prefix = text_of(answer, "Prefix") or ""
    last = max(keys, default=prefix)
    return prefix + last[len(prefix):len(prefix) + 1] + "\U0001F600" if last != prefix else prefix + "zz"


def lister(cloud, answer):
    """boto3 asks for URL encoding unless it is told not to; the answer then has no EncodingType."""
    return cloud.s3 if answer.get("EncodingType") else cloud.s3_plain


def is_escaped(answer):
    """Whether the request asked for URL encoding itself, so that boto3 left all names as S3 wrote them."""
    return "%25" in (text_of(answer, "Delimiter") or "")


def unescaped(answer):
    if not is_escaped(answer):
        return answer, {}
    return json.loads(urllib.parse.unquote_plus(json.dumps(answer))), {"EncodingType": "url"}


def make_list(cloud, answer, name):
    """Objects as the page shows them, and one behind it if it is not the last."""
    make_bucket(cloud)
    keys, prefixes = keys_of(answer, name), prefixes_of(answer)
    put_keys(cloud, answer.get(name, []), prefixes)
    if answer.get("IsTruncated"):
        cloud.s3.put_object(Bucket=BUCKET, Key=key_after(answer, keys + prefixes))


def page_size(answer, name):
    return {name: answer[name]} if answer.get(name, 1000) != 1000 else {}


@recipe("s3.ListObjectsV2")
def list_objects_v2(cloud, recorded):
    answer, members = unescaped(recorded)
    make_list(cloud, answer, "Contents")
    members.update(page_size(answer, "MaxKeys"))
    members.update(asked(answer, Prefix="Prefix", StartAfter="StartAfter", Delimiter="Delimiter"))
    if any("Owner" in entry for entry in answer.get("Contents", [])):
        members["FetchOwner"] = True
    if answer.get("ContinuationToken"):
        members["ContinuationToken"] = token_before(cloud, answer)
    return lambda: lister(cloud, answer).list_objects_v2(Bucket=BUCKET, **members)


def token_before(cloud, answer):
    """A token that leads to this page: that of a page with one key, right before the first of this one."""
    first = min(keys_of(answer, "Contents") + prefixes_of(answer), default=None)
    prefix = text_of(answer, "Prefix") or ""
    if first is None or prefix + "!" >= first:
        raise Underivable("no key can stand before this page")
    cloud.s3.put_object(Bucket=BUCKET, Key=prefix + "!")
    return cloud.s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1, Prefix=prefix)["NextContinuationToken"]


@recipe("s3.ListObjects")
def list_objects(cloud, recorded):
    answer, members = unescaped(recorded)
    make_list(cloud, answer, "Contents")
    members.update(page_size(answer, "MaxKeys"))
    members.update(asked(answer, Prefix="Prefix", Marker="Marker", Delimiter="Delimiter"))
    return lambda: lister(cloud, answer).list_objects(Bucket=BUCKET, **members)


def make_versions(cloud, answer):
    """The versions and delete markers of each key, oldest first; the list shows the newest first."""
    entries = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
    # A placeholder that all entries share stands for "null".
    ids = {entry.get("VersionId") for entry in entries}
    without_versions = [entry for entry in entries
                        if entry.get("VersionId") == "null" or (len(ids) == 1 and len(entries) > 1)]
    make_bucket(cloud)
    if without_versions and len(without_versions) < len(entries):
        raise Underivable("the bucket got its versions after its first objects")
    if not without_versions:
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in dict.fromkeys(entry["Key"] for entry in entries):
        kinds = {kind: [entry for entry in answer.get(kind, []) if entry["Key"] == key]
                 for kind in ("Versions", "DeleteMarkers")}
        # The kind of the latest entry was made last.
        for kind in sorted(kinds, key=lambda kind: any(entry["IsLatest"] for entry in kinds[kind])):
            for entry in reversed(kinds[kind]):
                if kind == "Versions":
                    cloud.s3.put_object(Bucket=BUCKET, Key=fill(key), Body=b"x" * int(entry["Size"]))
                else:
                    cloud.s3.delete_object(Bucket=BUCKET, Key=fill(key))


@recipe("s3.ListObjectVersions")
def list_object_versions(cloud, recorded):
    answer, members = unescaped(recorded)
    make_versions(cloud, answer)
    prefixes = prefixes_of(answer)
    put_keys(cloud, [], prefixes)
    keys = keys_of(answer, "Versions") + keys_of(answer, "DeleteMarkers")
    if answer.get("IsTruncated"):
        cloud.s3.put_object(Bucket=BUCKET, Key=key_after(answer, keys + prefixes))
    members.update(page_size(answer, "MaxKeys"))
    members.update(asked(answer, Prefix="Prefix", KeyMarker="KeyMarker", Delimiter="Delimiter"))
    if answer.get("VersionIdMarker"):
        # The version right before the page: a newer one of its first key, or one of an earlier key.
        place = {"Bucket": BUCKET, "Key": members["KeyMarker"]}
        members["VersionIdMarker"] = cloud.s3.put_object(**place)["VersionId"]
        if any(entry["IsLatest"] for entry in entries_of(answer, members["KeyMarker"])):  # it was deleted meanwhile
            cloud.s3.delete_object(VersionId=members["VersionIdMarker"], **place)
    elif any(all(not entry["IsLatest"] for entry in entries_of(answer, key)) for key in keys):
        raise Underivable("the newest version of a key is on another page")
    return lambda: lister(cloud, answer).list_object_versions(Bucket=BUCKET, **members)


def entries_of(answer, key):
    return [entry for kind in ("Versions", "DeleteMarkers") for entry in answer.get(kind, [])
            if fill(entry["Key"]) == key]


@recipe("s3.ListMultipartUploads")
def list_multipart_uploads(cloud, recorded):
    answer, members = unescaped(recorded)
    make_bucket(cloud)
    members.update(page_size(answer, "MaxUploads"))
    members.update(asked(answer, Prefix="Prefix", KeyMarker="KeyMarker", Delimiter="Delimiter"))
    keys, prefixes = keys_of(answer, "Uploads"), prefixes_of(answer)
    if answer.get("EncodingType"):  # boto3 does not ask for it here by itself
        members["EncodingType"] = "url"
    if answer.get("UploadIdMarker") and "KeyMarker" in members:
        members["UploadIdMarker"] = make_upload(cloud, members["KeyMarker"])
    elif answer.get("UploadIdMarker"):  # without a key it is ignored
        members["UploadIdMarker"] = make_upload(cloud, "zz") if answer.get("IsTruncated") else "ignored"
    for key in keys + [prefix + "x" for prefix in prefixes]:
        make_upload(cloud, key)
    if answer.get("IsTruncated"):
        make_upload(cloud, key_after(answer, keys + prefixes))
    return lambda: cloud.s3.list_multipart_uploads(Bucket=BUCKET, **members)


def make_upload(cloud, key):
    return cloud.s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]


@recipe("s3.CreateMultipartUpload")
def create_multipart_upload(cloud, answer):
    only(answer, "Bucket Key UploadId ServerSideEncryption ChecksumAlgorithm ChecksumType")
    if {"ChecksumAlgorithm", "ChecksumType"} & set(answer):
        raise Underivable("the sandbox does not simulate checksums of uploads")
    make_bucket(cloud)
    return lambda: cloud.s3.create_multipart_upload(Bucket=BUCKET, Key=fill(answer["Key"]))


@recipe("s3.CompleteMultipartUpload")
def complete_multipart_upload(cloud, answer):
    only(answer, "Bucket ETag Key Location ServerSideEncryption VersionId")
    if not answer["ETag"].endswith('-1"'):
        raise Underivable("an upload of several large parts")
    make_bucket(cloud)
    if "VersionId" in answer:
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    key = fill(answer["Key"])
    upload = make_upload(cloud, key)
    part = cloud.s3_plain.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=b"body")
    return lambda: cloud.s3_plain.complete_multipart_upload(
        Bucket=BUCKET, Key=key, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})


@recipe("s3.AbortMultipartUpload")
def abort_multipart_upload(cloud, _answer):
    make_bucket(cloud)
    upload = cloud.s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    return lambda: cloud.s3.abort_multipart_upload(Bucket=BUCKET, Key="k", UploadId=upload)


@error_recipe("s3.ListObjectsV2", "InvalidArgument", "continuation token")
def wrong_continuation(cloud, _answer):
    make_bucket(cloud)
    return lambda: cloud.s3.list_objects_v2(Bucket=BUCKET, ContinuationToken="")


def wrong_encoding(call):
    def run(cloud, answer):
        make_bucket(cloud)
        value = answer["Error"].get("ArgumentValue")
        return lambda: getattr(cloud.s3, call)(Bucket=BUCKET, EncodingType="" if value is None else value)
    return run


for _name, _call in (("ListObjectsV2", "list_objects_v2"), ("ListObjects", "list_objects"),
                     ("ListObjectVersions", "list_object_versions"),
                     ("ListMultipartUploads", "list_multipart_uploads")):
    error_recipe(f"s3.{_name}", "InvalidArgument", "Encoding Method")(wrong_encoding(_call))


@error_recipe("s3.ListObjectVersions", "InvalidArgument", "without a key marker")
def version_marker_alone(cloud, _answer):
    make_bucket(cloud)
    cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = cloud.s3.put_object(Bucket=BUCKET, Key="k")["VersionId"]
    return lambda: cloud.s3.list_object_versions(Bucket=BUCKET, VersionIdMarker=version)


@error_recipe("s3.ListMultipartUploads", "InvalidArgument", "uploadId marker")
def upload_marker_of_another_key(cloud, _answer):
    make_bucket(cloud)
    upload = cloud.s3.create_multipart_upload(Bucket=BUCKET, Key="a")["UploadId"]
    cloud.s3.create_multipart_upload(Bucket=BUCKET, Key="b")
    return lambda: cloud.s3.list_multipart_uploads(Bucket=BUCKET, KeyMarker="b", UploadIdMarker=upload)


@error_recipe("s3.AbortMultipartUpload", "NoSuchUpload", default=True)
def no_such_upload(cloud, answer):
    make_bucket(cloud)
    upload = fill(answer["Error"].get("UploadId") or "absent")
    return lambda: cloud.s3.abort_multipart_upload(Bucket=BUCKET, Key="k", UploadId=upload)
