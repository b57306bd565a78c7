"""Sizes and forms that need no reviewer: functions, lines, names, header guards."""

import os
import re

import tree

FUNCTION_LINES_MAX = 80
COLUMNS_MAX = 120
SOURCES = (".cc", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "dev")
CONTROL = re.compile(r"\b(if|for|while|switch|catch|do|else|namespace|class|struct|enum|union|return|extern)\b")
NAME = re.compile(r"^[a-z][a-z0-9_]*\.(cc|h|py)$")


def functions(code):
    """(line, name, lines) of the bodies that look like functions: a brace after a parenthesis, outside other bodies."""
    position = 0
    while True:
        opening = code.find("{", position)
        if opening < 0:
            return
        before = code[max(code.rfind(mark, 0, opening) for mark in ";{}") + 1:opening]
        head = re.sub(r"^\s*#.*$", "", before, flags=re.MULTILINE)
        called = re.search(r"([~\w:]+)\s*\(", head)
        if called and not CONTROL.search(head.split("(")[0]) and "=" not in head.split("(")[0]:
            closing = tree.matching_brace(code, opening)
            first = tree.line_of(code, opening)
            yield first, called.group(1), tree.line_of(code, closing) - first + 1
            position = closing + 1
        else:
            position = opening + 1


def in_text(path, lines):
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield f"{path}:{number}: {len(line)} columns, {COLUMNS_MAX} are allowed"
        if line != line.rstrip():
            yield f"{path}:{number}: white space at the end of the line"
        if "\t" in line:
            yield f"{path}:{number}: a tab"


def in_code(path, text):
    code = tree.without_comments(text)
    for line, name, length in functions(code):
        if length > FUNCTION_LINES_MAX:
            yield f"{path}:{line}: {name} has {length} lines, {FUNCTION_LINES_MAX} are allowed"
    if path.endswith(".h"):
        if "#pragma once" not in code:
            yield f"{path}: a header without #pragma once"
        if re.search(r"^\s*using namespace\b", code, re.MULTILINE):
            yield f"{path}: using namespace in a header"
        if not text.lstrip().startswith("//"):
            yield f"{path}: a header begins with a comment that says what it is"


def find(files):
    violations = []
    for path, text in files.items():
        if not path.endswith(SOURCES):
            continue
        violations += in_text(path, text.split("\n")[:-1] if text.endswith("\n") else text.split("\n"))
        if text and not text.endswith("\n"):
            violations.append(f"{path}: no newline at the end")
        if path.endswith(tree.CODE):
            violations += in_code(path, text)
        if path.endswith(tree.CODE + (".py",)) and not NAME.match(os.path.basename(path)):
            violations.append(f"{path}: file names are snake_case")
    return violations


if __name__ == "__main__":
    tree.report("style", find)
