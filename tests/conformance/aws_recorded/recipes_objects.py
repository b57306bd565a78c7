"""Recipes of S3's objects."""

import base64
import re

from recipes import BUCKET, Underivable, error_recipe, fill, given, make_bucket, only, recipe

CHECKSUMS = "ChecksumType ChecksumCRC32 ChecksumCRC32C ChecksumSHA256 ChecksumSHA1 ChecksumCRC64NVME"
STORED = ("AcceptRanges Body ContentLength ContentType ETag LastModified Metadata ServerSideEncryption VersionId "
          "StorageClass ContentEncoding CacheControl ContentDisposition ContentLanguage " + CHECKSUMS)


def checksum_of(answer):
    """The algorithm of the object's checksum; None without one."""
    kinds = [name[len("Checksum"):] for name in answer if name.startswith("Checksum") and name != "ChecksumType"]
    if answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or len(kinds) > 1 or "CRC32C" in kinds:
        raise Underivable("a checksum that boto3 does not compute")
    return kinds[0] if kinds else None


def put_with(cloud, kind, **members):
    """Puts an object with this checksum. S3 itself computes CRC64NVME where the client sends none."""
    if kind in (None, "CRC64NVME"):
        return cloud.s3_plain.put_object(Bucket=BUCKET, Key="k", **members)
    return cloud.s3.put_object(Bucket=BUCKET, Key="k", ChecksumAlgorithm=kind, **members)


def make_object(cloud, answer):
    only(answer, STORED)
    if answer.get("ServerSideEncryption", "AES256") != "AES256":
        raise Underivable("the sandbox has no keys")
    length = int(answer.get("ContentLength", -1))
    content = fill(answer["Body"]).encode() if isinstance(answer.get("Body"), str) else b"x" * length
    if "-" in answer["ETag"] or len(content) != length or ("Body" in answer and answer["Body"] != content.decode()):
        raise Underivable("the answer does not show the content")
    make_bucket(cloud)
    if "VersionId" in answer:
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    members = given(answer, "Metadata", "StorageClass", "ContentEncoding", "CacheControl", "ContentDisposition",
                    "ContentLanguage")
    if answer.get("ContentType", "binary/octet-stream") != "binary/octet-stream":
        members["ContentType"] = fill(answer["ContentType"])
    if not all(str(value).isascii() for value in members.values()):
        raise Underivable("headers that are not ASCII")
    put_with(cloud, checksum_of(answer), Body=content, **members)


def reader(cloud, answer):
    """A client that asks for the checksum only where the answer has one, and the members that ask for it."""
    return (cloud.s3, {"ChecksumMode": "ENABLED"}) if checksum_of(answer) else (cloud.s3_plain, {})


@recipe("s3.HeadObject")
def head_object(cloud, answer):
    make_object(cloud, answer)
    client, mode = reader(cloud, answer)
    return lambda: client.head_object(Bucket=BUCKET, Key="k", **mode)


@recipe("s3.GetObject")
def get_object(cloud, answer):
    make_object(cloud, answer)
    client, mode = reader(cloud, answer)

    def call():
        response = client.get_object(Bucket=BUCKET, Key="k", **mode)
        body = response.pop("Body").read().decode(errors="replace")
        return {**response, "Body": body} if "Body" in answer else response
    return call


@recipe("s3.PutObject")
def put_object(cloud, answer):
    only(answer, "ETag ServerSideEncryption VersionId " + CHECKSUMS)
    if answer.get("ServerSideEncryption", "AES256") != "AES256":
        raise Underivable("the sandbox has no keys")
    make_bucket(cloud)
    if "VersionId" in answer:
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return lambda: put_with(cloud, checksum_of(answer), Body=b"body")


@recipe("s3.DeleteObjects")
def delete_objects(cloud, answer):
    only(answer, "Deleted")
    make_bucket(cloud)
    if any(set(entry) - {"Key"} for entry in answer["Deleted"]):
        raise Underivable("versions that the answer does not show")
    return lambda: cloud.s3.delete_objects(Bucket=BUCKET, Delete={
        "Objects": [{"Key": fill(entry["Key"])} for entry in answer["Deleted"]]})


@recipe("s3.UploadPart")
def upload_part(cloud, answer):
    only(answer, "ETag ServerSideEncryption")
    make_bucket(cloud)
    upload = cloud.s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    return lambda: cloud.s3_plain.upload_part(Bucket=BUCKET, Key="k", UploadId=upload, PartNumber=1, Body=b"body")


@recipe("s3.DeleteObject")
def delete_object(cloud, answer):
    only(answer, "VersionId DeleteMarker")
    make_bucket(cloud)
    if "VersionId" in answer:
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = cloud.s3.put_object(Bucket=BUCKET, Key="k").get("VersionId")
    members = {"VersionId": version} if "VersionId" in answer and "DeleteMarker" not in answer else {}
    return lambda: cloud.s3.delete_object(Bucket=BUCKET, Key="k", **members)


@error_recipe("s3.GetObject", "NoSuchKey", default=True)
def no_such_key(cloud, answer):
    make_bucket(cloud)
    return lambda: cloud.s3.get_object(Bucket=BUCKET, Key=fill(answer["Error"].get("Key") or "k"))


@error_recipe("s3.HeadObject", "404", "Not Found")
def head_absent_object(cloud, _answer):
    make_bucket(cloud)
    return lambda: cloud.s3.head_object(Bucket=BUCKET, Key="absent")


@error_recipe("s3.GetObject", "304")
def unchanged_object(cloud, _answer):
    make_bucket(cloud)
    etag = cloud.s3.put_object(Bucket=BUCKET, Key="k")["ETag"]
    return lambda: cloud.s3.get_object(Bucket=BUCKET, Key="k", IfNoneMatch=etag)


@error_recipe("s3.GetObject", "PreconditionFailed", '"If-Match"')
def other_object(cloud, _answer):
    make_bucket(cloud)
    cloud.s3.put_object(Bucket=BUCKET, Key="k")
    return lambda: cloud.s3.get_object(Bucket=BUCKET, Key="k", IfMatch='"0"')


@error_recipe("s3.PutObject", "PreconditionFailed", '"If-None-Match"')
def object_is_there(cloud, _answer):
    make_bucket(cloud)
    cloud.s3.put_object(Bucket=BUCKET, Key="k")
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", IfNoneMatch="*")


@error_recipe("s3.PutObject", "PreconditionFailed", '"If-Match"')
def object_changed(cloud, _answer):
    make_bucket(cloud)
    cloud.s3.put_object(Bucket=BUCKET, Key="k")
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", IfMatch='"0"')


@error_recipe("s3.PutObject", "BadDigest", "The (CRC32|SHA1|SHA256) you")
def wrong_checksum(cloud, answer):
    kind = re.search(r"The (\w+) you", answer["Error"]["Message"]).group(1)
    size = {"CRC32": 4, "SHA1": 20, "SHA256": 32}[kind]
    make_bucket(cloud)
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", Body=b"body", ChecksumAlgorithm=kind, **{
        "Checksum" + kind: base64.b64encode(b"x" * size).decode()})


@error_recipe("s3.PutObject", "BadDigest", "Content-MD5", default=True)
def wrong_md5(cloud, _answer):
    make_bucket(cloud)
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", Body=b"body", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")


@error_recipe("s3.PutObject", "InvalidDigest", default=True)
def no_md5(cloud, answer):
    make_bucket(cloud)
    value = answer["Error"].get("Content-MD5") or "nonsense"
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", Body=b"body", ContentMD5=value)


@error_recipe("s3.PutObject", "NoSuchKey")
def object_is_gone(cloud, answer):
    make_bucket(cloud)
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key=fill(answer["Error"].get("Key") or "k"), IfMatch='"0"')


@error_recipe("s3.DeleteObject", "PreconditionFailed", '"If-Match"')
def deleted_object_changed(cloud, _answer):
    make_bucket(cloud)
    cloud.s3.put_object(Bucket=BUCKET, Key="k")
    return lambda: cloud.s3.delete_object(Bucket=BUCKET, Key="k", IfMatch='"0"')


@error_recipe("s3.GetObject", "InvalidRange")
def range_beyond(cloud, answer):
    size, wanted = (answer["Error"][name] for name in ("ActualObjectSize", "RangeRequested"))
    make_bucket(cloud)
    cloud.s3.put_object(Bucket=BUCKET, Key="k", Body=b"x" * int(size))
    return lambda: cloud.s3.get_object(Bucket=BUCKET, Key="k", Range=wanted)


@error_recipe("s3.PutObject", "InvalidStorageClass")
def wrong_storage_class(cloud, answer):
    make_bucket(cloud)
    return lambda: cloud.s3.put_object(Bucket=BUCKET, Key="k", StorageClass=answer["Error"]["StorageClassRequested"])
