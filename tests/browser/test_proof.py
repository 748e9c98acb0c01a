"""What is known of blocks, in a real Chromium: walks follow the tabs, recordings grow old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import TypeCommand, load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from docwalk.plan import Walk
    from docwalk.results import WalkResult

    # What `read` gives: opens a page of the site.
    Open = Callable[..., Any]

pytestmark = pytest.mark.browser

SITE = Path(__file__).parent / "proof-site"
WALKS = "tutorials/1-walks"
PAGES = ("index", "verification", WALKS)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LATER = "2026-12-22T12:00:00Z"
COMMON = {
    "seq 40": Printed(lines=tuple(str(number) for number in range(1, 41))),
    "1 + 1": Printed(lines=("2",)),
}
PRINTED = {
    "login": COMMON
    | {
        "echo $0": Printed(lines=("-bash",)),
        "module --version": Printed(lines=("Modules Release 5.2.0",)),
        "sleep 1": Printed(lines=("done in 1.01 s",)),
        "hostname": Printed(lines=("login1",)),
        "echo fine": Printed(lines=("fine",)),
    },
    "lmod": COMMON
    | {
        "echo $0": Printed(lines=("-zsh",)),
        "module --version": Printed(lines=("Modules based on Lua: Version 8.6.19",)),
        "sleep 1": Printed(lines=("done in 1.02 s",)),
        "hostname": Printed(lines=("lmod1",)),
        "echo fine": Printed(lines=("not fine",)),
    },
}


def made_up(walk: Walk) -> WalkResult:
    """The result of a walk; nobody knows how what was typed at a declared prompt ended."""
    actions = [step.action for step in walk.steps if isinstance(step.action, TypeCommand)]
    result = result_of(walk, [PRINTED[walk.environment][action.command] for action in actions])
    steps = tuple(
        step if action.prompt is None else replace(step, exit_status=None)
        for step, action in zip(result.steps, actions, strict=True)
    )
    return replace(result, steps=steps, manifest={"os": "Debian GNU/Linux 12 (bookworm)"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, build_site: Callable[[Path, Path], Path]) -> Path:
    """Folder of the built site; its records are of 22 November 2026."""
    folder = tmp_path_factory.mktemp("proof-site")
    project = load_project(SITE)
    environments = load_environments(project.environments_dir)
    _, plan = load_plan(page_paths(project), project)
    assert [walk.environment for walk in plan.walks] == ["login", "lmod"]
    for walk in plan.walks:
        digest = environment_digest(environments[walk.environment])
        record = make_record(walk, replace(made_up(walk), environment_digest=digest))
        save_record(record, folder / "records", raw=False)
    return build_site(SITE, folder)


@pytest.fixture
def read(read_in: Callable[..., Any], site: Path) -> Open:
    """Opens a page of the site."""

    def open_page(name: str = WALKS, **options: Any) -> Any:
        return read_in(site, name, **options)

    return open_page


def choose(reader: Any, *labels: str) -> None:
    """Choose as the reader does, in any set of tabs."""
    for label in labels:
        reader.page.get_by_role("tab", name=label).first.click()


# Walks


def test_another_walks_screen_stands_in_place_of_the_default_ones(read: Open) -> None:
    reader = read()
    block = reader.block("module --version")
    assert block.locator(".dw-out:visible").all_inner_texts() == ["Modules Release 5.2.0"]
    assert block.locator(".dw-when:visible code").inner_text() == "login"
    choose(reader, "Zsh", "Lmod")
    assert block.locator(".dw-out:visible").all_inner_texts() == ["Modules based on Lua: Version 8.6.19"]
    assert block.locator(".dw-when:visible code").inner_text() == "lmod"
    assert block.locator(".dw-variant > summary").is_hidden()
    assert block.locator(".dw-shown:visible").count() == 0


def test_a_choice_that_nobody_walked_says_what_is_shown_instead(read: Open) -> None:
    reader = read()
    choose(reader, "Lmod")
    block = reader.block("module --version")
    assert block.locator(".dw-shown").inner_text() == (
        "Nobody walked this page with Bash, Lmod together: this block is shown as it was with "
        "Bash, Environment Modules."
    )
    choose(reader, "Environment Modules")
    assert block.locator(".dw-shown").is_hidden()


def test_what_commands_alone_printed_follows_the_choice_too(read: Open) -> None:
    reader = read()
    block = reader.block("hostname")
    choose(reader, "Zsh", "Lmod")
    assert block.locator(".dw-command:visible").all_inner_texts() == ["hostname"]
    block.locator(".dw-recording:visible > summary").click()
    assert block.locator(".dw-recording .dw-out:visible").all_inner_texts() == ["lmod1"]


def test_a_time_is_no_other_screen(read: Open) -> None:
    assert read().block("sleep 1").locator(".dw-variant").count() == 0


def test_a_block_that_fails_in_one_walk_says_so_without_being_opened(read: Open) -> None:
    reader = read()
    block = reader.block("echo fine")
    assert block.locator("summary .dw-each:visible").all_inner_texts() == [
        "✗Failing with Zsh, Lmod",
        "✓Verified with Bash, Environment Modules",
    ]
    assert block.locator(".dw-reason:visible").inner_text().startswith("This fails with Zsh, Lmod: line ")
    assert block.locator(".dw-out:visible").all_inner_texts() == ["fine"]
    choose(reader, "Zsh", "Lmod")
    assert "not fine" in block.locator(".dw-recording:visible").inner_text()


def test_without_javascript_the_other_walk_is_below(read: Open) -> None:
    block = read(java_script_enabled=False).block("module --version")
    assert block.locator(".dw-variant > summary").inner_text() == "With Zsh, Lmod it looks like this"
    assert block.locator(".dw-out").first.inner_text() == "Modules Release 5.2.0"


def test_in_print_both_are_there_whatever_was_chosen(read: Open) -> None:
    reader = read()
    choose(reader, "Zsh", "Lmod")
    reader.page.emulate_media(media="print")
    reader.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    block = reader.block("module --version")
    assert block.locator(".dw-out:visible").all_inner_texts() == [
        "Modules Release 5.2.0",
        "Modules based on Lua: Version 8.6.19",
    ]
    assert block.locator(".dw-variant > summary").is_visible()


# What was compared


def test_lines_that_were_not_compared_are_marked_and_counted(read: Open) -> None:
    block = read().block("seq 40")
    free = block.locator(".dw-open")
    assert free.count() == 2
    said = free.first.evaluate("(e) => getComputedStyle(e, '::before').content")
    assert said == '"not compared with this page"'
    assert free.first.locator("summary").inner_text() == "12 more lines, not compared"
    assert "3 of 40 lines compared" in block.locator("summary .dw-when").inner_text()


def test_what_is_said_of_lines_is_not_copied_with_them(read: Open) -> None:
    block = read().block("seq 40")
    selected = block.locator(".dw-screen").evaluate(
        "(e) => { getSelection().selectAllChildren(e); return getSelection().toString(); }"
    )
    assert "not compared with" not in selected


def test_text_that_may_differ_says_how(read: Open) -> None:
    varies = read().block("sleep 1").locator(".dw-varies")
    assert (varies.inner_text(), varies.get_attribute("title")) == ("1.01 s", "may differ: any duration")


def test_a_link_to_folded_text_unfolds_it(read: Open, site: Path) -> None:
    """As find-in-page does: both look into what is folded."""
    reader = read("index")
    reader.page.goto(f"{(site / WALKS).as_uri()}.html#:~:text=10")
    fold = reader.block("seq 40").locator(".dw-more").first
    fold.locator(".dw-out").wait_for(state="visible")
    assert fold.get_attribute("open") is not None


def test_an_unknown_exit_status_is_said(read: Open) -> None:
    block = read().block("1 + 1")
    assert "exit status unknown" in block.locator("summary .dw-when").inner_text()
    assert "exit status" not in read().block("seq 40").locator("summary .dw-when").inner_text()


# Ages


def late(read: Open, name: str) -> Any:
    """A page that is read a month after it was built."""
    reader = read("index")
    reader.page.clock.set_fixed_time(LATER)
    reader.page.goto(reader.page.url.replace("index", name))
    return reader


def test_a_badge_turns_to_stale_in_words_when_its_recording_is_old(read: Open) -> None:
    block = late(read, WALKS).block("module --version")
    assert block.locator("summary .dw-badge").inner_text() == "◷Stale"
    assert "(30 days ago)" in block.locator("summary .dw-when:visible").inner_text()
    assert "dw-is-stale" in (block.get_attribute("class") or "")


def test_a_failing_block_does_not_become_better_with_age(read: Open) -> None:
    block = late(read, WALKS).block("echo fine")
    assert block.locator("summary .dw-badge:visible").all_inner_texts() == ["✗Failing", "◷Stale"]
    assert "dw-is-failing" in (block.get_attribute("class") or "")


def test_nothing_is_stale_before_its_day(read: Open) -> None:
    reader = read("index")
    reader.page.clock.set_fixed_time("2026-11-29T09:59:00Z")
    reader.page.goto(reader.page.url.replace("index", WALKS))
    assert reader.page.locator(".dw-is-stale").count() == 0
    assert reader.page.locator(".dw-old").is_hidden()


def test_banner_and_numbers_are_counted_again(read: Open) -> None:
    counts = late(read, WALKS).page.locator(".dw-banner .dw-count").all_inner_texts()
    assert counts == ["7 ◷Stale", "1 ✗Failing"]
    tiles = late(read, "index").page.locator(".dw-tile:visible")
    assert tiles.locator("dt").all_inner_texts() == ["◷Stale", "✗Failing"]
    assert tiles.locator("dd").all_inner_texts() == ["7", "1"]
    series = late(read, "index").page.locator(".dw-series .dw-badge")
    assert set(series.all_inner_texts()) == {"◷Stale", "✗Failing"}
    matrix = late(read, "verification").page.locator("main table, article table").first
    assert set(matrix.locator("tbody .dw-badge").all_inner_texts()) == {"◷Stale", "✗Failing"}


# The page, and the verification page


def test_the_banner_says_how_what_is_shown_came_there(read: Open) -> None:
    assert read().page.locator(".dw-made").inner_text() == (
        "What you see was typed by a machine, not by hand: it opened terminals in login (Debian GNU/Linux "
        "12) and lmod (Debian GNU/Linux 12), copies of a cluster, typed each command, and kept what came out."
    )


def test_a_report_has_block_date_and_environment(read: Open) -> None:
    link = read().block("seq 40").locator(".dw-status a")
    assert "recorded%2022%20Nov%202026%20in%20login" in (link.get_attribute("href") or "")


def test_the_verification_page_is_filtered(read: Open) -> None:
    page = read("verification").page
    rows = page.locator(".dw-of-page tr[data-dw-status]:visible")
    page.get_by_label("status").select_option("failing")
    assert rows.locator("code").all_inner_texts() == ["echo fine"]
    assert page.locator(".dw-found").inner_text() == "1 of 8 blocks are listed below."
    page.locator("select[name='environment']").select_option("lmod")
    page.get_by_label("status").select_option("")
    page.get_by_role("searchbox", name="Show only what says").fill("seq walks")
    assert rows.locator("code").all_inner_texts() == ["seq 40"]
    page.get_by_role("searchbox", name="Show only what says").fill("no such thing")
    assert page.locator(".dw-of-page:visible").count() == 0


def test_an_address_may_filter_it(read: Open) -> None:
    reader = read("index")
    reader.page.goto(reader.page.url.replace("index.html", "verification.html?status=failing"))
    assert reader.page.locator(".dw-of-page tr[data-dw-status]:visible code").all_inner_texts() == [
        "echo fine"
    ]


def test_the_matrix_has_each_environment_with_words_and_a_link(read: Open) -> None:
    page = read("verification", java_script_enabled=False).page
    cells = page.locator('[aria-label="Pages and environments"] td').all_inner_texts()[1:]
    assert [" ".join(cell.split()) for cell in cells] == [
        "✗Failing Zsh, Lmod 22 Nov 2026",
        "✓Passed Bash, Environment Modules 22 Nov 2026",
    ]
    assert page.locator(".dw-filter").is_hidden()


# All of it


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_the_article(read: Open, axe: Path, name: str, scheme: str) -> None:
    page = read(name, color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('article details').forEach((each) => { each.open = true; })")
    page.add_script_tag(path=axe)
    found = page.evaluate("axe.run('article').then((found) => found.violations)")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(read: Open, name: str) -> None:
    reader = read(name, viewport={"width": 320, "height": 640})
    assert reader.page.evaluate(OVERFLOW) == 0
    assert reader.complaints == []
