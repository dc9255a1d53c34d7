"""Whether somebody who is in line for a mail may still be written to."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple


class Known(NamedTuple):
    """What is known of a mailbox: consent to this kind of mail (None: never asked), and whether mail arrives."""

    consent: bool | None
    unreachable_since: datetime | None


def why_not(known: Collection[Known], *, needs_consent: bool, must_know: bool) -> str | None:
    """Why the mail stays here; None where it may go.

    `needs_consent` where only those get mail who agreed. `must_know` where the mail tells of something that the person
    counts on, such as a meeting that does not take place: that one goes out whoever wants no others.
    """
    if any(mailbox.unreachable_since is not None for mailbox in known):
        return "Mail to this address came back for good."
    if must_know:
        return None
    if any(mailbox.consent is False for mailbox in known):
        return "The person wants no such mails."
    if needs_consent and not any(mailbox.consent for mailbox in known):
        return "The person has not agreed to such mails."
    return None
