"""DEV: the software a device runs."""

from __future__ import annotations

import narwhals.stable.v2 as nw

from audit.crosscheck.schema import Subject
from audit.rules.model import Case, Category, Example, Owner, Rule, Severity, Texts, unread

_NO_FIRMWARE = nw.col("firmware_key").is_null() | nw.col("model_min_firmware_key").is_null()
_NO_APP_VERSION = nw.col("app_version_key").is_null() | nw.col("model_min_app_version_key").is_null()


_FIRMWARE = ("firmware_key", "model_min_firmware_key")
_APP_VERSION = ("app_version_key", "model_min_app_version_key")


def _below(version: str, least: str) -> nw.Expr:
    """Whether a version is below another, whenever it was built; its key may end with the day: "…+20240101"."""
    return nw.concat_str([nw.col(version), nw.lit("+99999999")]) < nw.col(least)


def _of_unknown_build(version: str, least: str) -> nw.Expr:
    return (nw.col(version) < nw.col(least)).fill_null(False)


_SURELY_BELOW = _below(*_FIRMWARE).fill_null(False) | _below(*_APP_VERSION).fill_null(False)

DEV_04 = Rule(
    id="DEV-04",
    subject=Subject.DEVICE,
    category=Category.EXPIRED,
    requires=("devices.model", "models.model"),
    one_of=(
        ("devices.firmware", "models.min_firmware"),
        ("devices.app_version", "models.min_app_version"),
    ),
    applies=nw.col("in_scope") & nw.col("model_listed"),
    unsure=(_NO_FIRMWARE & _NO_APP_VERSION)
    | ((_of_unknown_build(*_FIRMWARE) | _of_unknown_build(*_APP_VERSION)) & ~_SURELY_BELOW)
    | unread("firmware")
    | unread("min_firmware", "models_rejected"),
    cases=(
        Case(
            _below(*_FIRMWARE),
            Severity.HIGH,
            Texts(
                "终端 {serial_no}（{model}）固件版本 {firmware} 低于最低要求 {model_min_firmware}。",
                "Terminal {serial_no} ({model}) runs firmware {firmware}, below the minimum {model_min_firmware}.",
            ),
        ),
        Case(
            _below(*_APP_VERSION),
            Severity.HIGH,
            Texts(
                "终端 {serial_no}（{model}）应用版本 {app_version} 低于最低要求 {model_min_app_version}。",
                "Terminal {serial_no} ({model}) runs application {app_version}, below the minimum {model_min_app_version}.",
            ),
        ),
    ),
    cause="6.2",
    owner=Owner.VENDOR,
    title=Texts("版本低于最低要求", "Version below the minimum"),
    why=Texts(
        "旧版本缺少平台要求的接口与安全修复，可能导致交易失败。",
        "Old versions lack interfaces and security fixes the platform requires, so transactions may fail.",
    ),
    remedy=Texts(
        "安排远程升级或现场升级；无法升级的列入换机计划。",
        "Upgrade remotely or on site; plan the replacement of devices that cannot be upgraded.",
    ),
    expected=Texts(
        "固件 ≥ {model_min_firmware} / 应用 ≥ {model_min_app_version}",
        "firmware ≥ {model_min_firmware} / application ≥ {model_min_app_version}",
    ),
    actual=Texts("固件 {firmware} / 应用 {app_version}", "firmware {firmware} / application {app_version}"),
    example=Example(
        rows=(
            {
                "serial_no": "L1",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000002.0000000009",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L2",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000003.0000000010",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L3",
                "in_scope": True,
                "model_listed": True,
                "firmware_key": "0000000003.0000000002",
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L4",
                "in_scope": True,
                "model_listed": True,
                "model_min_firmware_key": "0000000003.0000000002",
            },
            {
                "serial_no": "L5",
                "in_scope": True,
                "model_listed": False,
                "firmware_key": "0000000002.0000000009",
            },
            {
                "serial_no": "L6",
                "in_scope": True,
                "model_listed": True,
                "app_version_key": "0000000001",
                "model_min_app_version_key": "0000000002",
            },
            {
                "serial_no": "L7",
                "in_scope": True,
                "model_listed": True,
                "app_version_key": "0000000001",
                "model_min_app_version_key": "0000000002",
                "rejected": ",firmware,",
                "models_rejected": ",min_firmware,",
            },
            *(
                {
                    "serial_no": f"L{place}",
                    "in_scope": True,
                    "model_listed": True,
                    "firmware_key": key,
                    "model_min_firmware_key": "0000000003.0000000002+20240101",
                }
                for place, key in enumerate(
                    (
                        "0000000003.0000000002+20230101",
                        "0000000003.0000000002",
                        "0000000003.0000000002.0000000001",
                    ),
                    8,
                )
            ),
        ),
        flagged=(0, 5, 7),
        unknown=(3, 6, 8),
    ),
)

# an auxiliary terminal of type 11, mostly a plate with a printed code, has no software to report
_RUNS_SOFTWARE = nw.col("device_type_code").is_null() | (nw.col("device_type_code") != "11")
_FIRMWARE_WANTED = nw.col("app_version").is_null() | ~nw.col("model_min_firmware").is_null()

DEV_05 = Rule(
    id="DEV-05",
    subject=Subject.DEVICE,
    category=Category.ATTENTION,
    requires=("devices.firmware",),
    applies=nw.col("in_scope") & _RUNS_SOFTWARE,
    unsure=unread("app_version"),
    cases=(
        Case(
            nw.col("firmware").is_null() & _FIRMWARE_WANTED,
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）没有上报固件版本。",
                "Terminal {serial_no} ({model}) is recorded without a firmware version.",
            ),
        ),
        Case(
            ~nw.col("model_version_fits"),
            Severity.LOW,
            Texts(
                "终端 {serial_no} 的固件版本 {firmware} 不符合型号 {model} 的版本格式。",
                "Firmware version {firmware} of terminal {serial_no} does not match the version format of model {model}.",
            ),
        ),
        Case(
            ~nw.col("firmware").is_null()
            & nw.col("firmware_key").is_null()
            & ~nw.col("model_min_firmware").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）的固件版本 {firmware} 无法与最低要求 {model_min_firmware} 比较。",
                "Firmware version {firmware} of terminal {serial_no} ({model}) cannot be compared with the minimum {model_min_firmware}.",
            ),
        ),
        Case(
            ~nw.col("app_version").is_null()
            & nw.col("app_version_key").is_null()
            & ~nw.col("model_min_app_version").is_null(),
            Severity.LOW,
            Texts(
                "终端 {serial_no}（{model}）的应用版本 {app_version} 无法与最低要求 {model_min_app_version} 比较。",
                "Application version {app_version} of terminal {serial_no} ({model}) cannot be compared with the minimum {model_min_app_version}.",
            ),
        ),
    ),
    cause="3.2",
    owner=Owner.VENDOR,
    title=Texts("版本信息缺失或无法识别", "Version missing or not recognised"),
    why=Texts(
        "不知道终端运行什么版本，就无法判断是否低于最低要求。",
        "Without knowing which version a terminal runs, it is impossible to tell whether it is below the minimum.",
    ),
    remedy=Texts(
        "请供应商从终端管理系统导出实际版本号，并统一写法；型号表的版本格式有误的，更正型号表。",
        "Have the vendor export the actual versions from the terminal management system in a uniform notation; if the version format in the model table is wrong, "
        "correct it.",
    ),
    expected=Texts("可比较的版本号", "a version that can be compared"),
    actual=Texts("固件 {firmware} / 应用 {app_version}", "firmware {firmware} / application {app_version}"),
    example=Example(
        rows=(
            {"serial_no": "X1", "in_scope": True},
            {
                "serial_no": "X2",
                "in_scope": True,
                "firmware": "3.2.1",
                "firmware_key": "3",
                "model_version_fits": True,
            },
            {
                "serial_no": "X3",
                "in_scope": True,
                "firmware": "2026",
                "firmware_key": "2026",
                "model_version_fits": False,
            },
            {
                "serial_no": "X4",
                "in_scope": True,
                "firmware": "release",
                "model_min_firmware": "3.2",
            },
            {"serial_no": "X5", "in_scope": True, "firmware": "release"},
            {"serial_no": "X6", "in_scope": True, "app_version": "1.4", "app_version_key": "1"},
            {
                "serial_no": "X7",
                "in_scope": True,
                "app_version": "beta",
                "model_min_app_version": "1.4",
            },
            {"serial_no": "X8", "in_scope": True, "rejected": ",firmware,"},
            {"serial_no": "X9", "in_scope": True, "device_type_code": "11"},
            {"serial_no": "X10", "in_scope": False},
        ),
        flagged=(0, 2, 3, 6),
        unknown=(7,),
    ),
    since="0.2.0",
)

RULES = (DEV_04, DEV_05)
