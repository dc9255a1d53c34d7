"""What a reminder says, in the reader's language."""

# ruff: noqa: RUF001  # Chinese is written with full-width punctuation

from datetime import date, datetime
from email.message import EmailMessage
from html import escape
from typing import NamedTuple

from shared import mail
from shared.contacts import KnownContact
from shared.languages import DEFAULT, Language, language_of


class Letter(NamedTuple):
    """The parts of a reminder in one language."""

    subject: str
    greeting: str
    waiting: str
    overdue: str
    link: str
    until: str
    without_link: str
    end: str


LETTERS: dict[Language, Letter] = {
    "en": Letter(
        "Sustainability survey {year}: please answer by {due_on}",
        "Dear {name},",
        "We have not yet received your company's answers to our sustainability survey {year}. It is due on {due_on}.",
        "We have not yet received your company's answers to our sustainability survey {year}. It was due on {due_on}; "
        "until you answer, the survey counts 0.",
        "Answer here, without an account:",
        "You can save a draft and come back until {until} (UTC). Whoever has the link can answer for your company: "
        "pass it on to colleagues only.",
        "Please hand in your answers in the way that was agreed with you.",
        "This mail was sent automatically.",
    ),
    "zh-Hans": Letter(
        "{year} 年可持续发展问卷：请于 {due_on} 前回答",
        "{name}，您好：",
        "我们尚未收到贵公司对 {year} 年可持续发展问卷的回答。截止日期为 {due_on}。",
        "我们尚未收到贵公司对 {year} 年可持续发展问卷的回答。截止日期 {due_on} 已过；在您回答之前，问卷计为 0 分。",
        "请在此回答，无需账号：",
        "您可以保存草稿，并在 {until}（UTC）前继续填写。持有此链接的人都可以代表贵公司回答，请只转给同事。",
        "请按照约定的方式提交您的回答。",
        "此邮件由系统自动发送。",
    ),
    "zh-Hant": Letter(
        "{year} 年永續發展問卷：請於 {due_on} 前回答",
        "{name}，您好：",
        "我們尚未收到貴公司對 {year} 年永續發展問卷的回答。截止日期為 {due_on}。",
        "我們尚未收到貴公司對 {year} 年永續發展問卷的回答。截止日期 {due_on} 已過；在您回答之前，問卷計為 0 分。",
        "請在此回答，無需帳號：",
        "您可以儲存草稿，並在 {until}（UTC）前繼續填寫。持有此連結的人都可以代表貴公司回答，請只轉給同事。",
        "請依約定的方式提交您的回答。",
        "此郵件由系統自動寄送。",
    ),
}


class Reminder(NamedTuple):
    """What a reminder is about; `link` is where to answer and until when, None where there is no form."""

    response_id: str
    day: date
    year: int
    due_on: date
    is_overdue: bool
    link: tuple[str, datetime] | None


def write(sender: str, contact: KnownContact, reminder: Reminder) -> EmailMessage:
    """The mail to one person; ValueError where the address is none.

    Its Message-ID is the same whenever this reminder is written to this person: a mailbox can tell a repetition.
    """
    language = language_of(contact.language) or DEFAULT
    letter = LETTERS[language]
    # A name with a line break would be a header of its own.
    values = {"name": " ".join(contact.name.split()), "year": reminder.year, "due_on": reminder.due_on.isoformat()}
    lines = [letter.greeting, letter.overdue if reminder.is_overdue else letter.waiting]
    if reminder.link is None:
        lines.append(letter.without_link)
    else:
        lines += [letter.link, reminder.link[0], letter.until]
        values["until"] = f"{reminder.link[1]:%Y-%m-%d %H:%M}"
    lines.append(letter.end)
    address = reminder.link[0] if reminder.link else None
    # The address holds no braces, but nothing says that it never will.
    said = [line if line == address else line.format(**values) for line in lines]
    recipient = mail.address(contact.email, str(values["name"]))
    domain = sender.rpartition("@")[2].rstrip("> ") or "localhost"
    return mail.new_message(
        sender,
        recipient,
        letter.subject.format(**values),
        "\n\n".join(said) + "\n",
        _html(said, address, language),
        f"<reminder.{reminder.response_id}.{reminder.day:%Y%m%d}.{contact.contact_id}@{domain}>",
    )


def _html(said: list[str], address: str | None, language: Language) -> str:
    paragraphs = [
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>' if line == address else f"<p>{escape(line)}</p>"
        for line in said
    ]
    return f'<!DOCTYPE html>\n<html lang="{language}"><body>\n' + "\n".join(paragraphs) + "\n</body></html>\n"
