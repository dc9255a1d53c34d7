"""The engagement service's tables."""

from services.engagement.models.base import Base
from services.engagement.models.copies import FindingCopy, SupplierCopy
from services.engagement.models.courses import Course, CourseCompletion, CourseView, XapiStatement
from services.engagement.models.events import Attendance, AttendanceReport, Event, EventFeedback, ReportedPerson
from services.engagement.models.figures import OpeningBalance, Participation
from services.engagement.models.groups import ChatGroup, GroupMessage
from services.engagement.models.invitations import Invitation
from services.engagement.models.mails import Delivery, Mailbox, MailPace
from services.engagement.models.meetings import Commitment, TreatedFinding
from services.engagement.models.newsletters import Newsletter, NewsletterLink
from shared import feed, imports, journal, tasks
from shared.feed import following
from shared.web import idempotency

__all__ = [
    "TABLES",
    "Attendance",
    "AttendanceReport",
    "Base",
    "ChatGroup",
    "Commitment",
    "Course",
    "CourseCompletion",
    "CourseView",
    "Delivery",
    "Event",
    "EventFeedback",
    "FindingCopy",
    "GroupMessage",
    "Invitation",
    "MailPace",
    "Mailbox",
    "Newsletter",
    "NewsletterLink",
    "OpeningBalance",
    "Participation",
    "ReportedPerson",
    "SupplierCopy",
    "TreatedFinding",
    "XapiStatement",
]

TABLES = (
    Base.metadata,
    feed.metadata,
    following.metadata,
    journal.metadata,
    tasks.metadata,
    imports.metadata,
    idempotency.metadata,
)
"""All tables of the schema: its own, and those of the mechanisms that it uses."""
