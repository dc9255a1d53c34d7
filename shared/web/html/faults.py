"""What the pages say when something goes wrong, in all languages at once: the reader's may not be known yet."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping
from typing import NamedTuple

from shared.web.html.wording import Wording


class Fault(NamedTuple):
    """What a page says: its heading, and what to do."""

    title: Wording
    advice: Wording


WHOLE = Wording(
    "Open the link from the mail again, and check that all of it was copied.",
    "请重新打开邮件中的链接，并确认已完整复制。",
    "請重新開啟郵件中的連結，並確認已完整複製。",
)
_AGAIN = Wording(
    "Nothing was changed. Go back in your browser and try again in a minute.",
    "没有任何更改。请返回上一页，稍后重试。",
    "沒有任何更改。請返回上一頁，稍後重試。",
)

FAULTS: Mapping[str, Fault] = {
    "not-found": Fault(Wording("This link is not known", "找不到此链接", "找不到此連結"), WHOLE),
    "too-large": Fault(
        Wording("That was too much at once", "内容过大", "內容過大"),
        Wording("Go back, send less, and try again.", "请返回，减少内容后重试。", "請返回，減少內容後重試。"),
    ),
    "unavailable": Fault(Wording("This does not work at the moment", "暂时无法使用", "暫時無法使用"), _AGAIN),
    "error": Fault(Wording("Something went wrong", "出现错误", "發生錯誤"), _AGAIN),
}
"""By the code of what went wrong; services add their own."""
