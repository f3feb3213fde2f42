"""Allocations that fail inside NumPy: a memory handler that gives up at the n-th call.

Source: NEP 49, "Data allocation strategies"; the places of the functions in NumPy's table of its C
API are those of `numpy/_core/code_generators/numpy_api.py`.
"""

import ctypes
from contextlib import contextmanager

import numpy as np

_SET_HANDLER, _GET_HANDLER = 304, 305  # PyDataMem_SetHandler, PyDataMem_GetHandler
_SIZE, _POINTER = ctypes.c_size_t, ctypes.c_void_p
_ARGUMENTS = {
    "malloc": (_POINTER, _POINTER, _SIZE),
    "calloc": (_POINTER, _POINTER, _SIZE, _SIZE),
    "realloc": (_POINTER, _POINTER, _POINTER, _SIZE),
}
_KINDS = {name: ctypes.CFUNCTYPE(*kinds) for name, kinds in _ARGUMENTS.items()}


class _Handler(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("ctx", _POINTER),
        *_KINDS.items(), ("free", _POINTER),
    )  # fmt: skip


_python = ctypes.pythonapi
_python.PyCapsule_New.restype = ctypes.py_object
_python.PyCapsule_New.argtypes = (_POINTER, ctypes.c_char_p, _POINTER)
_python.PyCapsule_GetPointer.restype = _POINTER
_python.PyCapsule_GetPointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
_NAME = b"mem_handler"  # which capsules point to
_table = ctypes.cast(
    _python.PyCapsule_GetPointer(np._core._multiarray_umath._ARRAY_API, None),
    ctypes.POINTER(_POINTER),
)
_set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(_table[_SET_HANDLER])
_get_handler = ctypes.PYFUNCTYPE(ctypes.py_object)(_table[_GET_HANDLER])
_own = _Handler.from_address(_python.PyCapsule_GetPointer(_get_handler(), _NAME))

_asked = 0
_last = -1  # the number of the allocation that fails


def _granted():
    global _asked
    _asked += 1
    return _asked != _last


def _or_none(name):
    """NumPy's own function, which runs under the lock of the interpreter, or no memory."""
    address = ctypes.cast(getattr(_own, name), _POINTER).value
    own = ctypes.PYFUNCTYPE(*_ARGUMENTS[name])(address)
    return _KINDS[name](lambda *given: own(*given) if _granted() else None)


# What frees is NumPy's own function: it is called while errors are on their way.
_functions = [_or_none(name) for name in _ARGUMENTS]
_failing = _Handler(b"failing", 1, _own.ctx, *_functions, _own.free)
_capsule = _python.PyCapsule_New(ctypes.addressof(_failing), _NAME, None)


@contextmanager
def failing(number):
    """The `number`th allocation for an array fails; what it gives says how many were asked for."""
    global _asked, _last
    _asked, _last = 0, number
    before = _set_handler(_capsule)
    try:
        yield lambda: _asked
    finally:
        _last = -1
        _set_handler(before)
