"""What an invitation says, in the reader's language."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from typing import NamedTuple

from shared.languages import Language


class Letter(NamedTuple):
    """The parts of an invitation in one language; `replied` tells what is known of the reader's answer."""

    subjects: dict[str, str]
    greeting: str
    intros: dict[str, str]
    replied: dict[str, str]
    reply: str
    unsubscribe: str
    end: str


LETTERS: dict[Language, Letter] = {
    "en": Letter(
        {"invited": "Invitation: {title}, {day}", "changed": "Changed: {title}, {day}",
         "withdrawn": "Cancelled: {title}, {day}", "disinvited": "Invitation withdrawn: {title}, {day}"},
        "Dear {name},",
        {"invited": "We invite you to the following event.", "changed": "There is news about an event that you are "
         "invited to. This is how it stands now.", "withdrawn": "The following event does not take place.",
         "disinvited": "Our invitation to the following event is withdrawn."},
        {"accepted": "You have accepted, and you have a place.", "tentative": "You may come, you said.",
         "declined": "You have declined.", "waiting": "All places are taken at present. You are on the waiting list, "
         "and we write to you when a place is free."},
        "Please let us know whether you will come, here or in your calendar:",
        "If you want no more invitations from us:",
        "This mail was sent automatically.",
    ),
    "zh-Hans": Letter(
        {"invited": "邀请：{title}，{day}", "changed": "变更：{title}，{day}",
         "withdrawn": "取消：{title}，{day}", "disinvited": "邀请已撤回：{title}，{day}"},
        "{name}，您好：",
        {"invited": "诚邀您参加以下活动。", "changed": "您受邀参加的活动有更新，最新内容如下。",
         "withdrawn": "以下活动已取消。", "disinvited": "我们撤回对以下活动的邀请。"},
        {"accepted": "您已接受邀请，名额已为您保留。", "tentative": "您回复可能参加。", "declined": "您已婉拒邀请。",
         "waiting": "目前名额已满，您在候补名单上；有空位时我们会写信通知您。"},
        "请在此处或在您的日历中回复是否参加：",
        "如不想再收到我们的邀请：",
        "此邮件由系统自动发送。",
    ),
    "zh-Hant": Letter(
        {"invited": "邀請：{title}，{day}", "changed": "變更：{title}，{day}",
         "withdrawn": "取消：{title}，{day}", "disinvited": "邀請已撤回：{title}，{day}"},
        "{name}，您好：",
        {"invited": "誠摯邀請您參加以下活動。", "changed": "您受邀參加的活動有更新，最新內容如下。",
         "withdrawn": "以下活動已取消。", "disinvited": "我們撤回對以下活動的邀請。"},
        {"accepted": "您已接受邀請，名額已為您保留。", "tentative": "您回覆可能參加。", "declined": "您已婉拒邀請。",
         "waiting": "目前名額已滿，您在候補名單上；有空位時我們會寫信通知您。"},
        "請在此處或在您的行事曆中回覆是否參加：",
        "如不想再收到我們的邀請：",
        "此郵件由系統自動寄送。",
    ),
}  # fmt: skip
"""By what the mail is about: a first invitation, a change, the event's end, or one person's."""
