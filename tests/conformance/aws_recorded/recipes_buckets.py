"""Recipes of S3's buckets and their settings."""

import datetime
import re

from recipes import BUCKET, RECIPES, REGION, Underivable, error_recipe, fill, given, make_bucket, only, recipe


@recipe("s3.ListBuckets")
def list_buckets(cloud, answer):
    names = [fill(bucket["Name"]) for bucket in answer["Buckets"]]
    for name in names:
        make_bucket(cloud, name)
    members = {}
    if answer.get("ContinuationToken"):
        make_bucket(cloud, "zz-last")
        members["MaxBuckets"] = len(names)
    elif not names:
        make_bucket(cloud, "other")
    if not all(name.startswith(fill(answer.get("Prefix") or "")) for name in names):
        raise Underivable("the names do not show the prefix")
    if answer.get("Prefix"):
        members["Prefix"] = fill(answer["Prefix"]) if names else "absent-prefix"
    # Only lists that were asked for with one of the parameters have the region and the ARN of a bucket.
    if names and not members and "BucketRegion" in answer["Buckets"][0]:
        members["MaxBuckets"] = 1000
    return lambda: cloud.s3.list_buckets(**members)


@error_recipe("s3.ListBuckets", "InvalidArgument", "not a valid AWS Region")
def list_wrong_region(cloud, answer):
    region = re.search(r"value (\S+) is", answer["Error"]["Message"]).group(1)
    return lambda: cloud.s3.list_buckets(BucketRegion=region)


def on_bucket(call, **members):
    def run(cloud, answer):
        only(answer, "")
        make_bucket(cloud)
        cloud.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        return lambda: getattr(cloud.s3, call)(Bucket=BUCKET, **members)
    return run


LIFECYCLE = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
PUBLIC_ACCESS = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
                 "RestrictPublicBuckets": True}
for _name, _call, _members in (
        ("DeleteBucket", "delete_bucket", {}), ("DeleteBucketTagging", "delete_bucket_tagging", {}),
        ("PutBucketTagging", "put_bucket_tagging", {"Tagging": {"TagSet": [{"Key": "c", "Value": "d"}]}}),
        ("PutBucketVersioning", "put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("PutBucketEncryption", "put_bucket_encryption", {"ServerSideEncryptionConfiguration": ENCRYPTION}),
        ("DeleteBucketEncryption", "delete_bucket_encryption", {}),
        ("PutPublicAccessBlock", "put_public_access_block", {"PublicAccessBlockConfiguration": PUBLIC_ACCESS}),
        ("DeletePublicAccessBlock", "delete_public_access_block", {}),
        ("DeleteBucketLifecycle", "delete_bucket_lifecycle", {})):
    RECIPES[f"s3.{_name}"] = on_bucket(_call, **_members)


@recipe("s3.HeadBucket")
def head_bucket(cloud, answer):
    only(answer, "BucketRegion AccessPointAlias BucketArn")
    make_bucket(cloud)
    return lambda: cloud.s3.head_bucket(Bucket=BUCKET)


@recipe("s3.CreateBucket")
def create_bucket(cloud, answer):
    if str(answer.get("Location")).startswith("/"):  # us-east-1 returns the name alone
        return lambda: cloud.s3_east.create_bucket(Bucket=BUCKET)
    return lambda: cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


@recipe("s3.GetBucketTagging")
def get_bucket_tagging(cloud, answer):
    make_bucket(cloud)
    cloud.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": fill(answer["TagSet"])})
    return lambda: cloud.s3.get_bucket_tagging(Bucket=BUCKET)


@recipe("s3.GetBucketVersioning")
def get_bucket_versioning(cloud, answer):
    only(answer, "Status")
    make_bucket(cloud)
    if answer.get("Status"):
        cloud.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": answer["Status"]})
    return lambda: cloud.s3.get_bucket_versioning(Bucket=BUCKET)


@recipe("s3.GetBucketLocation")
def get_bucket_location(cloud, answer):
    only(answer, "LocationConstraint")
    if fill(answer.get("LocationConstraint")) != REGION:
        raise Underivable("a bucket in another region than the sandbox's")
    make_bucket(cloud)
    return lambda: cloud.s3.get_bucket_location(Bucket=BUCKET)


@recipe("s3.GetBucketLifecycleConfiguration")
def get_bucket_lifecycle(cloud, answer):
    only(answer, "Rules TransitionDefaultMinimumObjectSize")
    make_bucket(cloud)
    cloud.s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [lifecycle_rule(rule) for rule in fill(answer["Rules"])]},
        **given(answer, "TransitionDefaultMinimumObjectSize"))
    return lambda: cloud.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)


def lifecycle_rule(rule):
    dated = [rule[name] for name in ("Expiration", "NoncurrentVersionExpiration") if "Date" in rule.get(name, {})]
    for part in dated:
        part["Date"] = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    return rule


@recipe("s3.PutBucketLifecycleConfiguration")
def put_bucket_lifecycle(cloud, answer):
    only(answer, "TransitionDefaultMinimumObjectSize")
    make_bucket(cloud)
    return lambda: cloud.s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=LIFECYCLE)


@recipe("s3.GetBucketEncryption")
def get_bucket_encryption(cloud, answer):
    make_bucket(cloud)
    cloud.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=fill(
        answer["ServerSideEncryptionConfiguration"]))
    return lambda: cloud.s3.get_bucket_encryption(Bucket=BUCKET)


@recipe("s3.GetPublicAccessBlock")
def get_public_access_block(cloud, answer):
    make_bucket(cloud)
    cloud.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=answer[
        "PublicAccessBlockConfiguration"])
    return lambda: cloud.s3.get_public_access_block(Bucket=BUCKET)


def without_bucket(call, **members):
    return lambda cloud, answer: lambda: getattr(cloud.s3, call)(
        Bucket=bucket_name(answer["Error"].get("BucketName")), **members)


def bucket_name(text):
    name = fill(text) if isinstance(text, str) else ""
    return name if re.fullmatch(r"[a-z0-9][a-z0-9.-]{2,62}", name) else "absent-bucket"


for _name, _call, _members in (
        ("DeleteBucket", "delete_bucket", {}), ("GetBucketVersioning", "get_bucket_versioning", {}),
        ("PutBucketVersioning", "put_bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}),
        ("GetObjectLockConfiguration", "get_object_lock_configuration", {}),
        ("GetBucketTagging", "get_bucket_tagging", {}), ("GetBucketEncryption", "get_bucket_encryption", {}),
        ("GetBucketLocation", "get_bucket_location", {}),
        ("PutBucketTagging", "put_bucket_tagging", {"Tagging": {"TagSet": []}}),
        ("ListObjects", "list_objects", {}), ("ListObjectsV2", "list_objects_v2", {}),
        ("ListObjectVersions", "list_object_versions", {}),
        ("GetObject", "get_object", {"Key": "k"}), ("PutObject", "put_object", {"Key": "k"}),
        ("DeleteObject", "delete_object", {"Key": "k"})):
    error_recipe(f"s3.{_name}", "NoSuchBucket", default=_name == "ListObjects")(without_bucket(_call, **_members))


def unset(call):
    def run(cloud, answer):
        name = bucket_name(answer["Error"].get("BucketName"))
        make_bucket(cloud, name)
        if call == "get_public_access_block":
            cloud.s3.delete_public_access_block(Bucket=name)
        return lambda: getattr(cloud.s3, call)(Bucket=name)
    return run


for _name, _call, _code in (
        ("GetBucketTagging", "get_bucket_tagging", "NoSuchTagSet"),
        ("GetBucketLifecycleConfiguration", "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("GetBucketPolicy", "get_bucket_policy", "NoSuchBucketPolicy"),
        ("GetPublicAccessBlock", "get_public_access_block", "NoSuchPublicAccessBlockConfiguration"),
        ("GetObjectLockConfiguration", "get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")):
    error_recipe(f"s3.{_name}", _code, default=True)(unset(_call))


@error_recipe("s3.DeleteBucket", "BucketNotEmpty")
def bucket_with_object(cloud, answer):
    name = make_bucket(cloud, bucket_name(answer["Error"].get("BucketName")))
    cloud.s3.put_object(Bucket=name, Key="k")
    return lambda: cloud.s3.delete_bucket(Bucket=name)


@error_recipe("s3.CreateBucket", "BucketAlreadyOwnedByYou")
def bucket_is_there(cloud, answer):
    name = make_bucket(cloud, bucket_name(answer["Error"].get("BucketName")))
    return lambda: make_bucket(cloud, name)


@error_recipe("s3.CreateBucket", "IllegalLocationConstraintException", "unspecified")
def bucket_without_location(cloud, _answer):
    return lambda: cloud.s3.create_bucket(Bucket=BUCKET)


@error_recipe("s3.CreateBucket", "InvalidLocationConstraint")
def bucket_in_us_east_1(cloud, _answer):
    return lambda: cloud.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-east-1"})


@error_recipe("s3.CreateBucket", "InvalidBucketName", default=True)
def bucket_with_wrong_name(cloud, _answer):
    return lambda: make_bucket(cloud, "Wrong-Name")


@error_recipe("s3.HeadBucket", "404", "Not Found")
def head_absent_bucket(cloud, _answer):
    return lambda: cloud.s3.head_bucket(Bucket="absent-bucket")
