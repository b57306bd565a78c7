"""Faults of the host: a full or read-only disk, a path that is not a regular file, too few descriptors, closed streams,
an environment with missing or superfluous variables, a wrong clock.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import tempfile
import time
import unittest

import harness
from fault_proxy import Listener, FaultProxy, answer, measured
from scenario import NAME, QUICK_SANDBOX, SANITIZED, Scenario, transcript

MANIFEST = "fhctl-manifest.json"
NOBODY = 65534
IS_ROOT = os.geteuid() == 0


class Disk(Scenario):
    @contextlib.contextmanager
    def small_disk(self, *options):
        """A file system of a few pages, mounted at `folder`/disk."""
        path = os.path.join(self.folder, "disk")
        os.makedirs(path, exist_ok=True)
        if not IS_ROOT or subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(["size=32k", *options]), "none", path],
                                         capture_output=True, check=False).returncode != 0:
            self.skipTest("cannot mount a small file system (not root?); not run: a disk that fills up")
        try:
            yield path
        finally:
            subprocess.run(["umount", "-l", path], capture_output=True, check=False)

    def test_a_full_disk_keeps_the_old_file_whole(self):
        with self.small_disk() as disk:
            path = os.path.join(disk, "manifest.json")
            flags = ("--manifest-file", path)
            self.up(1, *flags)
            before = self.read(path)
            with contextlib.suppress(OSError), open(os.path.join(disk, "filler"), "wb", buffering=0) as filler:
                while filler.write(b"x" * 1024):
                    pass
            result = self.up(3, *flags)
            self.assert_says(result.stderr, "manifest file was not written", "No space left", "fhctl manifest >")
            self.assertEqual(self.read(path), before)
            self.assertEqual(sorted(os.listdir(disk)), ["filler", "manifest.json"])
            self.assertEqual(len(json.loads(self.manifest_in_bucket())["streams"]), 3)
            os.remove(os.path.join(disk, "filler"))
            self.up(3, *flags)
            self.assertEqual(self.read(path), self.manifest_in_bucket())

    def test_a_file_system_that_is_read_only(self):
        with self.small_disk() as disk:
            path = os.path.join(disk, "manifest.json")
            self.up(1, "--manifest-file", path)
            before = self.read(path)
            done = subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            result = self.up(2, "--manifest-file", path)
            self.assert_says(result.stderr, path, "Read-only file system", "fhctl manifest >")
            self.assertEqual(self.read(path), before)

    def as_nobody(self, *arguments, **more):
        """Runs fhctl as a user without rights, from a copy that this user can reach."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            binary = shutil.copy(harness.FHCTL, folder)
            user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if IS_ROOT else {}
            done = subprocess.run([binary, *map(str, arguments)], env=self.sandbox.env(**more), cwd=self.folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **user)
        return harness.Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def test_a_folder_that_may_not_be_written(self):
        self.up(1)
        before = self.read(MANIFEST)
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        result = self.as_nobody("up", "--count", "2", "--yes")
        self.assertEqual(result.code, 0, transcript(result))
        self.assert_says(result.stderr, MANIFEST, "Permission denied", "fhctl manifest >")
        self.assertEqual(self.read(MANIFEST), before)
        self.assertEqual(len(json.loads(self.manifest_in_bucket())["streams"]), 2)

    def test_files_that_may_not_be_read(self):
        os.chmod(self.folder, 0o755)
        for name, more in (("fhctl.toml", {}), ("credentials", {"AWS_SHARED_CREDENTIALS_FILE": "credentials"}),
                           ("config", {"AWS_CONFIG_FILE": "config"})):
            with self.subTest(name=name):
                path = self.write(name, self.SPEC if name == "fhctl.toml" else "[default]\n")
                os.chmod(path, 0)
                before = len(self.requests())
                result = self.as_nobody("up", "--yes", **more)
                os.chmod(path, 0o644)
                self.assertIn(result.code, (1, 7, 64, 77), transcript(result))
                self.assert_says(result.stderr, name, "Permission denied")
                self.assertEqual(len(self.requests()), before)


class ManifestPath(Scenario):
    """Anything but a regular file is never written to, written through or replaced, and nothing waits for it."""

    def odd_paths(self):
        os.mkdir(os.path.join(self.folder, "directory"))
        os.mkfifo(os.path.join(self.folder, "fifo"))
        os.symlink("elsewhere.json", os.path.join(self.folder, "dangling"))
        self.write("theirs.json", "precious\n")
        os.symlink("theirs.json", os.path.join(self.folder, "link"))
        return "directory", "fifo", "dangling", "link", "/dev/null"

    def test_each_is_refused_before_anything_is_changed(self):
        for path in self.odd_paths():
            with self.subTest(path=path):
                result, changes = self.changes_during(
                    lambda path=path: self.expect(7, "up", "--yes", "--manifest-file", path, timeout=20))
                self.assert_says(result.stderr, path, "regular file", "--manifest-file")
                self.assertEqual(changes, [])
        self.assertEqual(self.read("theirs.json"), "precious\n")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "elsewhere.json")))
        self.assertTrue(stat.S_ISFIFO(os.stat(os.path.join(self.folder, "fifo")).st_mode))

    def test_readers_do_not_wait_for_a_pipe(self):
        self.up(1)
        os.remove(os.path.join(self.folder, MANIFEST))
        os.mkfifo(os.path.join(self.folder, MANIFEST))
        self.assert_says(self.expect(0, "describe", timeout=20).stdout, f"{NAME}-1")
        self.expect(0, "describe", "--output", "json", timeout=20)
        for words in ["plan"], ["scale", "2", "--yes"], ["up", "--count", "2", "--yes"]:
            result, changes = self.changes_during(lambda words=words: self.fhctl(*words, timeout=20))
            self.assertIn(result.code, (0, 7), transcript(result))
            self.assertEqual(changes, [])
        self.expect(0, "destroy", "--empty-bucket", "--no-drain", "--confirm", NAME, timeout=20)
        self.assert_nothing_left()

    def test_what_dead_runs_left_behind_is_not_read(self):
        for name in (f".{MANIFEST}.0123456789abcdef.tmp", MANIFEST + ".tmp"):
            self.write(name, '{"schema": "fhctl.manifest/1", "gener')
        self.up(2)
        self.assertEqual(self.read(MANIFEST), self.manifest_in_bucket())
        self.expect(0, "manifest", "validate", MANIFEST)


class Memory(Scenario):
    def test_too_little_of_it(self):
        if SANITIZED:
            self.skipTest("this binary is sanitized and needs terabytes of addresses; not run: a limit on memory")
        ends = {}

        def up_within(mib):
            most = int(mib * 1024) << 10
            with self.subTest(mib=mib):
                result = measured("up", "--count", "12", "--yes", env=self.sandbox.env(), cwd=self.folder,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
                ends[mib] = result.code
                if "error while loading shared libraries" in result.stderr or result.code == 0:
                    return  # not a line of fhctl ran; or there was enough
                self.assertIn(result.code, (1, 3, 69), transcript(result))
                self.assert_says(result.stderr, "error:", "emory")

        def up_from_nothing_within(mib):
            self.sandbox.reset()
            up_within(mib)

        for mib in (256, 128, 64, 48, 16):
            up_from_nothing_within(mib)
        self.assertEqual(ends[256], 0)
        # From just enough memory down in steps of half a MiB: each time another allocation fails.
        enough = min(mib for mib, code in ends.items() if code == 0)
        short = max(mib for mib, code in ends.items() if code != 0)
        while enough - short > 0.25:
            middle = (enough + short) / 2
            up_from_nothing_within(middle)
            enough, short = (middle, short) if ends[middle] == 0 else (enough, middle)
        self.sandbox.reset()
        for halves in range(1, 9):
            up_within(enough - halves / 2)
        self.assertIn(1, ends.values(), ends)
        self.up(12)
        self.assertIn("No changes.", self.up(12).stdout)
        self.assertFalse(self.lock_held())


class Descriptors(Scenario):
    def test_too_few_for_all_connections(self):
        for most in 16, 12, 9:
            with self.subTest(most=most):
                result = measured("up", "--count", "2", "--yes", env=self.sandbox.env(), cwd=self.folder,
                                  preexec_fn=lambda n=most: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)))
                self.assertIn(result.code, (0, 1, 3, 69), transcript(result))
                if result.code == 0:
                    self.assertEqual(len(self.streams()), 2)
                else:
                    self.assertIn("error:", result.stderr)
                self.up(2)
                self.assertIn("No changes.", self.up(2).stdout)
                self.expect(0, "destroy", "--empty-bucket", "--no-drain", "--confirm", NAME)
                self.assert_nothing_left()

    def shell(self, line):
        """`fhctl` with redirections that only a shell can make: {} stands for the binary."""
        done = subprocess.run(["sh", "-c", line.format(harness.FHCTL)], env=self.sandbox.env(), cwd=self.folder,
                              capture_output=True, timeout=60, check=False)
        return harness.Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def test_closed_streams(self):
        """Output to a closed stream must not end up in a file or connection that gets the same descriptor number."""
        for closed in ">&-", "2>&-", ">&- 2>&-", "<&-", "<&- >&- 2>&-":
            with self.subTest(closed=closed):
                result = self.shell("{} up --count 2 --yes " + closed)
                # As with a full disk: the work is done, and the run reports that the result could not be written.
                unwritten = ">&- " in closed + " " and "2>&-" != closed
                self.assertEqual(result.code, 1 if unwritten else 0, transcript(result))
                self.assertEqual(len(self.streams()), 2)
                self.assertEqual(self.read(MANIFEST), self.manifest_in_bucket())
                self.assertFalse(self.lock_held())
                self.expect(0, "destroy", "--empty-bucket", "--no-drain", "--confirm", NAME)

    def test_an_answer_that_does_not_get_out(self):
        self.up(1)
        for words in "describe", "plan --output json", "manifest", "up --count 1 --yes", "--help", "version":
            with self.subTest(words=words):
                result = self.shell("{} " + words + " >/dev/full")
                self.assertEqual(result.code, 1, transcript(result))
        self.assertEqual(self.shell("{} describe 2>/dev/full").code, 0)
        self.assert_says(self.shell("{} describe >/dev/full").stderr, "cannot write to standard output: No space")
        # A reader that closes the pipe gets no message.
        self.assertNotIn("error", self.shell("{} describe | true").stderr)
        result = self.shell("{} describe --json-into /dev/full")
        self.assertEqual(result.code, 1)
        self.assert_says(result.stderr, "cannot write to /dev/full: No space")

    def test_a_watcher_ends_when_its_reader_has_gone(self):
        self.up(1)
        done = subprocess.Popen(["sh", "-c", f"{harness.FHCTL} manifest watch --format text | head -n 1"],
                                env=self.sandbox.env(), cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, done)
        self.assertTrue(done.stdout.readline())
        self.up(2)  # the next line finds no reader
        self.assertEqual(self.finish(done, 30).code, 0)


class Environment(Scenario):
    LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "no_SUCH")
    ZONES = ("UTC", "Pacific/Kiritimati", "America/St_Johns", ":broken")

    def test_nothing_but_keys_region_and_endpoint(self):
        bare = {name: value for name, value in self.sandbox.env().items() if name.startswith("AWS_")}
        for name in "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE":
            bare.pop(name, None)
        for words in ["up", "--count", "1", "--yes"], ["describe"], ["destroy", NAME, "--empty-bucket", "--yes"]:
            result = harness.run_fhctl(*words, env=bare, cwd=self.folder)
            self.assertEqual(result.code, 0, transcript(result))
        self.assertNotIn("~", os.listdir(self.folder))
        keyless = {name: value for name, value in bare.items() if "KEY" not in name}
        result = harness.run_fhctl("plan", env=keyless, cwd=self.folder)
        self.assertEqual(result.code, 77, transcript(result))
        self.assert_says(result.stderr, "no AWS credentials found")

    def test_language_and_time_zone_change_nothing(self):
        self.up(2)
        lines = ("plan --count 3", "manifest", "help up")
        usual = [self.expect(0, *line.split()).stdout for line in lines]
        for language in self.LOCALES:
            for zone in self.ZONES[:1] if SANITIZED else self.ZONES:
                env = {"LC_ALL": language, "LANG": language, "TZ": zone}
                for line, before in zip(lines, usual, strict=True):
                    with self.subTest(line=line, **env):
                        self.assertEqual(self.expect(0, *line.split(), env=env).stdout, before)

    def test_requests_are_the_same_in_every_language(self):
        bodies = {}
        for language, zone in ("C", "UTC"), ("tr_TR.UTF-8", "Pacific/Kiritimati"), ("de_DE.UTF-8", "America/St_Johns"):
            self.sandbox.call("POST", "reset", b"")
            self.write(MANIFEST, "")
            fault_proxy = FaultProxy(self.sandbox)
            self.addCleanup(fault_proxy.close)
            self.up(2, env={"AWS_ENDPOINT_URL": fault_proxy.url, "LC_ALL": language, "TZ": zone})
            # Equal byte by byte except for the random id. Manifests in S3 contain the time.
            bodies[language] = {(seen.operation(), re.sub(rb"[0-9a-f]{16}", b"ID", seen.body))
                                for seen in fault_proxy.seen if seen.body and not seen.operation().startswith("PUT")
                                and seen.operation() != "GetMetricData"}
            self.assertLessEqual({"CreateRole", "PutRolePolicy", "CreateLogGroup", "CreateDeliveryStream"},
                                 {operation for operation, _ in bodies[language]})
        for other in list(bodies)[1:]:
            self.assertEqual(bodies[other], bodies["C"])


class Proxies(Scenario):
    """A proxy is for AWS; this machine, and so the sandbox, is always reached directly."""

    def test_loopback_never_goes_through_a_proxy(self):
        trap = Listener()
        self.addCleanup(trap.close)
        proxy = f"http://user:password@127.0.0.1:{trap.port}"
        env = {name: proxy for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY",
                                        "all_proxy")}
        self.up(1, env={**env, "NO_PROXY": None})
        self.assertEqual(trap.visitors(), [])

    def proxy(self, reply):
        """A proxy that gives this answer to every CONNECT."""
        fault_proxy = FaultProxy(self.sandbox)
        self.addCleanup(fault_proxy.close)
        fault_proxy.lie = lambda connection, seen: connection.sendall(reply)
        return fault_proxy

    def test_a_proxy_that_refuses(self):
        page = b"<html><title>Blocked by policy</title></html>"
        for status, body in (407, b""), (502, page), (200, page), (403, page):
            with self.subTest(status=status):
                # 200 means that the tunnel is established; a page in it is not TLS.
                proxy = self.proxy(answer(status, (), body))
                url = f"http://user:hidden-password@127.0.0.1:{proxy.port}"
                begun = time.monotonic()
                result = self.expect(69, "up", "--yes", env={"AWS_ENDPOINT_URL": "https://firehose.example.com",
                                                             "HTTPS_PROXY": url, "NO_PROXY": None})
                self.assertLess(time.monotonic() - begun, harness.HANG_S)
                self.assert_says(result.stderr, "firehose.example.com", f"proxy http://127.0.0.1:{proxy.port}",
                                 "HTTPS_PROXY")
                self.assertNotIn("hidden-password", result.stderr)
                for seen in proxy.seen:  # the tunnel is asked for, and nothing is said before it stands
                    self.assertEqual(seen.operation(), "CONNECT firehose.example.com:443")
                    self.assertNotIn(b"AWS4", seen.head + seen.body)
                    self.assertNotIn(b"amz", (seen.head + seen.body).lower())


class Clocks(Scenario):
    """This machine's clock differs from AWS's: after one correction the run succeeds or reports it."""

    def test_a_clock_that_is_off_is_made_up_for(self):
        for seconds in 20 * 60, -20 * 60, 3 * 365 * 86400, -3 * 365 * 86400:
            with self.subTest(seconds=seconds), harness.Sandbox(*QUICK_SANDBOX) as sandbox:
                self.write(MANIFEST, "")
                sandbox.call("POST", f"clock?seconds={seconds}", b"")
                result = sandbox.fhctl("up", "--count", "1", "--yes", cwd=self.folder)
                self.assertEqual(result.code, 0, transcript(result))
                refused = [entry for entry in sandbox.requests() if entry["status"] == 403]
                self.assertLessEqual(len(refused), 1, refused)
                result = sandbox.fhctl("destroy", "--empty-bucket", "--confirm", NAME, cwd=self.folder)
                self.assertEqual(result.code, 0, transcript(result))

    def test_a_correction_that_does_not_help_is_the_last(self):
        self.sandbox.call("POST", "clock?seconds=1200", b"")
        self.addCleanup(self.sandbox.call, "POST", "clock?seconds=0", b"")
        self.faults({"times": 0, "fault": "error", "status": 403, "code": "RequestTimeTooSkewed", "message": "No."})
        begun = time.monotonic()
        result = self.expect(77, "up", "--count", "1", "--yes")
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assertEqual(len(self.requests()), 2)
        self.assert_says(result.stderr, "RequestTimeTooSkewed", "behind AWS's", "timedatectl")


if __name__ == "__main__":
    unittest.main()
