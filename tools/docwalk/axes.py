"""Axes of a page from its tabs, and the combinations of their labels that are walked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from docwalk.errors import ErrorCode
from docwalk.options import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.config import Axis
    from docwalk.errors import SourceProblem
    from docwalk.markup.markdown import TabSet
    from docwalk.source import Source


ENVIRONMENTS = "environments"
"""Axis that a page's `environments` are; its labels are their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAxis:
    """One axis as a page uses it."""

    group: str
    """Name of a declared axis, `page:N`, or ENVIRONMENTS."""
    labels: tuple[str, ...]
    """Labels on the page, in order of appearance."""
    tab_sets: tuple[int, ...]
    """Numbers of its tab sets."""


def resolve_axes(
    tab_sets: Sequence[TabSet], declared: Mapping[str, Axis], source: Source
) -> tuple[tuple[PageAxis, ...], tuple[SourceProblem, ...]]:
    """The axes of a page in order of appearance, and labels that match an axis in part."""
    problems: list[SourceProblem] = []
    for tab_set in tab_sets:
        axis = _declared_axis(tab_set, declared)
        if axis is not None:
            problems.extend(_partial_matches(tab_set, axis, source))
    return name_axes(tab_sets, declared), tuple(problems)


def name_axes(tab_sets: Sequence[TabSet], declared: Mapping[str, Axis]) -> tuple[PageAxis, ...]:
    """The axes of a page in order of appearance.

    A set all of whose labels belong to a declared axis is that axis. Other sets are local: one axis for all
    synchronised sets that share a label, one for each other set.
    """
    groups: list[tuple[str, list[int]]] = []
    names: dict[int, str] = {}
    locals_: list[tuple[set[str], list[int]]] = []
    used = [tab_set for tab_set in tab_sets if tab_set.labels]
    for tab_set in used:
        axis = _declared_axis(tab_set, declared)
        if axis is None:
            _join_local(tab_set, locals_)
        else:
            names[tab_set.number] = axis.name
    local_of = {number: index for index, (_, numbers) in enumerate(locals_) for number in numbers}
    local_names: dict[int, str] = {}
    for tab_set in used:
        if tab_set.number not in names:
            index = local_of[tab_set.number]
            names[tab_set.number] = local_names.setdefault(index, f"page:{len(local_names) + 1}")
        name = names[tab_set.number]
        members = next((numbers for group, numbers in groups if group == name), None)
        if members is None:
            groups.append((name, [tab_set.number]))
        else:
            members.append(tab_set.number)
    return tuple(
        PageAxis(
            group=name,
            labels=tuple(dict.fromkeys(label for n in numbers for label in tab_sets[n].labels)),
            tab_sets=tuple(numbers),
        )
        for name, numbers in groups
    )


def _declared_axis(tab_set: TabSet, declared: Mapping[str, Axis]) -> Axis | None:
    """The declared axis that has most of the set's labels; None where none has any."""
    best = max(declared.values(), key=lambda axis: len(set(tab_set.labels) & set(axis.labels)), default=None)
    return best if best is not None and set(tab_set.labels) & set(best.labels) else None


def _partial_matches(tab_set: TabSet, axis: Axis, source: Source) -> Iterator[SourceProblem]:
    for label, span in zip(tab_set.labels, tab_set.spans, strict=True):
        if label not in axis.labels:
            yield source.problem(
                ErrorCode.UNKNOWN_TAB,
                f"`{label}` is no value of the axis `{axis.name}`, to which the other tabs here belong",
                span=span,
                hint=did_you_mean(label, axis.labels, otherwise="its values are"),
            )


def _join_local(tab_set: TabSet, locals_: list[tuple[set[str], list[int]]]) -> None:
    labels = set(tab_set.labels)
    joined = [entry for entry in locals_ if tab_set.is_synchronised and entry[0] & labels]
    numbers = [tab_set.number]
    for entry in joined:
        labels |= entry[0]
        numbers = [*entry[1], *numbers]
        locals_.remove(entry)
    # a set that is not synchronised never shares: an empty set of labels meets nothing
    locals_.append((labels if tab_set.is_synchronised else set(), sorted(numbers)))


Choice = dict[str, str]
"""Labels by axis name."""


def choose_walks(
    axes: Sequence[PageAxis],
    *,
    coverage: str,
    exclude: Sequence[Mapping[str, str]],
    wanted: Sequence[Mapping[str, str]],
) -> tuple[tuple[Choice, ...], tuple[Mapping[str, str], ...]]:
    """The combinations of labels to walk, the default first, and the wanted ones that cannot be walked.

    Args:
        axes: Axes of the page.
        coverage: `all` takes the product, `each` few walks that together show every label and all `wanted`.
        exclude: Combinations, in part or whole, that are no walk.
        wanted: Combinations that some walk must contain: the tabs each block lies in.
    """
    if coverage == "all":
        walks = [
            choice
            for labels in product(*(axis.labels for axis in axes))
            if not _is_excluded(choice := dict(zip((a.group for a in axes), labels, strict=True)), exclude)
        ]
        impossible = [goal for goal in wanted if not any(goal.items() <= walk.items() for walk in walks)]
        return tuple(walks), tuple(impossible)
    goals: list[Mapping[str, str]] = [{a.group: label} for a in axes for label in a.labels]
    goals += [goal for goal in wanted if len(goal) != 1]
    first = _complete({}, axes, exclude)
    chosen = [] if first is None else [first]
    impossible = []
    open_goals = [goal for goal in goals if first is None or not goal.items() <= first.items()]
    while open_goals:
        walk = _complete(open_goals[0], axes, exclude)
        if walk is None:
            impossible.append(open_goals.pop(0))
            continue
        fixed: Choice = dict(open_goals[0])
        for goal in open_goals[1:]:
            if all(fixed.get(group, label) == label for group, label in goal.items()):
                candidate = _complete({**fixed, **goal}, axes, exclude)
                if candidate is not None:
                    fixed, walk = {**fixed, **goal}, candidate
        chosen.append(walk)
        open_goals = [goal for goal in open_goals if not goal.items() <= walk.items()]
    return tuple(chosen), tuple(impossible)


def _complete(
    fixed: Mapping[str, str], axes: Sequence[PageAxis], exclude: Sequence[Mapping[str, str]]
) -> Choice | None:
    """The first combination that has the fixed labels and is not excluded; None where there is none."""

    def extend(choice: Choice, rest: Sequence[PageAxis]) -> Choice | None:
        if _is_excluded(choice, exclude):
            return None
        if not rest:
            return choice
        axis = rest[0]
        labels = (fixed[axis.group],) if axis.group in fixed else axis.labels
        for label in labels:
            found = extend({**choice, axis.group: label}, rest[1:])
            if found is not None:
                return found
        return None

    return extend({}, axes)


def _is_excluded(choice: Mapping[str, str], exclude: Sequence[Mapping[str, str]]) -> bool:
    return any(entry.items() <= choice.items() for entry in exclude)
