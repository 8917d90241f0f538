"""What computes OCR's models faster finds and reads what they find and read in full precision.

On a processor without bfloat16 OpenVINO computes these in fp32, so that the tests hold there, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import rapidocr

from pipeline.convert import ocr_inference
from pipeline.convert.ocr_inference import Batch, LineModel, PageModel

MODELS = Path(rapidocr.__file__).parent / "models"
DETECTION, RECOGNITION = MODELS / "PP-OCRv6_det_small.onnx", MODELS / "PP-OCRv6_rec_small.onnx"


def in_fp32(model: Path, batch: Batch) -> Batch:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options)
    (found,) = session.run(None, {session.get_inputs()[0].name: batch})
    return np.asarray(found, np.float32)


def stripes(height: int, width: int) -> Batch:
    """Dark bars on light paper, as a model is given them: lines from afar."""
    page = np.ones((1, 3, height, width), np.float32)
    for top in range(height // 8, height - height // 8, height // 4):
        page[..., top : top + height // 12, width // 8 : -width // 8] = -1
    return page


@pytest.mark.slow
def test_lines_are_found_where_they_are_on_pages_of_any_size_in_any_order() -> None:
    model = PageModel(DETECTION)
    sizes = [(160, 224), (224, 160), (96, 96), (160, 224)]
    found = [model(stripes(*size)) for size in sizes]
    for size, some in zip(sizes, found, strict=True):
        assert np.abs(some - in_fp32(DETECTION, stripes(*size))).mean() < 0.02
    assert (found[0] == found[3]).all(), "whatever came between"


@pytest.mark.slow
def test_what_is_right_of_a_line_says_nothing() -> None:
    line = stripes(48, 300)
    found, exact = LineModel(RECOGNITION.read_bytes())(line), in_fp32(RECOGNITION, line)
    assert found.shape[1] > exact.shape[1]
    assert (found[0].argmax(axis=1)[exact.shape[1] :] == 0).all()


def test_lines_of_all_widths_come_in_few_and_none_gets_much_wider() -> None:
    widths = range(96, 20_000)
    padded = [width + -width % ocr_inference._width_step(width) for width in widths]
    assert len(set(padded)) < 25, "each keeps memory"
    assert all(wide - width < max(256, width / 3) for width, wide in zip(widths, padded, strict=True))


def test_fp32_is_computed_as_rapidocr_does_whatever_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    for able in (True, False):
        monkeypatch.setattr(ocr_inference, "_processor_computes_in_bf16", lambda able=able: able)
        assert (ocr_inference.is_bf16("auto"), ocr_inference.is_bf16("fp32")) == (able, False)


def test_where_openvino_cannot_be_loaded_pages_are_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    ask: Any = ocr_inference._processor_computes_in_bf16
    assert ask.__wrapped__() is False
