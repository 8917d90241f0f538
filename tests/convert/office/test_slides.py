"""All text of a presentation is kept, also what is drawn or hidden."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pptx
from PIL import Image
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.presentation import Presentation
from pptx.slide import Slide
from pptx.util import Inches

from tests.support.office import DECLARED, element, text_and_warnings, text_of

CORNER = Inches(0)
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"


def slides(count: int = 1) -> tuple[Presentation, list[Slide]]:
    file = pptx.Presentation()
    return file, [file.slides.add_slide(file.slide_layouts[6]) for _ in range(count)]


def saved(file: Presentation) -> bytes:
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def shape(text: str, kind: str = "") -> str:
    place = f'<p:ph type="{kind}" idx="11"/>' if kind else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="20" name="x"/><p:cNvSpPr/><p:nvPr>{place}</p:nvPr></p:nvSpPr><p:spPr/>'
        f"<p:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def box(slide: Slide, text: str = "") -> object:
    made = slide.shapes.add_textbox(CORNER, CORNER, Inches(1), Inches(1))
    made.text_frame.text = text
    return made


def test_runs_struck_text_and_links_of_a_paragraph_are_one_text(tmp_path: Path) -> None:
    file, (slide,) = slides()
    frame = slide.shapes.add_textbox(CORNER, CORNER, Inches(1), Inches(1)).text_frame
    for text, is_struck in (("preg", False), ("ão de ", False), ("cinco ", True), ("dias", True), (" dez", False)):
        run = frame.paragraphs[0].add_run()
        run.text, run.font.bold = text, text == "preg"
        if is_struck:
            run._r.get_or_add_rPr().set("strike", "sngStrike")
    link = frame.add_paragraph().add_run()
    link.text, link.hyperlink.address = "portal", "https://gov.br/p"
    whole = slide.shapes.add_textbox(CORNER, Inches(3), Inches(1), Inches(1))
    whole.text_frame.text = "forma"
    whole.click_action.hyperlink.address = "https://gov.br/f"
    assert text_of(tmp_path, saved(file), "pptx").split("\n\n") == [
        "pregão de ~~cinco dias~~ dez",
        "portal (https://gov.br/p)",
        "forma (https://gov.br/f)",
    ]


def test_the_entries_of_a_diagram_are_kept(tmp_path: Path) -> None:
    file, (slide,) = slides()
    points = "".join(
        f'<dgm:pt modelId="{number}"><dgm:t><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for number, text in enumerate(("Diretoria", "Gerência"))
    )
    data = f'<dgm:dataModel xmlns:dgm="{DIAGRAM}" {DECLARED}><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>'
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, data.encode())
    name = slide.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData")
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="x" descr="organograma da casa"/>'
        '<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/>'
        "</p:xfrm><a:graphic>"
        f'<a:graphicData uri="{DIAGRAM}"><dgm:relIds xmlns:dgm="{DIAGRAM}" r:dm="{name}"/></a:graphicData></a:graphic>'
        "</p:graphicFrame>"
    )
    slide.shapes._spTree.append(element(frame))
    assert text_of(tmp_path, saved(file), "pptx") == "organograma da casa\n\nDiretoria\n\nGerência"


def test_one_of_the_alternates_is_kept(tmp_path: Path) -> None:
    file, (slide,) = slides()
    choice = f'<mc:Choice Requires="a">{shape("novo")}</mc:Choice><mc:Fallback>{shape("antigo")}</mc:Fallback>'
    slide.shapes._spTree.append(element(f"<mc:AlternateContent>{choice}</mc:AlternateContent>"))
    assert text_of(tmp_path, saved(file), "pptx") == "novo"


def test_hidden_slides_and_shapes_are_kept_and_counted(tmp_path: Path) -> None:
    file, (first, second) = slides(2)
    box(first, "forma")._element.nvSpPr.cNvPr.set("hidden", "1")  # type: ignore[attr-defined]
    box(second, "slide inteiro")
    second._element.set("show", "0")
    assert text_and_warnings(tmp_path, saved(file), "pptx") == (
        "forma\n\nslide inteiro",
        ("1 hidden slide was kept as text.", "1 hidden shape was kept as text."),
    )


def test_footers_are_kept_once(tmp_path: Path) -> None:
    file, made = slides(2)
    for slide in made:
        slide.shapes._spTree.append(element(shape("Processo 123/2025", "ftr")))
    assert text_of(tmp_path, saved(file), "pptx") == "Processo 123/2025"


def test_what_the_master_shows_is_kept_once_and_prompts_are_not(tmp_path: Path) -> None:
    file, made = slides(2)
    for slide in made:
        slide.shapes._spTree.append(element(shape(f"slide {slide.slide_id}")))
    file.slide_master.shapes._spTree.append(element(shape("Processo 7/2025")))
    text = text_of(tmp_path, saved(file), "pptx")
    assert text.split("\n\n") == ["slide 256", "Processo 7/2025", "slide 257"]


def test_an_equation_stays_in_its_sentence(tmp_path: Path) -> None:
    file, (slide,) = slides()
    drawing = "http://schemas.microsoft.com/office/drawing/2010/main"
    equation = "<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>"
    math = f'<a14:m xmlns:a14="{drawing}">{equation}</a14:m>'
    sentence = f"<a:r><a:t>área </a:t></a:r>{math}<a:r><a:t>, total</a:t></a:r>"
    slide.shapes._spTree.append(element(shape("a").replace("<a:r><a:t>a</a:t></a:r>", sentence)))
    assert text_of(tmp_path, saved(file), "pptx") == "área $x$, total"


def test_descriptions_of_pictures_are_kept_but_no_file_names(tmp_path: Path) -> None:
    file, (slide,) = slides()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    for said in ("mapa da sede", "logo.png", "Imagem 2"):
        slide.shapes.add_picture(picture, CORNER, CORNER)._element.nvPicPr.cNvPr.set("descr", said)  # type: ignore[union-attr]
    assert text_of(tmp_path, saved(file), "pptx") == "mapa da sede"


def test_descriptions_of_shapes_and_groups_are_kept_too(tmp_path: Path) -> None:
    file, (slide,) = slides()
    box = slide.shapes.add_textbox(CORNER, CORNER, CORNER, CORNER)
    box.text_frame.text = "corpo"
    box._element.nvSpPr.cNvPr.set("descr", "seta para a sede")
    group = slide.shapes.add_group_shape()
    group._element.nvGrpSpPr.cNvPr.set("descr", "fluxo do pedido")  # type: ignore[union-attr]
    assert sorted(text_of(tmp_path, saved(file), "pptx").split("\n\n")) == [
        "corpo",
        "fluxo do pedido",
        "seta para a sede",
    ]


def test_an_embedded_workbook_is_text(tmp_path: Path) -> None:
    file, (slide,) = slides()
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["taxa", 0.5])
    book.save(buffer)
    slide.shapes.add_ole_object(buffer, "Excel.Sheet.12", CORNER, CORNER)
    assert text_and_warnings(tmp_path, saved(file), "pptx") == ("taxa | 0,5", ())
