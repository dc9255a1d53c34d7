"""A browser without a screen: reads a page's controls and sends back what a browser would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"input", "meta", "link", "br", "hr", "img"}


@dataclass
class Control:
    kind: str
    attributes: dict[str, str | None]
    value: str = ""
    is_checked: bool = False

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""


@dataclass
class Page(HTMLParser):
    """What a page holds; fails on tags that are not closed."""

    text: str = ""
    language: str = ""
    title: str = ""
    action: str = ""
    method: str = ""
    enctype: str = ""
    ids: list[str] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    controls: list[Control] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    legends: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        page.close()
        assert page._open == [], page._open
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "html":
            self.language = str(given["lang"])
        if tag == "form":
            self.action, self.method = str(given["action"]), str(given["method"])
            self.enctype = given.get("enctype") or "application/x-www-form-urlencoded"
        if tag == "label":
            self.labels.add(str(given["for"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        self.legends += tag == "legend"
        if tag == "input":
            self.controls.append(Control(str(given["type"]), given, given.get("value") or "", "checked" in given))
        if tag in ("textarea", "button"):
            self.controls.append(Control(tag, given, given.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open and self._open[-1] == "title":
            self.title += data
        if self._open and self._open[-1] == "textarea":
            # A browser drops the line break that follows the opening tag.
            self.controls[-1].value += data.removeprefix("\n")

    def fill(self, name: str, *values: str) -> None:
        """Do what a person would: choose, tick, type. Fails where the page offers no such thing."""
        mine = [control for control in self.controls if control.name == name]
        assert mine, name
        for control in mine:
            if control.kind in ("radio", "checkbox"):
                control.is_checked = control.value in values
        if mine[0].kind in ("radio", "checkbox"):
            assert {control.value for control in mine} >= set(values)
        else:
            (mine[0].value,) = values

    def sent(self, action: str) -> dict[str, Any]:
        """The successful controls when that button is pressed."""
        assert any(control.kind == "button" and control.value == action for control in self.controls), action
        data: dict[str, list[str]] = {}
        for control in self.controls:
            if control.kind in ("button", "file") or (control.kind in ("radio", "checkbox") and not control.is_checked):
                continue
            data.setdefault(control.name, []).append(control.value.replace("\n", "\r\n"))
        return {**data, "action": [action]}


def check_accessible(page: Page) -> None:
    """Every control has a label, ids are unique, what is referred to exists, headings do not skip a level."""
    shown = [control for control in page.controls if control.kind not in ("hidden", "button")]
    assert all(control.attributes.get("id") in page.labels for control in shown)
    assert len(page.ids) == len(set(page.ids))
    assert page.labels <= set(page.ids)
    for _, attributes in page.tags:
        for name in ("aria-describedby", "aria-labelledby"):
            assert set((attributes.get(name) or "").split()) <= set(page.ids), attributes
    assert all(link.removeprefix("#") in page.ids for link in page.links if link.startswith("#"))
    assert page.headings.count("h1") == 1
    assert page.headings[0] == "h1"
    assert page.title
    assert not any(tag in ("script", "iframe", "img") for tag, _ in page.tags)
    assert not any(name.startswith("on") or name == "style" for _, attributes in page.tags for name in attributes)
