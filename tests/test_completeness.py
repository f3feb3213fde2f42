"""Every operation has its row of tests and its gradient; everything public is said what it is."""

import builtins
import inspect

import pytest
from cases import CASES

import graphflow as gf
from graphflow import ops, registry
from graphflow.graph import Operation

# What gradients are made of: functions of the package itself, not of its face.
INTERNAL = {
    "abs_share", "absorb", "arccot", "broadcast_like", "coth_part", "count", "erfc_ratio",
    "exp_arcsinh",
    "exp_quotient", "expm1mx", "hypot_less", "hypot_share", "index_at", "inverse_expm1",
    "less_line", "log1mexp",
    "log1p_square", "log1pmx", "log1prel", "log_cosh", "log_erfc", "log_erfcx", "log_i0",
    "log_share", "log_sinhc", "powm1", "reshape_like", "same_shape", "share",
    "sech_squared", "sigmoid_slope",
    "sinhc", "sqrt1pm1", "sum_to", "weighted_logsumexp",
}  # fmt: skip
# Of random draws there is no value to equal: their tests are of distributions.
RANDOM = {"graphflow.ops.random"}
ON_ARRAYS = {"graphflow.ops.on_arrays"}  # what users' own classes are made of

OPERATIONS = {
    name: cls
    for name, cls in registry.operations().items()
    if cls.__module__.startswith("graphflow.ops.")
    and cls.__module__ not in ON_ARRAYS
    and (cls.compute is not Operation.compute or cls.is_update)
}
VALUED = {name: cls for name, cls in OPERATIONS.items() if not cls.is_update}
FAMILIES = {family.__name__: family for family in ops.FAMILIES}
NAMESPACES = [gf, gf.nn, gf.random, gf.linalg, gf.special, gf.losses, gf.fft]


@pytest.mark.parametrize("name", sorted(VALUED))
def test_every_operation_has_a_row_of_cases(name):
    if VALUED[name].__module__ not in RANDOM:
        assert name in {case.op for case in CASES}, f"add a row for {name} to tests/cases.py"


def test_every_row_is_of_an_operation():
    assert {case.op for case in CASES} <= set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(VALUED))
def test_every_operation_has_a_gradient_or_says_it_has_none(name):
    assert registry.has_rule(VALUED[name]), f'write a rule, or NotDifferentiable("{name}")'


@pytest.mark.parametrize("name", sorted(registry.functions))
def test_every_function_of_operations_is_public(name):
    function = registry.functions[name]
    if name in INTERNAL:
        return
    called = [(s, own) for s in NAMESPACES for own in vars(s) if vars(s)[own] is function]
    assert called, f"{name} is in none of {[space.__name__ for space in NAMESPACES]}"
    shown = any(own in space.__all__ for space, own in called)
    assert shown or hasattr(builtins, name), f"{name} is missing in __all__"


def public():
    """All that is named in an `__all__` of the package's face."""
    modules = [gf, *(m for m in map(vars(gf).get, gf.__all__) if inspect.ismodule(m))]
    for module in modules:
        for name in getattr(module, "__all__", ()):
            value = getattr(module, name)
            if callable(value) or inspect.ismodule(value):
                yield f"{module.__name__}.{name}", value
    for name, function in registry.functions.items():
        yield name, function


@pytest.mark.parametrize(("name", "value"), sorted(dict(public()).items()))
def test_every_public_name_is_documented(name, value):
    text = inspect.getdoc(value)
    assert text, f"{name} has no docstring"
    if inspect.isclass(value) and not issubclass(value, Exception):
        for method, member in vars(value).items():
            if inspect.isfunction(member) and not method.startswith("_"):
                assert inspect.getdoc(getattr(value, method)), f"{name}.{method} has no docstring"


def test_parameters_are_called_as_numpy_calls_them():
    own = {"name"}
    for name, function in registry.functions.items():
        parameters = set(inspect.signature(function).parameters)
        if "axis" in parameters and name not in INTERNAL:
            assert not parameters & {"dim", "axes", "keep_dims", "keepdim"} - own, name
