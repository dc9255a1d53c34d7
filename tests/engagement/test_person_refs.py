"""How people are called without being named."""

import hashlib
from typing import Any
from uuid import uuid4

import pytest

from services.engagement.domain import person_refs
from tests.engagement.programme import create_event
from tests.engagement.test_attendance_reports import create_suppliers, post
from tests.engagement.test_courses import create_course
from tests.engagement.test_xapi import send, statement
from tests.stage import Stage

KEY = b"k" * 32
SUPPLIER = uuid4()


@pytest.mark.parametrize(
    "written",
    [" mei@acme.example ", "Mei@ACME.example", "mei@acme.example\n"],
)
def test_one_address_is_one_person_however_it_is_written(written: str) -> None:
    assert person_refs.of_address(KEY, written) == person_refs.of_address(KEY, "mei@acme.example")


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("mei@bücher.example", "mei@xn--bcher-kva.example"),
        ("mei@BÜCHER.example", "mei@bu\u0308cher.example"),
        ("jose\u0301@acme.example", "jos\u00e9@acme.example"),
    ],
)
def test_letters_beyond_ascii_make_no_second_person(one: str, same: str) -> None:
    assert person_refs.of_address(KEY, one) == person_refs.of_address(KEY, same)


@pytest.mark.parametrize("strange", ["", "@", "mei", "mei@", "@acme.example", "mei@" + "ü" * 300, "mei@ü..example"])
def test_what_is_no_address_has_a_reference_too(strange: str) -> None:
    assert person_refs.is_mail(person_refs.of_address(KEY, strange))


def test_the_digest_of_an_address_is_the_same_person_as_the_address() -> None:
    sha1sum = hashlib.sha1(b"mailto:mei@acme.example", usedforsecurity=False).hexdigest()
    assert person_refs.of_mbox_sha1sum(KEY, sha1sum.upper()) == person_refs.of_address(KEY, "Mei@acme.example")


def test_names_and_accounts_are_other_people_than_addresses() -> None:
    refs = [
        person_refs.of_address(KEY, "mei@acme.example"),
        person_refs.of_name(KEY, SUPPLIER, "mei@acme.example"),
        person_refs.of_name(KEY, uuid4(), "mei@acme.example"),
        person_refs.of_account(KEY, "https://lms.example", "mei@acme.example"),
        person_refs.of_address(b"other" * 8, "mei@acme.example"),
    ]
    assert len(set(refs)) == len(refs)
    assert [person_refs.is_mail(ref) for ref in refs] == [True, False, False, False, True]
    assert all(len(ref) <= 64 and "mei" not in ref for ref in refs)


def test_a_name_is_one_person_within_a_supplier_however_it_is_spaced() -> None:
    assert person_refs.of_name(KEY, SUPPLIER, " Mei  LIN ") == person_refs.of_name(KEY, SUPPLIER, "mei lin")


def test_nobody_is_somebody_else_each_time() -> None:
    one, other = person_refs.of_nobody(b"a" * 16), person_refs.of_nobody(b"b" * 16)
    assert one != other
    assert not person_refs.is_mail(one)
    assert len(one) == len(person_refs.ERASED) + 32


async def refs_of(stage: Stage, table: str) -> list[Any]:
    return [ref for (ref,) in await stage.psql("engagement", f"SELECT DISTINCT person_ref FROM {table} ORDER BY 1")]


async def test_who_attends_a_forum_and_completes_a_course_is_one_person(stage: Stage) -> None:
    await create_suppliers(stage)
    async with stage.machine("engagement") as client:
        event = await create_event(client)
        assert (await post(client, event)).status_code == 201
        await create_course(client)
        done = await send(client, [statement(actor={"mbox": "mailto:Mei@acme.example"})])
        assert done.status_code == 200, done.text
        found = (await client.post("/v1/people/lookup", json={"email": "mei@ACME.example"})).json()
    [completed] = await refs_of(stage, "course_completion")
    attended = await refs_of(stage, "attendance")
    assert completed in attended
    assert found["person_ref"] == completed
    assert (found["counts"]["attendances"], found["counts"]["completions"]) == (1, 1)
    assert sorted(person_refs.is_mail(ref) for ref in attended) == [False, True]
