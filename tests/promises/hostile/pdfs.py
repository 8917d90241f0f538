"""PDF files that act, that lie about themselves, or that are built to be endless."""

from __future__ import annotations

import io
import zlib

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from pipeline.errors import ErrorCode
from tests.promises.hostile.kinds import WORDS, quarantined, stored
from tests.promises.hostile.repeated import Repeated

CONTENT = f"BT /F1 12 Tf 72 720 Td ({WORDS}) Tj ET".encode("latin-1")
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A file of these objects, numbered from 1; the first is the catalog."""
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table) + end


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(content), content)


def page(  # noqa: PLR0917 - one place for every part that a kind may spoil
    catalog: bytes = b"",
    page: bytes = b"",
    box: bytes = b"0 0 595 842",
    content: bytes = CONTENT,
    resources: bytes = b"",
    more: tuple[bytes, ...] = (),
    kids: bytes = b"3 0 R",
    count: int = 1,
    trailer: bytes = b"",
) -> bytes:
    """One page of WORDS in Helvetica (object 3) with additions; `more` are objects from number 6."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>%s>>%s>>"
        % (box, resources, page),
        FONT,
        stream(content),
        *more,
        trailer=trailer,
    )


def reading(password: str | None) -> bytes:
    """A page of WORDS; None: anyone may read and only its owner change it."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption(password or "", ownerPassword="owner", canPrint=0))
    canvas.drawString(72, 720, WORDS)
    canvas.save()
    return buffer.getvalue()


def action(content: bytes) -> bytes:
    return page(catalog=b"/OpenAction<<%s>>" % content, page=b"/AA<</O<<%s>>>>" % content)


def embedded_file() -> bytes:
    names = b"/Names<</EmbeddedFiles<</Names[(a.exe) 6 0 R]>>>>"
    return page(catalog=names, more=(b"<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>", stream(b"MZ")))


def form(content: bytes, resources: bytes) -> bytes:
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<<%s>>" % resources
    return stream(content, entries)


def forms_of_forms() -> bytes:
    """Ten forms that each draw the next ten times: ten thousand million drawings of a line."""
    forms = [form(b"/X0 Do " * 10, b"/XObject<</X0 %d 0 R>>" % (number + 1)) for number in range(6, 15)]
    return page(content=CONTENT + b" /X0 Do", resources=b"/XObject<</X0 6 0 R>>", more=(*forms, form(b"0 0 m S", b"")))


def form_of_itself() -> bytes:
    itself = form(b"/X0 Do", b"/XObject<</X0 6 0 R>>")
    return page(content=CONTENT + b" /X0 Do", resources=b"/XObject<</X0 6 0 R>>", more=(itself,))


def endless(leaf: bytes) -> tuple[bytes, ...]:
    """Forty nodes from number 6 that each have the next as a child twice: a million million ways to the leaf."""
    return (*(b"<</T(a)/Kids[%d 0 R %d 0 R]>>" % (number, number) for number in range(7, 47)), leaf)


def many_pages(count: int) -> bytes:
    """One page that stands in the tree so many times."""
    return page(kids=b"3 0 R " * count, count=count)


def flate_bomb() -> bytes:
    """A page's content of 300 MB of blanks, compressed twice."""
    packed = zlib.compress(Repeated(b" ", 300, CONTENT).in_zlib())
    entries = b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>" % len(packed)
    return page().replace(CONTENT, packed).replace(b"<</Length %d>>" % len(CONTENT), entries)


def huge_picture() -> bytes:
    """900 megapixels of grey in less than a megabyte."""
    packed = zlib.compress(Repeated(b"\0", 900).in_zlib())
    entries = b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/ColorSpace/DeviceGray/BitsPerComponent 8"
    picture = stream(packed, entries + b"/Filter[/FlateDecode/FlateDecode]")
    return page(
        content=CONTENT + b" q 500 0 0 500 50 50 cm /X0 Do Q", resources=b"/XObject<</X0 6 0 R>>", more=(picture,)
    )


def deep_nesting() -> bytes:
    """A dictionary of 100,000 arrays inside each other."""
    return page(page=b"/X %s%s" % (b"[" * 100_000, b"]" * 100_000))


def without_xref() -> bytes:
    data = page()
    return data[: data.index(b"xref\n0")] + b"trailer\n<</Root 1 0 R>>\n%%EOF"


SCRIPT = b"/S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9/'\\);while\\(true\\);)"
LAUNCH = b"/S/Launch/F(/bin/sh)/Win<</F(cmd.exe)>>"
CRASH_OR_HANG = (ErrorCode.CORRUPT, ErrorCode.TIMEOUT, ErrorCode.WORKER_DIED)


KINDS = (
    stored("javascript.pdf", lambda: action(SCRIPT)),
    stored("launch.pdf", lambda: action(LAUNCH)),
    stored("submit-form.pdf", lambda: action(b"/S/SubmitForm/F(http://127.0.0.1:9/)")),
    stored("embedded-file.pdf", embedded_file),
    stored("xfa-form.pdf", lambda: page(catalog=b"/AcroForm<</Fields[]/XFA(x)>>")),
    quarantined("many-pages.pdf", lambda: many_pages(5000), ErrorCode.TOO_LONG),
    stored("claims-many-pages.pdf", lambda: page(count=2_000_000_000)),
    quarantined("huge-page.pdf", lambda: page(box=b"0 0 14400 14400"), ErrorCode.TOO_LARGE),
    stored("endless-page.pdf", lambda: page(box=b"0 0 1e30 1e30")),
    quarantined("page-without-size.pdf", lambda: page(box=b"0 0 0 0"), ErrorCode.CORRUPT),
    stored("page-of-nan.pdf", lambda: page(box=b"0 0 nan (x)")),
    quarantined("page-tree-of-itself.pdf", lambda: page(kids=b"2 0 R"), ErrorCode.CORRUPT),
    quarantined("form-of-itself.pdf", form_of_itself, *CRASH_OR_HANG),
    quarantined("forms-of-forms.pdf", forms_of_forms, *CRASH_OR_HANG),
    stored("fields.pdf", lambda: page(catalog=b"/AcroForm<</Fields[6 0 R]>>", more=endless(b"<</FT/Tx/V(x)>>"))),
    stored("names.pdf", lambda: page(catalog=b"/Names<</EmbeddedFiles 6 0 R>>", more=endless(b"<</Names[(a)<<>>]>>"))),
    quarantined(
        "picture-in-content.pdf",
        lambda: page(content=CONTENT + b" q BI/W 60000/H 60000/BPC 8/CS/G ID x EI Q"),
        ErrorCode.TOO_LARGE,
    ),
    stored("flate-bomb.pdf", flate_bomb),
    quarantined("huge-picture.pdf", huge_picture, ErrorCode.TOO_LARGE),
    quarantined("deep-nesting.pdf", deep_nesting, ErrorCode.CORRUPT),
    stored("without-xref.pdf", without_xref),
    stored("xref-elsewhere.pdf", lambda: page().replace(b"startxref\n", b"startxref\n9")),
    stored("xref-of-itself.pdf", lambda: page(trailer=b"/Prev 9")),
    stored("length-lies.pdf", lambda: page().replace(b"/Length", b"/Length 9")),
    quarantined("user-password.pdf", lambda: reading("segredo"), ErrorCode.ENCRYPTED),
    stored("owner-password.pdf", lambda: reading(None)),
    quarantined("truncated.pdf", lambda: page()[:60], ErrorCode.CORRUPT),
    quarantined("header-only.pdf", lambda: b"%PDF-1.7\n", ErrorCode.CORRUPT),
    quarantined("empty.pdf", lambda: b"", ErrorCode.CORRUPT),
    stored("content-of-noise.pdf", lambda: page(content=CONTENT + bytes(range(256)) * 1000)),
    stored("deep-states.pdf", lambda: page(content=b"q " * 100_000 + CONTENT)),
    stored("junk-before.pdf", lambda: b"junk\n" * 20 + page()),
)
