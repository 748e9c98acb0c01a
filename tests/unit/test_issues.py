"""One issue for each failing page: told to servers that behave as the forges' APIs do, and to a folder."""

from __future__ import annotations

import json
import re
import socket
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from docwalk.cli import call
from docwalk.config import load_project, page_paths
from docwalk.environment.definition import load_environments
from docwalk.environment.digest import environment_digest
from docwalk.plan import load_plan
from docwalk.record import make_record, save_record
from docwalk.testing import Printed, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "a-secret-token"  # noqa: S105 - of the server below
ENVIRONMENT = 'title = "t"\n[base]\nsuite = "bookworm"\npackages = ["bash"]\n'
AGAIN = "hint: run the same command again later: it takes up what is left, and opens nothing twice\n"
PERMISSION = "hint: the token may not write issues: in a workflow, `permissions: {issues: write}`\n"
PAGE = "# The {name} page\n\n```console\n$ echo {name}\n{name}\n$ true\n```\n"


@dataclass(kw_only=True)
class Kept:
    """What the server holds, and how it answers."""

    issues: list[dict[str, object]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refusal: tuple[int, dict[str, str], str] | None = None
    refuses_from: int = 0


class Handler(BaseHTTPRequestHandler):
    """Issues as both forges keep them: GitHub below /repos, GitLab below /projects."""

    kept: Kept

    def _answer(self, status: int, data: object, headers: dict[str, str] | None = None) -> None:
        body = data.encode() if isinstance(data, str) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _handle(self) -> None:
        kept = self.kept
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        data = json.loads(self.rfile.read(length)) if length else {}
        kept.requests.append(f"{self.command} {url.path}")
        if kept.refusal is not None and len(kept.requests) > kept.refuses_from:
            status, headers, said = kept.refusal
            return self._answer(status, said, headers)
        github = self.headers.get("Authorization") == f"Bearer {TOKEN}" and url.path.startswith(
            "/repos/centre/tutorials/issues"
        )
        gitlab = self.headers.get("PRIVATE-TOKEN") == TOKEN and url.path.startswith(
            "/projects/centre%2Ftutorials/issues"
        )
        if not github and not gitlab:
            return self._answer(401, {"message": "Bad credentials"})
        number = re.search(r"/issues/(\d+)(/\w+)?$", url.path)
        text_key = "body" if github else "description"
        if self.command == "GET":
            query = parse_qs(url.query)
            found = [
                issue
                for issue in kept.issues
                if issue["state"] in query["state"] and query["labels"][0] in str(issue["labels"])
            ]
            page, size = int(query["page"][0]), int(query["per_page"][0])
            return self._answer(200, found[(page - 1) * size : page * size])
        if number is None:
            made = {
                ("number" if github else "iid"): len(kept.issues) + 1,
                ("html_url" if github else "web_url"): f"https://forge.example/{len(kept.issues) + 1}",
                "state": "open" if github else "opened",
                "labels": data.get("labels"),
                "title": data["title"],
                text_key: data[text_key],
            }
            kept.issues.append(made)
            return self._answer(201, made)
        issue = kept.issues[int(number[1]) - 1]
        if number[2]:
            kept.remarks.append((int(number[1]), data["body"]))
            return self._answer(201, {"id": 1})
        if data.pop("state_event", "") == "close":
            data["state"] = "closed"
        issue.update(data)
        return self._answer(200, issue)

    do_GET = do_POST = do_PATCH = do_PUT = _handle  # noqa: N815 - http.server's names

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    kept = Kept()
    handler = type("Bound", (Handler,), {"kept": kept})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for name, value in {
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "centre/tutorials",
            "GITHUB_TOKEN": TOKEN,
            "CI_API_V4_URL": url,
            "CI_PROJECT_ID": "centre/tutorials",
            "GITLAB_TOKEN": TOKEN,
            "no_proxy": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("CI_JOB_URL", raising=False)
        monkeypatch.delenv("GITHUB_RUN_ID", raising=False)
        yield kept
        server.shutdown()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "pyproject.toml": (
            '[tool.docwalk]\ntutorials = ["tutorials"]\nenvironments = "environments"\n'
            '[tool.docwalk.site]\nurl = "https://tutorials.example/"\n'
        ),
        "environments/login/environment.toml": ENVIRONMENT,
        "tutorials/one.md": PAGE.format(name="one"),
        "tutorials/two.md": PAGE.format(name="two"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(project: Path, **printed: str) -> None:
    """Record a walk of each page named, whose `echo` printed a text; a walk of yesterday."""
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")
    for walk in plan.walks:
        name = walk.page.removeprefix("tutorials/")
        if name in printed:
            result = result_of(walk, (Printed(lines=(printed[name],)), Printed()))
            result = replace(result, environment_digest=digest, started_at=yesterday)
            save_record(make_record(walk, result), loaded.records_dir, raw=False)


def written(kept: Kept) -> list[str]:
    return [request for request in kept.requests if not request.startswith("GET ")]


@pytest.mark.parametrize(("forge", "text_key"), [("github", "body"), ("gitlab", "description")])
def test_a_failing_page_gets_one_issue_that_is_updated_and_closed(
    project: Path, kept: Kept, capsys: pytest.CaptureFixture[str], forge: str, text_key: str
) -> None:
    record(project, one="one", two="three")
    assert call(["report-failures", "--to", forge]) == 0
    assert capsys.readouterr().out == (
        "open: tutorials/two: mismatch (https://forge.example/1)\n"
        "2 pages: 1 failing, 1 passing, 0 unknown; 1 change\n"
    )
    (issue,) = kept.issues
    assert issue["title"] == "Does not do what it says: The two page (tutorials/two)"
    text = str(issue[text_key])
    assert "[`tutorials/two.md`](https://tutorials.example/tutorials/two.html)" in text
    assert re.search(r"- Block `tutorials/two#[0-9a-f]{12}-1`, line 4\n- Recorded 20", text)
    assert " ~ 5 │ two                                            │ three\n" in text
    assert "run this walk again: docwalk run tutorials/two.md --walk tutorials/two\n```" in text
    assert "- 1 later step could not be run\n" in text

    assert call(["report-failures", "--to", forge]) == 0
    assert "2 pages: 1 failing, 1 passing, 0 unknown; 0 changes\n" in capsys.readouterr().out
    assert len(written(kept)) == 1

    record(project, two="four")
    assert call(["report-failures", "--to", forge]) == 0
    assert "update: tutorials/two: still fails: " in capsys.readouterr().out
    assert "│ four\n" in str(issue[text_key])
    assert kept.remarks == []

    record(project, two="two")
    assert call(["report-failures", "--to", forge]) == 0
    assert (
        "close: tutorials/two: It passes again, in 1 walk; the last one began 20" in capsys.readouterr().out
    )
    assert issue["state"] == "closed"
    assert str(issue[text_key]).startswith("It passes again, in 1 walk")

    record(project, two="five")
    assert call(["report-failures", "--to", forge]) == 0
    assert [each["state"] in {"open", "opened"} for each in kept.issues] == [False, True]


def test_another_way_to_fail_is_told_in_a_remark(project: Path, kept: Kept) -> None:
    record(project, two="three")
    assert call(["report-failures", "--to", "github"]) == 0
    page = project / "tutorials" / "two.md"
    page.write_text(page.read_text("utf-8").replace("$ true\n", "$ true\n[exit 3]\n"), "utf-8")
    record(project, two="two")
    assert call(["report-failures", "--to", "github"]) == 0
    assert kept.remarks == [(1, "It fails otherwise now: wrong-status.")]


def test_a_page_nobody_walked_since_keeps_its_issue(
    project: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    record(project, one="one", two="three")
    assert call(["report-failures", "--to", "github"]) == 0
    page = project / "tutorials" / "two.md"
    page.write_text(page.read_text("utf-8").replace("echo two", "echo 2"), "utf-8")
    capsys.readouterr()
    assert call(["report-failures", "--to", "github"]) == 0
    assert capsys.readouterr().out == "2 pages: 0 failing, 1 passing, 1 unknown; 0 changes\n"
    assert kept.issues[0]["state"] == "open"


def test_the_issue_of_a_page_that_is_no_more_is_closed_unless_pages_are_named(
    project: Path, kept: Kept
) -> None:
    record(project, one="one", two="three")
    assert call(["report-failures", "--to", "github"]) == 0
    (project / "tutorials" / "two.md").unlink()
    assert call(["report-failures", "tutorials/one.md", "--to", "github"]) == 0
    assert [issue["state"] for issue in kept.issues] == ["open"]
    assert call(["report-failures", "--to", "github"]) == 0
    assert [issue["state"] for issue in kept.issues] == ["closed"]
    assert str(kept.issues[0]["body"]).startswith("The page is no more.")


def test_issues_of_others_and_a_second_one_are_left_alone(project: Path, kept: Kept) -> None:
    others: list[dict[str, object]] = [
        {"number": at, "title": "t", "body": None, "state": "open", "labels": "docwalk"}
        for at in range(1, 102)
    ]
    kept.issues.extend(others)
    record(project, two="three")
    assert call(["report-failures", "--to", "github"]) == 0
    assert kept.requests == ["GET /repos/centre/tutorials/issues"] * 2 + [
        "POST /repos/centre/tutorials/issues"
    ]
    kept.issues.append({**kept.issues[101], "number": 103})
    record(project, two="two")
    assert call(["report-failures", "--to", "github"]) == 0
    assert [issue["state"] for issue in kept.issues[101:]] == ["closed", "open"]


def test_a_dry_run_asks_and_changes_nothing(
    project: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    record(project, two="three")
    assert call(["report-failures", "--to", "github", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("would open: tutorials/two: mismatch\n\nDoes not do what it says")
    assert said.endswith("2 pages: 1 failing, 0 passing, 1 unknown; 1 change not made\n")
    assert written(kept) == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            (401, {}, '{"message": "Bad credentials"}'),
            "401: Bad credentials\nhint: GITHUB_TOKEN is wrong or has expired\n",
        ),
        (
            (403, {}, '{"message": "Resource not accessible by integration"}'),
            f"403: Resource not accessible by integration\n{PERMISSION}",
        ),
        (
            (
                403,
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795400000"},
                '{"message": "slow down"}',
            ),
            f"403: slow down; its limit of requests is used up until 02:13 UTC\n{AGAIN}",
        ),
        (
            (429, {"Retry-After": "60"}, ""),
            f"429: it says nothing more; its limit of requests is used up for 60 s\n{AGAIN}",
        ),
        ((302, {"Location": "https://elsewhere.example/"}, ""), "302: it says nothing more\n"),
        ((500, {}, "<html>" + "x" * 300), "500: <html>" + "x" * 194 + "…\n"),
        ((200, {}, "<html>"), "the answer is no JSON\nhint: is the address that of the API?\n"),
        ((200, {}, "{}"), "the answer is no list of entries\n"),
    ],
)
def test_a_refusal_says_what_was_asked_and_what_mends_it(
    project: Path,
    kept: Kept,
    capsys: pytest.CaptureFixture[str],
    refusal: tuple[int, dict[str, str], str],
    said: str,
) -> None:
    record(project, two="three")
    kept.refusal = refusal
    assert call(["report-failures", "--to", "github"]) == 3
    printed = capsys.readouterr().err
    assert re.sub(r"http://127\.0\.0\.1:\d+", "URL", printed) == (
        f"error: GET URL/repos/centre/tutorials/issues: {said}"
    )
    assert TOKEN not in printed
    assert kept.issues == []


def test_what_was_done_before_a_refusal_is_not_done_twice(
    project: Path, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    record(project, one="two", two="three")
    kept.refusal, kept.refuses_from = (500, {}, "down"), 2
    assert call(["report-failures", "--to", "github"]) == 3
    captured = capsys.readouterr()
    assert captured.out.startswith("open: tutorials/one: ")
    assert captured.err.startswith("error: tutorials/two: POST http")
    kept.refusal = None
    assert call(["report-failures", "--to", "github"]) == 0
    assert [issue["title"] for issue in kept.issues] == [
        "Does not do what it says: The one page (tutorials/one)",
        "Does not do what it says: The two page (tutorials/two)",
    ]


def test_a_network_that_is_down_is_said(
    project: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}")
    record(project, two="three")
    assert call(["report-failures", "--to", "github"]) == 3
    assert "/repos/centre/tutorials/issues: [Errno 111] Connection refused\n" in capsys.readouterr().err
    assert kept.requests == []


@pytest.mark.parametrize(
    ("forge", "name"),
    [
        *(("github", "GITHUB_REPOSITORY"), ("github", "GITHUB_TOKEN")),
        *(("gitlab", "CI_API_V4_URL"), ("gitlab", "CI_PROJECT_ID"), ("gitlab", "GITLAB_TOKEN")),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_variable_that_is_missing_is_named(
    kept: Kept,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    forge: str,
    name: str,
) -> None:
    monkeypatch.delenv(name)
    assert call(["report-failures", "--to", forge]) == 3
    assert capsys.readouterr().err.startswith(f"error: {name} is not set\nhint: set it: ")
    assert kept.requests == []


def test_a_folder_holds_one_file_for_each_failing_page(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(project, one="one", two="three")
    notify = 'echo "$DOCWALK_EVENT $DOCWALK_PAGE: $DOCWALK_TITLE: $(grep -c echo)" >> told'
    arguments = ["report-failures", "--to", "folder", "--folder", "failing", "--notify", notify]
    assert call(arguments) == 0
    (path,) = (project / "failing").iterdir()
    assert path.read_text("utf-8").startswith(
        "# Does not do what it says: The two page (tutorials/two)\n\n<!-- docwalk page: tutorials/two -->\n"
    )
    record(project, two="four")
    assert call(arguments) == 0
    assert "│ four\n" in path.read_text("utf-8")
    record(project, two="two")
    assert call(arguments) == 0
    assert list((project / "failing").iterdir()) == []
    title = "Does not do what it says: The two page (tutorials/two)"
    assert (project / "told").read_text("utf-8") == (
        f"open tutorials/two: {title}: 1\nclose tutorials/two: {title}: 1\n"
    )
    assert "still fails" in capsys.readouterr().out


def test_a_command_that_fails_is_told_and_asked_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(project, two="three")
    arguments = ["report-failures", "--to", "folder", "--folder", "failing", "--notify"]
    assert call([*arguments, "echo no mail here >&2; exit 7"]) == 3
    assert capsys.readouterr().err == (
        "error: tutorials/two: `echo no mail here >&2; exit 7` ended with exit status 7: no mail here\n"
    )
    assert not (project / "failing").exists()
    assert call([*arguments, "cat > told"]) == 0
    assert "does not do what it says" in (project / "told").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "folder"], "`--to folder` and `--folder DIR` go together"),
        (["--to", "github", "--folder", "x"], "`--to folder` and `--folder DIR` go together"),
        (["--to", "github", "--notify", "x"], "`--notify` goes with `--to folder`"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert call(["report-failures", str(project / "tutorials"), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_backticks_in_the_output_do_not_end_the_fence(project: Path, kept: Kept) -> None:
    record(project, two="````")
    assert call(["report-failures", "--to", "github"]) == 0
    assert "\n`````text\n" in str(kept.issues[0]["body"])


def test_an_address_that_is_none_of_the_web_is_refused(
    project: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "file:///etc")
    record(project, two="three")
    assert call(["report-failures", "--to", "github"]) == 3
    assert capsys.readouterr().err == (
        "error: `file:///etc` is no address of a forge\nhint: write `https://…`\n"
    )
    assert kept.requests == []


def test_a_long_report_is_cut_and_more_than_five_walks_are_only_named(project: Path, kept: Kept) -> None:
    tabs = "".join(f"````{{tab}} Way {n}\n```bash\nfalse\n```\n````\n" for n in range(7))
    (project / "tutorials" / "two.md").write_text(f"# The two page\n\n`````{{tabs}}\n{tabs}`````\n", "utf-8")
    loaded = load_project(project)
    _, plan = load_plan(page_paths(loaded), loaded)
    digest = environment_digest(load_environments(loaded.environments_dir)["login"])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for walk in plan.walks:
        if walk.page == "tutorials/two":
            printed = Printed(lines=("x" * 2000,) * 20, exit_status=1)
            result = replace(result_of(walk, (printed,)), environment_digest=digest, started_at=now)
            save_record(make_record(walk, result), loaded.records_dir, raw=False)
    assert call(["report-failures", "--to", "github"]) == 0
    text = str(kept.issues[0]["body"])
    assert text.count("\n… the rest is left out\n```\n") == 5
    assert "It fails in these walks too:\n\n- `tutorials/two[Way 5]`\n- `tutorials/two[Way 6]`\n" in text
    assert len(text) < 60_000
