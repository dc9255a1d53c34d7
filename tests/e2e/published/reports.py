"""What meeting tools export after a forum: Zoom's participants, Teams' attendance report."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")


class Seen(NamedTuple):
    """Somebody whom the tool saw, under a name and perhaps an address."""

    name: str
    email: str = ""


def zoom(starts_at: datetime, people: Iterable[Seen]) -> bytes:
    """Everybody joins a few minutes late and is cut off once, as meetings go; on a clock in Taipei."""
    begun = starts_at.astimezone(TAIPEI)
    lines = ["Name (original name),Email,Join time,Leave time,Duration (minutes),Guest,In waiting room"]
    for n, seen in enumerate(people):
        first = begun + timedelta(minutes=n % 7)
        for joined, minutes in ((first, 60), (first + timedelta(minutes=65), 150)):
            left = joined + timedelta(minutes=minutes)
            times = ",".join(f"{moment:%m/%d/%Y %I:%M:%S %p}" for moment in (joined, left))
            lines.append(f"{seen.name},{seen.email},{times},{minutes},Yes,No")
    return "\n".join(lines).encode()


def teams(starts_at: datetime, people: Iterable[Seen]) -> bytes:
    """UTF-16 with tabs, dates as in Taiwan, on a clock in UTC."""
    lines = [
        "1. 摘要",
        "會議標題\tForum",
        "",
        "2. 參與者",
        "姓名\t首次加入\t最後離開\t會議持續時間\t電子郵件\t參與者識別碼 (UPN)\t角色",
    ]
    for seen in people:
        joined, left = starts_at + timedelta(minutes=2), starts_at + timedelta(hours=4)
        times = "\t".join(_in_chinese(moment) for moment in (joined, left))
        lines.append(f"{seen.name}\t{times}\t3 小時 58 分鐘\t{seen.email}\t{seen.email}\t出席者")
    return "\n".join(lines).encode("utf-16")


def _in_chinese(moment: datetime) -> str:
    half = "上午" if moment.hour < 12 else "下午"
    return f"{moment.year}/{moment.month}/{moment.day} {half} {(moment.hour + 11) % 12 + 1:02}:{moment:%M:%S}"
