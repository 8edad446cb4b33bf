"""A real HTTP server on loopback that is pinged and posted to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hook:
    """What was asked for, path and body, and how the server answers: a status, or 0 for silence."""

    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # the next ones; 200 after them

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ping/c0ffee-canary-55"

    @property
    def paths(self) -> list[str]:
        return [path.partition("?")[0].removeprefix("/ping/c0ffee-canary-55") for path, _ in self.asked]


@contextmanager
def hooked(*answers: int) -> Iterator[Hook]:
    """The server, until the block ends."""
    hook = Hook(answers=list(answers))
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            hook.asked.append((self.path, body))
            status = hook.answers.pop(0) if hook.answers else 200
            if status == 0:
                over.wait(60)
                return
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hook.port = server.server_address[1]
    try:
        yield hook
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def settled(hook: Hook, count: int, seconds: float = 5) -> list[str]:
    """The paths asked for, once there are so many."""
    end = time.monotonic() + seconds
    while len(hook.asked) < count and time.monotonic() < end:
        time.sleep(0.01)
    return hook.paths
