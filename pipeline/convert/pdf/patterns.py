"""What headings, lists, captions and fonts look like in Portuguese and English documents, as regular expressions."""

from __future__ import annotations

import re

BOLD_FONT = re.compile(r"bold|black|heavy|demi|medi(?:$|[^au])|[-,]bd\b|cmbx|cmssbx|sfbx|-b$|\.b$", re.I)
ITALIC_FONT = re.compile(r"ital|obli|cmti|sfti", re.I)
MONOSPACED_FONT = re.compile(r"mono|courier|consol|typewriter|cmtt|menlo|inconsolata", re.I)
SYMBOL_FONT = re.compile(r"symbol|wingding|dingbat|zapf|webding|bullet|msam|msbm|cmsy", re.I)

BULLET = re.compile(
    r"^\s*([\u2022\u2023\u25E6\u2043\u2219\u25AA\u25AB\u25CF\u25CB\u25A0\u25A1\u27A2\u2713\uf0b7\u00b7*]"
    r"|[-\u2013\u2014])\s+\S"
)
ENUMERATION = re.compile(
    r"^\s*(\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\(?[ivxlcdm]{1,6}[.)]|[IVXLCDM]{1,7}\s*[-\u2013\u2014.)])\s+\S"
)
# A lone glyph of a symbol font, read as some odd character, stands before a list item.
ODD_GLYPH = re.compile(
    r"^\s*[^\w\s\"'(\[\u00ab\u201c\u2018$\u20ac\u00a3#&@/\\.,;:%\u00a7<>=+\u00aa\u00ba\u00b9\u00b2\u00b3]\s+\S"
)
NUMBERED_HEADING = re.compile(r"^\s*(\d{1,2}(\.\d{1,2}){0,4}\.?|[IVXLC]{1,5}\.|[A-Z]\.)\s+[A-Z\u00C0-\u00DC]")
HEADING_WORD = re.compile(
    r"^(cap[ií]tulo|se[cç][aã]o|anexo|ap[eê]ndice|t[ií]tulo|parte|chapter|section|appendix)\b\s+[\dIVXLCA-Z]", re.I
)
CAPTION = re.compile(
    r"^(figura|fig\.|tabela|quadro|gr[aá]fico|imagem|exemplo|figure|table|chart|example|listing)"
    r"\s*\d+([.\-]\d+)*\s*([.:\u2013\u2014-]|$|(?=[A-Z\u00c0-\u00dc\"(]))",
    re.I,
)
# "Tabela 3 mostra ..." is a sentence, not a caption.
CAPTION_IN_SENTENCE = re.compile(r"^\S+\s*[\d.\-]*\d\s+[a-zà-ü]")
LEADER_DOTS = re.compile(r"(\.\s?){4,}|\u2026{2,}|_{5,}")
PAGE_REFERENCE = re.compile(r"([\divxlcIVXLC]+)\s*$")
PAGE_NUMBER = re.compile(r"^[\s\-\u2013]*(p[aá]g(ina|\.)?\s*)?\d{1,4}(\s*(/|de|of)\s*\d{1,4})?[\s\-\u2013]*$", re.I)
TABLE_MARKER_CELL = re.compile(r"[\W_]{1,2}|\(?[\w]{1,4}[.)]")
LETTERS = re.compile(r"[A-Za-zÀ-ÿ]{2}")
SENTENCE_END = re.compile(r"[.:!?]$")
CLAUSE_END = re.compile(r"[.;:!?]$")


def starts_list_item(text: str) -> bool:
    """Does the text begin with a bullet, an enumeration such as `a)` or `IV -`, or a stray glyph?"""
    return bool(BULLET.match(text) or ENUMERATION.match(text) or ODD_GLYPH.match(text))
