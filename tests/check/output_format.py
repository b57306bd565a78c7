"""The output format is chosen in one place: a command hands over its result and never asks how it will be rendered."""

import re

import tree

# The table of the formats, and the one class that asks it.
OWNERS = tuple(f"cli/views/{name}" for name in ("output_format.h", "output_format.cc", "reporter.h", "reporter.cc"))
TABLE = "cli/views/output_format.cc"
RENDERER = re.compile(r"cli/views/(\w+)_renderer\.cc$")
FORBIDDEN = {  # what -> (the pattern, further files that may have it)
    "asks for the output format": (re.compile(
        r"\bOutputFormat\b|\b(?:output_formats|find_output_format|chosen_output_format|event_log_format)\b"
        r"|\bFormat::k\w+|\bformat\(\)"), ()),
    "makes a renderer": (re.compile(r"\bmake_\w+_renderer\b"), RENDERER),
    "reads --output": (re.compile(r"\bglobals_?(?:\(\))?\.(?:output|json)\b"), re.compile(r"cli/globals\.cc$")),
}


def find(files):
    violations = []
    choices = 0
    for path, text in files.items():
        if not path.startswith("cli/") or not path.endswith(tree.CODE):
            continue
        code = tree.without_comments(text)
        if path != TABLE:
            choices += len(re.findall(r"\bchosen_output_format\(\w+\)", code))
        renderer = RENDERER.match(path)
        if renderer and TABLE in files and f"make_{renderer.group(1)}_renderer" not in files[TABLE]:
            violations.append(f"{path}: no row of {TABLE} makes this renderer")
        if path in OWNERS:
            continue
        for what, (pattern, allowed) in FORBIDDEN.items():
            if allowed and allowed.match(path):
                continue
            for match in pattern.finditer(code):
                violations.append(f"{path}:{tree.line_of(code, match.start())}: {what}: {match.group(0)}")
    if choices > 1:
        violations.append(f"{OWNERS[-1]}: the output format is chosen {choices} times")
    return violations


if __name__ == "__main__":
    tree.report("output_format", find)
