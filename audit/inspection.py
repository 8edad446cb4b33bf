"""`pos-audit inspect`: how a file is read, and its canonical table as CSV."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit.cleanlist import LeftOut, canonical_csv, split_clean
from audit.config import InputSection, configured_codes, configured_columns
from audit.errors import ConfigError, InputError
from audit.files import shown_name, write_private
from audit.intake.child import read_in_child
from audit.intake.labels import suggest
from audit.intake.nursery import fork_nursery
from audit.intake.opening import await_settled
from audit.intake.reading import FileReading
from audit.report.sentences import notice_sentences, problem_of
from audit.tables import TABLES, Table
from audit.words import Words

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_REJECTIONS = 20


@dataclass(frozen=True)
class Inspection:
    """What was read of some files."""

    readings: tuple[FileReading, ...]
    rows: int
    to: Path | None
    left_out: Mapping[str, tuple[LeftOut, ...]] = field(default_factory=dict)  # by path: not in `to`

    @property
    def failed(self) -> bool:
        """Whether a file could not be used."""
        return any(reading.error for reading in self.readings)

    def to_json(self, words: Words) -> dict[str, Any]:
        """For programs: every file with its account or its error, and the first error of all."""
        left_out = {path: [asdict(one) for one in parts] for path, parts in self.left_out.items()}
        files = [
            _plain(reading, words) | {"left_out": left_out.get(reading.path, [])} for reading in self.readings
        ]
        first_error = next((file["error"] for file in files if file["error"]), None)
        return {"files": files, "rows": self.rows, "error": first_error}

    def to_text(self, words: Words) -> str:
        """For people."""
        lines = [line for reading in self.readings for line in _lines(reading, words)]
        for path, parts in self.left_out.items():
            lines += [_left_out_line(path, one, words) for one in parts]
        if self.to:
            lines.append(words("cli.written", rows=self.rows, file=self.to))
        return "\n".join(lines)


def inspect_files(
    files: Sequence[Path], table_name: str, section: InputSection | None, to: Path | None
) -> Inspection:
    """Read the files as `table_name`, or each as the table it holds where that is "".

    Their canonical rows go to `to`, values in clear, mode 0600.
    """
    if table_name and table_name not in TABLES:
        near = difflib.get_close_matches(table_name, TABLES, n=len(TABLES), cutoff=0)
        raise ConfigError("unknown_table", table=table_name, known=near)
    if to and to.is_dir():
        raise ConfigError("config_exists", file=str(to))
    if to and any(to.resolve() == file.resolve() for file in files):
        raise ConfigError("clean_onto_input", file=str(to))
    how = {
        "table": table_name,
        "columns": configured_columns(section) if section else {},
        "codes": configured_codes(section) if section else {},
        "encoding": section.encoding if section else "",
        "password": section.password if section else "",
        "derived": False,
    }
    fork_nursery()  # what it has to import is most of the time that a small file takes
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / f"{number}.parquet" for number in range(len(files))]
        readings = tuple(
            _with_expected(_read(file, output, how), section)
            for file, output in zip(files, outputs, strict=True)
        )
        written = [output for output, reading in zip(outputs, readings, strict=True) if not reading.error]
        tables = list(dict.fromkeys(reading.tables[0] for reading in readings if not reading.error))
        if to and len(tables) > 1:
            raise ConfigError("tables_differ", tables=tables)
        if not (to and written):
            return Inspection(readings, sum(reading.rows for reading in readings), None)
        rows, left_out = _clean_list(dict(zip(outputs, readings, strict=True)), TABLES[tables[0]])
        write_private(to, canonical_csv(rows, TABLES[tables[0]]))
    return Inspection(readings, rows.num_rows, to, left_out)


def _clean_list(
    files: Mapping[Path, FileReading], table: Table
) -> tuple[pa.Table, dict[str, tuple[LeftOut, ...]]]:
    """The rows of the usable files that are written, and by path those that are not."""
    import pyarrow as pa

    from audit.intake.rows import read_rows

    parts, left_out = [], {}
    for output, reading in files.items():
        if not reading.error:
            part, left_out[reading.path] = split_clean(read_rows(output), table)
            parts.append(part)
    return pa.concat_tables(parts, promote_options="default"), left_out


def _read(file: Path, output: Path, how: Mapping[str, object]) -> FileReading:
    try:
        await_settled(file)
    except InputError as failure:
        return FileReading(str(file)).failed(failure)
    return read_in_child({"path": str(file), "output": str(output), **how})


def _with_expected(reading: FileReading, section: InputSection | None) -> FileReading:
    """The reading with a word about columns that a night would miss in it."""
    if reading.error:
        return reading
    table = TABLES[reading.tables[0]]
    required = table.required if section is None or section.required is None else section.required
    found = reading.columns | ({table.status} if reading.columns & set(table.wide) else set())
    missing = [name for name in required if name not in found]
    if not missing:
        return reading
    unmapped = [header for sheet in reading.sheets for header in sheet.unmapped]
    near = {name: suggest(name, table, unmapped) for name in missing}
    return reading.with_notice("columns_expected", table=table.name, columns=missing, suggestions=near)


def _left_out_line(path: str, left: LeftOut, words: Words) -> str:
    rows = [f"{sheet}!{row}" if sheet else str(row) for sheet, row in left.rows[:_SHOWN_REJECTIONS]]
    why = f"{words.column(left.column)}{words('colon')}{words.label('reject', left.reason)}"
    return words("cli.left_out", file=shown_name(path), count=left.count, why=why, rows=rows)


def _plain(reading: FileReading, words: Words) -> dict[str, Any]:
    plain = reading.to_json() | {"path": shown_name(reading.path), "rejected": reading.rejected}
    for name in ("error", "error_key", "error_facts", "notices"):
        plain.pop(name)
    plain["notices"] = list(notice_sentences(reading, words))
    plain["rejected_by"] = [
        {"column": column, "reason": reason, "count": count, "why": words.label("reject", reason)}
        for column, reason, count in reading.rejected_by
    ]
    plain["notice_facts"] = [{"notice": key, **facts} for key, facts in reading.notices]
    plain["error"] = (
        {"class": reading.error, "message": problem_of(reading, words)} if reading.error else None
    )
    return plain


def _form(reading: FileReading) -> str:
    delimiter = repr(reading.delimiter) if reading.delimiter else ""
    return " ".join(filter(None, [reading.kind, reading.encoding, delimiter]))


def _lines(reading: FileReading, words: Words) -> list[str]:
    colon = words("colon")
    lines = [shown_name(reading.path)]
    if reading.error:
        lines.append(f"  {words.label('unusable', reading.error)}{colon}{problem_of(reading, words)}")
        if reading.kind:
            lines.append(f"  {words('cli.what_it_is')}{colon}{_form(reading)}")
        rows = words("header.rows_in_file")
        lines += [f"  [{sheet.name}] {rows} {sheet.rows_in_file}" for sheet in reading.sheets]
        return [*lines, ""]
    lines.append(f"  {words('cli.what_it_is')}{colon}{_form(reading)}")
    tables = [f"{words.label('feed', name)} ({name})" for name in reading.tables]
    lines.append(f"  {words('cli.tables')}{colon}{words.show(tables)}")
    if reading.exported_at:
        lines.append(f"  {words('header.exported_on')}{colon}{reading.exported_at}")
    for sheet in reading.sheets:
        title = f"  [{sheet.name}] " if sheet.name else "  "
        if sheet.skipped:
            lines.append(title + words.label("cli", f"sheet_skipped_{sheet.skipped}"))
            continue
        counts = {words("header.rows"): sheet.rows} | {
            words.label("aside", kind): count for kind, count in sheet.set_aside.items()
        }
        whole = f"{words('header.rows_in_file')} {sheet.rows_in_file}"
        parts = " + ".join(f"{label} {count}" for label, count in counts.items())
        lines.append(f"{title}{words('header.header_row')} {sheet.header_row}; {whole} = {parts}")
        lines += [
            f"    {one.letter:>3}  {one.header} → {one.column} ({words.column(one.column)})"
            for one in sheet.mapped
        ]
        if sheet.unmapped:
            lines.append(f"    {words('header.unmapped')}{colon}{words.show(sheet.unmapped)}")
    lines += [f"  {words('cli.warning')}{colon}{sentence}" for sentence in notice_sentences(reading, words)]
    if reading.rejected:
        lines.append(f"  {words('report.rejected_title')}{colon}{reading.rejected}")
        for one in reading.rejections[:_SHOWN_REJECTIONS]:
            where = f"{one.sheet}!{one.letter}{one.row}" if one.sheet else f"{one.letter}{one.row}"
            lines.append(f"    {where} {one.header} “{one.value}”{colon}{words.label('reject', one.reason)}")
    return [*lines, ""]
