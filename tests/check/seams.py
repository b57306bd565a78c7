"""The system is used through the platform interfaces only, and nothing waits where waiting corrupts memory.

Under core/ only the implementations of the platform interfaces may use clocks, the environment, files, randomness,
threads, signals, processes and the terminal. Everywhere: no catch-all (a dropped fiber is unwound by a special
exception), and no wait inside a catch block, a destructor or a noexcept function.
"""

import re

import tree

SEAM_FILES = re.compile(r"core/base/system[a-z_]*\.cc$|core/transport/curl_[a-z_]*\.cc$")
# Names that follow "." or "->" are members of ours and stay free; std:: and :: in front are seen through.
PLAIN = r"(?:(?<![\w.>:])|(?<=std::)|(?<=[\s(!=]::)|(?<=^::))"


def calls(names):
    return re.compile(PLAIN + rf"(?:{names})\s*\(", re.MULTILINE)


OUTSIDE = {
    "prints": [re.compile(r"\bstd::(cout|cerr|clog|print(ln)?)\b|\bfmt::print\b|\b(stdout|stderr|stdin)\b"),
               calls("printf|fprintf|vprintf|puts|fputs|putchar|perror")],
    "reads a clock": [re.compile(r"\b(system|steady|high_resolution|utc|file)_clock\s*::\s*now\b"),
                      calls("clock_gettime|gettimeofday|timespec_get|localtime|localtime_r")],
    "reads the environment": [calls("getenv|secure_getenv|setenv|putenv|unsetenv"), re.compile(r"\benviron\b")],
    "touches files": [re.compile(r"\bstd::([io]?fstream|filesystem)\b"),
                      calls("fopen|fdopen|freopen|openat|mkstemp|tmpfile|fsync|unlink|mkdir|opendir")],
    "draws chance": [re.compile(r"\brandom_device\b|\bmt19937"), calls("rand|srand|getrandom|RAND_bytes|arc4random")],
    "starts threads": [re.compile(r"\bstd::(j?thread|async|mutex|recursive_mutex|shared_mutex|condition_variable)\b"),
                       re.compile(r"\bthread_local\b|\bpthread_")],
    # Fibers sleep through Loop::sleep_until and sleep_for, which are fine; the thread's own are not.
    "sleeps": [re.compile(r"\bthis_thread\b"), calls("usleep|nanosleep")],
    "handles signals": [calls("sigaction|sigprocmask|raise|kill|alarm"), re.compile(r"\bstd::signal\b")],
    "starts processes": [calls("fork|vfork|execv|execve|execvp|execl|execlp|popen|posix_spawnp?|waitpid"),
                         re.compile(r"\bstd::system\b")],
    "includes a header of the outside": [re.compile(
        r"^[ \t]*#[ \t]*include[ \t]*<(iostream|fstream|filesystem|thread|mutex|future|condition_variable|random"
        r"|unistd\.h|fcntl\.h|pthread\.h|poll\.h|sys/\w+\.h|ctime|time\.h)>", re.MULTILINE)],
}
IN_CLI = ["reads a clock", "draws chance", "starts threads", "sleeps", "starts processes"]

CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)")
NO_WAIT_BLOCKS = {
    "a catch block": re.compile(r"\bcatch\s*\([^)]*\)\s*\{"),
    "a destructor": re.compile(r"~\w+\s*\(\s*\)\s*(?:noexcept\s*|override\s*|const\s*)*\{"),
    "a noexcept function": re.compile(r"\)\s*(?:const\s*)?noexcept\s*(?:override\s*)?(?:->\s*[\w:<>]+\s*)?\{"),
}
WAITS = re.compile(r"(?:\.|->|::)\s*(sleep\w*|wait\w*|join\w*|yield|suspend|exchange|round_trip)\s*\(")


def blocks_that_wait(path, code):
    for what, pattern in NO_WAIT_BLOCKS.items():
        for match in pattern.finditer(code):
            opening = match.end() - 1
            body = code[opening:tree.matching_brace(code, opening)]
            wait = WAITS.search(body)
            if wait:
                yield f"{path}:{tree.line_of(code, opening + wait.start())}: {wait.group(1)}() waits in {what}"


def find(files):
    violations = []
    for path, text in files.items():
        if not path.endswith(tree.CODE) or not path.startswith(("core/", "cli/", "sandbox/")):
            continue
        code = tree.without_comments(text)
        for match in CATCH_ALL.finditer(code):
            line = tree.line_of(code, match.start())
            violations.append(f"{path}:{line}: a catch-all swallows the unwinding of a fiber")
        if path.startswith("sandbox/") or SEAM_FILES.match(path):
            continue  # the sandbox serves from threads, never from fibers
        violations += blocks_that_wait(path, code)
        for what, patterns in OUTSIDE.items():
            if path.startswith("cli/") and what not in IN_CLI:
                continue
            for pattern in patterns:
                for match in pattern.finditer(code):
                    found = " ".join(match.group(0).split())
                    violations.append(f"{path}:{tree.line_of(code, match.start())}: {what}: {found}")
    return violations


if __name__ == "__main__":
    tree.report("seams", find)
