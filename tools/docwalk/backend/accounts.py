"""Accounts: what an instance of many user ids needs, whichever backend opens it.

Input is an environment's definition; output are the files and capabilities of init, which is root inside, and
the request by which it makes accounts and homes. Who may have such an instance is checked here as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from docwalk.backend.instance import RUN, SKELETON, shell_path
from docwalk.bubblewrap import Network
from docwalk.environment.definition import Users
from docwalk.environment.owner import cannot_own, outside_first_id, owner_fix
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from docwalk.backend.channel import Channel
    from docwalk.environment.definition import Environment
    from docwalk.environment.store import BuiltEnvironment

INIT_CAPABILITIES: Final = (
    *("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"),
    *("CAP_AUDIT_WRITE", "CAP_NET_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_SETPCAP", "CAP_SYS_PTRACE"),
)
"""What init itself may do; it gives less to what it starts (`init_accounts.py`)."""
_SOURCE: Final = Path(__file__).with_name("init_accounts.py")
_ADDRESS: Final = "10.0.0.1"
"""Added to the loopback of an instance without network: names resolve only where there is such an address."""


def account_files() -> Mapping[PurePosixPath, bytes]:
    """What init reads where it has accounts to make: path inside to content."""
    return {RUN / _SOURCE.name: _SOURCE.read_bytes()}


def require_accounts(environment: BuiltEnvironment) -> None:
    """Refuse where this account, or an instance of one account, cannot give what `environment` needs.

    Raises:
        BackendError: with what that is.
    """
    if environment.environment.users is Users.MANY:
        require_many(environment)
    else:
        require_one(environment.environment)


def require_many(environment: BuiltEnvironment) -> None:
    """Refuse where this account cannot open `environment` with many ids.

    Raises:
        BackendError: it cannot have several ids, or the layers belong to others.
    """
    name = environment.environment.name
    reason = cannot_own()
    if reason is not None:
        raise BackendError(
            f"environment `{name}` needs several accounts, and this one cannot provide them: {reason}",
            hint=owner_fix(),
        )
    first_id = outside_first_id()
    if any(layer.stat().st_uid != first_id for layer in environment.layers):
        raise BackendError(
            f"the layers of `{name}` belong to other user ids than this account's subordinate ones",
            hint=f"build them anew: DOCWALK_CACHE_DIR=FOLDER docwalk env build {name}",
        )


def require_one(definition: Environment) -> None:
    """Refuse what an instance of one account cannot give.

    Raises:
        BackendError: a service runs as another account.
    """
    for service in definition.services:
        if service.user != definition.user:
            raise BackendError(
                f"service `{service.name}` runs as `{service.user}`, an account that an environment of one "
                "account has not",
                hint=f'write `users = "many"`, or `user = "{definition.user}"` for the service',
            )


def begin_one(definition: Environment, channel: Channel, *, keep: int | None) -> None:
    """Let init fill the reader's home.

    Args:
        definition: the environment's.
        channel: to init.
        keep: the lock that is kept from the shells; None where init was not given it.
    """
    channel.ask("begin", skel=SKELETON, home=f"/home/{definition.user}", keep=keep)


def begin_many(
    definition: Environment, channel: Channel, *, keep: int | None, system_calls: bytes | None = None
) -> None:
    """Let init make accounts and homes.

    Args:
        definition: the environment's.
        channel: to init.
        keep: the lock that is kept from the shells; None where init was not given it.
        system_calls: the filter that init takes itself; None where it was started with it.
    """
    accounts = [
        {
            "name": definition.user,
            "uid": definition.uid,
            "gid": definition.gid,
            "groups": (),
            "password": None,
            "shell": shell_path(definition.shell),
        },
        *(
            {
                "name": each.name,
                "uid": each.uid,
                "gid": each.uid,
                "groups": each.groups,
                "password": each.password,
                "shell": shell_path(each.shell),
            }
            for each in definition.accounts
        ),
    ]
    address = None if definition.network is Network.HOST else _ADDRESS
    channel.ask(
        "begin_many",
        accounts=accounts,
        skel=SKELETON,
        keep=keep,
        address=address,
        system_calls=None if system_calls is None else system_calls.hex(),
    )
