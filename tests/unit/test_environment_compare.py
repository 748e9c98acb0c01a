"""What differs between two manifests."""

from __future__ import annotations

from docwalk.environment.compare import compare_manifests

BEFORE = {
    "os": "Debian GNU/Linux 12 (bookworm)",
    "packages": {"bash": "5.2", "nano": "7.2", "tcl": "8.6"},
    "modules": ["python/3.11", "python/3.9"],
    "pythons": {
        "python/3.11": {"version": "3.11.2", "packages": {"pip": "26.0", "tabulate": "0.9"}},
        "system": {"version": "3.11.2", "packages": {}},
    },
    "bytes": {"base": 1},
}
AFTER = {
    "os": "Debian GNU/Linux 13 (trixie)",
    "module_system": "Lmod 8.6.19",
    "packages": {"bash": "5.2", "nano": "8.4", "vim": "9.1"},
    "modules": ["python/3.11", "python/3.13"],
    "pythons": {
        "python/3.11": {"version": "3.11.2", "packages": {"pip": "26.3", "numpy": "1.26"}},
        "python/3.13": {"version": "3.13.5", "packages": {"pip": "26.3"}},
    },
    "bytes": {"base": 2},
}


def test_versions_that_changed_came_and_went_are_listed() -> None:
    assert [str(each) for each in compare_manifests(BEFORE, AFTER)] == [
        "~ system modules by  -> Lmod 8.6.19",
        "~ system system Debian GNU/Linux 12 (bookworm) -> Debian GNU/Linux 13 (trixie)",
        "~ package nano 7.2 -> 8.4",
        "- package tcl 8.6",
        "+ package vim 9.1",
        "+ python python/3.13 3.13.5",
        "- python system 3.11.2",
        "+ python/3.11 numpy 1.26",
        "~ python/3.11 pip 26.0 -> 26.3",
        "- python/3.11 tabulate 0.9",
        "+ module python/3.13",
        "- module python/3.9",
    ]


def test_sizes_are_no_difference() -> None:
    assert compare_manifests(BEFORE, {**BEFORE, "bytes": {"base": 9}}) == ()


def test_a_manifest_that_tells_nothing_lacks_everything() -> None:
    assert {each.after for each in compare_manifests({"modules": ["a/1"], "pythons": 3}, {})} == {None}
