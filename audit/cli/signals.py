"""Being told to stop: the step under way is finished, and what comes next is not begun."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from audit.errors import Interrupted, Stopped
from audit.words import Words


@contextmanager
def stopping_at_once() -> Iterator[None]:
    """Before the first step, and while another run is waited for, SIGTERM has nothing to let finish."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Stopped("stopped")

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stopping_between_steps(words: Words) -> Iterator[Callable[[], None]]:
    """What the block yields is called before each step, and raises Stopped once a signal came.

    The second SIGTERM or SIGINT ends the program where it stands, as Ctrl-C does.
    """
    told: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        if told:
            raise KeyboardInterrupt
        told.append(number)
        os.write(2, f"{words('cli.stopping')}\n".encode())  # a handler must not meet a buffer half written

    def check() -> None:
        if told:
            raise (Interrupted if told[0] == signal.SIGINT else Stopped)("stopped")

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
