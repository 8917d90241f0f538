"""Pictures that are bombs, broken, tiny, or of kinds that few programs write."""

from __future__ import annotations

import functools
import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from pipeline.errors import ErrorCode
from tests.promises.hostile.kinds import Kind, quarantined, stored
from tests.promises.hostile.repeated import Repeated

LINES = ("EDITAL DE LICITACAO", "PRAZO DE TRINTA DIAS")
READ = ("LICITACAO", "TRINTA DIAS")


def page(mode: str = "RGB", turn: int = 0) -> Image.Image:
    """Black lines on white, turned counterclockwise by degrees."""
    image = Image.new("RGB", (1000, 500), "white")
    for number, line in enumerate(LINES):
        ImageDraw.Draw(image).text((60, 120 + 120 * number), line, "black", ImageFont.load_default(60))
    return image.rotate(turn, expand=True).convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0))


def bomb(width: int, height: int) -> bytes:
    """One bit a pixel, all white."""
    rows = zlib.compress((b"\0" + b"\xff" * ((width + 7) // 8)) * height)
    return png_header(width, height) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A good picture with a comment of 200 MB."""
    data = saved(page(), "PNG")
    return data[:33] + chunk(b"zTXt", b"Comment\0\0" + Repeated(b" ", 200).in_zlib()) + data[33:]


def animation(frames: int, size: tuple[int, int] | None = None) -> bytes:
    """The lines in the first frame; the others differ, else Pillow merges them."""
    others = [Image.new("RGB", size or (1000, 500), (n % 256, n // 256, 255)) for n in range(frames - 1)]
    first = page() if size is None else page().resize(size)
    return saved(first, "PNG", save_all=True, append_images=others)


def lying_animation() -> bytes:
    """A still picture that claims a million frames."""
    data = saved(page(), "PNG")
    return data[:33] + chunk(b"acTL", struct.pack(">LL", 1_000_000, 0)) + data[33:]


def turned_by_exif(orientation: int, degrees: int) -> bytes:
    """Pixels lie on their side; the camera says so."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(page(turn=degrees), "JPEG", quality=90, exif=exif)


def broken(kind: str) -> bytes:
    data = bytearray(saved(page(), kind))
    data[len(data) // 3 : len(data) // 2] = b"\x55" * (len(data) // 2 - len(data) // 3)
    return bytes(data)


def as_read(name: str, mode: str, kind: str) -> Kind:
    return stored(name, lambda: saved(page(mode), kind), *READ)


KINDS = (
    quarantined("bomb.png", functools.partial(bomb, 30_000, 30_000), ErrorCode.TOO_LARGE),
    quarantined("bomb-under-pillows-limit.png", functools.partial(bomb, 12_000, 12_000), ErrorCode.TOO_LARGE),
    quarantined("claims-to-be-huge.png", lambda: png_header(2**31 - 1, 2**31 - 1), ErrorCode.CORRUPT),
    stored("large-but-allowed.png", functools.partial(bomb, 9900, 9900), ""),
    quarantined("text-bomb.png", text_bomb, ErrorCode.CORRUPT),
    quarantined("many-frames.png", functools.partial(animation, 2001, (2, 2)), ErrorCode.TOO_LONG),
    quarantined("claims-many-frames.png", lying_animation, ErrorCode.TOO_LONG),
    stored("animated.png", functools.partial(animation, 3), *READ),
    quarantined("broken.png", functools.partial(broken, "PNG"), ErrorCode.CORRUPT),
    quarantined("truncated.png", lambda: saved(page(), "PNG")[:200], ErrorCode.CORRUPT),
    quarantined("truncated.jpg", lambda: saved(page(), "JPEG")[:700], ErrorCode.CORRUPT),
    quarantined("signature-only.jpg", lambda: b"\xff\xd8\xff\xe0", ErrorCode.CORRUPT),
    quarantined("empty.png", lambda: b"", ErrorCode.CORRUPT),
    quarantined("text-named.jpg", lambda: b"nada de imagem", ErrorCode.CORRUPT),
    stored("one-pixel.png", lambda: saved(Image.new("RGB", (1, 1)), "PNG"), ""),
    stored("one-pixel-high.png", lambda: saved(Image.new("RGB", (20_000, 1)), "PNG"), ""),
    as_read("cmyk.jpg", "CMYK", "JPEG"),
    as_read("grey.jpeg", "L", "JPEG"),
    as_read("bilevel.png", "1", "PNG"),
    as_read("palette.png", "P", "PNG"),
    as_read("16-bit.png", "I;16", "PNG"),
    as_read("alpha.png", "RGBA", "PNG"),
    as_read("grey-alpha.png", "LA", "PNG"),
    stored("on-its-side-by-exif.jpg", functools.partial(turned_by_exif, 6, 90), *READ),
    stored("upside-down-by-exif.jpg", functools.partial(turned_by_exif, 3, 180), *READ),
    stored("png-named.jpg", lambda: saved(page(), "PNG"), *READ),
)
