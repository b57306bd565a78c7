"""Recipes of Firehose, Parameter Store, STS and CloudWatch."""

import datetime
import json
import re

from recipes import ACCOUNT, BUCKET, POLICY, RECIPES, Underivable, error_recipe, fill, make_bucket, only, recipe
from recipes_iam import make_role


def make_stream(cloud, tags=None):
    make_role(cloud)()
    cloud.iam.put_role_policy(RoleName="role", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    make_bucket(cloud)
    return cloud.firehose.create_delivery_stream(
        DeliveryStreamName="stream", **({"Tags": tags} if tags else {}), ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/role", "BucketARN": f"arn:aws:s3:::{BUCKET}"})


@recipe("firehose.ListTagsForDeliveryStream")
def list_stream_tags(cloud, answer):
    make_stream(cloud, fill(answer["Tags"]))
    limit = {"Limit": 1} if answer["HasMoreTags"] else {}
    return lambda: cloud.firehose.list_tags_for_delivery_stream(DeliveryStreamName="stream", **limit)


def on_stream(call, **members):
    def run(cloud, _answer):
        make_stream(cloud, [{"Key": "a", "Value": "b"}])
        return lambda: getattr(cloud.firehose, call)(DeliveryStreamName="stream", **members)
    return run


RECIPES["firehose.TagDeliveryStream"] = on_stream("tag_delivery_stream", Tags=[{"Key": "c", "Value": "d"}])
RECIPES["firehose.UntagDeliveryStream"] = on_stream("untag_delivery_stream", TagKeys=["a"])
RECIPES["firehose.DeleteDeliveryStream"] = on_stream("delete_delivery_stream")
RECIPES["firehose.PutRecord"] = on_stream("put_record", Record={"Data": b"x"})


@recipe("firehose.CreateDeliveryStream")
def create_stream(cloud, _answer):
    return lambda: make_stream(cloud)


@recipe("firehose.PutRecordBatch")
def put_record_batch(cloud, answer):
    if answer.get("FailedPutCount"):
        raise Underivable("records were refused")
    count = len(answer["RequestResponses"])
    make_stream(cloud)
    return lambda: cloud.firehose.put_record_batch(DeliveryStreamName="stream", Records=[{"Data": b"x"}] * count)


@recipe("firehose.ListDeliveryStreams")
def list_streams(cloud, answer):
    if len(answer["DeliveryStreamNames"]) > 1 or answer["HasMoreDeliveryStreams"]:
        raise Underivable("more than one stream")
    if answer["DeliveryStreamNames"]:
        make_stream(cloud)
    return cloud.firehose.list_delivery_streams


@error_recipe("firehose.DescribeDeliveryStream", "ResourceNotFoundException", default=True)
def no_such_stream(cloud, answer):
    name = re.search(r"Firehose (\S+) under", fill(answer["Error"]["Message"]))
    return lambda: cloud.firehose.describe_delivery_stream(DeliveryStreamName=name.group(1) if name else "absent")


@error_recipe("firehose.CreateDeliveryStream", "ResourceInUseException")
def stream_is_taken(cloud, _answer):
    make_stream(cloud)
    return lambda: cloud.firehose.create_delivery_stream(
        DeliveryStreamName="stream", ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/role", "BucketARN": f"arn:aws:s3:::{BUCKET}"})


@recipe("ssm.PutParameter")
def put_parameter(cloud, answer):
    for _ in range(int(answer["Version"]) - 1):
        cloud.ssm.put_parameter(Name="/p", Value="v", Type="String", Overwrite=True)
    return lambda: cloud.ssm.put_parameter(Name="/p", Value="v", Type="String", Overwrite=True)


@recipe("ssm.GetParameter")
def get_parameter(cloud, answer):
    parameter = answer["Parameter"]
    name = fill(parameter["Name"])
    # The name begins with a slash where the ARN needs none between "parameter" and the name.
    if re.search(r":parameter<", parameter["ARN"]):
        name = "/" + name.strip("/")
    for _ in range(parameter["Version"]):
        cloud.ssm.put_parameter(Name=name, Value=fill(parameter["Value"]), Type=parameter["Type"], Overwrite=True)
    return lambda: cloud.ssm.get_parameter(Name=name)


@recipe("ssm.DeleteParameter")
def delete_parameter(cloud, _answer):
    cloud.ssm.put_parameter(Name="/p", Value="v", Type="String")
    return lambda: cloud.ssm.delete_parameter(Name="/p")


@error_recipe("ssm.GetParameter", "ParameterNotFound", default=True)
def no_such_parameter(cloud, _answer):
    return lambda: cloud.ssm.get_parameter(Name="/absent")


@recipe("sts.GetCallerIdentity")
def caller_identity(cloud, _answer):
    return cloud.sts.get_caller_identity


@recipe("cloudwatch.GetMetricData")
def get_metric_data(cloud, answer):
    """The sandbox publishes metrics of Firehose only, so a series with one value is one of those."""
    make_stream(cloud)
    cloud.firehose.put_record(DeliveryStreamName="stream", Record={"Data": b"x"})
    cloud.advance(600)
    results = answer["MetricDataResults"]
    if any(result.get("StatusCode") != "Complete" for result in results) or answer.get("NextToken"):
        raise Underivable("the answer is one page of several")
    now = cloud.now()

    def query(result):
        metric = "IncomingRecords" if result.get("Values") else "ThrottledRecords"
        return {"Id": fill(result["Id"]).replace("-", "_"), "Label": fill(result["Label"]), "MetricStat": {
            "Metric": {"Namespace": "AWS/Firehose", "MetricName": metric,
                       "Dimensions": [{"Name": "DeliveryStreamName", "Value": "stream"}]}, "Period": 60, "Stat": "Sum"}}
    if any(result.get("Values") not in ([], [1.0]) for result in results):
        raise Underivable("values of metrics that the sandbox does not publish")
    return lambda: cloud.cloudwatch.get_metric_data(MetricDataQueries=[query(result) for result in results],
                                                    StartTime=now - datetime.timedelta(hours=1), EndTime=now)


@error_recipe("cloudwatch.GetMetricData", "ValidationError", "StartTime must be less")
def metrics_backwards(cloud, _answer):
    now = cloud.now()
    return lambda: cloud.cloudwatch.get_metric_data(StartTime=now, EndTime=now, MetricDataQueries=[
        {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "AWS/Firehose", "MetricName": "IncomingRecords"},
                                    "Period": 60, "Stat": "Sum"}}])
