"""What every peer answers and writes: fourteen rules, twenty columns, one page.

The estate is that of `make_estate`: text cells, known headers, clean dates. A peer may count on that; the
program may not. A rule has one finding per serial, however many rows it stands in. Peers share words and the
page's template, never a check.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import jinja2

AS_OF = date(2026, 11, 21)
MIDNIGHT = datetime.combine(AS_OF, datetime.min.time())
PENDING_BEFORE = MIDNIGHT - timedelta(days=2)
SILENT_BEFORE = MIDNIGHT - timedelta(days=7)
USED = "在用"
WITHDRAWN = "已撤机"
CLOSED = "已注销"
REGISTERED, PENDING, FAILED = "报备成功", "报备中", "报备失败"
PAGE_ROWS = 1_000

# rule: severity, title, owner, what to do
RULES: Mapping[str, tuple[str, str, str, str]] = {
    "REG-01": ("严重", "设备未报备", "收单机构", "补报该设备并核对渠道回执。"),
    "REG-03": ("高", "报备处理超时", "收单机构", "向渠道查询进度，必要时重新提交。"),
    "REG-04": ("严重", "报备失败", "收单机构", "按失败原因更正后重新报备。"),
    "REG-08": ("中", "已报备但台账没有", "供应商", "核实设备去向，补录台账或撤销报备。"),
    "ELE-03": ("高", "商户编号不一致", "收单机构", "核对设备归属，更正台账或报备。"),
    "ELE-06": ("高", "布放地址不一致", "商户", "现场核实地址并更新。"),
    "ELE-09": ("高", "终端号不一致", "收单机构", "核对终端号，更正登记有误的一方。"),
    "LIF-03": ("高", "商户已注销而设备在用", "收单机构", "停用并收回设备。"),
    "LIF-05": ("中", "商户不在清单", "收单机构", "补录商户或更正商户编号。"),
    "MER-04": ("高", "营业执照过期", "商户", "请商户提供有效的营业执照。"),
    "DEV-04": ("高", "固件版本过低", "供应商", "安排升级到最低版本以上。"),
    "HB-01": ("高", "设备失联", "商户", "检查网络与电源，现场核实。"),
    "DUP-01": ("高", "序列号重复", "供应商", "核对实物序列号并更正台账。"),
    "DQ-02": ("中", "编号格式不符", "供应商", "更正编号后重新导出。"),
}
COLUMNS = (
    *("rule", "severity", "title", "serial_no", "terminal_id", "merchant_no", "vendor", "model"),
    *("province", "store_no", "channel", "status", "expected", "actual", "detail", "remedy", "owner"),
    *("due_on", "source_file", "source_row"),
)
HEADERS = (
    *("规则", "等级", "问题", "终端序列号", "终端号", "商户编号", "生产厂商", "终端型号"),
    *("省份", "门店编号", "渠道", "状态", "应为", "实为", "说明", "整改措施", "责任方"),
    *("整改期限", "来源文件", "来源行"),
)
WIDTHS = (9, 8, 20, 20, 12, 18, 14, 12, 10, 12, 8, 10, 18, 20, 40, 40, 12, 12, 26, 9)
COLOURS = {"严重": "#C00000", "高": "#E46C0A", "中": "#BF9000"}
DUE_ON = {"严重": "2026-11-24", "高": "2026-11-26", "中": "2026-12-05"}

DEVICE = {
    "终端序列号": "serial_no",
    "终端型号": "model",
    "生产厂商": "vendor",
    "固件版本": "firmware",
    "商户编号": "merchant_no",
    "门店编号": "store_no",
    "省份": "province",
    "布放地址": "address",
    "终端号": "terminal_id",
    "最近心跳时间": "heartbeat",
    "终端状态": "status",
}
REGISTRATION = {
    "终端序列号": "serial_no",
    "商户编号": "merchant_no",
    "终端号": "terminal_id",
    "布放地址": "address",
    "渠道": "channel",
    "报备状态": "reg_status",
    "提交时间": "submitted_at",
}
MERCHANT = {"商户编号": "merchant_no", "营业执照有效期": "license_expiry", "商户状态": "merchant_status"}
FEEDS = {"devices": DEVICE, "registrations": REGISTRATION, "merchants": MERCHANT}

_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>终端合规检查</title>
<style>body{font-family:sans-serif}
table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:2px 6px}</style>
<h1>终端合规检查 {{ as_of }}</h1><table><tr><th>规则<th>问题<th>数量</tr>
{% for rule, count in counts.items() %}<tr><td>{{ rule }}<td>{{ rules[rule][1] }}<td>{{ count }}</tr>
{% endfor %}</table><table><tr>{% for header in headers %}<th>{{ header }}{% endfor %}</tr>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}{% endfor %}</tr>
{% endfor %}</table></html>"""


def feed_file(folder: Path, feed: str) -> Path:
    """The one file of a feed, whatever its kind."""
    (path,) = folder.glob(f"{feed}_*")
    return path


def minimum_firmware(folder: Path) -> dict[str, str]:
    """The model table."""
    lines = (folder / "models.csv").read_text(encoding="utf-8").splitlines()[1:]
    return {model: minimum for model, minimum, _ in (line.split(",") for line in lines)}


def write_page(path: Path, counts: Mapping[str, int], rows: Iterable[Sequence[object]]) -> None:
    """Counts per rule and the first rows."""
    page = jinja2.Environment(autoescape=True).from_string(_PAGE)
    text = page.render(as_of=AS_OF, counts=counts, rules=RULES, headers=HEADERS, rows=rows)
    path.write_text(text, encoding="utf-8")
