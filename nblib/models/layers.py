"""``nn.ModuleList`` whose layers keep their type: ``Layers[DecoderLayer]`` gives a ``DecoderLayer``, not a Module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Generic, TypeVar, overload

    Layer = TypeVar("Layer", bound=nn.Module)

    class Layers(nn.ModuleList, Generic[Layer]):
        def __init__(self, modules: Iterable[Layer] | None = None) -> None: ...
        def __iter__(self) -> Iterator[Layer]: ...
        @overload
        def __getitem__(self, idx: slice) -> Layers[Layer]: ...
        @overload
        def __getitem__(self, idx: int) -> Layer: ...
        def __getitem__(self, idx: int | slice) -> Layer | Layers[Layer]: ...
else:
    # torch has no generic list of modules; at run time nothing is added to its own.
    Layers = nn.ModuleList
