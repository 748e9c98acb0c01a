"""What an environment says of itself."""

from __future__ import annotations

import pytest

from docwalk.environment.manifest import parse_answer

ANSWER = (
    "\0os\0Debian GNU/Linux 12 (bookworm)"
    "\0packages\0installed bash=5.2.15-2+b2\ninstalled libc6=2.36-9\nnot-installed nano=\n"
    "\0system\0Modules Release 5.2.0 (2022-11-08)\n"
    "\0modules\0/opt/apps/modulefiles:\npython/3.9\npython/3.11(default)\nlibs/\n"
    "\0python system\0003.11.2\npip==23.0.1\n"
    "\0python python/3.9\0003.9.2\npip==26.0.1\ntabulate==0.8.9\n-e git+https://a.example\n"
)


def test_an_answer_is_read() -> None:
    assert parse_answer(ANSWER) == {
        "os": "Debian GNU/Linux 12 (bookworm)",
        "packages": {"bash": "5.2.15-2+b2", "libc6": "2.36-9"},
        "module_system": "Environment Modules 5.2.0",
        "modules": ["libs", "python/3.11", "python/3.9"],
        "pythons": {
            "system": {"version": "3.11.2", "packages": {"pip": "23.0.1"}},
            "python/3.9": {"version": "3.9.2", "packages": {"pip": "26.0.1", "tabulate": "0.8.9"}},
        },
    }


def test_an_environment_without_modules_has_none() -> None:
    assert parse_answer("\0os\0Small\0packages\0\0system\0\0modules\0") == {
        "os": "Small",
        "packages": {},
        "module_system": "",
        "modules": [],
        "pythons": {},
    }


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown part `rubies`"):
        parse_answer("\0rubies\0none")


def test_lmod_s_titles_are_no_modules() -> None:
    said = "Modules based on Lua: Version 8.6.19  2022-04-16 13:46 -05:00\n    by Robert McLay\n"
    listed = "libs/python3.9/numpy/\nlibs/python3.9/numpy/1.24.4\npython/\npython/3.9\nlone/\n"
    found = parse_answer(f"\0system\0{said}\0modules\0{listed}")
    assert found["module_system"] == "Lmod 8.6.19"
    assert found["modules"] == ["libs/python3.9/numpy/1.24.4", "lone", "python/3.9"]
