"""Release binaries have the properties that the build flags ask for: hardening.py BINARY... SOURCE_FOLDER.

Needs binutils.
"""

import subprocess
import sys


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def problems(binary, source_folder):
    """What is missing, as sentences."""
    headers = output("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", binary)
    symbols = output("nm", "--dynamic", "--undefined-only", binary)
    lines = headers.splitlines()
    stack = [line for line in lines if "GNU_STACK" in line]
    with open(binary, "rb") as file:
        image = file.read()
    wanted = [
        (any("Type:" in line and "DYN" in line for line in lines) and "PIE" in headers, "position-independent (PIE)"),
        ("GNU_RELRO" in headers, "read-only after relocation (RELRO)"),
        ("BIND_NOW" in headers or " NOW" in headers, "bound at start (BIND_NOW)"),
        (stack and all(" RW " in line and "RWE" not in line for line in stack), "without an executable stack"),
        ("__stack_chk_fail" in symbols, "protected against stack smashing"),
        (any(line.split("@")[0].endswith("_chk") for line in symbols.splitlines()), "fortified (a *_chk function)"),
        (not any("RWE" in line for line in lines if "LOAD" in line), "without segments both writable and executable"),
        ("RPATH" not in headers and "RUNPATH" not in headers, "without a search path for libraries"),
        (source_folder.encode() + b"/" not in image, "free of the path it was built in"),
    ]
    return [text for holds, text in wanted if not holds]


def main():
    *binaries, source_folder = sys.argv[1:]
    missing = [(binary, text) for binary in binaries for text in problems(binary, source_folder)]
    for binary, text in missing:
        print(f"{binary} should be {text}")
    print(f"hardening: {len(missing)} of 9 properties missing in {len(binaries)} binaries")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
