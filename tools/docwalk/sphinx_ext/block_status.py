"""What is known of a block, as HTML: its status in each walk, why, when and where, and what was compared."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docwalk.document import BlockKind
from docwalk.sphinx_ext.badges import MEANINGS, WORDS, badge_html, first_to_be_stale, prose_html
from docwalk.sphinx_ext.choices import choices_text
from docwalk.sphinx_ext.dates import duration, time_html
from docwalk.sphinx_ext.faces import is_evidence
from docwalk.sphinx_ext.parts import Printed
from docwalk.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from docwalk.sphinx_ext.faces import Face, WalkFacts
    from docwalk.sphinx_ext.view import BlockView

_FILE_MEANINGS = {
    Status.VERIFIED: "the file held exactly this",
    Status.RAN: "the file was written just as it stands here",
}

_SIMULATED = "<strong>simulated GPU</strong>"

_REASON_LEADS = {
    Status.STALE: "Stale",
    Status.FAILING: "This fails",
    Status.NOT_RUN: "Not run",
}

_BOTH = 2

_WORST_FIRST = (Status.FAILING, Status.STALE, Status.NOT_RUN, Status.RAN, Status.VERIFIED)


def reasons_html(view: BlockView) -> str:
    """Above the screen: why something is not to be believed of some walks; empty where all is well."""
    blamed: dict[tuple[Status, str], list[WalkFacts]] = {}
    for walk in view.walks:
        if not is_evidence(walk.status):
            # Two recordings of different days are stale for one reason.
            key = f"old {walk.fresh_days:g}" if walk.is_only_old else walk.reason
            blamed.setdefault((walk.status, key), []).append(walk)
    if not view.walks and not is_evidence(view.status):
        return _reason(view.status, "", prose_html(view.reason or MEANINGS[view.status]), "")
    own_text = (
        ""
        if view.shown.is_recorded or all(status is Status.NOT_RUN for status, _ in blamed)
        else " What follows is the page&rsquo;s own text, not a recording."
    )
    order = sorted(blamed, key=lambda key: _WORST_FIRST.index(key[0]))
    return "\n".join(
        _reason(
            status,
            _with(view, blamed[status, key]),
            _why(blamed[status, key]),
            own_text if at == len(order) - 1 else "",
        )
        for at, (status, key) in enumerate(order)
        for key in [key]
    )


def _reason(status: Status, whom: str, why: str, own_text: str) -> str:
    lead = f"{_REASON_LEADS[status]}{whom}:"
    return f'<p class="dw-reason"><strong>{lead}</strong> {why.rstrip(".")}.{own_text}</p>'


def _why(walks: Sequence[WalkFacts]) -> str:
    walk = walks[0]
    if walk.is_only_old and walk.recorded_at is not None:
        days = f"{walk.fresh_days:g} {'day' if walk.fresh_days == 1 else 'days'}"
        return f"recorded on {time_html(walk.recorded_at)}, and a recording counts for {days} here"
    return prose_html(walk.reason or MEANINGS[walk.status])


def status_html(view: BlockView, *, report: str) -> str:
    """Below the screen: a line to see, and in it to unfold every walk and what was compared.

    Args:
        view: the block.
        report: HTML of the sentence that tells a reader where to report a difference; may be empty.
    """
    rows = "\n".join(_walk_row(walk) for walk in view.walks)
    table = (
        '<div class="dw-scroll" role="group" aria-label="Walks of this block" tabindex="0"><table>\n'
        '<thead><tr><th scope="col">Walk</th><th scope="col">Environment</th>'
        '<th scope="col">Status</th><th scope="col">When</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>\n"
    )
    meanings = {**MEANINGS, **_FILE_MEANINGS} if view.kind is BlockKind.FILE else MEANINGS
    if view.is_diff:
        meanings = {**meanings, Status.RAN: "these changes were made to the file, and fitted it"}
    statuses = _by_status(view)
    said = [
        f"{WORDS[status]}{_with(view, walks) if len(statuses) > 1 else ''}: {meanings[status]}."
        for status, walks in statuses.items()
    ]
    meaning = " ".join((*said, *_limits(view)))
    name = f"<p>Block <code>{escape(view.id, quote=False)}</code>, line {view.line} of the source. {report}"
    whens = "".join(_when(view, face, number) for number, face in enumerate(view.faces))
    return (
        f'<details class="dw-status"><summary>{badges_html(view)}{whens}</summary>\n'
        f"<p>{meaning}</p>\n{table if len(view.walks) > 1 else ''}{name.rstrip()}</p>\n</details>"
    )


def _by_status(view: BlockView) -> Mapping[Status, Sequence[WalkFacts]]:
    """Walks by their status, the worst first; the block's own status where no walk has it."""
    found = {status: [walk for walk in view.walks if walk.status is status] for status in _WORST_FIRST}
    return {status: walks for status, walks in found.items() if walks} or {view.status: ()}


def badges_html(view: BlockView) -> str:
    """One badge; where walks differ, one for each status with the choices that have it."""
    by_status = _by_status(view)
    if len(by_status) <= 1:
        badge = badge_html(view.status, first_to_be_stale(view.walks))
        count = len(view.walks)
        everywhere = ""
        if count > 1 and view.status is Status.NOT_RUN:
            everywhere = " in either walk" if count == _BOTH else f" in any of {count} walks"
        elif count > 1:
            everywhere = " in both walks" if count == _BOTH else f" in all {count} walks"
        return badge + (f'<span class="dw-of">{everywhere}</span>' if everywhere else "")
    return " ".join(
        f'<span class="dw-each">{badge_html(status, first_to_be_stale(walks))}'
        f'<span class="dw-of">{_with(view, walks)}</span></span>'
        for status, walks in by_status.items()
    )


def _with(view: BlockView, walks: Sequence[WalkFacts]) -> str:
    text = choices_text([walk.choices for walk in walks], [walk.choices for walk in view.walks])
    return f" with {escape(text, quote=False)}" if text else ""


def _when(view: BlockView, face: Face, number: int) -> str:
    """Date, environment, duration and extent, as far as there is a record of what a face shows."""
    walk = next(iter(face.walks), None)
    if walk is None or walk.recorded_at is None or walk.status is Status.NOT_RUN:
        return ""
    said = [f"{time_html(walk.recorded_at)} in <code>{escape(walk.environment, quote=False)}</code>"]
    if walk.saw_simulated_gpu:
        said[0] += f" with a {_SIMULATED}"
    if face.is_recorded:
        if walk.elapsed_s is not None:
            said.append(f"took {duration(walk.elapsed_s)}")
        total, compared, _ = _extent(face)
        if 0 < compared < total:
            said.append(f"{compared:,} of {total:,} lines compared")
        if view.has_unknown_status:
            said.append("exit status unknown")
    attributes = f' data-dw-face="{number}"' if len(view.faces) > 1 else ""
    hidden = " hidden" if number else ""
    return f' <span class="dw-when"{attributes}{hidden}>{", ".join(said)}</span>'


def _limits(view: BlockView) -> Iterable[str]:
    """Sentences that say what the status does not mean."""
    if not view.shown.is_recorded or view.kind is BlockKind.FILE:
        return
    total, compared, has_spans = _extent(view.shown)
    if total and compared == 0 and view.shown.walks[0].status is Status.VERIFIED:
        yield "Its output was compared by the values it holds, not line by line."
    elif 0 < compared < total:
        yield (
            f"Of {total:,} lines that came out, {compared:,} were compared; the others are marked, "
            "and this page says nothing of them."
        )
    if has_spans:
        yield "What is underlined with dots may differ each time: only its form was compared."
    if view.has_unknown_status:
        yield (
            "At this prompt nobody can tell whether a command succeeded: its exit status is unknown, and "
            "only what it printed was looked at."
        )


def _extent(face: Face) -> tuple[int, int, bool]:
    """Lines that came out, how many of them were compared, and whether spans of these were left open."""
    total = compared = 0
    has_spans = False
    for part in face.parts:
        if isinstance(part, Printed):
            total += sum(line.left_out or 1 for line in part.lines)
            compared += sum(line.is_compared for line in part.compared or ())
            has_spans = has_spans or any(line.spans for line in part.compared or ())
    return total, compared, has_spans


def _walk_row(walk: WalkFacts) -> str:
    labels = escape(", ".join(walk.labels) or "the only one", quote=False)
    reason = f"<br>{prose_html(walk.reason)}" if walk.reason else ""
    when = "no record"
    gpu = f", {_SIMULATED}" if walk.saw_simulated_gpu else ""
    if walk.recorded_at is not None:
        when = time_html(walk.recorded_at) if walk.status is not Status.NOT_RUN else "&ndash;"
    badge = badge_html(walk.status, first_to_be_stale([walk]))
    return (
        f"<tr><td>{labels}</td><td>{escape(walk.environment, quote=False)}{gpu}</td>"
        f"<td>{badge}{reason}</td><td>{when}</td></tr>"
    )
