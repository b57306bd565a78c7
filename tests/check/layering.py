"""Includes point one way: base <- http <- aws <- services <- pipeline <- cli. The sandbox stands apart.

The sandbox judges the client, so it may share nothing with it that could hide a mistake: only base and the plain
message and URL structs. Each outside library is used by the folders that own it and by no others.
"""

import re

import tree

LAYERS = ["core/base", "core/http", "core/aws", "core/services", "core/pipeline", "cli"]
SANDBOX_MAY = re.compile(r"sandbox/|core/base/|core/http/(message|url)\.h$")
CLI_MAY_OF_SANDBOX = {"sandbox/server.h", "sandbox/options.h"}
LIBRARIES = {  # the beginning of an include -> the folders that may have it
    "zlib.h": ["core/pipeline", "sandbox"],
    "curl/": ["core/http"],
    "boost/context": ["core/base"],
    "CLI/": ["cli"],
    "toml++": ["core/pipeline", "cli"],
    "openssl/": ["core/base", "sandbox"],
    "pugixml": ["core/aws", "core/services", "sandbox"],
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def layer_of(path):
    for layer in LAYERS + ["sandbox", "tests", "bench", "templates"]:
        if path.startswith(layer + "/"):
            return layer
    return None


def refuse(path, target, quoted):
    """Why the file may not include the target; None when it may."""
    layer = layer_of(path)
    if not quoted:
        for beginning, folders in LIBRARIES.items():
            if target.startswith(beginning) and layer not in folders + ["tests", "bench"]:
                return f"only {', '.join(folders)} may use this library"
        return None
    other = layer_of(target)
    if other is None:
        return "includes are written from the project's root"
    if layer in ("tests", "bench") or other == "templates":
        return None
    if other in ("tests", "bench"):
        return "the program does not include its tests"
    if layer == "sandbox":
        return None if SANDBOX_MAY.match(target) else "the sandbox shares only base, message.h and url.h with others"
    if other == "sandbox":
        return None if layer == "cli" and target in CLI_MAY_OF_SANDBOX else "the client does not know the sandbox"
    if layer in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
        return f"{layer} stands below {other}"
    return None


def find(files):
    violations = []
    for path, text in files.items():
        if not path.endswith(tree.CODE) or layer_of(path) is None:
            continue
        code = tree.without_comments(text, keep_strings=True)
        for match in INCLUDE.finditer(code):
            why = refuse(path, match.group(2), match.group(1) == '"')
            if why:
                violations.append(f"{path}:{tree.line_of(code, match.start())}: includes {match.group(2)}: {why}")
    return violations


if __name__ == "__main__":
    tree.report("layering", find)
