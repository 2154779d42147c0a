"""Memory that is given back: what a replication needed is free for the rest of the machine when it is over."""

import ctypes
import platform

LARGEST_KEPT = 1 << 20  # bytes; whatever is larger has pages of its own, which go back when it is no longer needed
M_MMAP_THRESHOLD = -3  # of mallopt(3)


def give_back() -> None:
    """Fixes from which size on the C library gives memory back.

    glibc would raise that to 32 MB as it goes, and the luck of a large replication would stay beside its history. Other
    libraries are left alone.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
