"""Lists of an OpenDocument text: their items, depth and numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.convert.builder import DocumentBuilder
from pipeline.convert.opendocument.names import name
from pipeline.convert.opendocument.numbering import MAX_SHOWN, Counter
from pipeline.convert.opendocument.package import Element
from pipeline.convert.opendocument.passages import STYLE, PassageReader
from pipeline.convert.opendocument.styles import Styles


@dataclass(frozen=True)
class _ListPlace:
    depth: int
    style: str | None
    counter: Counter


class ListReader:
    """Knows the lists before, which a later one may go on with."""

    def __init__(
        self, builder: DocumentBuilder, styles: Styles, passages: PassageReader, read: Callable[[Element], None]
    ) -> None:
        """`read` is for what stands in an item and is no paragraph or list."""
        self._builder, self._styles, self._passages, self._read = builder, styles, passages, read
        self._counters: dict[str, Counter] = {}

    def read(self, element: Element) -> None:
        """Add a `text:list` with all lists in it; one that continues another goes on with its numbers."""
        style = element.get(STYLE)
        self._read_list(element, _ListPlace(0, style, self._counter(element, style)))
        self._builder.end_lists()

    def _counter(self, element: Element, style: str | None) -> Counter:
        """A new one unless the list goes on with an earlier one."""
        earlier = element.get(name("text:continue-list")) or (
            f"style {style}" if element.get(name("text:continue-numbering")) == "true" else ""
        )
        counter = self._counters.get(earlier) or Counter()
        self._counters[f"style {style}"] = counter
        if identifier := element.get(name("xml:id")):
            self._counters[identifier] = counter
        return counter

    def _read_list(self, element: Element, place: _ListPlace) -> None:
        for item in element:
            numbered = item.tag == name("text:list-item")
            start = item.get(name("text:start-value"))
            self._item(item, place, self._marker(item, place, start) if numbered else "")

    def _marker(self, item: Element, place: _ListPlace, start: str | None) -> str:
        """The item's number; one that only holds a deeper list, or a heading, has none of its own."""
        if not len(item) or item[0].tag != name("text:p"):
            return ""
        style = place.style or self._styles.list_style_of(item[0].get(STYLE))
        depths = range(max(0, place.depth + 1 - MAX_SHOWN), place.depth + 1)
        described = {depth: self._styles.list_level(style, depth) for depth in depths}
        return place.counter.next(place.depth, {d: level for d, level in described.items() if level is not None}, start)

    def _item(self, item: Element, place: _ListPlace, marker: str) -> None:
        texts: list[str] = []
        anchored: list[Element] = []
        for child in item:
            if child.tag == name("text:p") and self._styles.heading_level(child.get(STYLE)) is None:
                passage = self._passages.read(child)
                texts.append(passage.text)
                anchored += passage.anchored
                continue
            self._flush(texts, place, marker)
            if child.tag == name("text:list"):
                deeper = _ListPlace(place.depth + 1, child.get(STYLE) or place.style, place.counter)
                self._read_list(child, deeper)
            else:
                self._read(child)
        self._flush(texts, place, marker)
        for element in anchored:
            self._read(element)

    def _flush(self, texts: list[str], place: _ListPlace, marker: str) -> None:
        if texts:
            self._builder.list_item("\n".join(texts), place.depth, marker)
            texts.clear()
