"""The ledger on a server, as an operator has it: what is refused before a night, and what is never told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from conftest import AS_OF, DEVICE, MERCHANT, REGISTRATION, Estate
from postgres import fresh_database
from program import pos_audit

from audit.config import secrets_of_url
from audit.errors import ConfigError, ExitCode
from audit.ledger import server
from audit.redaction import redact

NEXT = AS_OF + timedelta(days=1)
AWAY = "127.0.0.1:9/audit"


@pytest.fixture
def small(estate: Estate) -> Estate:
    estate.write("devices", [DEVICE, DEVICE | {"serial_no": "SN000002"}])
    estate.write("merchants", [MERCHANT])
    estate.write("registrations", [REGISTRATION])
    estate.configure()
    return estate


@pytest.fixture
def url(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server, "operated") as found:
        yield found


def sql(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize(
    "written",
    [
        f"postgresql+psycopg://audit:geheim9@{AWAY}",
        f"postgresql+psycopg://audit:geh%40eim9@{AWAY}",
        f"postgresql+psycopg://audit:geh@eim9@{AWAY}",
        f"postgresql+psycopg://audit:ge@h:eim9@{AWAY}",
        f"postgresql+psycopg://audit:geh[eim9@{AWAY}",
        f"postgresql+psycopg://audit:geh/eim9?x#y@{AWAY}",
        f"postgresql+psycopg://audit@{AWAY}?password=geheim9",
        f"postgresql+psycopg://audit@{AWAY}?sslmode=disable&sslpassword=geheim9",
        f"postgres://audit:geheim9@{AWAY}",
        "postgresql+psycopg://audit:geheim9@127.0.0.1:port/audit",
        "host=127.0.0.1 password=geheim9",
    ],
)
def test_a_password_is_never_told_however_it_is_written(
    small: Estate, monkeypatch: pytest.MonkeyPatch, written: str
):
    monkeypatch.setenv("AUDIT_LEDGER_URL", written)
    for command in ("run", "status", "doctor"):
        ended = pos_audit(command, "--config", small.config)
        assert ended.returncode in (ExitCode.CONFIG, ExitCode.CANNOT_WRITE), ended.stderr
        assert "eim9" not in ended.stdout + ended.stderr
    log = small.folder / "state/log/audit.jsonl"
    assert not log.exists() or "eim9" not in log.read_text("utf-8")


def test_a_url_that_cannot_be_read_says_how_signs_are_written(small: Estate):
    small.sections["ledger"] = f'url = "postgresql+psycopg://audit:ge@h:eim9@{AWAY}"'
    small.configure().chmod(0o600)
    ended = pos_audit("status", "--config", small.config)
    assert ended.returncode == ExitCode.CONFIG
    assert "%40" in ended.stderr


@pytest.mark.parametrize("written", ["audit:geheim9@db/audit", "audit@db/audit?password=geheim9"])
def test_a_password_of_the_ledger_in_a_file_others_can_read_is_refused(small: Estate, written: str):
    small.sections["ledger"] = f'url = "postgresql+psycopg://{written}"'
    small.configure().chmod(0o644)
    ended = pos_audit("status", "--config", small.config)
    assert ended.returncode == ExitCode.CONFIG
    assert "ledger.url" in ended.stderr
    assert "AUDIT_LEDGER_URL" in ended.stderr
    assert "geheim9" not in ended.stderr


def test_what_is_shown_of_a_url_still_names_the_place():
    shown = server.shown("postgresql+psycopg://audit@db/audit?password=ab&options=-csearch_path%3Done")
    assert "ab" not in shown.replace("db", "")
    assert "search_path" in shown
    with pytest.raises(ConfigError):
        server.connected("postgresql+psycopg://audit:a@b@db/audit")
    assert redact(shown) == shown


@pytest.mark.postgres
def test_what_is_set_for_a_terminal_or_a_database_changes_no_night(
    small: Estate, url: str, monkeypatch: pytest.MonkeyPatch
):
    small.sections["ledger"] = f'url = "{url}"'
    plain = small.run()
    sql(
        url,
        "ALTER DATABASE operated SET datestyle = 'SQL, DMY'",
        "ALTER DATABASE operated SET bytea_output = 'escape'",
        "ALTER DATABASE operated SET timezone = 'America/New_York'",
    )
    monkeypatch.setenv("PGCLIENTENCODING", "GBK")
    monkeypatch.setenv("PGDATESTYLE", "German")
    ended = pos_audit("run", "--config", small.config, "--as-of", NEXT)
    assert ended.returncode == plain.code, ended.stderr
    second = (small.folder / f"reports/{NEXT}/findings.csv").read_text("utf-8-sig")
    assert f'"open",{AS_OF},{NEXT}' in second
    told = pos_audit("history", "--config", small.config)
    assert told.returncode == 0, told.stderr
    assert str(NEXT) in told.stdout


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["ALTER DATABASE operated SET default_transaction_read_only = on"], "read-only"),
        (["REVOKE TEMPORARY ON DATABASE operated FROM PUBLIC"], "temporary"),
        (["REVOKE INSERT ON ALL TABLES IN SCHEMA own FROM lean"], "no GRANT INSERT ON"),
        (["DROP SCHEMA own CASCADE", "CREATE SCHEMA own", "GRANT USAGE ON SCHEMA own TO lean"], "schema own"),
    ],
)
def test_a_server_that_would_take_no_night_is_told_of_by_the_doctor_and_before_the_night(
    small: Estate, url: str, statements: list[str], said: str
):
    sql(
        url,
        "DROP ROLE IF EXISTS lean",
        "CREATE ROLE lean LOGIN",
        "CREATE SCHEMA own AUTHORIZATION lean",
        "ALTER ROLE lean SET search_path = own",
    )
    small.sections["ledger"] = f'url = "{url.replace("audit@", "lean@")}"'
    small.run()
    assert "正常" in pos_audit("doctor", "--config", small.config).stdout
    sql(url, *statements)
    doctor = pos_audit("doctor", "--config", small.config)
    assert doctor.returncode == ExitCode.CANNOT_WRITE
    assert said in doctor.stdout
    ended = pos_audit("run", "--config", small.config, "--as-of", NEXT)
    assert ended.returncode == ExitCode.CANNOT_WRITE
    assert said in ended.stderr
    assert not (small.folder / "reports" / str(NEXT)).exists()
    sql(url, "SET default_transaction_read_only = off", "DROP SCHEMA own CASCADE", "DROP ROLE lean")


@pytest.mark.postgres
def test_a_database_that_cannot_hold_chinese_names_is_refused_and_no_bug(small: Estate, postgres_server: str):
    address = postgres_server + "/postgres"
    sql(address, "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    try:
        small.sections["ledger"] = f'url = "{postgres_server}/latin"'
        ended = pos_audit("run", "--config", small.configure())
        assert ended.returncode == ExitCode.CANNOT_WRITE
        assert "LATIN1" in ended.stderr
    finally:
        sql(address, "DROP DATABASE latin WITH (FORCE)")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("parameters", "said"), [("options=-csearch_path%3Dnowhere", "schema"), ("optons=x", "optons")]
)
def test_a_url_with_a_wrong_parameter_is_no_damaged_ledger(
    small: Estate, url: str, parameters: str, said: str
):
    small.sections["ledger"] = f'url = "{url}?{parameters}"'
    ended = pos_audit("run", "--config", small.configure())
    assert ended.returncode == ExitCode.CANNOT_WRITE
    assert said in ended.stderr
    assert "无法使用" in ended.stderr
    assert "损坏" not in ended.stderr, "nobody is to bring back a backup for it"


@pytest.mark.postgres
def test_another_estate_writes_into_no_ledger_that_is_not_its_own(
    small: Estate, url: str, tmp_path_factory: pytest.TempPathFactory
):
    small.sections["ledger"] = f'url = "{url}"'
    small.run()
    other = Estate(tmp_path_factory.mktemp("other"), dict(small.settings) | {"name": '"别家"'})
    other.write("devices", [DEVICE | {"serial_no": "OTHER001", "merchant_no": "898100000000009"}])
    other.write("merchants", [MERCHANT | {"merchant_no": "898100000000009"}])
    other.write("registrations", [REGISTRATION | {"serial": "OTHER001"}])
    other.sections["ledger"] = small.sections["ledger"]
    other.configure()
    for command in (("run", "--as-of", NEXT), ("prune",), ("doctor",)):
        ended = pos_audit(*command, "--config", other.config)
        assert ended.returncode == ExitCode.CANNOT_WRITE, (command, ended.stderr)
        assert "schema" in ended.stdout + ended.stderr
    assert not list((other.folder / "reports").glob("*"))
    ours = small.run(NEXT)
    assert ours.code is ExitCode.DONE
    assert "OTHER001" not in (ours.folder / "findings.csv").read_text("utf-8-sig")


@pytest.mark.postgres
def test_a_state_folder_that_was_lost_is_told_of_and_may_be_begun_anew_with_a_reason(small: Estate, url: str):
    small.sections["ledger"] = f'url = "{url}"'
    small.run()
    backup = small.folder / "kept.tar.gz"
    assert pos_audit("backup", backup, "--config", small.config).returncode == 0
    shutil.rmtree(small.folder / "state")
    lost = pos_audit("run", "--config", small.config, "--as-of", NEXT)
    assert lost.returncode == ExitCode.CANNOT_WRITE
    assert "restore" in lost.stderr
    shutil.rmtree(small.folder / "state")
    assert pos_audit("restore", backup, "--config", small.config).returncode == 0
    assert small.run(NEXT).code is ExitCode.DONE
    shutil.rmtree(small.folder / "state")
    after = NEXT + timedelta(days=1)
    night = ("run", "--config", small.config, "--as-of", after)
    assert pos_audit(*night).returncode == ExitCode.CANNOT_WRITE
    anew = pos_audit(*night, "--rebuild", "状态目录丢失，没有备份")
    assert anew.returncode == 0, anew.stderr
    assert pos_audit(*night).returncode == 0, "the next ones need no reason"
    told = pos_audit("diff", "--config", small.config)
    assert told.returncode == 0, "whose key it was is nothing that nights are compared by"


@pytest.mark.postgres
def test_estates_have_schemas_of_their_own_in_one_database(
    small: Estate, url: str, tmp_path_factory: pytest.TempPathFactory
):
    sql(url, "CREATE SCHEMA one", "CREATE SCHEMA two")
    other = Estate(tmp_path_factory.mktemp("other"), dict(small.settings))
    other.write("devices", [DEVICE | {"serial_no": "OTHER001"}])
    other.write("merchants", [MERCHANT])
    other.write("registrations", [REGISTRATION | {"serial": "OTHER001"}])
    for estate, schema in ((small, "one"), (other, "two")):
        estate.sections["ledger"] = f'url = "{url}?options=-csearch_path%3D{schema}"'
        assert estate.run().code is ExitCode.DONE
    second = small.run(NEXT)
    assert "OTHER001" not in (second.folder / "findings.csv").read_text("utf-8-sig")


def test_a_password_is_known_as_such_whatever_a_parameter_has_in_it():
    assert "geheim9" in secrets_of_url(
        f"postgresql+psycopg://audit:geheim9@{AWAY}?application_name=night@home"
    )
