"""Measures fhctl against its own sandbox: run.py BINARY. See README.md beside it."""

import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "e2e"))
RUNS = 30


def measure(command, env, cwd):
    """(wall seconds, peak resident bytes) of one run; a failing command ends the measurement."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return seconds, usage.ru_maxrss * 1024


def row(title, runs):
    seconds = [run[0] * 1000 for run in runs]
    peak = max(run[1] for run in runs) / 2**20
    print(f"{title:<34} {min(seconds):>8.1f} ms {statistics.median(seconds):>8.1f} ms {peak:>8.1f} MiB")
    return statistics.median(seconds)


def main():
    binary = os.path.abspath(sys.argv[1])
    os.environ["FHCTL"] = binary
    import harness  # reads FHCTL

    with harness.scratch() as folder, harness.Sandbox(*harness.Sandbox.FAST) as sandbox:
        env = sandbox.env()
        up = harness.run_fhctl("up", "--count", "2", "--yes", env=env, cwd=folder)
        if up.code != 0:
            sys.exit(up.stderr)
        print(f"{'':<34} {'best':>11} {'median':>11} {'peak':>12}   ({RUNS} runs each)")
        version = row("fhctl version", [measure([binary, "version"], env, folder) for _ in range(RUNS)])
        before = len(sandbox.requests())
        plan = row("fhctl plan, 7 resources, no changes",
                   [measure([binary, "plan", "--detailed-exitcode"], env, folder) for _ in range(RUNS)])
        calls = (len(sandbox.requests()) - before) / RUNS
        print(f"plan makes {calls:.0f} requests and takes {plan / version:.1f} times as long as version")


if __name__ == "__main__":
    main()
