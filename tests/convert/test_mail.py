"""Messages keep their text once, and what is attached to them stands below its own heading."""

from __future__ import annotations

import io
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest

from pipeline.convert.conversion import extract
from pipeline.convert.mail.compressed_rtf import DICTIONARY, decompressed
from pipeline.convert.text_export import text_of
from pipeline.errors import ErrorCode, PermanentError
from pipeline.schema import Conversion
from pipeline.settings.sections import ConversionSettings
from tests.support.documents import body_texts
from tests.support.messages import (
    BODY,
    CODE_PAGE,
    COMPRESSED_RTF,
    HTML,
    SENDER_ADDRESS,
    SENDER_NAME,
    SENT,
    SENT_AT,
    SUBJECT,
    Attached,
    eml,
    message_tree,
    msg,
)

SETTINGS = ConversionSettings(ocr_engine="none")


def read(data: bytes | EmailMessage, extension: str = "eml") -> tuple[list[str], Conversion]:
    content = data if isinstance(data, bytes) else data.as_bytes()
    document, conversion = extract(content, extension, SETTINGS)
    return list(body_texts(document)), conversion


def docx_file() -> bytes:
    file, buffer = docx.Document(), io.BytesIO()
    file.add_heading("Objeto", 1)
    file.add_paragraph("Aquisição de equipamentos.")
    file.save(buffer)
    return buffer.getvalue()


def test_a_message_keeps_subject_people_date_and_text() -> None:
    texts, conversion = read(eml("Prezados,\n\nSegue o parecer da comissão.\n"))
    assert texts == [
        "Parecer 7",
        "From: Ana Conceição <ana@exemplo.br>",
        "To: Comissão <comissao@exemplo.br>",
        "Date: Tue, 05 Mar 2024 10:30:00 -0300",
        "Prezados,",
        "Segue o parecer da comissão.",
    ]
    assert conversion.properties.title == "Parecer 7"
    assert conversion.properties.author == "Ana Conceição"
    assert conversion.properties.created_date is not None
    assert conversion.properties.created_date.isoformat() == "2024-03-05T13:30:00+00:00"


def test_of_two_forms_of_one_text_the_rich_one_is_read_once() -> None:
    texts, _ = read(eml("Texto simples.", "<h2>Decisão</h2><p>Texto rico.</p>"))
    assert texts[-2:] == ["Decisão", "Texto rico."]
    assert "Texto simples." not in texts


def test_a_blank_rich_form_leaves_the_plain_one() -> None:
    texts, _ = read(eml("Texto simples.", "<html><body> </body></html>"))
    assert texts[-1] == "Texto simples."


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252", "utf-8", "x-unknown-charset"])
def test_a_text_is_read_by_its_charset(charset: str) -> None:
    codec = "utf-8" if charset == "x-unknown-charset" else charset
    body = "A licitação não será prorrogada.".encode(codec)
    head = f"From: a@b.br\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n"
    texts, _ = read(f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n".encode() + body)
    assert texts[-1] == "A licitação não será prorrogada."


def test_an_attachment_stands_under_its_name() -> None:
    texts, conversion = read(eml("Segue anexo.", attached=[Attached("edital 5.docx", docx_file())]))
    assert texts[-4:] == ["Segue anexo.", "edital 5.docx", "Objeto", "Aquisição de equipamentos."]
    assert conversion.warnings == ()


def test_an_attachment_that_cannot_be_read_is_named_by_number_and_kind() -> None:
    files = [Attached("segredo.zip", b"PK\x03\x04nada"), Attached("plano.pdf", b"%PDF-1.4 nada")]
    texts, conversion = read(eml("Segue.", attached=files))
    assert texts[-3:] == ["Segue.", "segredo.zip", "plano.pdf"]
    assert conversion.warnings == (
        "Attachment 1, of an unknown kind, was not read.",
        "Attachment 2 (PDF) was not read.",
    )


def test_a_message_in_a_message_is_read_to_the_third() -> None:
    inner = eml("O mais interno.", subject="Quarta")
    for subject in ("Terceira", "Segunda", "Primeira"):
        outer = eml(f"Da {subject.lower()}.", subject=subject)
        outer.add_attachment(inner)
        inner = outer
    texts, conversion = read(inner)
    assert "Da terceira." in texts
    assert "O mais interno." in texts
    assert conversion.warnings == ()
    outermost = eml("Fora.", subject="Zero")
    outermost.add_attachment(inner)
    texts, conversion = read(outermost)
    assert "O mais interno." not in texts
    assert conversion.warnings == ("Attachment 1 (EML) was not read.",)


def test_signatures_are_no_attachments() -> None:
    message = eml("Assinado.", attached=[Attached("smime.p7s", b"x", "application/pkcs7-signature")])
    assert read(message)[1].warnings == ()


def test_an_outlook_message_reads_like_any_other() -> None:
    values = {
        **{SUBJECT: "Parecer 7", BODY: "Prezados,\r\n\r\nSegue o parecer.", SENT: SENT_AT},
        **{SENDER_NAME: "Ana Conceição", SENDER_ADDRESS: "ana@exemplo.br"},
    }
    inner = message_tree({SUBJECT: "Encaminhada", BODY: "Texto encaminhado."}, head=24)
    texts, conversion = read(msg(values, [Attached("edital.docx", docx_file()), inner]), "msg")
    assert texts == [
        *("Parecer 7", "From: Ana Conceição <ana@exemplo.br>", "To: Comissão <comissao@exemplo.br>"),
        *("Date: Tue, 05 Mar 2024 13:30:00 +0000", "Prezados,", "Segue o parecer."),
        *("edital.docx", "Objeto", "Aquisição de equipamentos.", "Encaminhada", "Encaminhada"),
        *("To: Comissão <comissao@exemplo.br>", "Texto encaminhado."),
    ]
    assert conversion.properties.title == "Parecer 7"
    assert conversion.properties.author == "Ana Conceição"
    assert conversion.warnings == ()


def test_an_outlook_message_in_html_is_read_by_its_code_page() -> None:
    values = {SUBJECT: "A", HTML: "<p>Aprovação da comissão.</p>".encode("cp1252"), CODE_PAGE: 1252}
    assert read(msg(values), "msg")[0][-1] == "Aprovação da comissão."


def test_an_outlook_message_in_rtf_alone_is_read() -> None:
    rtf = rb"{\rtf1\ansi Aprova\'e7\'e3o\par da comiss\'e3o.}"
    packed = len(rtf).to_bytes(4, "little") * 2 + b"MELA" + bytes(4) + rtf
    assert read(msg({SUBJECT: "A", COMPRESSED_RTF: packed}), "msg")[0][-2:] == ["Aprovação", "da comissão."]


def test_compressed_rtf_is_unpacked() -> None:
    """The example of MS-OXRTFCP 3.1.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompressed(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert len(DICTIONARY) == 207


def test_a_damaged_outlook_message_is_corrupt() -> None:
    data = msg({SUBJECT: "A", BODY: "B" * 9000})
    with pytest.raises(PermanentError) as raised:
        read(data[: len(data) // 2], "msg")
    assert raised.value.code in (ErrorCode.CORRUPT, ErrorCode.UNSUPPORTED)


def test_a_saved_page_keeps_its_text_frames_and_properties(tmp_path: Path) -> None:
    page = (
        "<html lang='pt-BR'><head><title>Edital 5</title></head><body><h1>Edital</h1><p>Prorrogação do prazo.</p>"
        "<img src='http://exemplo.br/x.png'></body></html>"
    )
    data = (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://exemplo.br/edital\r\nSubject: Outro\r\n"
        b"Date: Tue, 05 Mar 2024 10:30:00 -0300\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/html; charset=iso-8859-1\r\nContent-Location: http://exemplo.br/edital\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n"
    ) + page.encode("iso-8859-1")
    data += b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Quadro ao lado.</p>\r\n--b--\r\n"
    texts, conversion = read(data, "mht")
    assert texts == ["Edital", "Prorrogação do prazo.", "Quadro ao lado."]
    assert conversion.properties.title == "Edital 5"
    assert conversion.properties.language == "pt-BR"
    assert conversion.warnings == ()


def test_attached_tables_keep_their_cells() -> None:
    message = eml("Segue.", attached=[Attached("taxas.csv", b"Curso;Taxa\nDireito;12,50\n", "text/csv")])
    document, _ = extract(message.as_bytes(), "eml", SETTINGS)
    assert text_of(document).endswith("taxas.csv\n\nCurso | Taxa\nDireito | 12,50")


def test_a_saved_page_without_a_charset_in_its_part_keeps_its_own_properties() -> None:
    head = "MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    page = '<html><head><meta charset="windows-1252"><title>Ética</title></head><body><p>“ação”</p></body></html>'
    texts, conversion = read((head + page).encode("cp1252"), "mhtml")
    assert texts == ["“ação”"]
    assert conversion.properties.title == "Ética"


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "us-ascii", "x-unknown"])
@pytest.mark.parametrize("written", ["cp1252", "utf-8"])
def test_a_message_keeps_signs_that_its_charset_does_not_have(label: str, written: str) -> None:
    head = f"From: a@b.br\nTo: c@d.br\nContent-Type: text/plain; charset={label}\n\n"
    text = "ação “prorrogação” – R$ 5"
    assert read(head.encode() + text.encode(written))[0][-1] == text


@pytest.mark.parametrize(("parameters", "joined"), [("", "o preg ão dura"), ("; delsp=yes", "o pregão dura")])
def test_lines_that_flow_are_one_paragraph(parameters: str, joined: str) -> None:
    head = f"From: a@b.br\nTo: c@d.br\nContent-Type: text/plain; charset=utf-8; format=flowed{parameters}\n\n"
    texts, _ = read((head + "o preg \n\u00e3o dura\nfim\n\n-- \nAna\n").encode())
    assert texts[-4:] == [joined, "fim", "--", "Ana"]


def test_a_picture_that_no_text_shows_is_attached() -> None:
    message = eml(html="<p>veja <img src='cid:um'></p>")
    message.make_mixed()
    for name in ("um", "dois"):
        message.add_attachment(b"x", maintype="image", subtype="png", cid=f"<{name}>", filename=f"{name}.png")
    assert read(message)[0][-1] == "dois.png"


def test_what_the_style_sheet_of_a_message_strikes_is_marked_in_it_alone() -> None:
    struck = "<html><head><style>.a {text-decoration: line-through}</style></head><p class=a>velho</p></html>"
    message = eml("x")
    message.clear_content()
    message.make_mixed()
    for page in (struck, "<p class=a>novo</p>"):
        part = EmailMessage()
        part.set_content(page, subtype="html")
        message.attach(part)
    assert read(message)[0][-2:] == ["~~velho~~", "novo"]
