"""What the pages say when there is no form."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from collections.abc import Mapping

from shared.web.html.faults import WHOLE, Fault
from shared.web.html.wording import Wording

_ASK = Wording(
    "If you still have to answer, ask whoever sent you the link for a new one.",
    "如仍需回答，请向发送链接的联系人索取新链接。",
    "如仍需回答，請向寄送連結的聯絡人索取新連結。",
)

FAULTS: Mapping[str, Fault] = {
    "link-forged": Fault(Wording("This link is not valid", "此链接无效", "此連結無效"), WHOLE),
    "link-expired": Fault(Wording("This link has expired", "此链接已过期", "此連結已過期"), _ASK),
    "link-used": Fault(
        Wording("The answers were submitted", "答案已提交", "答案已提交"),
        Wording(
            "The link has served its purpose. If something has to be corrected, ask whoever sent it to reopen the "
            "survey.",
            "此链接已完成使用。如需更正，请联系发送者重新开放问卷。",
            "此連結已完成使用。如需更正，請聯絡寄送者重新開放問卷。",
        ),
    ),
    "link-ended": Fault(
        Wording("This link was replaced by a newer one", "此链接已被新链接取代", "此連結已被新連結取代"),
        Wording(
            "Use the link in the newest mail, or ask whoever sent it.",
            "请使用最新邮件中的链接，或联系发送者。",
            "請使用最新郵件中的連結，或聯絡寄送者。",
        ),
    ),
    "not-found": Fault(Wording("This link is not known", "找不到此链接", "找不到此連結"), _ASK),
    "too-large": Fault(
        Wording("That was too much at once", "内容过大", "內容過大"),
        Wording(
            "All files of one saving together may have 25 MB. Go back, choose fewer or smaller ones, and save again.",
            "每次保存的所有文件合计不超过 25 MB。请返回，减少或缩小文件后再保存。",
            "每次儲存的所有檔案合計不超過 25 MB。請返回，減少或縮小檔案後再儲存。",
        ),
    ),
}
