"""The environment `next`: its two Pythons stand on their own, and the system's refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docwalk.testing_sandbox import find_built

from .conftest import ENVIRONMENTS, run_inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.environment.store import BuiltEnvironment

    from .conftest import Inside

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def built() -> BuiltEnvironment:
    found = find_built(ENVIRONMENTS / "next")
    if found is None:
        pytest.fail("`next` is not built: docwalk env build next")
    return found


@pytest.fixture
def there(built: BuiltEnvironment) -> Iterator[Inside]:
    with run_inside(built) as run:
        yield run


def test_it_is_the_next_debian(built: BuiltEnvironment) -> None:
    assert built.manifest["os"] == "Debian GNU/Linux 13 (trixie)"
    assert built.manifest["pythons"]["system"]["version"].startswith("3.13.")


@pytest.mark.parametrize("version", ["3.13", "3.11"])
def test_a_python_finds_packages_in_its_prefix_and_in_the_home_only(there: Inside, version: str) -> None:
    program = "import sys; print(sys.prefix, *(p for p in sys.path if p and not p.startswith(sys.prefix)))"
    answer = there(
        f'module load python/{version} && mkdir -p $(python3 -m site --user-site) && python3 -c "{program}"'
    )
    assert answer.text == (
        f"/opt/apps/python/{version} /home/reader/.local/lib/python{version}/site-packages"
    )


@pytest.mark.parametrize("version", ["3.13", "3.11"])
def test_a_virtual_environment_has_pip_and_takes_a_package(there: Inside, version: str) -> None:
    answer = there(
        f"module load python/{version} && python3 -m venv new && new/bin/pip install -q tabulate==0.9.0 && "
        "new/bin/python -c 'import sys, tabulate; print(sys.prefix, tabulate.__version__)'"
    )
    assert (answer.text.splitlines()[-1], answer.status) == ("/home/reader/new 0.9.0", 0)


@pytest.mark.parametrize("version", ["3.13", "3.11"])
def test_pip_installs_for_the_user(there: Inside, version: str) -> None:
    answer = there(
        f"module load python/{version} && pip install -q --user tabulate==0.9.0 && .local/bin/tabulate -h"
    )
    assert "Pretty-print tabular data" in answer.text, answer.text


def test_the_system_s_python_refuses(there: Inside) -> None:
    answer = there("python3 -m pip install --user tabulate")
    assert answer.status == 1
    assert answer.text.startswith("error: externally-managed-environment")


def test_numpy_needs_its_python(there: Inside) -> None:
    assert there("module load libs/python3.13/numpy").status == 1
    loaded = "module load python libs/python3.13/numpy && python3 -c 'import numpy; print(numpy.__version__)'"
    assert there(loaded).text.splitlines()[-1] == "2.3.0"
