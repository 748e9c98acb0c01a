"""A new site is walked, built and kept verified by what `docwalk init` wrote, in a real sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from docwalk.testing_sandbox import require_built

pytestmark = pytest.mark.container

MAIL = '#!/bin/sh\n{ echo "$@"; cat; } >> "$MAILS"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    done = run(tmp_path, "docwalk", "init", "site", "--ci", "cron")
    assert done.returncode == 0, done.stderr
    require_built(tmp_path / "site" / "environments" / "login")
    return tmp_path / "site"


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader of the documentation would, with docwalk on PATH."""
    path = f"{folder.parent / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, **variables}
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300
    )


def test_a_new_site_is_linted_walked_built_and_may_be_published(site: Path) -> None:
    assert run(site, "docwalk", "new", "tutorial", "Second steps").returncode == 0
    assert run(site, "docwalk", "lint").returncode == 0
    walked = run(site, "docwalk", "run")
    assert walked.returncode == 0, walked.stdout
    assert "2 of 2 walks passed, 8 steps" in walked.stdout
    assert run(site, "docwalk", "publish-check").stdout == "5 blocks on 2 pages: all may be published\n"
    built = run(site, "sphinx-build", "-q", "-W", "--keep-going", "-b", "html", ".", "build/site")
    assert (built.returncode, built.stderr) == (0, "")
    assert "Cluster tutorials" in (site / "build" / "site" / "index.html").read_text("utf-8")


def test_the_nightly_run_publishes_marked_failures_and_mails_once(site: Path) -> None:
    (site.parent / "bin").mkdir()
    (site.parent / "bin" / "mail").write_text(MAIL)
    (site.parent / "bin" / "mail").chmod(0o755)
    mails, published = site.parent / "mails", site.parent / "www"
    around = {"MAILS": str(mails), "SITE": str(published), "MAILTO": "docs@cluster.example"}

    assert run(site, "ci/cron", **around).stdout == ""
    assert (published / "index.html").is_file()
    assert not mails.exists()

    page = site / "tutorials" / "1-first.md"
    page.write_text(page.read_text("utf-8").replace("\nreader\n", "\nwriter\n"), "utf-8")
    for _ in range(2):
        failed = run(site, "ci/cron", **around)
        assert (failed.returncode, failed.stdout) == (0, "")
    assert "dw-banner dw-is-failing" in (published / "tutorials" / "1-first.html").read_text("utf-8")
    (told,) = (site / "build" / "failing").iterdir()
    assert " ~ 20 │ writer" in told.read_text("utf-8")
    assert mails.read_text("utf-8").count("-s [open] Does not do what it says: ") == 1

    page.write_text(page.read_text("utf-8").replace("\nwriter\n", "\nreader\n"), "utf-8")
    assert run(site, "ci/cron", **around).returncode == 0
    assert list((site / "build" / "failing").iterdir()) == []
    assert "-s [close] Does not do what it says: " in mails.read_text("utf-8")


def test_a_night_that_cannot_walk_publishes_nothing_and_says_why(site: Path) -> None:
    published = site.parent / "www"
    (site / "tutorials" / "1-first.md").write_text("# Page\n\n```console\nno prompt\n```\n", "utf-8")
    failed = run(site, "ci/cron", SITE=str(published))
    assert failed.returncode != 0
    assert "error[no-prompt]" in failed.stdout
    assert not published.exists()


def test_environments_are_kept_between_runs_as_files(site: Path) -> None:
    exported = run(site, "ci/environments", "export")
    assert exported.returncode == 0, exported.stderr
    (archive,) = (site / "build" / "environments").iterdir()
    assert "login: imported, sha256:" in run(site, "ci/environments", "import").stdout
    archive.write_bytes(b"no archive")
    assert run(site, "ci/environments", "import").returncode == 0
    assert not archive.exists()
