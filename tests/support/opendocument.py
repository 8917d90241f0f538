"""OpenDocument files as small as they can be, for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from pipeline.convert.opendocument.names import NAMESPACES

DECLARED = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in NAMESPACES.items() if prefix != "xml")
TYPE = "application/vnd.oasis.opendocument."


def root(name: str, content: str, attributes: str = "") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}<office:{name} {DECLARED} {attributes}>{content}</office:{name}>".encode()


def opendocument(
    body: str,
    kind: str = "text",
    *,
    styles: str = "",
    masters: str = "",
    meta: str = "",
    suffix: str = "",
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """A file with this content in its body; `styles` are automatic ones, `masters` page styles, `suffix` its type's."""
    automatic = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    content = f"{automatic}<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    parts = {
        "mimetype": (TYPE + kind + suffix).encode(),
        "content.xml": root("document-content", content),
        "styles.xml": root("document-styles", f"<office:master-styles>{masters}</office:master-styles>"),
        "meta.xml": root("document-meta", f"<office:meta>{meta}</office:meta>"),
        "META-INF/manifest.xml": f"<manifest:manifest {DECLARED}/>".encode(),
    }
    return zipped({**parts, **(files or {})})


def flat(body: str, kind: str = "text") -> bytes:
    content = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return root("document", content, f'office:version="1.3" office:mimetype="{TYPE}{kind}"')


def zipped(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return buffer.getvalue()
