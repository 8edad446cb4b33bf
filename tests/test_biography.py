"""What an auditor asks of one finding: who knew what when."""

from __future__ import annotations

import json
from datetime import date, timedelta

import openpyxl
from conftest import AS_OF, REGISTRATION, Estate

NEXT = AS_OF + timedelta(days=1)
THIRD = AS_OF + timedelta(days=2)


def handed_back(estate: Estate, night: date, **filled: object) -> None:
    """The night's workbook with these columns filled in for the first finding, in the feedback folder."""
    book = openpyxl.load_workbook(estate.folder / "reports" / str(night) / "report.xlsx")
    sheet = book["整改台账"]
    [head] = [row for row in sheet.iter_rows() if row[0].value == "严重程度"]
    for cell in head:
        if cell.value in filled:
            sheet.cell(cell.row + 1, cell.column).value = filled[cell.value]
    folder = estate.folder / "feedback"
    folder.mkdir(exist_ok=True)
    book.save(folder / f"李雷-{night}.xlsx")


def test_all_that_happened_to_a_finding_is_told_in_order(estate: Estate):
    two = [REGISTRATION | {"serial": f"SN00000{n}"} for n in (1, 2)]
    estate.write("registrations", two)
    estate.sections["ledger"] = 'waivers = "waivers.toml"'
    waivers = estate.folder / "waivers.toml"
    waivers.write_text("")
    estate.run()
    [finding] = estate.findings()
    handed_back(estate, AS_OF, 处理状态="整改中", 责任人="韩梅")
    estate.run(NEXT)
    waivers.write_text(
        '[[waiver]]\nrule = "REG-01"\nserial_no = "SN000003"\nreason = "待换机"\napprover = "李总"\n'
        "until = 2026-12-31\n",
        encoding="utf-8",
    )
    estate.run(NEXT)
    estate.write("registrations", [*two, REGISTRATION | {"serial": "SN000003"}])
    estate.run(THIRD)
    code, told = estate.call("history", "--finding", finding["finding_id"])
    assert code == 0
    head, detail, *lines = told.splitlines()
    assert head == f"问题 {finding['finding_id']}：REG-01 设备未报备"
    assert detail == finding["detail"]
    assert [line.partition("（李雷-2026-11-21.xlsx，填写人 ")[0] for line in lines] == [
        "2026-11-21  发现，严重",
        "2026-11-22  填写“处理状态”：（空） → 整改中",
        "2026-11-22  填写“责任人”：（空） → 韩梅",
        "2026-11-22  豁免至 2026-12-31，理由：待换机，审批人：李总",
        "2026-11-23  新数据证实已整改，销号",
    ]
    _, told = estate.call("history", "--finding", finding["finding_id"], "--json")
    plain = json.loads(told)
    assert [one["kind"] for one in plain["happenings"]] == ["opened", "said", "said", "waived", "fixed"]
    assert all(one["source"] for one in plain["happenings"] if one["kind"] == "said")


def test_a_finding_nobody_knows_is_named(estate: Estate):
    estate.run()
    code, told = estate.call("history", "--finding", "0123456789abcdef")
    assert code == 40
    assert "台账里没有问题 0123456789abcdef" in told


def test_what_a_night_had_made_that_was_told_anew_is_marked(estate: Estate):
    estate.write("registrations", [REGISTRATION, REGISTRATION | {"serial": "SN000002"}])
    estate.run()
    [finding] = estate.findings()
    serials = [REGISTRATION | {"serial": f"SN00000{n}"} for n in (1, 2, 3)]
    estate.write("registrations", serials)
    estate.run(NEXT)
    estate.write("registrations", serials[:2])
    estate.run(NEXT)
    _, told = estate.call("history", "--finding", finding["finding_id"])
    assert told.splitlines()[2:] == [
        "2026-11-21  发现，严重",
        "2026-11-22  新数据证实已整改，销号［该晚后来重做，此条已被取代］",
    ]
