"""Messages as mail programs write them: MIME and Outlook's own format."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from tests.support.compound_file import Tree, compound_file

TEXT, BINARY, NUMBER, TIME = 0x001F, 0x0102, 0x0003, 0x0040
SUBJECT, BODY, HTML, SENDER_NAME, SENDER_ADDRESS, SENT = 0x0037, 0x1000, 0x1013, 0x0C1A, 0x0C1F, 0x0039
COMPRESSED_RTF, CODE_PAGE = 0x1009, 0x3FDE
RECIPIENT_NAME, RECIPIENT_ADDRESS = 0x3001, 0x39FE
ATTACHED_NAME, ATTACHED_DATA, ATTACHED_TYPE, ATTACH_METHOD = 0x3707, 0x3701, 0x370E, 0x3705
SENT_AT = datetime(2024, 3, 5, 13, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Attached:
    name: str
    data: bytes
    kind: str = "application/octet-stream"


def eml(
    plain: str | None = None, html: str | None = None, attached: Sequence[Attached] = (), subject: str = "Parecer 7"
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"] = subject, "Ana Conceição <ana@exemplo.br>"
    message["To"], message["Date"] = "Comissão <comissao@exemplo.br>", "Tue, 05 Mar 2024 10:30:00 -0300"
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        (message.add_alternative if plain is not None else message.set_content)(html, subtype="html")
    for file in attached:
        main, _, sub = file.kind.partition("/")
        message.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
    return message


def msg(values: Mapping[int, object], attached: Sequence[Attached | Tree] = ()) -> bytes:
    """An Outlook message with these properties; an attachment that is a tree is a message itself."""
    return compound_file(message_tree(values, attached))


def message_tree(values: Mapping[int, object], attached: Sequence[Attached | Tree] = (), head: int = 32) -> Tree:
    person = {RECIPIENT_NAME: "Comissão", RECIPIENT_ADDRESS: "comissao@exemplo.br", 0x0C15: 1}
    tree: dict[str, bytes | Tree] = {**properties(values, head), "__recip_version1.0_#00000000": properties(person, 8)}
    for number, file in enumerate(attached):
        name = f"__attach_version1.0_#{number:08X}"
        if isinstance(file, Attached):
            facts = {ATTACHED_NAME: file.name, ATTACHED_DATA: file.data, ATTACHED_TYPE: file.kind, ATTACH_METHOD: 1}
            tree[name] = properties(facts, 8)
        else:
            tree[name] = {**properties({ATTACH_METHOD: 5}, 8), "__substg1.0_3701000D": file}
    return tree


def properties(values: Mapping[int, object], head: int) -> dict[str, bytes | Tree]:
    """The streams of a storage's properties (MS-OXMSG 2.4)."""
    streams: dict[str, bytes | Tree] = {}
    table = bytes(head)
    for number, value in values.items():
        kind, fixed, variable = _encoded(value)
        table += struct.pack("<HHL8s", kind, number, 6, fixed)
        if variable is not None:
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = variable
    return {**streams, "__properties_version1.0": table}


def _encoded(value: object) -> tuple[int, bytes, bytes | None]:
    if isinstance(value, str):
        text = value.encode("utf-16-le")
        return TEXT, struct.pack("<LL", len(text) + 2, 0), text
    if isinstance(value, bytes):
        return BINARY, struct.pack("<LL", len(value), 0), value
    if isinstance(value, datetime):
        return TIME, struct.pack("<Q", int((value - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10**7)), None
    assert isinstance(value, int)
    return NUMBER, struct.pack("<LL", value, 0), None
