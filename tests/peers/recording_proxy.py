"""A proxy on loopback that keeps every request as it came over the wire and passes it on unchanged, Host included."""

import contextlib
import dataclasses
import http.client
import http.server
import threading
import urllib.parse

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclasses.dataclass
class Request:
    """One request: the target as on the request line, the headers in their order, the body, and how it was answered."""
    method: str
    target: str
    headers: list
    body: bytes
    status: int = 0
    answer: bytes = b""

    def header(self, name):
        """The value of a header; None when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # fhctl opens many connections at once; one that finds the queue full waits a second


class RecordingProxy:
    """A context manager. `requests` grows in order of arrival; `rewrite(request, body)` may replace an answer."""

    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream).netloc
        self.requests = []
        self.rewrite = None
        self.server = Server(("127.0.0.1", 0), handler_for(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def take(self):
        """The requests since the last take()."""
        taken, self.requests = self.requests, []
        return taken

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def handler_for(proxy):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        connection_up = None

        def handle_one_request(self):
            # A client that was killed or closed the connection is not an error.
            with contextlib.suppress(ConnectionError):
                super().handle_one_request()
                return
            self.close_connection = True

        def finish(self):
            with contextlib.suppress(OSError):
                super().finish()
            if self.connection_up:
                self.connection_up.close()

        def pass_on(self):
            # self.path is not the target: the library shortens a leading `//`.
            target = self.raw_requestline.decode("latin-1").split(" ")[1]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, target, list(self.headers.items()), body)
            proxy.requests.append(request)
            answer, content = self.ask(request)
            request.status = answer.status
            request.answer = content
            if proxy.rewrite:
                content = proxy.rewrite(request, content)
            self.pass_back(answer, content)

        def ask(self, request):
            """The upstream's response. If it has closed the kept connection, a new one is opened, once."""
            for attempt in (1, 2):
                fresh = self.connection_up is None
                if fresh:
                    self.connection_up = http.client.HTTPConnection(proxy.upstream, timeout=60)
                try:
                    return self.exchange(request)
                except (http.client.HTTPException, OSError):
                    self.connection_up.close()
                    self.connection_up = None
                    if fresh or attempt == 2:
                        raise
            raise AssertionError("not reached")

        def exchange(self, request):
            up = self.connection_up
            up.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() not in ("connection", "expect"):
                    up.putheader(name, value.encode("latin-1"))
            up.endheaders(request.body or None)
            answer = up.getresponse()
            content = answer.read()
            if answer.will_close:
                up.close()
                self.connection_up = None
            return answer, content

        def pass_back(self, answer, content):
            lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
            lines += [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            if self.command == "HEAD":
                length = answer.getheader("Content-Length")
            else:
                length = None if answer.status in (204, 304) else len(content)
            if length is not None:
                lines.append(f"Content-Length: {length}")
            self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on

        def log_message(self, *_):
            pass

    return Handler
