"""Mutants that no test can notice, each with the reason: read by people, held to by the script."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

# By reason, the keys of which it is true: lines, in which * stands for anything.
_BY_REASON = {
    "The general way gives the same values; the one that is left out is shorter.": """
        ops/array/rearrange.py::_squeeze_grad::condition::* if True else *
        ops/elementwise/exponential.py::_power_grad::condition::if isinstance(y, Constant) and * -> if False: *
        ops/elementwise/exponential.py::_power_grad::condition::if isinstance(y, Constant): * -> if False: *
        ops/elementwise/exponential.py::_by_base::condition::x if exponent == 2 else * -> x if False else *
        ops/fourier.py::_rfft_grad::condition::if rest: * -> if True: *
        ops/linalg/contraction.py::_einsum_grad::condition::if not _spanned* -> if True*
        ops/linalg/contraction.py::_spanned::condition::if x.shape is None: * -> if True: *
        ops/linalg/contraction.py::_spanned::condition::all(*) -> False
        ops/linalg/product.py::_between::condition::if a.shape is None or b.shape is None: * -> if True: *
        ops/linalg/product.py::_undone::condition::if vector.shape is None: * -> if True: *
        ops/special/bessel.py::_iv_grad::condition::if op.order == 0* -> if False*
        ops/special/bessel.py::_jv_grad::condition::if op.order == 0* -> if False*
        ops/update.py::_index_set_grad::condition::if indices: * -> if True: *
        ops/scan.py::_cumprod_grad::condition::if not _count(op, x, op.axis): * -> if False: *
        ops/update.py::_index_multiply_grad::condition::if not indices: * -> if False: *
        primitives/convolutions.py::conv::condition::if _is_depthwise(* -> if False: *
        primitives/convolutions.py::conv_input::condition::if _is_depthwise(* -> if False: *
        primitives/convolutions.py::conv_kernel::condition::if _is_depthwise(* -> if False: *
        primitives/convolutions.py::_is_depthwise::condition::* -> False
        primitives/convolutions.py::_is_depthwise::constant::1 -> 2
        primitives/convolutions.py::_is_depthwise::constant::1 -> 2 #3
        primitives/functions.py::einsum::*::len(arrays) > 1 -> len(arrays) >= 1
        primitives/functions.py::einsum::constant::1 -> 2
        primitives/functions.py::index_add::condition::not apart and * -> any(*
        primitives/functions.py::index_add::condition::not apart and * -> not apart
        primitives/functions.py::put_along_axis_add::*::x.ndim - 1 -> *
        primitives/functions.py::put_along_axis_add::constant::1 -> 2 #3
        primitives/functions.py::put_along_axis_add::constant::1 -> 2 #4
        primitives/functions.py::index_add::condition::if not apart and * -> if True: *
        primitives/convolutions.py::_is_depthwise::condition::* -> w.shape[-2] == 1 and *
        primitives/convolutions.py::_is_depthwise::tie::g.groups > 1 -> g.groups >= 1
        primitives/index_rules.py::index::condition::if any((isinstance(p, Spec) * -> if True: *
        primitives/index_rules.py::index::statement::arrays.append(()) -> pass
        primitives/linear_algebra.py::over_gaps::condition::if np.any(close): * -> if True: *
        primitives/pooling.py::_target::condition::None if any(map(any, g.padding)) else out -> None if True else out
        primitives/scipy_functions.py::_ufunc::condition::if not _has_scipy(): * -> if False: *
        primitives/tracer.py::Traced.reshape::condition::len(shape) == 1 and * -> *
        primitives/windows.py::padded::condition::* -> if False: return x
        primitives/functions.py::put_along_axis_add::condition::if last and * -> if False: *
        primitives/functions.py::put_along_axis_add::condition::indices.shape == * != *
        primitives/functions.py::put_along_axis_add::condition::indices.shape == * -> indices.shape != *
        primitives/functions.py::put_along_axis_add::condition::if x.ndim == 2: * -> if False: *
        primitives/functions.py::entry_of_class::condition::if labels.ndim == 1: * -> if False: *
        primitives/pooling.py::to_largest::*::s >= d * (k - 1) + 1 -> s > d * (k - 1) + 1
        primitives/pooling.py::to_largest::sign::k - 1 -> k + 1
        primitives/pooling.py::to_largest::term::k - 1 -> k
        primitives/pooling.py::to_largest::constant::1 -> 2 #2
        primitives/pooling.py::to_largest::condition::None if apart else * -> None if False else *
        primitives/pooling.py::keep::condition::if x.itemsize <= 8: * -> if False: *
        primitives/pooling.py::keep::tie::x.itemsize <= 8 -> x.itemsize < 8
        primitives/pooling.py::_shared::condition::if np.count_nonzero(* -> if False: *
        primitives/pooling.py::_cropped::condition::out is None or total is out -> out is None
        optimizers/base.py::Optimizer._moved_one::condition::decay and self.decoupled -> self.decoupled
        optimizers/base.py::Optimizer._moved_one::condition::if decay: * -> if True: *
        optimizers/base.py::Optimizer._moved_one::condition::* -> conj(grad) if True else grad
    """,
    "The general way of arrays in another order, or of blocks, gives the same values by more calls.": """
        program/convolutions.py::_Made.product::condition::geometry.groups > 1 or spec.dtype not in FLOATS -> geometry.groups > 1
        program/convolutions.py::_Made.product::condition::is_known(s.shape) and size(s) and * -> is_known(s.shape) and s.dtype == spec.dtype
        program/convolutions.py::_to_largest::condition::if not all(* -> if True: *
        program/convolutions.py::_to_largest::swap::_takes_stack(made, r, at, stack) -> *
        program/convolutions.py::_takes_stack::condition::call is None -> call is not None
        program/convolutions.py::_takes_stack::constant::1 -> 2
        program/convolutions.py::_takes_stack::constant::2 -> 3
        program/convolutions.py::_takes_stack::condition::call.args[1].value if call.name == 'conv_input' else * -> call.args[1].value if False*
        program/layouts.py::_broadcast::tie::*
        program/layouts.py::_reduction::condition::if options.get('keepdims') * -> if True: *
        program/layouts.py::_reduction::tie::len(x.spec.shape) < 3 -> *
        program/layouts.py::_reduction::term::len(x.spec.shape) - 1 -> len(x.spec.shape)
        program/layouts.py::_reduction::none::rec.sum(* -> None
        program/layouts.py::_reduction::condition::if over == * -> if False: *
        program/layouts.py::_reduction::constant::1 -> 2 #4
        program/layouts.py::_reduction::none::rec.transpose(* -> None
        program/layouts.py::_pooled::condition::if turn is None or * -> if True: *
        program/layouts.py::_to_largest::condition::if turn is None or * -> if True: *
    """,
    "There is none of the pools that is no call, and no block is as good as an empty one.": """
        program/convolutions.py::_block::condition::r is None -> r is not None
        program/convolutions.py::_block::none::() -> None #2
    """,
    "What is begun with is 0, beside sizes of numbers, which are no less.": """
        program/layouts.py::_reduction::condition::options.get('keepdims') or options.get('initial') * -> options.get('keepdims') or len(x.spec.shape) < 3
    """,
    "The number stands where an operand is not taken: `where` chooses the other one.": """
        metrics.py::r2::constant::1 -> 2 #5
        primitives/linear_algebra.py::over_gaps::constant::1 -> 2 #5
        primitives/scipy_functions.py::gamma_slope::constant::0.0 -> 1.0
        primitives/scipy_functions.py::gamma_slope::constant::9 -> 10
        primitives/scipy_functions.py::gamma_slope::term::shape + 9 -> shape
        ops/linalg/norms.py::_norm_p_grad::constant::1 -> 2
        ops/linalg/spectral.py::_svd_grad::constant::1 -> 2 #2
        ops/reduction.py::_norm2_grad::constant::1 -> 2
        ops/special/information.py::_ratio::constant::1 -> 2
        ops/update.py::_index_multiply_grad::constant::1 -> 2 #3
        ops/update.py::_to_ties::constant::0 -> 1
        ops/update.py::_to_ties::constant::1 -> 2
    """,
    "What is changed is multiplied by 0 or has no entries.": """
        ops/elementwise/parts.py::_angle_grad::scale::grad * 0 -> *
        ops/linalg/norms.py::_norm_p_grad::constant::0 -> 1 #2
        ops/elementwise/exponential.py::_power_grad::constant::1 -> 2
        rewrite/softmaxes.py::term_of_entropy::constant::0 -> 1 #2
        ops/scan.py::_prod_grad::*::zeros_like(x) -> -zeros_like(x)
        ops/scan.py::_prod_grad::scale::zeros_like(x) -> *
        ops/scan.py::_prod_grad::function::zeros_like(x) -> x
        ops/scan.py::_cumprod_grad::sign::zeros_like(x) -> *
        ops/scan.py::_cumprod_grad::scale::zeros_like(x) -> *
        ops/scan.py::_cumprod_grad::function::zeros_like(x) -> x
        ops/scan.py::_recurrence::function::zeros_like(_part(x, axis, 0, 1)) -> *
        ops/scan.py::_before::tie::step < count -> step <= count
        ops/scan.py::_recurrence::tie::step < count -> step <= count
    """,
    "The function, or what is asked of the two, is symmetric in what is exchanged.": """
        losses.py::_pair::swap::maybe_equal(*
        losses.py::_reduced::swap::maybe_equal(*
        losses.py::_reduced::swap::broadcast(*
        optimizers/base.py::Optimizer._check_pairs::swap::maybe_equal(*
        optimizers/base.py::_as_rate::swap::maybe_equal(*
        primitives/*::swap::promote(*
        primitives/*::swap::shapes.broadcast(*
        primitives/*::swap::shapes.maybe_equal(*
        primitives/*::swap::shapes.merge(*
        primitives/*::swap::np.result_type(*
        primitives/linear_algebra.py::*::swap::_dtype(*
        primitives/linear_algebra.py::*::swap::_least(*
        primitives/linear_algebra.py::*::swap::_plus(*
        primitives/linear_algebra.py::svd::swap::np.swapaxes(*
        primitives/rules.py::angle::swap::resolve(*
        primitives/rules.py::matmul::swap::resolve(*
        primitives/scipy_functions.py::gamma_slope_rule::swap::*
        rewrite/engine.py::_check_replacement::swap::maybe_equal(*
        rewrite/logarithms.py::log_of_sum_of_exps::swap::a, b = *
        rewrite/patterns.py::beside::swap::a, b = *
        rewrite/patterns.py::complement::swap::a, b = *
        rewrite/roots.py::norm_of::swap::a, b = *
        rewrite/reductions.py::_restores::swap::surely_equal(*
        rewrite/reductions.py::_removes::swap::surely_equal(*
        rewrite/softmaxes.py::mean_weighed_by_exps::swap::a, b = *
        rewrite/softmaxes.py::mean_weighed_by_exps::swap::_fills(*
        rewrite/softmaxes.py::softmax_of_shifted::swap::maybe_equal(*
        rewrite/softplus.py::log_cosh_by_logaddexp::swap::x, y = *
        rewrite/spreads.py::covariance_by_hand::swap::x, y = *
        rewrite/spreads.py::covariance_by_hand::swap::surely_equal(*
        rewrite/spreads.py::covariance_by_hand::swap::a, b = *
        ops/array/rearrange.py::_swapaxes_grad::swap::*
        ops/special/gamma_functions.py::_betainc_grad::swap::betaln(a, b) -> betaln(b, a)
    """,
    "The loop of gradients takes the real part of a complex gradient of a real number.": """
        ops/fourier.py::_rfft_grad::function::real(*) -> *
        ops/elementwise/parts.py::_is_complex::condition::x.dtype.kind == 'c' -> True
        ops/elementwise/parts.py::_imag_grad::condition::* if True else grad * 0
        ops/elementwise/parts.py::_angle_grad::condition::if not _is_complex(x): * -> if False: *
    """,
    "NumPy takes any negative size for the one to be found.": """
        metrics.py::r2::constant::1 -> 2
        primitives/convolutions.py::_columns::constant::1 -> 2 #9
        primitives/functions.py::put_along_axis_add::constant::1 -> 2 #5
        primitives/functions.py::put_along_axis_add::constant::1 -> 2 #7
        primitives/functions.py::put_along_axis_add::constant::1 -> 2 #8
        primitives/functions.py::entry_of_class::constant::1 -> 2 #3
        ops/fourier.py::_irfft_grad::constant::1 -> 2 #5
    """,
    "An operation over an unknown rank or size is refused when it is made, or by the line before.": """
        ops/linalg/factorization.py::_qr_grad::condition::op.shape[-1] if op.shape is not None * if True *
        ops/scan.py::_count::condition::x.shape[axis] if x.shape is not None * if True *
        ops/scan.py::_before::condition::x.shape[axis] if x.shape is not None * if True *
        ops/scan.py::_recurrence::condition::x.shape[axis] if x.shape is not None * if True *
    """,
    "Where nothing is to be absorbed, absorbing changes no value.": """
        ops/barrier.py::Opaque.compute::flag::safe = True -> False
        ops/elementwise/arithmetic.py::Add.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Absorb.compute::flag::safe = True -> False
        ops/elementwise/parts.py::Conjugate.compute::flag::safe = True -> False
        ops/elementwise/parts.py::Imag.compute::flag::safe = True -> False
        ops/elementwise/parts.py::Real.compute::flag::safe = True -> False
        ops/elementwise/arithmetic.py::Cast.compute::flag::safe = True -> False
        ops/elementwise/arithmetic.py::Positive.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Clip.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Maximum.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Minimum.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Relu.compute::flag::safe = True -> False
        ops/elementwise/choice.py::Where.compute::flag::safe = True -> False
    """,
    "The general form gives the same with log(1) = 0 added.": """
        rewrite/logarithms.py::log_of_difference::constant::0 -> 1 #2
    """,
    "It bounds how far a rule looks or how often rules apply, and could be another number.": """
        primitives/linear_algebra.py::over_gaps::factor::4 * size -> *
        primitives/linear_algebra.py::over_gaps::constant::4 -> 5
        primitives/linear_algebra.py::over_gaps::factor::size * eps -> eps
        primitives/scipy_functions.py::_by_series::constant::100000 -> 100001
        primitives/scipy_functions.py::gamma_slope::constant::1 -> 2
        primitives/scipy_functions.py::gamma_slope::constant::1.25 -> 1.2625
        primitives/scipy_functions.py::gamma_slope::factor::1.25 * np.sqrt(shape) -> np.sqrt(shape)
        primitives/scipy_functions.py::gamma_slope::term::shape + 1 -> shape
        primitives/scipy_functions.py::gamma_slope::tie::*
        primitives/scipy_functions.py::_by_series::constant::1e-18 -> 1.01e-18
        primitives/scipy_functions.py::_by_series::factor::1e-18 * np.abs(total) -> 1e-18
        rewrite/engine.py::_Rewriter._settle_new::constant::1 -> 2 #2
        rewrite/engine.py::_Rewriter._settle_new::tie::*
        rewrite/patterns.py::terms::*len(found) + len(todo)*
        rewrite/patterns.py::signed_terms::tie::*
        rewrite/patterns.py::signed_terms::term::len(found) + len(todo) -> len(todo)
    """,
    "No node has the number of the mark: it was taken for the mark alone.": """
        rewrite/engine.py::_made_since::tie::*
    """,
    "A result that stands on the node it replaces would be replaced again, without end.": """
        rewrite/engine.py::_stood_on::tie::*
    """,
    "The number is never 0, and 1 where the bound is moved to.": """
        rewrite/logarithms.py::log_of_sinh::tie::k <= 0 -> k < 0
        rewrite/logarithms.py::log_of_expm1::tie::k < 0 -> k <= 0
    """,
    "The rule then applies where nothing can overflow as well, with the same value.": """
        rewrite/logarithms.py::log_of_difference::constant::True -> False
        rewrite/logarithms.py::log1p_of_exp::constant::True -> False*
        rewrite/logarithms.py::logs_to_other_bases::constant::True -> False
    """,
    "NumPy compares with a Python number in the precision of the array.": """
        rewrite/patterns.py::is_power_of_e::function::base.dtype.type(math.e) -> math.e
    """,
    "What is asked is only whether it is true.": """
        rewrite/positive.py::is_positive_constant::function::np.asarray(*
        rewrite/positive.py::is_positive_constant::function::bool(*
        rewrite/patterns.py::is_number::function::bool(*
        rewrite/patterns.py::is_power_of_e::function::bool(*
    """,
    "The logarithm of 1 that is added then is 0.": """
        rewrite/logarithms.py::log_of_expm1::function::abs(k) -> k
    """,
    "A quotient by 0 is infinite or NaN in either form.": """
        rewrite/roots.py::_is_positive::tie::value > 0 -> value >= 0
    """,
    "The other operand is no exponential then, which is asked next.": """
        rewrite/sigmoids.py::gate_of_exp::statement::continue -> pass
    """,
    "Rounded square roots of 2 differ by less, other numbers by more.": """
        rewrite/special_functions.py::gelu_by_hand::tie::abs(c - slope) < 1e-15 -> *
        rewrite/special_functions.py::gelu_by_hand::constant::1e-15 -> 1.01e-15
    """,
    "Both say that the maximum is over all axes.": """
        rewrite/softmaxes.py::softmax_of_shifted::constant::False -> True
    """,
    "The product with -1 is the negative.": """
        rewrite/sigmoids.py::inverse_of_exp::constant::1 -> 2 #4
    """,
    "Sizes are known when values are computed; the gradient is one formula in either form.": """
        rewrite/reductions.py::_is_count::constant::0 -> 1 #2
    """,
    "It is 0 or NaN: what is added may as well be taken away.": """
        rewrite/logarithms.py::log_of_gamma::sign::*
    """,
    "Only whether it is 0 is asked.": """
        ops/scan.py::_count::sign::size -> -size
        ops/scan.py::_count::scale::size -> *
    """,
    "R times the adjoint of what is below the diagonal is above it, and there M is not read.": """
        ops/linalg/factorization.py::_qr_grad::function::triu(grad[..., -size:, :]) -> *
    """,
    "Both formulas give the same number there.": """
        losses.py::huber_loss::tie::error <= delta -> error < delta
        schedules.py::one_cycle::tie::step <= top -> step < top
        schedules.py::warm_up::tie::step < warm_up_steps -> step <= warm_up_steps
    """,
    "A number is drawn there with probability 0.": """
        initializers.py::truncated_normal::tie::np.abs(drawn) > bound -> np.abs(drawn) >= bound
    """,
    "Where columns are orthonormal and as many as rows, rows are so too.": """
        initializers.py::orthogonal::tie::rows >= columns -> rows > columns
    """,
    "Only whether it is negative is asked.": """
        metrics.py::_whole::constant::1 -> 2
    """,
    "Only the square of the running mean is taken.": """
        optimizers/adaptive.py::RMSPropOptimizer.move::sign::self._decay * mean + (1 - self._decay) * grad -> *
    """,
    "It is 0 in the shape of the steps.": """
        schedules.py::piecewise::sign::values[0] + 0 * step -> *
    """,
    "Only the dtype is asked for.": """
        optimizers/clipping.py::_like::constant::0 -> 1
        primitives/linear_algebra.py::_floats::constant::0 -> 1
        primitives/rules.py::real_part::constant::0 -> 1
        primitives/spectral.py::irfft_rule::constant::0 -> 1
    """,
    "It has no gradient.": """
        ops/special/gamma_functions.py::GammaSlope.compute::flag::safe = False -> True
    """,
    "A copy has the same values.": """
        primitives/functions.py::mean::constant::False -> True
        primitives/linear_algebra.py::eig::constant::False -> True
        primitives/linear_algebra.py::eigh::constant::False -> True
        primitives/linear_algebra.py::svd::constant::False -> True #2
    """,
    "No dtype has 9 bytes.": """
        primitives/pooling.py::keep::constant::8 -> 9
    """,
    "It is multiplied by 0 there.": """
        primitives/scipy_functions.py::_by_series::constant::1 -> 2
    """,
    "Float32 is as wide as float32.": """
        primitives/scipy_functions.py::_floating::constant::4 -> 5
        primitives/scipy_functions.py::_floating::tie::dtype.itemsize < 4 -> dtype.itemsize <= 4
    """,
    "One axis and one axis broadcast to one axis.": """
        primitives/rules.py::einsum::condition::shapes.broadcast(* or (None,) -> shapes.broadcast(*
    """,
    "The sum is taken where all are integers.": """
        primitives/linear_algebra.py::_plus::condition::for s in sizes if isinstance(s, int) -> for s in sizes
    """,
    "Any two numbers that differ will do.": """
        primitives/scipy_functions.py::expm_rule::constant::1 -> 2 #2
    """,
    "The integral is the same at any rate; that of the density needs the fewest nodes.": """
        primitives/scipy_functions.py::_by_tail::constant::1 -> 2
        primitives/scipy_functions.py::_by_tail::constant::1 -> 2 #2
        primitives/scipy_functions.py::_by_tail::sign::a - 1 -> a + 1
        primitives/scipy_functions.py::_by_tail::term::1 - (a - 1) / x -> 1
        primitives/scipy_functions.py::_by_tail::term::a - 1 -> a
        primitives/scipy_functions.py::_by_tail::term::a - 1 -> -1
    """,
    "The matrix is square.": """
        primitives/linear_algebra.py::cofactors::constant::False -> True
        ops/linalg/solving.py::_expm_grad::constant::1 -> 2
    """,
    "Where equal eigenvalues have unequal slopes the first derivative, which it contains, raises.": """
        ops/linalg/spectral.py::_over_gaps_grad::function::zeros_like(slopes) -> slopes
    """,
    "The part that is left out is the gradient by a phase, on which no result may depend.": """
        ops/linalg/spectral.py::_eig_grad::function::real(*) -> *
    """,
    "It is 0 but for roundings, and there so that equal values with unequal slopes raise.": """
        ops/linalg/spectral.py::_svdvals_grad::function::zeros_like(adjoint(U) @ U) -> *
        ops/linalg/spectral.py::_svdvals_grad::sign::outer * * - outer @ nothing
    """,
    "The real part of real numbers is themselves.": """
        ops/linalg/spectral.py::_svd_grad::condition::real(n) if n.dtype.kind == 'c' else n -> real(n) if True else n
    """,
    "The table is filled when the module is imported, before anything is damaged.": """
        program/canonical.py::_form::statement::*
        program/canonical.py::_form::none::add -> None
        program/layouts.py::_behind::none::*
    """,
    "It estimates a time, by which one of several ways to the same values is taken.": """
        program/convolution_costs.py::_cost::term::(n + sum(pads) - d * (k - 1) - 1) // s + 1 -> (n + sum(pads) - d * (k - 1) - 1) // s
        program/convolution_costs.py::_cost::constant::1 -> 2 #3
        program/convolution_costs.py::_cost::condition::counts[-1] if strides[-1] == 1 else 1 -> counts[-1] if True else 1
        program/convolution_costs.py::_cost::constant::1 -> 2 #11
        program/convolution_costs.py::_cost::condition::along * x[0] if x[0] > 1 else counts[-1] -> along * x[0] if True *
        program/convolution_costs.py::_cost::constant::0 -> 1 #2
        program/convolution_costs.py::_cost::sign::_ENTRY + _BESIDE -> _ENTRY - _BESIDE
        program/convolution_costs.py::_cost::term::_COPIED + _ADDED -> _COPIED
        program/convolution_costs.py::_cost::condition::g.dilation[-1] == 1 -> g.dilation[-1] != 1
    """,
    "It bounds the length of a text or of a list that is tidied up now and then.": """
        program/printing.py::CallPrinter._statement::tie::len(text) <= _LONGEST_PART -> *
        graph/graph.py::Ledger._sweep::constant::2 -> 3
        graph/leaves.py::_shorten::constant::60 -> 61
    """,
    "A number times 1 is that number by an equation before.": """
        program/algebra/matrices.py::_is_square::tie::*
    """,
    "All calls of it are made by the gradient of max_pool, of operands that belong together.": """
        program/algebra/pooling.py::largest_of_shifted::condition::inner is None or * -> outer is None or *
        program/algebra/pooling.py::largest_of_shifted::condition::pooled[1:] != * -> not alike(inner[1], outer[1])
    """,
    "The width of no lines, and of the last column, whose blanks are cut off.": """
        program/program.py::Program.dump::constant::0 -> 1
        program/program.py::Program.dump::constant::0 -> 1 #2
    """,
    "A name that is taken gets another number behind it.": """
        program/naming.py::Names.free::constant::1 -> 2
    """,
    "Sums of two are the same in either order.": """
        program/batching.py::_Edit.add::swap::*
    """,
    "The order of numbers stands for every order of axes of a vector.": """
        graph/arithmetic.py::Arithmetic.transpose::condition::len(axes) == 1 and * -> len(axes) == 1
    """,
    "What is said is what holds if nothing is said.": """
        graph/node.py::Node._enter::condition::if now.role != 'forward': * -> if True: *
    """,
    "No other node has such a number, or such a name.": """
        graph/graph.py::Ledger.adopt::condition::if node._own_name is not None: * -> if True: *
        graph/graph.py::Graph._of::constant::1 -> 2
    """,
    "A float64 stays one where it is widened.": """
        copies.py::is_narrow::constant::8 -> 9
    """,
    "Both sides are float64 where the bound is reached.": """
        function/function.py::_as_arrays::tie::real.itemsize < 8 -> real.itemsize <= 8
    """,
    "Nodes that several read are looked at again, or all of them: the same ones are found.": """
        rewrite/engine.py::_made_since::condition::if node.number > mark and node.number not in found: * -> if True: *
        rewrite/engine.py::_made_since::condition::node.number > mark and node.number not in found -> node.number*
        rewrite/engine.py::_stood_on::condition::if node.number not in kept: * -> if True: *
        rewrite/engine.py::_stood_on::condition::if node.number > mark or node.number in seen: * -> if True: *
        rewrite/engine.py::_reached::condition::node.number not in kept and * -> node.number not in kept and (not node.is_constant)
    """,
    "A rule is tried over such an operand alone (`over`), and the operation has one.": """
        rewrite/log_forms.py::log_odds_by_hand::condition::look(ratio.inputs[1], Subtract) if ratio is not None * if True *
        rewrite/log_forms.py::log_odds_by_hand::condition::ratio is None or rest is None or * -> rest is None or *
        rewrite/log_forms.py::arctanh_by_hand::condition::ratio is None or * -> not _is_float(ratio)
        rewrite/log_forms.py::arcsinh_by_hand::condition::total is None or * -> not _is_float(total)
        rewrite/log_forms.py::log_of_one_plus::condition::if total is None: * -> if False: *
        rewrite/logarithms.py::log_of_softmax::condition::* if p is not None else None -> * if True else None
        rewrite/logarithms.py::log_of_sigmoid_slope::condition::found is None or * -> found.inputs[0].dtype.kind != 'f'
        rewrite/logarithms.py::log_of_cosh::condition::found is None or * -> found.inputs[0].dtype.kind != 'f'
        rewrite/logarithms.py::log_of_i0::condition::found is None or found.order != 0 or * -> found.order != 0 or *
        rewrite/logarithms.py::log_of_prod::condition::found is None or * -> not is_exponential(found.inputs[0])
        rewrite/logarithms.py::log_of_product_with_weights::condition::if found is None: * -> if False: *
    """,
    "Of whole numbers it has the same value in stable form, and of complex ones there is none.": """
        rewrite/logarithms.py::log_of_erfc::condition::if found is None or * -> if False: *
        rewrite/logarithms.py::log_of_erfc::condition::found is None or * -> found is None
        rewrite/logarithms.py::log_of_i0::condition::found is None or found.order != 0 or * -> found is None or found.order != 0
    """,
    "The logarithm of an exponential needs no absolute value, and has the same with one.": """
        rewrite/log_forms.py::log_of_power::condition::n % 2 == 0 and (not is_exponential(x)) -> n % 2 == 0
    """,
}
REASONS: dict[str, str] = {
    line.strip(): why for why, lines in _BY_REASON.items() for line in lines.strip().splitlines()
}


def reason_for(key: str) -> str | None:
    """Why the mutant cannot be noticed, if that is known."""
    return next((why for pattern, why in REASONS.items() if matches(pattern, key)), None)


def matches(pattern: str, key: str) -> bool:
    """Whether a key is meant by a pattern, in which only * is special."""
    return fnmatchcase(key, pattern.replace("[", "[[]").replace("?", "[?]"))


def stale(noticed: Iterable[str]) -> list[str]:
    """The reasons for mutants that were noticed after all."""
    keys = list(noticed)
    return [p for p in REASONS if any(matches(p, key) for key in keys)]
