"""Headless Chromium over its debugging pipe: what a page does, and everything it should not do."""

from __future__ import annotations

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-pipe",
)
_LIMIT = 60  # seconds for one answer


class Browser:
    """One Chromium; `page` opens pages in it."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._profile = tempfile.mkdtemp(prefix="chromium-")
        self._in, theirs_out = os.pipe()
        theirs_in, self._out = os.pipe()
        program = shutil.which("chromium") or "chromium"
        # it reads from descriptor 3 and writes to 4; ours lie above, so that neither covers the other
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
        self._process = subprocess.Popen(
            [
                *("bash", "-c", f'exec "$0" "$@" 3<&{ends[0]} 4>&{ends[1]}'),
                *(program, *_ARGUMENTS, f"--user-data-dir={self._profile}"),
            ],
            pass_fds=ends,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._rest = b""
        self._pages: dict[str, Page] = {}

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # it may be gone already
            self.send("Browser.close", {})
        os.close(self._out)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        os.close(self._in)
        for _ in range(50):  # its children write on for a moment
            shutil.rmtree(self._profile, ignore_errors=True)
            if not Path(self._profile).exists():
                break
            time.sleep(0.1)

    def send(self, method: str, params: Mapping[str, Any], session: str = "") -> int:
        """Say something to the browser; the result is the number its answer will bear."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": dict(params)}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        return number

    def call(self, method: str, params: Mapping[str, Any], session: str = "") -> dict[str, Any]:
        """Say something and wait for the answer; what happens meanwhile is noted by its page."""
        number = self.send(method, params, session)
        for message in self._messages(_LIMIT):
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
        raise TimeoutError(method)

    def listen(self, seconds: float) -> None:
        """Note what happens for a while."""
        for _ in self._messages(seconds):
            pass

    @contextmanager
    def page(
        self,
        width: int = 1280,
        height: int = 900,
        *,
        dark: bool = False,
        script: bool = True,
        phone: bool = False,
    ) -> Iterator[Page]:
        """An empty page of that size."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            page.call(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        page.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Emulation.setScriptExecutionDisabled", value=not script)
        yield page
        self.call("Target.closeTarget", {"targetId": target})
        del self._pages[session]

    def _messages(self, seconds: float) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if b"\0" not in self._rest:
                if not select.select([self._in], [], [], left)[0]:
                    return
                if not (data := os.read(self._in, 1 << 20)):
                    raise RuntimeError("Chromium is gone")
                self._rest += data
                continue
            line, _, self._rest = self._rest.partition(b"\0")
            message = json.loads(line)
            if page := self._pages.get(message.get("sessionId", "")):
                page.note(message)
            yield message


class Page:
    """One page. `complaints` holds what no page of ours may do: dialogs, requests, violations, errors."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self._loaded = False
        self._own = ""
        self.complaints: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the DevTools protocol."""
        return self._browser.call(method, params, self._session)

    def note(self, message: Mapping[str, Any]) -> None:
        """Remember an event that matters."""
        method, facts = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {facts['message']}")
            self._browser.send("Page.handleJavaScriptDialog", {"accept": True}, self._session)
        elif method == "Network.requestWillBeSent":
            if facts["request"]["url"].partition("#")[0] != self._own:
                self.complaints.append(f"request: {facts['request']['url'][:200]}")
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {facts['args']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {facts['exceptionDetails']}")
        elif method == "Log.entryAdded":
            self.complaints.append(f"log: {facts['entry']['text']}")
        elif method == "Audits.issueAdded" and "ContentSecurityPolicy" in facts["issue"]["code"]:
            self.complaints.append(f"policy: {facts['issue']['details']}")

    def open(self, path: Path, fragment: str = "") -> float:
        """Load a file; the result is the seconds until its load event, and its script, are done."""
        self._own, self._loaded = path.resolve().as_uri(), False
        start = time.monotonic()
        self.call("Page.navigate", url=self._own + (f"#{fragment}" if fragment else ""))
        while not self._loaded:
            self._browser.listen(0.005)
            if time.monotonic() > start + _LIMIT:
                raise TimeoutError(self._own)
        self.call("Runtime.evaluate", expression="1")  # answered only when the page's own script has ended
        return time.monotonic() - start

    def settle(self, seconds: float = 0.3) -> None:
        """Let what was started come to something."""
        self._browser.listen(seconds)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Text into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """A key, by its name and its virtual code."""
        facts = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"Enter": "\r", " ": " "}.get(key)
        self.call("Input.dispatchKeyEvent", type="keyDown", **facts, **({"text": text} if text else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    def picture(self, path: Path, *, whole: bool = True, most: int = 8000) -> None:
        """A screenshot; `whole` is the page to its end, at most so many pixels."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], most), "scale": 1}
        more = {"captureBeyondViewport": True, "clip": clip} if whole else {}
        shot = self.call("Page.captureScreenshot", format="png", **more)
        path.write_bytes(base64.b64decode(shot["data"]))
