"""The registry: every backend there is, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docwalk.backend.apptainer import ApptainerBackend
from docwalk.backend.docker import DockerBackend
from docwalk.backend.host import HostBackend
from docwalk.backend.podman import PodmanBackend
from docwalk.backend.sandbox import SandboxBackend
from docwalk.config import BACKENDS
from docwalk.errors import BackendError
from docwalk.options import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docwalk.backend import Backend
    from docwalk.environment.store import Store

_ISOLATED: Final[Mapping[str, Callable[[Store | None], Backend]]] = {
    "sandbox": SandboxBackend,
    "podman": PodmanBackend,
    "docker": DockerBackend,
    "apptainer": ApptainerBackend,
}


def make_backend(name: str, store: Store | None = None, *, on_this_host: bool = False) -> Backend:
    """The backend called `name`.

    Args:
        name: one of `config.BACKENDS`.
        store: where instances are kept; None is the default one.
        on_this_host: whether walks may run on this machine itself, which isolates nothing.

    Raises:
        BackendError: there is none, or it needs `on_this_host`.
    """
    if name in _ISOLATED:
        return _ISOLATED[name](store)
    if name != "host":
        raise BackendError(
            f"there is no backend `{name}`", hint=did_you_mean(name, BACKENDS, otherwise="name one of")
        )
    if not on_this_host:
        raise BackendError(
            "the backend `host` isolates nothing: every command of a page runs on this machine as you",
            hint="add --on-this-host if you trust the pages, or use a disposable copy: --backend sandbox",
        )
    return HostBackend()
