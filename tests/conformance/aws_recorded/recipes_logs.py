"""Recipes of CloudWatch Logs."""

import re

from recipes import ACCOUNT, RECIPES, REGION, Underivable, error_recipe, fill, given, only, recipe

GROUP = "group"


def make_group(cloud, group=None):
    group = group or {}
    members = given(group, "kmsKeyId", "logGroupClass", "tags")
    if group.get("deletionProtectionEnabled"):
        members["deletionProtectionEnabled"] = True
    name = fill(group.get("logGroupName", GROUP))
    cloud.logs.create_log_group(logGroupName=name, **members)
    if "retentionInDays" in group:
        cloud.logs.put_retention_policy(logGroupName=name, retentionInDays=group["retentionInDays"])
    return name


def group_arn(name=GROUP):
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"


@recipe("logs.DescribeLogGroups")
def describe_log_groups(cloud, answer):
    names = [make_group(cloud, group) for group in answer["logGroups"]]
    # A search by pattern returns no stored bytes; its last page has a token.
    by_pattern = any("storedBytes" not in group for group in answer["logGroups"])
    if by_pattern:
        return lambda: cloud.logs.describe_log_groups(logGroupNamePattern=names[0])
    if "nextToken" in answer:
        make_group(cloud, {"logGroupName": "zz"})
        return lambda: cloud.logs.describe_log_groups(limit=len(names))
    return cloud.logs.describe_log_groups


@recipe("logs.DescribeLogStreams")
def describe_log_streams(cloud, answer):
    make_group(cloud)
    if any(set(stream) & {"firstEventTimestamp", "lastEventTimestamp"} for stream in answer["logStreams"]):
        raise Underivable("the streams have events that the answer does not show")
    for stream in answer["logStreams"]:
        cloud.logs.create_log_stream(logGroupName=GROUP, logStreamName=fill(stream["logStreamName"]))
    return lambda: cloud.logs.describe_log_streams(logGroupName=GROUP)


@recipe("logs.ListTagsForResource")
def list_log_tags(cloud, answer):
    make_group(cloud, {"tags": answer["tags"]} if answer["tags"] else None)
    return lambda: cloud.logs.list_tags_for_resource(resourceArn=group_arn())


def on_group(call, **members):
    def run(cloud, _answer):
        make_group(cloud, {"tags": {"a": "b"}})
        cloud.logs.create_log_stream(logGroupName=GROUP, logStreamName="stream")
        return lambda: getattr(cloud.logs, call)(**members)
    return run


RECIPES["logs.CreateLogGroup"] = on_group("create_log_group", logGroupName="other")
RECIPES["logs.DeleteLogGroup"] = on_group("delete_log_group", logGroupName=GROUP)
RECIPES["logs.PutRetentionPolicy"] = on_group("put_retention_policy", logGroupName=GROUP, retentionInDays=7)
RECIPES["logs.DeleteRetentionPolicy"] = on_group("delete_retention_policy", logGroupName=GROUP)
RECIPES["logs.CreateLogStream"] = on_group("create_log_stream", logGroupName=GROUP, logStreamName="other")
RECIPES["logs.DeleteLogStream"] = on_group("delete_log_stream", logGroupName=GROUP, logStreamName="stream")
RECIPES["logs.TagResource"] = on_group("tag_resource", resourceArn=group_arn(), tags={"c": "d"})
RECIPES["logs.UntagResource"] = on_group("untag_resource", resourceArn=group_arn(), tagKeys=["a"])


def put_events(cloud, messages):
    make_group(cloud)
    cloud.logs.create_log_stream(logGroupName=GROUP, logStreamName="stream")
    now = int(cloud.now().timestamp() * 1000)
    events = [{"timestamp": now + number, "message": message} for number, message in enumerate(messages)]
    return lambda: cloud.logs.put_log_events(logGroupName=GROUP, logStreamName="stream", logEvents=events)


@recipe("logs.PutLogEvents")
def put_log_events(cloud, answer):
    only(answer, "nextSequenceToken")
    return put_events(cloud, ["hello"])


@recipe("logs.GetLogEvents")
def get_log_events(cloud, answer):
    messages = [fill(event["message"]) for event in answer["events"]]
    if messages:
        put_events(cloud, messages)()
    else:
        put_events(cloud, ["x"])
    return lambda: cloud.logs.get_log_events(logGroupName=GROUP, logStreamName="stream", startFromHead=True)


@recipe("logs.FilterLogEvents")
def filter_log_events(cloud, answer):
    if answer.get("searchedLogStreams") or "nextToken" in answer:
        raise Underivable("the answer is one page of several")
    messages = [fill(event["message"]) for event in answer["events"]]
    put_events(cloud, messages or ["x"])()
    return lambda: cloud.logs.filter_log_events(logGroupName=GROUP, **({} if messages else {"filterPattern": "absent"}))


@error_recipe("logs.CreateLogGroup", "ResourceAlreadyExistsException")
def group_is_there(cloud, _answer):
    make_group(cloud)
    return lambda: cloud.logs.create_log_group(logGroupName=GROUP)


@error_recipe("logs.CreateLogGroup", "InvalidParameterException", "512")
def group_name_too_long(cloud, _answer):
    return lambda: cloud.logs.create_log_group(logGroupName="a" * 513)


@error_recipe("logs.CreateLogStream", "ResourceAlreadyExistsException")
def stream_is_there(cloud, _answer):
    make_group(cloud)
    cloud.logs.create_log_stream(logGroupName=GROUP, logStreamName="stream")
    return lambda: cloud.logs.create_log_stream(logGroupName=GROUP, logStreamName="stream")


@error_recipe("logs.DescribeLogGroups", "InvalidParameterException", "mutually exclusive")
def prefix_and_pattern(cloud, _answer):
    return lambda: cloud.logs.describe_log_groups(logGroupNamePattern="a", logGroupNamePrefix="a")


@error_recipe("logs.DescribeLogStreams", "ValidationException", "mutually exclusive")
def name_and_identifier(cloud, _answer):
    make_group(cloud)
    return lambda: cloud.logs.describe_log_streams(logGroupName=GROUP, logGroupIdentifier=GROUP)


def too_many_events(call):
    def run(cloud, answer):
        number = re.search(r"Value '(\d+)' at 'limit'", answer["Error"]["Message"])
        put_events(cloud, ["x"])()
        members = {"logStreamName": "stream"} if call == "get_log_events" else {}
        return lambda: getattr(cloud.logs, call)(logGroupName=GROUP, limit=int(number.group(1)), **members)
    return run


def wrong_token(call):
    def run(cloud, _answer):
        put_events(cloud, ["x"])()
        members = {"logStreamName": "stream"} if call == "get_log_events" else {}
        return lambda: getattr(cloud.logs, call)(logGroupName=GROUP, nextToken="invalid", **members)
    return run


for _name, _call in ("GetLogEvents", "get_log_events"), ("FilterLogEvents", "filter_log_events"):
    error_recipe(f"logs.{_name}", "InvalidParameterException", "at 'limit'")(too_many_events(_call))
    error_recipe(f"logs.{_name}", "InvalidParameterException", "nextToken")(wrong_token(_call))


@error_recipe("logs.PutLogEvents", "InvalidParameterException", "chronological")
def events_in_disorder(cloud, _answer):
    put_events(cloud, ["x"])()
    now = int(cloud.now().timestamp() * 1000)
    return lambda: cloud.logs.put_log_events(logGroupName=GROUP, logStreamName="stream", logEvents=[
        {"timestamp": now, "message": "a"}, {"timestamp": now - 1000, "message": "b"}])


@error_recipe("logs.PutLogEvents", "ResourceNotFoundException", "log stream")
def events_without_stream(cloud, _answer):
    make_group(cloud)
    return lambda: cloud.logs.put_log_events(logGroupName=GROUP, logStreamName="absent",
                                             logEvents=[{"timestamp": 1, "message": "a"}])


@error_recipe("logs.GetLogEvents", "ResourceNotFoundException", "log stream", default=True)
def events_of_no_stream(cloud, _answer):
    make_group(cloud)
    return lambda: cloud.logs.get_log_events(logGroupName=GROUP, logStreamName="absent")


def without_group(call, **members):
    return lambda cloud, _answer: lambda: getattr(cloud.logs, call)(**members)


for _name, _call, _members in (
        ("DeleteLogGroup", "delete_log_group", {"logGroupName": "absent"}),
        ("PutRetentionPolicy", "put_retention_policy", {"logGroupName": "absent", "retentionInDays": 7}),
        ("CreateLogStream", "create_log_stream", {"logGroupName": "absent", "logStreamName": "s"}),
        ("DescribeLogStreams", "describe_log_streams", {"logGroupName": "absent"}),
        ("GetLogEvents", "get_log_events", {"logGroupName": "absent", "logStreamName": "s"}),
        ("ListTagsForResource", "list_tags_for_resource", {"resourceArn": group_arn("absent")})):
    error_recipe(f"logs.{_name}", "ResourceNotFoundException", "log group",
                 default=_name == "DescribeLogStreams")(without_group(_call, **_members))
