"""What is printed, where: machine formats, no secrets, no escape bytes off a terminal, and a live block on one."""

import json
import os
import pty
import re
import select
import signal
import time
import unittest

import harness
from scenario import NAME, Scenario, transcript

TOKEN = "planted-session-token-which-nobody-may-see"
SECRET = "planted/secret/key/which/nobody/may/see"
KEY = "AKIAPLANTEDKEY0001Z7"
ESCAPE = "\x1b"


class Formats(Scenario):
    def test_json_is_one_document_and_ndjson_one_a_line(self):
        up = self.expect(0, "up", "--count", "2", "--yes", "--output", "json").json()
        self.assertEqual((up["result"], up["added"], up["exit_code"]), ("ok", 7, 0))
        for arguments in (["plan"], ["describe"], ["manifest"], ["doctor"], ["lock"], ["version"], ["up", "--yes"]):
            with self.subTest(arguments=arguments):
                self.assertIsInstance(self.expect(0, *arguments, "--output", "json").json(), dict | list)
                events = self.expect(0, *arguments, "--output", "ndjson").lines()
                self.assertEqual(events[0]["type"], "version")
                self.assertEqual(events[-1]["type"], "summary")
                for event in events:
                    self.assertLessEqual({"ts", "level", "message", "run_id"}, event.keys())

    def test_failures_are_json_too(self):
        failed = self.expect(7, "up", "--yes", "--bucket", "taken-logs", "--output", "json").json()
        self.assertEqual((failed["result"], failed["exit_code"]), ("blocked", 7))
        refused = self.expect(64, "up", "--count", "0", "--yes", "--output", "json").json()
        self.assertEqual((refused["result"], refused["exit_code"]), ("error", 64))
        last = self.expect(6, "up", "--output", "ndjson").lines()[-1]
        self.assertEqual((last["type"], last["exit_code"]), ("summary", 6))

    def test_events_beside_the_human_output(self):
        result = self.up(2, "--json-into", "events.ndjson")
        self.assertIn("Apply complete!", result.stdout)
        events = [json.loads(line) for line in self.read("events.ndjson").splitlines()]
        complete = [event["name"] for event in events if event["type"] == "resource_complete"]
        self.assertEqual(len(complete), 7)
        self.assertEqual(events[-1]["exit_code"], 0)

    def test_no_escape_bytes_off_a_terminal(self):
        for line in ("up --count 2 --yes", "describe", "plan --count 3", "doctor", "help up", "--help",
                     "scale 1 --no-drain --yes", f"destroy {NAME} --empty-bucket --yes"):
            result = self.fhctl(*line.split(), env={"TERM": "xterm-256color"})
            self.assertNotIn(ESCAPE, result.stdout + result.stderr, line)
        self.assertIn(ESCAPE, self.fhctl("plan", "--color", "always").stdout)
        self.assertNotIn(ESCAPE, self.fhctl("plan", "--color", "never", env={"FORCE_COLOR": "1"}).stdout)

    def test_what_aws_sends_cannot_steer_the_terminal(self):
        self.faults({"operation": "CreateRole", "fault": "error", "status": 400, "code": "InvalidInput", "times": 0,
                     "message": "evil \x1b[2J\x1b]0;owned\x07 text"})
        result = self.fhctl("up", "--count", "1", "--yes")
        self.assertNotEqual(result.code, 0)
        self.assertNotIn(ESCAPE, result.stdout + result.stderr)
        self.assertNotIn("\x07", result.stderr)


class Secrets(Scenario):
    SANDBOX = (*Scenario.SANDBOX, "--access-key", KEY, "--secret-key", SECRET, "--session-token", TOKEN)

    def setUp(self):
        super().setUp()
        call = self.aws.call
        self.aws.call = lambda *a, **k: call(*a, **{**k, "headers": {**(k.get("headers") or {}),
                                                                     "x-amz-security-token": TOKEN}})

    def test_debug_shows_no_secret(self):
        payload = "payload-which-is-somebodys-log-line"
        said = ""
        for line in ("up --count 1 --yes", "describe", "put -", "doctor", "lock",
                     f"destroy {NAME} --empty-bucket --yes"):
            result = self.expect(0, *line.split(), "--debug", stdin=payload + "\n")
            self.assertIn("GetCallerIdentity", result.stderr)
            said += result.stdout + result.stderr
        said += self.fhctl("up", "--yes", "--debug", env={"AWS_SECRET_ACCESS_KEY": SECRET + "x"}).stderr
        for secret in TOKEN, SECRET, payload, KEY:
            self.assertNotIn(secret, said)
        self.assertIsNone(re.search(r"Signature=[0-9a-f]{64}", said))
        self.assertIn(KEY[-4:], said)


class Terminal(Scenario):
    """The binary on a pseudo-terminal of 80 columns."""

    SANDBOX = (*Scenario.SANDBOX[2:], "--create-time", "1500ms")

    def on_terminal(self, *arguments, answers=(), keys=None, timeout=60):
        """(exit code, all bytes that came to the screen). `answers`: (what to wait for, what to type)."""
        env = self.sandbox.env(TERM="xterm-256color", COLUMNS=None)
        pid, screen = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(harness.FHCTL, [harness.FHCTL, *arguments], env)
        seen, answers, deadline = b"", list(answers), time.monotonic() + timeout
        while True:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            ready = select.select([screen], [], [], 0.2)[0]
            try:
                chunk = os.read(screen, 65536) if ready else None
            except OSError:  # the other side is closed
                break
            if chunk == b"":
                break
            seen += chunk or b""
            if answers and answers[0][0].encode() in seen:
                os.write(screen, answers.pop(0)[1].encode())
        os.close(screen)
        status = os.waitpid(pid, 0)[1]
        return os.waitstatus_to_exitcode(status), seen.decode(errors="replace")

    def test_a_first_up_asks_shows_colours_and_a_live_block(self):
        code, seen = self.on_terminal("up", "--count", "2", answers=[("[y/N]", "y\n")])
        self.assertEqual(code, 0, seen)
        self.assert_says(seen, "Plan: 7 to add, 0 to change, 0 to destroy.", "Create these? [y/N]", "CREATING", "[5/7]",
                         "Apply complete! Resources: 7 added, 0 changed, 0 destroyed.", "fhctl describe", "\x1b[32m")
        self.assertNotIn("\x1b[?25l", seen.replace("\x1b[?25h", ""))
        # What a redraw takes away is what was drawn: no line of the block wraps at 80 columns.
        for block in re.findall(r"\x1b\[J([^\x1b]*)", seen):
            for line in block.replace("\r", "").split("\n"):
                self.assertLess(len(line), 80, line)
        # After the last redraw nothing of the block is left on the screen.
        self.assertNotIn("CREATING", seen.rpartition("\x1b[J")[2])

    def test_no_is_no(self):
        for typed in "n\n", "\n", "\x04":
            code, seen = self.on_terminal("up", "--count", "2", answers=[("[y/N]", typed)])
            self.assertEqual(code, 1, seen)
            self.assertIn("nothing was changed", seen)
        self.assertEqual([entry for entry in self.requests() if entry["mutating"]], [])

    def test_ctrl_c_at_the_question(self):
        code, seen = self.on_terminal("up", "--count", "2", answers=[("[y/N]", "\x03")])
        self.assertEqual(code, 130, seen)
        self.assertEqual([entry for entry in self.requests() if entry["mutating"]], [])

    def test_destroy_wants_the_name(self):
        self.up(1)
        code, seen = self.on_terminal("destroy", "--empty-bucket", answers=[("to confirm", "yes\n")])
        self.assertEqual(code, 1, seen)
        self.assertEqual(len(self.streams()), 1)
        code, seen = self.on_terminal("destroy", "--empty-bucket", answers=[("to confirm", NAME + "\n")])
        self.assertEqual(code, 0, seen)
        self.assert_says(seen, "There is no undo", "Destroy complete!")
        self.assert_nothing_left()

    def test_ctrl_c_in_the_middle_leaves_the_terminal_whole(self):
        code, seen = self.on_terminal("up", "--count", "2", "--yes", answers=[("CREATING", "\x03")])
        self.assertEqual(code, 130, seen)
        self.assert_says(seen, "Stopping", "Nothing is lost")
        self.assertFalse(self.lock_held())
        self.assertTrue(seen.endswith("\n"), repr(seen[-80:]))

    def test_no_color_and_a_dumb_terminal(self):
        self.up(1)
        result = self.fhctl("describe", env={"NO_COLOR": "1"})
        self.assertNotIn(ESCAPE, result.stdout, transcript(result))


if __name__ == "__main__":
    unittest.main()
