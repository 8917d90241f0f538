"""The walk of docs/searching.md: each question finds its passage, whose page can be opened and cited."""

from __future__ import annotations

import html
import http.client
import re
import urllib.parse

import pytest

from pipeline.web.server import WebServer
from tests.support.paths import ROOT

_ROW = re.compile(r"^\| (?P<question>[^|]+) \| (?P<answer>[^|]+) \| (?P<citation>[^|]+) \|$", re.MULTILINE)
_PAGE = (ROOT / "docs" / "searching.md").read_text(encoding="utf-8").partition("### Find, open, cite")[2]
WALK = [row.groups() for row in _ROW.finditer(_PAGE)][1:]


def read(service: WebServer, target: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
    connection.request("GET", target, headers={"Host": f"127.0.0.1:{service.port}", "Accept-Language": "en"})
    text = html.unescape(connection.getresponse().read().decode())
    connection.close()
    return re.sub(r"</?(mark|wbr|bdi)>", "", text)


def test_there_are_five_questions() -> None:
    assert len(WALK) == 5


@pytest.mark.parametrize(("question", "answer", "citation"), WALK)
def test_it_is_found_opened_and_cited(service: WebServer, question: str, answer: str, citation: str) -> None:
    found = read(service, f"/?{urllib.parse.urlencode({'q': question})}")
    assert '<ol class="found">' in found, found
    best = found[found.index('<ol class="found">') : found.index("</article>")]
    first = best[best.index('<ol class="passages">') :].partition("</li>\n            <li>")[0]
    assert answer in first
    assert f'<p class="citation">{citation}</p>' in first
    address = re.search(r'<a href="(/documents/[^"#]+)#(passage-\d+)"', first)
    assert address
    opened = read(service, address[1])
    assert answer in opened[opened.index(f'id="{address[2]}"') :].partition('<li id="passage-')[0]
