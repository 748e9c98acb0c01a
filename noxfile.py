"""What maintainers run; `nox -l` lists it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
WORKERS = "2"
"""Walks at a time: each may install a framework, so disk and memory set the limit, not cores."""


def install(session: nox.Session, *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> None:
    """Install the project (editable) with extras and dependency groups, unless that is done already.

    A stamp in the session's environment holds a digest of what was asked for; a second start then costs
    nothing, where pip alone takes some seconds to find that there is nothing to do.
    """
    wanted = nox.project.dependency_groups(PYPROJECT, *groups) if groups else ()
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    digest = hashlib.sha256(repr((text, str(ROOT), extras, groups)).encode()).hexdigest()
    stamp = Path(session.virtualenv.location) / "docwalk-installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
        return
    target = f".[{','.join(extras)}]" if extras else "."
    session.install("--editable", target, *wanted)
    stamp.write_text(digest, encoding="utf-8")


def provide_browser(session: nox.Session) -> None:
    """A Chromium for the browser tests: as root on Debian it is installed, elsewhere it has to be there."""
    if any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        session.error("the browser tests need a Chromium on PATH: sudo apt-get install chromium")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    session.run("apt-get", "-qq", "update", external=True)
    session.run(
        *("apt-get", "-qq", "install", "--no-install-recommends", "chromium"),
        external=True,
        env=quiet,
        stdout=subprocess.DEVNULL,
    )


def provide_podman(session: nox.Session) -> None:
    """Have podman for tests of backends: as root on Debian it is installed, elsewhere they go without."""
    if shutil.which("podman") is not None or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    session.run("apt-get", "-qq", "update", external=True)
    session.run(
        *("apt-get", "-qq", "install", "--no-install-recommends", "podman", "runc", "uidmap", "slirp4netns"),
        external=True,
        env={"DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.DEVNULL,
    )


def build_site(session: nox.Session, folder: Path, *options: str) -> None:
    """Build the site; what Sphinx warns of is an error."""
    session.run("sphinx-build", "-W", "-n", "--keep-going", "-b", "html", *options, ".", str(folder))


@nox.session
def doctest(session: nox.Session) -> None:
    """Verify tutorials, their scripts and the reference's examples, and write the records (the main job)."""
    install(session, extras=("pytest", "sphinx"), groups=("tests",))
    # Workers learn what `-k` leaves when environments are built already: alone, only what is left needs one.
    workers = "0" if "-k" in session.posargs else WORKERS
    session.run(
        *("pytest", *PYPROJECT["tool"]["docwalk"]["tutorials"], "-m", "container", "-n", workers, "-q"),
        *("-p", "no:hypothesispytest", "-p", "no:cacheprovider"),  # nothing here needs them: a quicker start
        "--docwalk-scripts",
        *session.posargs,
    )


@nox.session
def tests(session: nox.Session) -> None:
    """Run the project's own tests, and each tutorial from nothing; lint and types follow."""
    install(session, extras=("pytest", "sphinx"), groups=("tests", "browser"))
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    provide_browser(session)
    provide_podman(session)
    session.run("coverage", "run", "-m", "pytest", "tests/unit", "-q")
    session.run("coverage", "report")
    session.run("docwalk", "env", "build")
    # Not session.create_tmp(): it also moves TMPDIR, so that the tests' sites would lie inside this one.
    records, built = (ROOT / "build" / "tests" / name for name in ("records", "site"))
    shutil.rmtree(records, ignore_errors=True)
    session.run("pytest", "tutorials", "-m", "container", "-n", WORKERS, f"--docwalk-records={records}")
    build_site(session, built, "-q", "-D", f"docwalk_records={records}")
    # They wait for shells more than they compute. What counts processes and folders of all runs goes alone.
    session.run(
        *("pytest", "tests", "--ignore=tests/unit", "--ignore=tests/e2e/test_killed.py", "-q"),
        *("-m", "container or browser", "-n", "3", "--dist", "worksteal"),
        env={"DOCWALK_SITE": str(built)},
    )
    session.run("pytest", "tests/e2e/test_killed.py", "-m", "container", "-q")
    session.notify("lint")
    session.notify("types")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, spelling, the direction of imports, and the tutorials themselves."""
    install(session, extras=("lint",), groups=("lint",))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("lint-imports", "--no-cache")
    session.run("docwalk", "lint", "--shares")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy --strict."""
    install(session, extras=("pytest", "sphinx"), groups=("types", "tests", "browser"))
    session.install("nox")
    session.run("mypy")


@nox.session
def readers(session: nox.Session) -> None:
    """Follow every recorded tutorial by copy and paste only, as somebody does who knows nothing."""
    install(session, extras=("pytest", "sphinx"), groups=("tests",))
    session.run("pytest", "tests/readers/every_tutorial.py", "-q", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the site from the records into build/site; nothing is run."""
    install(session, extras=("sphinx",))
    build_site(session, Path("build/site"), *session.posargs)


@nox.session
def publish(session: nox.Session) -> None:
    """Build the site for publishing; refuse, with a list, when a block has no fresh passing record."""
    install(session, extras=("sphinx",))
    if set(session.posargs) - {"--mark-failing"}:
        session.error("publish checks and builds every page; all it takes is `-- --mark-failing`")
    session.run("docwalk", "publish-check", *session.posargs)
    build_site(session, Path("build/site"), "-E")


@nox.session
def browser(session: nox.Session) -> None:
    """Read built pages in a real Chromium."""
    install(session, extras=("pytest", "sphinx"), groups=("tests", "browser"))
    provide_browser(session)
    session.run("pytest", "tests/browser", "-m", "browser", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the driver beside a bare pty loop, and the matcher."""
    install(session, extras=("pytest",), groups=("tests",))
    for path in sorted((ROOT / "tests" / "bench").glob("*.py")):
        session.run("python", str(path.relative_to(ROOT)), *session.posargs)


@nox.session
def update(session: nox.Session) -> None:
    """Accept new output: rewrite the expectations of the tutorials from a run."""
    install(session, extras=("pytest", "sphinx"), groups=("tests",))
    session.run("docwalk", "update", *(session.posargs or ["tutorials"]))


@nox.session
def doctor(session: nox.Session) -> None:
    """Say what this machine can do, what is missing, and the one command that mends it."""
    install(session)
    session.run("docwalk", "doctor")


@nox.session
def linkcheck(session: nox.Session) -> None:
    """Follow the links of the site (needs the network)."""
    install(session, extras=("sphinx",))
    session.run("sphinx-build", "-b", "linkcheck", ".", "build/linkcheck")


if os.geteuid() == 0:
    # pip warns root about system packages; every session has an environment of its own.
    os.environ.setdefault("PIP_ROOT_USER_ACTION", "ignore")
