"""The engagement service's tables."""

from services.engagement.models.base import Base
from services.engagement.models.copies import FindingCopy, SupplierCopy
from services.engagement.models.courses import Course, CourseCompletion, CourseView, XapiStatement
from services.engagement.models.events import Attendance, AttendanceReport, Event, ReportedPerson
from services.engagement.models.figures import OpeningBalance, Participation
from services.engagement.models.groups import ChatGroup, GroupMessage
from shared import feed, imports, journal, tasks
from shared.feed import following
from shared.web import idempotency

__all__ = [
    "TABLES",
    "Attendance",
    "AttendanceReport",
    "Base",
    "ChatGroup",
    "Course",
    "CourseCompletion",
    "CourseView",
    "Event",
    "FindingCopy",
    "GroupMessage",
    "OpeningBalance",
    "Participation",
    "ReportedPerson",
    "SupplierCopy",
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
