"""Container: what backends that start a container engine have in common.

Input is a definition or the folder of an instance; output are words of `podman run`, `docker run` and
`apptainer exec`, and the files and links that their mounts name.
"""

from __future__ import annotations

import csv
import io
import resource
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.backend.accounts import INIT_CAPABILITIES, account_files, begin_many, begin_one
from docwalk.backend.contents import contents_of
from docwalk.backend.instance import RUN
from docwalk.bubblewrap import Bind
from docwalk.environment.definition import Users
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePosixPath

    from docwalk.backend.channel import Channel
    from docwalk.backend.contents import Contents
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment
    from docwalk.marks import Marks

_MOST_ULIMIT: Final = 20_000

_STAGES: Final = (Path("/mnt"), Path("/media"), Path("/srv"), Path("/opt"))
"""Folders that any machine has and any account reaches, as root inside must: homes may be closed to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """Why this account cannot use a program that starts containers."""

    reason: str
    """One clause."""
    hint: str
    """What mends it."""


def refuse_nested(definition: Environment, engine: str) -> None:
    """Refuse an environment for pages about docwalk itself.

    Raises:
        BackendError: containers of `engine` open no sandboxes.
    """
    if definition.nested:
        raise BackendError(
            f"environment `{definition.name}` opens sandboxes inside, which {engine}'s containers cannot",
            hint="docwalk run --backend sandbox",
        )


def container_contents(environment: BuiltEnvironment, marks: Marks, folder: Path) -> Contents:
    """What is put over the layers of an instance in `folder`, init's accounts included."""
    contents = contents_of(
        environment, marks, downloads_dir=folder.parent.parent / "downloads", scratch_dir=folder
    )
    if environment.environment.users is Users.MANY:
        return replace(contents, files={**contents.files, **account_files()})
    return contents


def mode_of(definition: Environment) -> str:
    """The mode that records name: `mapped` where an environment has several accounts."""
    return "mapped" if definition.users is Users.MANY else "plain"


def begin(definition: Environment, channel: Channel, *, keep: int | None) -> None:
    """Let init make homes and accounts; `keep` as for `begin_one`."""
    if definition.users is Users.MANY:
        begin_many(definition, channel, keep=keep)
    else:
        begin_one(definition, channel, keep=keep)


def tmpfs_sizes(contents: Contents) -> Iterator[tuple[PurePosixPath, int | None]]:
    """Every folder in memory, and how large it may become."""
    for path in (*contents.tmpfs, RUN):
        yield path, contents.tmpfs_sizes.get(path, contents.tmpfs_bytes)


def rights(definition: Environment) -> Iterator[str]:
    """Who init is, and what it may do: the reader and nothing, or root with a few capabilities."""
    if definition.users is Users.MANY:
        yield from ("--user", "0:0", "--cap-drop", "ALL")
        yield from (f"--cap-add={each}" for each in INIT_CAPABILITIES)
    else:
        yield from ("--user", f"{definition.uid}:{definition.gid}", "--cap-drop", "ALL")
    if not definition.setuid:
        yield from ("--security-opt", "no-new-privileges")


def ulimits() -> Iterator[str]:
    """How many files and processes, where this account may set that."""
    # podman's own defaults may be above what this account may set ("error setting rlimit type 7").
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        hard = resource.getrlimit(number)[1]
        most = _MOST_ULIMIT if hard == resource.RLIM_INFINITY else min(hard, _MOST_ULIMIT)
        yield from ("--ulimit", f"{name}={most}:{most}")


def choose_stage(needed: list[Path]) -> Path:
    """A folder that may be hidden: nothing that is needed lies in it.

    Raises:
        BackendError: there is none.
    """
    resolved = [path.resolve() for path in needed]
    for stage in _STAGES:
        if stage.is_dir() and not any(path.is_relative_to(stage) for path in resolved):
            return stage
    names = ", ".join(str(stage) for stage in _STAGES)
    raise BackendError(
        f"a container needs one of {names} as a mount point, and all of them hold layers or packages",
        hint="name another folder for the cache: export DOCWALK_CACHE_DIR=FOLDER",
    )


def write_files(folder: Path, contents: Contents, *, seen_in: Path) -> tuple[Bind, ...]:
    """Generated files in `folder/files`.

    Args:
        folder: the instance's.
        contents: what is put over its layers.
        seen_in: what `folder/files` is called where the container is started.
    """
    made = folder / "files"
    made.mkdir(mode=0o755)
    made.chmod(0o755)
    binds = []
    for number, (target, content) in enumerate(contents.files.items()):
        path = made / str(number)
        path.write_bytes(content)
        path.chmod(0o444)
        binds.append(Bind(source=seen_in / path.name, target=target))
    return tuple(binds)


def mount_option(bind: Bind) -> str:
    """A bind as docker's and apptainer's `--mount` take it."""
    fields = ["type=bind", f"source={bind.source}", f"target={bind.target}"]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields if bind.writable else [*fields, "readonly"])
    return line.getvalue()


def link_layers(folder: Path, environment: BuiltEnvironment) -> str:
    """Short links to the layers in `folder/lower`; their names, uppermost first, as a mount takes them."""
    lower = folder / "lower"
    lower.mkdir(mode=0o755)
    lower.chmod(0o755)  # whatever the umask
    for number, layer in enumerate(environment.layers):
        (lower / str(number)).symlink_to(layer)
    return ":".join(str(number) for number in reversed(range(len(environment.layers))))
