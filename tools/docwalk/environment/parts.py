"""Parts of an environment besides its layers: accounts, services, mounts and limits, as data.

Each is a frozen value and the function that reads it from its table; what backends do with them is
theirs. Everything wrong becomes a located problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from docwalk.config import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

    from docwalk.environment.schema import Reader, Table

NAME = re.compile(r"[a-z][a-z0-9-]*")
ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
DEVICE = re.compile(
    r"(?!docwalk[.]sim/gpu=(?![0-9]+$))[a-z0-9]+([.-][a-z0-9]+)*/[A-Za-z0-9_-]+=[A-Za-z0-9_.:-]+"
)
"""A CDI name, as the Container Device Interface writes it: `vendor.com/class=name`; simulated GPUs have
numbers."""
HOSTNAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""One label of a name, as RFC 1123 limits it."""
LAST_ID = 65533
"""Above it are the ids that nobody has, and those that a sandbox of many ids lacks."""

_READY_TIMEOUT_S = 30.0
_FIRST_ACCOUNT_ID = 1000
_SYSTEM_ACCOUNTS = (
    *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy"),
    *("www-data", "backup", "list", "irc", "nobody", "_apt"),
)
"""Every Debian has them (base-passwd)."""
_OUTSIDE_PLACES = ("proc", "dev", "sys")
_SYSTEM_PLACES = ("bin", "etc", "home", "lib", "lib32", "lib64", "run", "sbin", "tmp", "usr", "var")
"""Folders of the root without which no shell starts, or that have an owner already."""
_LEAST_MEMORY = 64 << 20
_LEAST_DISK = 1 << 20
_LEAST_OUTPUT = 1 << 10
_LEAST_COUNT = 16
"""A shell with its start-up files needs some ten processes, or open files, for a moment."""
_OUR_PLACE = PurePosixPath("/run/docwalk")
_PLACE = re.compile(r"(/[\w.@+-]+)+/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account inside, besides the reader's."""

    name: str
    """Its name; its home is `/home/NAME`."""
    uid: int
    """Its user id inside, also the id of its own group."""
    groups: tuple[str, ...]
    """Names of further groups it is in."""
    password: str | None
    """Its password, as a reader would type it for `su`; None locks it."""
    shell: str
    """Its login shell: `bash`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A program that runs as long as an instance does."""

    name: str
    """Its name."""
    start: str
    """Shell command that starts it; it stays in the foreground."""
    ready: str | None
    """Shell command that succeeds once it serves; None takes it as ready at once."""
    stop: str | None
    """Shell command that ends it; None sends it TERM."""
    log: PurePosixPath | None
    """File inside that holds its log; None is what it writes to its standard output and error."""
    user: str
    """Account it runs as."""
    after: tuple[str, ...]
    """Services that have to be ready before it starts."""
    timeout_s: float
    """Seconds it may take until it is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A folder that is not of the layers."""

    target: PurePosixPath
    """Where it is inside; it must exist in a layer, or lie below `/tmp` or `/run`."""
    source: Path | None
    """Folder of the host, seen read-only; None is an empty folder that the reader may write to."""
    size_bytes: int | None = None
    """How much fits into an empty folder; None is as much as the limit of memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one instance may use; None leaves a limit to the backend's default."""

    memory_bytes: int | None = None
    """Memory of all its processes together."""
    processes: int | None = None
    """How many processes and threads it may have."""
    cpu_s: float | None = None
    """Processor time of one process."""
    disk_bytes: int | None = None
    """What it may write to its file system."""
    output_bytes: int | None = None
    """What one command may print."""
    files: int | None = None
    """How many files one process may have open."""
    wall_s: float | None = None
    """How long it may be open."""

    @property
    def is_default(self) -> bool:
        """Whether nothing is set."""
        return self == Limits()


def read_account_name(table: Table, key: str, *, default: str | None = None) -> str:
    """The name of a person's account."""
    name = table.text(key, default=default, pattern=ACCOUNT)
    if name in _SYSTEM_ACCOUNTS:
        table.problem(key, f"`{name}` is an account of the system", hint="take the name of a person")
    return name


def read_account(table: Table) -> Account:
    """One of `[[accounts]]`."""
    table.allow("name", "uid", "groups", "password", "shell")
    return Account(
        name=read_account_name(table, "name"),
        uid=table.number("uid", default=None, least=_FIRST_ACCOUNT_ID, most=LAST_ID),
        groups=table.texts("groups", pattern=ACCOUNT),
        password=table.text("password", default="") or None,
        shell=table.word("shell", SHELLS, default="bash"),
    )


def read_service(table: Table) -> Service:
    """One of `[[services]]`."""
    table.allow("name", "start", "ready", "stop", "log", "user", "after", "timeout")
    start = table.text("start")
    if table.is_blank("start"):
        table.problem("start", "`start` is empty", hint="write the command that starts the service")
    log = table.text("log", default="")
    if log and not PurePosixPath(log).is_absolute():
        table.problem("log", f"`{log}` is no absolute path", hint=f'write `log = "/var/log/{log}"`')
    return Service(
        name=table.text("name", pattern=NAME),
        start=start,
        ready=table.text("ready", default="") or None,
        stop=table.text("stop", default="") or None,
        log=PurePosixPath(log) if log else None,
        user=table.text("user", default="root", pattern=ACCOUNT),
        after=table.texts("after", pattern=NAME),
        timeout_s=table.duration("timeout") or _READY_TIMEOUT_S,
    )


def read_mount(table: Table, folder: Path) -> Mount:
    """One of `[[mounts]]`; a relative source lies beside the definition in `folder`."""
    table.allow("target", "source", "size")
    text = table.text("target")
    target = PurePosixPath(text or "/")
    if text and (
        _PLACE.fullmatch(text) is None
        or ".." in target.parts
        or target.is_relative_to(_OUR_PLACE)
        or len(target.parts) == 1
        or target.parts[1] in _OUTSIDE_PLACES
        or (len(target.parts) == 2 and target.parts[1] in _SYSTEM_PLACES)  # noqa: PLR2004 - `/` and a name
    ):
        table.problem(
            "target", f"`{text}` is no place for a mount", hint="write an absolute path such as `/data`"
        )
    named = table.text("source", default="")
    source = folder / named if named else None
    if source is not None and not source.is_dir():
        table.problem("source", f"`{named}` is no folder of this machine", hint=f"create `{named}`")
    size_bytes = table.size("size", least=_LEAST_DISK)
    if source is not None and size_bytes is not None:
        table.problem("size", "`size` is for empty folders, and this one has a `source`", hint="remove one")
    return Mount(target=target, source=source, size_bytes=size_bytes)


def read_limits(table: Table) -> Limits:
    """The table `[limits]`."""
    table.allow("memory", "processes", "cpu", "disk", "output", "files", "wall")
    return Limits(
        memory_bytes=table.size("memory", least=_LEAST_MEMORY),
        processes=table.count("processes", least=_LEAST_COUNT),
        cpu_s=table.duration("cpu"),
        disk_bytes=table.size("disk", least=_LEAST_DISK),
        output_bytes=table.size("output", least=_LEAST_OUTPUT),
        files=table.count("files", least=_LEAST_COUNT),
        wall_s=table.duration("wall"),
    )


def start_order(services: tuple[Service, ...], reader: Reader) -> tuple[Service, ...]:
    """The services so that each stands behind those it starts after, else in the order of the file."""
    names = {service.name: service for service in services}
    for index, service in enumerate(services):
        for name in service.after:
            if name not in names:
                reader.at(
                    ("services", index, "after"),
                    f"service `{service.name}` starts after `{name}`, which is not defined",
                    hint=f"there are: {', '.join(sorted(names))}",
                )
    ordered: list[Service] = []
    waiting = list(services)
    while waiting:
        placed = {service.name for service in ordered}
        following = next(
            (each for each in waiting if all(name in placed or name not in names for name in each.after)),
            None,
        )
        if following is None:
            cycle = ", ".join(f"`{service.name}`" for service in waiting)
            reader.at(
                ("services", services.index(waiting[0]), "after"),
                f"services wait for each other: {cycle}",
                hint="remove one of their `after`",
            )
            return services
        ordered.append(following)
        waiting.remove(following)
    return tuple(ordered)


def reject_repeated(
    kind: str, names: tuple[str, ...], reader: Reader, *, taken: tuple[str, ...] = (), key: str = "name"
) -> None:
    """A name (the value of `key`) twice among the tables `[[kind]]`, or taken already, is a problem."""
    for index, name in enumerate(names):
        if name in (*taken, *names[:index]):
            thing = kind.removesuffix("s")
            reader.at(
                (kind, index, key),
                f"{thing} `{name}` is defined twice",
                hint=f"give each {thing} a {key} of its own",
            )
