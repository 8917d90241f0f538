"""Charts, SmartArt and embedded files, which DOCX, PPTX and XLSX keep in parts of the same kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pipeline.convert.coverage.ole_file import file_in
from pipeline.convert.coverage.package import Package, local
from pipeline.convert.coverage.passages import LeftOut, Passage, PassageKind, moved_into

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
BY_PROGRAM = re.compile(
    r"Descrição gerada automaticamente|O conteúdo gerado por IA pode estar incorreto\.?"
    r"|Description automatically generated|AI-generated content may be incorrect\.?",
    re.I,
)
MEANINGLESS = re.compile(
    r"(?:picture|image|imagem|figura|gráfico|chart|diagrama?|logo)\s*\d*|\S*\.(?:png|jpe?g|gif|bmp|emf|wmf|svg|tiff?|webp)",
    re.I,
)
PAGE_WORDS = re.compile(r"[\W_]*(?:(?:página|pág|page|folha|fls?|de|of)\b[\W_]*)*", re.I)
ReadFile = Callable[[bytes, str], list[Passage] | None]


def chosen(element: Any) -> Iterator[Any]:
    """The children that count: of alternate content the first branch that holds anything."""
    for child in element:
        if local(child) != "AlternateContent":
            yield child
        elif (branch := next((branch for branch in child if len(branch)), None)) is not None:
            yield from chosen(branch)


def running(kind: PassageKind, place: str, text: str, seen: set[str]) -> Passage:
    """A line of a header or footer: what was `seen` before is a repetition, and words around page numbers are none."""
    text = " ".join(text.split())
    left_out = LeftOut.REPEATED if text in seen else LeftOut.PAGE_NUMBER if PAGE_WORDS.fullmatch(text) else None
    seen.add(text)
    return Passage(kind, place, text, left_out)


def described(alternative: str | None) -> str:
    """What somebody wrote to describe a picture, without what programs write."""
    text = BY_PROGRAM.sub(" ", alternative or "").strip()
    return "" if MEANINGLESS.fullmatch(text) else text


def paragraph_text(paragraph: Any, skipped_fields: tuple[str, ...] = ()) -> str:
    """The text of a DrawingML paragraph."""
    parts = []
    for child in paragraph:
        name = local(child)
        if name in ("r", "fld") and not (name == "fld" and child.get("type", "").startswith(skipped_fields or ("\0",))):
            parts += [text.text or "" for text in child.iterfind(f"{DRAWING}t")]
        elif name == "br":
            parts.append(" ")
        elif name in ("m", "AlternateContent"):
            parts += [text.text or "" for text in child.iter("{*}t")]
    return "".join(parts)


def charts(package: Package, folder: str) -> Iterator[Passage]:
    """Titles, names of series and categories, and values of every chart; passages are points of it."""
    for number, name in enumerate(package.matching(rf"{folder}/charts/(chart|chartEx)\d+\.xml"), 1):
        root = package.xml(name)
        for paragraph in root.iter(f"{DRAWING}p"):
            yield Passage(PassageKind.CHART, f"chart {number}", paragraph_text(paragraph))
        caches = root.iter(f"{CHART}strCache", f"{CHART}numCache")
        values = (" ".join(_value(value.text or "") for value in cache.iter(f"{CHART}v")) for cache in caches)
        for text in dict.fromkeys(values):  # each series repeats the names of the categories
            yield Passage(PassageKind.CHART, f"chart {number}", text)


def _value(text: str) -> str:
    """4.4000000000000004 is shown as 4.4."""
    try:
        return f"{float(text):.10g}"
    except ValueError:
        return text


def smart_art(package: Package, folder: str) -> Iterator[Passage]:
    """The paragraphs of all SmartArt diagrams below `folder` (word, ppt or xl)."""
    for number, name in enumerate(package.matching(rf"{folder}/diagrams/data\d*\.xml"), 1):
        for paragraph in package.xml(name).iter(f"{DRAWING}p"):
            yield Passage(PassageKind.SMART_ART, f"diagram {number}", paragraph_text(paragraph))


def embedded(package: Package, folder: str, read_file: ReadFile) -> Iterator[Passage]:
    """Files inside the file; those that are only a chart's data are in the chart."""
    of_charts = {
        part
        for name in package.matching(rf"{folder}/charts/[^/]+\.xml")
        for _, part in package.related(name, "package")
    }
    names = [name for name in package.matching(rf"{folder}/embeddings/[^/]+") if name not in of_charts]
    yield from objects((package.read(name) for name in names), (name.rpartition(".")[2] for name in names), read_file)


def objects(files: Iterable[bytes], kinds: Iterable[str], read_file: ReadFile) -> Iterator[Passage]:
    """What is in files of other programs; one that nobody can count is named."""
    for number, (data, kind) in enumerate(zip(files, kinds, strict=True), 1):
        place = f"embedded object {number}"
        found = _counted(data, kind.lower(), read_file)
        none = [Passage.uncounted(PassageKind.EMBEDDED_OBJECT, place)]
        yield from none if found is None else moved_into(found, PassageKind.EMBEDDED_OBJECT, place)


def _counted(data: bytes, kind: str, read_file: ReadFile) -> list[Passage] | None:
    try:
        return read_file(*file_in(data, kind))
    except Exception:  # of every kind, for an object that is damaged
        return None
