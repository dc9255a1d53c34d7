"""What authors of newsletters may write: placeholders by name, and nothing that runs, loads or follows anybody."""

import pytest

from services.engagement.domain import articles, placeholders
from services.engagement.domain.placeholders import OF_PEOPLE, NotAllowed
from services.engagement.service.newsletter.issue_rendering import Content, compose

MAIL_FROM = "Jade Sustainability <enews@jade.example>"
VALUES = {
    "person": {"name": "Lin Mei"},
    "supplier": {"name": "River <b>&</b> Co.", "code": "S1"},
    "event": {"title": "Forum", "date": "2026-04-16", "time": "13:30", "time_zone": "Asia/Taipei"},
}


def read(body: str, *, has_event: bool = False) -> tuple[str, str]:
    """A body as one person's text and HTML, of all the issue."""
    article = {"code": "A", "texts": {"en": {"title": "Title", "body": body}}}
    issue = compose(Content("en", {"en": "Subject"}, [article], has_event), "en", MAIL_FROM, str)
    _, text, html = issue.written(VALUES, "http://door/out")
    return text, html


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.__class__ }}",
        "{{ person.name.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ person.name.format(person) }}",
        "{{ '{0.__class__}'.format(person) }}",
        "{{ '%s' % person }}",
        "{{ person['name'] }}",
        "{{ person.name|attr('__class__') }}",
        "{{ person.name|format(1) }}",
        "{{ person.name|safe }}",
        "{{ person.name|upper(1) }}",
        "{{ person.name|map('upper') }}",
        "{{ person }}",
        "{{ self }}",
        "{{ self.__init__ }}",
        "{{ config.items }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__ }}",
        "{{ range(999999999) }}",
        "{{ 'a' * 999999999 }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ person.name * 999999999 }}",
        "{{ person.name ~ person.name }}",
        "{{ person.name if true else 1 }}",
        "{{ [person.name] }}",
        "{{ person.email }}",
        "{{ event.title }}",
        "{{ 'words' }}",
        "{{ 1 }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        "{% if person %}x{% endif %}",
        "{% set x = 1 %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% macro m() %}{% endmacro %}",
        "{% filter upper %}x{% endfilter %}",
        "{{",
        "{{ person.name",
        "{{ }}",
        "{{ " + "(" * 5000 + "person.name" + ")" * 5000 + " }}",
        "{{ person.name" + "|upper" * 5000 + " }}",
        "{{ person" + ".name" * 5000 + " }}",
        "\ufdd0unsubscribe\ufdd1",
    ],
)
def test_whatever_is_more_than_a_placeholder_is_refused(source: str) -> None:
    with pytest.raises(NotAllowed):
        placeholders.take_out(source, OF_PEOPLE, {})


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(NotAllowed) as refused:
        placeholders.take_out("One\n\nTwo {{ person.name }}\n{{ person.age }}", OF_PEOPLE, {})
    assert (refused.value.line, refused.value.detail) == (
        4,
        "asks for person.age, which there is not; there are person.name, supplier.name, supplier.code",
    )


def test_placeholders_and_a_few_filters_are_filled_in() -> None:
    text, html = read("Dear {{ person.name|upper }} of {{supplier.code}},\n\n**{{ supplier.name }}**")
    assert "Dear LIN MEI of S1," in text
    assert "River <b>&</b> Co." in text
    assert "<strong>River &lt;b&gt;&amp;&lt;/b&gt; Co.</strong>" in html


def test_events_are_asked_for_where_there_is_one() -> None:
    text, _ = read("{{ event.title }}, {{ event.date }} {{ event.time }} {{ event.time_zone }}", has_event=True)
    assert "Forum, 2026-04-16 13:30 Asia/Taipei" in text


def test_braces_that_are_meant_can_be_written() -> None:
    text, html = read("{% raw %}{{ person.name }}{% endraw %}")
    assert "{{ person.name }}" in text
    assert "{{ person.name }}" in html


def test_values_bring_neither_markup_nor_placeholders_nor_lines() -> None:
    article = {"code": "A", "texts": {"en": {"title": "T {{ person.name }}", "body": "X {{ person.name }} Y"}}}
    issue = compose(Content("en", {"en": "For {{ person.name }}"}, [article], False), "en", MAIL_FROM, str)
    name = "**Eve** {{ supplier.name }}\r\nBcc: all@x.example\n\n# <script>[x](https://evil.example)"
    subject, text, html = issue.written({**VALUES, "person": {"name": name}}, "http://door/out")
    shown = "**Eve** {{ supplier.name }}  Bcc: all@x.example  # <script>[x](https://evil.example)"
    assert subject == f"For {shown}"
    assert f"X {shown} Y" in text
    assert "<script>" not in html
    assert "<strong>" not in html
    assert 'href="https://evil.example"' not in html


def test_html_and_addresses_that_run_something_stay_text() -> None:
    _, html = read(
        "<script>alert(1)</script> <img src=x onerror=y> [a](javascript:alert(1)) [b](data:text/html,x) "
        "[c](vbscript:x) [d](file:///etc/passwd) <ftp://x.example> [e](//x.example) [f](https:///nowhere)"
    )
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("href=") == 1  # the way out


def test_images_become_links_so_that_nobody_learns_who_reads() -> None:
    text, html = read(
        "![our plant](https://pics.example/plant.png) [![logo](https://a.example/l.png)](https://b.example)"
    )
    assert "<img" not in html
    assert '<a href="https://pics.example/plant.png">our plant</a>' in html
    assert '<a href="https://b.example">logo</a>' in html
    assert "our plant (https://pics.example/plant.png) logo (https://b.example)" in text


def test_a_link_is_the_same_for_everybody() -> None:
    for source in ("[x](https://a.example/{{ person.name }})", "<https://a.example/?who={{ supplier.code }}>"):
        with pytest.raises(NotAllowed, match="same for everybody"):
            articles.read(placeholders.take_out(source, OF_PEOPLE, {}))


def test_nothing_is_loaded_from_elsewhere() -> None:
    _, html = read("# Hello\n\n[x](https://a.example)")
    for sign in ("src=", "url(", "@import", "<link", "<script", "<iframe", "<img"):
        assert sign not in html


def test_addresses_in_the_text_are_links_without_what_ends_the_sentence() -> None:
    article = articles.read(
        "见https://a.example/x?q=1。或 https://b.example/y. (https://c.example/(z)) `https://d.example`"
    )
    assert article.urls == ("https://a.example/x?q=1", "https://b.example/y", "https://c.example/(z)")


def test_headings_stand_below_the_title_of_the_article() -> None:
    _, html = read("# One\n\n###### Six")
    assert "<h2>One</h2>" in html
    assert "<h6>Six</h6>" in html
    assert html.count("<h1") == 1


def test_the_plain_text_reads_like_a_letter() -> None:
    body = (
        "Dear all,\n\n## News\n\n- one\n- [two](https://a.example)\n  1. deep\n  2. deeper\n\n"
        "> said *somebody*\n\n---\n\n    code\n\nWrite to <mailto:us@jade.example>"
    )
    assert articles.read(body).as_text(str) == (
        "Dear all,\n\nNews\n\n- one\n- two (https://a.example)\n  1. deep\n  2. deeper\n\n"
        "> said somebody\n\n----\n\n  code\n\nWrite to us@jade.example"
    )
