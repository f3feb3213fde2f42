"""Forms of the elementwise operations."""

from __future__ import annotations

from ..domains import (
    ANY,
    BOOLEANS,
    HALVES,
    NOT_ZERO,
    POSITIVE,
    STEPS,
    integers,
    reals,
)
from .form import Form

_MODERATE = reals(-6, 6)
_INSIDE = reals(-0.9, 0.9)
_COUNT = integers(0, 5)
_FAR, _NEAR = reals(2.1, 2.9), reals(1.1, 1.9)  # whose quotient is no integer

ARITHMETIC = [
    Form("Negative", "-{0}", (ANY,)),
    Form("Add", "{0} + {1}", (ANY, ANY)),
    Form("Multiply", "{0} * {1}", (ANY, ANY)),
    Form("Subtract", "{0} - {1}", (ANY, ANY)),
    Form("Divide", "{0} / {1}", (ANY, NOT_ZERO)),
    Form("Add", "{0} + {number}", (ANY,)),
    Form("Add", "{number} + {0}", (ANY,)),
    Form("Add", "{0} + {1}", (_COUNT, _COUNT)),
    Form("Multiply", "{0} * {number}", (ANY,)),
    Form("Multiply", "{number} * {0}", (ANY,)),
    Form("Multiply", "{0} * {1}", (ANY, _COUNT)),
    Form("Subtract", "{number} - {0}", (ANY,)),
    Form("Subtract", "{0} - {number}", (ANY,)),
    Form("Divide", "{number} / {0}", (NOT_ZERO,)),
    Form("Divide", "{0} / {number}", (ANY,)),
    Form("Square", "gf.square({0})", (reals(-9, 9),)),
    Form("Power", "{0} ** 2", (reals(-9, 9),)),
    Form("Power", "{0} ** 3", (_MODERATE,)),
    Form("Power", "{0} ** 0.5", (POSITIVE,)),
    Form("Power", "{0} ** -1", (NOT_ZERO,)),
    Form("Power", "{0} ** {1}", (POSITIVE, reals(-3, 3))),
    Form("Sqrt", "gf.sqrt({0})", (POSITIVE,)),
    Form("Cbrt", "gf.cbrt({0})", (NOT_ZERO,)),
    Form("Reciprocal", "gf.reciprocal({0})", (NOT_ZERO,)),
    Form("FloorDivide", "gf.floor_divide({0}, {1})", (_FAR, _NEAR)),
    Form("Remainder", "gf.remainder({0}, {1})", (_FAR, _NEAR)),
    Form("Fmod", "gf.fmod({0}, {1})", (_FAR, _NEAR)),
    Form("Positive", "gf.positive({0})", (ANY,)),
    Form("Absolute", "gf.abs({0})", (NOT_ZERO,)),
    Form("Sign", "gf.sign({0})", (NOT_ZERO,)),
    Form("Floor", "gf.floor({0})", (STEPS,)),
    Form("Ceil", "gf.ceil({0})", (STEPS,)),
    Form("Trunc", "gf.trunc({0})", (STEPS,)),
    Form("Rint", "gf.rint({0})", (HALVES,)),
    Form("Cast", "gf.cast({0}, np.float64)", (ANY,)),
    Form("Cast", "gf.cast({0}, np.float32)", (ANY,)),
    Form("Cast", "gf.cast({0}, np.float64)", (_COUNT,)),
    Form("Cast", "gf.cast({0}, np.float64)", (BOOLEANS,)),
]

EXPONENTIAL = [
    Form("Exp", "gf.exp({0})", (_MODERATE,)),
    Form("Log", "gf.log({0})", (POSITIVE,)),
    Form("Sigmoid", "gf.sigmoid({0})", (ANY,)),
    Form("Exp2", "gf.exp2({0})", (_MODERATE,)),
    Form("Expm1", "gf.expm1({0})", (_MODERATE,)),
    Form("Log2", "gf.log2({0})", (POSITIVE,)),
    Form("Log10", "gf.log10({0})", (POSITIVE,)),
    Form("Log1p", "gf.log1p({0})", (reals(-0.9, 5),)),
    Form("Logaddexp", "gf.logaddexp({0}, {1})", (ANY, ANY)),
    Form("LogSigmoid", "gf.log_sigmoid({0})", (ANY,)),
    Form("SigmoidSlope", "gf.ops.elementwise.sigmoid_slope({0})", (_MODERATE,)),
    Form("Log1mexp", "gf.ops.elementwise.log1mexp({0})", (reals(-9, -0.1),)),
    Form("InverseExpm1", "gf.ops.elementwise.inverse_expm1({0})", (reals(-9, 9, but=(0.0,)),)),
    Form("LogCosh", "gf.ops.elementwise.log_cosh({0})", (ANY,)),
    Form("Sqrt1pm1", "gf.ops.elementwise.sqrt1pm1({0})", (reals(-0.8, 9),)),
    Form("Log1pSquare", "gf.ops.elementwise.log1p_square({0})", (ANY,)),
    Form("Share", "gf.ops.elementwise.share({0}, {1})", (POSITIVE, POSITIVE)),
    Form("AbsShare", "gf.ops.elementwise.abs_share({0}, {1})", (NOT_ZERO, POSITIVE)),
    Form("Powm1", "gf.ops.elementwise.powm1({0}, 0.3)", (POSITIVE,)),
    Form("LessLine", "gf.ops.elementwise.less_line('sin', {0})", (ANY,)),
    Form("LogShare", "gf.ops.elementwise.log_share({0})", (POSITIVE,)),
    Form("Log1pmx", "gf.ops.elementwise.log1pmx({0})", (reals(-0.8, 5),)),
    Form("Expm1mx", "gf.ops.elementwise.expm1mx({0})", (_MODERATE,)),
    Form("ExpArcsinh", "gf.ops.elementwise.exp_arcsinh({0})", (_MODERATE,)),
    Form("Softplus", "gf.softplus({0})", (ANY,)),
    Form("Silu", "gf.nn.silu({0})", (reals(-9, 9),)),
    Form("Gelu", "gf.nn.gelu({0})", (_MODERATE,)),
    Form("Mish", "gf.nn.mish({0})", (reals(-9, 9),)),
]

TRIGONOMETRIC = [
    Form("Tanh", "gf.tanh({0})", (ANY,)),
    Form("Sin", "gf.sin({0})", (ANY,)),
    Form("Cos", "gf.cos({0})", (ANY,)),
    Form("Tan", "gf.tan({0})", (reals(-1.4, 1.4),)),
    Form("Arcsin", "gf.arcsin({0})", (_INSIDE,)),
    Form("Arccos", "gf.arccos({0})", (_INSIDE,)),
    Form("Arctan", "gf.arctan({0})", (ANY,)),
    Form("Arctan2", "gf.arctan2({0}, {1})", (NOT_ZERO, reals(0.1, 9))),
    Form("Hypot", "gf.hypot({0}, {1})", (NOT_ZERO, NOT_ZERO)),
    Form("HypotLess", "gf.ops.elementwise.hypot_less({0}, 0.5)", (ANY,)),
    Form("HypotShare", "gf.ops.elementwise.hypot_share({0}, {1})", (NOT_ZERO, NOT_ZERO)),
    Form("Arccot", "gf.ops.elementwise.arccot({0})", (NOT_ZERO,)),
    Form("Sinh", "gf.sinh({0})", (_MODERATE,)),
    Form("Cosh", "gf.cosh({0})", (_MODERATE,)),
    Form("Arcsinh", "gf.arcsinh({0})", (ANY,)),
    Form("Arccosh", "gf.arccosh({0})", (reals(1.1, 9),)),
    Form("Arctanh", "gf.arctanh({0})", (_INSIDE,)),
    Form("SechSquared", "gf.ops.elementwise.sech_squared({0})", (_MODERATE,)),
    Form("Real", "gf.real({0} * (1 + 2j))", (ANY,)),
    Form("Imag", "gf.imag({0} * 2j)", (ANY,)),
    Form("Conjugate", "gf.conj({0})", (ANY,)),
    Form("Conjugate", "gf.real(gf.conj({0} * 2j) * (1 - 1j))", (ANY,)),
    Form("Angle", "gf.angle(1j + {0})", (ANY,)),
]

COMPARISON = [
    *[
        Form(op, f"{{0}} {sign} {{1}}", (ANY, ANY), apart=True)
        for op, sign in [
            ("Less", "<"), ("LessEqual", "<="), ("Greater", ">"), ("GreaterEqual", ">="),
            ("Equal", "=="), ("NotEqual", "!="),
        ]
    ],
    Form("LogicalAnd", "gf.logical_and({0}, {1})", (BOOLEANS, BOOLEANS)),
    Form("LogicalOr", "gf.logical_or({0}, {1})", (BOOLEANS, BOOLEANS)),
    Form("LogicalXor", "gf.logical_xor({0}, {1})", (BOOLEANS, BOOLEANS)),
    Form("BitwiseAnd", "{0} & {1}", (BOOLEANS, BOOLEANS)),
    Form("BitwiseOr", "{0} | {1}", (_COUNT, _COUNT)),
    Form("BitwiseXor", "{0} ^ {1}", (_COUNT, _COUNT)),
    Form("LogicalNot", "gf.logical_not({0})", (BOOLEANS,)),
    Form("Invert", "~{0}", (integers(-5, 5),)),
    Form("Isfinite", "gf.isfinite({0})", (ANY,)),
    Form("Isinf", "gf.isinf({0})", (ANY,)),
    Form("Isnan", "gf.isnan({0})", (ANY,)),
    Form("Signbit", "gf.signbit({0})", (NOT_ZERO,)),
    Form("LeftShift", "gf.left_shift({0}, {1})", (_COUNT, _COUNT)),
    Form("RightShift", "gf.right_shift({0}, {1})", (integers(0, 99), _COUNT)),
]  # fmt: skip

CHOICE = [
    Form("Maximum", "gf.maximum({0}, {1})", (ANY, ANY), apart=True),
    Form("Minimum", "gf.minimum({0}, {1})", (ANY, ANY), apart=True),
    Form("Relu", "gf.relu({0})", (NOT_ZERO,)),
    Form("Where", "gf.where({0}, {1}, {2})", (BOOLEANS, ANY, ANY)),
    Form("Where", "gf.where({0} > 0, {1}, 0.0)", (NOT_ZERO, ANY)),
    Form("Clip", "gf.clip({0}, -1.0, 1.5)", (reals(-9, 9, but=(-1.0, 1.5)),)),
    Form("Clip", "gf.clip({0}, {1}, {2})", (reals(0.1, 0.4), reals(-1, 0), reals(0.6, 2))),
    Form("Absorb", "gf.ops.elementwise.absorb({0}, {1})", (ANY, NOT_ZERO)),
    Form("StopGradient", "gf.stop_gradient({0})", (ANY,)),
    Form("Opaque", "gf.ops.barrier.Opaque({0})", (ANY,)),
    Form("Tap", "gf.ops.tap.Tap({0}, function=lambda *shown: None)", (ANY,)),
    Form("Print", "gf.ops.tap.Print({0}, function=lambda *shown: None)", (ANY,)),
    Form("After", "gf.ops.tap.After({0}, {1})", (ANY, ANY)),
    Form(
        "CustomGradient",
        "gf.custom_gradient(lambda v: (gf.sin(v), lambda grad: grad * gf.cos(v)))({0})",
        (ANY,),
    ),
    Form(
        "PyFunc",
        "gf.py_func(np.sin, [{0}], {0}.shape, {0}.dtype,"
        " grad=lambda op, grad: grad * gf.cos(op.inputs[0]))",
        (ANY,),
    ),
]

ELEMENTWISE = [*ARITHMETIC, *EXPONENTIAL, *TRIGONOMETRIC, *COMPARISON, *CHOICE]
