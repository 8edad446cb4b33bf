"""What is known of a device, of what it belongs to, and how a fact is put to a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from audit.crosscheck.schema import DEVICE_GROUPS, FACTS, REGISTRATION_SIDE, Subject
from audit.findings import as_text
from audit.words import Words

# columns that serve the comparison and mean nothing to a reader
_INTERNAL = (
    "_key",
    "_hash",
    "device_type_code",
    "province_code",
    "province_found",
    "city_code",
    "_check",
    "point_x",
    "point_y",
    "point_z",
    "row_id",
    "rejected",
    "rejected_reasons",
    "_raw",
)


def facts_of(rows: Mapping[Subject, pa.Table], words: Words) -> Iterator[tuple[str, str, str]]:
    """(group, label, value) of every fact of the device, or, where no list has it, of its registrations."""
    derived = {name for group in DEVICE_GROUPS.values() for name in group}
    own = [name for name in FACTS[Subject.DEVICE] if name not in derived]
    yield from _group(words.label("feed", "devices"), rows[Subject.DEVICE], own, words)
    for group, types in DEVICE_GROUPS.items():
        yield from _group(words.label("dossier_group", group), rows[Subject.DEVICE], list(types), words)
    beside = rows[Subject.DEVICE_CHANNEL]
    for place, channel in enumerate(beside["channel"].to_pylist()):
        title = f"{words.label('feed', 'registrations')} · {words.label('channel', channel)}"
        yield from _group(title, beside.slice(place, 1), list(REGISTRATION_SIDE), words)
    if not rows[Subject.DEVICE].num_rows:
        listed = list(FACTS[Subject.REGISTRATION])
        yield from _group(words.label("feed", "registrations"), rows[Subject.REGISTRATION], listed, words)


def is_shown(name: str) -> bool:
    """Whether a fact column means anything to a reader."""
    return not name.endswith(_INTERNAL)


def _group(title: str, table: pa.Table, names: Sequence[str], words: Words) -> Iterator[tuple[str, str, str]]:
    for place in range(table.num_rows):
        row = table.slice(place, 1)
        shown = title if table.num_rows == 1 else f"{title} {place + 1}"
        for name in filter(is_shown, names):
            value = as_text(row[name].combine_chunks(), words)[0].as_py()
            if value not in (None, ""):
                yield shown, fact_label(name, words), _worded(name, value, words)


def fact_label(name: str, words: Words) -> str:
    """A fact column in the reader's words; the same fact of another list has the label of its own column."""
    known = words.section("column") | words.section("fact")
    plain = name.removesuffix("_hash")
    for prefix in ("", "reg_", "merchant_", "model_"):
        if plain.startswith(prefix) and (label := known.get(plain.removeprefix(prefix))):
            return str(label)
    # the place a fact was read: registered_source_file, twin_source_row
    return str(known.get(f"source_{plain.rpartition('_source_')[2]}", name))


def _worded(name: str, value: str, words: Words) -> str:
    group = _CODES.get(name, "")
    if value in ("true", "false"):
        return words(f"dossier.{value}")
    return words.label(group, value) if group else value


_CODES = {
    "terminal_status": "terminal_status",
    "merchant_status": "merchant_status",
    "reg_status": "reg_status",
    "previous_status": "reg_status",
    "near_kind": "near_kind",
    "near_scope": "near_scope",
    "place_fault": "place_fault",
    "last_inspection_result": "inspection_result",
    "matched_by": "matched_by",
    "registered_elsewhere": "channel",
}
