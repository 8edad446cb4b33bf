"""A real SMTP server on loopback, with certificates made for the occasion."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "auditor", "correct horse"


Step = str | Callable[[Any], Awaitable[str]]


@dataclass
class Inbox:
    """What the server took, and how it is to behave.

    `steps` scripts answers: under EHLO, MAIL, RCPT, `RCPT address`, DATA (before the message counts as
    taken) or TAKEN (after that) the next ones, each an answer or something done in its place.
    """

    port: int = 0
    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    answer: str = "250 OK"
    steps: dict[str, list[Step]] = field(default_factory=dict)
    logins: list[LoginPassword] = field(default_factory=list)
    connections: int = 0

    async def _scripted(self, step: str, server: Any) -> str:
        waiting = self.steps.get(step)
        if not waiting:
            return ""
        action = waiting.pop(0)
        return action if isinstance(action, str) else await action(server)

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, host: str, responses: list[str]
    ) -> list[str]:
        session.host_name = host
        self.connections += session.ssl is None
        said = await self._scripted("EHLO", server)
        return [said] if said else responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := await self._scripted("MAIL", server):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802
        said = await self._scripted(f"RCPT {address}", server) or await self._scripted("RCPT", server)
        if said:
            return said
        if address in self.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if said := await self._scripted("DATA", server):
            return said
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
        return await self._scripted("TAKEN", server) or self.answer

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]


async def drop(server: Any) -> str:
    """Break the connection without a word."""
    server.transport.abort()
    return "421 gone"


async def hang(server: Any) -> str:
    """Say nothing for longer than any test waits."""
    await asyncio.sleep(60)
    return "250 OK"


def certificate(folder: Path, host: str = "localhost", days: int = 2) -> tuple[Path, Path]:
    """A self-signed certificate for `host`, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / f"{host}.pem", folder / f"{host}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    inbox: Inbox, tls: tuple[Path, Path] | None, auth: bool = True, size: int | None = None
) -> Iterator[Inbox]:
    """The server, on a free port of localhost, until the block ends."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        inbox.logins.append(data)
        wanted = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=data == wanted, handled=False)

    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=context is not None,
        data_size_limit=size,
        authenticator=check if auth else None,
        auth_required=auth and context is not None,
    )
    controller.start()
    try:
        inbox.port = controller.port
        yield inbox
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@contextmanager
def pausing(seconds: float) -> Iterator[tuple[int, list[int]]]:
    """A server that takes the text of a message after a pause; the port, and how much it took."""
    taken: list[int] = []

    def talk(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            connection.sendall(b"220 hello\r\n")
            while (line := lines.readline()) and not line.startswith(b"DATA"):
                connection.sendall(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 OK\r\n")
            connection.sendall(b"354 go\r\n")
            time.sleep(seconds)
            size = 0
            while (line := lines.readline()) and line != b".\r\n":
                size += len(line)
            taken.append(size)
            connection.sendall(b"250 OK\r\n")
            lines.readline()
            connection.sendall(b"221 bye\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=talk, args=(listening,), daemon=True)
        thread.start()
        yield int(listening.getsockname()[1]), taken
        thread.join()


@contextmanager
def talking(*answers: bytes, tls: tuple[Path, Path] | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says what it is given, a line to each line it hears; the port, and what it heard.

    With `tls` it is encrypted from the first byte.
    """
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if tls:
        context.load_cert_chain(*tls)

    def talk(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if tls:
                connection = context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as lines, suppress(ConnectionError):
                for answer in answers:
                    connection.sendall(answer)
                    heard.append(lines.readline())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=talk, args=(listening,), daemon=True)
        thread.start()
        yield int(listening.getsockname()[1]), heard
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()
