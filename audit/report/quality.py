"""The sheet 数据质量: what became of every file, cell and returned copy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from audit.report import styles
from audit.report.blocks import body, intro, link, section
from audit.report.model import Report
from audit.words import Words

_COPY = ("name", "who", "said_at", "rows", "changes", "conflicts")
_CONFLICT = ("detail", "column", "ledger_text", "copy_text", "who", "said_at", "noticed_on", "finding_id")


def add_quality(workbook: Workbook, report: Report, words: Words) -> None:
    """Add the sheet."""
    sheet = workbook.create_sheet(words("sheet.quality"))
    top = intro(sheet, words("report.quality_title"), words("report.quality_note"))
    link(sheet, 3, 1, words("report.go_overview"), words("sheet.overview"))
    names = (
        "feed",
        "file",
        "status",
        "rows_in_file",
        "rows",
        "set_aside",
        "rejected",
        "exported_on",
        "basis",
        "age_days",
        "problem",
        "notices",
        "unmapped",
    )
    rows = [
        (
            words.label("feed", line.feed),
            line.name,
            words.label("unusable", line.error) if line.error else words("status.passed"),
            line.rows_in_file,
            line.rows,
            words.show([f"{words.label('aside', kind)} {count}" for kind, count in line.set_aside.items()]),
            line.rejected,
            line.exported_on or "",
            words.label("basis", line.basis),
            "" if line.age_days is None else line.age_days,
            line.problem,
            words.show(line.notices),
            words.show(line.unmapped),
        )
        for line in report.inputs
    ]
    widths = (12, 34, 14, 10, 10, 34, 12, 12, 16, 12, 46, 46, 30)
    end = body(sheet, top, [words(f"header.{name}") for name in names], rows, widths, "Files")
    fine = words("status.passed")
    styles.colour_words(sheet, f"C{top + 1}:C{end}", f"C{top + 1}", {fine: "DDF1E4"})
    below = section(sheet, end + 2, words("report.rejected_title"))
    if report.rejected_cells:
        shown = ("feed", "file", "sheets", "row", "letter", "header", "column", "value", "reason")
        cells = [
            (
                words.label("feed", one.feed),
                one.file,
                one.cell.sheet,
                one.cell.row,
                one.cell.letter,
                one.cell.header,
                words.column(one.cell.column),
                one.cell.value,
                words.label("reject", one.cell.reason),
            )
            for one in report.rejected_cells
        ]
        body(sheet, below, [words(f"header.{name}") for name in shown], cells, widths, "Rejected")
    else:
        sheet.cell(below, 1, words("report.no_rejected")).font = styles.font(color=styles.MUTED)
    _add_feedback(sheet, report, words, widths)
    styles.print_setup(sheet, words("report.page"))


def _add_feedback(sheet: Worksheet, report: Report, words: Words, widths: Sequence[float]) -> None:
    """What came back from people: the copies, the cells that were not taken, what two people say."""
    tables: list[tuple[str, Iterable[str], list[Sequence[object]]]] = [
        (
            "feedback_title",
            ("file", "who", "said_at", "rows_read", "changes", "conflicts", "refused", "problem", "notices"),
            [
                [
                    *(getattr(one, name) for name in _COPY),
                    len(one.refused),
                    one.problem,
                    "\n".join(one.notices),
                ]
                for one in report.feedback
            ],
        ),
        (
            "refused_title",
            ("file", "cell", "finding_id", "column", "text", "reason"),
            [
                (copy.name, one.cell, one.finding_id, one.column, one.text, one.reason)
                for copy in report.feedback
                for one in copy.refused
            ],
        ),
        (
            "conflict_title",
            ("copy_who" if name == "who" else name for name in _CONFLICT),
            [[getattr(one, name) for name in _CONFLICT] for one in report.conflicts],
        ),
    ]
    for title, names, rows in tables:
        if rows:
            below = section(sheet, sheet.max_row + 2, words(f"report.{title}"))
            body(sheet, below, [words(f"header.{name}") for name in names], rows, widths)
    notes = ["feedback_note"] if report.feedback else ["no_feedback", "feedback_note"]
    said = words("sentence_mark").join(words(f"report.{name}") for name in notes)
    note = sheet.cell(sheet.max_row + 2, 1, said)
    note.font = styles.font(color=styles.MUTED)
