"""A real reader process over a folder of its own, and a real small server in the newsroom's place."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from standfirst.kit import sitefiles
from standfirst.kit.files import write_atomically

PATIENCE = 30.0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def until(true):
    """Wait until `true()` says something; returns it."""
    last = time.monotonic() + PATIENCE
    while not (answer := true()):
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.02)
    return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Newsstand:
    """`python -m standfirst.reader` on a free port of the loopback."""

    def __init__(self, home: Path, *options: str, port: int | None = None):
        self.home = home
        self.output = home / "output"
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "standfirst.reader", "--home", str(home), "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, headers={"user-agent": BROWSER}, trust_env=False)
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.process.stdout.read().decode()
        try:
            return self.http.get("/-/alive").status_code == 204
        except httpx.TransportError:
            return False

    def write(self, path: str, body: bytes | str, status: int = 200, *, small: bool = False) -> Path:
        """A page as the press writes it: both files with one stamp; with `small`, the third too, as when it is idle."""
        file = self.output / sitefiles.file_of(path, status)
        data = body.encode() if isinstance(body, str) else body
        now = time.time_ns()
        if sitefiles.has_twin(str(file.relative_to(self.output))):
            twin = Path(sitefiles.twin_of(str(file)))
            write_atomically(twin, sitefiles.pack(data))
            os.utime(twin, ns=(now, now))
            tiny = Path(sitefiles.small_twin_of(str(file)))
            if small:
                write_atomically(tiny, sitefiles.squeeze(data))
                os.utime(tiny, ns=(now, now))
            else:
                tiny.unlink(missing_ok=True)
        write_atomically(file, data)
        os.utime(file, ns=(now, now))
        return file

    def raw(self, request: bytes) -> bytes:
        """What comes back for exactly these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(request)
            answer = b""
            while piece := connection.recv(1 << 16):
                answer += piece
            return answer

    def target(self, target: bytes) -> bytes:
        return self.raw(b"GET " + target + b" HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n")

    def memory(self) -> int:
        """Bytes of memory that the process uses."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.stdout.close()


def age(file: Path, seconds: float = 60.0) -> int:
    """Make `file` as old as that; returns the second of its change."""
    then = int(time.time() - seconds)
    os.utime(file, (then, then))
    return then


class Newsroom:
    """A server that tells what it was asked."""

    def __init__(self, port: int = 0):
        room = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                room.connections.append(self.request)
                super().setup()

            def answer(self):
                length = int(self.headers.get("content-length", 0))
                taken = 0
                while taken < length and (piece := self.rfile.read(min(1 << 16, length - taken))):
                    taken += len(piece)
                room.asked.append((self.command, self.path, self.headers, taken))
                body = b"from the newsroom"
                path = self.path.partition("?")[0]
                if path == "/newsroom/slow/" or "q=slow" in self.path:
                    room.hold.wait(PATIENCE)
                if path == "/newsroom/break/":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                status = {"/newsroom/moved/": 302, "/newsroom/none/": 204}.get(path, 200)
                failing = self.path in ("/search?q=fails", "/search?q=refused")
                self.send_response(503 if failing else status)
                if self.path == "/search?q=refused":
                    self.send_header("X-Standfirst-Page", "search")
                self.send_header("Content-Type", "text/html")
                self.send_header("Set-Cookie", "session=one; Path=/newsroom/")
                self.send_header("Set-Cookie", "csrf=two; Path=/newsroom/")
                self.send_header("Content-Security-Policy", "default-src 'self' 'unsafe-inline'")
                self.send_header("X-Frame-Options", "SAMEORIGIN")
                self.send_header("Connection", "X-Hop")
                self.send_header("X-Hop", "not for you")
                if path == "/newsroom/moved/":
                    self.send_header("Location", "/newsroom/login/")
                if path == "/newsroom/pieces/":
                    self.send_header("Transfer-Encoding", "chunked")
                    self.end_headers()
                    for number in range(3):
                        piece = f"piece {number};".encode()
                        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                        self.wfile.flush()
                        if number == 0:
                            room.hold.wait(PATIENCE)
                    self.wfile.write(b"0\r\n\r\n")
                    return
                if path == "/newsroom/large/":
                    body = b"x" * 20_000_000
                if path != "/newsroom/none/":
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD" and path != "/newsroom/none/":
                    self.wfile.write(body)

            def log_message(self, *args):
                pass

        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            setattr(Handler, f"do_{method}", Handler.answer)
        self.asked: list[Any] = []
        self.connections: list[Any] = []
        self.hold = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def stop(self):
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
