"""A torch module as an ONNX graph: traced by torch.export, translated by torch.onnx, without paths of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch.onnx import ONNXProgram


def onnx_program(
    module: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    output_names: Sequence[str],
    dynamic_shapes: dict[str, Any],
) -> ONNXProgram:
    """The graph of ``module``, called with ``inputs`` by the names of ``forward``.

    ``dynamic_shapes``: input → {axis: torch.export.Dim} that may have any length. Raises what torch.onnx raises where
    an operation has no translation.
    """
    import torch
    from onnx_ir.passes.common import ClearMetadataAndDocStringPass

    program = torch.onnx.export(
        module,
        (),
        kwargs=dict(inputs),
        input_names=list(inputs),
        output_names=list(output_names),
        dynamic_shapes=dynamic_shapes,
        dynamo=True,
        verbose=False,
    )
    # Without a file to write to and with dynamo the exporter always gives the program.
    assert program is not None
    # The exporter notes for every node the source lines that it came from, with their paths.
    ClearMetadataAndDocStringPass()(program.model)
    return program
