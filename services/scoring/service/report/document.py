"""A pack in a reader's language: its first page, its sections, and the suppliers' pages."""

from services.scoring.domain.quarter import Quarter
from services.scoring.domain.report import Pack
from services.scoring.service.report import supplier_pages
from services.scoring.service.report.blocks import Block, Document, Facts, Heading, Items
from services.scoring.service.report.sections import actions, categories, distribution, movers, suppliers
from services.scoring.service.report.voice import Voice, clean, figure, moment, percent, plain, signed
from shared.languages import Language


def write_document(pack: Pack, language: Language) -> Document:
    """All that is said, in the order in which it is read."""
    voice = Voice(language)
    title = voice.say("title", quarter=pack.edition.quarter)
    is_draft = pack.edition.is_draft
    return Document(
        language=language,
        title=title,
        subtitle=voice.say("for_whom"),
        running=voice.say("running", title=title, revision=pack.edition.revision),
        draft=voice.say("draft") if is_draft else "",
        draft_note=voice.say("draft_note") if is_draft else "",
        contents=voice.say("contents"),
        skip=voice.say("skip"),
        front=_front(pack, voice),
        sections=tuple(
            section.write(pack, voice) for section in (distribution, movers, categories, actions, suppliers)
        ),
        pages_heading=voice.say("one_by_one"),
        pages=supplier_pages.pages(pack, voice),
    )


def _front(pack: Pack, voice: Voice) -> tuple[Block, ...]:
    return (
        Facts(facts(pack, voice)),
        Heading(voice.say("glance")),
        Items(_glance(pack, voice)),
        Heading(voice.say("warnings")),
        Items(warnings(pack, voice) or [voice.say("no_warnings")]),
    )


def facts(pack: Pack, voice: Voice) -> list[tuple[str, str]]:
    """Which review this is, and what it rests on."""
    edition, quarter, rules = pack.edition, Quarter.parse(pack.edition.quarter), pack.policy.qbr
    covered = pack.coverage
    told = [
        (voice.say("period"), voice.say("period_is", quarter=quarter, first=quarter.first_day, last=quarter.last_day)),
        (voice.say("revision"), str(edition.revision)),
        (voice.say("status"), voice.say("is_draft" if edition.is_draft else "is_published")),
        (
            voice.say("computed"),
            voice.say("asked_by", at=moment(edition.computed_at), who=clean(edition.created_by)),
        ),
    ]
    if edition.published_at is not None:
        published = voice.say("at_by", at=moment(edition.published_at), who=clean(edition.published_by or ""))
        told.append((voice.say("published"), published))
    bases = {basis: sum(card.basis == basis for card in pack.cards) for basis in ("assessed", "partly", "assumed")}
    return [
        *told,
        (
            voice.say("policy"),
            voice.say("policy_is", name=clean(pack.policy.name), version=pack.policy.version),
        ),
        (voice.say("population"), str(len(pack.cards))),
        (
            voice.say("coverage"),
            voice.say(
                "coverage_is",
                mean=figure(covered.mean),
                whole=plain(sum(rules.weights)),
                complete=covered.whole,
                capped=covered.capped,
                too_low=covered.too_low,
            ),
        ),
        (
            voice.say("bases"),
            voice.listed([f"{voice.name('basis', basis)} {count}" for basis, count in bases.items()]),
        ),
    ]


def _glance(pack: Pack, voice: Voice) -> list[str]:
    """What a board should know after the first minute."""
    if not pack.cards:
        return [voice.say("nobody")]
    a, _, c, d, unrated = pack.grades
    high = pack.tiers[0]
    overall = pack.overall[-1]
    told = [
        voice.say(
            "glance_grades",
            a=a.count, all=len(pack.cards), percent=percent(a.percent), c=c.count, d=d.count, unrated=unrated.count,
        )
    ]  # fmt: skip
    earlier = next((each for each in pack.overall if each.quarter == pack.quarter_before), None)
    if overall.mean_total is not None and earlier is not None and earlier.mean_total is not None:
        change = signed(overall.mean_total - earlier.mean_total)
        mean = figure(overall.mean_total)
        told.append(voice.say("glance_mean_against", mean=mean, change=change, before=pack.quarter_before))
    elif overall.mean_total is not None:
        told.append(voice.say("glance_mean", mean=figure(overall.mean_total)))
    if pack.movement is not None:
        moved = {"improved": pack.movement.improved, "worsened": pack.movement.worsened}
        told.append(voice.say("glance_moves", before=pack.quarter_before, **moved))
    told.append(voice.say("glance_tiers", high=high.count, percent=percent(high.percent)))
    if pack.categories:
        worst = pack.categories[0]
        named = voice.name("category", worst.code)
        told.append(voice.say("glance_category", category=named, mean=figure(worst.mean)))
    told.append(voice.say("glance_actions", count=len(pack.asked)))
    if pack.edition.revision > 1:
        told.append(voice.say("glance_revision", count=sum(bool(card.changes) for card in pack.cards)))
    return told


def warnings(pack: Pack, voice: Voice) -> list[str]:
    """What a reader has to be warned of."""
    edition = pack.edition
    told = [clean(warning) for warning in edition.warnings]
    for key, codes in (("unknown", edition.unknown_suppliers), ("dropped", edition.dropped_suppliers)):
        if codes:
            told.append(voice.say(key, codes=voice.listed([clean(code) for code in codes])))
    return told
