"""Pictures of pages and mails at desktop and phone width, light and dark: `.ci/pictures` calls it.

    python tests/pictures.py TARGET NAME=FILE…

A FILE is a page, or a message whose HTML part is taken.
"""

from __future__ import annotations

import email
import sys
import tempfile
from email.policy import default
from pathlib import Path

from browser import Browser

WIDTHS = {"desk": 1280, "phone": 390}


def page_of(file: Path, folder: Path) -> Path:
    """The file itself, or the page in a message."""
    if file.suffix != ".eml":
        return file
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    part = message.get_body(("html",))  # type: ignore[attr-defined]
    page = folder / f"{file.stem}.html"
    page.write_text(part.get_content(), encoding="utf-8")
    return page


def main() -> None:
    """Take them, and fail for a page that asks for anything, complains, or is wider than its window."""
    target, files = Path(sys.argv[1]), [one.partition("=") for one in sys.argv[2:]]
    wrong = []
    with Browser() as browser, tempfile.TemporaryDirectory() as folder:
        for name, _, file in files:
            path = page_of(Path(file), Path(folder))
            for shape, width in WIDTHS.items():
                for shade in ("light", "dark"):
                    with browser.page(width, dark=shade == "dark") as page:
                        page.open(path)
                        page.settle()
                        page.picture(target / f"{name}-{shape}-{shade}.png")
                        wide = page.ask("document.documentElement.scrollWidth") > width
                        wrong += [f"{name} {shape} {shade}: {one}" for one in page.complaints]
                        wrong += [f"{name} {shape} {shade}: wider than its window"] if wide else []
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main()
