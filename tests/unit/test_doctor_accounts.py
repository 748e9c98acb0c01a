"""What the doctor says of several accounts."""

from __future__ import annotations

from docwalk.environment.doctor import Level, several_accounts


def test_where_they_are_possible_nothing_is_to_do() -> None:
    found = several_accounts(("slurm",), None)
    assert (found.level, found.why, found.fix) == (Level.FINE, "possible", None)


def test_where_an_environment_needs_them_it_is_named() -> None:
    found = several_accounts(("slurm", "shared"), "newuidmap is not installed")
    assert (found.level, found.why) == (
        Level.LIMITED,
        "not by this account: newuidmap is not installed; no walk in slurm, shared",
    )
    assert found.fix is not None
    assert found.fix.startswith("sudo ")


def test_where_no_environment_needs_them_there_is_nothing_to_mend() -> None:
    found = several_accounts((), "newuidmap is not installed")
    assert (found.level, found.why, found.fix) == (
        Level.FINE,
        "not by this account: newuidmap is not installed; no environment here needs them",
        None,
    )
