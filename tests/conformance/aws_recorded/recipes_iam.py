"""Recipes of IAM."""

import json
import re

from recipes import (ACCOUNT, OTHER_ACCOUNT, POLICY, RECIPES, TRUST, Underivable, document, error_recipe, fill,
                     given, recipe)


def make_role(cloud, role=None):
    role = role or {}
    if role.get("RoleLastUsed"):
        raise Underivable("no role of the sandbox was ever used")
    members = {"RoleName": "role", **given(role, "RoleName", "Path", "Description", "Tags")}
    if role.get("MaxSessionDuration", 3600) != 3600:
        members["MaxSessionDuration"] = role["MaxSessionDuration"]
    if "PermissionsBoundary" in role:
        members["PermissionsBoundary"] = fill(role["PermissionsBoundary"]["PermissionsBoundaryArn"])
    return lambda: cloud.iam.create_role(
        AssumeRolePolicyDocument=document(role.get("AssumeRolePolicyDocument"), TRUST), **members)


@recipe("iam.CreateRole")
def create_role(cloud, answer):
    return make_role(cloud, answer["Role"])


@recipe("iam.GetRole")
def get_role(cloud, answer):
    role = make_role(cloud, answer["Role"])()["Role"]
    return lambda: cloud.iam.get_role(RoleName=role["RoleName"])


@recipe("iam.ListRoles")
def list_roles(cloud, answer):
    for role in answer["Roles"]:
        make_role(cloud, role)()
    if answer.get("IsTruncated"):
        make_role(cloud, {"RoleName": "zz-last"})()
        return lambda: cloud.iam.list_roles(MaxItems=len(answer["Roles"]))
    return cloud.iam.list_roles


def on_role(call, **members):
    """Operations on a role that answer with nothing."""
    def run(cloud, _answer):
        make_role(cloud)()
        cloud.iam.put_role_policy(RoleName="role", PolicyName="inline", PolicyDocument=json.dumps(POLICY))
        cloud.iam.tag_role(RoleName="role", Tags=[{"Key": "a", "Value": "b"}])
        cloud.iam.put_role_permissions_boundary(RoleName="role", PermissionsBoundary=policy_arn("edge"))
        return lambda: getattr(cloud.iam, call)(RoleName="role", **members)
    return run


def policy_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


RECIPES["iam.UpdateAssumeRolePolicy"] = on_role("update_assume_role_policy", PolicyDocument=json.dumps(TRUST))
RECIPES["iam.PutRolePolicy"] = on_role("put_role_policy", PolicyName="p", PolicyDocument=json.dumps(POLICY))
RECIPES["iam.DeleteRolePolicy"] = on_role("delete_role_policy", PolicyName="inline")
RECIPES["iam.TagRole"] = on_role("tag_role", Tags=[{"Key": "c", "Value": "d"}])
RECIPES["iam.UntagRole"] = on_role("untag_role", TagKeys=["a"])
RECIPES["iam.AttachRolePolicy"] = on_role("attach_role_policy", PolicyArn=policy_arn("mine"))
RECIPES["iam.PutRolePermissionsBoundary"] = on_role("put_role_permissions_boundary",
                                                    PermissionsBoundary=policy_arn("other"))
RECIPES["iam.DeleteRolePermissionsBoundary"] = on_role("delete_role_permissions_boundary")


@recipe("iam.DeleteRole")
def delete_role(cloud, _answer):
    make_role(cloud)()
    return lambda: cloud.iam.delete_role(RoleName="role")


@recipe("iam.DetachRolePolicy")
def detach_role_policy(cloud, _answer):
    make_role(cloud)()
    cloud.iam.attach_role_policy(RoleName="role", PolicyArn=policy_arn("mine"))
    return lambda: cloud.iam.detach_role_policy(RoleName="role", PolicyArn=policy_arn("mine"))


@recipe("iam.GetRolePolicy")
def get_role_policy(cloud, answer):
    names = given(answer, "RoleName", "PolicyName")
    make_role(cloud, answer)()
    cloud.iam.put_role_policy(PolicyDocument=document(answer["PolicyDocument"], POLICY), **names)
    return lambda: cloud.iam.get_role_policy(**names)


@recipe("iam.ListRolePolicies")
def list_role_policies(cloud, answer):
    make_role(cloud)()
    for name in fill(answer["PolicyNames"]):
        cloud.iam.put_role_policy(RoleName="role", PolicyName=name, PolicyDocument=json.dumps(POLICY))
    return lambda: cloud.iam.list_role_policies(RoleName="role")


@recipe("iam.ListAttachedRolePolicies")
def list_attached_role_policies(cloud, answer):
    make_role(cloud)()
    for policy in fill(answer["AttachedPolicies"]):
        cloud.iam.attach_role_policy(RoleName="role", PolicyArn=policy["PolicyArn"])
    return lambda: cloud.iam.list_attached_role_policies(RoleName="role")


@recipe("iam.ListRoleTags")
def list_role_tags(cloud, answer):
    make_role(cloud, {"Tags": answer["Tags"]})()
    return lambda: cloud.iam.list_role_tags(RoleName="role")


@recipe("iam.ListInstanceProfilesForRole")
def list_instance_profiles(cloud, answer):
    if answer["InstanceProfiles"]:
        raise Underivable("the sandbox has no instance profiles")
    make_role(cloud)()
    return lambda: cloud.iam.list_instance_profiles_for_role(RoleName="role")


def no_such_role(call, **members):
    return lambda cloud, answer: lambda: getattr(cloud.iam, call)(
        RoleName=re.search(r"with name (\S+) cannot", fill(answer["Error"]["Message"])).group(1), **members)


for _name, _call, _members in (
        ("GetRole", "get_role", {}), ("DeleteRole", "delete_role", {}),
        ("UpdateAssumeRolePolicy", "update_assume_role_policy", {"PolicyDocument": json.dumps(TRUST)}),
        ("PutRolePolicy", "put_role_policy", {"PolicyName": "p", "PolicyDocument": json.dumps(POLICY)}),
        ("GetRolePolicy", "get_role_policy", {"PolicyName": "p"}),
        ("DeleteRolePolicy", "delete_role_policy", {"PolicyName": "p"}),
        ("ListRolePolicies", "list_role_policies", {}),
        ("ListAttachedRolePolicies", "list_attached_role_policies", {}),
        ("ListInstanceProfilesForRole", "list_instance_profiles_for_role", {}),
        ("TagRole", "tag_role", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("UntagRole", "untag_role", {"TagKeys": ["a"]})):
    error_recipe(f"iam.{_name}", "NoSuchEntity", "role with name")(no_such_role(_call, **_members))


@error_recipe("iam.CreateRole", "MalformedPolicyDocument", "invalid Json")
def trust_without_json(cloud, _answer):
    return lambda: cloud.iam.create_role(RoleName="role", AssumeRolePolicyDocument='{"Version"}')


@error_recipe("iam.PutRolePolicy", "MalformedPolicyDocument", "invalid Json")
def policy_without_json(cloud, _answer):
    make_role(cloud)()
    return lambda: cloud.iam.put_role_policy(RoleName="role", PolicyName="p", PolicyDocument='{"Version"}')


@error_recipe("iam.CreateRole", "EntityAlreadyExists")
def role_is_there(cloud, answer):
    name = re.search(r"name (\S+)", fill(answer["Error"]["Message"])).group(1)
    make_role(cloud, {"RoleName": name})()
    return make_role(cloud, {"RoleName": name})


@error_recipe("iam.DeleteRole", "DeleteConflict", "must delete policies")
def role_with_policy(cloud, _answer):
    make_role(cloud)()
    cloud.iam.put_role_policy(RoleName="role", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    return lambda: cloud.iam.delete_role(RoleName="role")


@error_recipe("iam.DeleteRole", "DeleteConflict", "must detach all policies")
def role_with_attachment(cloud, _answer):
    make_role(cloud)()
    cloud.iam.attach_role_policy(RoleName="role", PolicyArn=policy_arn("mine"))
    return lambda: cloud.iam.delete_role(RoleName="role")


@error_recipe("iam.AttachRolePolicy", "ValidationError", "Invalid ARN|Could not be parsed|is not valid")
def attach_without_arn(cloud, _answer):
    make_role(cloud)()
    return lambda: cloud.iam.attach_role_policy(RoleName="role", PolicyArn="longpolicynamebutnoarn")


@error_recipe("iam.AttachRolePolicy", "NoSuchEntity", "not attachable")
def attach_unknown(cloud, answer):
    make_role(cloud)()
    arn = re.search(r"Policy (\S+) does", fill(answer["Error"]["Message"])).group(1)
    # Only policies of other accounts are unknown to the sandbox.
    return lambda: cloud.iam.attach_role_policy(RoleName="role", PolicyArn=arn.replace(ACCOUNT, OTHER_ACCOUNT))


@error_recipe("iam.DetachRolePolicy", "NoSuchEntity", "was not found")
def detach_unattached(cloud, answer):
    make_role(cloud)()
    arn = re.search(r"Policy (\S+) was", fill(answer["Error"]["Message"])).group(1)
    return lambda: cloud.iam.detach_role_policy(RoleName="role", PolicyArn=arn)


@error_recipe("iam.GetRolePolicy", "NoSuchEntity", "role policy with name")
def no_such_inline_policy(cloud, answer):
    make_role(cloud)()
    name = re.search(r"with name (\S+) cannot", fill(answer["Error"]["Message"])).group(1)
    return lambda: cloud.iam.get_role_policy(RoleName="role", PolicyName=name)
