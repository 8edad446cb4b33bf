"""Columns that should never travel in a spreadsheet: keys of terminals, passwords, card data.

Their values are never read; that they are there is a finding. One bank's device table was seen with its
terminals' working keys beside the serial numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from audit.tables import normalise_label

_SECRET = re.compile(
    r"密钥|口令|密码(?!键盘|器)|(?<![a-z])(?:tmk|tpk|tak|trk|tdk|zmk|zpk|zak|lmk|kek|bdk|ipek|kcv|cv[vnc]2?|pwd)(?![a-z])"
    r"|(?:tmk|tpk|tak|trk|zmk|zpk|zak|kcv)(?=lmk|zmk|kcv|cv|value)|(?:sign|master|work|working|session|encrypt|encryption|transport|api|mac|pin|aes|des|rsa|sm[24])key(?!type|id|idx|index|ver)"
    r"|password|passwd|secret|privatekey|私钥|激活编?码|磁道|track[123](?:data|equivalentdata|$)"
    r"|银行卡号|(?<!sim)(?<!iccid)(?<!物联网)(?<!流量)(?<!芯片)(?<!电话)(?<!手机)(?<!会员)卡号$|^cardno$|cardnumber|主账号|^pan$|pinblock|^pin码?$|^key$"
)


def sensitive(headers: Iterable[str]) -> tuple[str, ...]:
    """The headers that announce key material or card data, as they stand in the file."""
    return tuple(header for header in headers if _SECRET.search(normalise_label(header)))
