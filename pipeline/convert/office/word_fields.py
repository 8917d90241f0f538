"""Complex fields of Word, whose code and result are in many runs: links get their address, page numbers go."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from pipeline.convert.marks import address_behind
from pipeline.convert.office.markup import PAGE_FIELD
from pipeline.convert.office.names import W
from pipeline.convert.office.word_text import new_text

HYPERLINK: Final = re.compile(r'\s*HYPERLINK\s+(?:"([^"]+)"|([^"\s\\]+))', re.I)  # `\\l` leads into the document


class Fields:
    """Complex fields, which begin and end in runs of their own: links get their address, page numbers go."""

    def __init__(self) -> None:
        self.open: list[_Field] = []

    def read(self, run: etree._Element) -> None:
        """Take in the next run in reading order; marks of fields are removed from it, in place."""
        for child in list(run):
            if child.tag == f"{W}fldChar":
                self._turn(child)
                run.remove(child)
            elif child.tag == f"{W}instrText" and self.open:
                self.open[-1].code += child.text or ""
            elif child.tag == f"{W}t" and self.open and self.open[-1].has_result:
                self.open[-1].result.append(child)

    def _turn(self, mark: etree._Element) -> None:
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            self.open.append(_Field())
        elif kind == "separate" and self.open:
            self.open[-1].has_result = True
        elif kind == "end" and self.open:
            self.open.pop().close(mark)


class _Field:
    def __init__(self) -> None:
        self.code = ""
        self.has_result = False
        self.result: list[etree._Element] = []

    def close(self, mark: etree._Element) -> None:
        if PAGE_FIELD.match(self.code):
            for text in self.result:
                text.text = ""
        elif link := HYPERLINK.match(self.code):
            said = "".join(text.text or "" for text in self.result)
            if behind := address_behind(said, link[1] or link[2]):
                mark.addnext(new_text(behind))
