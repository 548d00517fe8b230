"""Lists and dicts of modules whose members keep their type: ``Layers[DecoderLayer]`` gives a ``DecoderLayer``, and
``Networks[Recurrent]`` a ``Recurrent``, where torch's own give a Module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterable, Iterator, Mapping
    from typing import Any, Generic, TypeVar, overload

    Layer = TypeVar("Layer", bound=nn.Module)

    class Layers(nn.ModuleList, Generic[Layer]):
        def __init__(self, modules: Iterable[Layer] | None = None) -> None: ...
        def __iter__(self) -> Iterator[Layer]: ...
        @overload
        def __getitem__(self, idx: slice) -> Layers[Layer]: ...
        @overload
        def __getitem__(self, idx: int) -> Layer: ...
        def __getitem__(self, idx: int | slice) -> Layer | Layers[Layer]: ...

    class Networks(nn.ModuleDict, Generic[Layer]):
        # What each was made with, by its name: the run's model folder keeps it.
        config: dict[str, Any]

        def __init__(self, modules: Mapping[str, Layer] | None = None) -> None: ...
        def __getitem__(self, key: str) -> Layer: ...
        def items(self) -> ItemsView[str, Layer]: ...
else:
    # torch has no generic list or dict of modules; at run time nothing is added to its own.
    Layers, Networks = nn.ModuleList, nn.ModuleDict
