"""Password-protected workbooks: opened with the configured password, or with the one Excel itself knows."""

from __future__ import annotations

import io

import msoffcrypto

from audit.errors import InputError, Unusable

# what Excel uses for a workbook that is protected but opens without asking
_WELL_KNOWN = "VelvetSweatshop"


def decrypted(data: bytes, password: str) -> bytes:
    """The workbook inside. Raises InputError (encrypted) when no password fits."""
    for candidate in dict.fromkeys(filter(None, (password, _WELL_KNOWN))):
        plain = _with_password(data, candidate)
        if plain.startswith((b"PK", b"\xd0\xcf")):
            return plain
    raise InputError(Unusable.ENCRYPTED, "password_wrong" if password else "file_encrypted")


def _with_password(data: bytes, password: str) -> bytes:
    target = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=password)
        office.decrypt(target)
    except Exception:  # a wrong password and a damaged header look alike to the library
        return b""
    return target.getvalue()
