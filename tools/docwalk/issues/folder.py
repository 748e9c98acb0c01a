"""A folder as a tracker: one file for each failing page, for machines that have no forge.

A command may be run at each change, with its text on standard input: that is how a mail is sent.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from typing import TYPE_CHECKING, Final

from docwalk.issues.tracker import Issue, TrackerError, read_issue
from docwalk.record import write_atomically

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_S: Final = 120.0


class Folder:
    """Files of one folder."""

    def __init__(self, folder: Path, *, notify: str = "") -> None:
        """Keep the folder, which is made when it is needed, and the command line to run at each change."""
        self._folder = folder
        self._notify = notify

    def open_issues(self) -> tuple[Issue, ...]:
        """The files that we wrote, by name."""
        try:
            texts = {path: path.read_text("utf-8") for path in sorted(self._folder.glob("*.md"))}
        except (OSError, UnicodeDecodeError) as error:
            raise TrackerError(f"{self._folder} cannot be read: {error}") from error
        found = (
            read_issue(key=path.name, title=_title(text), body=_body(text)) for path, text in texts.items()
        )
        return tuple(issue for issue in found if issue is not None)

    def open(self, *, page: str, title: str, body: str) -> str:
        """Write a file, named after its page."""
        readable = re.sub(r"[^\w.-]+", "-", page).strip("-.")
        digest = hashlib.sha256(page.encode()).hexdigest()[:8]
        self._tell("open", page, title, body)
        return self._write(f"{readable}-{digest}.md", title, body)

    def change(self, issue: Issue, *, title: str, body: str, remark: str) -> str:
        """Write the file anew; the command is run where there is something to tell."""
        if remark:
            self._tell("change", issue.page, title, body)
        return self._write(issue.key, title, body)

    def close(self, issue: Issue, *, body: str) -> str:
        """Remove the file."""
        self._tell("close", issue.page, issue.title, body)
        path = self._folder / issue.key
        try:
            path.unlink()
        except OSError as error:
            raise TrackerError(f"{path} cannot be removed: {error.strerror}") from error
        return str(path)

    def _write(self, name: str, title: str, body: str) -> str:
        path = self._folder / name
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, f"# {title}\n\n{body}".encode())
        except OSError as error:
            raise TrackerError(f"{path} cannot be written: {error.strerror}") from error
        return str(path)

    def _tell(self, event: str, page: str, title: str, body: str) -> None:
        """Run the command before anything is kept: should it fail, the next run tells again."""
        if not self._notify:
            return
        about = {"DOCWALK_EVENT": event, "DOCWALK_PAGE": page, "DOCWALK_TITLE": title}
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", self._notify],
                input=body,
                text=True,
                env={**os.environ, **about},
                timeout=_TIMEOUT_S,
                capture_output=True,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TrackerError(f"`{self._notify}` cannot be run: {error}") from error
        if done.returncode != 0:
            said = " ".join(done.stderr.split()) or "it printed nothing"
            raise TrackerError(f"`{self._notify}` ended with exit status {done.returncode}: {said}")


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")


def _body(text: str) -> str:
    return text.partition("\n")[2].lstrip("\n")
