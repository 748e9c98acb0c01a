"""Tabs as readers get them: sphinx-tabs reads them, the HTML is ours, `static/docwalk-tabs.js` makes it tabs.

For other scripts, which all run after it: `docwalk.choices()` is {axis: label}, for each axis of the page and
each declared one that was ever chosen; `docwalk.choose(axis, label)` chooses and remembers; `docwalk.reveal`
opens the tabs around an element. The document hears `dw:choice`, detail {axis, label, choices}, after each
change and once at the start. Sets (`.dw-tabs`), panels (`.dw-panel`) and tabs carry `data-dw-axis`, panels
and tabs `data-dw-label`. An axis is named as in `Choice.group`: `shell`, `page:1`; in the example NAME,
`NAME/page:1`. A panel that is not shown is `hidden`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from docwalk.axes import name_axes
from docwalk.markup.markdown import TabSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docwalk.axes import PageAxis
    from docwalk.config import Axis


class TabSetNode(nodes.General, nodes.Element):
    """One set of tabs; attributes `axis`, `key` (what its choice is remembered under) and `title`."""


class TabPanelNode(nodes.General, nodes.Element):
    """One tab and what lies in it; attributes `axis` and `label`. Its first child is its `TabLabelNode`."""


class TabLabelNode(nodes.Part, nodes.TextElement):
    """What a tab is called, above its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A set of tabs as sphinx-tabs left it."""

    container: nodes.Element
    """The element around tabs and panels."""
    tabs: tuple[nodes.Element, ...]
    """Tabs in order; their children are their labels."""
    panels: tuple[nodes.Element, ...]
    """Panels in the same order."""
    example: str
    """Name of the example it lies in; empty outside."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in order, as written: walks are named by them."""
        return tuple(panel["label"] for panel in self.panels)

    @property
    def is_synchronised(self) -> bool:
        """Whether choosing a label chooses it in all sets that have it."""
        return any("group-tab" in panel["classes"] or "code-tab" in panel["classes"] for panel in self.panels)


def make_tabs(
    doctree: nodes.document, docname: str, *, declared: Mapping[str, Axis], titles: Mapping[str, str]
) -> None:
    """Put our nodes in place of those of sphinx-tabs, each set with its axis and each tab with an id.

    Args:
        doctree: a page with all references resolved.
        docname: its name; choices that only this page knows are remembered under it.
        declared: the project's axes.
        titles: what readers see in place of an axis' name, where it is not the name itself.
    """
    found = list(_find_sets(doctree))
    if not found:
        return
    ids = _Ids(doctree)
    keys: dict[str, int] = {}
    for example in dict.fromkeys(each.example for each in found):
        members = [each for each in found if each.example == example]
        sets = [
            TabSet(number=number, is_synchronised=each.is_synchronised, labels=each.labels, spans=())
            for number, each in enumerate(members)
        ]
        for axis in name_axes(sets, declared):
            is_declared = axis.group in declared
            name = axis.group if is_declared or not example else f"{example}/{axis.group}"
            key = name if is_declared else _local_key(docname, axis, keys)
            title = title_of(axis.group, titles) if is_declared else f"Choice: {_listed(axis, members)}"
            for number in axis.tab_sets:
                node = TabSetNode("", axis=name, key=key, title=title, is_declared=is_declared)
                _fill(node, members[number])
    for node in list(doctree.findall(TabSetNode)):
        ids.give(node)


def title_of(axis: str, titles: Mapping[str, str]) -> str:
    """What readers see as the name of an axis.

    >>> title_of("module-system", {})
    'Module system'
    >>> title_of("modules", {"modules": "Module system"})
    'Module system'
    """
    words = axis.replace("-", " ").replace("_", " ")
    return titles.get(axis, words[:1].upper() + words[1:])


def unfold_tabs(doctree: nodes.document) -> None:
    """For builders that write no HTML: every panel, each below its label."""
    for node in list(doctree.findall(TabSetNode)):
        parts: list[nodes.Node] = []
        for panel in node.children:
            label, *content = panel.children
            parts += [nodes.paragraph("", "", nodes.strong("", label.astext())), *content]
        node.parent.replace(node, nodes.container("", *parts))


def _find_sets(doctree: nodes.document) -> Iterator[_Found]:
    """Sets in order of appearance, outer ones before those in them."""
    from sphinx_tabs.tabs import SphinxTabsPanel, SphinxTabsTablist  # noqa: PLC0415 - it is optional

    for container in list(doctree.findall(nodes.container)):
        lists = [child for child in container.children if isinstance(child, SphinxTabsTablist)]
        panels = tuple(child for child in container.children if isinstance(child, SphinxTabsPanel))
        if lists and panels:
            tabs = tuple(child for child in lists[0].children if isinstance(child, nodes.Element))
            yield _Found(container=container, tabs=tabs, panels=panels, example=_example_of(container))


def _example_of(node: nodes.Node) -> str:
    while (parent := node.parent) is not None:
        if isinstance(parent, nodes.container) and "dw-example" in parent["classes"]:
            return str(parent["ids"][0]).removeprefix("example-")
        node = parent
    return ""


def _local_key(docname: str, axis: PageAxis, keys: dict[str, int]) -> str:
    """Under what a choice is remembered that only this page knows: the page and its labels."""
    key = "|".join((docname, *sorted(axis.labels)))
    keys[key] = keys.get(key, 0) + 1
    return key if keys[key] == 1 else f"{key}|{keys[key]}"


def _listed(axis: PageAxis, found: Sequence[_Found]) -> str:
    """Its labels as a question has them, without their markup: `A, B or C`."""
    shown = {
        label: tab.astext()
        for number in axis.tab_sets
        for label, tab in zip(found[number].labels, found[number].tabs, strict=True)
    }
    *first, last = shown.values()
    return f"{', '.join(first)} or {last}" if first else last


def _fill(node: TabSetNode, found: _Found) -> None:
    node["ids"] = list(found.container["ids"])
    for tab, panel in zip(found.tabs, found.panels, strict=True):
        label = TabLabelNode("", "", *tab.children)
        node += TabPanelNode("", label, *panel.children, axis=node["axis"], label=panel["label"])
    # not `replace_self`, which would keep the classes
    found.container.parent.replace(found.container, node)


class _Ids:
    """Gives each panel an id that stays when the page grows: section, axis and label, `set-up-shell-zsh`."""

    def __init__(self, doctree: nodes.document) -> None:
        self._taken: set[str] = set()
        for node in doctree.findall(nodes.Element):
            self._taken.update(node["ids"])

    def give(self, node: TabSetNode) -> None:
        """Name panels and labels of a set."""
        section = _section_of(node)
        for number, panel in enumerate(node.children, start=1):
            if not isinstance(panel, TabPanelNode):
                msg = f"a set of tabs holds a {type(panel).__name__}"
                raise TypeError(msg)
            label = nodes.make_id(panel["label"]) or f"tab-{number}"  # of no letters that ids have
            short = f"{nodes.make_id(node['axis'])}-{label}" if node["is_declared"] else label
            panel["ids"] = [self._free("-".join(part for part in (section, short) if part))]
            # The first of the page has the short name too: `#shell-zsh` opens the page for Zsh.
            has_short = node["is_declared"] and short not in self._taken
            name = short if has_short else f"{panel['ids'][0]}-label"
            for child in panel.children[:1]:
                if isinstance(child, TabLabelNode):
                    child["ids"] = [self._free(name)]

    def _free(self, name: str) -> str:
        free, number = name, 1
        while free in self._taken:
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free)
        return free


def _section_of(node: nodes.Node) -> str:
    """Id of the section around it; empty below the page's own title."""
    section = node.parent
    while section is not None and not isinstance(section, nodes.section):
        section = section.parent
    if section is None or isinstance(section.parent, nodes.document):
        return ""
    return str(section["ids"][0]) if section["ids"] else ""
