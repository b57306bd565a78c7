"""The project speaks of itself alone: no paths of somebody's machine, no registry hosts, no talk about who wrote it.

The patterns are put together from halves so that this file does not find itself.
"""

import re

import tree

FOLDERS = "|".join(["wo" + "rk", "ro" + "ot", "fa" + "rm", "Use" + "rs"])
HOSTS = "|".join([r"registry\.np" + "mjs", r"py" + r"pi\.org", r"deb\.deb" + r"ian\.org", r"proxy\.go" + r"lang\.org"])
TALK = "|".join(["this ses" + "sion", "sub" + "agent", "helper ses" + "sion", "steering re" + "po",
                 r"iss" + r"ue #?\d+", "as an a" + "i ", "language mo" + "del", "clau" + "de", "chat" + "gpt"])
PATTERNS = {
    "a path of somebody's machine": re.compile(rf"(?:^|[^A-Za-z0-9_.~}}])/(?:{FOLDERS})/|/tm" + r"p/b-|/ho" + r"me/\w",
                                               re.MULTILINE),
    "a registry's host name": re.compile(HOSTS),
    "talk about how this was written": re.compile(rf"\b(?:{TALK})", re.IGNORECASE),
}
EXEMPT = {"LICENSE"}
EXEMPT_FOLDERS = ("tests/conformance/vectors/",)  # public vectors are kept to the byte


def find(files):
    violations = []
    for path, text in files.items():
        if path in EXEMPT or path.startswith(EXEMPT_FOLDERS):
            continue
        for what, pattern in PATTERNS.items():
            for match in pattern.finditer(text):
                violations.append(f"{path}:{tree.line_of(text, match.start())}: {what}: {match.group(0).strip()}")
    return violations


if __name__ == "__main__":
    tree.report("words", find)
