"""An e-mail is its subject, its text and its attached files."""

from __future__ import annotations

import io
from email.message import EmailMessage

import openpyxl

from tests.convert.coverage.measured import missing


def letter(*, html: bool = False) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Prorrogação do edital", "ana@exemplo.br", "rui@exemplo.br"
    message.set_content("Segue o prazo novo.")
    if html:
        message.add_alternative("<p>Segue o <b>prazo</b> novo.</p>", subtype="html")
    return message


def test_the_text_counts_once_in_however_many_forms_it_is_sent() -> None:
    for message in (letter(), letter(html=True)):
        assert missing(bytes(message), "eml", "Segue o prazo novo.") == {"mail_header": (3, ("subject",))}


def test_attached_files_are_counted_with_their_places() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "anexo interno"
    buffer = io.BytesIO()
    book.save(buffer)
    message = letter()
    message.add_attachment(buffer.getvalue(), maintype="application", subtype="octet-stream", filename="a.xlsx")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="b.bin")
    message.add_attachment("texto anexo", filename="c.txt")
    text = "Prorrogação do edital. Segue o prazo novo.\n\na.xlsx\n\nb.bin\n\nc.txt"
    words, places = missing(bytes(message), "eml", text)["attachment"]
    assert words == 4
    assert set(places) == {"attachment 1, sheet Sheet, A1", "attachment 2", "attachment 3, line 1"}


def test_a_letter_in_a_letter_is_read_to_the_bottom_and_no_further() -> None:
    message = letter()
    for _ in range(30):
        outer = letter()
        outer.add_attachment(message)
        message = outer
    assert missing(bytes(message), "eml")["attachment"][0] > 0


def test_a_saved_web_page_is_its_html() -> None:
    message = EmailMessage()
    message.set_content("<p>página salva</p>", subtype="html")
    message.make_related()
    message.add_related(b"\x89PNG", maintype="image", subtype="png")
    assert missing(bytes(message), "mhtml") == {"body": (2, ("block 1",))}
