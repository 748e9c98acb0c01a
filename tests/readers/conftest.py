"""Built pages, and readers who follow them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from docwalk.config import load_project
from docwalk.plan import load_plan
from docwalk.record import load_records
from docwalk.testing_page import read_blocks
from docwalk.testing_reader import Reader
from docwalk.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from docwalk.testing_page import PastedBlock

ROOT = Path(__file__).parents[2]


class Follow(Protocol):
    """A reader follows a page of a project; what was otherwise than on the page."""

    def __call__(
        self,
        root: Path,
        page: Path,
        site: Path,
        *,
        change: Callable[[PastedBlock], PastedBlock] = ...,
        before: bytes = ...,
    ) -> tuple[str, ...]: ...


def build_site(root: Path, folder: Path) -> Path:
    """The site of a project, from its records."""
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", str(root), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture
def build() -> Callable[[Path, Path], Path]:
    return build_site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's own site."""
    return build_site(ROOT, tmp_path_factory.mktemp("site"))


@pytest.fixture
def follow() -> Follow:
    def read(
        root: Path,
        page: Path,
        site: Path,
        *,
        change: Callable[[PastedBlock], PastedBlock] = lambda block: block,
        before: bytes = b"",
    ) -> tuple[str, ...]:
        project = load_project(root)
        _, plan = load_plan([page], project)
        walk = next(walk for walk in plan.walks if walk.is_default)
        record = load_records(project.records_dir).get(walk.name)
        if record is None or record.walk_digest != walk.digest or record.failing_step is not None:
            pytest.skip(f"there is no passing record of `{walk.name}` as it is now: docwalk run {page}")
        verifier = Verifier.of(project)
        if verifier.missing([walk]):
            pytest.skip(f"an environment is not built: docwalk env build {walk.environment}")
        verifier.share_downloads([walk])
        html = site / page.relative_to(root).with_suffix(".html")
        blocks = read_blocks(html, {choice.group: choice.label for choice in walk.choices})
        instance = verifier.backend.open(verifier.built(walk))
        try:
            shell = walk.shell or verifier.environments[walk.environment].shell
            reader = Reader(instance=instance, walk=walk, recorded=record.result, shell=shell)
            return reader.follow([change(block) for block in blocks], before=before)
        finally:
            instance.close()

    return read
