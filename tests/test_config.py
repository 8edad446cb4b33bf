"""Settings: defaults, overrides from the environment, and what never leaves them."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import time_machine

from audit.config import load_settings
from audit.errors import ConfigError
from audit.redaction import redact
from audit.rules.selection import selected_rules
from audit.words import language_in, load_words


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


def test_a_tilde_is_the_home_of_whoever_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    settings = settings_of(
        tmp_path,
        '[audit]\nstate = "~/state"\n[report]\noutput = "~/reports"\n'
        '[inputs.merchants]\nfiles = ["~/m_*.csv"]',
    )
    assert (settings.state, settings.output) == (home / "state", home / "reports")
    assert settings.inputs["merchants"].files == (str(home / "m_*.csv"),)
    with pytest.raises(ConfigError):
        settings_of(tmp_path, '[report]\noutput = "~nobody-of-that-name/reports"')


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
        '[mail]\nhost = "h"\nsender = "a@b"\nto = ["a@x, b@x"]',  # the second would hear of nothing
        '[mail]\nhost = "h"\nsender = "a@b"\nto = ["A <a@x>; B <b@x>"]',
        '[mail]\nhost = "h"\nsender = "a@b"\nto = ["Risk, A <a@x>"]',
        '[inputs.registrations]\nfiles = ["r"]\n[inputs.registrations.codes.reg_status]\n"00" = "ok"',
        '[inputs.registrations]\nfiles = ["r"]\n[inputs.registrations.codes.serial_no]\n"00" = "ok"',
    ],
)
def test_values_that_make_no_sense_are_refused(tmp_path: Path, text: str):
    with pytest.raises(ConfigError):
        settings_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[mial]\nhost = "x"', 1, "没有 mial 这一项。最接近的是：mail"),
        ('[report]\n\nouput = "x"', 3, "没有 report.ouput 这一项。最接近的是：output"),
        ('[routing."星联"]\nvender = "x"', 2, "最接近的是：vendor"),
        ('[mail]\nhost = "h"\nsender = "a@b.c"\nto = "b@c.d"', 4, "mail.to 须为列表"),
        ('[mail]\nhost = "h"\nsender = "a@b.c"\nto = [\n  "b@c.d",\n  "d",\n]', 4, "不能是“d”"),
        ('[mail]\nhost = "h"\nto = ["a@b.c"]', 1, "缺少 mail.sender"),
        ('[schedule]\nat = "2:00"', 2, '如 "02:00"'),
        ('[schedule]\ndays = ["monday"]', 2, "只能是：mon、tue、"),
        ('[log]\nkeep = "9"\nmax_mib = 0', 3, "须大于 0"),
        ("[letter]\ncontact = 5", 2, "须为文字"),
        ('[ledger]\ndue = { critical = "one" }', 2, "ledger.due.critical 须为整数"),
        ('[audit.programme.training]\nlast_done = "去年"', 2, "须为日期"),
        ('mail = "x"', 1, "须为一节"),
        ('[inputs.device]\nfiles = ["x"]', 1, "最接近的是：devices"),
        (
            '[inputs.models]\nfiles = ["x"]\n[inputs.models.columns]\n"机型" = "modell"',
            4,
            "最接近的是：model",
        ),
        ('[routing.x]\nvendor = "a"\nto = "a@b.c"', 3, "没有 [mail]"),
        ('[audit]\nengine = "spark"\n[spark]\nmaster = "spark://a:7077"', 3, "缺少 spark.shared"),
        ("[report]\noutput = “out”", 2, "中文标点"),
        ("[report]\noutput = 3", 2, "须为文字"),
        ("[schedule]\ndays = []", 2, "须为列表"),
        ("[audit]\nas_of_offset_days = -800000", 2, "不得小于 -366"),
        ('[audit]\nengine = "spark"\n[spark]\nmaster = "spark://a"\nshared = "/x"', 4, "spark://host:7077"),
        ('[spark]\nmaster = "local[0]"', 2, "local[2]"),
        ("[duckdb]\nmemory_gib = inf", 2, "须为数字"),
        ("[report.weights]\nhigh = inf", 2, "须为数字"),
        ("[mail]\nhost = 'h'\nsender = 'a@b.c'\nto = ['a@b.c']\nmax_mib = nan", 5, "须为数字"),
        # what is missing is there under a name that nobody knows
        ('[mail]\nhots = "h"\nsender = "a@b.c"\nto = ["a@b.c"]', 2, "最接近的是：host"),
        ('[inputs.merchants]\nfile = ["m.csv"]', 2, "最接近的是：files"),
        ('folder = "/tmp"', 1, "没有 folder 这一项"),
        ('[mail]\nhost = ""\nsender = "a@b.c"\nto = ["a@b.c"]', 2, "mail.host"),
        ('[mail]\nhost = "smtp.x.cn:465"\nsender = "a@b.c"\nto = ["a@b.c"]', 2, "mail.host"),
        ('[mail]\nhost = "h.cn"\nsecurity = "none"\nsender = "a@b.c"\nto = ["a@b.c"]', 1, "localhost"),
        ('[notify]\ntextfile = "audit.txt"', 2, ".prom"),
        ('[routing.星联]\nvendor = "x"', 1, "须加英文引号"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_would_be_right(
    tmp_path: Path, text: str, line: int, said: str
):
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, text)
    sentence = load_words("zh")(f"error.{failure.value.key}", **failure.value.facts)
    assert f"audit.toml:{line} " in sentence or f"at line {line}" in sentence
    assert said in sentence


def test_a_wrong_value_of_the_environment_is_not_put_down_to_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AUDIT_SCHEDULE_AT", "2")
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path)
    assert str(failure.value.facts["file"]).endswith("audit.toml (AUDIT_SCHEDULE_AT)")


def test_what_the_environment_says_beats_the_file_where_it_is_wrong_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AUDIT_SCHEDULE_AT", "2")
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, '[schedule]\nat = "03:00"')
    assert str(failure.value.facts["file"]).endswith("audit.toml (AUDIT_SCHEDULE_AT)")


def test_a_list_in_the_environment_is_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUDIT_AUDIT_REQUIRED_CHANNELS", '["alipay"]')
    assert settings_of(tmp_path).audit.required_channels == ("alipay",)
    monkeypatch.setenv("AUDIT_AUDIT_REQUIRED_CHANNELS", "alipay")
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path)
    told = load_words("zh")(f"error.{failure.value.key}", **failure.value.facts)
    assert "AUDIT_AUDIT_REQUIRED_CHANNELS" in told
    assert "JSON" in told


def test_where_the_file_lies_is_not_for_the_environment_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AUDIT_FOLDER", "/srv")
    monkeypatch.setenv("AUDIT_FILE", "other.toml")
    settings = settings_of(tmp_path)
    assert (settings.folder, settings.file) == (tmp_path, "audit.toml")


def test_a_night_of_another_century_is_no_audit_date(tmp_path: Path):
    for wrong in (date(1, 1, 1), date(3000, 1, 1)):
        with pytest.raises(ConfigError, match="night_beyond"):
            settings_of(tmp_path).night(wrong)
    assert settings_of(tmp_path).night(date(1970, 1, 2)) == date(1970, 1, 2), "a clock that was set back"


# what our own validators refuse; each has a sentence of its own
_UNFIT = [
    ('[mail]\nhost = "h"\nsender = "a b@c"\nto = ["a@b"]', "mail.sender", 3),
    ('[mail]\nhost = "smtp://h:25"\nsender = "a@b"\nto = ["a@b"]', "mail.host", 2),
    ('[mail]\nhost = "h"\nsecurity = "none"\nsender = "a@b"\nto = ["a@b"]', "mail", 1),
    ('[notify]\ntextfile = "audit.txt"', "notify.textfile", 2),
    ('[audit]\ntimezone = "Asia/Peking"', "audit.timezone", 2),
    ('[audit]\nrequired_channels = ["weixin"]', "audit.required_channels.0", 2),
    ('[audit]\nrequired_channels = ["any", "wechat"]', "audit.required_channels", 2),
    ('[audit]\nstate = "~nobody-of-that-name/x"', "audit.state", 2),
    ('[audit.profile]\nmerchant = ["merchant_nam"]', "audit.profile.merchant", 2),
    ('[audit.profile.device]\nPOS = ["serial_no"]', "audit.profile.device", 1),
    ("[audit.programme.trainings]\nwithin_days = 1", "audit.programme.trainings", 1),
    ("[ledger]\nescalate = [7, 3]", "ledger.escalate", 2),
    ('[privacy]\nunmask = ["serial_no"]', "privacy.unmask", 2),
    ('[routing.x]\nvendor = [" "]', "routing.x.vendor", 2),
    ('[routing.x]\nchannel = "weixin"', "routing.x.channel", 2),
    ('[routing.x]\nto = ["a@b"]', "routing.x", 1),
    ('[routing]\nvendor = "a"', "routing", 1),
    ('[routing." "]\nvendor = "a"', "routing", None),
    ('[spark]\nmaster = "http://h"', "spark.master", 2),
    ('[spark.conf]\n"spark.master" = "x"', "spark.conf", 1),
]


@pytest.mark.parametrize(("text", "key", "line"), _UNFIT)
def test_a_wrong_value_is_told_in_the_language_of_the_house(
    tmp_path: Path, text: str, key: str, line: int | None
):
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, text)
    assert failure.value.facts["key"] == key
    assert failure.value.key != "config_value", "one sentence for whatever else pydantic may say"
    zh, en = (failure.value.told(load_words(language)) for language in ("zh", "en"))
    assert f"audit.toml{f':{line}' if line else ''} " in zh
    assert key in zh
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", zh), "English in a Chinese sentence"
    assert not re.search(r"[\u4e00-\u9fff]", en), "Chinese in an English one"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[rules]\nselect = ["REK"]', 2, "REK"),
        ('[rules]\n\ndisable = ["RES-99"]', 3, "RES-99"),
        ('[rules]\nselct = ["REG"]', 2, "最接近的是：select"),
        ("[rules.REG-3]\ndays = 2", 1, "REG-03"),
        ("[rules.REG-03]\n\ndays = -2", 3, "0 到 100000"),
        ("[rules.REG-03]\nday = 2", 2, "days"),
        ('[rules.REG-03]\ndays = 2\nseverity = "grave"', 3, "critical"),
    ],
)
def test_what_is_wrong_of_the_rules_is_said_with_its_line(tmp_path: Path, text: str, line: int, said: str):
    settings = settings_of(tmp_path, text)
    with pytest.raises(ConfigError) as failure:
        selected_rules(settings.rules, settings.folder / settings.file)
    told = load_words("zh")(f"error.{failure.value.key}", **failure.value.facts)
    assert f"audit.toml:{line} " in told
    assert said in told


def test_a_file_in_another_encoding_is_no_bug(tmp_path: Path):
    (tmp_path / "audit.toml").write_bytes('[audit]\nname = "示例支付"\nlanguage = "zh"\n'.encode("gbk"))
    with pytest.raises(ConfigError) as failure:
        load_settings(tmp_path / "audit.toml")
    assert failure.value.key == "config_not_utf8"
    assert language_in(tmp_path / "audit.toml") == "zh", "the sentence comes in the language of the house"


SPARK = '[audit]\nengine = "spark"\n[spark]\n'


def test_a_cluster_is_configured_in_full_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for text, key in (('[audit]\nengine = "spark"', "master"), (f'{SPARK}master = "yarn"', "shared")):
        with pytest.raises(ConfigError) as failure:
            settings_of(tmp_path, text)
        assert failure.value.facts["key"] == f"spark.{key}"
    assert settings_of(tmp_path, f'{SPARK}master = "local[2]"').spark_shared == str(tmp_path / "state/spark")
    away = settings_of(tmp_path, f'{SPARK}master = "sc://h:15002"\nshared = "hdfs://n/audit"')
    assert away.spark_shared == "hdfs://n/audit"
    monkeypatch.setenv("AUDIT_SPARK_MASTER", "spark://a:7077,b:7077")
    there = settings_of(tmp_path, f'{SPARK}shared = "../shared"')
    assert there.spark.master == "spark://a:7077,b:7077"
    assert there.spark_shared == str(tmp_path.parent / "shared")


@pytest.mark.parametrize(
    "body",
    [
        'master = "http://host"',
        'master = "local[2]"\nconf = { "executor.memory" = "1g" }',
        'master = "local[2]"\nconf = { "spark.sql.session.timeZone" = "Asia/Shanghai" }',
        'master = "local[2]"\nconf = { "spark.cores.max" = [] }',
    ],
)
def test_what_spark_would_not_take_is_refused(body: str, tmp_path: Path):
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, SPARK + body)
    assert failure.value.key.startswith("config_value")
    assert str(failure.value.facts["key"]).startswith("spark.")


def test_where_a_night_is_reckoned_does_not_make_it_another_night(tmp_path: Path):
    here = settings_of(tmp_path, f'{SPARK}master = "local[2]"')
    there = settings_of(tmp_path, f'{SPARK}master = "local[4]"\nconf = {{ "spark.cores.max" = 4 }}')
    assert here.digest == there.digest
    assert there.spark.plain_conf == {"spark.cores.max": "4"}


@pytest.mark.parametrize(
    "url", ["postgresql://audit:canary-8@db/audit", "postgresql://db/audit?password=canary-8"]
)
def test_the_password_of_a_database_is_a_secret_like_others(url: str, tmp_path: Path):
    text = f'[ledger]\nurl = "{url}"\n'
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, text)
    assert (failure.value.key, failure.value.facts["key"]) == ("config_secret_open", "ledger.url")
    assert "canary-8" not in str(failure.value)
    (tmp_path / "audit.toml").chmod(0o600)
    settings = load_settings(tmp_path / "audit.toml")
    assert settings.ledger.url == url
    assert "canary-8" not in repr(settings) + str(settings.ledger)
    assert settings_of(tmp_path, text.replace("canary-8", "").replace(":@", "@").replace("?password=", ""))


def test_secrets_of_a_cluster_do_not_show(tmp_path: Path):
    text = f'{SPARK}master = "local[2]"\nconf = {{ "spark.authenticate.secret" = "canary-6" }}'
    with pytest.raises(ConfigError) as failure:
        settings_of(tmp_path, text)
    assert failure.value.key == "config_secret_open"
    (tmp_path / "audit.toml").chmod(0o600)
    settings = load_settings(tmp_path / "audit.toml")
    assert settings.spark.plain_conf == {"spark.authenticate.secret": "canary-6"}
    assert "canary-6" not in repr(settings) + settings.model_dump_json()


def test_a_secret_in_a_file_is_its_owners_alone_or_systemds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    mail = '[mail]\nhost = "h"\nsender = "a@b"\nto = ["c@d"]'
    held = tmp_path / "credentials" / "mail-password"
    held.parent.mkdir()
    held.write_text("canary-7\n")
    held.chmod(0o440)  # systemd lets the service's user in by an access list
    monkeypatch.setenv("AUDIT_MAIL_PASSWORD_FILE", str(held))
    settings = settings_of(tmp_path, mail)
    with pytest.raises(ConfigError) as failure:
        _ = settings.mail_password
    assert failure.value.key == "secret_open"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(held.parent))
    assert settings.mail_password == "canary-7"
    assert redact("535 canary-7 is wrong") == "535 *** is wrong"
