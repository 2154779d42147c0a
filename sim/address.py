"""A named tuple of arrays as one number for Numba: the address where it stands, given to each part of a loop.

Given as it is, each of its arrays is seven numbers, and compiling takes twice as long. Once all parts are written into
their loop nothing is left of the address. It must not outlive the function that asked for it. See "Low-level extension
API" in Numba's manual; jit.py says what else is compiled, and how.
"""

from typing import Any, TypeVar

import numba.core.cgutils
import numba.core.typing.templates
import numba.extending

extending: Any = numba.extending  # tells no types
cgutils: Any = numba.core.cgutils
types: Any = numba.types
templates: Any = numba.core.typing.templates

Whole = TypeVar("Whole")


class Address(types.Type):  # type: ignore[misc]
    """The type of the address of a named tuple of the type `whole`."""

    def __init__(self, whole: Any):
        self.whole = whole
        super().__init__(name=f"Address({whole.instance_class.__name__})")  # short: it is a part of many names

    @property
    def key(self) -> Any:
        return self.whole


@extending.register_model(Address)
class _Model(extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, address: Address):
        super().__init__(manager, address, manager[address.whole].get_value_type().as_pointer())


@extending.infer_getattr
class _Fields(templates.AttributeTemplate):  # type: ignore[misc]
    key = Address

    def generic_resolve(self, address: Address, name: str) -> Any:
        return dict(zip(address.whole.fields, address.whole.types, strict=True)).get(name)


@extending.lower_getattr_generic(Address)  # type: ignore[untyped-decorator]
def _load(_: Any, builder: Any, address: Address, value: Any, name: str) -> Any:
    return builder.load(cgutils.gep_inbounds(builder, value, 0, address.whole.fields.index(name)))


def _stand(_: Any, builder: Any, __: Any, values: Any) -> Any:
    return cgutils.alloca_once_value(builder, values[0])


@extending.intrinsic  # type: ignore[untyped-decorator]
def _address(_: Any, whole: Any) -> Any:
    return Address(whole)(whole), _stand


def _as_it_is(whole: Whole) -> Whole:
    return whole


by_address = _as_it_is if numba.config.DISABLE_JIT else _address  # type: ignore[attr-defined]
