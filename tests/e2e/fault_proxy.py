"""A proxy between fhctl and the sandbox, plain or over TLS: it passes requests on unchanged, keeps a copy, and
falsifies the responses that a test chooses. Also measures a run: time, memory, opened files.
"""

import contextlib
import dataclasses
import os
import re
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

import harness
from harness import Result


@dataclasses.dataclass
class Seen:
    """A request as it came over the wire."""
    head: bytes
    body: bytes

    def operation(self):
        """AWS's name, or method and target for S3."""
        target = re.search(rb"(?im)^x-amz-target: *[^.\r]*\.(\w+)", self.head)
        action = re.search(rb"(?:^|&)Action=(\w+)", self.body)
        found = target or action
        return (found.group(1) if found else self.head.split(b" HTTP/")[0]).decode()

    def header(self, name):
        found = re.search(rf"(?im)^{name}: *(.*?)\r$".encode(), self.head)
        return found.group(1).decode() if found else ""


class FaultProxy:
    """`context` makes it speak TLS. `lie(connection, seen)` answers in place of the sandbox wherever `when(seen, n)`
    holds; the connection ends with it. n counts requests from 1."""

    def __init__(self, sandbox, context=None, address="127.0.0.1"):
        self.upstream = ("127.0.0.1", urllib.parse.urlsplit(sandbox.url).port)
        self.context = context
        self.lie, self.when = None, lambda seen, n: True
        self.before_answer = lambda seen: None  # the sandbox did it, the response is not sent
        self.seen = []          # every request that came, whole
        self.first_bytes = []   # of every connection
        self.lied = 0
        self.hangs_up = False   # after each answer, without having said so
        self.hears_once = False  # the same, but only when the next request is there
        self.over = threading.Event()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.create_server((address, 0), family=family, backlog=128)
        self.port = self.listener.getsockname()[1]
        host = f"[{address}]" if family == socket.AF_INET6 else address
        self.url = f"https://localhost:{self.port}" if context else f"http://{host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def tell_the_truth(self):
        self.lie = None

    def _accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(60)
            first = connection.recv(1, socket.MSG_PEEK)
            if not first:
                return
            self.first_bytes.append(first)
            context = self.context
            if context is None:
                self._answer_all(connection)
                return
            with context.wrap_socket(connection, server_side=True) as encrypted:
                self._answer_all(encrypted, context)

    def _answer_all(self, connection, context=None):
        reader = connection.makefile("rb")
        with socket.create_connection(self.upstream, 30) as upstream:
            answers = upstream.makefile("rb")
            # A server that has changed its certificate ends the connections of before.
            while context is self.context and (seen := read_request(reader)):
                if context is not self.context:
                    return
                self.seen.append(seen)
                lie = self.lie
                if lie and self.when(seen, len(self.seen)):
                    self.lied += 1
                    lie(connection, seen)
                    return
                upstream.sendall(seen.head + seen.body)
                answer = read_answer(answers, seen.head.startswith(b"HEAD "))
                self.before_answer(seen)
                connection.sendall(answer)
                if not answer or self.hangs_up:
                    return
                if self.hears_once:
                    reader.peek(1)
                    return


def read_head(reader):
    head = b""
    while line := reader.readline(1 << 20):
        head += line
        if line == b"\r\n":
            return head
    return b""


def content_length(head):
    found = re.search(rb"(?im)^content-length: *(\d+)", head)
    return int(found.group(1)) if found else 0


def read_request(reader):
    head = read_head(reader)
    return Seen(head, reader.read(content_length(head))) if head else None


def read_answer(reader, is_head):
    head = read_head(reader)
    bodiless = is_head or re.match(rb"HTTP/1\.1 (204|304)", head)
    return head if bodiless else head + reader.read(content_length(head))


# --- what to answer instead

def gone(connection):
    """Whether the other side has closed."""
    with contextlib.suppress(OSError, ValueError):
        return bool(select.select([connection], [], [], 0)[0]) and connection.recv(1, socket.MSG_PEEK) == b""
    return True


def pour(connection, piece, pause=0.0, limit=1 << 34):
    """The same bytes again and again, until the other side has had enough."""
    sent = 0
    while sent < limit:
        connection.sendall(piece)
        sent += len(piece)
        if pause:
            time.sleep(pause)
            if gone(connection):
                return


def reset(connection):
    """Ends the connection so that the other side sees "connection reset"."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(status, headers=(), body=b""):
    lines = [f"HTTP/1.1 {status} Lie", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# --- running fhctl under a measure

@dataclasses.dataclass
class Measured(Result):
    seconds: float = 0
    memory_mib: float = 0  # the most that it had resident


def measured(*arguments, env, cwd, timeout=90, **options):
    """Runs fhctl and measures what it used."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        process = subprocess.Popen([harness.FHCTL, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=err, env=env, cwd=cwd, **options)
        late = threading.Timer(timeout, process.kill)
        late.start()
        _, status, usage = os.wait4(process.pid, 0)
        late.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - begun
        out.seek(0)
        err.seek(0)
        return Measured(process.returncode, out.read().decode(errors="replace"), err.read().decode(errors="replace"),
                        seconds, usage.ru_maxrss / 1024)


class Listener:
    """A port that must not be used: counts connections and records what they send."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def visitors(self):
        """What has arrived so far. Clients that have connected are in the kernel's queue by now."""
        visits = []
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self.socket.accept()
                with connection:
                    connection.settimeout(1)
                    with contextlib.suppress(OSError):
                        visits.append(connection.recv(65536))
        return visits

    def close(self):
        self.socket.close()
