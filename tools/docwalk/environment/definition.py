"""Definitions: one folder with an `environment.toml` to a frozen `Environment`.

Reads the file and the names of what lies beside it; builds and runs nothing. Everything wrong with a
definition is reported at once, located.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from rapidfuzz import process

from docwalk.bubblewrap import Network
from docwalk.config import SHELLS
from docwalk.environment.layer_definition import DebianPackages, read_debian, read_layer
from docwalk.environment.lock import BASE, LOCK_FILE, read_lock
from docwalk.environment.parts import (
    DEVICE,
    HOSTNAME,
    LAST_ID,
    NAME,
    Limits,
    read_account,
    read_account_name,
    read_limits,
    read_mount,
    read_service,
    reject_repeated,
    start_order,
)
from docwalk.environment.schema import Reader, Table
from docwalk.errors import ErrorCode, SourceError
from docwalk.source import Source
from docwalk.toml_places import toml_problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from docwalk.environment.contents import Contents
    from docwalk.environment.layer_definition import LayerDefinition
    from docwalk.environment.parts import Account, Mount, Service
    from docwalk.errors import SourceProblem

DEFINITION_FILE = "environment.toml"


class Users(Enum):
    """How many accounts an environment needs; the value is what authors write."""

    ONE = "one"
    """The reader only: a single user id."""
    MANY = "many"
    """Several: needs subordinate ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A named copy of a cluster, as it is defined."""

    name: str
    """Name of its folder."""
    folder: Path
    """The folder."""
    title: str
    """What readers see."""
    description: str
    """One paragraph for readers."""
    extends: str | None
    """Name of the environment whose layers are below its own; None for none."""
    base: DebianPackages
    """The bottom layer."""
    base_locked: Contents | None
    """What it must consist of; None for what there is."""
    layers: tuple[LayerDefinition, ...]
    """Site layers, lowest first; those of the environment it extends come first."""
    user: str
    """Account of the reader inside."""
    uid: int
    """Its user id inside."""
    gid: int
    """Its group id inside."""
    hostname: str
    """Host name inside."""
    users: Users
    """How many accounts it needs."""
    network: Network
    """What it sees of the network."""
    shell: str
    """Login shell of the reader: `bash`."""
    hosts: tuple[str, ...]
    """Further host names that mean this host inside."""
    setuid: bool
    """Whether programs such as `su` may change the account; else nothing gains privileges."""
    accounts: tuple[Account, ...]
    """Accounts besides the reader's."""
    services: tuple[Service, ...]
    """What runs as long as an instance does, in the order it is started."""
    devices: tuple[str, ...]
    """CDI names of devices, such as `nvidia.com/gpu=0`."""
    mounts: tuple[Mount, ...]
    """Folders that are not of the layers."""
    limits: Limits
    """What one instance may use."""
    nested: tuple[Environment, ...]
    """Environments that docwalk inside finds built; empty where it may open no sandboxes."""
    expected_modules: tuple[str, ...]
    """Modules that `module avail` must list once it is built."""
    pythons: tuple[str, ...]
    """Modules that put a `python3` on PATH; their packages are part of the manifest."""


def load_environments(folder: Path) -> Mapping[str, Environment]:
    """Every environment below `folder`, by name, in order of name.

    Raises:
        SourceError: with all problems of all definitions.
    """
    found: dict[str, Environment] = {}
    problems: list[SourceProblem] = []
    for path in sorted(folder.glob(f"*/{DEFINITION_FILE}")):
        try:
            found[path.parent.name] = load_environment(path.parent)
        except SourceError as error:
            # What is wrong with an environment is wrong with those that extend it; it is said once.
            problems.extend(problem for problem in error.problems if problem not in problems)
    if problems:
        raise SourceError(tuple(problems))
    return found


def load_environment(folder: Path) -> Environment:
    """The environment defined in `folder`.

    Raises:
        SourceError: with all problems of its definition, and of those it extends.
    """
    return _load(folder, ())


def load_without_lock(folder: Path) -> Environment:
    """As `load_environment`, whatever lock there is; those of environments it extends hold.

    Raises:
        SourceError: with all problems.
    """
    return _load(folder, (), reads_lock=False)


def _with_lock(environment: Environment, top: Table) -> Environment:
    """The environment held to the lock beside its definition, if there is one; it knows each layer."""
    path = environment.folder / LOCK_FILE
    if not path.is_file():
        return environment
    lock = read_lock(path)
    own = [layer.name for layer in environment.layers if layer.folder == environment.folder]
    wanted = own if environment.extends is not None else [BASE, *own]
    if list(lock.layers) != wanted:
        names, locked = ", ".join(wanted), ", ".join(lock.layers)
        top.problem(
            "layers",
            f"`{LOCK_FILE}` is of other layers: it has {locked or 'none'}, here are {names or 'none'}",
            hint=f"docwalk env update {environment.name}, or remove {path}",
        )
        return environment
    layers = tuple(
        replace(layer, locked=lock.layers[layer.name]) if layer.folder == environment.folder else layer
        for layer in environment.layers
    )
    return replace(environment, base_locked=lock.layers.get(BASE, environment.base_locked), layers=layers)


def _load(folder: Path, above: tuple[str, ...], *, reads_lock: bool = True) -> Environment:
    """As `load_environment`; `above` are the names of those that extend it, directly or not."""
    source = Source.read(folder / DEFINITION_FILE)
    reader = Reader(source)
    try:
        content = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError((toml_problem(source, error, code=ErrorCode.BAD_ENVIRONMENT),)) from error
    top = Table(reader, content, ())
    environment = _read_environment(folder, top, reader, above)
    if reads_lock and not reader.problems:
        environment = _with_lock(environment, top)
    if reader.problems:
        raise SourceError(tuple(reader.problems))
    return environment


def _read_environment(folder: Path, top: Table, reader: Reader, above: tuple[str, ...]) -> Environment:
    top.allow(
        *("title", "description", "extends", "base", "layers", "user", "uid", "gid", "hostname", "hosts"),
        *("users", "setuid", "accounts", "services", "devices", "mounts", "network", "limits", "shell"),
        *("nested", "expected"),
    )
    if NAME.fullmatch(folder.name) is None:
        reader.at((), f"`{folder.name}` is no name for an environment", hint="use a-z, 0-9 and `-`")
    below = _read_parent(folder, top, above)
    layers = tuple(read_layer(folder, table) for table in top.tables("layers"))
    names, taken = (tuple(layer.name for layer in each) for each in (layers, below.layers))
    reject_repeated("layers", names, reader, taken=(BASE, *taken))
    expected = top.table("expected")
    if expected is not None:
        expected.allow("modules", "pythons")
    limits = top.table("limits")
    if top.is_blank("title"):
        top.problem("title", "`title` is empty", hint="write what readers shall call it")
    user = read_account_name(top, "user", default=below.user)
    users = top.choice("users", Users, default=below.users)
    most = LAST_ID if users is Users.MANY else None
    environment = replace(
        below,
        name=folder.name,
        folder=folder,
        title=top.text("title"),
        description=top.text("description", default=""),
        layers=(*below.layers, *layers),
        user=user,
        uid=top.number("uid", default=below.uid, least=1, most=most),
        gid=top.number("gid", default=below.gid, least=1, most=most),
        hostname=top.text("hostname", default=below.hostname, pattern=HOSTNAME),
        users=users,
        network=top.choice("network", Network, default=below.network),
        shell=top.word("shell", SHELLS, default=below.shell),
        hosts=top.texts("hosts", pattern=HOSTNAME) if top.has("hosts") else below.hosts,
        setuid=top.flag("setuid", default=below.setuid),
        accounts=tuple(map(read_account, top.tables("accounts"))) or below.accounts,
        services=_read_services(top, reader, user if users is Users.ONE else None) or below.services,
        devices=top.texts("devices", pattern=DEVICE) if top.has("devices") else below.devices,
        mounts=tuple(read_mount(table, folder) for table in top.tables("mounts")) or below.mounts,
        limits=read_limits(limits) if limits is not None else below.limits,
        nested=_read_nested(folder, top, above) if top.has("nested") else below.nested,
        expected_modules=_expected(expected, "modules", below.expected_modules),
        pythons=_expected(expected, "pythons", below.pythons),
    )
    mounts = tuple(str(mount.target) for mount in environment.mounts) if top.has("mounts") else ()
    reject_repeated("mounts", mounts, reader, key="target")
    for device in {each for each in environment.devices if environment.devices.count(each) > 1}:
        top.problem("devices", f"`{device}` stands twice in `devices`", hint="name each device once")
    _check_accounts(environment, top, reader)
    if environment.nested and users is Users.MANY:
        top.problem(
            "nested", "`nested` and several accounts exclude each other", hint='write `users = "one"`'
        )
    return environment


def _read_parent(folder: Path, top: Table, above: tuple[str, ...]) -> Environment:
    """What the definition changes: the environment it extends, or a bare base (empty after a problem)."""
    table = top.table("base", is_required=not top.has("extends"))
    base = read_debian(table) if table is not None else DebianPackages(suite="", packages=())
    if not top.has("extends"):
        return _bare(folder, base)
    if table is not None:
        top.problem(
            "extends", "an environment has `extends` or `[base]`, not both", hint="remove one of them"
        )
    name = top.text("extends", pattern=NAME)
    found = _read_other(folder, top, name, verb="extend", above=above, key="extends")
    return _bare(folder, base) if found is None else replace(found, extends=name)


def _read_nested(folder: Path, top: Table, above: tuple[str, ...]) -> tuple[Environment, ...]:
    names = top.texts("nested", pattern=NAME)
    found = (_read_other(folder, top, name, verb="nest", above=above, key="nested") for name in names)
    return tuple(each for each in found if each is not None)


def _read_other(
    folder: Path, top: Table, name: str, *, verb: str, above: tuple[str, ...], key: str
) -> Environment | None:
    """The environment `name` beside the one in `folder`; None after a problem, or without a name."""
    chain = (*above, folder.name)
    known = sorted(path.parent.name for path in folder.parent.glob(f"*/{DEFINITION_FILE}"))
    if name in chain:
        links = f", which {verb}s ".join(f"`{each}`" for each in (*chain[chain.index(name) :], name))
        hint = "let one of them have a `[base]`" if verb == "extend" else "name others only"
        top.problem(key, f"{links}: a circle", hint=hint)
    elif name and name not in known:
        near = process.extractOne(name, known, score_cutoff=60)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(known)}"
        top.problem(key, f"there is no environment `{name}` to {verb}", hint=hint)
    elif name:
        try:
            return _load(folder.parent / name, chain)
        except SourceError as error:
            top.take(error.problems)
    return None


def _bare(folder: Path, base: DebianPackages) -> Environment:
    """A bottom layer and nothing else: what holds where a definition is silent."""
    return Environment(  # noqa: S604 - `shell` names one
        name=folder.name,
        folder=folder,
        title="",
        description="",
        extends=None,
        base=base,
        base_locked=None,
        layers=(),
        user="reader",
        uid=1000,
        gid=1000,
        hostname="login1",
        users=Users.ONE,
        network=Network.PACKAGES,
        shell="bash",
        hosts=(),
        setuid=False,
        accounts=(),
        services=(),
        devices=(),
        mounts=(),
        limits=Limits(),
        nested=(),
        expected_modules=(),
        pythons=(),
    )


def _expected(table: Table | None, name: str, inherited: tuple[str, ...]) -> tuple[str, ...]:
    return table.texts(name) if table is not None and table.has(name) else inherited


def _read_services(top: Table, reader: Reader, only_user: str | None) -> tuple[Service, ...]:
    """In the order of their start; each runs as `only_user`, where there is nobody else."""
    services = tuple(map(read_service, top.tables("services")))
    for index, service in enumerate(services):
        if only_user and service.user != only_user:
            message = f"service `{service.name}` runs as `{service.user}`, which needs several user ids"
            hint = f'write `user = "{only_user}"` for it, or `users = "many"` for the environment'
            reader.at(("services", index, "user"), message, hint=hint)
    reject_repeated("services", tuple(service.name for service in services), reader)
    return start_order(services, reader)


def _check_accounts(environment: Environment, top: Table, reader: Reader) -> None:
    """Several accounts, and changing between them, need many user ids; ids and names are unique."""
    reject_repeated(
        "accounts",
        tuple(account.name for account in environment.accounts) if top.has("accounts") else (),
        reader,
        taken=(environment.user,),
    )
    taken = {environment.uid: environment.user}
    for index, account in enumerate(environment.accounts):
        holder = taken.setdefault(account.uid, account.name)
        if holder != account.name:
            message = f"account `{account.name}` has the user id {account.uid} of `{holder}`"
            reader.at(("accounts", index, "uid"), message, hint="give each account an id of its own")
    if environment.users is Users.ONE:
        for key in ("accounts", "setuid"):
            if top.has(key) and getattr(environment, key):
                top.problem(key, f"`{key}` needs several user ids", hint='add `users = "many"`')
