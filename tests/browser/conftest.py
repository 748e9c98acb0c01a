"""A small site from made-up records, and a Chromium that reads it from the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.terminal import render_terminal
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

    from docwalk.plan import Walk
    from docwalk.results import StepResult, WalkResult

SITE = Path(__file__).parent / "site"
TABS_SITE = Path(__file__).parent / "tabs-site"
AXE = "axe-core@4.11.4"
NOW = "2026-11-22T12:00:00Z"
"""When the small sites are read: two hours after their made-up records, which turn stale with age."""
collect_ignore = ["site", "tabs-site", "proof-site"]  # their pages are walked by nobody
MANIFEST = {
    "os": "Debian GNU/Linux 12 (bookworm)",
    "modules": ["python/3.11", "python/3.9"],
    "pythons": {"python/3.11": {"version": "3.11.2", "packages": {"pip": "23.0.1"}}},
}
PRINTED = {
    "echo one": Printed(lines=("one",)),
    "cat <<END\ntwo\nEND": Printed(lines=("two",)),
    "seq 60": Printed(lines=tuple(str(n) for n in range(1, 61))),
    "python3 --version": Printed(lines=("Python 3.11.2",)),
    "which python3": Printed(lines=("/opt/apps/python/3.11/bin/python3",)),
    "false": Printed(exit_status=1),
    "export EDITOR=nano": Printed(),
    "echo last": Printed(lines=("last",)),
}
PRINTED_WITH = {
    "Environment Modules": {
        "module --version": Printed(lines=("Modules Release 5.2.0",)),
        "echo hello": Printed(lines=("hello from Modules",)),
        "module list": Printed(lines=("No Modulefiles Currently Loaded.",)),
    },
    "Lmod": {
        "module --version": Printed(lines=("Modules based on Lua: Version 8.6.19",)),
        "echo hello": Printed(lines=("hello from Lmod",)),
        "module --terse list": Printed(lines=("No modules loaded",)),
    },
}
RAW = b"\x1b[31mred\x1b[0m and a very long line: " + b"0" * 119 + b"1\r\n"


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the built site; its records are of 22 November 2026."""
    folder = tmp_path_factory.mktemp("small-site")
    project = load_project(SITE)
    environments = load_environments(project.environments_dir)
    digest = environment_digest(environments["login"])
    _, plan = load_plan(page_paths(project), project)
    for walk in plan.walks:
        if walk.page == "tutorials/1-blocks":
            result = replace(made_up(walk), environment_digest=digest, manifest=MANIFEST)
            save_record(make_record(walk, result), folder / "records", raw=False)
    return build(SITE, folder)


def build(source: Path, folder: Path) -> Path:
    """The folder of a site built from the records below the folder given."""
    built = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-b", "html"),
            *("-D", f"docwalk_records={folder / 'records'}", str(source), str(folder / "html")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "html"


@pytest.fixture(scope="session")
def build_site() -> Callable[[Path, Path], Path]:
    """Builds a site, given its source and a folder with records: the folder of its pages."""
    return build


@pytest.fixture(scope="session")
def tabs_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a built site about tabs; of two pages there are made-up records."""
    folder = tmp_path_factory.mktemp("tabs-site")
    project = load_project(TABS_SITE)
    environments = load_environments(project.environments_dir)
    _, plan = load_plan(page_paths(project), project)
    for walk in plan.walks:
        printed = "echidna" if any(choice.label == "Lmod" for choice in walk.choices) else "one"
        if walk.page in {"tutorials/3-failing", "tutorials/4-differing"}:
            result = result_of(walk, [Printed(lines=(printed,)) for _ in walk.steps])
            digest = environment_digest(environments[walk.environment])
            save_record(
                make_record(walk, replace(result, environment_digest=digest)), folder / "records", raw=False
            )
    return build(TABS_SITE, folder)


def made_up(walk: Walk) -> WalkResult:
    """The result of a walk of `1-blocks.md`; its last command prints something else than the page says."""
    known = {**PRINTED, **PRINTED_WITH[walk.choices[0].label]}
    commands = [step.action.command for step in walk.steps if isinstance(step.action, TypeCommand)]
    red = Printed(lines=tuple(line.text for line in render_terminal(RAW, columns=200)))
    result = result_of(walk, [known.get(command, red) for command in commands])
    return replace(result, steps=tuple(coloured(step) for step in result.steps))


def coloured(step: StepResult) -> StepResult:
    """The step with what its terminal would have shown, where that has colours."""
    return replace(step, lines=render_terminal(RAW, columns=200)) if "033[31m" in step.command_sent else step


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of this project's own site, from the records there are, or the one that `DOCWALK_SITE` names."""
    if built := os.environ.get("DOCWALK_SITE"):
        return Path(built).resolve()
    folder = tmp_path_factory.mktemp("whole-site")
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html"),
            *("-d", str(folder / "doctrees"), str(SITE.parents[2]), str(folder / "html")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "html"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium, that reaches nothing on its own account."""
    sync_api = pytest.importorskip("playwright.sync_api")
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.fail("there is no Chromium on PATH: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def npm_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Installs `name@version` of the npm registry and gives its `node_modules`; else the test is skipped."""

    def install(package: str) -> Path:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"there is no npm to fetch {package} with")
        folder = tmp_path_factory.mktemp("npm")
        (folder / "package.json").write_text("{}", "utf-8")
        fetched = subprocess.run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", package],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode != 0:
            pytest.skip(f"npm does not give {package}: {fetched.stderr.strip().splitlines()[-1:]}")
        return folder / "node_modules"

    return install


@pytest.fixture(scope="session")
def axe(npm_package: Callable[[str], Path]) -> Path:
    """axe-core's script, from the npm registry: it checks what can be checked of accessibility."""
    return npm_package(AXE) / "axe-core" / "axe.min.js"


class Read:
    """One page as a reader has it open, and what it asked for and complained about."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path.as_uri())

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def block(self, command: str) -> Locator:
        """The first block that shows a command."""
        return self.page.locator(".dw", has=self.page.locator(".dw-command", has_text=command)).first


@pytest.fixture
def read_in(chromium: Browser) -> Iterator[Callable[..., Read]]:
    """Opens a page of a built site in a browser of its own, in which it is `now`; None is today.

    Other keywords are those of a browser context.
    """
    contexts = []

    def open_page(site: Path, name: str, *, now: str | None = NOW, **options: Any) -> Read:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        if now is not None:
            context.clock.set_fixed_time(now)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        return Read(context.new_page(), site / f"{name}.html")

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def read(read_in: Callable[..., Read], small_site: Path) -> Callable[..., Read]:
    """Opens a page of the small site."""

    def open_page(name: str = "tutorials/1-blocks", **options: Any) -> Read:
        return read_in(small_site, name, **options)

    return open_page
