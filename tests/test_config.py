"""Settings: defaults, overrides from the environment, and what never leaves them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import time_machine

from audit.config import load_settings
from audit.errors import ConfigError


def settings_of(folder: Path, text: str = ""):
    file = folder / "audit.toml"
    file.write_text(text + '\n[inputs.devices]\nfiles = ["devices.csv"]\n', encoding="utf-8")
    return load_settings(file)


def test_defaults(tmp_path: Path):
    settings = settings_of(tmp_path)
    assert settings.audit.language == "zh"
    assert settings.audit.required_channels == ("wechat",)
    assert settings.state == tmp_path / "state"
    assert settings.output == tmp_path / "reports"
    assert settings.mail is None


def test_the_night_is_today_in_china(tmp_path: Path):
    settings = settings_of(tmp_path)
    with time_machine.travel("2026-11-20T18:30:00Z"):
        assert settings.night() == date(2026, 11, 21)
        yesterday = settings_of(tmp_path, "[audit]\nas_of_offset_days = -1")
        assert yesterday.night() == date(2026, 11, 20)
        assert yesterday.night(date(2026, 1, 1)) == date(2026, 1, 1)


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUDIT_AUDIT_LANGUAGE", "en")
    monkeypatch.setenv("AUDIT_REPORT_OUTPUT", "/srv/out")
    settings = settings_of(tmp_path, '[audit]\nlanguage = "zh"')
    assert settings.audit.language == "en"
    assert settings.output == Path("/srv/out")


def test_a_mistyped_variable_is_an_error_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUDIT_AUDIT_LANGUGE", "en")
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path)
    assert failure.value.facts["near"] == "language"


def test_secrets_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUDIT_MAIL_PASSWORD", "canary-5")
    settings = settings_of(tmp_path, '[mail]\nhost = "h"\nsender = "a@b"\nto = ["c@d"]')
    assert settings.mail is not None
    assert settings.mail.password is not None
    assert "canary-5" not in repr(settings)
    assert "canary-5" not in settings.model_dump_json()


def test_the_digest_changes_with_what_matters_and_with_nothing_else(tmp_path: Path):
    base = settings_of(tmp_path).digest
    assert settings_of(tmp_path, "[rules.REG-03]\ndays = 7").digest != base
    assert settings_of(tmp_path, '[audit]\nlanguage = "en"').digest != base
    assert settings_of(tmp_path, '[audit]\nstate = "/elsewhere"\n[report]\noutput = "/there"').digest == base
    assert settings_of(tmp_path, '[mail]\nhost = "h"\nsender = "a@b"\nto = ["c@d"]').digest == base


@pytest.mark.parametrize(
    "text",
    [
        "[audit]\nrequired_channels = []",
        '[audit]\nrequired_channels = ["any", "wechat"]',
        '[audit]\nrequired_channels = ["wechat", "wechat"]',
        '[audit]\nrequired_channels = ["weixin"]',
        '[schedule]\nat = "25:00"',
        '[mail]\nhost = "h"\nsender = "a@b"\nto = []',
        '[inputs.registrations]\nfiles = ["r"]\n[inputs.registrations.codes.reg_status]\n"00" = "ok"',
        '[inputs.registrations]\nfiles = ["r"]\n[inputs.registrations.codes.serial_no]\n"00" = "ok"',
    ],
)
def test_values_that_make_no_sense_are_refused(tmp_path: Path, text: str):
    with pytest.raises(ConfigError):
        settings_of(tmp_path, text)
