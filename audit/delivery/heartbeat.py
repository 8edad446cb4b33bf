"""Pings as healthchecks takes them: a start, then success or the exit status, under one id for the run."""

from __future__ import annotations

import http.client
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from audit.errors import GOOD, ExitCode

_TIMEOUT = 10.0  # seconds for an answer, and the most that a run waits for its last ping
_TRIES = 3
_PAUSE = 1.0


class Heartbeat:
    """One run's pings; without an address there are none. Nothing it does raises or takes long."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._run = uuid.uuid4()
        self._ended = threading.Event()
        self.host = self._url.hostname or ""

    def begins(self) -> None:
        """Say that the run begins, while it goes on."""
        if self.host:
            self._go("start", b"", [])

    def ends(self, code: ExitCode, summary: Mapping[str, Any]) -> str:
        """Say how the run ended; the result says why that could not be said, "" when it was."""
        if not self.host:
            return ""
        self._ended.set()
        lines = [
            f"exit_code={int(code)}",
            *(f"{key}={summary[key]}" for key in ("as_of", "run_id") if summary),
        ]
        said: list[str] = []
        going = self._go("" if code in GOOD else str(int(code)), "\n".join(lines).encode(), said)
        going.join(_TIMEOUT)
        return "" if said == [""] else said[0] if said else f"no answer in {_TIMEOUT:.0f} s"

    def _go(self, tail: str, body: bytes, said: list[str]) -> threading.Thread:
        address = self._url._replace(
            path="/".join(part for part in (self._url.path.rstrip("/"), tail) if part),
            query="&".join(part for part in (self._url.query, urlencode({"rid": self._run})) if part),
        )
        request = Request(urlunsplit(address), data=body, method="POST")  # noqa: S310 - the scheme is checked
        going = threading.Thread(target=self._ping, args=(request, tail == "start", said), daemon=True)
        going.start()
        return going

    def _ping(self, request: Request, is_start: bool, said: list[str]) -> None:
        told = ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_PAUSE)
            if is_start and self._ended.is_set():
                break
            try:
                with urlopen(request, timeout=_TIMEOUT):  # noqa: S310 - the scheme is checked
                    told = ""
                    break
            except HTTPError as failure:
                told = f"{failure.code} {failure.reason}"
                failure.close()
                if failure.code < 500:
                    break
            except (OSError, ValueError, http.client.HTTPException) as failure:
                told = f"{type(failure).__name__}: {getattr(failure, 'reason', failure)}"
        said.append(told)
