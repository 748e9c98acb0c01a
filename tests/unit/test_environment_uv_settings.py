"""uv's settings inside, made from made-up configurations of the host's pip."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath

import pytest

from docwalk.environment.transport import make_transport
from docwalk.environment.uv_settings import UV_SETTINGS, uv_settings

PROXY = "http://127.0.0.1:61080/index/"


def settings(config: dict[str, str], *, package_proxy: str | None = None) -> dict[str, object]:
    transport = make_transport(config, environ={}, resolv_conf=b"")
    made = uv_settings(transport, package_proxy=package_proxy)
    assert list(made) == [PurePosixPath("/etc/uv/uv.toml")] == [UV_SETTINGS]
    found = tomllib.loads(made[UV_SETTINGS].decode())
    found.pop("native-tls", None)
    return found


def test_the_mirror_stands_in_for_the_default_index() -> None:
    expected = {"index": [{"url": PROXY, "default": True}]}
    assert settings({}, package_proxy=PROXY) == expected
    assert settings({"global.index-url": "https://a.example/simple"}, package_proxy=PROXY) == expected


def test_without_a_mirror_uv_asks_the_hosts_indexes_and_without_any_its_own() -> None:
    assert settings({}) == {}
    assert settings({"global.index-url": "https://a.example/simple"}) == {
        "index": [{"url": "https://a.example/simple", "default": True}]
    }


def test_a_mirror_needs_no_certificates_and_an_index_of_the_host_its_own(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    transport = make_transport({"global.cert": str(bundle)}, environ={}, resolv_conf=b"")
    assert uv_settings(transport, package_proxy=None)[UV_SETTINGS] == b"native-tls = true\n"
    assert b"native-tls" not in uv_settings(transport, package_proxy=PROXY)[UV_SETTINGS]


def test_folders_are_named_as_they_are_inside_and_all_indexes_count_alike(tmp_path: Path) -> None:
    index = tmp_path / "mirror" / "simple"
    wheels = tmp_path / "wheels"
    index.mkdir(parents=True)
    wheels.mkdir()
    config = {"global.extra-index-url": f"file://{index}", "global.find-links": str(wheels)}
    assert settings(config, package_proxy=PROXY) == {
        "find-links": ["/srv/packages/1"],
        "index-strategy": "unsafe-best-match",
        "index": [{"url": "file:///srv/packages/0/simple"}, {"url": PROXY, "default": True}],
    }


def test_constraints_are_listed_one_by_one(tmp_path: Path) -> None:
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(
        '# a cap\n\ntorch<=2.14.1 # here\nsix ; python_version < "4"\n-c other.txt\n./folder\n'
    )
    assert settings({"global.constraint": str(constraints)}) == {
        "constraint-dependencies": ["torch<=2.14.1", 'six ; python_version < "4"']
    }


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("no-index", "true", {"no-index": True}),
        ("trusted-host", "a.example b.example", {"allow-insecure-host": ["a.example", "b.example"]}),
        ("find-links", "https://a.example/é\\x", {"find-links": ["https://a.example/é\\x"]}),
        (
            "proxy",
            "http://proxy.example:3128",
            {"http-proxy": "http://proxy.example:3128", "https-proxy": "http://proxy.example:3128"},
        ),
        ("timeout", "9", {}),
    ],
)
def test_each_option_has_its_counterpart(option: str, value: str, expected: dict[str, object]) -> None:
    assert settings({f"global.{option}": value}) == expected


def test_a_proxy_is_left_to_the_mirror() -> None:
    assert settings({"global.proxy": "http://proxy.example:3128"}, package_proxy=PROXY) == {
        "index": [{"url": PROXY, "default": True}]
    }
