"""What authors run; `nox -l` lists it."""

import nox

nox.options.sessions = ["doctest"]
nox.options.reuse_venv = "yes"

PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session) -> None:
    """Install docwalk, Sphinx and pytest."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "docs"))


def build(session: nox.Session) -> None:
    """Build the site into build/site; every warning is an error."""
    session.run("sphinx-build", "-W", "--keep-going", "-E", "-b", "html", ".", "build/site")


@nox.session
def doctest(session: nox.Session) -> None:
    """Walk every tutorial, run the script of each, and write the records (the main job)."""
    install(session)
    session.run("pytest", "tutorials", "-m", "container", "--docwalk-scripts", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Find what is well-formed, and still wrong for readers."""
    install(session)
    session.run("docwalk", "lint", *session.posargs)


@nox.session
def update(session: nox.Session) -> None:
    """Accept new output: rewrite what tutorials expect from a run."""
    install(session)
    session.run("docwalk", "update", *(session.posargs or ["tutorials"]))


@nox.session
def site(session: nox.Session) -> None:
    """Build the site from the records; nothing is run."""
    install(session)
    build(session)


@nox.session
def publish(session: nox.Session) -> None:
    """Refuse what must not be published, then build; `-- --mark-failing` marks failing blocks instead."""
    install(session)
    session.run("docwalk", "publish-check", *session.posargs)
    build(session)


@nox.session
def doctor(session: nox.Session) -> None:
    """Say what this machine can do, what is missing, and the one command that mends it."""
    install(session)
    session.run("docwalk", "doctor")
