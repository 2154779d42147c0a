"""Where Numba comes in, beside address.py: loops are compiled, or are plain Python where NUMBA_DISABLE_JIT=1 says so.

What is compiled is kept on disk, in a folder named by the source of every module that it was made from: Numba itself
looks only at the file of a function, and would go on with an old rule after `rules.py` has changed.

A named tuple of arrays as one number for Numba: the address where it stands, given to each part of a loop.

Given as it is, each of its arrays is seven numbers, and compiling takes twice as long. Once all parts are written into
their loop nothing is left of the address. It must not outlive the function that asked for it. See "Low-level extension
API" in Numba's manual; jit.py says what else is compiled, and how.
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
jit: Any = numba.njit  # some of its options are known to its manual alone


def compiled(function: Function) -> Function:
    """A loop over arrays that lets other threads run; the same source as plain Python where Numba is switched off."""
    return cast(Function, jit(nogil=True, cache=KEPT)(function))


def tight(function: Function) -> Function:
    """The same for a loop that allocates nothing: it counts no references, which would cost more than the loop."""
    return cast(Function, jit(nogil=True, cache=KEPT, _nrt=False)(function))


def part(function: Function) -> Function:
    """A part of a tight loop, a function for its reader alone: it is written into each place that calls it.

    It is compiled once for each combination of the types of its arguments, and a plain constant is a type of its own:
    see board.py.
    """
    inside = jit(_nrt=False, forceinline=True, no_cpython_wrapper=True)
    return cast(Function, inside(function))


def passage(function: Function) -> Function:
    """A part that is called in one place only: it is written there before anything is compiled, which is quicker."""
    inside = jit(_nrt=False, inline="always", no_cpython_wrapper=True)
    return cast(Function, inside(function))


def shared(function: Function) -> Function:
    """Stays a plain function, and can be called from a compiled one as well."""
    return register_jitable(function)


def told_before(module: str, function: str) -> str:
    """What a planner should know before the first call of `function`; nothing where it was compiled before."""
    if PLAIN:
        return "Numba is switched off: the compiled engine runs as plain Python, slowly"
    if not KEPT:
        return "nothing can be written where compiled code is kept: the engine compiles at each start, about a minute"
    folder = Path(numba.config.CACHE_DIR)  # type: ignore[attr-defined]
    was = any(folder.rglob(f"{module}.{function}-*.nbi"))
    return "" if was else "the engine is compiled first: about a minute, once until the next update"


def _keep() -> bool:
    """Where compiled code is kept; False if nothing can be written anywhere, so that it is compiled in each process."""
    own = os.environ.get("NUMBA_CACHE_DIR")
    for base in (Path(own),) if own else (HERE / "__pycache__", Path.home() / ".cache" / "aid-corridors"):
        folder = base / f"compiled-{_version()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            for old in set(base.glob("compiled-*")) - {folder} if base == HERE / "__pycache__" else ():
                shutil.rmtree(old, ignore_errors=True)  # of this checkout before it changed
            numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            return True
    return False


def _version() -> str:
    """Returns a hash of the source of all modules with compiled code and of all that they import from `sim`."""
    text = {_module(path): path.read_text(encoding="utf-8") for path in HERE.rglob("*.py")}
    made_of: set[str] = set()
    todo = {name for name, source in text.items() if COMPILES.search(source)}
    while todo:
        made_of.add(name := todo.pop())
        todo |= (_imported(text[name]) & text.keys()) - made_of
    return hashlib.sha256("\0".join(text[name] for name in sorted(made_of)).encode()).hexdigest()[:12]


def _module(path: Path) -> str:
    """Returns the dotted name of a module: `sim.loop.clock`."""
    return ".".join(("sim", *path.relative_to(HERE).with_suffix("").parts))


def _imported(source: str) -> set[str]:
    """Returns the dotted names of what a module imports from `sim`: modules, and names in modules."""
    found = IMPORTED.findall(source)
    return {module for module, _ in found} | {
        f"{module}.{name}" for module, names in found for name in re.findall(r"\w+", names)
    }


KEPT = _keep()

extending: Any = numba.extending  # tells no types
cgutils: Any = numba.core.cgutils
types: Any = numba.types
templates: Any = numba.core.typing.templates

Structure = TypeVar("Structure")


class Address(types.Type):  # type: ignore[misc]
    """The type of the address of a named tuple of the type `whole`."""

    def __init__(self, whole: Any):
        self.tuple_type = whole
        super().__init__(name=f"Address({whole.instance_class.__name__})")  # short: it is a part of many names

    @property
    def key(self) -> Any:
        return self.tuple_type


@extending.register_model(Address)
class _AddressModel(extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, address: Address):
        super().__init__(manager, address, manager[address.tuple_type].get_value_type().as_pointer())


@extending.infer_getattr
class _AddressFields(templates.AttributeTemplate):  # type: ignore[misc]
    key = Address

    def generic_resolve(self, address: Address, name: str) -> Any:
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
