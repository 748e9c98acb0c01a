"""The store: where built layers lie, and whether an environment is among them.

Nothing is ever changed under a final name: layers are made under a temporary one and renamed when
complete. The machine-wide store is a read-only fallback for ordinary accounts.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from docwalk.bubblewrap import is_reachable
from docwalk.environment.definition import Users
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.owner import cannot_own
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docwalk.environment.definition import Environment

BUILDING_PREFIX = ".building-"
_SHOWN_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltEnvironment:
    """An environment whose layers all exist."""

    environment: Environment
    """Its definition."""
    digest: str
    """`sha256:…`, as `environment_digest` gives it."""
    layers: tuple[Path, ...]
    """Roots of its layers, bottom first."""
    nested: tuple[BuiltEnvironment, ...] = ()
    """Environments that docwalk inside finds built."""
    manifest: Mapping[str, Any]
    """What is inside: `os`, `architecture`, `packages`, `pythons`, `modules`, `bytes`; JSON values."""

    @property
    def manifest_path(self) -> Path:
        """File of its manifest, in the store that its layers are in."""
        return Store(folder=self.layers[0].parents[2], fallback=None).manifest_path(self.digest)

    def find(self, path: str) -> Path | None:
        """Where `path` (absolute, inside) lies outside, in the highest layer with it; None where none has it.

        Links are not followed and removals in higher layers not heeded: for files layers only add.
        """
        for layer in reversed(self.layers):
            candidate = layer / path.lstrip("/")
            if candidate.exists() or candidate.is_symlink():
                return candidate
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One folder of layers, and where to look when it lacks one."""

    folder: Path
    """The folder; need not exist yet."""
    fallback: Path | None
    """Another store's folder, only read; None for none."""

    @classmethod
    def default(cls) -> Store:
        """`DOCWALK_CACHE_DIR`, else the machine's cache for root, else the caller's.

        The machine's, since the account that root's sandboxes become cannot enter root's home.
        """
        site = platformdirs.site_cache_path("docwalk")
        named = os.environ.get("DOCWALK_CACHE_DIR")
        if named:
            return cls(folder=Path(named).absolute(), fallback=site if site != Path(named) else None)
        if os.geteuid() == 0:
            return cls(folder=site, fallback=None)
        return cls(folder=platformdirs.user_cache_path("docwalk"), fallback=site)

    def layer_dir(self, digest: str) -> Path:
        """Folder of the layer with that recipe digest, built or not: `fs/` and `layer.json`."""
        return self.folder / "layers" / digest[:_SHOWN_DIGITS]

    def manifest_path(self, digest: str) -> Path:
        """File of the manifest of an environment, by `sha256:…`."""
        return self.folder / "environments" / f"{digest.removeprefix('sha256:')[:_SHOWN_DIGITS]}.json"

    def has_layer(self, digest: str) -> bool:
        """Whether that layer is complete."""
        return (self.layer_dir(digest) / "layer.json").is_file()

    def find(self, environment: Environment) -> BuiltEnvironment | None:
        """The environment as built here or in the fallback, with those it nests; None where it is not."""
        digests = layer_digests(environment)
        digest = environment_digest(environment)
        nested = tuple(found for each in environment.nested if (found := self.find(each)) is not None)
        if len(nested) < len(environment.nested):
            return None
        for store in self._stores(environment):
            manifest = store.manifest_path(digest)
            if manifest.is_file() and all(store.has_layer(each) for each in digests):
                return BuiltEnvironment(
                    environment=environment,
                    digest=digest,
                    layers=tuple(store.layer_dir(each) / "fs" for each in digests),
                    nested=nested,
                    manifest=json.loads(manifest.read_text("utf-8")),
                )
        return None

    def is_own(self, built: BuiltEnvironment) -> bool:
        """Whether its layers lie in this store, not in the fallback."""
        return built.layers[0].is_relative_to(self.folder)

    def _stores(self, environment: Environment) -> Iterator[Store]:
        yield self
        # Who can have layers of ids of his own needs them so, where there are several accounts inside.
        needs_own = environment.users is Users.MANY and os.geteuid() != 0 and cannot_own() is None
        if self.fallback is not None and not needs_own:
            yield Store(folder=self.fallback, fallback=None)

    def make_folders(self) -> None:
        """Make the store's folders, open to the account that sandboxes become.

        Raises:
            BackendError: they cannot be made, or that account cannot reach them.
        """
        try:
            for folder in (self.folder, *(self.folder / name for name in ("layers", "environments", "logs"))):
                folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError as error:
            raise BackendError(
                f"the store `{self.folder}` cannot be made: {error.strerror}",
                hint="name another folder: export DOCWALK_CACHE_DIR=FOLDER",
            ) from error
        if os.geteuid() == 0 and not is_reachable(self.folder):
            raise BackendError(
                f"the store `{self.folder}` is closed to the account that root's sandboxes become",
                hint="name a folder outside of private ones: export DOCWALK_CACHE_DIR=/var/cache/docwalk",
            )

    @contextlib.contextmanager
    def locked(self, *, on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the store's build lock; `on_wait` is called once when somebody else has it."""
        with (self.folder / "build.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
