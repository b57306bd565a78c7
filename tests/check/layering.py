"""Includes follow the modules: a file includes headers of its own module and of those that its module links.

The modules and what they link are the calls of fhctl_module() in CMakeLists.txt; there is no second table. A module
links only modules above it in that file, so there are no cycles. A header of an outside library is included only by
modules that link the library. No module of core is larger than a fifth of core.
"""

import re

import tree

CMAKE = "CMakeLists.txt"
CALL = re.compile(r"^fhctl_module\(([^)]*)\)", re.MULTILINE)
KEYWORDS = ("FOLDERS", "USES", "LIBRARIES", "LONE")
FREE_FOLDERS = ("tests", "bench")  # they may include everything, and nothing includes them
LIBRARIES = {  # the beginning of an include -> the library to be linked
    "zlib.h": "ZLIB::ZLIB",
    "curl/": "CURL::libcurl",
    "boost/context": "${BOOST_CONTEXT}",
    "CLI/": "CLI11::CLI11",
    "toml++": "tomlplusplus",
    "openssl/": "OpenSSL::Crypto",
    "pugixml": "pugixml::pugixml",
}
LARGEST_SHARE = 0.2
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


class Module:
    def __init__(self, words):
        self.name, self.folders = words[0], [words[1]]
        lists = {keyword: [] for keyword in KEYWORDS}
        current = None
        for word in words[2:]:
            if word in KEYWORDS:
                current = word
            else:
                lists[current].append(word)
        self.folders += lists["FOLDERS"]
        self.uses = set(lists["USES"])
        self.libraries = set(lists["LIBRARIES"])


def modules_of(cmake):
    """The modules in the order of CMakeLists.txt."""
    text = re.sub(r"#.*", "", cmake)
    return [Module(match.group(1).split()) for match in CALL.finditer(text)]


def module_at(modules, path):
    """The module whose folder holds the file itself, or None."""
    folder = path.rpartition("/")[0]
    return next((module for module in modules if folder in module.folders), None)


def refuse(modules, path, target, quoted):
    """Why the file may not include the target; None when it may."""
    if path.startswith(tuple(folder + "/" for folder in FREE_FOLDERS)):
        return None if not quoted or "/" in target else "includes are written from the project's root"
    module = module_at(modules, path)
    if module is None:
        return None
    if not quoted:
        for beginning, library in LIBRARIES.items():
            if target.startswith(beginning) and library not in module.libraries:
                return f"the module {module.name} does not link {library}"
        return None
    if target.startswith(tuple(folder + "/" for folder in FREE_FOLDERS)):
        return "the program does not include its tests"
    other = module_at(modules, target)
    if other is None:
        return "includes are written from the project's root, and name a header of a module"
    if other is not module and other.name not in module.uses:
        return f"the module {module.name} does not link {other.name}"
    return None


def find_in_modules(modules):
    seen = set()
    for module in modules:
        for name in sorted(module.uses - seen):
            yield f"{CMAKE}: the module {module.name} links {name}, which does not stand above it"
        seen.add(module.name)


def find_large(modules, files):
    lines = {}
    for path, text in files.items():
        module = module_at(modules, path)
        if module and path.startswith("core/") and path.endswith(tree.CODE):
            lines[module.name] = lines.get(module.name, 0) + text.count("\n")
    total = sum(lines.values())
    if len(lines) < 5:
        return  # not the whole project
    for name, count in lines.items():
        if count > LARGEST_SHARE * total:
            yield f"{CMAKE}: the module {name} has {count} of {total} lines of core, which is more than a fifth"


def find(files):
    modules = modules_of(files.get(CMAKE, ""))
    violations = list(find_in_modules(modules)) + list(find_large(modules, files))
    for path, text in files.items():
        if not path.endswith(tree.CODE):
            continue
        if path.startswith(("core/", "cli/", "sandbox/")) and module_at(modules, path) is None:
            violations.append(f"{path}: no fhctl_module() in {CMAKE} has this folder")
        code = tree.without_comments(text, keep_strings=True)
        for match in INCLUDE.finditer(code):
            why = refuse(modules, path, match.group(2), match.group(1) == '"')
            if why:
                violations.append(f"{path}:{tree.line_of(code, match.start())}: includes {match.group(2)}: {why}")
    return violations


if __name__ == "__main__":
    tree.report("layering", find)
