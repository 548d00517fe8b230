"""Translate a classifier into ONNX. ``python -m nblib.export.to_onnx MODEL_FOLDER OUT_FOLDER`` does it in a process of
its own: the exporter prints, warns and holds the interpreter for seconds, none of which a notebook should feel.

Method: torch.export (a graph with symbolic batch and length), translated by torch.onnx (``dynamo=True``).
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.onnx import ONNXProgram

    from nblib.training.finetune.predict import Predictor

# protobuf holds no message above 2 GiB; weights beyond go into a file beside the graph.
EXTERNAL_ABOVE = 1_900_000_000
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def build(model_folder: str | Path, out: str | Path, *, external_above: int = EXTERNAL_ABOVE) -> None:
    """Write ``out/model.onnx``: int64 [batch, length] in, float32 ``logits`` [batch, classes] out.

    Weights of more than ``external_above`` bytes go into ``out/model.onnx.data``. The file names no path of this
    machine. A model whose SDPA attention cannot be translated is translated with eager attention.
    """
    from nblib.training.finetune.predict import Predictor

    predictor = Predictor(model_folder, device="cpu")
    try:
        program = _translate(predictor)
    except Exception:
        if predictor.model.config._attn_implementation == "eager":
            raise
        predictor.model.set_attn_implementation("eager")
        program = _translate(predictor)
    weights = sum(p.numel() * p.element_size() for p in predictor.model.parameters())
    program.save(Path(out) / "model.onnx", external_data=weights > external_above)


def _translate(predictor: Predictor) -> ONNXProgram:
    import torch

    from nblib.export.graph import onnx_program

    class Logits(torch.nn.Module):
        """The model with its logits as the only output."""

        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids=None):
            types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
            return self.model(input_ids=input_ids, attention_mask=attention_mask, **types).logits

    texts = ["a", "two examples of unlike length, the second one longer"]
    encoded = predictor.inputs(texts)
    inputs = {name: encoded[name] for name in INPUTS if name in encoded}
    batch = torch.export.Dim("batch")
    length = torch.export.Dim("length", max=predictor.max_length)
    with warnings.catch_warnings():
        # torch's own use of a deprecated pytree class while it copies the program.
        warnings.filterwarnings("ignore", "`isinstance\\(treespec, LeafSpec\\)` is deprecated", FutureWarning)
        # All inputs share the axes "batch" and "length", which is what is meant; the exporter says so for each.
        warnings.filterwarnings("ignore", "# The axis name: .* will not be used", UserWarning)
        shapes = {name: {0: batch, 1: length} for name in inputs}
        return onnx_program(Logits(predictor.model).eval(), inputs, ["logits"], shapes)


if __name__ == "__main__":
    build(*sys.argv[1:])
