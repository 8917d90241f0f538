"""Files whose content points at the network or at other files of the machine; nothing of it may be followed."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.promises.hostile.kinds import WORDS
from tests.promises.hostile.office import MAIN_PART, OFFICE, rewritten
from tests.promises.hostile.pdfs import action, page
from tests.support.books import book
from tests.support.messages import Attached, eml
from tests.support.opendocument import opendocument

REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SECRET = "palavras que nenhum documento pode trazer"  # noqa: S105 - what the bait file says


@dataclass(frozen=True)
class Bait:
    """An address that somebody listens at, and a file that no document may show."""

    url: str
    file: Path


Lure = Callable[[Bait], bytes]


def _html(*elements: str) -> Lure:
    """`{url}`, `{file}`, `{path}` and `{up}` in the elements become the bait's."""

    def make(bait: Bait) -> bytes:
        up = "../" * 40 + str(bait.file).lstrip("/")
        places = {"url": bait.url, "file": bait.file.as_uri(), "path": str(bait.file), "up": up}
        body = "\n".join(element.format(**places) for element in elements)
        return f"<!doctype html><html><body><p>{WORDS}</p>\n{body}</body></html>".encode()

    return make


def _markdown(*lines: str) -> Lure:
    def make(bait: Bait) -> bytes:
        up = "../" * 40 + str(bait.file).lstrip("/")
        text = "\n\n".join(lines).format(url=bait.url, file=bait.file.as_uri(), path=bait.file, up=up)
        return f"# {WORDS}\n\n{text}\n".encode()

    return make


def _external_entity(kind: str) -> Lure:
    """A document type whose entities are files and addresses, in the part that holds the text."""
    part = "xl/sharedStrings.xml" if kind == "xlsx" else MAIN_PART[kind]

    def make(bait: Bait) -> bytes:
        def change(xml: bytes) -> bytes:
            declaration, mark, root = xml.rpartition(b"?>")
            doctype = (
                f'<!DOCTYPE x SYSTEM "{bait.url}/x.dtd" [<!ENTITY f SYSTEM "{bait.file.as_uri()}">'
                f'<!ENTITY u SYSTEM "{bait.url}/e"><!ENTITY % p SYSTEM "{bait.url}/p"> %p;]>'
            )
            return declaration + mark + doctype.encode() + root.replace(b"O conselho", b"&f;&u;", 1)

        return rewritten(OFFICE[kind](), {part: change})

    return make


def _core_properties(kind: str) -> Lure:
    """The same in the properties, which the pipeline reads itself."""

    def make(bait: Bait) -> bytes:
        core = (
            f'<!DOCTYPE x SYSTEM "{bait.url}/x.dtd" [<!ENTITY f SYSTEM "{bait.file.as_uri()}">]>'
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&f;</dc:title></cp:coreProperties>'
        )
        return rewritten(OFFICE[kind](), {"docProps/core.xml": lambda _: core.encode()})

    return make


def _relationships(kind: str) -> Lure:
    """External relationships of every sort, from the package's main part."""
    folder, name = MAIN_PART[kind].rsplit("/", 1)
    part = f"{folder}/_rels/{name}.rels"

    def make(bait: Bait) -> bytes:
        sorts = ("image", "attachedTemplate", "hyperlink", "oleObject", "externalLinkPath", "frame", "video", "media")
        targets = (bait.url, bait.file.as_uri(), str(bait.file), "../" * 40 + str(bait.file))
        links = "".join(
            f'<Relationship Id="rIdX{index}" Type="{REL}/{sort}" Target="{target}" TargetMode="External"/>'
            for index, (sort, target) in enumerate((sort, target) for sort in sorts for target in targets)
        )
        data = OFFICE[kind]()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            there = part in archive.namelist()
        if there:
            return rewritten(
                data, {part: lambda xml: xml.replace(b"</Relationships>", f"{links}</Relationships>".encode())}
            )
        root = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'
        return rewritten(data, {}, {part: root.encode()})

    return make


def _linked_picture(bait: Bait) -> bytes:
    """A picture of a DOCX that stays at its address (r:link), as Word writes it."""
    drawing = (
        f'<w:p><w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:imagedata r:id="rIdX0" '
        f'xmlns:r="{REL}"/></v:shape></w:pict></w:r></w:p><w:p><w:r><w:drawing><a:blip xmlns:a="http://schemas.'
        f'openxmlformats.org/drawingml/2006/main" xmlns:r="{REL}" r:link="rIdX1" r:embed="rIdX2"/></w:drawing>'
        "</w:r></w:p>"
    )
    return rewritten(
        _relationships("docx")(bait),
        {"word/document.xml": lambda xml: xml.replace(b"<w:p>", drawing.encode() + b"<w:p>", 1)},
    )


def _svg_picture() -> str:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/"/><text>{WORDS}</text></svg>'
    return base64.b64encode(svg.encode()).decode()


def _png() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _odt(*elements: str) -> Lure:
    def make(bait: Bait) -> bytes:
        places = {"url": bait.url, "file": bait.file.as_uri(), "path": str(bait.file)}
        return opendocument(f"<text:p>{WORDS}</text:p>" + "".join(element.format(**places) for element in elements))

    return make


def _odt_entity(bait: Bait) -> bytes:
    doctype = f'<!DOCTYPE x SYSTEM "{bait.url}/x.dtd" [<!ENTITY f SYSTEM "{bait.file.as_uri()}">]>'
    body = f"<text:p>{WORDS}</text:p><text:p>FILE</text:p>"
    changes = {"content.xml": lambda xml: xml.replace(b"?>", b"?>" + doctype.encode()).replace(b"FILE", b"&f;")}
    return rewritten(opendocument(body), changes)


def _rtf(bait: Bait) -> bytes:
    address, path = bait.url, str(bait.file)
    words = WORDS.encode("cp1252").decode("latin-1")
    return (
        rf'{{\rtf1\ansi{{\*\template {address}/t.dot}} {words}\par{{\field{{\*\fldinst INCLUDEPICTURE "{address}/i.png"'
        rf'\\d}}{{\fldrslt}}}}{{\field{{\*\fldinst INCLUDETEXT "{path}"}}{{\fldrslt}}}}{{\field{{\*\fldinst DDEAUTO '
        rf'excel "{path}" a}}{{\fldrslt}}}}{{\object\objautlink{{\*\objclass Package}}{{\*\objdata 01}}}}\par}}'
    ).encode("latin-1")


def _message(bait: Bait) -> bytes:
    page = (
        f"<p>{WORDS}</p><img src='{bait.url}/i'><img src='{bait.file.as_uri()}'><img src='{bait.file}'>"
        f"<img src='cid:../../{bait.file}'><link rel=stylesheet href='{bait.url}/c'>"
        f"<iframe src='{bait.url}/f'></iframe>"
    )
    body = f"Content-Type: message/external-body; access-type=URL; URL={bait.url}/e\r\n\r\n"
    message = eml(html=page, attached=[Attached("a.html", page.encode(), "text/html")])
    return (
        message.as_bytes().replace(b"From:", b"List-Unsubscribe: <" + bait.url.encode() + b">\r\nFrom:", 1)
        + body.encode()
    )


def _saved_page(bait: Bait) -> bytes:
    return (
        f"MIME-Version: 1.0\r\nContent-Location: {bait.url}/p\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        f"<base href='{bait.url}/'><p>{WORDS}</p><img src='i.png'><img src='{bait.file}'><iframe src='f'></iframe>"
    ).encode()


def _book(bait: Bait) -> bytes:
    up = "../" * 40 + str(bait.file).lstrip("/")
    page = (
        f'<?xml version="1.0"?><!DOCTYPE html SYSTEM "{bait.url}/x.dtd" [<!ENTITY f SYSTEM "{bait.file.as_uri()}">]>'
        f"<html><body><p>{WORDS}</p><p>&f;</p><img src='{bait.url}/i.png'/><img src='{up}'/></body></html>"
    )
    return book({"a.xhtml": page, up: None, f"{bait.url}/c.xhtml": None})


LURES: Mapping[str, Lure] = {
    "links.odt": _odt(
        "<text:p><draw:frame><draw:image xlink:href='{url}/i.png'/></draw:frame></text:p>",
        "<text:p><draw:frame><draw:image xlink:href='{file}'/></draw:frame></text:p>",
        "<text:section><text:section-source xlink:href='{url}/s.odt'/></text:section>",
        "<text:p><draw:frame><draw:object xlink:href='{path}'/></draw:frame></text:p>",
        "<text:p><draw:frame><draw:plugin xlink:href='{url}/p'/></draw:frame></text:p>",
        "<office:scripts><office:script>{url}</office:script></office:scripts>",
    ),
    "entities.odt": _odt_entity,
    "fields.rtf": _rtf,
    "pictures.eml": _message,
    "pictures.mhtml": _saved_page,
    "pictures.epub": _book,
    "images.html": _html(
        "<img src='{url}/i.png'><img src='{file}'><img src='{path}'><img src='{up}'><img srcset='{url}/s.png 2x'>",
        "<picture><source srcset='{url}/p.png'><img src='//{url}/x'></picture><input type=image src='{url}/n.png'>",
        f"<img src='data:image/png;base64,{_png()}'><img src='data:image/svg+xml;base64,{_svg_picture()}'>",
    ),
    "frames.html": _html(
        "<iframe src='{url}/f'></iframe><iframe src='{file}'></iframe><iframe srcdoc='<img src={url}/d>'></iframe>",
        "<embed src='{url}/e'><embed src='{path}'><object data='{file}'><param value='{url}'></object>",
        "<video src='{url}/v' poster='{file}'></video><audio src='{up}'></audio>",
        "<frameset><frame src='{file}'></frameset>",
    ),
    "head.html": _html(
        "<link rel=stylesheet href='{url}/c.css'><link rel=import href='{file}'><base href='{url}/'>",
        "<style>@import url({url}/i.css); p {{ background: url({file}) }}</style>",
        "<p style='background:url({url}/b)'>a</p>",
        "<meta http-equiv=refresh content='0;url={url}/r'><script src='{url}/s.js'></script>",
        "<script>fetch('{url}/js')</script>",
    ),
    "svg.html": _html(
        "<svg xmlns:xlink='http://www.w3.org/1999/xlink'><image href='{url}/i'/><use xlink:href='{file}#a'/>",
        "<foreignObject><img src='{url}/o'></foreignObject><script href='{url}/s'/></svg>",
    ),
    "entities.html": lambda bait: (
        f'<!DOCTYPE html SYSTEM "{bait.url}/x.dtd" [<!ENTITY f SYSTEM "{bait.file.as_uri()}">]>'
        f"<html><body><p>{WORDS}</p><p>&f;</p></body></html>"
    ).encode(),
    "xhtml.html": lambda bait: (
        f'<?xml version="1.0"?><?xml-stylesheet href="{bait.url}/s.xsl"?><!DOCTYPE html [<!ENTITY f SYSTEM '
        f'"{bait.file.as_uri()}">]><html xmlns:xi="http://www.w3.org/2001/XInclude"><body><p>{WORDS}</p>'
        f'<xi:include href="{bait.file.as_uri()}" parse="text"/><p>&f;</p></body></html>'
    ).encode(),
    "images.md": _markdown(
        "![a]({url}/i.png) ![b]({file}) ![c]({path}) ![d]({up}) [e]({file}) <{url}/auto>", "![r][r]", "[r]: {url}/r.png"
    ),
    "html.md": _markdown(
        "<img src='{url}/i.png'><img src='{file}'><iframe src='{file}'></iframe>", "<object data='{path}'></object>"
    ),
    "includes.md": _markdown("!include {path}", "{{{{< include {path} >}}}}", "@import '{path}'", "--8<-- '{path}'"),
    "front-matter.md": lambda bait: f"---\ntitle: !include {bait.file}\n---\n\n# {WORDS}\n".encode(),
    **{f"entities.{kind}": _external_entity(kind) for kind in OFFICE},
    **{f"properties.{kind}": _core_properties(kind) for kind in OFFICE},
    **{f"relationships.{kind}": _relationships(kind) for kind in OFFICE},
    "linked-picture.docx": _linked_picture,
    "actions.pdf": lambda bait: action(f"/S/URI/URI({bait.url}/u)/Next<</S/GoToR/F({bait.file})/D[0/Fit]>>".encode()),
    "external-stream.pdf": lambda bait: page(
        content=f"BT /F1 12 Tf 72 720 Td ({WORDS}) Tj ET /X0 Do".encode("latin-1"),
        resources=b"/XObject<</X0 6 0 R>>",
        more=(
            f"<</Type/XObject/Subtype/Image/Width 2/Height 2/F({bait.file})/Length 0>>\nstream\n\nendstream".encode(),
            f"<</FS/URL/F({bait.url}/f)>>".encode(),
        ),
    ),
}
