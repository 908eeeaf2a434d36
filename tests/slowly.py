"""A line on which pages come in small pieces, as on a bad telephone line: the browser shows what it has."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

PIECE = 400
"""Bytes of HTML that come at once, or more: a piece ends with a line, as ours do with an element."""
PAUSE = 0.03
"""Seconds between pieces: a browser paints every sixtieth of a second."""
SLOW = 24_000
"""Bytes of a page that come slowly. What follows is below what a screen shows first."""


@contextmanager
def slow_line(url: str, own: Mapping[str, bytes]) -> Iterator[str]:
    """Yields the address at which the newsroom at `url` answers slowly; only what readers ask with GET. Pages of `own`,
    by address, stand in front of its pages."""
    with httpx.Client(base_url=url, headers={"accept-encoding": "identity"}, timeout=60) as newsroom:

        class Line(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if page := own.get(self.path):
                    answer = httpx.Response(200, html=page.decode())
                else:
                    answer = newsroom.get(self.path)
                self.send_response(answer.status_code)
                for name in ("content-type", "content-length", "content-security-policy", "cache-control"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.end_headers()
                try:
                    for piece in pieces(answer.content, answer.headers.get("content-type", "")):
                        self.wfile.write(piece)
                        self.wfile.flush()
                        time.sleep(PAUSE)
                except ConnectionError:
                    pass  # the browser has gone to another page

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()
            server.server_close()


def pieces(body: bytes, content_type: str) -> Iterator[bytes]:
    """A page in pieces, anything else as it is."""
    if not content_type.startswith("text/html"):
        yield body
        return
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + PIECE) + 1 if start < SLOW else 0
        yield body[start : end or len(body)]
        start = end or len(body)
