"""The only module that uses Numba: decorators that compile functions, their cache on disk, and addresses of tuples.

With NUMBA_DISABLE_JIT=1 all functions run as plain Python. Compiled code is cached on disk, in a folder named by a hash
of the source of every module it depends on. Numba itself checks only the file of a function, and would keep using an
old rule after `rules.py` has changed.

An address stands for a named tuple of arrays as one number, passed to each part of a loop. Passed as it is, each array
takes seven numbers, and compiling takes twice as long. After inlining nothing is left of the address. It must not
outlive the function that took it. See "Low-level extension API" in Numba's manual.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numba.extending
from numba.extending import register_jitable

HERE = Path(__file__).parent
COMPILES = re.compile(r"^from sim\.jit import .*\b(compiled|tight)\b", re.MULTILINE)
IMPORTED = re.compile(r"^\s*from (sim[\w.]*) import (\([^)]*\)|[^\n]*)$", re.MULTILINE)
PLAIN = bool(numba.config.DISABLE_JIT)  # type: ignore[attr-defined]

Function = TypeVar("Function", bound=Callable[..., Any])
jit: Any = numba.njit  # its type stubs lack some options


def compiled(function: Function) -> Function:
    """Compiles a loop over arrays and releases the GIL while it runs."""
    return cast(Function, jit(nogil=True, cache=HAS_CACHE)(function))


def tight(function: Function) -> Function:
    """Compiles a loop that allocates nothing, without reference counting, which would cost more than the loop."""
    return cast(Function, jit(nogil=True, cache=HAS_CACHE, _nrt=False)(function))


def part(function: Function) -> Function:
    """Compiles a part of a tight loop, which LLVM inlines at every call.

    It is compiled once for each combination of argument types, and a plain constant is a type of its own: see
    `TYPED_INTEGERS` in `loop/state.py`.
    """
    inside = jit(_nrt=False, forceinline=True, no_cpython_wrapper=True)
    return cast(Function, inside(function))


def passage(function: Function) -> Function:
    """Compiles a part that has one caller only: Numba inlines it before it compiles, which is faster."""
    inside = jit(_nrt=False, inline="always", no_cpython_wrapper=True)
    return cast(Function, inside(function))


def shared(function: Function) -> Function:
    """Registers a plain function so that compiled functions can call it; it stays a plain function."""
    return register_jitable(function)


def compile_notice(module: str, function: str) -> str:
    """Returns what a planner should know before the first call of `function`; empty if it is compiled already."""
    if PLAIN:
        return "Numba is switched off: the compiled engine runs as plain Python, slowly"
    if not HAS_CACHE:
        return "nothing can be written where compiled code is kept: the engine compiles at each start, about a minute"
    folder = Path(numba.config.CACHE_DIR)  # type: ignore[attr-defined]
    is_compiled = any(folder.rglob(f"{module}.{function}-*.nbi"))
    return "" if is_compiled else "the engine is compiled first: about a minute, once until the next update"


def _choose_cache_folder() -> bool:
    """Sets Numba's cache folder, and removes those of older sources; returns False if none is writable."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    for base in (Path(chosen),) if chosen else (HERE / "__pycache__", Path.home() / ".cache" / "aid-corridors"):
        folder = base / f"compiled-{_version()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            for old in set(base.glob("compiled-*")) - {folder} if base == HERE / "__pycache__" else ():
                shutil.rmtree(old, ignore_errors=True)  # older sources of this checkout
            numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            return True
    return False


def _version() -> str:
    """Returns a hash of the source of all modules with compiled code and of all that they import from `sim`."""
    text = {_module(path): path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")}
    modules: set[str] = set()
    todo = {name for name, source in text.items() if COMPILES.search(source)}
    while todo:
        modules.add(name := todo.pop())
        todo |= (_imported(text[name]) & text.keys()) - modules
    return hashlib.sha256("\0".join(text[name] for name in sorted(modules)).encode()).hexdigest()[:12]


def _module(path: Path) -> str:
    """Returns the dotted name of a module: `sim.loop.clock`."""
    return ".".join(("sim", *path.relative_to(HERE).with_suffix("").parts))


def _imported(source: str) -> set[str]:
    """Returns the dotted names of what a module imports from `sim`: modules, and names in modules."""
    imports = IMPORTED.findall(source)
    return {module for module, _ in imports} | {
        f"{module}.{name}" for module, names in imports for name in re.findall(r"\w+", names)
    }


HAS_CACHE = _choose_cache_folder()

extending: Any = numba.extending  # Any, because these modules have no types
cgutils: Any = numba.core.cgutils
types: Any = numba.types
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


@extending.infer_getattr
class _AddressFields(templates.AttributeTemplate):  # type: ignore[misc]
    key = Address

    def generic_resolve(self, address: Address, name: str) -> Any:
        """Returns the Numba type of a field of the tuple, None if it has no such field."""
        return dict(zip(address.tuple_type.fields, address.tuple_type.types, strict=True)).get(name)


@extending.lower_getattr_generic(Address)  # type: ignore[untyped-decorator]
def _load_field(_: Any, builder: Any, address: Address, value: Any, name: str) -> Any:
    return builder.load(cgutils.gep_inbounds(builder, value, 0, address.tuple_type.fields.index(name)))


def _store_on_stack(_: Any, builder: Any, __: Any, values: Any) -> Any:
    return cgutils.alloca_once_value(builder, values[0])


@extending.intrinsic  # type: ignore[untyped-decorator]
def _take_address(_: Any, whole: Any) -> Any:
    return Address(whole)(whole), _store_on_stack


def _identity(whole: Structure) -> Structure:
    return whole


address_of = _identity if numba.config.DISABLE_JIT else _take_address  # type: ignore[attr-defined]
