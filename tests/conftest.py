"""What the tests share: engines, small estates as a user would lay them out, golden files."""

from __future__ import annotations

import csv
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import hypothesis
import mta
import pyarrow.parquet as pq
import pytest
import sparks
from browser import Browser
from postgres import fresh_database, running_server, server_programs
from typer.testing import CliRunner

from audit.cli import app
from audit.config import load_settings
from audit.engines import DuckDBEngine, Engine, PandasEngine, SparkEngine
from audit.handback import HandBack, hand_back
from audit.ledger.database import Database
from audit.night import Result, Say, Wishes
from audit.pipeline import run_audit
from audit.report.model import Report
from audit.words import load_words

# short in CI; .ci/long runs the long form
hypothesis.settings.register_profile(
    "default", max_examples=12, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# while writing: the first failure as it comes, without minutes of making it smaller
hypothesis.settings.register_profile(
    "quick", hypothesis.settings.get_profile("default"), phases=[hypothesis.Phase.generate]
)
hypothesis.settings.register_profile("long", hypothesis.settings.get_profile("default"), max_examples=400)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

AS_OF = date(2026, 11, 21)
GOLDEN = Path(__file__).parent / "golden"

DEVICE = {
    "serial_no": "SN000001",
    "merchant_no": "898100000000001",
    "model": "X1",
    "vendor": "星联",
    "firmware": "3.2.0",
    "install_date": "2025-01-15",
    "last_heartbeat": "2026-11-21 03:00:00",
    "cert_expiry": "2029-01-01",
    "status": "在用",
}
MERCHANT = {
    "merchant_no": "898100000000001",
    "merchant_name": "晨光小店",
    "uscc": "91350100M000100Y43",
    "licence_expiry": "长期",
    "status": "正常",
}
REGISTRATION = {
    "serial": "SN000001",
    "merchant_no": "898100000000001",
    "channel": "微信",
    "status": "报备成功",
    "submitted_at": "2025-01-16 10:00:00",
    "decided_at": "2025-01-17",
    "fail_reason": "",
}
MODEL = {"model": "X1", "min_firmware": "3.2.0", "eol_on": "2030-01-01"}


# files of many seconds, which go first: whichever came last would keep one core busy alone
LONG = (
    *("spark", "parity", "guides", "night", "killed", "measures", "hardship", "delivery", "cycle", "nightly"),
    *("cli", "alone", "dossier", "catchup", "lock", "init", "known_faults"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files go first. A test that lacks its program is skipped on a desk, and fails in CI."""
    order = {f"test_{name}.py": place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(LONG)))
    found = {
        "libreoffice": ("soffice", shutil.which("soffice")),
        "chromium": ("chromium", shutil.which("chromium")),
        "postgres": ("postgresql", server_programs()),
        "mta": ("exim4 (and being root)", mta.server_program()),
        "spark": ("pyspark or Java", sparks.usable()),
    }
    for item in items:
        for mark, (program, path) in found.items():
            if item.get_closest_marker(mark) and not path:
                reason = f"{program} is not installed; .ci/run installs it"
                if os.environ.get("CI"):
                    item.add_marker(pytest.mark.xfail(reason=reason, run=False, strict=True))
                else:
                    item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running server."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_ledger(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with an empty ledger, to be copied: to migrate one each time takes long."""
    with fresh_database(postgres_server, "empty_ledger") as url:
        Database(url, tmp_path_factory.mktemp("empty_ledger")).close()
        yield "empty_ledger"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole run."""
    with Browser() as started:
        yield started


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty ledger."""
    with ExitStack() as stack:
        url = ""
        if request.param == "postgres":
            server, empty = map(request.getfixturevalue, ("postgres_server", "postgres_ledger"))
            url = stack.enter_context(fresh_database(server, "ledger", empty))
        made = Database(url, tmp_path / "state")
        stack.callback(made.close)
        yield made


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One session for the whole run: to start one takes longer than most tests."""
    folder = tmp_path_factory.mktemp("spark")
    with SparkEngine("local[2]", str(folder / "shared"), folder, sparks.CONF) as engine:
        yield engine


@pytest.fixture(params=["pandas", "duckdb"])
def swift_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine that answers at once, for what is asked of every single rule."""
    with PandasEngine() if request.param == "pandas" else DuckDBEngine() as engine:
        yield engine


@pytest.fixture(params=["pandas", "duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "spark":
        yield request.getfixturevalue("spark")
        return
    with PandasEngine() if request.param == "pandas" else DuckDBEngine() as engine:
        yield engine


@dataclass
class Estate:
    """A folder with an audit.toml and CSV inputs, as a user would have it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)

    def write(self, feed: str, rows: Sequence[Mapping[str, Any]], name: str | None = None) -> Path:
        path = self.folder / (name or f"{feed}_20261121.csv")
        names = list(dict.fromkeys(key for row in rows for key in row))
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, names)
            writer.writeheader()
            writer.writerows(rows)
        written = time.time() - 60  # long enough ago that nobody waits for the writer to finish
        os.utime(path, (written, written))
        self.sections.setdefault(f"inputs.{feed}", f'files = ["{path.name}"]\nmax_age_days = 5')
        return path

    @property
    def config(self) -> Path:
        return self.folder / "audit.toml"

    def configure(self) -> Path:
        lines = ["[audit]", *(f"{key} = {value}" for key, value in self.settings.items())]
        for name, body in self.sections.items():
            lines += [f"[{name}]", body]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.config

    def copy(self, folder: Path) -> Estate:
        """The same with all that was made of it, to go on with elsewhere."""
        shutil.copytree(self.folder, folder)
        return Estate(folder, dict(self.settings), dict(self.sections))

    def run(self, as_of: date = AS_OF, *, say: Say = lambda *_: None, **options: Any) -> Result:
        settings = load_settings(self.configure())
        return run_audit(settings, load_words(settings.audit.language), as_of, Wishes(**options), say=say)

    def call(self, *words: str) -> tuple[int, str]:
        """A command on this estate: its exit code, and what it said."""
        result = CliRunner().invoke(app, [*words, "--config", str(self.configure())])
        return result.exit_code, result.output

    def hand_back(self, *copies: Path, dry_run: bool = False) -> HandBack:
        """Workbooks that people filled in, into the ledger."""
        settings = load_settings(self.configure())
        return hand_back(settings, load_words(settings.audit.language), copies, dry_run=dry_run)

    def findings(self, as_of: date = AS_OF) -> list[dict[str, Any]]:
        path = self.folder / "reports" / as_of.isoformat() / "findings.parquet"
        return pq.read_table(path).to_pylist()

    def flagged(self, as_of: date = AS_OF) -> list[tuple[str, str, str]]:
        """(rule, key, state) of every finding; the key is the serial, else the merchant."""
        rows = self.findings(as_of)
        return sorted(
            (row["rule"], str(row["serial_no"] or row["merchant_no"] or row["source_file"]), row["state"])
            for row in rows
        )


def spotless(folder: Path) -> Estate:
    """Three spotless devices of one merchant, registered in WeChat."""
    made = Estate(folder, {"required_channels": '["wechat"]'})
    serials = [f"SN{number:06}" for number in range(1, 4)]
    made.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    made.write("merchants", [MERCHANT])
    made.write("registrations", [REGISTRATION | {"serial": serial} for serial in serials])
    made.write("models", [MODEL])
    return made


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """Three spotless devices, for one test."""
    return spotless(tmp_path)


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """A night with findings of several rules and owners, told in both languages."""
    told: dict[str, Report] = {}
    for language in ("zh", "en"):
        estate = Estate(
            tmp_path_factory.mktemp(language), {"language": f'"{language}"', "name": '"示例支付"'}
        )
        serials = [f"SN{number:06}" for number in range(1, 9)]
        estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
        refused = {"serial": "SN000002", "status": "报备失败", "fail_reason": "资料不符"}
        estate.write("registrations", [REGISTRATION, REGISTRATION | refused])
        estate.write("merchants", [MERCHANT | {"licence_expiry": "2024-02-29"}])
        estate.write("models", [MODEL])

        def keep(report: Report, *rest: object, language: str = language) -> bytes:
            told[language] = report
            return b"-"

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("audit.report.rendering.render_page", keep)
            estate.run()
    return told


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name; a missing golden file is a failure."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing; run pytest --update-golden and read what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare
