"""Each file is opened in a fresh child process with limits: a reader that crashes, hangs or swells takes
only its own file with it.

`python -m audit.intake.child` is the child's side: a request in JSON on standard input, the reading in
JSON on standard output.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from audit.errors import Unusable
from audit.intake.reading import FileReading
from audit.redaction import redact

_POLL_SECONDS = 0.05
_PARENT = "AUDIT_CHILD_PARENT"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Address space is generous, for Arrow reserves more than it uses.

    An honest file takes about a second for every MiB it has; a small one that takes longer than
    `seconds` is stuck.
    """

    seconds: float = 20.0
    seconds_per_mib: float = 4.0
    resident_bytes: int = 1_200 << 20
    address_bytes: int = 8 << 30

    def seconds_for(self, path: str) -> float:
        """The time a file of this size may take."""
        try:
            return self.seconds + self.seconds_per_mib * Path(path).stat().st_size / (1 << 20)
        except OSError:
            return self.seconds


DEFAULT_LIMITS = Limits()


def read_in_child(
    request: dict[str, object], limits: Limits = DEFAULT_LIMITS, shared: Sequence[int] = ()
) -> FileReading:
    """What `read.read_file`, or `form.read_form`, returns for the request.

    A dead child becomes a reading with an error. `shared` are descriptors of ours that it may use.

    A child that crashed or swelled is followed by one that reads with care.
    """
    reading = _read_once(request, limits, shared)
    if reading.error_key in ("reader_crashed", "reader_too_large") and not request.get("careful"):
        return _read_once({**request, "careful": True}, limits, shared)
    return reading


def _read_once(request: dict[str, object], limits: Limits, shared: Sequence[int]) -> FileReading:
    path = str(request["path"])
    started, allowed = time.monotonic(), limits.seconds_for(path)
    with subprocess.Popen(
        [sys.executable, "-m", "audit.intake.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=shared,
        env={**os.environ, "AUDIT_CHILD_ADDRESS_BYTES": str(limits.address_bytes), _PARENT: str(os.getpid())},
    ) as child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(request).encode())
        child.stdin.close()
        child.stdin = None
        while True:
            try:
                out, err = child.communicate(timeout=_POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if time.monotonic() - started > allowed:
                    return _killed(child, path, "reader_too_slow", seconds=round(allowed))
                if _resident(child.pid) > limits.resident_bytes:
                    return _killed(child, path, "reader_too_large", mib=limits.resident_bytes >> 20)
        if child.returncode != 0:
            last = err.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit {child.returncode}"]
            return _failed(path, Unusable.UNREADABLE, "reader_crashed", detail=redact(last[0])[:300])
        return FileReading.from_json(json.loads(out))


def _killed(child: subprocess.Popen[bytes], path: str, key: str, **facts: object) -> FileReading:
    child.kill()
    return _failed(path, Unusable.UNSAFE, key, **facts)


def _failed(path: str, reason: Unusable, key: str, **facts: object) -> FileReading:
    return FileReading(path, error=str(reason), error_key=key, error_facts=facts)


def _resident(pid: int) -> int:
    """Bytes of memory a process holds now; 0 when it has just ended or the system does not say."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class _WithoutPandas(MetaPathFinder):
    """pyarrow imports pandas wherever it is installed; no reader uses it, and it costs 0.3 s a file."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _die_with(parent: int) -> None:
    """A parent that is killed cannot stop us; the kernel can. Elsewhere than on Linux we read to the end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was killed before we had said so
        os.kill(os.getpid(), signal.SIGKILL)


def _main() -> None:
    import resource

    _die_with(int(os.environ[_PARENT]))
    bytes_allowed = int(os.environ["AUDIT_CHILD_ADDRESS_BYTES"])
    resource.setrlimit(resource.RLIMIT_AS, (bytes_allowed, bytes_allowed))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request = json.load(sys.stdin)
    sys.meta_path.insert(0, _WithoutPandas())

    json.dump(_read(request).to_json(), sys.stdout)


def _read(request: dict[str, Any]) -> FileReading:
    if "form" in request:
        from audit.intake.form import FormRequest, read_form

        return read_form(FormRequest.from_json(request))
    from audit.intake.read import Request, read_file

    return read_file(Request.from_json(request))


if __name__ == "__main__":
    _main()
