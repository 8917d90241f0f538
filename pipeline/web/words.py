"""What the search page says, in Portuguese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.schema import Method
from pipeline.store.nic_schema import DocumentStatus, DocumentType


@dataclass(frozen=True)
class PageTexts:
    """Every text of the page in one language; a missing one is a type error. `{…}` are filled in."""

    language: str
    title: str
    question: str
    button: str
    narrow: str
    path: str
    path_hint: str
    any: str
    document_type: str
    status: str
    text_language: str
    modified_from: str
    modified_to: str
    method: str
    by_document: str
    neighbours: str
    one_hit: str
    hits: str
    nothing: str
    welcome: str
    page: str
    pages: str
    passage: str
    page_picture: str
    picture_of: str
    problem: str
    bad_form: str
    gone: str
    types: dict[DocumentType, str]
    statuses: dict[DocumentStatus, str]
    methods: dict[Method, str]
    languages: dict[str, str] = field(default_factory=dict)


WORDS = {
    "pt": PageTexts(
        language="pt-BR",
        title="Busca nos documentos",
        question="O que você procura?",
        button="Buscar",
        narrow="Filtros",
        path="Pasta ou documento",
        path_hint="por exemplo: Políticas",
        any="todos",
        document_type="Tipo",
        status="Situação",
        text_language="Idioma",
        modified_from="Modificado desde",
        modified_to="Modificado até",
        method="Busca",
        by_document="Só o melhor trecho de cada documento",
        neighbours="Trechos vizinhos",
        one_hit="1 trecho",
        hits="{count} trechos",
        nothing="Nenhum trecho foi encontrado. Tire um filtro, ou pergunte com outras palavras.",
        welcome="Pergunte como perguntaria a uma pessoa, ou escreva as palavras que o documento deve ter.",
        page="página {pages}",
        pages="páginas {pages}",
        passage="O trecho inteiro",
        page_picture="A página {page}",
        picture_of="Página {page} de {title}, com o trecho emoldurado",
        problem="A busca não pôde ser feita",
        bad_form="Um dos filtros não é possível.",
        gone="Não há nada neste endereço.",
        types={
            "policy": "política",
            "procedure": "procedimento",
            "guideline": "diretriz",
            "manual": "manual",
            "report": "relatório",
            "presentation": "apresentação",
            "form": "formulário",
            "other": "outro",
        },
        statuses={"draft": "rascunho", "approved": "aprovado", "archived": "arquivado", "deprecated": "revogado"},
        methods={
            Method.HYBRID: "por sentido e palavras",
            Method.DENSE: "só por sentido",
            Method.SPARSE: "só por palavras",
        },
        languages={"pt": "português", "en": "inglês"},
    ),
    "en": PageTexts(
        language="en",
        title="Search the documents",
        question="What are you looking for?",
        button="Search",
        narrow="Filters",
        path="Folder or document",
        path_hint="such as: Políticas",
        any="any",
        document_type="Type",
        status="Status",
        text_language="Language",
        modified_from="Modified from",
        modified_to="Modified until",
        method="Search",
        by_document="Only the best passage of each document",
        neighbours="Neighbouring passages",
        one_hit="1 passage",
        hits="{count} passages",
        nothing="No passage was found. Take a filter away, or ask in other words.",
        welcome="Ask as you would ask a person, or write the words that the document must have.",
        page="page {pages}",
        pages="pages {pages}",
        passage="The whole passage",
        page_picture="Page {page}",
        picture_of="Page {page} of {title}, with a frame around the passage",
        problem="The search could not be made",
        bad_form="One of the filters is not possible.",
        gone="There is nothing at this address.",
        types={
            "policy": "policy",
            "procedure": "procedure",
            "guideline": "guideline",
            "manual": "manual",
            "report": "report",
            "presentation": "presentation",
            "form": "form",
            "other": "other",
        },
        statuses={"draft": "draft", "approved": "approved", "archived": "archived", "deprecated": "deprecated"},
        methods={
            Method.HYBRID: "by meaning and words",
            Method.DENSE: "by meaning only",
            Method.SPARSE: "by words only",
        },
        languages={"pt": "Portuguese", "en": "English"},
    ),
}
_RANGE = re.compile(r"\s*([a-z]{1,8})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.IGNORECASE)


def choose(accept_language: str, default: str) -> PageTexts:
    """The words that a browser's Accept-Language likes best; `default` (pt or en) when it likes neither."""
    matches = (_RANGE.fullmatch(part) for part in accept_language.split(","))
    liked = [(float(match[2] or 1), match[1].lower()) for match in matches if match and match[1].lower() in WORDS]
    quality, language = max(liked, key=lambda pair: pair[0], default=(0.0, default))
    return WORDS[language if quality else default]
