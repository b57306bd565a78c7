"""Responses that never end, break off, are too long or redirect elsewhere: time and memory stay limited, the error is
accurate, and the same command can finish whatever was partly created.

A fault proxy falsifies responses from a chosen request on, and passes the rest to the sandbox. The runs of a test are
parallel, each with its own sandbox.
"""

import concurrent.futures
import contextlib
import json
import os
import queue
import socket
import time
import unittest
import zlib

import harness
from aws_calls import Aws, snapshot
from fault_proxy import Listener, FaultProxy, answer, measured, pour, reset
from scenario import QUICK_SANDBOX, QUICK_SPEC, SANITIZED, transcript

SIDE_BY_SIDE = 12
LIMIT = 10 if SANITIZED else 6  # seconds, by --timeout: a slow answer is left behind then
SECONDS_MAX = 60                # of a run on a machine with other things to do
MEMORY_MAX = 150                # MiB; without lies a run takes about 15
CRASH = ("terminate called", "Assertion", "Sanitizer", "Segmentation", "core dumped", "runtime error", "bad_alloc")
OK_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
MIB = 1 << 20


# --- the lies: each answers one request in place of the sandbox

def one_byte_a_second(connection, _):
    connection.sendall(OK_HEAD + b"Content-Length: 1000000\r\n\r\n")
    pour(connection, b"<", pause=1)


def one_header_a_second(connection, _):
    connection.sendall(OK_HEAD)
    pour(connection, b"X-More: x\r\n", pause=1)


def headers_for_ever(connection, _):
    connection.sendall(OK_HEAD)
    pour(connection, b"X-More: " + b"x" * 1000 + b"\r\n")


def silence(connection, _):
    pour(connection, b"", pause=0.5)


def body_without_end(connection, _):
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    pour(connection, b"10000\r\n" + b"<" * 0x10000 + b"\r\n")


def ten_gigabytes(connection, _):
    connection.sendall(OK_HEAD + b"Content-Length: 10737418240\r\n\r\n")
    pour(connection, b"<" * MIB)


def zipped(coding):
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b"<" * MIB) for _ in range(256)) + packer.flush()

    def lie(connection, _):
        if coding == "Content-Encoding":
            connection.sendall(OK_HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode())
            connection.sendall(bomb)
        else:
            connection.sendall(OK_HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n")
            connection.sendall(f"{len(bomb):x}\r\n".encode() + bomb + b"\r\n0\r\n\r\n")
    return lie


def ten_thousand_headers(connection, _):
    connection.sendall(OK_HEAD + b"".join(b"X-%d: %0100d\r\n" % (n, n) for n in range(10000)))
    connection.sendall(b"Content-Length: 0\r\n\r\n")


def a_long_line(connection, _):
    connection.sendall(OK_HEAD + b"X-Long: " + b"x" * MIB + b"\r\nContent-Length: 0\r\n\r\n")


def too_short(connection, _):
    connection.sendall(OK_HEAD + b"Content-Length: 1000\r\n\r\n<short>")


def reset_in_the_head(connection, _):
    connection.sendall(OK_HEAD)
    time.sleep(0.02)
    reset(connection)


def reset_in_the_body(connection, _):
    connection.sendall(OK_HEAD + b"Content-Length: 1000\r\n\r\n<part>")
    time.sleep(0.02)
    reset(connection)


def wrong_chunks(connection, _):
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<ok/>\r\nnonsense\r\n")


def a_chunk_cut_off(connection, _):
    connection.sendall(OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n500\r\n<GetCaller")


def provisional_for_ever(connection, _):
    pour(connection, b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


def two_lengths(connection, _):
    connection.sendall(OK_HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\n<a/>x")


def no_http(connection, _):
    connection.sendall(b"220 mail.example.com ESMTP\r\n" * 10)


SLOW = (one_byte_a_second, one_header_a_second, silence)
LARGE = (headers_for_ever, body_without_end, ten_gigabytes, ten_thousand_headers, a_long_line, provisional_for_ever)
BROKEN = (too_short, reset_in_the_head, reset_in_the_body, wrong_chunks, a_chunk_cut_off, two_lengths, no_http)


class Place:
    """A sandbox, the fault_proxy before it, and a folder; used for one case after the other."""

    def __init__(self, folder):
        self.sandbox = harness.Sandbox(*QUICK_SANDBOX)
        self.fault_proxy = FaultProxy(self.sandbox)
        self.aws = Aws.of(self.sandbox)
        self.folder = folder
        self.manifest = os.path.join(folder, "fhctl-manifest.json")
        self.env = self.sandbox.env(AWS_ENDPOINT_URL=self.fault_proxy.url)
        with open(os.path.join(folder, "fhctl.toml"), "w", encoding="utf-8") as file:
            file.write(QUICK_SPEC)

    def close(self):
        self.aws.close()
        self.fault_proxy.close()
        self.sandbox.stop()

    def start_over(self):
        self.sandbox.call("POST", "reset", b"")
        self.fault_proxy.tell_the_truth()
        self.fault_proxy.seen.clear()
        self.fault_proxy.lied = 0
        self.fault_proxy.hangs_up = self.fault_proxy.hears_once = False
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.manifest)

    def run(self, *words):
        return measured(*words, env=self.env, cwd=self.folder, timeout=SECONDS_MAX + 30)

    def mutating(self):
        return [entry["operation"] for entry in self.sandbox.requests() if entry["mutating"]]


class Lying(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.places = queue.SimpleQueue()
        cls.pool = concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE)
        cls.addClassCleanup(cls.pool.shutdown)
        for _ in range(SIDE_BY_SIDE):
            place = Place(cls.enterClassContext(harness.scratch()))
            cls.addClassCleanup(place.close)
            cls.places.put(place)
        with cls.place() as place:
            place.start_over()
            truth = place.run("up", "--count", "1", "--yes")
            assert truth.code == 0, transcript(truth)
            cls.undisturbed = snapshot(place.aws)

    @classmethod
    @contextlib.contextmanager
    def place(cls):
        place = cls.places.get()
        try:
            yield place
        finally:
            cls.places.put(place)

    def side_by_side(self, cases, check):
        """check(place, *case) for every case; the first that goes wrong is shown."""
        def one(case):
            with self.place() as place:
                place.start_over()
                check(place, *case)

        runs = [(case, self.pool.submit(one, case)) for case in cases]
        for case, run in runs:
            with self.subTest(case=[getattr(part, "__name__", part) for part in case]):
                run.result()

    def fails_well(self, place, result, codes):
        self.assertIn(result.code, codes, transcript(result))
        self.assertGreater(place.fault_proxy.lied, 0, "nobody lied")
        self.assertLess(result.seconds, SECONDS_MAX, transcript(result))
        self.assertIn("error:", result.stderr, transcript(result))
        for word in CRASH:
            self.assertNotIn(word, result.stdout + result.stderr)
        self.assertNotIn("ut of memory", result.stderr)
        if not SANITIZED:
            self.assertLess(result.memory_mib, MEMORY_MAX)

    def goes_on(self, place):
        """The server works again: the same command ends in the state that an undisturbed run reaches."""
        place.fault_proxy.tell_the_truth()
        self.ends_as_undisturbed(place)

    def ends_as_undisturbed(self, place):
        result = place.run("up", "--count", "1", "--yes")
        self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(snapshot(place.aws), self.undisturbed)


class Lies(Lying):
    def from_the_first(self, place, lie):
        """Every response is falsified: nothing is changed."""
        place.fault_proxy.lie, place.fault_proxy.when = lie, lambda seen, n: True
        result = place.run("up", "--count", "1", "--yes", "--timeout", f"{LIMIT}s")
        # A response that is not from the service may be requested again until the timeout.
        self.fails_well(place, result, (5, 69) if lie in SLOW else (1, 5, 69))
        self.assertIn("GetCallerIdentity", result.stderr, transcript(result))
        if lie in LARGE:
            self.assertIn("is longer than", result.stderr, transcript(result))
        if lie in SLOW + LARGE:
            self.assertIn(f"127.0.0.1:{place.fault_proxy.port}", result.stderr)
        self.assertEqual(place.sandbox.requests(), [])

    def in_the_middle(self, place, lie):
        """Every response to a create is falsified: what was created is reported, and the next run continues from it."""
        place.fault_proxy.lie = lie
        place.fault_proxy.when = lambda seen, n: seen.operation() in ("CreateDeliveryStream", "DescribeDeliveryStream")
        result = place.run("up", "--count", "1", "--yes", "--timeout", f"{LIMIT}s")
        self.fails_well(place, result, (3, 5, 69))
        self.assertIn("fhctl up", result.stderr, transcript(result))  # the hint
        # No stream was ever made: a manifest may say so, and nothing else.
        with contextlib.suppress(FileNotFoundError), open(place.manifest, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["streams"], [])
        self.goes_on(place)

    def once(self, place, lie, operation):
        """A single falsified response is not reported."""
        struck = []

        def when(seen, _):
            hit = seen.operation() == operation and not struck
            struck.extend([1] if hit else [])
            return hit

        place.fault_proxy.lie, place.fault_proxy.when = lie, when
        result = place.run("up", "--count", "1", "--yes", "--timeout", f"{4 * LIMIT}s")
        self.assertEqual(result.code, 0, transcript(result))
        self.assertEqual(place.fault_proxy.lied, 1)
        self.goes_on(place)

    def test_from_the_first_request_on(self):
        self.side_by_side([(lie,) for lie in (*SLOW, *LARGE, *BROKEN)], self.from_the_first)

    def test_in_the_middle_of_a_run(self):
        lies = (*SLOW[:1], a_long_line, too_short, wrong_chunks) if SANITIZED else (*SLOW, *LARGE, *BROKEN)
        if SANITIZED:
            print("in the middle: four lies of sixteen; this binary is sanitized", flush=True)
        self.side_by_side([(lie,) for lie in lies], self.in_the_middle)

    def test_one_lie_is_made_up_for(self):
        operations = ("GetCallerIdentity", "CreateRole", "CreateDeliveryStream", "CreateLogGroup")
        cases = [(lie, operation) for lie in (*LARGE, *BROKEN) for operation in operations]
        self.side_by_side(cases[::5] if SANITIZED else cases, self.once)
        if SANITIZED:
            print("one lie: one case in five; this binary is sanitized", flush=True)

    def test_a_bomb_is_not_unpacked(self):
        self.side_by_side([(zipped("Content-Encoding"),), (zipped("Transfer-Encoding"),)], self.from_the_first)


class Connections(Lying):
    def test_a_server_that_hangs_up_after_every_answer(self):
        """The next request meets a closed connection: it is sent once more only if nothing of it was sent."""
        with self.place() as place:
            place.start_over()
            place.fault_proxy.hangs_up = True
            self.ends_as_undisturbed(place)
            created = [seen for seen in place.fault_proxy.seen if seen.operation() == "CreateDeliveryStream"]
            self.assertEqual(len(created), 1)

    def test_a_server_that_hangs_up_on_every_second_request(self):
        """The connection was closed after the request was sent: whether it was carried out is unknown."""
        with self.place() as place:
            place.start_over()
            place.fault_proxy.hears_once = True
            self.ends_as_undisturbed(place)

    def test_only_the_newer_protocol(self):
        """By its address, and by a name whose first address does not respond."""
        try:
            with socket.create_server(("::1", 0), family=socket.AF_INET6):
                pass
        except OSError as error:
            self.skipTest(f"this machine has no IPv6 ({error}); not run: an endpoint that has no IPv4")
        with self.place() as place:
            place.start_over()
            fault_proxy = FaultProxy(place.sandbox, address="::1")
            self.addCleanup(fault_proxy.close)
            for url in fault_proxy.url, f"http://localhost:{fault_proxy.port}":
                result = measured("plan", env={**place.env, "AWS_ENDPOINT_URL": url}, cwd=place.folder)
                self.assertEqual(result.code, 0, transcript(result))
            self.assertGreater(len(fault_proxy.seen), 10)


class Redirects(Lying):
    """The target of a redirect receives nothing, whatever the status and the target."""

    def setUp(self):
        self.foreign = Listener()
        self.addCleanup(self.foreign.close)

    def targets(self):
        port = self.foreign.port
        return (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/steal", f"http://localhost:{port}/",
                f"//127.0.0.1:{port}/", "file:///etc/passwd")

    def redirect(self, place, status, target, only_s3):
        body = (f"<Error><Code>PermanentRedirect</Code><Message>Go there.</Message><Endpoint>127.0.0.1:"
                f"{self.foreign.port}</Endpoint><Region>eu-west-1</Region></Error>").encode() if only_s3 else b""
        headers = [f"Location: {target}", *(["x-amz-bucket-region: eu-west-1"] if only_s3 else [])]

        def lie(connection, seen):
            connection.sendall(answer(status, headers, b"" if seen.head.startswith(b"HEAD ") else body))

        place.fault_proxy.lie = lie
        place.fault_proxy.when = lambda seen, n: not only_s3 or "/s3/aws4_request" in seen.header("authorization")
        result = place.run("up", "--count", "1", "--yes", "--timeout", f"{4 * LIMIT}s")
        self.fails_well(place, result, (1, 3, 7, 69))
        if not only_s3:
            self.assertIn("redirect", result.stderr, transcript(result))
        self.assertEqual(place.mutating(), [])
        self.assertNotIn("root:", result.stdout + result.stderr)
        self.goes_on(place)

    def test_no_redirect_is_followed(self):
        cases = [(status, target, False) for status in (301, 302, 307, 308) for target in self.targets()]
        self.side_by_side(cases[::4] if SANITIZED else cases, self.redirect)
        self.assertEqual(self.foreign.visitors(), [])

    def test_a_redirect_of_s3_names_a_region_and_never_a_host(self):
        cases = [(status, target, True) for status in (301, 302, 307, 308) for target in self.targets()[:2]]
        self.side_by_side(cases[::3] if SANITIZED else cases, self.redirect)
        self.assertEqual(self.foreign.visitors(), [])


if __name__ == "__main__":
    unittest.main()
