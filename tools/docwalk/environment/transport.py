"""Transport: how packages and names reach the inside, made from what the host's pip really uses.

One generated `/etc/pip.conf` and read-only folders at neutral paths; no variable of the host is
forwarded, and an index that carries a password is refused. What pip prints only because of this is
declared in `TRANSPORT_RULES`, so that it can be taken out of recorded output and shown on the site.
"""

from __future__ import annotations

import ast
import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from docwalk.bubblewrap import Bind
from docwalk.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PIP_CONF = PurePosixPath("/etc/pip.conf")
_PACKAGES = PurePosixPath("/srv/packages")
_BUNDLE = PurePosixPath("/etc/ssl/certs/ca-certificates.crt")
_MOST_FOLDERS = 10
"""Mount points the bottom layer has below `/srv/packages`."""

_MULTIPLE = ("extra-index-url", "find-links", "constraint", "trusted-host")
_SINGLE = ("index-url", "timeout", "retries", "proxy", "no-index")
_CARRIED = (*_SINGLE[:1], *_MULTIPLE, *_SINGLE[1:])
_SECTIONS = ("global", "install")
_ALIASES = {"default-timeout": "timeout"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportRule:
    """Lines of output that are there only because of how packages reach the sandbox."""

    name: str
    """Short name, shown on the site."""
    pattern: str
    """Regular expression that the whole line matches."""
    reason: str
    """Why the line is left out or rewritten, one sentence."""
    replacement: str | None = None
    """What stands in its place, groups of the pattern as `\\1`; None leaves the line out."""


TRANSPORT_RULES = (
    TransportRule(
        name="find-links",
        pattern=r"Looking in links: .*/srv/packages/.*",
        reason="pip names folders of packages that only this sandbox has.",
    ),
    TransportRule(
        name="indexes",
        pattern=r"Looking in indexes: .*",
        reason="pip names its package indexes when they are not the default; the sandbox uses its host's.",
    ),
    TransportRule(
        name="missing-location",
        pattern=r"WARNING: Location 'file:///srv/packages/.*' is ignored: .*",
        reason="pip notes that a folder of packages that only this sandbox has lacks the package.",
    ),
    TransportRule(
        name="local-file",
        pattern=r"Processing /srv/packages/.*",
        reason="pip takes a package from a folder that only this sandbox has, instead of downloading it.",
    ),
    TransportRule(
        name="package-proxy",
        pattern=r"( *(?:Downloading|Using cached)) http://127\.0\.0\.1:\d+/index/[^/]+/(\S+)(.*)",
        replacement=r"\1 \2\3",
        reason="pip names a file without its address when it comes from the default index; here a cache on "
        "the machine that walks stands in for that.",
    ),
    TransportRule(
        name="pip-settings",
        pattern=r"(?:    )?global\.(?:index-url|extra-index-url|find-links|constraint|trusted-host|timeout"
        r"|retries|proxy|no-index|cert|disable-pip-version-check)[:=].*",
        reason="pip lists the settings of /etc/pip.conf, which tell it only how packages reach this sandbox.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A file or folder of the host that pip inside is pointed at."""

    source: Path
    """Outside."""
    target: PurePosixPath
    """Inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What pip, TLS and name resolution inside need."""

    pip_options: tuple[tuple[str, tuple[str, ...]], ...]
    """Options of `[global]` in `/etc/pip.conf` and their values, paths as inside."""
    folders: tuple[Folder, ...]
    """What those paths are outside."""
    bundle: Path | None
    """The host's certificates; None leaves the environment's own."""
    resolv_conf: bytes
    """The host's `/etc/resolv.conf`."""

    @property
    def index_url(self) -> str | None:
        """The index; None is pip's own default."""
        return dict(self.pip_options).get("index-url", (None,))[0]

    @property
    def remote_extra_indexes(self) -> tuple[str, ...]:
        """Further indexes that are not folders."""
        return tuple(url for url in dict(self.pip_options).get("extra-index-url", ()) if _is_remote(url))

    @property
    def http_proxy(self) -> str | None:
        """The proxy through which the host's pip asks its indexes."""
        return dict(self.pip_options).get("proxy", (None,))[0]

    @property
    def has_remote_index(self) -> bool:
        """Whether pip asks an index that is no folder."""
        names = {name for name, _ in self.pip_options}
        return (self.index_url is None or _is_remote(self.index_url)) and "no-index" not in names

    @property
    def can_be_proxied(self) -> bool:
        """Whether a caching mirror may stand in for the indexes: they are remote, and TLS is checked."""
        return self.has_remote_index and "trusted-host" not in dict(self.pip_options)

    def binds(self) -> tuple[Bind, ...]:
        """Read-only binds of packages and certificates."""
        made = [Bind(source=each.source, target=each.target) for each in self.folders]
        if self.bundle is not None:
            made.append(Bind(source=self.bundle, target=_BUNDLE))
        return tuple(made)

    def files(
        self,
        *,
        hostname: str,
        package_proxy: str | None = None,
        aliases: tuple[str, ...] = (),
        resolves_names: bool = True,
    ) -> Mapping[PurePosixPath, bytes]:
        """Generated files: path inside to content.

        Args:
            hostname: name of the host inside.
            package_proxy: URL of the mirror that stands in for the remote indexes; None uses them.
            aliases: further names of the host inside.
            resolves_names: whether the host's name servers can be asked.
        """
        names = " ".join((hostname, *aliases))
        hosts = f"127.0.0.1\tlocalhost\n127.0.1.1\t{names}\n::1\tlocalhost ip6-localhost\n"
        return {
            _PIP_CONF: self.pip_conf(package_proxy=package_proxy).encode(),
            PurePosixPath("/etc/resolv.conf"): self.resolv_conf if resolves_names else b"",
            PurePosixPath("/etc/hosts"): hosts.encode(),
        }

    def pip_conf(self, *, package_proxy: str | None = None) -> str:
        """The text of `/etc/pip.conf`; `package_proxy` stands in for the remote indexes."""
        lines = ["[global]"]
        for name, values in self.options(package_proxy=package_proxy):
            # One line each, so that a rule can tell what `pip config debug` prints of it.
            lines.append(f"{name} = {' '.join(values)}")
        lines.append("disable-pip-version-check = true")
        return "\n".join(lines) + "\n"

    def options(self, *, package_proxy: str | None = None) -> Iterable[tuple[str, tuple[str, ...]]]:
        """`pip_options`, or what is left of them where `package_proxy` stands in for the remote indexes."""
        return self.pip_options if package_proxy is None else self._proxied(package_proxy)

    def _proxied(self, url: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield "index-url", (url,)
        for name, values in self.pip_options:
            if name == "extra-index-url":
                local = tuple(each for each in values if not _is_remote(each))
                if local:
                    yield name, local
            elif name not in {"index-url", "proxy"}:
                yield name, values


def _is_remote(url: str) -> bool:
    return urlsplit(url).scheme not in {"", "file"}


@functools.cache
def detect_transport() -> Transport:
    """The host's transport, asked from its pip once per process.

    Raises:
        BackendError: pip fails, or an index carries a password.
    """
    return make_transport(read_pip_config(), environ=os.environ, resolv_conf=_read(Path("/etc/resolv.conf")))


def read_pip_config() -> Mapping[str, str]:
    """`pip config list` of the host: `section.option` to value, `:env:.option` for variables.

    Raises:
        BackendError: pip cannot read its own configuration.
    """
    commands = [[sys.executable, "-m", "pip"]]
    commands += [[found] for name in ("pip", "pip3") if (found := shutil.which(name)) is not None]
    said = ""
    for command in commands:
        done = subprocess.run([*command, "config", "list"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return parse_pip_config(done.stdout)
        said = said or done.stderr.strip()
    if "No module named pip" in said:
        return {}  # no pip at all on this host: what its index is, nobody has configured
    raise BackendError(f"pip cannot list its configuration: {said}", hint="run `pip config debug`")


def parse_pip_config(text: str) -> Mapping[str, str]:
    """What `pip config list` printed: one `name='value'` a line, in Python's notation."""
    found = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            found[name] = str(ast.literal_eval(value))
    return found


def make_transport(config: Mapping[str, str], *, environ: Mapping[str, str], resolv_conf: bytes) -> Transport:
    """The transport that follows from pip's configuration; reads the file system only for existence.

    Args:
        config: as `read_pip_config` gives it.
        environ: where certificates may be named besides.
        resolv_conf: content of that file.

    Raises:
        BackendError: an index carries a password, or there are more than ten local folders.
    """
    places = _Places()
    options: list[tuple[str, tuple[str, ...]]] = []
    effective = _effective(config)
    for name in _CARRIED:
        text = effective.get(name)
        if text is None:
            continue
        values = tuple(text.split()) if name in _MULTIPLE else (text.strip(),)
        carried = tuple(filter(None, (_carry(name, value, places) for value in values)))
        if carried:
            options.append((name, carried))
    bundle = _host_bundle(effective.get("cert"), environ)
    if bundle is not None:
        options.append(("cert", (str(_BUNDLE),)))
    return Transport(
        pip_options=tuple(options), folders=tuple(places.folders), bundle=bundle, resolv_conf=resolv_conf
    )


def _effective(config: Mapping[str, str]) -> Mapping[str, str]:
    """Which value wins: variables over `[install]` over `[global]`."""
    found: dict[str, str] = {}
    for section in (*_SECTIONS, ":env:"):
        for name, value in config.items():
            if name.startswith(f"{section}."):
                option = name.removeprefix(f"{section}.")
                found[_ALIASES.get(option, option)] = value
    return found


class _Places:
    """Neutral paths given out to local files and folders."""

    def __init__(self) -> None:
        self.folders: list[Folder] = []
        self._counts = {"folder": 0, "constraint": 0}

    def place(self, path: Path, *, kind: str) -> PurePosixPath:
        for each in self.folders:
            if each.source == path:
                return each.target
        number = self._counts[kind]
        if number >= _MOST_FOLDERS:
            raise BackendError(
                f"pip's configuration names more than {_MOST_FOLDERS} local places",
                hint="see them: pip config list",
            )
        self._counts[kind] += 1
        name = str(number) if kind == "folder" else f"constraints-{number}.txt"
        self.folders.append(Folder(source=path, target=_PACKAGES / name))
        return self.folders[-1].target


def _carry(name: str, value: str, places: _Places) -> str | None:
    """The value as it stands inside; None for a local place that does not exist."""
    if name in {"timeout", "retries", "trusted-host", "no-index"}:
        return value
    parts = urlsplit(value)
    if parts.username is not None or parts.password is not None:
        raise BackendError(
            f"pip's `{name}` carries credentials, which never enter a sandbox",
            hint="put them into a proxy or a mirror without log-in, and point pip at that",
        )
    if _is_remote(value):
        return value
    path = Path(unquote(parts.path)).expanduser()
    if not path.exists():
        return None
    if name == "constraint":
        return str(places.place(path, kind="constraint"))
    if name in {"index-url", "extra-index-url"}:
        # An index's pages link to files beside it (`../../files/…`), so its parent is what is seen inside.
        root = path.parent if path.name == "simple" else path
        inside = places.place(root, kind="folder")
        return f"file://{inside / path.relative_to(root)}"
    return str(places.place(path, kind="folder"))


def _host_bundle(named: str | None, environ: Mapping[str, str]) -> Path | None:
    candidates = [named, environ.get("SSL_CERT_FILE"), environ.get("REQUESTS_CA_BUNDLE")]
    candidates += [str(_BUNDLE), "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
