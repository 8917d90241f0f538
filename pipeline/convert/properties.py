"""What a document says about itself, from front matter, Office properties, PDF information and HTML head.

Wrong or useless values are left out with a warning, never an error.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

import langcodes
from lxml import etree
from pydantic import ValidationError

from pipeline.convert import safe_xml
from pipeline.convert.dates import parse_date
from pipeline.schema import Properties

DATES = frozenset({"created_date", "modified_date", "approved_date", "effective_date", "expiration_date"})
# Field -> the keys of front matter and HTML meta that fill it, lower case, `-` and blanks as `_`.
KEYS = {
    "title": ("title", "título", "titulo"),
    "description": ("description", "descrição", "descricao", "resumo", "summary"),
    "author": ("author", "autor", "autora", "authors", "autores"),
    "reviewer": ("reviewer", "revisor", "revisora", "revisado_por", "reviewed_by"),
    "approver": ("approver", "aprovador", "aprovadora", "aprovado_por", "approved_by"),
    "department": ("department", "departamento", "setor", "área", "area"),
    "created_date": ("date", "data", "created", "created_date", "criado_em", "data_de_criação"),
    "modified_date": ("modified", "modified_date", "updated", "atualizado_em", "modificado_em", "last_modified"),
    "approved_date": ("approved_date", "aprovado_em", "data_de_aprovação", "data_de_aprovacao"),
    "effective_date": ("effective_date", "vigência", "vigencia", "início_de_vigência", "inicio_de_vigencia"),
    "expiration_date": ("expiration_date", "validade", "expires", "fim_de_vigência", "fim_de_vigencia"),
    "tags": ("tags", "keywords", "palavras_chave", "etiquetas"),
    "version": ("version", "versão", "versao", "revisão", "revisao"),
    "language": ("language", "lang", "idioma", "língua", "lingua"),
}
FIELD_OF = {key: field for field, keys in KEYS.items() for key in keys}
CORE_PROPERTIES = "docProps/core.xml"
CORE_FIELDS = {
    "title": "title",
    "subject": "description",
    "description": "description",
    "creator": "author",
    "created": "created_date",
    "modified": "modified_date",
    "keywords": "tags",
    "version": "version",
    "language": "language",
}
PDF_FIELDS = {
    "Title": "title",
    "Subject": "description",
    "Author": "author",
    "Keywords": "tags",
    "CreationDate": "created_date",
    "ModDate": "modified_date",
}
JUNK_TITLE = re.compile(
    r"microsoft (word|powerpoint|excel) - .*|(untitled|sem t[ií]tulo|sem nome)\b.*|slide \d+|(title|t[ií]tulo)( \d+)?"
    r"|powerpoint presentation|apresenta[cç][aã]o do powerpoint|(document|documento|presentation|apresenta[cç][aã]o"
    r"|pasta|book|workbook|layout|planilha)\s?\d*|.*\.(docx?|pptx?|xlsx?|pdf|odt|indd|tex|dvi|cdr|qxd|html?|md|txt)",
    re.I,
)
# What programs write when nobody filled the field in.
JUNK = {
    "title": JUNK_TITLE,
    "author": re.compile(
        r"python-docx|openpyxl|user|usu[aá]rio( do windows)?|admin(istrador|istrator)?|\(?anonymous\)?|unknown"
        r"|autor|author",
        re.I,
    ),
    "description": re.compile(r"\(unspecified\)|generated (by|using) .*", re.I),
}
MAX_TEXT = 1000  # characters; longer values are not properties but content in the wrong place
MAX_CORE_BYTES = 1_000_000


class Found(NamedTuple):
    """Properties, and what was wrong with those left out."""

    properties: Properties = Properties()
    warnings: tuple[str, ...] = ()


def from_front_matter(metadata: Mapping[Any, Any]) -> Found:
    """Properties from the keys of Markdown front matter, Portuguese or English."""
    return validated(by_field(metadata.items()))


def from_pdf(metadata: Mapping[str, str]) -> Found:
    """Properties from a PDF's information dictionary (ISO 32000-1, 14.3.3)."""
    return validated({PDF_FIELDS[key]: value for key, value in metadata.items() if key in PDF_FIELDS})


def from_office(data: bytes) -> Found:
    """Properties from the core part of a DOCX, PPTX or XLSX file (ECMA-376 part 2, 11)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.getinfo(CORE_PROPERTIES).file_size > MAX_CORE_BYTES:
                return Found(warnings=("The document's properties are too large and were not read.",))
            root = safe_xml.parse(archive.read(CORE_PROPERTIES))
    except KeyError:
        return Found()
    except (zipfile.BadZipFile, etree.XMLSyntaxError, OSError, RuntimeError):
        return Found(warnings=("The document's properties are damaged and were not read.",))
    values: dict[str, Any] = {}
    for element in root:
        field = CORE_FIELDS.get(etree.QName(element).localname) if isinstance(element.tag, str) else None
        if field and element.text and element.text.strip():
            values.setdefault(field, element.text)
    return validated(values)


def from_html(page: etree._Element) -> Found:
    """Properties from `<title>`, `<meta name content>` (also Dublin Core and Open Graph) and `<html lang>`."""
    pairs: list[tuple[Any, Any]] = []
    for meta in page.iter("meta"):
        name = meta.get("name") or meta.get("property") or ""
        pairs.append((re.sub(r"^(dc|dcterms|og|article)[.:]", "", name.lower()), meta.get("content")))
    values = by_field(pairs)
    title = page.find("head/title")
    if title is not None and (text := " ".join("".join(title.itertext()).split())):
        values["title"] = text
    if language := page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or page.get("xml:lang"):
        values["language"] = language
    return validated(values)


def by_field(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Values under the names of `Properties`; the first of several keys for one field wins."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        field = FIELD_OF.get(re.sub(r"[\s-]+", "_", str(key).strip().lower()))
        if field and value not in (None, "", []):
            values.setdefault(field, value)
    return values


def validated(values: Mapping[str, Any]) -> Found:
    """What `Properties` admits of these values; a warning for each of the others."""
    good: dict[str, Any] = {}
    warnings = []
    for field, value in values.items():
        try:
            clean = _clean(field, value)
            if clean:
                Properties.model_validate({field: clean})
                good[field] = clean
        except (ValueError, ValidationError):
            warnings.append(f"The property {field} has a value that cannot be used; it was left out.")
    return Found(Properties.model_validate(good), tuple(warnings))


def _clean(field: str, value: Any) -> Any:
    """The value as `Properties` wants it, None when it says nothing. Raises ValueError when it cannot be right."""
    if field in DATES:
        return value if isinstance(value, date | datetime) else parse_date(str(value))
    if field == "tags":
        items = value if isinstance(value, list | tuple) else re.split(r"[,;]", str(value))
        return tuple(dict.fromkeys(text for item in items if (text := _text(item))))
    if isinstance(value, list | tuple):
        value = ", ".join(text for item in value if (text := _text(item)))
    text = _text(value)
    if text is None or (field in JUNK and JUNK[field].fullmatch(text)):
        return None
    return _language(text) if field == "language" else text


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError("not a BCP 47 tag")
    return langcodes.standardize_tag(tag)


def _text(value: Any) -> str | None:
    if isinstance(value, dict | list | tuple):
        raise ValueError("not a single value")
    text = " ".join(str(value).replace("\x00", "").split())
    if len(text) > MAX_TEXT:
        raise ValueError("too long")
    return text or None
