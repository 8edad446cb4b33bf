"""What a canonical table is made of: columns, their kinds, the headers vendors give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache

_NOISE = dict.fromkeys(range(0x20)) | dict.fromkeys(
    map(
        ord,
        " \t\r\n\u00a0\u3000\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff*:;,.、。_=-–—/\\'\"`#!()[]{}<>|~【】「」《》〈〉“”‘’↑↓▲▼△▽⇅↕★☆※◆◇■●✱",
    )
)
# characters of traditional Chinese that headers and code words are written with, and the simplified ones
_TRADITIONAL = str.maketrans(
    "丟書雲產會傳體關冊決況凍劃創別辦務區單廠縣參發號啟啓員團國處備復頭實審寶對屬應庫廢開異歸錄録總態護報擇據擬擔換數無時顯暫權條來標"
    "構檢匯滙沒點營狀現電盜盤碼種稱稅筆簽籤簡類緯級約線組細織終經綁結絡絕統績續維編網聯虛裝見計認訓議訊記許論設證識試話詳誤說請課負財"
    "責敗賬帳資過運還進適遺郵鑰銀鋪銷錯鍵長門閃閉問閒閑間險領題額風駁註戶佈採臺製後機個範項頁動並業執內願檔繫係軟複証韌離屆貨質購專驗"
    "壞憑買賣櫃鄉鎮鄰樓覈覆裡週儲徵鏈儀寫訂訪詢診諮豐貼賃輛輸載輔較遞達選違針釋隊隨雙難靜響頒預須頻養館齊齡舖舊補調轉滿減測隱勞債舉麼飛緩純鑑鑒連異歷準竊倉損鎖費術確際場層從眾廳學師當掃掛毀納臉獲規評蹤遷錢",
    "丢书云产会传体关册决况冻划创别办务区单厂县参发号启启员团国处备复头实审宝对属应库废开异归录录总态护报择据拟担换数无时显暂权条来标"
    "构检汇汇没点营状现电盗盘码种称税笔签签简类纬级约线组细织终经绑结络绝统绩续维编网联虚装见计认训议讯记许论设证识试话详误说请课负财"
    "责败账账资过运还进适遗邮钥银铺销错键长门闪闭问闲闲间险领题额风驳注户布采台制后机个范项页动并业执内愿档系系软复证韧离届货质购专验"
    "坏凭买卖柜乡镇邻楼核复里周储征链仪写订访询诊咨丰贴赁辆输载辅较递达选违针释队随双难静响颁预须频养馆齐龄铺旧补调转满减测隐劳债举么飞缓纯鉴鉴连异历准窃仓损锁费术确际场层从众厅学师当扫挂毁纳脸获规评踪迁钱",
)
_FOLDED = _NOISE | _TRADITIONAL
_OPENING = "([{<【（"
# a number before a header (1、 (1) ① 一、 A、), a hint ([必填]), and the table before a column's name (t_device.sn,
# Devices[sn], 终端信息-型号)
_BEFORE = re.compile(
    r"^\s*(?:'?\w[\w ]{0,40}'?\[(?=[^\[\]]+\]\s*$)|[(（]?(?:\d{1,2}|[A-Za-z]|[一二三四五六七八九十]{1,3}|[甲乙丙丁戊己庚辛壬癸])\s*[)）.．、:：]|[①-⑳]|\d{1,2}\s*[_-]?\s*(?=[\u4e00-\u9fff])|[(（\[【<]\s*(?:必填|选填|非必填|必输|必录|可选|required|optional)[^)）\]】>]{0,8}[)）\]】>]"
    r"|[\u4e00-\u9fff]{1,8}(?:信息|资料|情况|数据|表|台账|档案|清单|明细)\s*[-_.:：/>]\s*|[A-Za-z][A-Za-z0-9_]*\.(?=\w))\s*(?=\D)"
)
# of a form that people fill in: 请选择终端状态（单选题）, 您的商户编号是？
_ASKED = re.compile(
    r"\s*(?:请(?:填写|填|输入|录入|选择|选|提供)(?:[您你]|贵[司店])?的?|[您你]的|贵[司店]的?)(.+?)(?:是(?:什么|多少)?|为)?\s*[:：]?"
)


class Kind(StrEnum):
    """How the cells of a column are cleaned, and their type in the canonical table."""

    IDENTIFIER = "identifier"  # text; upper case, no blanks or dashes; zeros kept
    REFERENCE = "reference"  # text that names a thing but is matched as written (batch, store number)
    TEXT = "text"
    CODE = "code"  # one of a closed list of words
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"  # date with an optional time of day, local to the vendor
    NUMBER = "number"
    VERSION = "version"


SEVERAL = "+"  # between the words of a cell that names several, until its row is parted


def made_of(firsts: str, seconds: str) -> str:
    """Names in two parts, each first part before each second one.

    >>> made_of("终端,设备", "SN,序列号")
    '终端SN,终端序列号,设备SN,设备序列号'
    """
    return ",".join(first + second for first in _listed(firsts) for second in _listed(seconds))


def normalise_label(text: str) -> str:
    """A header or a code word without width, case, blanks and punctuation, in simplified characters.

    >>> normalise_label(" 終端　SN*：")
    '终端sn'
    """
    return unicodedata.normalize("NFKC", text).lower().translate(_FOLDED)


_FOOTNOTE = re.compile(r"(?<=[^\W\d])\s*(?:[*＊]\d{1,2}|[¹²³⁴⁵⁶⁷⁸⁹])$")  # the number of a note: 商户号*1


@lru_cache(maxsize=1 << 14)  # the first rows of a sheet are looked up in every table
def header_forms(header: str) -> tuple[str, ...]:
    """The normalised spellings under which a header is looked up: whole, without a bracketed tail, and both of
    these without what stands before the name, or around it where a form asks for it.

    >>> header_forms("设备型号（10）")
    ('设备型号10', '设备型号')
    >>> header_forms("3、设备型号"), header_forms("21号文编号")[0]
    (('3设备型号', '设备型号'), '21号文编号')
    >>> header_forms("Devices[serial_no]")[-1], header_forms("1.请填写您的终端序列号（必填）")[-1]
    ('serialno', '终端序列号')
    """
    forms = []
    header = _FOOTNOTE.sub("", header.rstrip("?？ "))
    bare = _BEFORE.sub("", header)
    asked = _ASKED.fullmatch(bare)
    for text in dict.fromkeys((header, bare, *(asked.groups() if asked else ()))):
        cut = min((at for mark in _OPENING if (at := text.find(mark)) > 0), default=len(text))
        forms += [normalise_label(text), normalise_label(text[:cut])]
    return tuple(dict.fromkeys(form for form in forms if form)) or ("",)


@dataclass(frozen=True)
class CodeList:
    """A closed list of canonical words and the labels that mean them.

    Bare numbers are never labels: "00" is enabled in one system and pending review in another, so they
    are mapped per source, in `[inputs.<feed>.codes]`.
    """

    name: str
    labels: Mapping[str, str]

    @property
    def words(self) -> tuple[str, ...]:
        """The canonical words, in order."""
        return tuple(self.labels)

    @cached_property
    def by_label(self) -> dict[str, str]:
        """Normalised label to canonical word; the canonical word is a label of itself."""
        known = {normalise_label(word): word for word in self.labels}
        for word, labels in self.labels.items():
            # a mark alone, like ●, is a label as it stands
            known.update({normalise_label(label) or label: word for label in labels.split(",")})
        return known


@dataclass(frozen=True)
class Column:
    """One canonical column.

    `headers` are the names that mean this column wherever they stand. `alone` are names that mean
    another column as well: they are taken for this one only when no header of the file claims it.
    """

    name: str
    kind: Kind
    headers: str = ""
    alone: str = ""
    codes: CodeList | None = None
    several: bool = False  # a cell may name several: 微信/支付宝
    by_channel: bool = False  # a cell may say it of each of several channels: 微信:已报备;支付宝:未报备
    personal: bool = False  # identifies a person: masked and keyed-hashed before it is stored
    of_faults: bool = False  # says what went wrong: that no row has any is good news
    is_named: bool = False  # of a number beside which the name of what it numbers may stand
    is_phone: bool = False  # mobile numbers stand in it without marks between their figures
    figures: int = 0  # of a code of so many digits, whose name may stand beside it: 5411-超市

    @property
    def is_anyones(self) -> bool:
        """Whether a cell may hold the name of anybody, who may be called what elsewhere is no value: NULL."""
        return self.kind is Kind.TEXT and (self.name.endswith("_name") or self.name == "contact")

    @cached_property
    def synonyms(self) -> dict[str, int]:
        """Normalised names that map to this column, with their rank: the more exact name comes first."""
        names = map(normalise_label, [self.name, *_listed(self.headers)])
        return {name: rank for rank, name in reversed(list(enumerate(names)))}

    @cached_property
    def fallbacks(self) -> frozenset[str]:
        """Normalised names that map here when nothing else in the file does."""
        return frozenset(map(normalise_label, _listed(self.alone)))


@dataclass(frozen=True)
class Table:
    """A canonical table: the columns of one feed.

    `keys` are the alternative sets of columns one of which a file must have; `required` must be
    recognised as well unless `[inputs.<feed>].required` says otherwise. `wide` names the columns that
    stand for several rows (a registration list with one status column per channel), each with its channel and
    the column of its message, `per_channel` those of a moment or number of one channel, with it and the column of the row. `status` is the
    code column that says in which state the subject of a row is. `subjects` are words for what a row is
    about, `relations` for how others stand to it: names of columns may begin with either.
    """

    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]
    required: tuple[str, ...] = ()
    status: str = ""
    wide: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    per_channel: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by canonical name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def key_parts(self) -> frozenset[str]:
        """Columns of any of the keys."""
        return frozenset(part for key in self.keys for part in key)

    @cached_property
    def by_synonym(self) -> dict[str, str]:
        """Normalised header to canonical name."""
        return {synonym: column.name for column in self.columns for synonym in column.synonyms}


def _listed(names: str) -> Iterable[str]:
    return filter(None, (name.strip() for name in names.split(",")))
