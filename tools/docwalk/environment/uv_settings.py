"""Settings of uv inside, from the same effective configuration as pip's.

uv reads no `pip.conf`. Input is a transport; output the text of `/etc/uv/uv.toml` that makes uv ask the
same indexes and folders with the same constraints. What has no counterpart in that file (timeouts, retries,
constraints at an address) is left out.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from docwalk.environment.transport import Transport

UV_SETTINGS: Final = PurePosixPath("/etc/uv/uv.toml")
"""Where uv reads settings of the machine; filled where an environment has that file."""


def uv_settings(transport: Transport, *, package_proxy: str | None) -> Mapping[PurePosixPath, bytes]:
    """The generated file: path inside to content.

    Args:
        transport: what pip on the host is configured with.
        package_proxy: URL of the mirror that stands in for the remote indexes; None uses them.
    """
    text = "".join(f"{line}\n" for line in _lines(transport, package_proxy))
    return {UV_SETTINGS: text.encode()}


def _lines(transport: Transport, package_proxy: str | None) -> Iterator[str]:
    options = dict(transport.options(package_proxy=package_proxy))
    if "no-index" in options:
        yield "no-index = true"
    yield from _array("find-links", options.get("find-links", ()))
    yield from _array("constraint-dependencies", _constraints(transport))
    yield from _array("allow-insecure-host", options.get("trusted-host", ()))
    if package_proxy is None and transport.bundle is not None:
        yield "native-tls = true"  # the name that old and new versions of uv know
    for url in options.get("proxy", ()):
        yield f"http-proxy = {_quoted(url)}"
        yield f"https-proxy = {_quoted(url)}"
    extra = options.get("extra-index-url", ())
    if extra:
        # As pip does: the best version of all indexes, not the first index that has any.
        yield 'index-strategy = "unsafe-best-match"'
    for url in extra:
        yield from ("", "[[index]]", f"url = {_quoted(url)}")
    for url in options.get("index-url", ()):
        yield from ("", "[[index]]", f"url = {_quoted(url)}", "default = true")


def _array(name: str, values: Iterable[str]) -> Iterator[str]:
    listed = ", ".join(_quoted(value) for value in values)
    if listed:
        yield f"{name} = [{listed}]"


def _quoted(text: str) -> str:
    """A TOML string: JSON's are, once no character of theirs is an escaped surrogate."""
    return json.dumps(text, ensure_ascii=False)


def _constraints(transport: Transport) -> Iterator[str]:
    """The requirements in the host's constraints files; uv takes them one by one, not as files."""
    named = set(dict(transport.pip_options).get("constraint", ()))
    for folder in transport.folders:
        if str(folder.target) not in named:
            continue
        for line in folder.source.read_text(encoding="utf-8").splitlines():
            text = line.partition(" #")[0].partition(" --hash")[0].strip()
            if _is_requirement(text):
                yield text


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False  # a comment, an option of pip, a path
    return True
