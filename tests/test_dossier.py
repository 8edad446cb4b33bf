"""`pos-audit explain --device`: what the last night knew of one device, and what every rule made of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from conftest import DEVICE, MERCHANT, REGISTRATION, Estate, spotless
from program import pos_audit

from audit.config import load_settings
from audit.crosscheck.schema import FACTS, REGISTRATION_SIDE, Subject
from audit.dossier import dossier_of
from audit.dossier.facts import fact_label, is_shown
from audit.errors import NothingToShow
from audit.ledger.database import Database
from audit.words import load_words


def told(estate: Estate, device: str, language: str = "zh") -> dict:
    words = load_words(language)
    return dossier_of(load_settings(estate.config), words, device).to_json(words)


def states(dossier: dict) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in dossier["rules"]:
        found.setdefault(one["rule"], set()).add(one["state"])
    return found


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """A device that failed, one that is spotless, one whose status cannot be read."""
    estate = spotless(tmp_path_factory.mktemp("night"))
    serials = ("SN000001", "SN000002", "SN000003")
    estate.write("devices", [DEVICE | {"serial_no": serial} for serial in serials])
    rows = [REGISTRATION | {"serial": serial} for serial in serials]
    rows[0] |= {"status": "报备失败", "fail_reason": "照片不清晰"}
    rows[2] |= {"status": "谜"}
    estate.write("registrations", [*rows, REGISTRATION | {"serial": "GHOST0001"}])
    estate.run()
    return estate


@pytest.fixture
def own_night(night: Estate, tmp_path: Path) -> Estate:
    """The same, for one test to change."""
    return night.copy(tmp_path / "night")


def test_what_was_found_what_passed_and_what_nobody_could_tell(night: Estate):
    failed = states(told(night, "SN000001"))
    assert failed["REG-04"] == {"flagged"}
    assert failed["REG-06"] == {"passed"}
    assert failed["HB-01"] == {"passed"}
    spotless = states(told(night, "sn000002"))
    assert not [rule for rule, found in spotless.items() if "flagged" in found]
    assert spotless["LIF-02"] == {"not_applicable"}
    assert spotless["AUD-01"] == {"not_enabled"}
    unread = told(night, "SN000003")
    assert states(unread)["REG-01"] == {"unknown"}
    [why] = [one["why"] for one in unread["rules"] if one["rule"] == "REG-04"]
    assert "报备状态" in why


def test_the_sentence_and_the_facts_are_the_reports_own(night: Estate):
    dossier = told(night, "SN000001")
    [why] = [one["why"] for one in dossier["rules"] if one["rule"] == "REG-04"]
    assert why in {finding["detail"] for finding in night.findings()}
    values = {(fact["group"], fact["label"]): fact["value"] for fact in dossier["facts"]}
    assert values["设备台账", "终端序列号"] == "SN000001"
    assert values["报备清单 · 微信", "失败原因"] == "照片不清晰"
    assert values["商户清单", "商户清单中有"] == "是"
    assert not dossier["changed"]


def test_a_person_reads_it_without_knowing_how_it_is_kept(night: Estate):
    words = load_words("zh")
    text = dossier_of(load_settings(night.config), words, "SN000001").to_text(words)
    assert re.search(r"^不适用 \(\d+\)\n  [A-Z]+-\d\d、", text, re.MULTILINE)
    assert re.search(r"\[报备清单 registrations_\d+\.csv:\d+\]", text)
    assert "sn:" not in text


def test_a_registration_without_a_device_has_a_dossier_too(night: Estate):
    assert states(told(night, "GHOST0001"))["REG-08"] == {"flagged"}


def test_personal_values_stay_masked(own_night: Estate):
    person = "11010519491231002X"
    own_night.write("merchants", [MERCHANT | {"legal_person": "王小明", "法人证件号码": person}])
    text = json.dumps(told(own_night, "SN000001"), ensure_ascii=False)
    assert person not in text
    assert "王小明" not in text


def test_files_that_changed_since_the_night_are_said_to_have_changed(own_night: Estate):
    own_night.write("devices", [DEVICE | {"serial_no": "SN000001", "firmware": "1.0.0"}])
    dossier = told(own_night, "SN000001")
    assert dossier["changed"]
    assert states(dossier)["DEV-04"] == {"flagged"}


def test_beside_a_night_under_way_the_last_one_is_told(own_night: Estate):
    """The night has the ledger to itself, and marks it so that a crash is noticed."""
    state = own_night.folder / "state"
    with Database("", state) as ledger, ledger.transaction():
        assert told(own_night, "SN000001")["as_of"] == "2026-11-21"
        assert (state / "ledger.open").exists()


def test_a_device_nobody_knows_and_a_ledger_without_a_night(estate: Estate, night: Estate):
    estate.configure()
    with pytest.raises(NothingToShow) as failure:
        told(estate, "SN000001")
    assert failure.value.key == "no_night_yet"
    with pytest.raises(NothingToShow) as failure:
        told(night, "SN999999")
    assert failure.value.key == "unknown_device"


def test_on_the_command_line(night: Estate):
    def explain(*arguments: str) -> CompletedProcess[str]:
        return pos_audit("explain", "--config", night.config, *arguments)

    shown = explain("--device", "SN000001")
    assert shown.returncode == 0, shown.stderr
    assert "REG-04 报备失败 [微信]：终端 SN000001" in shown.stdout
    assert "REG-04 Registration failed" in explain("--device", "SN000001", "--language", "en").stdout
    assert json.loads(explain("--device", "SN000001", "--json").stdout)["key"] == "SN000001"
    assert explain("--device", "SN999999").returncode == 40
    assert explain("REG-01", "--device", "SN000001").returncode == 2
    assert explain().returncode == 2


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_fact_shown_has_a_name(language: str):
    words = load_words(language)
    told = filter(is_shown, {*FACTS[Subject.DEVICE], *REGISTRATION_SIDE, *FACTS[Subject.REGISTRATION]})
    nameless = {name for name in told if "_" in name and fact_label(name, words) == name}
    assert not nameless
