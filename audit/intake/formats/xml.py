"""XML from strangers: no entity is expanded, nothing is fetched, a cut file is told from a broken one."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lxml import etree

from audit.errors import InputError, Unusable

DECLARATION_WITHIN = 65_536
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ROOT = re.compile(rb"<[^?!]")
_CUT = ("Premature end", "Extra content", "EndTag", "is not finished", "not closed", "no element found")
_PARSER: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
}
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def refuse_entities(data: bytes, part: str) -> None:
    """Raise InputError (unsafe) for a document with a type declaration: no spreadsheet needs one.

    It stands before the root element, which in honest documents is near.
    """
    head = _COMMENT.sub(b"", data[:DECLARATION_WITHIN].replace(b"\x00", b""))
    looked_at = head if _ROOT.search(head) else data.replace(b"\x00", b"")
    if b"<!DOCTYPE" in looked_at or b"<!ENTITY" in looked_at:
        raise InputError(Unusable.UNSAFE, "xml_entities", part=part)


def parse(data: bytes, part: str) -> etree._Element:
    """The root of a small document."""
    refuse_entities(data, part)
    try:
        return etree.fromstring(data, etree.XMLParser(**_PARSER))
    except (etree.XMLSyntaxError, ValueError) as failure:
        raise damaged(failure, part, data) from None


def elements(data: bytes, part: str, tags: Sequence[str]) -> Iterator[etree._Element]:
    """Each element of those local names as it ends, in document order; what was yielded is freed."""
    refuse_entities(data, part)
    wanted = tuple(f"{{*}}{tag}" for tag in tags)
    try:
        for _, element in etree.iterparse(io.BytesIO(data), events=("end",), tag=wanted, **_PARSER):
            yield element
            element.clear(keep_tail=False)
            while element.getprevious() is not None and element.getparent() is not None:
                del element.getparent()[0]
    except (etree.XMLSyntaxError, ValueError) as failure:
        raise damaged(failure, part, data) from None


def damaged(failure: Exception, part: str, data: bytes) -> InputError:
    """A broken document as the error a person can act on: cut, when it does not end with a tag."""
    detail = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
    is_cut = not data.rstrip(b" \t\r\n\x00").endswith(b">") or any(mark in detail for mark in _CUT)
    reason = Unusable.TRUNCATED if is_cut else Unusable.UNREADABLE
    return InputError(reason, "workbook_damaged", detail=f"{part}: {detail}"[:200])


def local(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute, whatever its namespace."""
    for key, value in element.attrib.items():
        if key == name or key.endswith(f"}}{name}"):
            return str(value)
    return None


def as_utf8(data: bytes) -> bytes:
    """A document in UTF-8 without an encoding declaration, whatever it was written in.

    GBK declarations are common and are read as GB18030, which contains it. Raises InputError when the
    bytes are not what the document says.
    """
    for mark, name in _WIDE:
        if data.startswith(mark):
            text = data[len(mark) :].decode(name, errors="replace")
            return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    found = _ENCODING.match(data)
    declared = found[1].decode().lower() if found else "utf-8"
    body = re.sub(rb"^\s*<\?xml[^>]*\?>", b"", data[:1024]) + data[1024:]
    chosen = "gb18030" if declared in ("gbk", "gb2312", "gb18030", "x-gbk", "cp936") else declared
    for encoding in dict.fromkeys((chosen, "utf-8", "gb18030")):
        try:
            return body.decode(encoding).encode()
        except (UnicodeDecodeError, LookupError):
            continue
    raise InputError(Unusable.UNREADABLE, "text_undecodable", encoding=declared)
