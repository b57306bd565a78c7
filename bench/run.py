"""Measures fhctl against the sandbox: run.py BINARY. See README.md in this folder."""

import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))
RUNS = 30


# A child's peak counts from its fork on, so a small interpreter starts the program whose memory is measured.
SPAWN = """import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
print(os.wait4(process, 0)[2].ru_maxrss)"""


def seconds_of(command, env, cwd):
    """Wall time of one run; a failing command ends the measurement."""
    began = time.monotonic()
    code = subprocess.run(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        sys.exit(f"{' '.join(command)} ended with {code}")
    return time.monotonic() - began


def peak_mib_of(command, env, cwd):
    done = subprocess.run([sys.executable, "-I", "-S", "-c", SPAWN, *command], env=env, cwd=cwd, capture_output=True,
                          text=True, check=True)
    return int(done.stdout) / 1024


def row(title, command, env, cwd):
    """Prints best and median time and peak memory of one command; returns the median."""
    times = [seconds_of(command, env, cwd) * 1000 for _ in range(RUNS)]
    peak = max(peak_mib_of(command, env, cwd) for _ in range(3))
    print(f"{title:<36}{min(times):>8.1f} ms{statistics.median(times):>8.1f} ms{peak:>8.1f} MiB")
    return statistics.median(times)


def main():
    binary = os.path.abspath(sys.argv[1])
    os.environ["FHCTL"] = binary
    import harness  # reads FHCTL

    with harness.scratch() as folder, harness.Sandbox(*harness.Sandbox.FAST) as sandbox:
        env = sandbox.env()
        up = harness.run_fhctl("up", "--count", "2", "--yes", env=env, cwd=folder)
        if up.code != 0:
            sys.exit(up.stderr)
        print(f"{f'{RUNS} runs each':<36}{'best':>11}{'median':>11}{'peak':>12}")
        version = row("fhctl version", [binary, "version"], env, folder)
        before = len(sandbox.requests())
        plan = row("fhctl plan, 7 resources, no changes", [binary, "plan", "--detailed-exitcode"], env, folder)
        calls = (len(sandbox.requests()) - before) / (RUNS + 3)
        print(f"plan makes {calls:.0f} requests and takes {plan / version:.1f} times as long as version")


if __name__ == "__main__":
    main()
