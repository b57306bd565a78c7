"""Which operation a recorded answer is of.

A recording names its steps freely ("created_role", "list-tags-2", "exc-continuation-token"), so the operation is
derived: first by form (which output shapes of the service's model have all members of the answer, with these types),
then by the words in the names of the step and of the test. Where that leaves several operations, the answer has no
operation: it is reported by name and never counted as compared.
"""

import dataclasses
import fnmatch
import re

import botocore.exceptions
import botocore.session

# The services of the sandbox, by the names of botocore's models.
SERVICES = ("firehose", "s3", "iam", "logs", "sts", "cloudwatch", "ssm")

# Answers whose names and form do not say of which operation they are: file, test, step, "service.Operation".
KNOWN = (
    ("firehose.*", "test_resource_tagging", "remove-tags", "firehose.UntagDeliveryStream"),
    ("firehose.*", "test_resource_tagging", "add-tags", "firehose.TagDeliveryStream"),
    ("logs.*", "test_create_log_group_with_tags", "list-tags-after-create", "logs.ListTagsLogGroup"),
    ("logs.*", "test_tag_log_group", "list-tags-after-tag", "logs.ListTagsLogGroup"),
    ("logs.*", "test_untag_log_group", "list-tags-after-untag", "logs.ListTagsLogGroup"),
    ("logs.*", "test_tag_resource_api", "list-tags-after-create", "logs.ListTagsLogGroup"),
    ("sts.*", "test_sts_invalid_parameters", "*", "sts.AssumeRole"),
    ("sts.*", "test_assume_role_tag_validation", "*-tag-keys*", "sts.AssumeRole"),
    ("sts.*", "test_iam_role_chaining_override_transitive_tags", "override-*", "sts.AssumeRole"),
    ("iam.*", "test_delete_non_existent_policy_returns_no_such_entity", "*", "iam.DeletePolicy"),
    ("iam.*", "test_service_role_already_exists", "*", "iam.CreateServiceLinkedRole"),
    ("iam.*", "test_simulate_princip*_policy*", "response", "iam.SimulatePrincipalPolicy"),
    ("iam.*", "test_service_role_lifecycle_custom_suffix*", "custom-suffix-*", "iam.CreateServiceLinkedRole"),
    ("s3.*", "test_s3_copy_object_*", "copy-*", "s3.CopyObject"),
)

# Operations that answer with the same shape, told apart by members that only one of them has.
def is_new_role(answer):
    role = answer.get("Role")
    return isinstance(role, dict) and not {"RoleLastUsed", "MaxSessionDuration"} & set(role)


def is_role_in_use(answer):
    return isinstance(answer.get("Role"), dict) and "RoleLastUsed" in answer["Role"]


FORMS = (("iam.CreateRole", is_new_role), ("iam.GetRole", is_role_in_use))

# Words that names shorten.
SHORT = {"tagging": "tag", "obj": "object", "del": "delete", "enc": "encryption", "conf": "configuration",
         "config": "configuration"}


@dataclasses.dataclass(frozen=True)
class Found:
    """service.operation, or why there is none. `sure` is false for an empty answer of which only the name of its test
    tells the operation, or of an operation whose answers have members; `foreign`: no operation of the sandbox's
    services can be meant."""
    service: str = ""
    operation: str = ""
    problem: str = ""
    sure: bool = True
    foreign: bool = False

    def __str__(self):
        return f"{self.service}.{self.operation}" if self.operation else self.problem


class Models:
    """botocore's models, read when they are first asked for."""

    def __init__(self):
        self.session = botocore.session.get_session()
        self.read = {}
        self.phrases = {}

    def service(self, name):
        if name not in self.read:
            try:
                self.read[name] = self.session.get_service_model(name)
            except (botocore.exceptions.DataNotFoundError, botocore.exceptions.UnknownServiceError):
                self.read[name] = None
        return self.read[name]

    def output(self, service, operation):
        return self.service(service).operation_model(operation).output_shape

    def words(self, service):
        """The operations of a service with the words of their names."""
        if service not in self.phrases:
            self.phrases[service] = {name: words_of(name) for name in self.service(service).operation_names}
        return self.phrases[service]


def words_of(name):
    """("creat", "rol") of "created_role", "create-role-1" and "CreateRole": words without their endings."""
    return tuple(stem(word.lower()) for word in re.findall(r"[Vv]\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name))


def stem(word):
    word = SHORT.get(word, word)
    for ending, instead in ("ies", "i"), ("s", ""), ("ed", ""), ("e", ""), ("y", "i"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[:-len(ending)] + instead
    return word


def fits(shape, value):
    """Whether a value of an answer, with placeholders for anything, can be of this shape."""
    if value is None or isinstance(value, str):
        return True
    if shape.type_name == "structure":
        return isinstance(value, dict) and all(
            name in shape.members and fits(shape.members[name], inner) for name, inner in value.items())
    if shape.type_name == "map":
        return isinstance(value, dict) and all(fits(shape.value, inner) for inner in value.values())
    if shape.type_name == "list":
        return isinstance(value, list) and all(fits(shape.member, inner) for inner in value)
    if shape.type_name in ("string", "blob"):  # a JSON document in a text is recorded as what it says
        return isinstance(value, (dict, list))
    if shape.type_name == "boolean":
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def members_of(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def by_form(models, service, answer):
    """The operations of the service that can give this answer."""
    members = members_of(answer)
    found = []
    for name in models.service(service).operation_names:
        output = models.output(service, name)
        if output is None:
            if not members:
                found.append(name)
        elif fits(output, members):
            found.append(name)
    return found


def shared_beginning(words, phrase):
    """How many words of the phrase, from its first on, stand together in the words."""
    return max((beginning for beginning in range(len(phrase) + 1)
                if any(words[at:at + beginning] == phrase[:beginning] for at in range(len(words)))), default=0)


def by_words(models, service, candidates, words):
    """The candidates whose name begins in the words as a phrase: the longest, and whole if it is short."""
    names = models.words(service)
    shared = {name: shared_beginning(words, names[name]) for name in candidates}
    most = max(shared.values(), default=0)
    longest = [name for name in candidates if shared[name] == most and most > 1]
    whole = [name for name in longest if len(names[name]) == most]
    return whole or (longest if most > 2 else [])


def by_word_set(models, service, candidates, words):
    """The candidates of three words or more that all occur in the words, in any order."""
    names = models.words(service)
    return [name for name in candidates if len(names[name]) > 2 and set(names[name]) <= set(words)]


def agree(models, service, candidates, step):
    """The candidates that the verb in the name of the step does not rule out."""
    verbs = {words[0] for words in models.words(service).values()}
    verb = next((word for word in words_of(step) if word in verbs), None)
    return [name for name in candidates if verb in (None, models.words(service)[name][0])]


def known(file, test, step):
    for file_pattern, test_pattern, step_pattern, operation in KNOWN:
        short = test.split("::")[-1]
        if (fnmatch.fnmatchcase(file, file_pattern) and fnmatch.fnmatchcase(short, test_pattern) and
                fnmatch.fnmatchcase(step, step_pattern)):
            return Found(*operation.split("."))
    return None


def find(models, file, test, step, answer):
    """The operation of one recorded answer."""
    named = known(file, test, step)
    if named:
        return named
    own = file.split(".")[0]
    if "Error" in answer:
        return find_error(models, own, test, step, answer["Error"])
    problem = ""
    for service in [own, *(service for service in SERVICES if service != own)]:
        if models.service(service) is None or (problem and service != own):
            continue
        candidates = by_form(models, service, answer)
        found, sure = narrow(models, service, candidates, test, step, answer)
        if len(found) == 1:
            return Found(service, found[0], sure=sure)
        if service == own and candidates:
            problem = describe(service, candidates, found)
    if problem:
        return Found(own, problem=problem)
    where = "" if models.service(own) else f"no service {own} is known, and "
    return Found(own, problem=where + "no operation of the sandbox's services answers so", foreign=True)


def describe(service, candidates, found):
    return ("either of " + ", ".join(sorted(found)) if found
            else f"{len(candidates)} operations of {service} answer so, and no name tells which")


def find_error(models, service, test, step, error):
    if models.service(service) is None:
        return Found(service, problem=f"no service {service} is known", foreign=True)
    candidates = list(models.service(service).operation_names)
    argument = error.get("ArgumentName") if isinstance(error, dict) else None
    takers = [name for name in candidates if takes(models, service, name, argument)] if argument else []
    for names in (takers, candidates):
        found = narrow(models, service, names, test, step, {"Error": error})[0]
        if len(found) == 1:
            return Found(service, found[0])
    return Found(service, problem=describe(service, candidates, found) if found else
                 f"an error of {service} of which no name tells the operation")


def takes(models, service, operation, argument):
    """Whether a parameter or header of this name is part of the operation's request."""
    shape = models.service(service).operation_model(operation).input_shape
    return shape is not None and any(
        member.serialization.get("name") == argument for member in shape.members.values()
        if member.serialization.get("location"))


def narrow(models, service, candidates, test, step, answer):
    """The candidates that the names leave, and whether that is sure."""
    has_members = "Error" in answer or bool(members_of(answer))
    if len(candidates) == 1 and has_members:
        return candidates, True
    found = by_words(models, service, candidates, words_of(step))
    if found:
        return found, has_members or not any(may_have_members(models, service, name) for name in found)
    if "Error" not in answer:
        told = [rule.split(".")[1] for rule, holds in FORMS
                if rule.split(".")[0] == service and rule.split(".")[1] in candidates and holds(answer)]
        if told:
            return told, True
    name, _, parameter = test.split("::")[-1].partition("[")
    agreeing = agree(models, service, candidates, step)
    candidates = agreeing if agreeing or not has_members or "Error" in answer else candidates
    for search in by_words, by_word_set:
        for words in words_of(parameter), words_of(name):
            found = search(models, service, candidates, words)
            if found:
                return found, has_members
    if "Error" in answer or not has_members:
        return [], False
    return by_shared_words(models, service, candidates, (step, name)), True


def may_have_members(models, service, operation):
    output = models.output(service, operation)
    return output is not None and bool(output.members)


def by_shared_words(models, service, candidates, names):
    """The candidates whose names have most words in common with the step, then with the test."""
    for name in names:
        words = set(words_of(name))
        shared = {candidate: len(words & set(models.words(service)[candidate])) for candidate in candidates}
        most = max(shared.values(), default=0)
        candidates = [candidate for candidate in candidates if shared[candidate] == most]
        if len(candidates) == 1 and most:
            return candidates
    return []
