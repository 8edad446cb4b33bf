"""The night itself: now, every night, or by what the machine has for that."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audit.cli.options import DEFAULT_CONFIG, HELP, AsJson, Config, Quiet
from audit.cli.signals import stopping_at_once, stopping_between_steps
from audit.cli.speech import configured, progress, say_end, say_line
from audit.errors import ConfigError, ExitCode
from audit.words import Words

if TYPE_CHECKING:
    from audit.catchup import MadeUp, Missed
    from audit.config import Settings
    from audit.delivery.watch import Ending
    from audit.intake.begun import Begun
    from audit.night import Result, Say

_SELDOM = 10_000  # objects made and not freed
_LEVELS = ("critical", "high", "medium", "low", "new")


def run(
    config: Config = DEFAULT_CONFIG,
    as_of: Annotated[
        datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help=HELP("cli.option_as_of"))
    ] = None,
    fail_on: Annotated[str | None, typer.Option("--fail-on", help=HELP("cli.option_fail_on"))] = None,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help=HELP("cli.option_no_mail"))] = True,
    catch_up: Annotated[
        int, typer.Option("--catch-up", min=0, max=366, help=HELP("cli.option_catch_up"))
    ] = 0,
    rebuild: Annotated[str | None, typer.Option("--rebuild", help=HELP("cli.option_rebuild"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP("cli.option_rehearse"))] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help=HELP("cli.option_wait"))] = 0.0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """One night."""
    if fail_on not in (None, *_LEVELS):
        raise typer.BadParameter(" | ".join(_LEVELS), param_hint="--fail-on")
    if catch_up and (dry_run or rebuild is not None):
        raise typer.BadParameter(HELP("cli.catch_up_alone"), param_hint="--catch-up")
    night = as_of.date() if as_of else None
    with _importing() as imported, configured(config, log="run", quiet=quiet) as (settings, words):
        if rebuild is not None and not rebuild.strip():
            raise ConfigError("rebuild_reason")
        from audit.lock import only_run

        # before anything heavy is begun: whoever comes second is told so at once
        with (
            stopping_at_once(),
            only_run(settings.state, settings.zone, wait),
            _being_read(settings) as begun,
        ):
            from audit.catchup import run_caught_up
            from audit.logbook import rotate_log
            from audit.night import Wishes

            imported()
            rotate_log(settings)
            wishes = Wishes(fail_on, mail, (rebuild or "").strip(), rehearse=dry_run)
            made_up: list[MadeUp] = []
            with _under_watch(settings, words, dry_run) as (step, ending):
                result, missed = run_caught_up(
                    settings, words, night, wishes, catch_up, say=step, told=made_up.append, begun=begun
                )
                ending.code, ending.summary = result.code, result.summary
        _tell_missed(made_up, missed, words)
        if as_json:
            typer.echo(json.dumps(_plain(result, made_up, missed), ensure_ascii=False))
        elif dry_run:
            typer.echo(_rehearsed(result, words))
        _say_end(result, words)
        raise typer.Exit(int(result.code))


@contextmanager
def _under_watch(settings: Settings, words: Words, dry_run: bool) -> Iterator[tuple[Say, Ending]]:
    """What the steps of a run are told to, which ends it where a signal came; and what becomes of it.

    Of that the watchdog hears, but for a rehearsal.
    """
    from audit.delivery.watch import Ending, watched

    watch = nullcontext(Ending()) if dry_run else watched(settings, words, say_line)
    with watch as ending, progress(words) as say, stopping_between_steps(words) as check:

        def step(key: str, detail: str) -> None:
            check()
            if key:
                say(key, detail)

        yield step, ending


@contextmanager
def _being_read(settings: Settings) -> Iterator[Begun]:
    """The files of the night, which children read while we import what comes after."""
    from audit.intake.nursery import fork_nursery

    fork_nursery()  # it imports the readers while we look for the files
    from audit.intake.begun import being_read
    from audit.intake.store import Store

    with being_read(settings, Store(settings.state), ahead=True) as begun:
        yield begun


@contextmanager
def _importing() -> Iterator[Callable[[], None]]:
    """Do not look for garbage until the result is called, nor ever among what there is by then.

    Nothing that is imported becomes garbage, and looking for it takes a fifth of a small night. What is made
    later is mostly kept as well: there is little to be found, and no hurry.
    """

    def imported() -> None:
        gc.freeze()
        gc.set_threshold(_SELDOM)
        gc.enable()

    usual = gc.get_threshold()
    gc.disable()
    try:
        yield imported
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
        gc.enable()


def _say_end(result: Result, words: Words) -> None:
    told_before = result.replayed and result.code is not ExitCode.DELIVERY  # which is of this very run
    reason = words("reason.replayed", as_of=result.folder.name) if told_before else result.reason
    say_end(words, result.code, reason, result.run_id)


def _tell_missed(made_up: list[MadeUp], missed: Missed, words: Words) -> None:
    for one in made_up:
        say_line(words("cli.made_up", night=one.night, code=int(one.code), reason=one.reason))
    if missed.lost:
        say_line(words("cli.not_made_up", nights=missed.lost))


def _plain(result: Result, made_up: list[MadeUp], missed: Missed) -> dict[str, Any]:
    plain: dict[str, Any] = {"exit_code": int(result.code), "reason": result.reason}
    plain |= {"folder": str(result.folder), "replayed": result.replayed}
    if made_up or missed.lost:
        plain["made_up"] = [
            {"as_of": str(one.night), "exit_code": int(one.code), "reason": one.reason} for one in made_up
        ]
        plain["lost"] = list(map(str, missed.lost))
    return plain


def _rehearsed(result: Result, words: Words) -> str:
    """What a rehearsal found, a line for each rule."""
    if result.replayed:
        return words("rehearsal.replayed", folder=result.folder)
    counts = result.summary["findings"]
    lines = [
        words(
            "rehearsal.line",
            rule=one["rule"],
            severity=words.label("severity", one["severity"]),
            state=words.label("state", one["state"]),
            count=one["count"],
        )
        for one in counts
    ]
    return "\n".join([*lines, words("rehearsal.sum", folder=result.folder)])


def schedule(config: Config = DEFAULT_CONFIG) -> None:
    """Every night."""
    with configured(config, log="schedule") as (settings, words):
        from audit.nightly import run_nightly

        raise typer.Exit(run_nightly(settings, config, say_line, words))


def cron(
    config: Config = DEFAULT_CONFIG,
    systemd: Annotated[bool, typer.Option("--systemd", help=HELP("cli.option_systemd"))] = False,
    kubernetes: Annotated[bool, typer.Option("--kubernetes", help=HELP("cli.option_kubernetes"))] = False,
    to: Annotated[
        Path | None, typer.Option("--to", exists=True, file_okay=False, help=HELP("cli.option_units_to"))
    ] = None,
) -> None:
    """What makes the machine run the nights."""
    if systemd and kubernetes:
        raise typer.BadParameter("--systemd | --kubernetes", param_hint="--systemd")
    if to and not (systemd or kubernetes):
        raise typer.BadParameter("--systemd | --kubernetes", param_hint="--to")
    with configured(config) as (settings, words):
        from audit.unattended import crontab_line, kubernetes_manifest, systemd_units, written

        if not (systemd or kubernetes):
            typer.echo(crontab_line(settings, config, words))
            return
        files = systemd_units(settings, config, words) if systemd else kubernetes_manifest(settings, words)
        if to is None:
            typer.echo("\n".join(files.values()), nl=False)
            return
        for path in written(files, to):
            typer.echo(path)
