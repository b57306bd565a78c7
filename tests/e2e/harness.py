"""Base of the end-to-end tests: the binary, a sandbox to run it against, scratch folders, and the available peers.

The binary is named by the environment variable FHCTL, else it is the one of the release build.
"""

import contextlib
import dataclasses
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FHCTL = os.environ.get("FHCTL") or os.path.join(ROOT, "build", "release", "fhctl")
REGION = "us-west-2"
# Seconds after which something counts as hanging. Tests bound work by counts: a machine may be slow.
HANG_S = 120
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclasses.dataclass
class Result:
    """How a command ended. A negative code is the signal that killed it."""
    code: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    def lines(self):
        """The objects of an NDJSON answer."""
        return [json.loads(line) for line in self.stdout.splitlines() if line]


def clean_environment(extra=None):
    """An environment in which nothing of the user's account, configuration, proxies or locale is left."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("AWS_", "FHCTL_", "GITHUB_")) and not name.lower().endswith("_proxy")
                   and name not in ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")}
    environment.update({
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
        "LC_ALL": "C.UTF-8", "NO_PROXY": "127.0.0.1,localhost", "TERM": "dumb"})
    for name, value in (extra or {}).items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = str(value)
    return environment


def run(command, env=None, stdin="", timeout=60, cwd=None):
    """Runs any program to its end; a program that is still there after `timeout` seconds fails the test."""
    done = subprocess.run([str(part) for part in command], input=stdin.encode() if isinstance(stdin, str) else stdin,
                          capture_output=True, env=clean_environment() if env is None else env, timeout=timeout,
                          cwd=cwd, check=False)
    return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def run_fhctl(*arguments, env=None, stdin="", timeout=60, cwd=None):
    return run([FHCTL, *arguments], env=env, stdin=stdin, timeout=timeout, cwd=cwd)


def start_fhctl(*arguments, env=None, cwd=None):
    """Starts fhctl and returns the process (bytes on its pipes), for tests that signal it."""
    return subprocess.Popen([FHCTL, *[str(part) for part in arguments]], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=clean_environment() if env is None else env, cwd=cwd)


@contextlib.contextmanager
def scratch():
    """A temporary folder."""
    folder = tempfile.mkdtemp(prefix="fhctl-test-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Server:
    """A server process on loopback: started, waited for, ended by its process id."""

    def __init__(self, command, env=None):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=clean_environment() if env is None else env)

    def output(self):
        """All that it has printed so far."""
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors="replace")

    def wait_until(self, ready, timeout=20):
        """Calls ready() until it returns something true. A server that exits or does not respond is an error."""
        deadline = time.monotonic() + timeout
        while True:
            answer = ready()
            if answer:
                return answer
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"server did not come up (code {self.process.poll()}):\n{self.output()}")
            time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Sandbox(Server):
    """`fhctl sandbox` on a free port. env() is what a client needs to talk to it."""

    FAST = ("--create-time", "0s", "--delete-time", "0s", "--iam-delay", "0s", "--calls-per-second", "0")

    def __init__(self, *options, env=None):
        super().__init__([FHCTL, "sandbox", "--port", "0", *options], env=env)
        try:
            self.exports = self.wait_until(self._exports)
        except Exception:
            self.stop()
            raise
        self.url = self.exports["AWS_ENDPOINT_URL"]

    def _exports(self):
        exports = {name: value.strip("\"'") for name, value in
                   re.findall(r"^\s*export (\w+)=(.*?)\s*$", self.output(), re.MULTILINE)}
        if not {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= exports.keys():
            return None
        port = urllib.parse.urlsplit(exports["AWS_ENDPOINT_URL"]).port
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return exports
        return None

    def env(self, **extra):
        """Exports of the sandbox, the region, and what the caller adds (None takes a variable away)."""
        return clean_environment({"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **self.exports, **extra})

    def fhctl(self, *arguments, env=None, **options):
        return run_fhctl(*arguments, env=self.env(**(env or {})), **options)

    def call(self, method, path, body=None):
        """One of the sandbox's own pages, under /_sandbox/ (sandbox/README.md). JSON answers come back read."""
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data=body, method=method)
        with NO_PROXY.open(request, timeout=20) as answer:
            text = answer.read().decode()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def requests(self):
        return self.call("GET", "requests")

    def summary(self):
        return self.call("GET", "summary")

    def faults(self, plan):
        """Replaces the fault plan: a list of rules, or an object (sandbox/README.md). Counts requests from 1 again."""
        return self.call("POST", "faults", json.dumps(plan).encode())

    def reset(self):
        """Forgets everything but the clock."""
        return self.call("POST", "reset", b"")

    def advance(self, seconds):
        """Moves the sandbox's clock forward."""
        return self.call("POST", f"advance?seconds={seconds}", b"")


# --- peers: independent programs, searched for at run time and never assumed ---

def _pythons():
    """Every python3 worth asking: the one named by FHCTL_PEER_PYTHON, the project's own .peers, all on PATH."""
    candidates = [os.environ.get("FHCTL_PEER_PYTHON"), os.path.join(ROOT, ".peers", "python", "bin", "python3")]
    candidates += [os.path.join(folder, "python3") for folder in os.environ.get("PATH", "").split(os.pathsep)]
    return list(dict.fromkeys(path for path in candidates if path and os.access(path, os.X_OK)))


@functools.lru_cache(maxsize=None)
def python_with(module):
    """The path of a python3 that can import the module, or None."""
    for python in _pythons():
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([python, "-c", f"import {module}"], capture_output=True, timeout=60,
                              env=clean_environment(), check=False).returncode == 0:
                return python
    return None


def need_python_with(module, checks):
    """The python3, or a loud skip that says which checks did not run."""
    python = python_with(module)
    if python is None:
        raise unittest.SkipTest(f"no python3 can import {module} (looked at {len(_pythons())}); not run: {checks}")
    return python


def need_program(name, checks):
    path = shutil.which(name)
    if path is None:
        raise unittest.SkipTest(f"no {name} on PATH; not run: {checks}")
    return path


@functools.lru_cache(maxsize=None)
def _node_with(package):
    node = shutil.which("node")
    for folder in [os.environ.get("FHCTL_PEER_NODE_MODULES"), os.path.join(ROOT, ".peers", "node_modules")]:
        if node and folder and os.path.isdir(os.path.join(folder, *package.split("/"))):
            return node, folder
    return None


def need_node_with(package, checks):
    """(node, folder of node_modules), or a loud skip."""
    found = _node_with(package)
    if found is None:
        raise unittest.SkipTest(f"no node with the package {package} in .peers/node_modules; not run: {checks}")
    return found


@contextlib.contextmanager
def moto(checks):
    """moto_server on a free port; gives its URL. Skips loudly where no python3 has it."""
    python = need_python_with("moto.server", checks)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"

    def ready():
        with contextlib.suppress(OSError), NO_PROXY.open(f"{url}/moto-api/", timeout=2) as answer:
            return answer.status == 200
        return False

    with Server([python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]) as server:
        server.wait_until(ready, timeout=60)
        yield url
