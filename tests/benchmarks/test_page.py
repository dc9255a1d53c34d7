"""docs/performance.md shows what was measured, and nothing else."""

import json
from pathlib import Path

import pytest

from benchmarks import page, results
from benchmarks.results import Result

FIELDS = {"work", "ours", "reference", "unit", "ratio", "goal", "better"}


def test_the_page_shows_the_results_that_are_kept() -> None:
    assert page.shown() == page.table(results.read(results.RESULTS))


def test_each_result_says_what_it_is_and_its_ratio_is_that_of_its_figures() -> None:
    kept = results.read(results.RESULTS)
    assert len({result["work"] for result in kept}) == len(kept)
    for result in kept:
        assert result.keys() == FIELDS
        assert result["better"] in ("higher", "lower")
        assert result["ratio"] == pytest.approx(result["ours"] / result["reference"], rel=2e-3)


def test_a_goal_is_met_from_the_side_on_which_it_is_better() -> None:
    slow, fast = (Result("work", ours, 100, "requests/s", 0.5, "higher") for ours in (40, 60))
    long, short = (Result("work", ours, 100, "ms", 3, "lower") for ours in (310, 290))
    assert [result.is_met for result in (slow, fast, long, short)] == [False, True, False, True]
    assert "| at least 0.5 x | missed |" in page.table([slow.as_json()])
    assert "| at most 3 x | met |" in page.table([short.as_json()])


def test_a_kept_run_stands_between_the_marks_and_leaves_the_rest_of_the_page_alone(tmp_path: Path) -> None:
    written = tmp_path / "performance.md"
    marks = "<!-- machine -->\nold\n<!-- end -->", "<!-- results -->\nold\n<!-- end -->"
    written.write_text("Before\n{}\nbetween\n{}\nafter\n".format(*marks))
    kept = tmp_path / "results.json"
    results.write([Result("work", 2.34567, 1, "ms", 3, "lower")], kept)
    page.write(results.read(kept), "One core.", written)
    text = written.read_text()
    assert (json.loads(kept.read_text())[0]["ours"], text.count("old")) == (2.346, 0)
    assert page.shown(written) == page.table(results.read(kept))
    assert text.startswith("Before\n<!-- machine -->\nOne core.\n<!-- end -->\nbetween\n")
    assert text.endswith("\nafter\n")


def test_a_run_of_some_works_renews_their_rows_alone(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    first = [Result(work, 1, 1, "ms", 3, "lower") for work in ("reading", "writing")]
    results.write(first, kept)
    results.write([Result("reading", 2, 1, "ms", 3, "lower")], kept)
    assert [(row["work"], row["ours"]) for row in results.read(kept)] == [("reading", 2), ("writing", 1)]
