"""Names of columns as databases of banks write them: the sounds of their words, or their first letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice, product

_LETTERS = re.compile(r"[A-Za-z][A-Za-z_\s-]{2,39}")
_MOST = 1_000  # names: of a word made for it there may be a million
_BETWEEN = re.compile(r"[_\s-]+")


def _read(words: str) -> Mapping[str, tuple[str, ...]]:
    pairs = (pair.split("=") for pair in words.split())
    return {sound: tuple(said.split("/")) for sound, said in pairs}


_INITIALS = _read(
    "sh=商户/审核 zd=终端 sb=设备/失败 jj=机具 md=门店 wd=网点 bh=编号 bm=编码 dm=代码 h=号 mc=名称 "
    "xlh=序列号 xh=型号 cj=厂家 cs=厂商/城市 zt=状态 az=安装 zj=装机/最近 bf=布放 bd=绑定 dz=地址 "
    "rq=日期 sj=时间 lx=类型 bb=报备/版本 gj=固件 rj=软件 zh=最后 xt=心跳/系统 zx=在线 jy=交易/经营 "
    "qd=渠道 td=通道 tj=提交 jg=结果/机构 yy=原因 rw=入网 kt=开通 yyzz=营业执照 zz=执照 yxq=有效期 "
    "dqr=到期日 zs=证书 fr=法人 xm=姓名 sfzh=身份证号 lxr=联系人 lxdh=联系电话 dh=电话 sjh=手机号 "
    "tyshxydm=统一社会信用代码 xydm=信用代码 sf=省份 qx=区县 pp=品牌 gys=供应商 dls=代理商 fws=服务商 "
    "sn=SN"
)
_SOUNDS = _read(
    "shanghu=商户 zhongduan=终端 shebei=设备 jiju=机具 mendian=门店 wangdian=网点 bianhao=编号 "
    "bianma=编码 daima=代码 hao=号 haoma=号码 mingcheng=名称 xuliehao=序列号 xinghao=型号 "
    "changjia=厂家 changshang=厂商 zhuangtai=状态 anzhuang=安装 zhuangji=装机 bufang=布放 "
    "bangding=绑定 dizhi=地址 riqi=日期 shijian=时间 leixing=类型 banben=版本 gujian=固件 "
    "ruanjian=软件 xitong=系统 zuihou=最后 zuijin=最近 xintiao=心跳 zaixian=在线 jiaoyi=交易 "
    "jingying=经营 baobei=报备 dengji=登记 shenhe=审核 qudao=渠道 tongdao=通道 tijiao=提交 jieguo=结果 "
    "jigou=机构 shibai=失败 yuanyin=原因 ruwang=入网 kaitong=开通 yingye=营业 zhizhao=执照 "
    "youxiaoqi=有效期 daoqi=到期 zhengshu=证书 faren=法人 xingming=姓名 shenfenzheng=身份证 "
    "lianxiren=联系人 lianxi=联系 dianhua=电话 shouji=手机 tongyi=统一 shehui=社会 xinyong=信用 "
    "shengfen=省份 sheng=省 chengshi=城市 quxian=区县 pinpai=品牌 gongyingshang=供应商 "
    "dailishang=代理商 fuwushang=服务商 sn=SN"
)


@lru_cache(maxsize=4_096)
def in_characters(label: str) -> tuple[str, ...]:
    """The Chinese names that a header may be the sounds of; none of any other header.

    >>> in_characters("SHEBEI_XULIEHAO"), in_characters("AZRQ"), in_characters("Model")
    (('设备序列号',), ('安装日期',), ())
    """
    if not _LETTERS.fullmatch(label):
        return ()
    text = _BETWEEN.sub("", label.lower())
    found = (parts for words in (_SOUNDS, _INITIALS) for parts in _parted(text, words))
    names = ("".join(said) for parts in found for said in product(*parts))
    return tuple(dict.fromkeys(islice(names, _MOST)))


def _parted(text: str, words: Mapping[str, tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    if not text:
        yield []
    for end in range(1, len(text) + 1):
        if said := words.get(text[:end]):
            yield from ([said, *rest] for rest in _parted(text[end:], words))
