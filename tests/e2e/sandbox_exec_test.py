"""`fhctl sandbox` replaces itself by fhctl-sandbox: same process, no AWS_* variables, same version, same exit codes."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import harness

FHCTL_SANDBOX = os.path.join(os.path.dirname(os.path.realpath(harness.FHCTL)), "fhctl-sandbox")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAOWNKEYEXAMPLE000", "AWS_SECRET_ACCESS_KEY": "own/secret", "AWS_SESSION_TOKEN": "own",
        "AWS_PROFILE": "own", "AWS_REGION": "eu-west-1"}
SERVER_ONLY = b"/_sandbox/"  # the path of the sandbox's own pages


def read(path):
    with open(path, "rb") as file:
        return file.read()


def environment_of(pid):
    """{name: value} as the process got it."""
    entries = [entry.split(b"=", 1) for entry in read(f"/proc/{pid}/environ").split(b"\0") if b"=" in entry]
    return {name.decode(): value.decode() for name, value in entries}


class Process(unittest.TestCase):
    def serve(self, *flags, **variables):
        sandbox = harness.Sandbox(*flags, env=harness.clean_environment(variables))
        self.addCleanup(sandbox.stop)
        return sandbox

    def test_it_is_the_same_process_with_the_other_executable(self):
        sandbox = self.serve()
        executable = os.readlink(f"/proc/{sandbox.process.pid}/exe")
        self.assertEqual(os.path.realpath(executable), FHCTL_SANDBOX)

    def test_it_gets_every_variable_but_those_of_aws(self):
        sandbox = self.serve(**KEYS, HTTPS_PROXY="http://127.0.0.1:9", OTHER="a=b")
        environment = environment_of(sandbox.process.pid)
        self.assertEqual([name for name in environment if name.startswith("AWS_")], [])
        self.assertEqual((environment["OTHER"], environment["LC_ALL"]), ("a=b", "C.UTF-8"))
        self.assertNotIn(KEYS["AWS_SECRET_ACCESS_KEY"].encode(), read(f"/proc/{sandbox.process.pid}/cmdline"))
        self.assertEqual(sandbox.exports["AWS_REGION"], "eu-west-1")

    def test_a_signal_ends_it_in_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number.name), harness.scratch() as folder:
                sandbox = self.serve("--state", os.path.join(folder, "aws"))
                sandbox.process.send_signal(number)
                self.assertEqual(sandbox.process.wait(20), 0)
                self.assertNotEqual(os.listdir(os.path.join(folder, "aws")), [])

    def test_a_signal_is_not_lost_on_the_way(self):
        """One signal, whenever it is sent, ends the process: by the system before fhctl handles signals, by fhctl
        before it is replaced, or in order."""
        for step in range(40):
            process = harness.start_fhctl("sandbox", "--port", "0")
            time.sleep(step * 0.0005)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            self.assertIn(process.returncode, (0, 143, -signal.SIGTERM))

    def test_the_exit_codes_are_those_of_fhctl(self):
        sandbox = self.serve()
        port = sandbox.url.rsplit(":", 1)[1]
        for flags, code, said in ((("--port", port), 7, port), (("--fault-plan", "none.json"), 64, "none.json"),
                                  (("--time-factor", "0"), 64, "time factor"), (("--burst", "x"), 64, "--burst"),
                                  (("--prot", "1"), 64, "--port")):
            with self.subTest(flags=flags):
                result = harness.run_fhctl("sandbox", *flags)
                self.assertEqual(result.code, code, result.stderr)
                self.assertTrue(result.stderr.startswith("error: "), result.stderr)
                self.assertIn(said, result.stderr)
                self.assertEqual(result.stdout, "")

    def test_errors_and_answers_in_every_form(self):
        sandbox = self.serve()
        port = sandbox.url.rsplit(":", 1)[1]
        failed = harness.run_fhctl("sandbox", "--port", port, "--json")
        self.assertEqual((failed.json()["exit_code"], failed.json()["command"]), (7, "sandbox"))
        with harness.scratch() as folder:
            events = os.path.join(folder, "events")
            failed = harness.run_fhctl("sandbox", "--port", port, "--output", "ndjson", "--json-into", events)
            self.assertEqual([line["type"] for line in failed.lines()], ["version", "diagnostic", "summary"])
            self.assertEqual(len({line["run_id"] for line in failed.lines()}), 1)
            self.assertEqual(read(events).decode(), failed.stdout)
            done = harness.run_fhctl("sandbox", "--print-env", "--output", "ndjson")
            self.assertEqual([line["type"] for line in done.lines()], ["version", "sandbox", "summary"])
            pipe = os.path.join(folder, "pipe")
            os.mkfifo(pipe)
            with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
                harness.run_fhctl("sandbox", "--print-env", "--json-into", pipe)
                lines = reader.communicate(timeout=20)[0].decode().splitlines()
            self.assertEqual(len(lines), 3, lines)


class Installed(unittest.TestCase):
    """Copies of both executables, or of one of them, in a separate folder."""

    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def copy(self, *binaries):
        for binary in binaries:
            shutil.copy(binary, self.folder)
        return os.path.join(self.folder, "fhctl")

    def test_it_runs_alone(self):
        with harness.Server([FHCTL_SANDBOX, "--port", "0"]) as server:
            server.wait_until(lambda: "export AWS_ENDPOINT_URL=http://127.0.0.1:" in server.output())
        version = harness.run([harness.FHCTL, "version"]).stdout.split()[1]
        self.assertEqual(harness.run([FHCTL_SANDBOX, "--version"]).stdout, f"fhctl-sandbox {version}\n")
        result = harness.run([FHCTL_SANDBOX, "--prot", "1"])
        self.assertEqual(result.code, 64)
        self.assertIn("--port", result.stderr)

    def test_it_is_found_through_a_symbolic_link(self):
        link = os.path.join(self.folder, "link")
        os.symlink(os.path.realpath(harness.FHCTL), link)
        result = harness.run([link, "sandbox", "--print-env"])
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("export AWS_ENDPOINT_URL=", result.stdout)

    def test_a_missing_executable_is_named(self):
        fhctl = self.copy(harness.FHCTL)
        result = harness.run([fhctl, "sandbox"])
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn(os.path.join(os.path.realpath(self.folder), "fhctl-sandbox"), result.stderr)
        self.assertIn("--target fhctl-sandbox", result.stderr)

    def test_an_executable_that_may_not_be_run_is_named(self):
        fhctl = self.copy(harness.FHCTL, FHCTL_SANDBOX)
        os.chmod(os.path.join(self.folder, "fhctl-sandbox"), stat.S_IRUSR)
        result = harness.run([fhctl, "sandbox"])
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("fhctl-sandbox: Permission denied", result.stderr)

    def test_another_version_is_refused(self):
        """The executable is the real one behind a script that asks for another version, as an older fhctl would."""
        fhctl = self.copy(harness.FHCTL)
        script = os.path.join(self.folder, "fhctl-sandbox")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nshift\nexec {FHCTL_SANDBOX} --expect-version=0.0.1 "$@"\n')
        os.chmod(script, 0o755)
        result = harness.run([fhctl, "sandbox", "--port", "0"])
        version = harness.run([harness.FHCTL, "version"]).stdout.split()[1]
        self.assertEqual(result.code, 1, result.stderr)
        for part in ("0.0.1", version, "install"):
            self.assertIn(part, result.stderr)
        self.assertEqual(result.stdout, "")


class Contents(unittest.TestCase):
    def test_the_executable_that_uses_keys_has_no_server(self):
        self.assertIn(SERVER_ONLY, read(FHCTL_SANDBOX))
        image = read(harness.FHCTL)
        for text in (SERVER_ONLY, b"kill_after_effect"):  # its pages, and a member of its fault plans
            self.assertNotIn(text, image)

    @unittest.skipUnless(shutil.which("nm"), "no nm; not run: which functions fhctl imports")
    def test_the_executable_that_uses_keys_does_not_listen(self):
        def imports(binary):
            listing = subprocess.run(["nm", "--dynamic", "--undefined-only", binary], capture_output=True, text=True,
                                     check=True).stdout
            return {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()}
        self.assertLessEqual({"listen", "bind", "accept4"}, imports(FHCTL_SANDBOX))
        self.assertEqual(imports(harness.FHCTL) & {"listen", "bind", "accept", "accept4"}, set())


if __name__ == "__main__":
    unittest.main()
