"""A Debian mail server of one's own: exim, on a free port, with mailboxes in a folder."""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from mailserver import PASSWORD, USER, free_port

BOXES = ("compliance", "ops", "greylisted")
LIMIT = 50_000  # bytes of a message
_OWNER = "Debian-exim"
_CONFIG = """
primary_hostname = localhost
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
host_lookup =
rfc1413_hosts =
never_users =
message_size_limit = {limit}
tls_advertise_hosts = *
tls_certificate = {folder}/localhost.pem
tls_privatekey = {folder}/localhost.key
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
mail:
  accept authenticated = *
  deny message = log in first
rcpt:
  deny local_parts = nobody
       message = no such user
  defer local_parts = greylisted
        condition = ${{if exists{{{folder}/seen}}{{no}}{{yes}}}}
        set acl_c_seen = ${{run{{/usr/bin/touch {folder}/seen}}{{}}}}
        message = greylisted, come again
  accept
data:
  accept
begin routers
boxes:
  driver = accept
  local_parts = {boxes}
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/$local_part_data
  maildir_format
  user = {owner}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


def server_program() -> str | None:
    """Where exim is; it may only be given a configuration of one's own by root."""
    found = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return found if os.geteuid() == 0 else None


@dataclass(frozen=True)
class Mta:
    """A running server."""

    folder: Path
    port: int

    def box(self, name: str, count: int = 1) -> list[EmailMessage]:
        """What lies in a mailbox, once there are so many or nothing more comes."""
        until = time.monotonic() + 10
        while len(files := sorted((self.folder / "mail" / name / "new").glob("*"))) < count:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        return [email.message_from_bytes(one.read_bytes(), policy=email.policy.default) for one in files]

    def empty(self) -> None:
        """Forget all mail, and who was greylisted."""
        for path in (self.folder / "mail").glob("*/new/*"):
            path.unlink()
        (self.folder / "seen").unlink(missing_ok=True)


@contextmanager
def running(pair: tuple[Path, Path]) -> Iterator[Mta]:
    """The server, until the block ends. It is another user, which a folder of pytest's keeps out."""
    with tempfile.TemporaryDirectory(prefix="mta-") as folder, _running(Path(folder), pair) as server:
        yield server


@contextmanager
def _running(folder: Path, pair: tuple[Path, Path]) -> Iterator[Mta]:
    program = server_program()
    assert program
    port = free_port()
    for name in ("spool", "log", "mail"):
        (folder / name).mkdir()
    for path in pair:
        shutil.copy(path, folder)
    config = folder / "exim.conf"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            port=port,
            limit=LIMIT,
            boxes=" : ".join(BOXES),
            owner=_OWNER,
            user=USER,
            password=PASSWORD,
        )
    )
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, _OWNER, _OWNER)
    shutil.chown(config, "root", "root")  # exim trusts no other owner
    server = subprocess.Popen([program, "-C", str(config), "-bdf"], cwd="/")
    try:
        _wait(port, server)
        yield Mta(folder, port)
    finally:
        server.terminate()
        server.wait(10)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("exim does not answer")
