"""An endpoint that refuses to store the lock although there is no object, as some do because of a delete marker."""

import time
import unittest

import harness
from fault_proxy import FaultProxy, answer
from scenario import BUCKET, OWN, Scenario, transcript

REFUSED = answer(412, ("Content-Type: application/xml",),
                 b"<Error><Code>PreconditionFailed</Code><Message>A condition did not hold</Message></Error>")


def stores_lock(seen, _):
    return seen.operation().startswith("PUT ") and seen.operation().endswith(OWN + "lock")


class RefusedLock(Scenario):
    def setUp(self):
        super().setUp()
        self.up(1)
        self.fault_proxy = FaultProxy(self.sandbox)
        self.addCleanup(self.fault_proxy.close)
        self.fault_proxy.when = stores_lock
        self.fault_proxy.lie = lambda connection, seen: connection.sendall(REFUSED)

    def test_the_run_says_so_and_ends_with_the_timeout(self):
        for timeout, at_least, calls_max in (("0s", 0, 5), ("2s", 2, 10)):
            with self.subTest(timeout=timeout):
                self.fault_proxy.lied = 0
                begun = time.monotonic()
                result = self.expect(7, "scale", "2", "--yes", "--lock-timeout", timeout,
                                     env={"AWS_ENDPOINT_URL": self.fault_proxy.url})
                took = time.monotonic() - begun
                self.assertTrue(at_least <= took < harness.HANG_S, f"{took} s: {transcript(result)}")
                self.assertLessEqual(self.fault_proxy.lied, calls_max)
                self.assert_says(result.stderr, "the lock could not be created", f"no object {BUCKET}/{OWN}lock",
                                 "aws s3api list-object-versions")
        self.assert_says(result.stderr, "for the lock (--lock-timeout)")
        self.assertEqual(len(self.streams()), 1)


if __name__ == "__main__":
    unittest.main()
