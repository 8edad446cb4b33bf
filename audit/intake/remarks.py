"""What people did to a form beside filling it in: columns of their own, comments, columns taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce

import pyarrow.compute as pc

from audit.intake.formats import xml
from audit.intake.formats.package import Package
from audit.intake.formats.sniff import FileKind
from audit.intake.formats.xlsx import worksheets
from audit.intake.grid import Grid
from audit.intake.notices import Notice
from audit.intake.request import FormRequest
from audit.tables.model import normalise_label

_SHOWN = 10  # cells with a comment that are named
_FILLED_IN = 3  # so many columns to fill in make a sheet a form, whatever else it lacks
_LIST = 12  # so many of our headers in one row are one of our lists, and no block of a summary
_ANNOTATION = re.compile(rb"<office:annotation[\s>]")


def own_columns(grid: Grid, header: int, columns: Mapping[str, int], known: frozenset[str]) -> list[Notice]:
    """Columns that say something below the header and are no field: people's own, renamed, or there twice.

    `columns` are the places of the fields, `known` the headers of our own sheets, normalised.
    """
    found: list[Notice] = []
    taken = set(columns.values())
    fields = {grid.columns[place][header].as_py() for place in taken}
    for place, column in enumerate(grid.columns):
        label = column[header].as_py() or ""
        if place in taken or (normalise_label(label) in known and label not in fields):
            continue
        said = column.slice(header + 1)
        if cells := len(said) - said.null_count:
            first = header + 1 + pc.index(pc.is_valid(said), True).as_py()
            cell = f"{grid.letter(place)}{first + 1}"
            facts = {"sheet": grid.sheet, "header": label, "cell": cell, "count": cells}
            found.append(("form_own_column", {**facts, "letter": grid.letter(place)}))
    return found


def beside_a_list(grid: Grid, known: frozenset[str], rows: int) -> list[Notice]:
    """What somebody wrote beside one of our lists that are not filled in; `known` as for `own_columns`."""
    for row in range(min(rows, grid.height)):
        if sum(normalise_label(label or "") in known for label in grid.row(row)) >= _LIST:
            found = own_columns(grid, row, {}, known)
            return [("form_beside_a_list", facts) for _, facts in found]
    return []


def lacking(grid: Grid, request: FormRequest, rows: int) -> Notice | None:
    """A sheet that was a form until somebody took the columns away by which its rows are known.

    None for a sheet that is none, and for one in which nobody wrote anything.
    """
    for row in range(min(rows, grid.height)):
        places = request.places(grid.row(row))
        for needs in request.needs:
            fields = [places[name] for name in request.fields_of(needs) if name in places]
            missing = [name for name in needs if name not in places]
            if len(fields) < _FILLED_IN or not missing:
                continue
            said = (grid.columns[place].slice(row + 1).is_valid() for place in fields)
            count = pc.sum(reduce(pc.or_, said)).as_py() or 0
            facts = {"sheet": grid.sheet, "cell": f"{grid.sheet}!{row + 1}:{row + 1}", "missing": missing}
            return ("form_lacks", {**facts, "count": count}) if count else None
    return None


def comments(kind: FileKind, data: bytes) -> Iterator[Notice]:
    """Comments beside the cells: where people answer who do not find the column for it."""
    package = Package(data)
    if kind is FileKind.ODS:
        if count := len(_ANNOTATION.findall(package.find("content.xml") or b"")):
            yield "form_comments", {"count": count}
        return
    document = package.document()
    book = xml.parse(package.read(document), document)
    for sheet in worksheets(package, document, book):
        cells = [cell for part in _comment_parts(package, sheet.part) for cell in _commented(package, part)]
        if cells:
            shown = [f"{sheet.name}!{cell}" for cell in cells[:_SHOWN]]
            shown += ["…"] if len(cells) > _SHOWN else []
            yield "form_comments_at", {"count": len(cells), "cells": shown}


def _comment_parts(package: Package, sheet: str) -> list[str]:
    """A comment of a thread stands in a part of its own, and a copy of it in this one."""
    folder, _, name = sheet.rpartition("/")
    if not package.has(f"{folder}/_rels/{name}.rels"):
        return []
    return [part for kind, part in package.links(sheet).values() if kind == "comments" and package.has(part)]


def _commented(package: Package, part: str) -> list[str]:
    root = xml.parse(package.read(part), part)
    return [cell for one in root.iter("{*}comment") if (cell := one.get("ref", "")[:20])]
