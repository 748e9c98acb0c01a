"""What pip inside is told of its indexes, and what stands in for them."""

from __future__ import annotations

import re
from pathlib import Path

from docwalk.environment.package_proxy import proxy_environ
from docwalk.environment.transport import TRANSPORT_RULES, make_transport

_PROXY = "http://127.0.0.1:4321/index/"
_REWRITING = next(rule for rule in TRANSPORT_RULES if rule.name == "package-proxy")


def test_the_proxy_stands_in_for_remote_indexes_only(tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    config = {
        "global.index-url": "https://index.example/simple",
        "global.extra-index-url": f"https://more.example/simple file://{tmp_path}/simple",
        "global.proxy": "http://gate.example:3128",
        "global.timeout": "30",
    }

    transport = make_transport(config, environ={"SSL_CERT_FILE": "/nowhere"}, resolv_conf=b"")

    assert transport.can_be_proxied
    assert [line for line in transport.pip_conf(package_proxy=_PROXY).splitlines() if "cert" not in line] == [
        "[global]",
        f"index-url = {_PROXY}",
        "extra-index-url = file:///srv/packages/0/simple",
        "timeout = 30",
        "disable-pip-version-check = true",
    ]
    assert {
        name: value
        for name, value in proxy_environ(Path("/kept"), transport, {}).items()
        if name not in {"REQUESTS_CA_BUNDLE", "PROXPI_LOGGING_LEVEL", "PROXPI_DOWNLOAD_TIMEOUT"}
    } == {
        "PROXPI_CACHE_DIR": "/kept/files",
        "PROXPI_INDEX_URL": "https://index.example/simple",
        "PROXPI_EXTRA_INDEX_URLS": "https://more.example/simple",
        "HTTPS_PROXY": "http://gate.example:3128",
        "HTTP_PROXY": "http://gate.example:3128",
    }


def test_an_index_that_is_a_folder_or_not_checked_is_not_stood_in_for(tmp_path: Path) -> None:
    local = make_transport({"global.index-url": f"file://{tmp_path}"}, environ={}, resolv_conf=b"")
    unchecked = make_transport({"global.trusted-host": "index.example"}, environ={}, resolv_conf=b"")

    assert not local.can_be_proxied
    assert not unchecked.can_be_proxied


def test_a_file_of_the_proxy_is_named_as_one_of_the_default_index() -> None:
    line = "  Downloading http://127.0.0.1:4321/index/cowsay/cowsay-6.1-py3-none-any.whl (25 kB)"

    match = re.fullmatch(_REWRITING.pattern, line)

    assert match is not None
    assert match.expand(_REWRITING.replacement or "") == "  Downloading cowsay-6.1-py3-none-any.whl (25 kB)"


def test_a_file_from_anywhere_else_keeps_its_address() -> None:
    line = "  Downloading http://192.0.2.7:4321/index/cowsay/cowsay-6.1-py3-none-any.whl (25 kB)"

    assert re.fullmatch(_REWRITING.pattern, line) is None
