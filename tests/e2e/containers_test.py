"""Runs in different PID namespaces of one machine, as in containers that share its host name: neither sees the other's
process under its number."""

import json
import os
import subprocess
import time
import unittest

import harness
from scenario import BUCKET, NAME, OWN, Scenario, transcript

NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
AS_USER = ("unshare", "--user", "--map-root-user", *NAMESPACE[1:])
# "$1" is the number that the next process gets.
SCRIPT = 'echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid || exit 99; shift; "$@" & wait $!'


def works(prefix):
    try:
        done = subprocess.run([*prefix, "sh", "-c", SCRIPT, "sh", "20000", "true"], capture_output=True, timeout=20,
                              check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def unused_pid():
    """A number that no process outside of the namespace has."""
    for pid in range(20000, 32000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return pid
        except PermissionError:
            pass
    raise AssertionError("every process number from 20000 to 32000 is in use")


class Containers(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.prefix = next((prefix for prefix in (NAMESPACE, AS_USER) if works(prefix)), None)
        if cls.prefix is None:
            raise unittest.SkipTest("`unshare --pid` does not work here; not run: locks between PID namespaces")
        super().setUpClass()

    def start_inside(self, *words):
        """A run in a new PID namespace that holds the lock for at least three seconds, and its process id there."""
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 3000, "times": 2})
        pid = unused_pid()
        command = [*self.prefix, "sh", "-c", SCRIPT, "sh", str(pid), harness.FHCTL, *words]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.sandbox.env(), cwd=self.folder)
        self.addCleanup(self.end, process)
        self.wait_for_request("CreateDeliveryStream")
        return process, pid

    def lock(self):
        return json.loads(self.aws.s3("GET", BUCKET, OWN + "lock")[1])

    def test_a_living_holder_is_waited_for(self):
        first, pid = self.start_inside("up", "--count", "2", "--yes")
        lock = self.lock()
        self.assertEqual(lock["pid"], pid)
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)
        refused = self.expect(4, "up", "--count", "3", "--yes", "--lock-timeout", "1s", "--manifest-file", "b.json")
        self.assert_says(refused.stderr, f"(pid {pid})")
        self.assert_says(self.expect(4, "lock", "break", "--yes").stderr, f"(pid {pid})", "--force")
        self.assertEqual(self.lock()["run_id"], lock["run_id"])
        done = self.finish(first)
        self.assertEqual(done.code, 0, transcript(done))
        self.assertEqual(self.streams(), [f"{NAME}-1", f"{NAME}-2"])
        self.assertFalse(self.lock_held())

    def test_a_dead_holder_is_waited_for_until_its_lease_ends(self):
        first, _ = self.start_inside("up", "--count", "2", "--yes")
        first.kill()
        self.finish(first)
        self.faults()
        self.assertTrue(self.lock_held())
        self.expect(4, "up", "--count", "2", "--yes", "--lock-timeout", "1s")
        self.sandbox.advance(62)
        self.assertIn("taken over", self.up(2, "--lock-timeout", "1s").stderr)
        self.assertFalse(self.lock_held())

    def test_the_next_run_in_the_same_namespace_takes_over_from_a_dead_one_at_once(self):
        script = ('"$@" & first=$!; while ! [ -e go ]; do sleep 0.05; done; kill -9 $first; wait $first 2>/dev/null; '
                  'exec "$@" --lock-timeout 1s')
        command = [*self.prefix, "sh", "-c", script, "sh", harness.FHCTL, "up", "--count", "2", "--yes"]
        self.faults({"operation": "CreateDeliveryStream", "fault": "delay", "ms": 3000, "times": 2})
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.sandbox.env(), cwd=self.folder)
        self.addCleanup(self.end, process)
        self.wait_for_request("CreateDeliveryStream")
        begun = time.monotonic()
        self.write("go", "")
        done = self.finish(process)
        self.assertEqual(done.code, 0, transcript(done))
        self.assert_says(done.stderr, "its process is gone")
        self.assertLess(time.monotonic() - begun, harness.HANG_S)
        self.assertFalse(self.lock_held())


if __name__ == "__main__":
    unittest.main()
