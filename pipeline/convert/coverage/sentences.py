"""What a run says of a document whose text is not all there: a sentence a kind, so that documents group under it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.convert.coverage.measuring import Coverage
from pipeline.convert.coverage.passages import PassageKind

NOT_READ: Mapping[PassageKind, str] = {
    PassageKind.BODY: "Some text was not read.",
    PassageKind.TABLE_CELL: "Some text was not read: table cells.",
    PassageKind.HEADER: "Some text was not read: running headers.",
    PassageKind.FOOTER: "Some text was not read: running footers.",
    PassageKind.FOOTNOTE: "Some text was not read: footnotes.",
    PassageKind.ENDNOTE: "Some text was not read: endnotes.",
    PassageKind.TEXT_BOX: "Some text was not read: text boxes.",
    PassageKind.SMART_ART: "Some text was not read: SmartArt.",
    PassageKind.CHART: "Some text was not read: charts.",
    PassageKind.EQUATION: "Some text was not read: equations.",
    PassageKind.ALT_TEXT: "Some text was not read: alternative texts of pictures.",
    PassageKind.NOTE: "Some text was not read: speaker notes.",
    PassageKind.HIDDEN_SLIDE: "Some text was not read: hidden slides.",
    PassageKind.HIDDEN_SHEET: "Some text was not read: hidden sheets.",
    PassageKind.HIDDEN_ROW: "Some text was not read: hidden rows and columns.",
    PassageKind.FORM_VALUE: "Some text was not read: form values.",
    PassageKind.FORMULA: "Some formulas have no stored result: save the file again from a spreadsheet program.",
    PassageKind.ANNOTATION: "Some text was not read: annotations.",
    PassageKind.HIDDEN_TEXT: "Some text was not read: hidden text.",
    PassageKind.LINK: "Some text was not read: addresses that links lead to.",
    PassageKind.ATTACHMENT: "Some text was not read: attached files.",
    PassageKind.EMBEDDED_OBJECT: "Some text was not read: embedded objects.",
    PassageKind.INSERTED_FILE: "Some text was not read: inserted files.",
    PassageKind.MAIL_HEADER: "Some text was not read: the subject of an e-mail.",
    PassageKind.PICTURE: "Some pictures seem to show text that was not read.",
    PassageKind.UNREADABLE_TEXT: "Some text was not read: its fonts do not say which characters they show.",
}


SAID: Mapping[PassageKind, re.Pattern[str]] = {
    PassageKind.FORMULA: re.compile(r"\d+ formulas? ha(?:s|ve) no stored result"),
    PassageKind.ATTACHMENT: re.compile(r"Attachment \d+.* was not read|Some text was not read"),
    PassageKind.EMBEDDED_OBJECT: re.compile(
        r"\d+ embedded files? w|Embedded objects that were not read|Attachment \d+.* was not read"
    ),
    PassageKind.PICTURE: re.compile(r"\d+ pictures? w|Pictures that could not be read|Some pictures seem"),
}
"""How the conversion itself says what it did not read, or what an attached file lacks: then it is not said twice."""


def warnings_of(coverage: Coverage, said: Sequence[str] = ()) -> list[str]:
    """How much and where stands in `missing`. `said`: the warnings that the conversion gives already."""
    kinds = [PassageKind(gap.kind) for gap in coverage.missing]
    return [NOT_READ[kind] for kind in kinds if not (kind in SAID and any(map(SAID[kind].match, said)))]
