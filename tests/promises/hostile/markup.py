"""HTML that is deep, wide or wrong."""

from __future__ import annotations

from pipeline.errors import ErrorCode
from tests.promises.hostile.kinds import WORDS, quarantined, stored
from tests.promises.hostile.office import BILLION_LAUGHS

PAGE = f"<!doctype html><html><body><p>{WORDS}</p>"


def nested(tag: str, depth: int) -> bytes:
    return f"{PAGE}{f'<{tag}>' * depth}fundo{f'</{tag}>' * depth}</body></html>".encode()


def nested_tables(depth: int) -> bytes:
    return f"{PAGE}{'<table><tr><td>x' * depth}fundo{'</td></tr></table>' * depth}".encode()


def huge_table() -> bytes:
    rows = "".join(f"<tr><td>item {number}</td><td>{number}</td></tr>" for number in range(2000))
    return f"{PAGE}<table>{rows}</table>".encode()


def wide_cells() -> bytes:
    """Two cells that claim a thousand million places."""
    return f"{PAGE}<table><tr><td colspan=100000 rowspan=100000>a</td><td colspan=99999>b</td></tr></table>".encode()


def spanned_cells() -> bytes:
    """A row whose cells each claim a thousand places."""
    return f"{PAGE}<table><tr>{'<td colspan=1000>a' * 500}</table>".encode()


def wide_and_long() -> bytes:
    """A row of hundreds of cells, and hundreds of rows of one: nearly all of the table is blank."""
    return f"{PAGE}<table><tr>{'<td>a' * 600}{'<tr><td>b' * 600}<tr><td>fim</table>".encode()


KINDS = (
    quarantined("deep-divs.html", lambda: nested("div", 100_000), ErrorCode.UNSUPPORTED),
    quarantined("deep-spans.html", lambda: nested("span", 100_000), ErrorCode.UNSUPPORTED),
    quarantined("deep-quotes.html", lambda: nested("blockquote", 100_000), ErrorCode.UNSUPPORTED),
    quarantined("deep-lists.html", lambda: nested("ul><li", 5000), ErrorCode.UNSUPPORTED),
    quarantined("deep-tables.html", lambda: nested_tables(2000), ErrorCode.UNSUPPORTED),
    stored("huge-table.html", huge_table, WORDS, "item 1999 | 1999"),
    stored("wide-cells.html", wide_cells),
    stored("spanned-cells.html", spanned_cells),
    stored("wide-and-long.html", wide_and_long, WORDS, "fim"),
    stored("blank-lines-in-pre.html", lambda: f"{PAGE}<pre>a{chr(10) * 100_000}b</pre>".encode()),
    stored("data-uri-of-5-mb.html", lambda: f"{PAGE}<img src='data:image/png;base64,{'A' * 5_000_000}'>".encode()),
    stored("billion-laughs.html", lambda: f"{BILLION_LAUGHS}{PAGE}<p>&a9;</p>".encode()),
    stored("svg-billion-laughs.html", lambda: f"{PAGE}<svg>{BILLION_LAUGHS}<text>&a9;</text></svg>".encode()),
    stored("open-tags.html", lambda: f"{PAGE}{'<' * 250_000}".encode()),
    quarantined(
        "attributes-without-end.html",
        lambda: f"{PAGE}<p {' '.join(f'a{n}=1' for n in range(100_000))}>x</p>".encode(),
        ErrorCode.UNSUPPORTED,
    ),
    stored("attributes.html", lambda: f"{PAGE}<p {' '.join(f'a{n}=1' for n in range(4_000))}>x</p>".encode()),
    stored("one-long-attribute.html", lambda: f"{PAGE}<p title='{'x' * 10_000_000}'>fim</p>".encode(), WORDS, "fim"),
    stored("entities.html", lambda: f"{PAGE}{'&#0;&#xD800;&#x110000;&nope;' * 10_000}".encode()),
    stored("script.html", lambda: f"{PAGE}<script>while(true){{}}</script><p onload='x()'>fim</p>".encode(), "fim"),
    stored("unclosed-comment.html", lambda: f"{PAGE}<!-- {'-' * 1_000_000}".encode()),
    stored("nul-bytes.html", lambda: f"<html><p>O conse\0lho aprova</p><p>{WORDS}</p>\0\0".encode()),
    stored("latin-1.html", lambda: f"<html><meta charset=iso-8859-1><p>{WORDS}</p>".encode("latin-1")),
    stored("wrong-charset.html", lambda: f"<html><meta charset=utf-16><p>{WORDS}</p>".encode(), "O conselho aprova"),
    stored("empty.html", lambda: b"", ""),
    stored("strikes.html", lambda: f"{PAGE}{'<s>a' * 200}{'</s>' * 200}{'<s>b</s>' * 20_000}".encode()),
    stored("unclosed-inputs.html", lambda: f"{PAGE}{'<input type=checkbox>a' * 20_000}".encode()),
    stored("frames-in-frames.html", lambda: f"{PAGE}<iframe srcdoc='{'<iframe srcdoc=&quot;a' * 1000}'>".encode()),
    stored("many-rules.html", lambda: f"{PAGE}<style>{'.a{text-decoration:line-through' * 50_000}</style>".encode()),
    stored("comments-in-style.html", lambda: f"{PAGE}<style>{'/*' * 200_000}</style>".encode()),
    quarantined("noise.html", lambda: bytes(range(256)) * 100, ErrorCode.UNSUPPORTED),
    stored("pdf-named.html", lambda: PAGE.encode()),
)
