"""Definitions of environments: what is read, and each mistake with the exact text its author sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.bubblewrap import Network
from docwalk.environment.definition import Users, load_environment, load_environments
from docwalk.environment.digest import environment_digest, layer_digests
from docwalk.environment.parts import Limits
from docwalk.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parents[1] / "cases" / "environment"
SHIPPED = Path(__file__).parents[2] / "tools" / "environments"

SMALL = """
title = "Small"
[base]
suite = "bookworm"
packages = ["less", "bash=5.2-2"]
[[layers]]
name = "system"
files = ["modulefiles"]
"""


def make_definition(folder: Path, text: str) -> Path:
    """A folder with a definition, one layer `system` or `here`, and one file."""
    for name in ("system", "here"):
        (folder / "layers").mkdir(parents=True, exist_ok=True)
        (folder / "layers" / f"{name}.sh").write_text("true\n", encoding="utf-8")
    (folder / "modulefiles").mkdir()
    (folder / "modulefiles" / "one").write_text("#%Module\n", encoding="utf-8")
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_small_definition_has_defaults_for_the_rest(tmp_path: Path) -> None:
    environment = load_environment(make_definition(tmp_path / "small", SMALL))
    assert (environment.name, environment.title, environment.user, environment.uid) == (
        "small",
        "Small",
        "reader",
        1000,
    )
    assert (environment.users, environment.network, environment.shell) == (
        Users.ONE,
        Network.PACKAGES,
        "bash",
    )
    assert environment.base.packages == ("bash=5.2-2", "less")
    assert [layer.name for layer in environment.layers] == ["system"]
    assert environment.layers[0].files == (tmp_path / "small" / "modulefiles",)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_mistakes_are_shown_together(
    path: Path, matches_file: Callable[[str, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_definition(tmp_path / "cluster", path.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        load_environments(Path())
    matches_file(f"{caught.value}\n", path.with_suffix(".expected"))


def test_a_folder_whose_name_is_no_word_is_refused(tmp_path: Path) -> None:
    folder = make_definition(tmp_path / "My_Cluster", SMALL)
    with pytest.raises(SourceError, match="`My_Cluster` is no name for an environment"):
        load_environment(folder)


def test_the_shipped_environments_are_sound() -> None:
    environments = load_environments(SHIPPED)
    assert "login" in environments
    assert [layer.name for layer in environments["login"].layers] == [
        "system",
        "python",
        "libraries",
        "pytorch",
        "tensorflow",
    ]


def make_child(parent: Path, text: str, name: str = "child") -> Path:
    """A definition beside `parent`, with a layer script `own`."""
    folder = parent.parent / name
    (folder / "layers").mkdir(parents=True)
    (folder / "layers" / "own.sh").write_text("true\n", encoding="utf-8")
    (folder / "environment.toml").write_text(text, encoding="utf-8")
    return folder


def test_an_environment_that_extends_another_takes_over_what_it_does_not_set(tmp_path: Path) -> None:
    keys = 'hostname = "front"\nnetwork = "none"\nhosts = ["node1"]\n'
    expected = '[expected]\nmodules = ["a/1", "b/1"]\npythons = ["python/3"]\n'
    parent = make_definition(tmp_path / "small", keys + SMALL + expected)
    text = 'title = "Child"\nextends = "small"\nhostname = "own"\n[[layers]]\nname = "own"\n'
    child = load_environment(make_child(parent, text + '[expected]\nmodules = ["c/1"]\n'))
    assert (child.name, child.title, child.extends) == ("child", "Child", "small")
    assert (child.hostname, child.network, child.hosts) == ("own", Network.NONE, ("node1",))
    assert (child.expected_modules, child.pythons) == (("c/1",), ("python/3",))
    assert [(layer.name, layer.folder.name) for layer in child.layers] == [
        ("system", "small"),
        ("own", "child"),
    ]
    assert child.base == load_environment(parent).base


def test_shared_layers_have_the_same_digests(tmp_path: Path) -> None:
    parent = make_definition(tmp_path / "small", SMALL)
    text = 'title = "Child"\nextends = "small"\n[[layers]]\nname = "own"\n'
    child = load_environment(make_child(parent, text))
    below = layer_digests(load_environment(parent))
    assert layer_digests(child)[:-1] == below
    assert len(layer_digests(child)) == len(below) + 1


def test_a_layer_of_the_extended_environment_is_not_defined_again(tmp_path: Path) -> None:
    parent = make_definition(tmp_path / "small", SMALL.replace("system", "own"))
    (parent / "layers" / "own.sh").write_text("true\n", encoding="utf-8")
    child = make_child(parent, 'title = "Child"\nextends = "small"\n[[layers]]\nname = "own"\n')
    with pytest.raises(SourceError, match="layer `own` is defined twice"):
        load_environment(child)


def test_mistakes_of_the_extended_environment_are_said_once(tmp_path: Path) -> None:
    parent = make_definition(tmp_path / "small", SMALL.replace("title", "titel"))
    make_child(parent, 'title = "Child"\nextends = "small"\n')
    make_child(parent, 'title = "Other"\nextends = "child"\nuser = 3\n', name="other")
    with pytest.raises(SourceError) as caught:
        load_environments(tmp_path)
    assert [problem.message for problem in caught.value.problems] == [
        "`user` is `3`, expected a string like [a-z_][a-z0-9_-]{0,30}",
        "`title` is missing",
        "unknown key `titel`",
    ]


def test_environments_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    one = make_child(tmp_path / "any", 'title = "One"\nextends = "two"\n', name="one")
    make_child(tmp_path / "any", 'title = "Two"\nextends = "one"\n', name="two")
    with pytest.raises(SourceError, match="`one`, which extends `two`, which extends `one`: a circle"):
        load_environment(one)


def test_services_stand_in_the_order_they_start(tmp_path: Path) -> None:
    services = "".join(
        f'[[services]]\nname = "{name}"\nstart = "{name}"\nuser = "reader"\nafter = {after}\n'
        for name, after in (("ctl", '["db", "auth"]'), ("node", '["ctl"]'), ("db", "[]"), ("auth", "[]"))
    )
    environment = load_environment(make_definition(tmp_path / "small", SMALL + services))
    assert [service.name for service in environment.services] == ["db", "auth", "ctl", "node"]


def test_limits_and_mounts_have_units_and_places(tmp_path: Path) -> None:
    text = f"""{SMALL}
[limits]
memory = "2 GiB"
disk = 2000000
cpu = "2m"
files = 64
[[mounts]]
target = "/data"
source = "modulefiles"
[[mounts]]
target = "/scratch"
size = "64 MiB"
"""
    environment = load_environment(make_definition(tmp_path / "small", text))
    assert environment.limits == Limits(memory_bytes=2 << 30, disk_bytes=2_000_000, cpu_s=120.0, files=64)
    assert [(str(each.target), each.source, each.size_bytes) for each in environment.mounts] == [
        ("/data", tmp_path / "small" / "modulefiles", None),
        ("/scratch", None, 64 << 20),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'hosts = ["node1"]\n',
        'devices = ["vendor.com/gpu=0"]\n',
        "[limits]\nprocesses = 50\n",
        '[[services]]\nname = "one"\nstart = "true"\nuser = "reader"\n',
        '[[mounts]]\ntarget = "/data"\n',
    ],
)
def test_what_a_reader_meets_is_in_the_environment_s_digest(tmp_path: Path, text: str) -> None:
    parent = make_definition(tmp_path / "small", SMALL)
    child = load_environment(make_child(parent, f'title = "Child"\nextends = "small"\n{text}'))
    plain = load_environment(parent)
    assert layer_digests(child) == layer_digests(plain)
    assert environment_digest(child) != environment_digest(plain)


def test_the_size_of_a_mount_is_in_the_digest_where_it_is_set(tmp_path: Path) -> None:
    mount = f'{SMALL}[[mounts]]\ntarget = "/data"\n'
    digests = {
        environment_digest(load_environment(make_definition(tmp_path / name, mount + size)))
        for name, size in (("a", ""), ("b", 'size = "1 MiB"\n'), ("c", 'size = "2 MiB"\n'))
    }
    assert len(digests) == 3


def test_extending_alone_changes_no_digest(tmp_path: Path) -> None:
    parent = make_definition(tmp_path / "small", SMALL)
    child = load_environment(make_child(parent, 'title = "Child"\nextends = "small"\n'))
    assert environment_digest(child) == environment_digest(load_environment(parent))


def test_a_layer_may_name_where_its_wheels_come_from(tmp_path: Path) -> None:
    plain = load_environment(make_definition(tmp_path / "plain", SMALL))
    text = SMALL + 'wheels = ["https://wheels.example/cpu"]\n'
    environment = load_environment(make_definition(tmp_path / "small", text))
    assert environment.layers[0].wheels == ("https://wheels.example/cpu",)
    assert layer_digests(environment)[0] == layer_digests(plain)[0]
    assert layer_digests(environment)[1] != layer_digests(plain)[1]


def test_a_wheel_source_with_a_password_is_refused(tmp_path: Path) -> None:
    text = SMALL + 'wheels = ["https://me:secret@wheels.example/cpu"]\n'
    with pytest.raises(SourceError, match="cannot stand in `wheels`"):
        load_environment(make_definition(tmp_path / "small", text))
