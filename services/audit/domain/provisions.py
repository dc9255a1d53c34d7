"""The code catalogue: which provisions each version of a standard has, and what is wrong with a name that is none."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

MOST_SUGGESTIONS = 3

RBA = "RBA"
RBA_SECTIONS = {
    "A": "Labor",
    "B": "Health and Safety",
    "C": "Environment",
    "D": "Ethics",
    "E": "Management Systems",
}
RBA_8_0 = {
    "A1": "Prohibition of Forced Labor",
    "A2": "Young Workers",
    "A3": "Working Hours",
    "A4": "Wages and Benefits",
    "A5": "Non-Discrimination/Non-Harassment/Humane Treatment",
    "A6": "Freedom of Association and Collective Bargaining",
    "B1": "Occupational Health and Safety",
    "B2": "Emergency Preparedness",
    "B3": "Occupational Injury and Illness",
    "B4": "Industrial Hygiene",
    "B5": "Physically Demanding Work",
    "B6": "Machine Safeguarding",
    "B7": "Sanitation, Food, and Housing",
    "B8": "Health and Safety Communication",
    "C1": "Environmental Permits and Reporting",
    "C2": "Pollution Prevention and Resource Conservation",
    "C3": "Hazardous Substances",
    "C4": "Solid Waste",
    "C5": "Air Emissions",
    "C6": "Materials Restrictions",
    "C7": "Water Management",
    "C8": "Energy Consumption and Greenhouse Gas Emissions",
    "D1": "Business Integrity",
    "D2": "No Improper Advantage",
    "D3": "Disclosure of Information",
    "D4": "Intellectual Property",
    "D5": "Fair Business, Advertising and Competition",
    "D6": "Protection of Identity and Non-Retaliation",
    "D7": "Responsible Sourcing of Minerals",
    "D8": "Privacy",
    "E1": "Company Commitment",
    "E2": "Management Accountability and Responsibility",
    "E3": "Legal and Customer Requirements",
    "E4": "Risk Assessment and Risk Management",
    "E5": "Improvement Objectives",
    "E6": "Training",
    "E7": "Communication",
    "E8": "Worker/Stakeholder Engagement and Access To Remedy",
    "E9": "Audits and Assessments",
    "E10": "Corrective Action Process",
    "E11": "Documentation and Records",
    "E12": "Supplier Responsibility",
}
# 8.0 merged A5 and A6 of 7.0, so A6 and A7 moved: the same code means another provision in another version.
RBA_7_0 = RBA_8_0 | {
    "A1": "Freely Chosen Employment",
    "A5": "Humane Treatment",
    "A6": "Non-Discrimination/Non-Harassment",
    "A7": "Freedom of Association",
    "B1": "Occupational Safety",
    "B7": "Food, Sanitation and Housing",
    "C2": "Pollution Prevention and Resource Reduction",
    "E8": "Worker Feedback, Participation and Grievance",
}


@dataclass(frozen=True, slots=True)
class Provision:
    """One provision of one version of a standard."""

    standard: str
    version: str
    code: str
    title: str
    section: str
    section_title: str


class Complaint(NamedTuple):
    """What is wrong: `field` is `standard`, `code_version` or `provision`."""

    field: str
    message: str


Edition = tuple[str, str]
Catalogue = Mapping[Edition, Mapping[str, Provision]]


def _edition(standard: str, version: str, titles: Mapping[str, str]) -> dict[str, Provision]:
    in_order = sorted(titles, key=lambda code: (code[0], int(code[1:])))
    return {code: Provision(standard, version, code, titles[code], code[0], RBA_SECTIONS[code[0]]) for code in in_order}


CATALOGUE: Catalogue = {
    (RBA, "7.0"): _edition(RBA, "7.0", RBA_7_0),
    (RBA, "8.0"): _edition(RBA, "8.0", RBA_8_0),
}


def editions(catalogue: Catalogue = CATALOGUE) -> str:
    """The standards and versions held, for people."""
    return ", ".join(f"{standard} {version}" for standard, version in catalogue)


def edition_complaint(standard: str, version: str, catalogue: Catalogue = CATALOGUE) -> Complaint | None:
    """What is wrong with a standard's version, or None."""
    if (standard, version) in catalogue:
        return None
    field = "code_version" if any(standard == held for held, _ in catalogue) else "standard"
    return Complaint(field, f"there is no {standard} {version}; held are {editions(catalogue)}")


def complaint(standard: str, version: str, code: str, catalogue: Catalogue = CATALOGUE) -> Complaint | None:
    """What is wrong with a provision's name, with the nearest valid ones, or None."""
    wrong_edition = edition_complaint(standard, version, catalogue)
    if wrong_edition is not None:
        return wrong_edition
    edition = catalogue[standard, version]
    if code in edition:
        return None
    message = f"{standard} {version} has no provision {code}"
    elsewhere = [held for held in catalogue if held[0] == standard and code in catalogue[held]]
    if elsewhere:
        message += f" ({', '.join(' '.join(held) for held in elsewhere)} has)"
    near = nearest(edition, code)
    named = ", ".join(f"{name} {edition[name].title}" for name in near)
    return Complaint("provision", f"{message}; nearest: {named}")


def nearest(edition: Mapping[str, Provision], code: str) -> list[str]:
    """The codes that `code` may have been meant to be, likeliest first; at least one."""
    found = re.search(r"([A-Z])[^0-9A-Z]?0*(\d{1,9})", code.upper())
    if found:
        section, number = found[1], int(found[2])
        same_section = [name for name in edition if name.startswith(section)]
        if same_section:
            return sorted(same_section, key=lambda name: abs(int(name[1:]) - number))[:MOST_SUGGESTIONS]
    alike = difflib.get_close_matches(code.upper(), list(edition), MOST_SUGGESTIONS, cutoff=0.0)
    return alike or list(edition)[:MOST_SUGGESTIONS]
