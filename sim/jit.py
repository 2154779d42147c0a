"""The only module that uses Numba: decorators that compile functions, their cache on disk, and addresses of tuples.

With NUMBA_DISABLE_JIT=1 all functions run as plain Python. Compiled code is cached on disk, in a folder named by a hash
of the source of every module it depends on. Numba itself checks only the file of a function, and would keep using an
old rule after `rules.py` has changed.

Numba optimises each function, with all that it calls, and makes machine code of it, and again in each caller. The
parts of a loop are never called from Python: they are optimised once, in the function that is (`_PartLibrary`).

An address stands for a named tuple of arrays as one number, passed to each part of a loop. Passed as it is, each array
takes seven numbers, and compiling takes twice as long. It must not outlive the function that took it. Its fields are
addresses of arrays: an index must not be negative there, as nothing checks for it. See "Low-level extension API" in
Numba's manual.
"""

import hashlib
import operator
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import numba
import numba.extending
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import register_jitable
from numba.np import arrayobj as array_objects

SIM_FOLDER = Path(__file__).parent
COMPILING = {"sim.jit.compiled", "sim.jit.compiled_without_allocation"}  # decorators whose output is kept on disk
SIM_IMPORT = re.compile(r"^\s*from (sim[\w.]*) import (\([^)]*\)|[^\n]*)$", re.MULTILINE)
JIT_DISABLED = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]

Function = TypeVar("Function", bound=Callable[..., Any])
jit: Any = numba.njit  # its type stubs lack some options


class _PartLibrary(JITCodeLibrary):
    """The LLVM code of a part and of all parts that it calls, neither optimised nor made machine code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """Adds the code of other parts."""
        for library in dict.fromkeys(self._linking_libraries):
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True

    @property
    def codegen(self) -> Any:
        """Ignores the environment, which holds the Python objects that a function uses: parts use none."""
        return SimpleNamespace(set_env=lambda *_: None)


class _PartCompiler(Compiler):
    """Numba's compiler with another library; see "Customizing the Compiler" in its manual."""

    def __init__(self, typing_context: Any, target_context: Any, _: Any, *options: Any):
        library = _PartLibrary(target_context.codegen(), "part")  # type: ignore[no-untyped-call]
        super().__init__(typing_context, target_context, library, *options)  # type: ignore[no-untyped-call]


def compiled(function: Function) -> Function:
    """Compiles a loop over arrays and releases the GIL while it runs."""
    return cast(Function, jit(nogil=True, cache=HAS_CACHE, no_cfunc_wrapper=True)(function))


def compiled_without_allocation(function: Function) -> Function:
    """Compiles a loop that allocates nothing, without reference counting, which would cost more than the loop."""
    return cast(Function, jit(nogil=True, cache=HAS_CACHE, no_cfunc_wrapper=True, _nrt=False)(function))


PART_OPTIONS = {"pipeline_class": _PartCompiler, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def inlined(function: Function) -> Function:
    """Compiles a part of a tight loop that runs often: LLVM inlines it at every call.

    It is compiled once for each combination of argument types, and a plain constant is a type of its own: see
    `TYPED_INTEGERS` in `loop/state.py`.
    """
    return cast(Function, jit(_nrt=False, forceinline=True, **PART_OPTIONS)(function))


def part(function: Function) -> Function:
    """Compiles a part of a tight loop that runs seldom: LLVM decides where to inline it, which compiles faster."""
    return cast(Function, jit(_nrt=False, forceinline=False, **PART_OPTIONS)(function))  # otherwise as its caller


def shared(function: Function) -> Function:
    """Registers a plain function so that compiled functions can call it; it stays a plain function."""
    return register_jitable(forceinline=False, **PART_OPTIONS)(function)


def compile_notice(module: str, function: str) -> str:
    """Returns what a planner should know before the first call of `function`; empty if it is compiled already."""
    if JIT_DISABLED:
        return "Numba is switched off: the compiled engine runs as plain Python, slowly"
    if not HAS_CACHE:
        return (
            "nothing can be written where compiled code is kept: the engine compiles at each start, about half a minute"
        )
    folder = Path(numba.config.CACHE_DIR)  # type: ignore[attr-defined]
    is_compiled = any(folder.rglob(f"{module}.{function}-*.nbi"))
    return "" if is_compiled else "the engine is compiled first: about half a minute, once until the next update"


def _choose_cache_folder() -> bool:
    """Sets Numba's cache folder, and removes those of older sources; returns False if none is writable."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    for base in (Path(chosen),) if chosen else (SIM_FOLDER / "__pycache__", Path.home() / ".cache" / "aid-corridors"):
        folder = base / f"compiled-{_source_hash()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            for old in set(base.glob("compiled-*")) - {folder} if base == SIM_FOLDER / "__pycache__" else ():
                shutil.rmtree(old, ignore_errors=True)  # older sources of this checkout
            numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            return True
    return False


def _source_hash() -> str:
    """Returns a hash of the source of all modules with compiled code and of all that they import from `sim`."""
    text = {_module(path): path.read_text(encoding="utf-8") for path in SIM_FOLDER.rglob("*.py")}
    modules: set[str] = set()
    todo = {name for name, source in text.items() if _imported(source) & COMPILING}
    while todo:
        modules.add(name := todo.pop())
        todo |= (_imported(text[name]) & text.keys()) - modules
    return hashlib.sha256("\0".join(text[name] for name in sorted(modules)).encode()).hexdigest()[:12]


def _module(path: Path) -> str:
    """Returns the dotted name of a module: `sim.loop.clock`."""
    return ".".join(("sim", *path.relative_to(SIM_FOLDER).with_suffix("").parts))


def _imported(source: str) -> set[str]:
    """Returns the dotted names of what a module imports from `sim`: modules, and names in modules."""
    imports = SIM_IMPORT.findall(source)
    return {module for module, _ in imports} | {
        f"{module}.{name}" for module, names in imports for name in re.findall(r"\w+", names)
    }


HAS_CACHE = _choose_cache_folder()

extending: Any = numba.extending  # Any, because these modules have no types
cgutils: Any = numba.core.cgutils
types: Any = numba.types
arrayobj: Any = array_objects
templates: Any = numba.core.typing.templates

Structure = TypeVar("Structure")


class Address(types.Type):  # type: ignore[misc]
    """The Numba type of the address of a named tuple of type `tuple_type`."""

    def __init__(self, tuple_type: Any):
        self.tuple_type = tuple_type
        super().__init__(name=f"Address({tuple_type.instance_class.__name__})")  # short, as it is part of many names

    @property
    def key(self) -> Any:
        """The type of the tuple, by which Numba compares types."""
        return self.tuple_type


@extending.register_model(Address)
class _AddressModel(extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, address: Address):
        super().__init__(manager, address, manager[address.tuple_type].get_value_type().as_pointer())


class ArrayAddress(types.Type):  # type: ignore[misc]
    """The Numba type of the address of an array of type `array`, a field of such a tuple."""

    def __init__(self, array: Any):
        self.array = array
        super().__init__(name=f"ArrayAddress({array})")

    @property
    def key(self) -> Any:
        """The type of the array, by which Numba compares types."""
        return self.array

    def is_element(self, index: Any) -> bool:
        """Whether an index of this type names one element, and finding it is simple."""
        numbers = index.types if isinstance(index, types.BaseTuple) else (index,)
        is_whole = len(numbers) == self.array.ndim and all(isinstance(number, types.Integer) for number in numbers)
        return is_whole and self.array.layout == "C"


@extending.register_model(ArrayAddress)
class _ArrayAddressModel(extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, address: ArrayAddress):
        super().__init__(manager, address, manager[address.array].get_value_type().as_pointer())


@extending.infer_getattr
class _AddressFields(templates.AttributeTemplate):  # type: ignore[misc]
    key = Address

    def generic_resolve(self, address: Address, name: str) -> Any:
        """Returns the Numba type of a field of the tuple, None if it has no such field."""
        array = dict(zip(address.tuple_type.fields, address.tuple_type.types, strict=True)).get(name)
        return array and ArrayAddress(array)


@extending.lower_getattr_generic(Address)  # type: ignore[untyped-decorator]
def _address_of_field(_: Any, builder: Any, address: Address, value: Any, name: str) -> Any:
    return cgutils.gep_inbounds(builder, value, 0, address.tuple_type.fields.index(name))


@templates.infer_global(len)
class _Length(templates.AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        """Returns the signature of `len` for the address of an array."""
        return templates.signature(types.intp, *args) if isinstance(args[0], ArrayAddress) else None


@templates.infer_global(operator.getitem)
class _GetItem(templates.AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        """Returns the signature of `array[index]`: of one element, or as Numba has it for the array itself."""
        address, index = args
        if not isinstance(address, ArrayAddress):
            return None
        if address.is_element(index):
            return templates.signature(address.array.dtype, address, index)
        of_array = self.context.resolve_function_type(operator.getitem, (address.array, index), {})
        return templates.signature(of_array.return_type, address, of_array.args[1])


@templates.infer_global(operator.setitem)
class _SetItem(templates.AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        """Returns the signature of `array[index] = value` for one element."""
        address, index, value = args
        is_element = isinstance(address, ArrayAddress) and address.is_element(index)
        return templates.signature(types.none, address, index, value) if is_element else None


@extending.lower_builtin(len, ArrayAddress)  # type: ignore[untyped-decorator]
def _length(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return builder.extract_value(_load_constant(context, builder, signature.args[0], args[0], "shape"), 0)


@extending.lower_builtin(operator.getitem, ArrayAddress, types.Any)  # type: ignore[untyped-decorator]
def _get_item(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    address, index = signature.args
    if address.is_element(index):
        return arrayobj.load_item(context, builder, address.array, _element(context, builder, signature, args))
    of_array = templates.signature(signature.return_type, address.array, index)
    return context.get_function(operator.getitem, of_array)(builder, (builder.load(args[0]), args[1]))


@extending.lower_builtin(operator.setitem, ArrayAddress, types.Any, types.Any)  # type: ignore[untyped-decorator]
def _set_item(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    array = signature.args[0].array
    value = context.cast(builder, args[2], signature.args[2], array.dtype)
    arrayobj.store_item(context, builder, array, value, _element(context, builder, signature, args))
    return context.get_dummy_value()


def _element(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Returns the pointer to the element at an index."""
    (address, index), (value, number) = signature.args[:2], args[:2]
    is_tuple = isinstance(index, types.BaseTuple)
    numbers = cgutils.unpack_tuple(builder, number) if is_tuple else [number]
    shape = _load_constant(context, builder, address, value, "shape")
    offset = None
    for axis, (i, integer) in enumerate(zip(numbers, index.types if is_tuple else [index], strict=True)):
        i = context.cast(builder, i, integer, types.intp)
        offset = builder.add(builder.mul(offset, builder.extract_value(shape, axis)), i) if axis else i
    return builder.gep(_load_constant(context, builder, address, value, "data"), [offset], inbounds=True)


def _load_constant(context: Any, builder: Any, address: ArrayAddress, value: Any, name: str) -> Any:
    """Loads a property of an array; LLVM is told that it never changes, whatever is stored in between."""
    array = cgutils.create_struct_proxy(address.array)(context, builder, ref=value)
    loaded = builder.load(array._get_ptr_by_name(name))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


def _store_on_stack(_: Any, builder: Any, __: Any, values: Any) -> Any:
    return cgutils.alloca_once_value(builder, values[0])


@extending.intrinsic  # type: ignore[untyped-decorator]
def _take_address(_: Any, whole: Any) -> Any:
    return Address(whole)(whole), _store_on_stack


def _identity(whole: Structure) -> Structure:
    return whole


address_of = _identity if numba.config.DISABLE_JIT else _take_address  # type: ignore[attr-defined]
