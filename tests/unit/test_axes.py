"""Axes from tabs, and the combinations that are walked."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docwalk.axes import PageAxis, choose_walks, resolve_axes
from docwalk.markup.markdown import TabSet
from docwalk.source import Source, Span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from docwalk.config import Project

A = PageAxis(group="a", labels=("1", "2", "3"), tab_sets=())
B = PageAxis(group="b", labels=("x", "y"), tab_sets=())


def walks(
    axes: Sequence[PageAxis],
    *,
    coverage: str = "each",
    exclude: Sequence[Mapping[str, str]] = (),
    wanted: Sequence[Mapping[str, str]] = ({},),
) -> tuple[list[str], list[Mapping[str, str]]]:
    chosen, impossible = choose_walks(axes, coverage=coverage, exclude=exclude, wanted=wanted)
    return ["".join(walk.values()) for walk in chosen], list(impossible)


def test_a_page_without_tabs_has_one_walk() -> None:
    assert walks([]) == ([""], [])


def test_each_label_is_covered_by_the_fewest_walks() -> None:
    assert walks([A, B]) == (["1x", "2y", "3x"], [])


def test_all_is_the_product_without_what_is_excluded() -> None:
    assert walks([A, B], coverage="all", exclude=[{"a": "2"}, {"a": "3", "b": "y"}]) == (
        ["1x", "1y", "3x"],
        [],
    )


def test_an_excluded_combination_is_avoided() -> None:
    assert walks([A, B], exclude=[{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]) == (["1y", "2x", "3x"], [])


def test_tabs_in_tabs_are_walked_together() -> None:
    goals = [{"a": "3", "b": "y"}, {"a": "2", "b": "x"}]
    assert walks([A, B], wanted=goals) == (["1x", "2y", "3y", "2x"], [])


@pytest.mark.parametrize("coverage", ["each", "all"])
def test_what_exclusion_makes_impossible_is_told(coverage: str) -> None:
    goal = {"a": "3", "b": "y"}
    _, impossible = walks([A, B], coverage=coverage, exclude=[goal], wanted=[goal])
    assert impossible == [goal]


@pytest.mark.parametrize("coverage", ["each", "all"])
def test_excluding_everything_leaves_no_walk(coverage: str) -> None:
    chosen, impossible = walks([B], coverage=coverage, exclude=[{"b": "x"}, {"b": "y"}])
    assert chosen == []
    assert {} in impossible


AXES = st.lists(st.integers(1, 4), max_size=4).map(
    lambda sizes: [
        PageAxis(group=f"g{n}", labels=tuple(f"{n}{i}" for i in range(size)), tab_sets=())
        for n, size in enumerate(sizes)
    ]
)


@given(AXES, st.data())
def test_every_possible_goal_is_walked_and_nothing_excluded(
    axes: list[PageAxis], data: st.DataObject
) -> None:
    combinations = [
        dict(zip([a.group for a in axes], labels, strict=True))
        for labels in product(*(a.labels for a in axes))
    ]
    exclude = data.draw(st.lists(st.sampled_from(combinations), max_size=3)) if axes else []
    wanted = data.draw(st.lists(st.sampled_from(combinations), max_size=3))
    left = [c for c in combinations if c not in exclude]
    chosen, impossible = choose_walks(axes, coverage="each", exclude=exclude, wanted=wanted)
    assert all(walk in left for walk in chosen)
    assert len({tuple(walk.items()) for walk in chosen}) == len(chosen)
    labels = [{a.group: label} for a in axes for label in a.labels]
    for goal in [*wanted, *labels]:
        is_possible = any(goal.items() <= c.items() for c in left)
        assert any(goal.items() <= walk.items() for walk in chosen) is is_possible
        assert (goal in impossible) is not is_possible
    assert chosen[:1] == tuple(left[:1])


def make_sets(*sets: tuple[bool, str]) -> tuple[TabSet, ...]:
    return tuple(
        TabSet(
            number=n,
            is_synchronised=sync,
            labels=tuple(labels.split()),
            spans=(Span(start=0, end=1),) * len(labels.split()),
        )
        for n, (sync, labels) in enumerate(sets)
    )


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([], []),
        ([(True, "a b"), (True, "b c"), (True, "d")], [("page:1", "a b c", (0, 1)), ("page:2", "d", (2,))]),
        ([(True, "a"), (True, "b"), (True, "a b")], [("page:1", "a b", (0, 1, 2))]),
        ([(False, "a b"), (False, "a b")], [("page:1", "a b", (0,)), ("page:2", "a b", (1,))]),
        ([(True, "a"), (False, "a")], [("page:1", "a", (0,)), ("page:2", "a", (1,))]),
        (
            [(True, "zsh bash"), (True, "x"), (True, "bash")],
            [("shell", "zsh bash", (0, 2)), ("page:1", "x", (1,))],
        ),
        ([(False, "zsh bash")], [("shell", "zsh bash", (0,))]),
        ([(True, ""), (True, "a")], [("page:1", "a", (1,))]),
    ],
)
def test_axes_are_declared_or_local(
    sets: list[tuple[bool, str]],
    expected: list[tuple[str, str, tuple[int, ...]]],
    project: Project,
    tmp_path: Path,
) -> None:
    axes, problems = resolve_axes(make_sets(*sets), project.axes, Source(path=tmp_path, text="x"))
    assert problems == ()
    assert [(axis.group, " ".join(axis.labels), axis.tab_sets) for axis in axes] == expected


def test_a_label_beside_those_of_an_axis_is_a_problem(project: Project, tmp_path: Path) -> None:
    source = Source(path=tmp_path, text="x")
    _, problems = resolve_axes(make_sets((True, "bash zhs")), project.axes, source)
    assert [(p.message, p.hint) for p in problems] == [
        ("`zhs` is no value of the axis `shell`, to which the other tabs here belong", "did you mean `zsh`?")
    ]
