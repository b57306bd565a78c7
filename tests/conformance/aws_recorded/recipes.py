"""How to bring the sandbox to where it must answer as recorded, and the call that it must answer.

A recording shows the answer only. Most of the request can be read off it: S3 and IAM repeat names, prefixes, markers
and page sizes, and a list shows what there was. A recipe is a function of the answer; it makes the state and returns
the call. It raises Underivable where the answer does not say enough.

This file has the tables and what the recipes share; the recipes are in recipes_*.py.
"""

import json
import re

import compare
import wire

ACCOUNT = "123456789012"
REGION = "us-west-2"
BUCKET = "recorded-bucket"
OTHER_ACCOUNT = "222222222222"
TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
RECIPES = {}   # "iam.GetRole" -> function(cloud, answer) -> call
ERRORS = []    # (operation, code, pattern of the message or of a detail, function)


class Underivable(Exception):
    """The answer does not say from which state or request it came."""


def recipe(operation):
    def take(function):
        RECIPES[operation] = function
        return function
    return take


def error_recipe(operation, code, pattern="", default=False):
    """`default`: the error of every operation of the service, so an answer without an operation is compared with it."""
    def take(function):
        ERRORS.append((operation, code, re.compile(pattern), default, function))
        return function
    return take


def recipe_for(service, operation, answer):
    """The function, or None. For errors by operation, code and message; without an operation by code and message."""
    if "Error" not in answer:
        return RECIPES.get(f"{service}.{operation}")
    text = json.dumps(answer["Error"])
    for name, code, pattern, default, function in ERRORS:
        wanted = name == f"{service}.{operation}" if operation else default and name.split(".")[0] == service
        if wanted and code == answer["Error"].get("Code") and pattern.search(text):
            return function
    return None


# --- values ---

def fill(value):
    """A recorded value with values of the sandbox for its placeholders."""
    if isinstance(value, dict):
        return {fill(name): fill(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner) for inner in value]
    return wire.filled(value).replace(wire.ACCOUNT, ACCOUNT) if isinstance(value, str) else value


def document(value, default):
    return json.dumps(fill(value) if isinstance(value, dict) else default)


def given(answer, *names):
    return {name: fill(answer[name]) for name in names if answer.get(name) not in (None, "")}


def only(answer, known):
    """Refuses answers with members that the recipe cannot bring about."""
    unknown = sorted(set(compare.without_metadata(answer)) - set(known.split()))
    if unknown:
        raise Underivable("no recipe brings about " + ", ".join(unknown))


def make_bucket(cloud, name=BUCKET):
    cloud.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name
