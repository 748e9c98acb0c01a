"""Packages from the host's apt: where they come from, how they are downloaded without installing any.

Everything is done in a private folder: the host's package lists, cache and state stay as they are, so
that an ordinary account can do it, and a host with empty lists too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from docwalk.errors import BackendError

_APT_HINT = "build on a machine with apt, or import an environment: docwalk env import FILE"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_CARRIED_OPTION = re.compile(
    r'Acquire::(?:(?:http|https|ftp)(?:::[\w.:-]+)?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46]) ".+";'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AptSource:
    """One archive: what a stanza of a `.sources` file says."""

    uri: str
    """Where the archive is."""
    suites: tuple[str, ...]
    """Its suites."""
    components: tuple[str, ...]
    """Its components; always with `main`."""
    signed_by: str | None
    """Keyring file; None trusts the host's."""

    def __str__(self) -> str:
        """The stanza."""
        lines = [
            "Types: deb",
            f"URIs: {self.uri}",
            f"Suites: {' '.join(self.suites)}",
            f"Components: {' '.join(self.components)}",
        ]
        if self.signed_by is not None:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(lines) + "\n"


def host_sources(root: Path = Path("/etc/apt")) -> tuple[AptSource, ...]:
    """The host's archives that have a `main` component, from both kinds of file."""
    found: list[AptSource] = []
    lists = [root / "sources.list", *sorted((root / "sources.list.d").glob("*.list"))]
    for path in lists:
        if path.is_file():
            found.extend(filter(None, map(_parse_line, path.read_text("utf-8").splitlines())))
    for path in sorted((root / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text("utf-8")):
            found.extend(_parse_stanza(stanza))
    return tuple(found)


def _parse_line(line: str) -> AptSource | None:
    parsed = re.fullmatch(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)(?:#.*)?", line)
    if parsed is None or "main" not in parsed[4].split():
        return None
    options = dict(part.split("=", 1) for part in (parsed[1] or "").split() if "=" in part)
    return AptSource(
        uri=parsed[2], suites=(parsed[3],), components=("main",), signed_by=options.get("signed-by")
    )


def _parse_stanza(stanza: str) -> tuple[AptSource, ...]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')}\n{line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.lower()
            fields[name] = value.strip()
    wanted = "deb" in fields.get("types", "").split() and "main" in fields.get("components", "").split()
    if not wanted or fields.get("enabled", "yes").lower() == "no":
        return ()
    signed_by = fields.get("signed-by")
    return tuple(
        AptSource(
            uri=uri,
            suites=tuple(fields.get("suites", "").split()),
            components=("main",),
            signed_by=signed_by if signed_by and signed_by.startswith("/") else None,
        )
        for uri in fields.get("uris", "").split()
    )


def debian_sources(suite: str, sources: tuple[AptSource, ...]) -> tuple[AptSource, ...]:
    """The archives of Debian `suite`, found through those of another suite on the same mirror.

    `bookworm-security` of a bookworm host becomes `bullseye-security` for bullseye. Empty where no
    source is Debian's.
    """
    code_name = _host_code_name()
    if code_name is None:
        return ()
    made = []
    for source in sources:
        suites = tuple(
            each.replace(code_name, suite, 1)
            for each in source.suites
            if re.split(r"[-/]", each, maxsplit=1)[0] == code_name
        )
        if suites:
            made.append(
                AptSource(
                    uri=source.uri, suites=suites, components=source.components, signed_by=source.signed_by
                )
            )
    return tuple(made)


def _host_code_name() -> str | None:
    """Code name of a Debian host; None on any other."""
    try:
        text = Path("/etc/os-release").read_text("utf-8")
    except OSError:
        return None
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if fields.get("ID", "").strip('"') != "debian":
        return None
    return fields.get("VERSION_CODENAME", "").strip('"') or None


def carried_options() -> tuple[str, ...]:
    """Options of the host's apt that say how archives are reached, as `Name "value";`."""
    done = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False)
    return tuple(line for line in done.stdout.splitlines() if _CARRIED_OPTION.fullmatch(line))


def require_apt() -> None:
    """Refuse a host without apt.

    Raises:
        BackendError: there is none.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise BackendError("this machine has no apt, which Debian's packages come through", hint=_APT_HINT)


def download(packages: tuple[str, ...], folder: Path, *, sources: tuple[AptSource, ...] | None) -> None:
    """Download packages into `folder`, not their dependencies.

    Args:
        packages: names, each with `=version` where one is wanted.
        folder: an empty folder; package lists are kept in its `apt` while this runs.
        sources: archives to take them from; None is the host's own, with its own lists.

    Raises:
        BackendError: with what apt said.
    """
    require_apt()
    options = _private_state(folder, sources)
    _apt_get([*options, "update"], folder, packages)
    _apt_get([*options, "download", *packages], folder, packages)
    shutil.rmtree(folder / "apt")


def _private_state(folder: Path, sources: tuple[AptSource, ...] | None) -> list[str]:
    """Options by which apt keeps its lists in `folder/apt`, and for given sources its whole state."""
    state = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True)
    options = ["-q", "-o", f"Dir::Cache={state}/cache", "-o", "APT::Sandbox::User=root"]
    options += ["-o", f"Dir::State::lists={state}/lists", "-o", "Acquire::Languages=none"]
    if sources is not None:
        (state / "given.sources").write_text("\n".join(map(str, sources)), "utf-8")
        (state / "status").touch()
        options += ["-o", f"Dir::Etc::sourcelist={state}/given.sources", "-o", "Dir::Etc::sourceparts=-"]
        options += ["-o", f"Dir::State::status={state}/status", "-o", "Dir::Etc::preferencesparts=-"]
    return options


def package_hashes(
    packages: tuple[tuple[str, str, str], ...], folder: Path, *, sources: tuple[AptSource, ...]
) -> dict[tuple[str, str, str], str]:
    """The sha256 of those packages that the archives have; (name, version, architecture) to hash.

    Args:
        packages: name, version and architecture of each.
        folder: an empty folder for package lists.
        sources: the archives.

    Raises:
        BackendError: with what apt said.
    """
    require_apt()
    options = _private_state(folder, sources)
    _apt_get([*options, "update"], folder, ())
    names = sorted({name for name, _, _ in packages})
    done = subprocess.run(
        ["apt-cache", *options[1:], "show", *names],
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    wanted, found = set(packages), {}
    for stanza in done.stdout.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        key = (fields.get("Package", ""), fields.get("Version", ""), fields.get("Architecture", ""))
        if key in wanted and "SHA256" in fields:
            found[key] = fields["SHA256"]
    return found


def parse_file_name(name: str) -> tuple[str, str, str]:
    """Name, version and architecture from a package's file name, as apt writes it."""
    package, version, kind = name.removesuffix(".deb").split("_")
    return package, unquote(version), kind


def _apt_get(arguments: list[str], folder: Path, packages: tuple[str, ...]) -> None:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("E:")] or [done.stderr.strip()]
        raise BackendError(
            f"apt cannot download {', '.join(packages[:3])}{'…' if len(packages) > 3 else ''}: "  # noqa: PLR2004
            + " ".join(errors),
            hint="check that `apt-get update` works on this machine",
        )


def unpack(folder: Path, target: Path) -> None:
    """Unpack every package in `folder` into `target`, running none of their scripts."""
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", package, target], check=True, capture_output=True)


def archive_keyring(folder: Path) -> Path:
    """Debian's keyring: the host's, else downloaded into `folder`.

    Raises:
        BackendError: the host's apt has no package of it.
    """
    if _KEYRING.is_file():
        return _KEYRING
    unpacked = folder / "keyring"
    unpacked.mkdir()
    download(("debian-archive-keyring",), unpacked, sources=None)
    unpack(unpacked, unpacked)
    return unpacked / _KEYRING.relative_to("/")
