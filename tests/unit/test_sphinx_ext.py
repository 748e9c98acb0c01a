"""The pure parts of the Sphinx extension: rewriting, colours, dates, report links, the verification page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote

import pytest
from bs4 import BeautifulSoup
from jsonschema import Draft202012Validator

from docwalk.document import parse_documents
from docwalk.environment.transport import TransportRule
from docwalk.matching.compared import ComparedLine, OpenSpan
from docwalk.redaction import BUILTIN
from docwalk.results import Outcome, OutputLine, StepResult, Style, StyledText, has_simulated_gpu
from docwalk.source import Source
from docwalk.sphinx_ext.ansi import BACKGROUND, FORMS, PALETTE, contrast, lines_html, readable
from docwalk.sphinx_ext.banner import banner_html, summary_html
from docwalk.sphinx_ext.block_html import block_html
from docwalk.sphinx_ext.dates import day, duration
from docwalk.sphinx_ext.faces import WalkFacts
from docwalk.sphinx_ext.feedback import block_report_html, report_url
from docwalk.sphinx_ext.manifest import gpu_sentence, in_short
from docwalk.sphinx_ext.pages import PageFacts, WalkSummary, count_statuses
from docwalk.sphinx_ext.rewrite import rewrite_blocks
from docwalk.sphinx_ext.verification import verification_html
from docwalk.sphinx_ext.verification_json import schema_text, verification_json
from docwalk.sphinx_ext.view import anchor_of, view_block
from docwalk.status import Status
from docwalk.testing import output_lines, planned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docwalk.config import Project


def styled(text: str, style: Style) -> str:
    return lines_html([OutputLine(runs=(StyledText(text=text, style=style),))])


def rewritten(text: str) -> list[str]:
    document, _ = planned(text)
    return rewrite_blocks(document).split("\n")


def test_a_fence_names_its_block_and_loses_its_body() -> None:
    text = "# Page\n\n```console\n$ true\n: x\n```\nafter\n"
    assert rewritten(text) == [
        *("# Page", "", "```{docwalk-block} page#152aa9de18d9-1", "", "", "```", "after", ""),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("---\ndocwalk:\n---\ntext", ["", "", "", "text"]),
        ("---\ntext", ["---", "text"]),
        ("text\n---\n---", ["text", "---", "---"]),
    ],
)
def test_an_example_keeps_its_lines_and_loses_its_front_matter(
    project: Project, body: str, expected: list[str]
) -> None:
    text = f"# Page\n\n````{{example}} one\n{body}\n````\n"
    page, example = parse_documents(Source(path=Path("page.md"), text=text), project)
    lines = rewrite_blocks(page, [example]).split("\n")
    assert lines[2] == f"````{{docwalk-example}} one {quote(body)}"
    assert lines[3:] == [*expected, "````", ""]


def test_equal_blocks_get_different_ids() -> None:
    first, second = (line for line in rewritten("```bash\ntrue\n```\n\n```bash\ntrue\n```\n") if "{" in line)
    assert (first.removesuffix("-1"), first[-2:], second[-2:]) == (second.removesuffix("-2"), "-1", "-2")


def test_fences_in_lists_and_quotes_stay_there() -> None:
    lines = rewritten("1. one\n\n   ~~~~bash\n   true\n   ~~~~\n\n> ```bash\n> true\n> ```\n")
    assert lines[2].startswith("   ~~~~{docwalk-block} page#")
    assert lines[3:5] == ["", "   ~~~~"]
    assert lines[6].startswith("> ```{docwalk-block} page#")
    assert lines[7:9] == [">", "> ```"]


def test_a_code_tab_stays_a_tab_with_its_label() -> None:
    lines = rewritten("````{tabs}\n```{code-tab} bash My shell\ntrue\n```\n````\n")
    assert lines[1].startswith("```{docwalk-code-tab} page#")
    assert lines[1].endswith("-1 My shell")


def test_what_is_no_block_is_left_alone() -> None:
    text = "```python\nprint()\n```\n\n```text\n$ no\n```\n"
    assert "\n".join(rewritten(text)) == text


@pytest.mark.parametrize("name", PALETTE)
def test_every_colour_is_readable_on_the_terminal(name: str) -> None:
    assert contrast(PALETTE[name], BACKGROUND) >= 4.5


def test_named_colours_are_classes() -> None:
    assert styled("<", Style(foreground="red", bold=True)) == '<span class="dw-b dw-fg-red">&lt;</span>'


def test_other_colours_are_made_readable() -> None:
    assert styled("x", Style(foreground="000080")) == '<span style="color:#8080c0">x</span>'
    assert readable("ffffff", BACKGROUND) == "ffffff"


def test_reverse_exchanges_ink_and_paper() -> None:
    assert styled("x", Style(reverse=True)) == '<span style="color:#161b22;background:#d8dee6">x</span>'


def test_ink_is_readable_on_a_coloured_paper() -> None:
    html = styled("x", Style(foreground="black", background="brightgreen"))
    assert html == '<span style="color:#b9bfc8;background:#1d5428">x</span>'


def test_each_builtin_form_has_words() -> None:
    assert set(FORMS) == set(BUILTIN)


def test_spans_that_may_differ_are_marked_across_colours() -> None:
    runs = (
        StyledText(text="at /op", style=Style()),
        StyledText(text="t/a", style=Style(bold=True)),
        StyledText(text=" <now", style=Style()),
    )
    span = OpenSpan(start=3, end=9, form="mine")
    html = lines_html([OutputLine(runs=runs)], [ComparedLine(is_compared=True, spans=(span,))])
    assert html == (
        'at <span class="dw-varies" title="may differ: mine">/op<span class="dw-b">t/a</span></span> &lt;now'
    )


def test_plain_text_is_only_escaped() -> None:
    assert styled("a && b", Style()) == "a &amp;&amp; b"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "under 0.1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (185.0, "3 min 5 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_days_are_said_in_utc() -> None:
    assert day("2026-11-23T01:30:00+02:00") == "22 Nov 2026"


def test_anchors_hold_letters_digits_and_hyphens() -> None:
    assert anchor_of("tutorials/2-packages#0a1b2c-2") == "block-0a1b2c-2"


@pytest.mark.parametrize(
    ("issues", "url"),
    [
        ("mailto:help@example.org", "mailto:help@example.org?subject=a%20%26%20b&body=c%3Dd%0D%0Ae"),
        (
            "mailto:help@example.org?cc=me@example.org",
            "mailto:help@example.org?cc=me@example.org&subject=a%20%26%20b&body=c%3Dd%0D%0Ae",
        ),
        (
            "https://forge.example/us/site/issues/new",
            "https://forge.example/us/site/issues/new?title=a%20%26%20b&body=c%3Dd%0Ae",
        ),
        (
            "https://forge.example/us/site/issues/new?labels=from+a+reader",
            "https://forge.example/us/site/issues/new?labels=from%20a%20reader&title=a%20%26%20b&body=c%3Dd%0Ae",
        ),
        (
            "https://lab.example/us/a/-/issues/new",
            "https://lab.example/us/a/-/issues/new?issue%5Btitle%5D=a%20%26%20b&issue%5Bdescription%5D=c%3Dd%0Ae",
        ),
    ],
)
def test_where_to_report_gets_subject_and_body(issues: str, url: str) -> None:
    assert report_url(issues, subject="a & b", body="c=d\ne") == url


def test_a_report_names_block_date_and_environment() -> None:
    html = block_report_html(
        "mailto:help@example.org",
        block_id="tutorials/a#1",
        line=3,
        recorded_at="2026-11-22T10:00:00+00:00",
        environment="lmod",
    )
    link = BeautifulSoup(html, "html.parser").a
    assert link is not None
    body = parse_qs(str(link["href"]).partition("?")[2])["body"][0]
    assert body.startswith("Block: tutorials/a#1 (line 3), recorded 22 Nov 2026 in lmod.\r\n")


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        (
            {
                "os": "Debian GNU/Linux 12 (bookworm)",
                "module_system": "Lmod 8.6.19",
                "pythons": {"b": {"version": "3.11.2"}, "a": {"version": "3.9.2"}, "c": {}},
            },
            "Debian GNU/Linux 12, Lmod 8.6.19, Python 3.9.2 and 3.11.2",
        ),
        ({"pythons": {"a": {"version": "3.9.2"}}}, "Python 3.9.2"),
        ({}, ""),
    ],
)
def test_what_a_copy_of_a_cluster_holds_is_said_in_short(manifest: dict[str, object], text: str) -> None:
    assert in_short(manifest) == text


def test_a_report_without_address_says_what_to_quote() -> None:
    text = block_report_html("", block_id="p#1", line=3, recorded_at=None)
    assert text == (
        "Found it different on your cluster? Tell whoever runs this site: quote block and “never recorded”."
    )


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ({}, "No GPU: nothing here ran on one"),
        (
            {"gpu": {"kind": "simulated", "model": "Simulated GPU", "driver": "0.0", "count": 2}},
            "Simulated GPU, not a real one: 2 of model Simulated GPU, driver 0.0",
        ),
        (
            {"gpu": {"kind": "real", "model": "NVIDIA A100 <40G>", "driver": "550.1", "count": 1}},
            "GPU: 1 of model NVIDIA A100 &lt;40G&gt;, driver 550.1",
        ),
    ],
)
def test_what_kind_of_gpu_is_always_said(manifest: dict[str, object], sentence: str) -> None:
    assert gpu_sentence(manifest) == sentence


def page_with(
    status: Status, reason: str, manifest: Mapping[str, object] = MappingProxyType({})
) -> PageFacts:
    document, (walk,) = planned("# A <page>\n\n```console\n$ true\n```\n", path="tutorials/a.md")
    facts = WalkFacts(
        name=walk.name,
        is_default=True,
        environment="login",
        status=status,
        reason=reason,
        recorded_at="2026-11-22T10:00:00+00:00",
        steps=(),
        saw_simulated_gpu=has_simulated_gpu(manifest),
    )
    summary = WalkSummary(
        name=walk.name,
        labels=(),
        environment="login",
        step_count=1,
        run_count=1,
        started_at="2026-11-22T10:00:00+00:00",
        elapsed_s=2.0,
        record_name="a-1.json",
        passed=status is not Status.FAILING,
        environment_digest="sha256:" + "a" * 64,
        mode="sandbox/plain",
        manifest=manifest,
    )
    view = view_block(document.blocks[0], (), status=status, reason=reason, walks=(facts,))
    return PageFacts(
        page="tutorials/a",
        docname="tutorials/a",
        title="A <page>",
        walks=(summary,),
        blocks=(view,),
        fresh_days=7,
    )


def test_a_file_is_shown_as_it_was_written() -> None:
    page = "```{file} ~/job-[[job]].sh\n:permissions: 755\n\necho [[job]]\n```\n"
    document, (walk,) = planned(page, path="tutorials/a.md")
    written = StepResult(
        index=0,
        block_id=document.blocks[0].id,
        outcome=Outcome.PASSED,
        command_sent="~/job-7.sh",
        lines=output_lines(("echo 7",)),
    )
    facts = WalkFacts(
        name=walk.name,
        is_default=True,
        environment="login",
        status=Status.RAN,
        reason="",
        recorded_at="2026-11-22T10:00:00+00:00",
        steps=(written,),
        saw_simulated_gpu=False,
    )
    view = view_block(document.blocks[0], (), status=Status.RAN, reason="", walks=(facts,))
    assert (view.caption, view.path, view.copy_text) == ("File ~/job-7.sh", "~/job-7.sh", "echo 7\n")
    assert view.notes == ("After writing it, set its permissions: `chmod 755 ~/job-7.sh`.",)
    stale = replace(facts, status=Status.STALE)
    view = view_block(document.blocks[0], (), status=Status.STALE, reason="", walks=(stale,))
    assert (view.path, view.copy_text) == ("~/job-[[job]].sh", "echo [[job]]\n")


SIMULATED = {"gpu": {"kind": "simulated", "model": "Simulated GPU", "driver": "0.0", "count": 1}}
REAL = {"gpu": {"kind": "real", "model": "NVIDIA A100", "driver": "550.1", "count": 1}}


@pytest.mark.parametrize(("manifest", "is_said"), [(SIMULATED, True), (REAL, False), ({}, False)])
def test_a_simulated_gpu_is_called_so_on_block_banner_and_matrix(
    manifest: Mapping[str, object], *, is_said: bool
) -> None:
    page = page_with(Status.VERIFIED, "", manifest)
    shown = (
        block_html(page.blocks[0], report=""),
        banner_html(page, issues="", verification_url=""),
        verification_html([page], [], url_of=str, file_url=str),
    )
    assert [("simulated GPU</strong>" in html) for html in shown] == [is_said] * 3


VALIDATOR = Draft202012Validator(json.loads(schema_text()))
RULE = TransportRule(name="links", pattern="Looking in <links>.*", reason="only here")


def test_the_matrix_names_page_walk_status_and_date() -> None:
    html = verification_html(
        [page_with(Status.FAILING, "exit status 1")],
        [RULE],
        url_of=lambda name: f"{name}.html",
        file_url=lambda name: f"../{name}",
    )
    assert '<a href="tutorials/a.html">A &lt;page&gt;</a>' in html
    time = '<time class="dw-time" datetime="2026-11-22T10:00:00+00:00">22 Nov 2026</time>'
    assert f"Failing</span></a> {time}</td>" in html
    assert f'{time}, 1 step, 2.0 s (<a href="../records/a-1.json">record</a>)' in html
    assert "<code>Looking in &lt;links&gt;.*</code>" in html
    assert "Failing</span><br>exit status 1</td>" in html


def test_a_walk_that_passed_is_not_called_verified() -> None:
    html = verification_html(
        [page_with(Status.RAN, "")],
        [RULE, TransportRule(name="proxy", pattern="(a)b", reason="only here", replacement=r"\1")],
        url_of=lambda name: f"{name}.html",
        file_url=lambda name: f"../{name}",
    )
    matrix = html.partition("</table>")[0]
    assert "Passed</span></a>" in matrix
    assert "Verified" not in matrix
    assert "<td>left out</td>" in html
    assert r"<td>rewritten as <code>\1</code></td>" in html


def test_a_site_without_blocks_says_so() -> None:
    html = verification_html([], [RULE], url_of=lambda name: name, file_url=lambda name: f"../{name}")
    assert html == "<p>There are no pages with blocks yet.</p>"


def test_the_json_has_a_schema_and_every_block() -> None:
    page = page_with(Status.STALE, "the page changed since")
    values = verification_json(
        [page], [RULE], built_at="2026-11-22T12:00:00+00:00", version="1", url_of=lambda name: f"{name}.html"
    )
    read = json.loads(json.dumps(values))
    assert (read["schema"], read["counts"]) == (1, {"stale": 1})
    (block,) = read["pages"][0]["blocks"]
    assert (block["line"], block["status"], block["reason"]) == (3, "stale", "the page changed since")
    assert block["url"] == f"tutorials/a.html#{page.blocks[0].anchor}"
    assert block["walks"]["tutorials/a"] == {
        "status": "stale",
        "reason": "the page changed since",
        "recorded_at": "2026-11-22T10:00:00+00:00",
    }
    VALIDATOR.validate(read)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("status", "fine", "'fine' is not one of ['verified', 'ran', 'stale', 'failing', 'not run']"),
        ("colour", "red", "Additional properties are not allowed ('colour' was unexpected)"),
        ("line", 0, "0 is less than the minimum of 1"),
    ],
)
def test_json_of_another_form_is_refused_by_its_schema(key: str, value: object, message: str) -> None:
    page = page_with(Status.VERIFIED, "")
    values = json.loads(
        json.dumps(verification_json([page], [], built_at="2026-11-22T12:00:00Z", version="1", url_of=str))
    )
    values["pages"][0]["blocks"][0][key] = value
    assert [error.message for error in VALIDATOR.iter_errors(values)] == [message]


def test_statuses_are_counted_in_their_order() -> None:
    pages = [page_with(Status.NOT_RUN, "x"), page_with(Status.VERIFIED, ""), page_with(Status.NOT_RUN, "x")]
    assert list(count_statuses(pages).items()) == [(Status.VERIFIED, 1), (Status.NOT_RUN, 2)]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, 'in <code>login</code>. <a href="all.html">See every block</a>.'),
        (1, "in <code>login</code>. The documentation's examples have 1 more block. <a "),
        (150, "in <code>login</code>. The documentation's examples have 150 more blocks. <a "),
    ],
)
def test_the_numbers_say_which_blocks_they_leave_out(count: int, said: str) -> None:
    page = page_with(Status.VERIFIED, "")
    assert said in summary_html([page], example_count=count, verification_url="all.html")
