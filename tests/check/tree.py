"""The project's text files, and C++ text without its comments and strings. Shared by the checks beside it."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED_FOLDERS = {".git", "build", ".peers", "__pycache__", "node_modules"}
CODE = (".cc", ".h")


def paths():
    """All files of the project, relative to its root: what git would commit, or every file where git is absent."""
    listing = None
    if os.path.isdir(os.path.join(ROOT, ".git")):
        try:
            listing = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard"],
                capture_output=True, check=True).stdout.decode().split("\0")
        except (OSError, subprocess.CalledProcessError):
            listing = None
    if listing is None:
        listing = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            listing += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(path for path in set(listing) if path and os.path.isfile(os.path.join(ROOT, path)))


def load():
    """{path: text} of every file that is text."""
    files = {}
    for path in paths():
        with open(os.path.join(ROOT, path), "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        try:
            files[path] = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return files


PIECES = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def without_comments(text, keep_strings=False):
    """The same lines with comments, and unless asked otherwise the insides of strings, left out."""
    def blank(match):
        piece = match.group(0)
        lines = "\n" * piece.count("\n")
        if piece.startswith("/"):
            return " " + lines
        if keep_strings:
            return piece
        return ('""' if piece[-1] == '"' else "' '") + lines
    return PIECES.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def matching_brace(text, opening):
    """The position of the brace that closes the one at `opening`; the end of the text when there is none."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(text, opening):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return match.start()
    return len(text)


def report(name, find):
    """Runs one check over the whole project and ends the program."""
    files = load()
    violations = find(files)
    for violation in violations:
        print(violation)
    print(f"{name}: {len(violations)} violations in {len(files)} files")
    sys.exit(1 if violations or not files else 0)
