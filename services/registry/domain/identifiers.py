"""Company identifiers and their check digits."""

import re

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

PATTERNS = {
    "duns": re.compile(r"[0-9]{9}"),
    "lei": re.compile(r"[A-Z0-9]{18}[0-9]{2}"),
    "gln": re.compile(r"[0-9]{13}"),
    "os_id": re.compile(r"[A-Z]{2}[0-9]{7}[A-Z0-9]{6}"),
}
FORMS = {
    "duns": "9 digits",
    "lei": "18 letters or digits and 2 check digits (ISO 17442)",
    "gln": "13 digits (GS1)",
    "os_id": "a country, 7 digits and 6 characters (Open Supply Hub)",
}


def normalise(scheme: str, value: str) -> str:
    """The identifier as it is stored: without the blanks, hyphens and lower case that people write it with."""
    return re.sub(r"[\s-]", "", value).upper() if scheme in PATTERNS else value.strip()


def complaint(scheme: str, value: str) -> str | None:
    """What is wrong with a normalised identifier, or None; schemes that are not known here pass as they are."""
    pattern = PATTERNS.get(scheme)
    if pattern is None:
        return None if value else f"A {scheme} identifier must not be empty."
    if pattern.fullmatch(value) is None:
        return f"{value!r} is not of the form of a {scheme}: {FORMS[scheme]}."
    checks = {"lei": has_lei_check_digits, "gln": has_gln_check_digit, "os_id": has_os_id_check_character}
    check = checks.get(scheme)
    if check is not None and not check(value):
        return f"The check digits of the {scheme} {value} are wrong; it was probably mistyped."
    return None


def has_lei_check_digits(value: str) -> bool:
    """ISO 7064 MOD 97-10: letters count as 10 to 35, and the number leaves 1 when divided by 97."""
    return int("".join(str(int(character, 36)) for character in value)) % 97 == 1


def has_gln_check_digit(value: str) -> bool:
    """GS1 modulo 10: weights 3 and 1 alternate from the left of the check digit."""
    weighted = sum(int(digit) * (3 if n % 2 else 1) for n, digit in enumerate(value))
    return weighted % 10 == 0


def has_os_id_check_character(value: str) -> bool:
    """Open Supply Hub: codes of the country's letters plus the base-32 values of the rest, modulo 32."""
    if any(character not in CROCKFORD for character in value[2:]):
        return False
    total = ord(value[0]) + ord(value[1]) + sum(CROCKFORD.index(character) for character in value[2:-1])
    return CROCKFORD[total % 32] == value[-1]
