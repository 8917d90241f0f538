"""Kinds and places of missing text, in Portuguese."""

from __future__ import annotations

KINDS = {
    "body": "texto corrido",
    "table_cell": "célula de tabela",
    "header": "cabeçalho",
    "footer": "rodapé",
    "footnote": "nota de rodapé",
    "endnote": "nota de fim",
    "text_box": "caixa de texto",
    "smart_art": "SmartArt",
    "chart": "gráfico",
    "equation": "equação",
    "alt_text": "texto alternativo",
    "comment": "comentário",
    "note": "anotação",
    "hidden_slide": "slide oculto",
    "hidden_sheet": "planilha oculta",
    "hidden_row": "linha ou coluna oculta",
    "form_value": "valor de formulário",
    "formula": "fórmula sem resultado",
    "annotation": "anotação do PDF",
    "attachment": "anexo",
    "embedded_object": "objeto incorporado",
    "inserted_file": "arquivo inserido",
    "mail_header": "cabeçalho de e-mail",
    "properties": "propriedades",
    "deleted": "texto excluído",
    "hidden_text": "texto oculto",
    "layer_off": "camada desativada",
    "slide_master": "slide mestre",
    "picture": "imagem",
    "unreadable_text": "texto ilegível",
    "logo": "logotipo",
    "repeated": "cabeçalho ou rodapé repetido",
    "page_number": "número de página",
}
"""What a passage is part of, or why it is left out."""

PLACES = {kind.replace("_", " "): name for kind, name in KINDS.items()} | {
    "block": "bloco",
    "body": "parágrafo",
    "chapter": "capítulo",
    "comments": "comentários",
    "diagram": "diagrama",
    "drawing": "desenho",
    "form": "formulário",
    "line": "linha",
    "master or layout": "mestre ou layout",
    "notes of slide": "anotações do slide",
    "page": "página",
    "paragraph": "parágrafo",
    "sheet": "planilha",
    "slide": "slide",
    "table": "tabela",
}
"""How a place begins; what follows, such as a number or a sheet's name, stays."""
