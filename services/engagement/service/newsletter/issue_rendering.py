"""Issues of newsletters: read from what their authors wrote, framed, in a reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup

from services.engagement.domain import articles, newsletter_texts, placeholders, plain_texts
from services.engagement.domain.articles import Exchange
from services.engagement.domain.issues import UNSUBSCRIBE_MARK, Issue, Pieces
from services.engagement.domain.placeholders import NotAllowed, Placeholder
from services.engagement.models import Event
from shared.errors import FieldError, Invalid

FOLDER = Path(__file__).parent / "templates"
MOST_CHARACTERS = 300_000
MOST_CHARACTERS_OF_A_LEAD = 160
MOST_LINKS_IN_SHORT, MOST_CHARACTERS_OF_A_LINK = 10, 80

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, auto_reload=False
)


@dataclass(frozen=True, slots=True)
class Content:
    """What an author wrote, as it is kept: subjects by language, and articles with their texts by language."""

    default_language: str
    subjects: Mapping[str, str]
    articles: Sequence[Mapping[str, Any]]
    has_event: bool

    @property
    def languages(self) -> list[str]:
        """Every language in which something of it is written, its default first."""
        found = {tag for texts in (self.subjects, *(article["texts"] for article in self.articles)) for tag in texts}
        return [self.default_language, *sorted(found - {self.default_language})]

    @property
    def may_name_suppliers(self) -> bool:
        """Whether its texts could ask for a supplier."""
        return any("supplier" in text for _, _, text, _ in _texts(self))

    @property
    def known(self) -> dict[str, tuple[str, ...]]:
        """What its placeholders may ask for."""
        return placeholders.OF_PEOPLE | (placeholders.OF_EVENTS if self.has_event else {})


def event_values(event: Event | None) -> dict[str, str]:
    """What placeholders say of an event, by its own clock."""
    if event is None:
        return {}
    starts_at = event.starts_at.astimezone(ZoneInfo(event.time_zone))
    return {
        "title": event.title,
        "date": starts_at.date().isoformat(),
        "time": starts_at.strftime("%H:%M"),
        "time_zone": event.time_zone,
    }


def neutral_values(language: str, event: Event | None) -> dict[str, dict[str, str]]:
    """Values for a reader whom nobody knows, as in a preview or in a chat group."""
    words, _ = newsletter_texts.words_for(language)
    supplier = {"name": words.supplier, "code": "…"}
    return {"person": {"name": words.person}, "supplier": supplier, "event": event_values(event)}


def check(content: Content) -> None:
    """Raise Invalid that names what is wrong in what an author wrote; it is put together once, for nobody."""
    codes = [article["code"] for article in content.articles]
    complaints = [
        FieldError(f"#/articles/{n}/code", f"the code {code} stands twice")
        for n, code in enumerate(codes)
        if code in codes[:n]
    ]
    default = content.default_language
    if default not in content.subjects:
        complaints.append(FieldError("#/subjects", f"there is no subject in {default}, the default language"))
    complaints += [
        FieldError(f"#/articles/{n}/texts", f"article {article['code']} lacks {default}, the default language")
        for n, article in enumerate(content.articles)
        if default not in article["texts"]
    ]
    if sum(len(text) for _, _, text, _ in _texts(content)) > MOST_CHARACTERS:
        complaints.append(FieldError("#/articles", f"the texts have more than {MOST_CHARACTERS} characters together"))
    if complaints:
        raise Invalid(f"{_sentence(complaints[0].detail)}.", code="text-not-allowed", fields=complaints)
    addresses_in(content)
    values = neutral_values(default, None) | {"event": dict.fromkeys(placeholders.OF_EVENTS["event"], "")}
    for language in content.languages:
        compose(content, language, "", str).written(values, "")


def addresses_in(content: Content) -> list[str]:
    """Every http(s) address in the articles, once; Invalid names whatever the texts may not hold, and where."""
    complaints: list[FieldError] = []
    found: dict[str, None] = {}
    for pointer, what, text, is_body in _texts(content):
        try:
            marked = placeholders.take_out(text, content.known, {})
            if is_body:
                found |= dict.fromkeys(articles.read(marked).urls)
        except NotAllowed as error:
            complaints.append(FieldError(pointer, f"{what}, line {error.line}, {error.detail}"))
    if complaints:
        raise Invalid(f"{complaints[0].detail}.", code="text-not-allowed", fields=complaints)
    return list(found)


def compose(content: Content, reader: str, mail_from: str, exchange: Exchange) -> Issue:
    """The issue for readers of that language; `exchange` says where each address in it leads."""
    found: dict[str, Placeholder] = {}
    language = newsletter_texts.best_of(content.subjects, reader, content.default_language)
    subject = placeholders.take_out(content.subjects[language], content.known, found)
    words, words_language = newsletter_texts.words_for(reader)
    shown = []
    for article in content.articles:
        tag = newsletter_texts.best_of(article["texts"], reader, content.default_language)
        text = article["texts"][tag]
        body = articles.read(placeholders.take_out(text["body"], content.known, found))
        title = placeholders.take_out(text["title"], content.known, found)
        shown.append(
            {
                "language": tag,
                "title": title,
                "text": body.as_text(exchange),
                "html": Markup(body.as_html(exchange)),  # noqa: S704  # made here from Markdown without HTML
            }
        )
    frame = {
        "language": language,
        "subject": subject,
        "articles": shown,
        "why": words.why.format(sender=sender_of(mail_from)),
        "unsubscribe": words.unsubscribe,
        "unsubscribe_url": UNSUBSCRIBE_MARK,
        "words_language": words_language,
    }
    html = _templates.get_template("newsletter.html").render(frame)
    return Issue(language, Pieces(subject), Pieces(_as_text(frame)), Pieces(html), found)


def in_short(
    content: Content, reader: str, values: placeholders.Values
) -> tuple[str, list[tuple[str, str, list[tuple[str, str]]]]]:
    """The subject, and of each article its title, how it begins, and its first links: words and address."""
    found: dict[str, Placeholder] = {}

    def said(text: str) -> str:
        marked = placeholders.take_out(text, content.known, found)
        return Pieces(marked).filled({name: known.value(values) for name, known in found.items()})

    told = []
    for article in content.articles:
        text = article["texts"][newsletter_texts.best_of(article["texts"], reader, content.default_language)]
        body = articles.read(placeholders.take_out(text["body"], content.known, found))
        says = {name: known.value(values) for name, known in found.items()}
        lead = plain_texts.shortened(Pieces(body.lead()).filled(says), MOST_CHARACTERS_OF_A_LEAD)
        links = [
            (plain_texts.shortened(Pieces(words).filled(says), MOST_CHARACTERS_OF_A_LINK), url)
            for words, url in body.links()[:MOST_LINKS_IN_SHORT]
        ]
        told.append((said(text["title"]), lead, links))
    subject = newsletter_texts.best_of(content.subjects, reader, content.default_language)
    return said(content.subjects[subject]), told


def sender_of(mail_from: str) -> str:
    """Who sends, as people are told."""
    name, address = parseaddr(mail_from)
    return name or address


def _texts(content: Content) -> Iterator[tuple[str, str, str, bool]]:
    for language, subject in content.subjects.items():
        yield f"#/subjects/{language}", f"The subject in {language}", subject, False
    for n, article in enumerate(content.articles):
        for language, text in article["texts"].items():
            for name in ("title", "body"):
                what = f"The {name} of article {article['code']} in {language}"
                yield f"#/articles/{n}/texts/{language}/{name}", what, text[name], name == "body"


def _sentence(detail: str) -> str:
    return detail[:1].upper() + detail[1:]


def _as_text(frame: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for article in frame["articles"]:
        parts += [article["title"], "=" * 40, "", article["text"], "", ""]
    return "\n".join([*parts, "-- ", frame["why"], f"{frame['unsubscribe']}:", frame["unsubscribe_url"], ""])
