"""The words in which the ledger speaks of a finding, and the columns of one; `lifecycle` carries them."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa


class State(StrEnum):
    """What a reader is told a finding is tonight."""

    NEW = "new"
    REOPENED = "reopened"
    OPEN = "open"
    IN_PROGRESS = "in_progress"  # a person is at it
    CLAIMED = "claimed"  # a person says it is mended; the data have still to show it
    UNCHECKED = "unchecked"  # open, and its rule or its data was not good enough to look again
    HELD = "held"  # follows a suspected incident of its channel: nothing is demanded of anybody yet
    ABSENT = "absent"  # its subject is no longer delivered; a person has to confirm
    WAIVED = "waived"  # until a day
    FALSE_POSITIVE = "false_positive"  # until its evidence changes
    FIXED = "fixed"  # mended tonight
    GONE = "gone"  # its subject is gone, as a person confirmed
    ARRIVED = "arrived"  # the day it warned of has come: nothing was mended


CLOSED = (State.FIXED, State.GONE, State.ARRIVED)  # told for the last time
EXCUSED = (State.WAIVED, State.FALSE_POSITIVE)  # stands, is shown, and is demanded of nobody


class Life(StrEnum):
    """What the ledger holds of a finding."""

    UNKNOWN = ""  # nobody has heard of it
    OPEN = "open"
    ABSENT = "absent"
    FIXED = "fixed"
    GONE = "gone"
    ARRIVED = "arrived"
    WITHDRAWN = "withdrawn"  # the night that found it was told anew


OPEN_LIVES = (Life.OPEN.value, Life.ABSENT.value)  # a finding that stands
CLOSED_LIVES = (Life.FIXED, Life.GONE, Life.ARRIVED)


class Kind(StrEnum):
    """What happened to a finding; of several things on one night the first of these names the event."""

    OPENED = "opened"
    REOPENED = "reopened"
    FIXED = "fixed"
    GONE = "gone"
    ARRIVED = "arrived"
    ABSENT = "absent"
    WAIVED = "waived"
    WAIVER_ENDED = "waiver_ended"
    LAPSED = "lapsed"  # it was called a false positive, and its evidence is another now
    REFUTED = "refuted"  # it was said to be mended or gone, and tonight shows otherwise
    FOUND = "found"  # its subject is back
    HELD = "held"
    RELEASED = "released"
    WORSE = "worse"
    BETTER = "better"
    CHANGED = "changed"  # its evidence
    UNCHECKED = "unchecked"
    CHECKED = "checked"
    WITHDRAWN = "withdrawn"  # the night was told anew: the event undoes what that night had made
    SAID = "said"  # a person filled in a field
    RESET = "reset"  # the machine moved a person's status on


NOT_OF_LIFE = (Kind.SAID.value, Kind.RESET.value, Kind.WITHDRAWN.value)  # events that tell of no life

# columns of a life, as they stand in `findings` and, with `was_` before them, in `events`
LIFE = pa.schema(
    [
        ("state", pa.string()),
        ("sight", pa.string()),
        ("severity", pa.string()),
        ("held", pa.bool_()),
        ("evidence", pa.string()),
        ("first_seen", pa.date32()),
        ("seen_until", pa.date32()),
        ("reopened_on", pa.date32()),
        ("fixed_on", pa.date32()),
        ("due_on", pa.date32()),
        ("waiver", pa.string()),
        ("waived_until", pa.date32()),
    ]
)
# what people said that bears on a life
SAID = pa.schema([("status", pa.string()), ("status_on", pa.date32()), ("marked", pa.string())])
# what tonight saw: `severity`, `held` and `evidence` count where `sight` is flagged
SEEN = pa.schema(
    [
        ("sight", pa.string()),
        ("severity", pa.string()),
        ("held", pa.bool_()),
        ("evidence", pa.string()),
        ("waiver", pa.string()),
        ("waived_until", pa.date32()),
    ]
)
