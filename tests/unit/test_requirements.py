"""Requirements: read, printed, and held against what an environment has."""

from __future__ import annotations

import pytest

from docwalk.requirements import Facts, Requirement, RequirementError, split_requirements

MANIFEST = {
    "packages": {"git": "1:2.39.5-0+deb12u2", "odd": "latest"},
    "modules": ["libs/python3.11/pytorch/2.13", "python/3.11", "python/3.9", "tools"],
    "pythons": {
        "system": {"version": "3.11.2", "packages": {}},
        "python/3.9": {"version": "3.9.25", "packages": {"pip": "23.0.1"}},
    },
    "gpu": {"kind": "simulated"},
}
FACTS = Facts(
    environment="login", manifest=MANIFEST, has_network=True, has_users=False, services=("slurmd", "munged")
)
BARE = Facts(environment="bare", manifest={}, has_network=False, has_users=True, services=())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gpu", ("gpu",)),
        ("gpu, network module:a/b", ("gpu", "network", "module:a/b")),
        ("python >= 3.9, < 3.12, pip>=23", ("python>=3.9,<3.12", "pip>=23")),
        (" ", ()),
    ],
)
def test_a_list_is_split_between_requirements(text: str, words: tuple[str, ...]) -> None:
    assert split_requirements(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "gpu", "gpu-monitoring", "network", "users", "slurm", "python>=3.9,<3.12", "pip~=23.0",
        "module:libs/python3.11/pytorch>=2", "package:git", "service:slurmd",
    ],
)  # fmt: skip
def test_a_requirement_reads_back_as_it_prints(text: str) -> None:
    assert str(Requirement.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gpus", "`gpus` is no requirement"),
        ("gpu:0", "`gpu:0` is no requirement"),
        ("module", "`module` is no requirement"),
        ("", "`` is no requirement"),
        ("network>=2", "`network` has no version to compare"),
        ("python>=x", "`>=x` in `python>=x` compares no version"),
        ("python=3", "`=3` in `python=3` compares no version"),
    ],
)
def test_other_text_is_none(text: str, message: str) -> None:
    with pytest.raises(RequirementError) as error:
        Requirement.parse(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "network", "slurm", "service:munged", "gpu-monitoring", "python>=3.11", "python<3.10", "pip>=23",
        "module:python", "module:python/3.11", "module:python>=3.10", "module:tools", "package:git>=2.30",
        "module:libs/python3.11/pytorch>=2", "package:odd",
    ],
)  # fmt: skip
def test_what_is_there_is_met(text: str) -> None:
    assert Requirement.parse(text).unmet(FACTS) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gpu", "environment `login` has a simulated GPU only, and this needs a real one"),
        ("users", "environment `login` has no `users`"),
        ("service:slurmctld", "environment `login` has no `service:slurmctld`"),
        ("python>=3.13", "environment `login` has `python` 3.11.2, 3.9.25, not `python>=3.13`"),
        ("pip>=24", "environment `login` has `pip` 23.0.1, not `pip>=24`"),
        ("module:pytho", "environment `login` has no `module:pytho`"),
        ("module:python>=4", "environment `login` has `module:python` 3.11, 3.9, not `module:python>=4`"),
        ("package:git>=3", "environment `login` has `package:git` 1:2.39.5-0+deb12u2, not `package:git>=3`"),
        ("package:odd>=1", "environment `login` has `package:odd` latest, not `package:odd>=1`"),
    ],
)
def test_what_is_not_there_is_said(text: str, reason: str) -> None:
    assert Requirement.parse(text).unmet(FACTS) == reason


@pytest.mark.parametrize("text", ["gpu", "gpu-monitoring", "network", "slurm", "python", "pip", "module:a"])
def test_an_environment_of_which_nothing_is_known_has_nothing(text: str) -> None:
    assert Requirement.parse(text).unmet(BARE) == f"environment `bare` has no `{text}`"


def test_several_accounts_are_enough_for_users() -> None:
    assert Requirement.parse("users").unmet(BARE) is None
