"""Takes the network away from this process, in the kernel, without privileges and for good.

A filter of system calls (seccomp) that Linux applies to every thread and child, whatever library or
language makes the call. It is for a process that executes one dry run and nothing else: it cannot
be taken off again. What it refuses fails with EPERM.
"""

from __future__ import annotations

import errno
import platform
import socket
import struct
import sys
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_SYS_SECCOMP = 317
_SET_MODE_FILTER = 1
_FOR_ALL_THREADS = 1
_ARCHITECTURE = 0xC000003E  # AUDIT_ARCH_X86_64
_X32_BIT = 0x40000000

# Instructions of the filter's machine, and offsets in what it looks at (struct seccomp_data).
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _FIFTH_ARGUMENT_AT = 0, 4, 16, 48
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM

_SOCKET, _SENDTO = 41, 44
#: System calls that have no place in a dry run, by their numbers on x86-64.
_REFUSED = (
    42,  # connect, also of a socket that was open before
    43, 288,  # accept, accept4: who comes in by a socket that was open before can be answered
    46, 307,  # sendmsg, sendmmsg: may name an address
    59, 322,  # execve, execveat
    101, 310, 311, 438,  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
    425, 426, 427,  # io_uring_setup, io_uring_enter, io_uring_register
)  # fmt: skip


def refuse_network() -> bool:
    """Refuse every socket but Unix ones, every connection and every program, from now on.

    Returns:
        Whether that holds, by what the kernel says afterwards; False on other systems and
        machines, and where the kernel does not let a process do it.
    """
    if sys.platform != "linux" or platform.machine() != "x86_64" or sys.maxsize < 2**32:
        return False
    before = _filters()
    if not _install(_program()):
        return False
    return _filters() > before and not _can_make_a_socket()


def _program() -> bytes:
    """Return the filter: instructions, each with how many to skip if so, and if not."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        *((_JUMP_EQUAL, 1, 0, _ARCHITECTURE), refuse),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((_JUMP_AT_LEAST, 0, 1, _X32_BIT), refuse),  # the same calls by other numbers
    ]
    for number in _REFUSED:
        steps += [(_JUMP_EQUAL, 0, 1, number), refuse]
    steps += [
        (_JUMP_EQUAL, 0, 7, _SENDTO),  # allowed without an address, which has two halves
        (_LOAD, 0, 0, _FIFTH_ARGUMENT_AT),
        *((_JUMP_EQUAL, 1, 0, 0), refuse),
        (_LOAD, 0, 0, _FIFTH_ARGUMENT_AT + 4),
        *((_JUMP_EQUAL, 1, 0, 0), refuse),
        allow,
        (_JUMP_EQUAL, 0, 3, _SOCKET),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *((_JUMP_EQUAL, 1, 0, int(socket.AF_UNIX)), refuse),
        allow,
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _install(program: bytes) -> bool:
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    libc = ctypes.CDLL(None, use_errno=True)
    whole = Program(len(program) // 8, program)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    done: int = libc.syscall(_SYS_SECCOMP, _SET_MODE_FILTER, _FOR_ALL_THREADS, ctypes.byref(whole))
    return done == 0


def _filters() -> int:
    """Return how many filters hold this process, as the kernel says."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("Seccomp_filters:"):
            return int(line.split()[1])
    return 0


def _can_make_a_socket() -> bool:
    try:
        socket.socket(socket.AF_INET).close()
    except PermissionError:
        return False
    return True
