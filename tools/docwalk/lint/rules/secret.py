"""Passwords, keys and tokens that a page gives away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docwalk.lint.finding import Found
from docwalk.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docwalk.lint.page import LintPage

FORMS: Final = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("an access key of Amazon", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a token of GitHub", re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{40,})")),
    ("a token of GitLab", re.compile(r"\bglpat-[0-9A-Za-z_-]{20,}")),
    ("a token of Hugging Face", re.compile(r"\bhf_[0-9A-Za-z]{30,}")),
    ("a token of Slack", re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}")),
    ("a token of PyPI", re.compile(r"\bpypi-[0-9A-Za-z_-]{32,}")),
    ("a JSON web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+")),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+]*://[^\s/:@'\"]+:(?P<value>[^\s/@'\"]+)@")),
    (
        "a password or token",
        re.compile(
            r"(?:\b\w*(?:password|passwd|passphrase|secret|token|api_?key|access_?key)\b\s*[=:]\s*"
            r"|--(?:password|token|api-key|secret)[= ]|\bsshpass\s+-p\s*)"
            r"['\"]?(?P<value>[^\s'\"]{8,})",
            re.IGNORECASE,
        ),
    ),
)
"""What each looks like."""
_STAND_IN: Final = re.compile(
    r"[<\[{$(`].*|.*(?:\$\{?\w|\.\.\.|…).*|[xX*•.0-9_-]+|.*(?:your|example|changeme|placeholder|dummy|secret-here).*",
    re.IGNORECASE,
)


def check(page: LintPage) -> Iterator[Found]:
    """Secrets in blocks, in output too; what stands for one is none."""
    for each in page.blocks:
        for line in each.block.lines:
            for what, form in FORMS:
                found = form.search(line.text)
                if found is None:
                    continue
                group = "value" if "value" in form.groupindex else 0
                if _STAND_IN.fullmatch(found[group]) is not None:
                    continue
                yield Found(
                    span=Span(
                        start=line.span.start + found.start(group), end=line.span.start + found.end(group)
                    ),
                    message=f"this looks like {what}: whoever reads the page has it",
                    hint="revoke it, and let readers type their own, as with `read -rs TOKEN`",
                    is_secret=True,
                )
                break
