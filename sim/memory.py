"""Memory that is given back: what is dropped in the midst of a large replication, before the largest moment of it."""

import ctypes
import platform

WORTH = 1 << 23  # bytes; to take less back from the system again would cost more time than its room is worth


def give_back(dropped: int) -> None:
    """Returns to the system what is free, where so many bytes were `dropped` that it is worth it.

    Only glibc keeps blocks of this size for itself; other libraries are left alone.
    """
    if dropped >= WORTH and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
