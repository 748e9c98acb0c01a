"""How walks are told from each other in a reader's words."""

from __future__ import annotations

import pytest

from docwalk.document import TabChoice
from docwalk.sphinx_ext.choices import choices_text, deciding_axes


def walk(text: str) -> tuple[TabChoice, ...]:
    """The choices `bash Modules`, an axis for each word."""
    return tuple(
        TabChoice(group=group, label=label)
        for group, label in zip(("shell", "modules"), text.split(), strict=False)
    )


FOUR = ("bash Modules", "zsh Lmod", "tcsh Modules", "fish Modules")


@pytest.mark.parametrize(
    ("these", "among", "text"),
    [
        (("bash",), ("bash",), ""),
        (("bash Modules", "zsh Lmod"), ("bash Modules", "zsh Lmod"), ""),
        (("bash Lmod",), ("bash Modules", "bash Lmod"), "Lmod"),
        (("zsh Lmod",), FOUR, "zsh, Lmod"),
        (("bash Modules", "tcsh Modules", "fish Modules"), FOUR, "Modules"),
        (("bash Modules", "fish Modules"), FOUR, "bash or fish"),
        (("bash Modules", "zsh Lmod", "fish Modules"), FOUR, "bash, zsh or fish"),
        (
            ("bash Modules", "zsh Lmod"),
            ("bash Modules", "zsh Lmod", "bash Lmod", "zsh Modules"),
            "bash, Modules; zsh, Lmod",
        ),
    ],
)
def test_the_fewest_labels_that_tell_them(these: tuple[str, ...], among: tuple[str, ...], text: str) -> None:
    assert choices_text([walk(each) for each in these], [walk(each) for each in among]) == text


def test_an_environment_of_the_page_is_called_so() -> None:
    login, lmod = ((TabChoice(group="environments", label=label),) for label in ("login", "lmod"))
    assert choices_text([lmod], [login, lmod]) == "environment lmod"


@pytest.mark.parametrize(
    ("looks", "axes"),
    [
        ({"bash Modules": 0, "zsh Lmod": 1, "tcsh Lmod": 1, "tcsh Modules": 0}, {"modules"}),
        ({"bash Modules": 0, "zsh Lmod": 1}, {"shell", "modules"}),
        ({"bash Modules": 0, "bash Lmod": 1, "zsh Modules": 1, "zsh Lmod": 0}, {"shell", "modules"}),
        ({"bash Modules": 0, "bash Lmod": 1}, {"modules"}),
        # Each shell was walked once: only the module system can be seen to decide, or nothing.
        ({"bash Modules": 0, "zsh Lmod": 1, "tcsh Modules": 0, "fish Modules": 0}, {"modules"}),
        ({"bash Modules": 0, "zsh Lmod": 1, "tcsh Modules": 2, "fish Modules": 3}, {"shell", "modules"}),
    ],
)
def test_one_axis_may_decide_alone(looks: dict[str, int], axes: set[str]) -> None:
    assert deciding_axes([(walk(text), look) for text, look in looks.items()]) == axes
