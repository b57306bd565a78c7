"""The text describes the project only: no paths of a private machine, no registry hosts, nothing about its authors.

The patterns are assembled from halves so that this file does not match itself.
"""

import re

import tree

FOLDERS = "|".join(["wo" + "rk", "ro" + "ot", "fa" + "rm", "Use" + "rs"])
HOSTS = "|".join([r"registry\.np" + "mjs", r"py" + r"pi\.org", r"deb\.deb" + r"ian\.org", r"proxy\.go" + r"lang\.org"])
TALK = "|".join(["this ses" + "sion", "sub" + "agent", "helper ses" + "sion", "steering re" + "po",
                 r"iss" + r"ue #?\d+", "as an a" + "i ", "language mo" + "del", "clau" + "de", "chat" + "gpt"])
# Each stood for a term of the glossary, or was a metaphor.
STRUCK = "|".join(["doom" + "ed", "med" + "dle", "middle" + "man", "under our ha" + "nds", "one word too ma" + "ny",
                   "knows n" + "o", "in this mom" + "ent", "led" + "ger", "for go" + "od", "in for" + "ce", "de" + "ed",
                   "rog" + "ue", "me" + "nd", "ane" + "w"])
PATTERNS = {
    "a path of somebody's machine": re.compile(rf"(?:^|[^A-Za-z0-9_.~}}])/(?:{FOLDERS})/|/tm" + r"p/b-|/ho" + r"me/\w",
                                               re.MULTILINE),
    "a registry's host name": re.compile(HOSTS),
    "a word that is not standard English here": re.compile(rf"\b(?:{STRUCK})\b", re.IGNORECASE),
    "talk about how this was written": re.compile(rf"\b(?:{TALK})", re.IGNORECASE),
}
# The glossary and superseded decisions keep their words.
EXEMPT = {"LICENSE", "CHANGELOG.md", "docs/glossary.md", "docs/adr/0007-consent-until-there-is-proof.md",
          "docs/adr/0009-drain.md", "docs/adr/0010-joined-sources.md"}
EXEMPT_FOLDERS = ("tests/conformance/vectors/", "docs/history/", "tests/fuzz/corpus/")  # kept to the byte


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
