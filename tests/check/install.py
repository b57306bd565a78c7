"""`cmake --install` puts everything where it belongs, and it works from there: install.py CMAKE BUILD_FOLDER."""

import os
import shutil
import subprocess
import sys
import tempfile

FILES = {  # path below the prefix -> what must be in it
    "bin/fhctl": b"\x7fELF",
    "bin/fhctl-sandbox": b"\x7fELF",
    "share/bash-completion/completions/fhctl": b"complete ",
    "share/zsh/site-functions/_fhctl": b"#compdef fhctl",
    "share/fish/vendor_completions.d/fhctl.fish": b"complete ",
    "share/man/man1/fhctl.1": b".TH ",
    "share/doc/fhctl/README.md": b"# fhctl",
    "share/doc/fhctl/LICENSE": b"Apache License",
    "share/doc/fhctl/docs/architecture/README.md": b"# Architecture",
}


def problems(prefix):
    for path, expected in FILES.items():
        try:
            with open(os.path.join(prefix, path), "rb") as file:
                if expected not in file.read():
                    yield f"{path} has no {expected.decode(errors='replace')!r}"
        except OSError as error:
            yield str(error)
    commands = [[os.path.join(prefix, "bin/fhctl"), "version"],
                [os.path.join(prefix, "bin/fhctl"), "sandbox", "--print-env"],
                ["bash", "-n", os.path.join(prefix, "share/bash-completion/completions/fhctl")]]
    for shell, path in (("zsh", "share/zsh/site-functions/_fhctl"),
                        ("fish", "share/fish/vendor_completions.d/fhctl.fish")):
        if shutil.which(shell):
            commands.append([shell, "-n", os.path.join(prefix, path)])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or done.stderr:
            yield f"{' '.join(command)} ended with {done.returncode}: {done.stderr}"


def main():
    cmake, build = sys.argv[1:]
    with tempfile.TemporaryDirectory() as prefix:
        subprocess.run([cmake, "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        found = list(problems(prefix))
    for text in found:
        print(text)
    print(f"install: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
