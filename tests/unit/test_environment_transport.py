"""The sandbox's pip configuration, made from made-up ones of the host."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from docwalk.bubblewrap import Bind
from docwalk.environment.transport import (
    TRANSPORT_RULES,
    Transport,
    make_transport,
    parse_pip_config,
)
from docwalk.errors import BackendError


def transport(config: dict[str, str], **environ: str) -> Transport:
    return make_transport(config, environ=environ, resolv_conf=b"nameserver 192.0.2.1\n")


def options(made: Transport) -> dict[str, tuple[str, ...]]:
    return {name: values for name, values in made.pip_options if name != "cert"}


def test_what_pip_lists_is_read_back() -> None:
    listed = ":env:.timeout='180'\nglobal.extra-index-url='\\nhttps://a.example\\nhttps://b.example'\n"
    assert parse_pip_config(listed) == {
        ":env:.timeout": "180",
        "global.extra-index-url": "\nhttps://a.example\nhttps://b.example",
    }


def test_without_configuration_pip_inside_has_its_defaults() -> None:
    made = transport({})
    assert options(made) == {}
    assert made.folders == ()
    settings = [line for line in made.pip_conf().splitlines() if not line.startswith("cert = ")]
    assert settings == ["[global]", "disable-pip-version-check = true"]


def test_variables_beat_install_beats_global() -> None:
    made = transport(
        {
            ":env:.default-timeout": "3",
            "install.timeout": "2",
            "global.timeout": "1",
            "install.index-url": "https://install.example/simple",
            "global.index-url": "https://global.example/simple",
            "global.retries": "9",
        }
    )
    assert options(made) == {
        "index-url": ("https://install.example/simple",),
        "timeout": ("3",),
        "retries": ("9",),
    }


def test_what_only_concerns_the_host_stays_outside() -> None:
    made = transport({"install.user": "true", "global.target": "/tmp/x", "global.cache-dir": "/root/cache"})
    assert options(made) == {}


def test_local_places_are_bound_at_neutral_paths(tmp_path: Path) -> None:
    index = tmp_path / "mirror" / "simple"
    wheels = tmp_path / "wheel house"
    constraints = tmp_path / "constraints.txt"
    index.mkdir(parents=True)
    wheels.mkdir()
    constraints.touch()
    made = transport(
        {
            "global.extra-index-url": f"file://{index} https://extra.example/simple",
            "global.find-links": wheels.as_uri(),
            "global.constraint": str(constraints),
        }
    )
    assert options(made) == {
        "extra-index-url": ("file:///srv/packages/0/simple", "https://extra.example/simple"),
        "find-links": ("/srv/packages/1",),
        "constraint": ("/srv/packages/constraints-0.txt",),
    }
    assert made.binds()[:3] == (
        Bind(source=tmp_path / "mirror", target=PurePosixPath("/srv/packages/0")),
        Bind(source=wheels, target=PurePosixPath("/srv/packages/1")),
        Bind(source=constraints, target=PurePosixPath("/srv/packages/constraints-0.txt")),
    )
    assert str(tmp_path) not in made.pip_conf()


def test_local_places_that_do_not_exist_are_left_out(tmp_path: Path) -> None:
    made = transport({"global.find-links": f"{tmp_path / 'nowhere'} https://wheels.example/list"})
    assert options(made) == {"find-links": ("https://wheels.example/list",)}


def test_several_values_stand_on_lines_of_their_own() -> None:
    made = transport({"global.extra-index-url": "https://a.example https://b.example"})
    assert made.pip_conf().startswith("[global]\nextra-index-url = https://a.example https://b.example\n")


@pytest.mark.parametrize("option", ["index-url", "extra-index-url", "find-links", "proxy"])
def test_credentials_are_refused(option: str) -> None:
    with pytest.raises(BackendError) as caught:
        transport({f"global.{option}": "https://somebody:secret@index.example/simple"})
    assert str(caught.value) == f"pip's `{option}` carries credentials, which never enter a sandbox"
    assert caught.value.hint == "put them into a proxy or a mirror without log-in, and point pip at that"


def test_too_many_local_places_are_refused(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(11)]
    for folder in folders:
        folder.mkdir()
    ten = transport({"global.find-links": " ".join(map(str, folders[:10]))})
    assert len(ten.folders) == 10
    with pytest.raises(BackendError, match="names more than 10 local places"):
        transport({"global.find-links": " ".join(map(str, folders))})


def test_the_certificates_are_those_of_the_host(tmp_path: Path) -> None:
    for name in ("pip.pem", "ssl.pem"):
        (tmp_path / name).touch()
    by_pip = transport({"global.cert": str(tmp_path / "pip.pem")}, SSL_CERT_FILE=str(tmp_path / "ssl.pem"))
    assert by_pip.bundle == tmp_path / "pip.pem"
    by_variable = transport({}, SSL_CERT_FILE=str(tmp_path / "ssl.pem"))
    assert by_variable.bundle == tmp_path / "ssl.pem"
    assert "cert = /etc/ssl/certs/ca-certificates.crt" in by_variable.pip_conf()


def test_names_are_resolved_as_on_the_host() -> None:
    files = transport({}).files(hostname="login1")
    assert files[PurePosixPath("/etc/resolv.conf")] == b"nameserver 192.0.2.1\n"
    assert b"127.0.1.1\tlogin1\n" in files[PurePosixPath("/etc/hosts")]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Looking in links: /srv/packages/2", "find-links"),
        ("Looking in links: https://wheels.example/list", None),
        ("Looking in indexes: https://index.example/simple", "indexes"),
        (
            "WARNING: Location 'file:///srv/packages/1/simple/six/' is ignored: it is no directory.",
            "missing-location",
        ),
        ("Processing /srv/packages/0/six-1.17.0-py2.py3-none-any.whl", "local-file"),
        ("Processing ./six-1.17.0-py2.py3-none-any.whl", None),
        ("Successfully installed six-1.17.0", None),
        ("    global.index-url: http://127.0.0.1:1/index/", "pip-settings"),
        ("    global.extra-index-url: file:///srv/packages/0/simple https://b.example", "pip-settings"),
        ("global.timeout='180'", "pip-settings"),
        ("global.cache-dir='/home/reader/x'", None),
        ("    global.break-system-packages: true", None),
        ("    install.user: true", None),
        ("  /etc/pip.conf, exists: True", None),
        ("  Stored in directory: /home/reader/.cache/pip/wheels/0c/09", None),
    ],
)
def test_rules_name_lines_of_the_transport_and_no_others(line: str, rule: str | None) -> None:
    named = [each.name for each in TRANSPORT_RULES if re.fullmatch(each.pattern, line)]
    assert named == ([rule] if rule is not None else [])
