"""A user's own templates: what is known of them before the night, and what shows when they are used."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from jinja2 import TemplateSyntaxError

from audit.config import Settings
from audit.errors import ConfigError, ExitCode
from audit.report.mailbody import render_mail
from audit.report.model import Report
from audit.report.page import render_page
from audit.report.pagerows import page_findings
from audit.report.templating import RENDERED, environment
from audit.words import LANGUAGES, Words, template_folders


def own_files(own: Path | None) -> list[Path]:
    """The templates in the user's folder that replace one of the program's."""
    shipped = template_folders()[-1]
    if own is None:
        return []
    return [
        path for path in sorted(own.iterdir()) if path.suffix in RENDERED and (shipped / path.name).is_file()
    ]


def misnamed_files(own: Path) -> Iterator[tuple[Path, str]]:
    """Files of the user's folder that nothing reads, and what they were probably meant to be called.

    What another file of the folder names, as a template it includes, is read.
    """
    known = [path.name for path in template_folders()[-1].iterdir() if path.suffix in RENDERED]
    known += [f"labels.{language}.toml" for language in LANGUAGES]
    files = [path for path in sorted(own.iterdir()) if path.is_file()]
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in own_files(own)}
    for path in files:
        near = difflib.get_close_matches(path.name.lower(), known, n=1, cutoff=0.7)
        included = any(path.name in text for other, text in texts.items() if other != path)
        if near and path.name not in known and not included:
            yield path, near[0]


def check_templates(own: Path | None) -> None:
    """Whether the folder is there and all in it is Jinja. Raises ConfigError, which names file and line."""
    if own is None:
        return
    if not own.is_dir():
        raise ConfigError("own_folder", folder=str(own))
    found = environment(own)
    for path in own_files(own):
        try:
            found.get_template(path.name)
        except TemplateSyntaxError as failure:
            file = failure.filename or str(path)
            raise ConfigError("own_syntax", file=file, line=failure.lineno, detail=failure.message) from None
        except (OSError, UnicodeDecodeError) as failure:
            raise ConfigError("own_unreadable", file=str(path), detail=str(failure)) from None


def with_sound_templates(settings: Settings, words: Words, report: Report) -> tuple[Settings, Report]:
    """Both as they are, if page and mail can be made with the user's templates.

    If not, the settings without these and the report with an alarm that says where they broke: a night is
    not lost for a template.
    """
    own = settings.own_templates
    if not own_files(own):
        return settings, report
    try:
        render_page(report, words, own, page_findings(report.findings, words, settings.report.max_rows))
        render_mail(report, words, own, "")
    except ConfigError as failure:
        alarm = words("alarm.template", **failure.facts)
        return settings.with_shipped_templates(), _incomplete(report, alarm, words)
    return settings, report


def _incomplete(report: Report, alarm: str, words: Words) -> Report:
    alarms = (*report.alarms, alarm)
    reason = words("reason.incomplete", count=len(alarms), first=alarms[0])
    return replace(report, alarms=alarms, exit_code=int(ExitCode.INCOMPLETE), reason=reason)
