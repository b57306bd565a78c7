"""fhctl prints and writes no part of a secret, connects only to the endpoint, and reads and starts only what it needs.

The second half uses strace and is skipped, loudly, where that is not installed.
"""

import json
import os
import re
import shlex
import subprocess
import threading
import time
import unittest

import harness
from fault_proxy import FaultProxy
from scenario import BUCKET, NAME, OWN, QUICK_SANDBOX, SANITIZED, Scenario, transcript

SECRET = "q9Zk/Vw4+rT7mXb2Ljd8Hs1Yc6Np3GuFe5AoRiKx"
TOKEN = "FQoGZXIvYXdzEJr//////////wEaDPlantedTokenQkE7hW2dVx5Ru9LsTzYbGnJf3KcMoPaXw6Ci1Hv8Ze4Sg=="
KEY = "AKIAPLANTEDKEY0001Z7"
PIECE = 8             # bytes of a secret that must not be seen in a row
SIGNATURE_PIECE = 16  # hex digits: ids are hex too, and 8 of them could agree by chance
LIFE = (("up", "--count", "2", "--yes"), ("describe",), ("describe", "--output", "json"), ("scale", "3", "--yes"),
        ("put", "-"), ("manifest",), ("lock",), ("doctor",), ("scale", "1", "--no-drain", "--yes"),
        ("destroy", "--empty-bucket", "--confirm", NAME))


def pieces(secret, size):
    return {secret[at:at + size] for at in range(len(secret) - size + 1)}


class Watch(threading.Thread):
    """Reads command lines and environments of a process and its children repeatedly until it ends."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.command_lines, self.children = pid, set(), set()

    def run(self):
        while True:
            try:
                with open(f"/proc/{self.pid}/cmdline", "rb") as file:
                    line = file.read()
                with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
                    self.children.update(file.read().split())
            except OSError:
                return
            if not line:  # a zombie
                return
            self.command_lines.add(line)
            time.sleep(0.002)


class Secrets(Scenario):
    SANDBOX = (*QUICK_SANDBOX, "--access-key", KEY, "--secret-key", SECRET, "--session-token", TOKEN)

    def setUp(self):
        super().setUp()
        sign = self.aws.sign
        self.aws.sign = lambda *most: sign(*most[:-1], {**most[-1], "x-amz-security-token": TOKEN})
        self.fault_proxy = FaultProxy(self.sandbox)
        self.addCleanup(self.fault_proxy.close)
        self.kept = {}  # what was found, by where

    def keep(self, where, content):
        self.kept[where] = self.kept.get(where, b"") + content

    def run_watched(self, words, env, stdin=b"a line of somebody's log\n"):
        # A sanitizer that checks for leaks starts another process at the end.
        process = subprocess.Popen([harness.FHCTL, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**env, "ASAN_OPTIONS": "detect_leaks=0"},
                                   cwd=self.folder)
        self.addCleanup(self.end, process)
        watch = Watch(process.pid)
        watch.start()
        out, err = process.communicate(stdin, timeout=60)
        watch.join(10)
        self.assertEqual(watch.children, set())
        self.keep("command line", b"".join(watch.command_lines))
        self.keep("stdout", out)
        self.keep("stderr", err)
        for name in os.listdir(self.folder):
            with open(os.path.join(self.folder, name), "rb") as file:
                self.keep(name, file.read())
        return harness.Result(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def look(self):
        """No piece of a secret in anything that was kept, and no signature that went over the wire."""
        needles = pieces(SECRET, PIECE) | pieces(TOKEN, PIECE)
        authorizations = [seen.header("authorization") for seen in self.fault_proxy.seen]
        signatures = [re.search("Signature=([0-9a-f]{64})", value).group(1) for value in authorizations]
        self.assertGreater(len(signatures), 5)
        for signature in signatures:
            needles |= pieces(signature, SIGNATURE_PIECE)
        for where, content in self.kept.items():
            text = content.decode(errors="replace")
            found = [needle for needle in needles if needle in text]
            self.assertEqual(found, [], f"in {where}")
            self.assertNotIn(KEY, text, where)

    def test_a_life_with_debug_output(self):
        env = self.sandbox.env(AWS_ENDPOINT_URL=self.fault_proxy.url)
        for words in LIFE:
            result = self.run_watched((*words, "--debug"), env)
            self.assertEqual(result.code, 0, f"{words}: {transcript(result)}")
            for key in self.aws.keys(BUCKET, OWN) if words[0] != "destroy" else []:
                self.keep(key, self.aws.s3("GET", BUCKET, key)[1])
        # The check is effective: all these places were examined, and requests did contain the token.
        self.assertLessEqual({"stdout", "stderr", "command line", "fhctl-manifest.json", OWN + "manifest.json",
                              OWN + "pipeline.json"}, self.kept.keys())
        self.assertIn(b"GetCallerIdentity", self.kept["stderr"])
        self.assertTrue(all(seen.header("x-amz-security-token") == TOKEN for seen in self.fault_proxy.seen))
        self.look()

    def test_bodies_and_events(self):
        env = self.sandbox.env(AWS_ENDPOINT_URL=self.fault_proxy.url)
        for words in ("up", "--count", "1", "--yes", "--debug", "--debug-bodies", "--json-into", "events.ndjson"), \
                ("describe", "--debug-bodies", "--debug", "--output", "ndjson"):
            self.assertEqual(self.run_watched(words, env).code, 0)
        self.assertGreater(len(self.kept["events.ndjson"]), 100)
        self.look()

    def test_errors(self):
        """Refused, expired, wrong, and with the secrets where they do not belong."""
        env = self.sandbox.env(AWS_ENDPOINT_URL=self.fault_proxy.url)
        for fault in "expired_token", "access_denied", "html", "drop_after":
            self.faults({"fault": fault, "times": 0})
            result = self.run_watched(("up", "--yes", "--debug"), {**env, "AWS_MAX_ATTEMPTS": "2"})
            self.assertNotEqual(result.code, 0)
        self.faults()
        for name, value in (("AWS_SECRET_ACCESS_KEY", SECRET[::-1]), ("AWS_SESSION_TOKEN", TOKEN[::-1]),
                            ("AWS_ACCESS_KEY_ID", KEY[::-1])):
            result = self.run_watched(("up", "--yes", "--debug"), {**env, name: value})
            self.assertEqual(result.code, 77, transcript(result))
            self.assertFalse(pieces(value, PIECE) & pieces(result.stdout + result.stderr, PIECE))
        for url in f"https://{KEY}:{SECRET}@localhost/", f"http://127.0.0.1/?token={TOKEN}":
            for words, more in ((("up", "--yes", "--endpoint-url", url), {}), (("up", "--yes"),
                                                                               {"AWS_ENDPOINT_URL": url})):
                result = self.run_watched(words, {**env, **more})
                self.assertEqual(result.code, 64, transcript(result))
                self.assert_says(result.stderr, "endpoint")
        self.kept.pop("command line")  # the caller's own words
        self.look()

    def test_no_core_file(self):
        """Keys would be in it."""
        self.faults({"operation": "GetCallerIdentity", "fault": "delay", "ms": 20000})
        process = self.start("plan")
        self.wait_for_request("GetCallerIdentity")
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as file:
            limit = re.search(r"Max core file size +(\S+)", file.read()).group(1)
        self.assertEqual(limit, "0")

    def test_a_credential_process_is_not_run(self):
        """Not supported: the message says so and gives an alternative, and the program is never started."""
        proof = os.path.join(self.folder, "started")
        config = self.write("config", f"[default]\ncredential_process = /usr/bin/touch {shlex.quote(proof)}\n")
        env = self.sandbox.env(AWS_CONFIG_FILE=config, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                               AWS_SESSION_TOKEN=None)
        result = harness.run_fhctl("plan", env=env, cwd=self.folder)
        self.assertEqual(result.code, 77, transcript(result))
        self.assert_says(result.stderr, "credential_process", "aws configure export-credentials")
        self.assertFalse(os.path.exists(proof))


class Confinement(Scenario):
    """Under strace: files written, files read, addresses, processes."""

    # What a run may read beside its own files and the user's configuration: libraries and what finds them, names of
    # hosts, certificates, and what shows whether the holder of a lock is a living process of this machine: the number
    # of the machine's start, and when processes started.
    READS = re.compile(
        r"/etc/(ld\.so\.(cache|preload)|hosts|host\.conf|resolv\.conf|nsswitch\.conf|gai\.conf)$"
        r"|/etc/ssl/|/usr/lib/ssl/|/usr/share/ca-certificates/|/usr/local/share/ca-certificates/"
        r"|(/usr)?(/local)?/lib(64)?/([^/]+/)?[^/]+\.so[.\d]*$|/proc/sys/kernel/random/boot_id$"
        r"|/proc/self/status$|/proc/\d+/stat$"
        + (r"|/proc/|/sys/" if SANITIZED else ""))
    WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND")

    @classmethod
    def setUpClass(cls):
        cls.strace = harness.need_program("strace", "which files and addresses fhctl touches")
        probe = subprocess.run([cls.strace, "-o", os.devnull, "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            raise unittest.SkipTest("strace may not trace here (ptrace is forbidden); not run: which files and "
                                    "addresses fhctl touches")
        super().setUpClass()

    def traced(self, *words):
        """The calls of one run: open, rename, unlink, connect, and whatever starts a process."""
        path = os.path.join(self.logs, "trace")
        done = subprocess.run(
            [self.strace, "-f", "-y", "-s", "4096", "-o", path, "-e",
             "trace=open,openat,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,symlink,"
             "symlinkat,truncate,chmod,fchmodat,connect,bind,listen,execve,execveat,clone,clone3,fork,vfork,ptrace",
             harness.FHCTL, *words],
            env=self.sandbox.env(ASAN_OPTIONS="detect_leaks=0"), cwd=self.folder, input=b"x\n", capture_output=True,
            timeout=90, check=False)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr.decode()}")
        with open(path, encoding="utf-8", errors="replace") as file:
            calls = [re.sub(r"^\d+ +", "", line) for line in file]
        return [call for call in calls if " = -1 ENOENT" not in call and re.match(r"\w+\(", call)]

    def setUp(self):
        super().setUp()
        self.logs = self.enterContext(harness.scratch())

    def test_every_command_of_a_life(self):
        for words in LIFE:
            calls = self.traced(*words)
            with self.subTest(words=words):
                self.assertGreater(len(calls), 10)
                self.check_files(calls, words)
                self.check_addresses(calls)
                self.check_processes(calls)

    def check_files(self, calls, words):
        written, read = set(), set()
        for call in calls:
            if found := re.match(r'(?:open|openat|creat)\((?:AT_FDCWD(?:<[^>]*>)?, )?"([^"]*)", ?([^,)]*)', call):
                path = os.path.normpath(os.path.join(self.folder, found.group(1)))
                (written if self.WRITES.search(found.group(2)) else read).add(path)
            elif re.match(r"rename|unlink|mkdir|link|symlink|truncate|chmod|fchmodat", call):
                written.update(os.path.normpath(os.path.join(self.folder, name))
                               for name in re.findall(r'"([^"]*)"', call))
        manifest = os.path.join(self.folder, "fhctl-manifest.json")
        temporary = re.compile(re.escape(self.folder) + r"/\.fhctl-manifest\.json\.[0-9a-f]{16}\.tmp$")
        for path in written:
            self.assertTrue(path == manifest or temporary.match(path) or path in ("/dev/null", "/dev/tty"), path)
        if words[0] in ("describe", "lock", "doctor", "manifest"):
            self.assertEqual(written - {"/dev/null"}, set(), "a command that only reads")
        own = {self.folder, manifest, os.path.join(self.folder, "fhctl.toml"), os.devnull, harness.FHCTL}
        self.assertEqual([path for path in sorted(read) if path not in own and not self.READS.match(path)], [])

    def check_addresses(self, calls):
        connects = [call for call in calls if call.startswith("connect(")]
        self.assertTrue(connects)
        port = self.sandbox.url.rpartition(":")[2]
        for call in connects:
            endpoint = f"sin_port=htons({port}), sin_addr=inet_addr(\"127.0.0.1\")" in call
            self.assertTrue(endpoint or "/var/run/nscd" in call or "/run/systemd/resolve" in call, call)
        for call in calls:
            self.assertFalse(re.match(r"listen\(|bind\(", call), call)

    def check_processes(self, calls):
        started = [call for call in calls if re.match(r"execve|execveat|fork|vfork|ptrace", call)]
        self.assertEqual(len(started), 1, started)  # fhctl itself
        clones = [call for call in calls if re.match(r"clone", call)]
        self.assertEqual([call for call in clones if "CLONE_THREAD" not in call], [])

    def test_the_look_would_see_it(self):
        """The same checks on a program that does everything that is forbidden."""
        path = os.path.join(self.logs, "bad")
        script = ("import socket, subprocess, os; open('leak.txt', 'w'); open('/etc/passwd'); subprocess.run(['true']);"
                  "s = socket.socket(); s.connect_ex(('127.0.0.1', 9))")
        subprocess.run([self.strace, "-f", "-y", "-o", path, "-e", "trace=open,openat,connect,execve,clone,vfork,fork",
                        "python3", "-c", script], cwd=self.folder, capture_output=True, timeout=60, check=True)
        with open(path, encoding="utf-8", errors="replace") as file:
            calls = [re.sub(r"^\d+ +", "", line) for line in file]
        calls = [call for call in calls if " = -1 ENOENT" not in call and re.match(r"\w+\(", call)]
        for check in (lambda: self.check_files(calls, ("up",)), lambda: self.check_addresses(calls),
                      lambda: self.check_processes(calls)):
            with self.assertRaises(AssertionError):
                check()
        self.assertTrue(json.dumps(calls))


if __name__ == "__main__":
    unittest.main()
