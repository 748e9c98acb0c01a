"""Which walks something is said of, in a reader's words: `Lmod`, `zsh or tcsh`, `bash, Lmod`.

Pure. A walk is told from its neighbours by the tabs it chose; what all of them chose need not be said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docwalk.document import TabChoice


def choices_text(these: Sequence[tuple[TabChoice, ...]], among: Sequence[tuple[TabChoice, ...]]) -> str:
    """What tells some walks from the others; empty where there are no others.

    Args:
        these: what each of the walks chose; not empty.
        among: what each of all walks chose, these among them.

    >>> from docwalk.document import TabChoice
    >>> modules, lmod = (TabChoice(group="modules", label=label) for label in ("Modules", "Lmod"))
    >>> choices_text([(lmod,)], [(modules,), (lmod,)])
    'Lmod'
    """
    if len(these) == len(among):
        return ""
    mine = [_by_axis(choices) for choices in these]
    others = [_by_axis(choices) for choices in among if choices not in these]
    telling: dict[str, list[str]] = {}
    for axis in mine[0]:
        labels = list(dict.fromkeys(choices[axis] for choices in mine if axis in choices))
        if all(axis in choices for choices in mine) and not any(
            other.get(axis) in labels for other in others
        ):
            telling[axis] = labels
    if telling:
        # One label says more than a list of them; axes that say the same are all said.
        fewest = min(len(labels) for labels in telling.values())
        best = [labels for labels in telling.values() if len(labels) == fewest]
        return ", ".join(_either(labels) for labels in best) if fewest == 1 else _either(best[0])
    differing = [axis for axis in mine[0] if len({each.get(axis) for each in (*mine, *others)}) > 1]
    walks = [", ".join(choices[axis] for axis in differing if axis in choices) for choices in mine]
    return "; ".join(dict.fromkeys(walks))


def deciding_axes(walks: Sequence[tuple[tuple[TabChoice, ...], object]]) -> frozenset[str]:
    """The axis whose choice alone decides what readers get; all axes where none or several could be it.

    An axis of which each label was walked once says nothing: what differs may be due to any other choice, or
    to nothing but the run. It decides only where walks chose alike in all other axes.

    Args:
        walks: what each walk chose, and what its readers get.
    """
    axes = dict.fromkeys(choice.group for choices, _ in walks for choice in choices)
    looks_of = {axis: _looks_by_label(walks, axis) for axis in axes}
    is_only_one = sum(len(seen) > 1 for seen in looks_of.values()) == 1
    deciding = [
        axis
        for axis, seen in looks_of.items()
        if len(seen) > 1
        and all(len(set(looks)) == 1 for looks in seen.values())
        and (is_only_one or any(len(looks) > 1 for looks in seen.values()))
    ]
    return frozenset(deciding if len(deciding) == 1 else axes)


def _looks_by_label(
    walks: Sequence[tuple[tuple[TabChoice, ...], object]], axis: str
) -> Mapping[str | None, Sequence[object]]:
    seen: dict[str | None, list[object]] = {}
    for choices, look in walks:
        label = next((choice.label for choice in choices if choice.group == axis), None)
        seen.setdefault(label, []).append(look)
    return seen


def _by_axis(choices: tuple[TabChoice, ...]) -> Mapping[str, str]:
    return {
        choice.group: f"environment {choice.label}" if choice.group == "environments" else choice.label
        for choice in choices
    }


def _either(labels: Sequence[str]) -> str:
    *before, last = labels
    return f"{', '.join(before)} or {last}" if before else last
