"""What the pages' addresses answer, whatever they are asked: with its headers, in words, and nothing else."""

from __future__ import annotations

import html
import re
import shlex
from datetime import UTC, datetime

import pytest

from pipeline.errors import ErrorCode
from pipeline.languages import PAGES, choose
from pipeline.web.library import library
from tests.conftest import Workspace
from tests.web.pages.conftest import HOSTILE, HOSTILE_NAME, QUESTION, Get

ASKED = f"/?q={QUESTION.replace(' ', '+')}"
PAGES_OF_ALL_KINDS = (
    *("/", ASKED, "/?q=receita+de+bolo", "/?page=0", "/documents", "/documents?type=secret", "/documents/nobody"),
    *("/quarantine", "/status", "/static/pages.css", "/static/live.js", "/static/base.html.jinja", "/nowhere"),
    *("/runs/nobody/report", "/documents/x?part=none"),
)


@pytest.mark.parametrize("target", PAGES_OF_ALL_KINDS)
def test_every_answer_has_the_headers_that_protect_its_reader(get: Get, target: str) -> None:
    headers = get(target).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    if headers["content-type"].startswith("text/html"):
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "Accept-Language" in headers["vary"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("target", PAGES_OF_ALL_KINDS)
def test_no_page_shows_how_it_was_made(get: Get, target: str) -> None:
    text = get(target).text if "static" not in target else ""
    for sign in ("Texts(", "object at 0x", "{{", "{%", "None<", "Undefined", "`"):
        assert sign not in text.replace("{{ 7 * 7 }}", "").replace(html.escape(HOSTILE).split("{{")[0], "")


def test_only_the_status_page_may_run_a_script_and_only_its_own(get: Get) -> None:
    assert "script-src 'self'" in get("/status").headers["content-security-policy"]
    assert "script-src" not in get(ASKED).headers["content-security-policy"]
    assert get(ASKED).text.count("<script") == 0


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/?q=x&method=best",
            "/?q=x&modified_from=yesterday",
            "/?q=x&page=0",
            f"/?q={'x' * 2000}",
            "/?q=x&type=secret",
        ),
        *("/documents?order=random", "/documents?year=never", "/documents/x?part=0", "/quarantine?page=none"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_words(get: Get, target: str) -> None:
    for code, accepted in (("pt", "pt-BR"), ("en", "en")):
        answer = get(target, **{"Accept-Language": accepted})
        assert answer.status == 400
        assert PAGES[code].bad_form in answer.text


@pytest.mark.parametrize(
    "target",
    [
        *("/documents/00000000-0000-0000-0000-000000000000", "/documents/..%2f..%2fetc%2fpasswd", "/nowhere"),
        *("/static/../../pipeline/schema.py", "/static/base.html.jinja", "/runs/..%2f..%2findex/report"),
        *("/../../etc/passwd", "/style.css/../../pipeline/schema.py"),
    ],
)
def test_what_is_not_there_is_not_found_in_words(get: Get, target: str) -> None:
    answer = get(target)
    assert answer.status == 404
    assert PAGES["pt"].gone in answer.text


def test_programs_get_their_errors_as_before(get: Get) -> None:
    answer = get("/api/v1/nowhere")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def test_odd_parameters_are_taken_for_what_they_are(get: Get) -> None:
    for target in ("/?q=%ED%A0%80+x", "/?q=%00", "/?q=%F0%9F%98%80&unknown=1&q=prazo", "/?q=%E2%80%AEprazo", "/?q=++"):
        assert get(target).status == 200
    assert 'name="q" type="search" value=""' in get("/?q=++").text


def test_beyond_the_last_page_there_is_a_way_back(get: Get) -> None:
    answer = get(f"{ASKED}&page=99")
    assert answer.status == 200
    assert PAGES["pt"].no_such_page in answer.text
    assert get("/documents?page=99").status == 200
    assert re.search(r'rel="prev" href="/documents"', get("/documents?page=99").text) is None, "there is one page only"


def test_quarantine_says_why_since_when_and_what_would_be_done(get: Get) -> None:
    text = get("/quarantine").text
    words = PAGES["pt"]
    assert text.count("<article") == 3
    assert "O arquivo está danificado, incompleto ou vazio." in text
    assert "exporte-o novamente a partir da origem" in text
    assert "UTC" in text
    assert "nic retry 30-Aprovados/danificado.pdf" in text
    assert "nic retry &#39;30-Aprovados/também danificado com  dois espaços.pdf&#39;" in text
    assert words.retry_together.format(count=1) in text
    english = get("/quarantine", **{"Accept-Language": "en"}).text
    assert ErrorCode.CORRUPT.remedy in html.unescape(english)


def test_the_command_to_retry_names_exactly_the_document(get: Get) -> None:
    commands = [html.unescape(found) for found in re.findall(r"<code>(nic retry .*?)</code>", get("/quarantine").text)]
    assert ["nic", "retry", f"30-Aprovados/{HOSTILE_NAME}.pdf"] in [shlex.split(command) for command in commands]


def test_the_status_page_says_what_is_published_and_links_each_run_s_report(get: Get, published: Workspace) -> None:
    text = get("/status").text
    listed = published.run.listings.latest()
    assert listed
    assert listed.commit[:12] in text
    words, when = PAGES["pt"], datetime.fromtimestamp(published.run.data.latest_snapshot.stat().st_mtime, UTC)
    assert words.compared.format(listed=words.report.moment(when)) in text
    (address, *_) = re.findall(r'href="(/runs/[^"]+/report)"', text)
    report = get(address)
    assert report.status == 200
    assert "sandbox" in report.headers["content-security-policy"]
    assert "script" not in report.headers["content-security-policy"]


def test_a_document_says_where_it_comes_from_and_how_complete_it_is(get: Get) -> None:
    (address, *_) = re.findall(r'href="(/documents/[^"?]+)[^"]*"><bdi>recursos<', get(ASKED).text)
    text = get(address).text
    words = PAGES["pt"]
    for said in (words.coverage_whole, words.versions, words.shown_here, words.facts["page_count"], "página 2"):
        assert said in text
    original = get(re.search(r'href="(/api/v1/documents/[^"]+/original)"', text)[1])  # type: ignore[index]
    assert original.content.startswith(b"%PDF")
    assert original.headers["x-content-type-options"] == "nosniff"


def test_a_language_is_remembered_only_when_it_was_asked_for(get: Get) -> None:
    assert "set-cookie" not in get("/").headers
    cookie = get("/?lang=en").headers["set-cookie"]
    assert cookie.startswith("lang=en;")
    assert "HttpOnly" in cookie
    assert '<html lang="en">' in get("/", Cookie="lang=en").text
    assert '<html lang="pt-BR">' in get("/", Cookie="lang=xx", **{"Accept-Language": "pt"}).text
    assert "set-cookie" not in get("/?lang=%3Cb%3E").headers


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en-US,en;q=0.9,pt;q=0.8", "en"),
        ("de, pt-BR;q=0.7, en;q=0.3", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("fr", "pt-BR"),
        ("", "pt-BR"),
        ("en;q=0", "pt-BR"),
        ("en;q=" + "9" * 50 + ",;;;,\x00", "pt-BR"),
    ],
)
def test_the_page_speaks_the_language_that_the_browser_likes_best(accepted: str, language: str) -> None:
    assert choose(accepted, "pt").language == language


def test_an_error_is_told_without_its_inside(get: Get, published: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise NotADirectoryError(str(published.data))

    monkeypatch.setattr(library, "read_standing", fail)
    answer = get("/status")
    assert answer.status == 500
    assert "NotADirectoryError" in answer.text
    assert str(published.data) not in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
