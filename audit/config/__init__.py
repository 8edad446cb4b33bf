"""Settings: what `audit.toml` and `AUDIT_*` variables say, checked before anything runs.

A variable is `AUDIT_<SECTION>_<KEY>` and beats the file: `AUDIT_MAIL_PASSWORD`, `AUDIT_REPORT_OUTPUT`.
Relative paths are relative to the folder of `audit.toml`.
"""

from audit.config.delivery import MailSection, NotifySection, When
from audit.config.explaining import near, place_in
from audit.config.ledgerurl import secrets_of_url
from audit.config.loading import load_settings
from audit.config.profile import MERCHANT_PROFILE, ProfileSection
from audit.config.routing import OwnerSection
from audit.config.section import WEEKDAYS
from audit.config.sections import (
    ANY_CHANNEL,
    InputSection,
    LetterSection,
    ProgrammeItem,
    RulesSection,
    WeightsSection,
    configured_codes,
    configured_columns,
)
from audit.config.settings import MANDATORY_FEEDS, Settings

__all__ = [
    "ANY_CHANNEL",
    "MANDATORY_FEEDS",
    "MERCHANT_PROFILE",
    "WEEKDAYS",
    "InputSection",
    "LetterSection",
    "MailSection",
    "NotifySection",
    "OwnerSection",
    "ProfileSection",
    "ProgrammeItem",
    "RulesSection",
    "Settings",
    "WeightsSection",
    "When",
    "configured_codes",
    "configured_columns",
    "load_settings",
    "near",
    "place_in",
    "secrets_of_url",
]
