"""Equations as LaTeX in the text that they stand in, as Docling writes those of table cells: `$x^{2}$`."""

from __future__ import annotations

from docling.backend.docx.latex.omml import oMath2Latex
from lxml import etree

from pipeline.convert.office.names import M


def latex(equation: etree._Element) -> str:
    """Between dollar signs; its bare signs if Docling cannot read it."""
    try:
        formula = str(oMath2Latex(equation)).strip()
    except Exception:  # Docling's reader of formulas fails in many ways
        formula = "".join(node.text or "" for node in equation.iter(f"{M}t"))
    return f"${formula}$"
