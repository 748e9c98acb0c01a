"""The environment `login`, from the inside: what its tutorials rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from docwalk.environment.store import BuiltEnvironment

    from .conftest import Inside

pytestmark = pytest.mark.container

LOAD = "module load python/3.11 && "


def test_the_reader_is_an_ordinary_account(inside: Inside) -> None:
    assert inside("id; hostname; pwd; ls -A; tty").text.splitlines() == [
        "uid=1000(reader) gid=1000(reader) groups=1000(reader)",
        "login1",
        "/home/reader",
        ".bash_logout",
        ".bashrc",
        ".profile",
        ".zshrc",
        "not a tty",
    ]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/etc/new", "/usr/bin/new", "/opt/apps/new", "/new", "/home/new"]
)
def test_the_system_refuses_the_reader_s_writes(inside: Inside, path: str) -> None:
    answer = inside(f"echo x >> {path}")
    assert (answer.text, answer.status) == (f"bash: line 1: {path}: Permission denied", 1)


@pytest.mark.parametrize("path", ["~/new", "/tmp/new"])
def test_home_and_tmp_take_the_reader_s_writes(inside: Inside, path: str) -> None:
    answer = inside(f"echo x >> {path} && cat {path}")
    assert (answer.text, answer.status) == ("x", 0)


def test_system_files_show_as_root_s_or_the_importer_s(inside: Inside) -> None:
    assert inside("stat -c %U /etc/passwd").text in {"root", "reader"}


def test_modules_are_those_of_the_cluster(inside: Inside, login: BuiltEnvironment) -> None:
    listed = inside("module --terse avail 2>&1").text.splitlines()
    assert listed[0] == "/opt/apps/modulefiles:"
    assert sorted(line.split("(")[0] for line in listed[1:]) == sorted(login.manifest["modules"])
    assert "libs/python3.11/pytorch/2.13.0" in login.manifest["modules"]
    assert "python/3.11(default)" in listed


@pytest.mark.parametrize("version", ["3.11", "3.9"])
def test_a_module_s_python_lives_in_its_prefix(inside: Inside, version: str) -> None:
    program = "import sys; print(*(p for p in sys.path if p and not p.startswith(sys.prefix)), sys.prefix)"
    answer = inside(
        f"module load python/{version}; command -v python python3 pip pip3; python -c '{program}'"
    )
    prefix = f"/opt/apps/python/{version}"
    assert answer.text.splitlines() == [
        f"{prefix}/bin/python",
        f"{prefix}/bin/python3",
        f"{prefix}/bin/pip",
        f"{prefix}/bin/pip3",
        prefix,
    ]


def test_only_one_python_is_loaded_at_a_time(inside: Inside) -> None:
    answer = inside("module load python/3.11; module load python/3.9")
    assert answer.status == 1
    assert "ERROR: Module cannot be loaded due to a conflict." in answer.text


def test_a_library_wants_its_python_loaded_first(inside: Inside) -> None:
    answer = inside("module load libs/python3.11/numpy")
    assert answer.status == 1
    assert "HINT: the following module must be loaded first: python/3.11" in answer.text


def test_pip_installs_for_the_user_and_says_so(inside: Inside) -> None:
    answer = inside(f"{LOAD}pip install six && python -c 'import six; print(six.__file__)'")
    assert "Defaulting to user installation because normal site-packages is not writeable" in answer.text
    assert answer.text.splitlines()[-1] == "/home/reader/.local/lib/python3.11/site-packages/six.py"


def test_a_user_package_shadows_a_global_one(inside: Inside) -> None:
    show = "python -c 'import tabulate; print(tabulate.__version__)'"
    answer = inside(
        f"{LOAD}{show}; pip install --quiet --user tabulate==0.9.0; {show}; "
        "python -s -c 'import tabulate; print(tabulate.__file__)'"
    )
    assert answer.text.splitlines()[0] == "0.8.10"
    assert answer.text.splitlines()[-2:] == [
        "0.9.0",
        "/opt/apps/python/3.11/lib/python3.11/site-packages/tabulate.py",
    ]


def test_a_module_s_library_beats_the_user_s(inside: Inside) -> None:
    show = "python -c 'import pytz; print(pytz.__version__)'"
    answer = inside(
        f"{LOAD}pip install --quiet --user pytz==2024.1; {show}; "
        f"module load libs/python3.11/pandas 2>/dev/null; {show}"
    )
    assert answer.text.splitlines()[-2:] == ["2024.1", "2026.1"]


def test_the_system_python_is_externally_managed(inside: Inside) -> None:
    answer = inside("/usr/bin/python3 -m pip install six")
    assert answer.status == 1
    assert answer.text.startswith("error: externally-managed-environment")


@pytest.mark.parametrize("version", ["3.11", "3.9"])
def test_a_virtual_environment_has_pip(inside: Inside, version: str) -> None:
    answer = inside(f"module load python/{version}; python3 -m venv v && v/bin/python -m pip --version")
    assert f"from /home/reader/v/lib/python{version}/site-packages/pip (python {version})" in answer.text


@pytest.mark.parametrize(
    ("module", "package", "version"),
    [
        ("numpy", "numpy", "1.26.4"),
        ("scipy", "scipy", "1.13.1"),
        ("pandas", "pandas", "2.2.3"),
        ("matplotlib", "matplotlib", "3.8.4"),
        ("pytorch", "torch", "2.13.0+cpu"),
        ("tensorflow", "tensorflow", "2.21.0"),
    ],
)
def test_a_library_is_imported_from_its_module_without_a_word(
    inside: Inside, module: str, package: str, version: str
) -> None:
    program = f"import {package}; print({package}.__version__, {package}.__file__)"
    answer = inside(f"module load python/3.11 libs/python3.11/{module} 2>/dev/null; python -c '{program}'")
    shown, file = answer.text.split()
    assert shown == version
    assert file.startswith(f"/opt/apps/libs/python3.11/{module}/{version.partition('+')[0]}/")


def test_help_of_a_library_says_whom_to_ask(inside: Inside) -> None:
    text = inside("module help libs/python3.11/pytorch 2>&1").text
    assert "Need another version for everybody? Write to support@cluster.example." in text


def test_pip_has_a_manual_page(inside: Inside) -> None:
    text = inside(f"{LOAD}man pip | cat").text
    assert text.startswith("PIP(1)")
    assert "pip - A tool for installing and managing Python packages" in text


def test_the_shell_has_no_settings_for_python(inside: Inside) -> None:
    assert inside("env | grep -E '^(PIP_|PYTHON|MANPATH)'").text == ""
    assert inside("ls -d ~/.local").status == 2


def test_what_only_the_host_has_is_not_in_pip_s_configuration(inside: Inside) -> None:
    shown = inside(f"{LOAD}pip config list").text
    assert "global.disable-pip-version-check='true'" in shown
    assert "://" not in shown.replace("https://", "").replace("http://", "").replace("file:///srv/", "")
    assert "@" not in shown
