"""GitHub's and GitLab's issues, by their REST APIs; whom to ask comes from the variables of their CI.

https://docs.github.com/rest/issues/issues and https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from docwalk.issues.http import Forge
from docwalk.issues.tracker import Issue, TrackerError, read_issue

if TYPE_CHECKING:
    from collections.abc import Mapping


class GitHub:
    """Issues of one repository."""

    def __init__(self, variables: Mapping[str, str], *, label: str) -> None:
        """Take repository and token from the environment's variables.

        Raises:
            TrackerError: one is missing.
        """
        self._repository = _needed(variables, "GITHUB_REPOSITORY", "OWNER/NAME of the repository")
        token = _needed(variables, "GITHUB_TOKEN", "a token that may write its issues")
        self._label = label
        self._forge = Forge(
            variables.get("GITHUB_API_URL") or "https://api.github.com",
            headers={"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"},
            hints={
                401: "GITHUB_TOKEN is wrong or has expired",
                403: "the token may not write issues: in a workflow, `permissions: {issues: write}`",
                404: f"is `{self._repository}` the repository, and may the token see it?",
                410: "switch on the issues of the repository",
            },
        )

    def open_issues(self) -> tuple[Issue, ...]:
        """Those with our label; pull requests, which the API lists too, are none."""
        query = {"state": "open", "labels": self._label, "sort": "created", "direction": "asc"}
        entries = self._forge.all_of(self._path(), query)
        return tuple(
            issue
            for entry in entries
            if "pull_request" not in entry and (issue := _read(entry, key="number", body="body")) is not None
        )

    def open(self, *, page: str, title: str, body: str) -> str:  # noqa: ARG002 - the body says which
        """Make an issue with our label."""
        made = self._forge.send("POST", self._path(), {"title": title, "body": body, "labels": [self._label]})
        return _place(made, "html_url")

    def change(self, issue: Issue, *, title: str, body: str, remark: str) -> str:
        """Text first: should the comment fail, nobody is told twice."""
        path = self._path(issue)
        changed = self._forge.send("PATCH", path, {"title": title, "body": body})
        if remark:
            self._forge.send("POST", f"{path}/comments", {"body": remark})
        return _place(changed, "html_url")

    def close(self, issue: Issue, *, body: str) -> str:
        """Text and state in one request."""
        closed = self._forge.send("PATCH", self._path(issue), {"body": body, "state": "closed"})
        return _place(closed, "html_url")

    def _path(self, issue: Issue | None = None) -> str:
        path = f"/repos/{quote(self._repository)}/issues"
        return path if issue is None else f"{path}/{issue.key}"


class GitLab:
    """Issues of one project."""

    def __init__(self, variables: Mapping[str, str], *, label: str) -> None:
        """Take address, project and token from the environment's variables.

        Raises:
            TrackerError: one is missing.
        """
        url = _needed(variables, "CI_API_V4_URL", "address of the API, `https://…/api/v4`")
        self._project = _needed(variables, "CI_PROJECT_ID", "number or path of the project")
        token = _needed(variables, "GITLAB_TOKEN", "a token of the project with the scope `api`")
        self._label = label
        self._forge = Forge(
            url,
            headers={"PRIVATE-TOKEN": token},
            hints={
                401: "GITLAB_TOKEN is wrong or has expired",
                403: "the token may not write issues: it needs the scope `api` and the role Reporter",
                404: f"is `{self._project}` the project, and may the token see it?",
            },
        )

    def open_issues(self) -> tuple[Issue, ...]:
        """Those with our label."""
        query = {"state": "opened", "labels": self._label, "order_by": "created_at", "sort": "asc"}
        entries = self._forge.all_of(self._path(), query)
        found = (_read(entry, key="iid", body="description") for entry in entries)
        return tuple(issue for issue in found if issue is not None)

    def open(self, *, page: str, title: str, body: str) -> str:  # noqa: ARG002 - the body says which
        """Make an issue with our label."""
        data = {"title": title, "description": body, "labels": self._label}
        return _place(self._forge.send("POST", self._path(), data), "web_url")

    def change(self, issue: Issue, *, title: str, body: str, remark: str) -> str:
        """Text first: should the note fail, nobody is told twice."""
        path = self._path(issue)
        changed = self._forge.send("PUT", path, {"title": title, "description": body})
        if remark:
            self._forge.send("POST", f"{path}/notes", {"body": remark})
        return _place(changed, "web_url")

    def close(self, issue: Issue, *, body: str) -> str:
        """Text and state in one request."""
        closed = self._forge.send("PUT", self._path(issue), {"description": body, "state_event": "close"})
        return _place(closed, "web_url")

    def _path(self, issue: Issue | None = None) -> str:
        path = f"/projects/{quote(self._project, safe='')}/issues"
        return path if issue is None else f"{path}/{issue.key}"


def _needed(variables: Mapping[str, str], name: str, what: str) -> str:
    value = variables.get(name, "")
    if not value:
        raise TrackerError(f"{name} is not set", hint=f"set it: {what}")
    return value


def _read(entry: Mapping[str, object], *, key: str, body: str) -> Issue | None:
    number, title, text = entry.get(key), entry.get("title"), entry.get(body)
    if not isinstance(number, int) or not isinstance(title, str):
        raise TrackerError(f"an issue in the forge's answer has no `{key}` or no `title`")
    return read_issue(
        key=str(number), title=title, body=text.replace("\r\n", "\n") if isinstance(text, str) else ""
    )


def _place(entry: Mapping[str, object], key: str) -> str:
    return str(entry.get(key, ""))
