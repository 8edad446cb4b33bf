"""Password-protected workbooks: opened with the configured password, or with the one Excel itself knows."""

from __future__ import annotations

import io

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

from audit.errors import InputError, Unusable

# what Excel uses for a workbook that is protected but opens without asking
_WELL_KNOWN = "VelvetSweatshop"


def decrypted(data: bytes, password: str) -> bytes:
    """The workbook inside. Raises InputError (encrypted) when no password fits."""
    for candidate in dict.fromkeys(filter(None, (password, _WELL_KNOWN))):
        target = io.BytesIO()
        try:
            office = msoffcrypto.OfficeFile(io.BytesIO(data))
            office.load_key(password=candidate)
            office.decrypt(target)
        except InvalidKeyError:
            continue
        except (DecryptionError, FileFormatError, ParseError):
            continue
        # msoffcrypto reads damaged headers with plain indexing
        except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError, AssertionError):
            continue
        plain = target.getvalue()
        if plain.startswith((b"PK", b"\xd0\xcf")):
            return plain
    raise InputError(Unusable.ENCRYPTED, "password_wrong" if password else "file_encrypted")
