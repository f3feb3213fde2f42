"""The benchmarks' steps agree at tiny sizes, their check notices errors, and their page is made."""

import importlib
import inspect
import os
import sys
from pathlib import Path
from time import process_time, sleep

import numpy as np
import pytest

from benchmarks import counts, report, scaling
from benchmarks.child import seconds_per_step
from benchmarks.engines import ENGINES, graphflow
from benchmarks.measure import Budget, compare
from benchmarks.problem import TOLERANCE, Problem, Step, Workload, difference, outcome
from benchmarks.processes import Child
from benchmarks.workloads import WORKLOADS, elementwise, rosenbrock

BY_HAND = [(w.name, engine) for w in WORKLOADS.values() for engine in w.by_hand]


def built(workload: Workload, engine: str) -> tuple[Step, Problem]:
    problem = workload.make(True)
    if engine in workload.by_hand:
        return workload.by_hand[engine](problem), problem
    module = importlib.import_module(f"benchmarks.engines.{ENGINES[engine].module}")
    return module.build(problem, ENGINES[engine].variant), problem


def results(name: str, engine: str) -> list[np.ndarray]:
    step, problem = built(WORKLOADS[name], engine)
    return outcome(step, problem)


@pytest.fixture(scope="module")
def reference() -> dict[str, list[np.ndarray]]:
    """Values, gradients and moves of parameters by autograd, of every workload."""
    return {name: results(name, "autograd") for name in WORKLOADS}


@pytest.mark.parametrize(("name", "engine"), [*BY_HAND, *((n, "graphflow") for n in WORKLOADS)])
def test_a_step_gives_what_autograd_gives(name, engine, reference):
    problem = WORKLOADS[name].make(True)
    assert difference(results(name, engine), reference[name], problem) == ""


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_step_on_jax_gives_what_autograd_and_the_other_backend_give(name, reference):
    pytest.importorskip("jax")
    problem = WORKLOADS[name].make(True)
    found = results(name, "graphflow-jax")
    assert difference(found, reference[name], problem) == ""
    assert difference(found, results(name, "graphflow"), problem, {8: 1e-12, 4: 1e-5}) == ""


@pytest.mark.skipif(os.environ.get("GRAPHFLOW_DEEP") != "1", reason="GRAPHFLOW_DEEP=1 runs it")
@pytest.mark.filterwarnings("ignore:jax. compiling:RuntimeWarning")  # W7 takes XLA a minute
@pytest.mark.parametrize(
    "name", [name for name in WORKLOADS if name != "W7L"]
)  # three times W7: nine times as long
def test_both_backends_give_equal_results_at_full_size(name):
    pytest.importorskip("jax")
    problem = WORKLOADS[name].make(False)
    on_jax, on_numpy = (outcome(graphflow.build(problem, v), problem) for v in ("jax", ""))
    limits = {8: 1e-12, 4: TOLERANCE[4]}
    assert difference(on_jax, on_numpy, problem, limits) == ""


def test_a_step_for_a_gpu_says_why_it_cannot_be():
    jax = pytest.importorskip("jax")
    if jax.default_backend() == "gpu":
        pytest.skip("there is a GPU: the step can be")
    for engine in ("jax-gpu", "graphflow-jax-gpu"):
        with pytest.raises(NotImplementedError, match="JAX sees no GPU, only cpu"):
            built(WORKLOADS["W3"], engine)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_is_compared_with_something_to_differ_in(name, reference):
    problem = WORKLOADS[name].make(True)
    assert len(reference[name]) >= 3
    for i, array in enumerate(reference[name]):
        wrong = [a.copy() for a in reference[name]]
        wrong[i] = array * 1.01 + 1e-6
        assert f"result {i} is off" in difference(wrong, reference[name], problem)


def test_the_check_notices_a_missing_result_and_another_shape(reference):
    problem = WORKLOADS["W3"].make(True)
    found = reference["W3"]
    assert "results instead of" in difference(found[:-1], found, problem)
    assert "has shape (1,)" in difference([found[0][None], *found[1:]], found, problem)
    assert "is off" in difference([found[0] * np.nan, *found[1:]], found, problem)


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_value_alone_is_the_first_one_of_the_step(name, reference):
    if WORKLOADS[name].make(True).direction is None:
        value = np.asarray(built(WORKLOADS[name], "graphflow-forward")[0].run())
        np.testing.assert_allclose(value, reference[name][0], rtol=1e-5)


@pytest.mark.parametrize("tile", [1, 3, 7, 19, None])
def test_tiles_of_any_size_give_the_same(tile, reference):
    cases = [
        ("W6", elementwise.in_tiles), ("W11", rosenbrock.in_tiles),
        ("W11H", rosenbrock.product_in_tiles),
    ]  # fmt: skip
    for name, in_tiles in cases:
        problem = WORKLOADS[name].make(True)
        found = outcome(in_tiles(problem, tile), problem)
        assert difference(found, reference[name], problem) == ""


@pytest.mark.parametrize("name", counts.MODELS)
def test_the_counted_steps_by_hand_give_what_graphflow_gives(name):
    make, by_hand = counts.MODELS[name]
    problem = make()
    wanted = outcome(graphflow.build(problem, ""), problem)
    assert difference(outcome(by_hand(problem), problem), wanted, problem) == ""


def counted_example(x: np.ndarray, y: np.ndarray) -> float:
    np.add(x, y, y), np.multiply.reduce(y)
    if y.size == 0:
        np.exp(y)
    y[0] -= float(max(1.0, 2.0))
    return _inner(y)


def _inner(y: np.ndarray) -> float:
    return float(y.reshape(-1).T[1])


def test_counts_are_of_numpys_calls_on_lines_that_ran():
    x, y = np.ones(3), np.ones(3)
    found = counts.calls(lambda: counted_example(x, y), inspect.getfile(counted_example))
    assert found == [
        "np.add(x, y, y)", "np.multiply.reduce(y)", *["y[0] -= float(max(1.0, 2.0))"] * 2, "y[0]",
        "y.reshape(-1).T[1]", "y.reshape(-1)",
    ]  # fmt: skip


RESULT = {
    "machine": "a machine", "versions": {"Python": "3.x"}, "absent": ["tf1"], "rounds": 3,
    "seconds": 0.1, "counts": {},
    "workloads": {
        "W3": {
            "numpy": {"rounds": [1e-5, 2e-5, 1e-5], "built": 0.1, "peak": 2**20},
            "graphflow": {"rounds": [1.5e-5, 3e-5, 2e-5], "built": 0.1, "peak": 2**21},
            "graphflow-forward": {"rounds": [0.5e-5, 1e-5, 1e-5], "built": 0.1, "peak": 2**20},
            "torch": {"rounds": [1.2e-5, 2.4e-5, 1.2e-5], "built": 0.1, "peak": 2**20},
            "jax-gpu": {"rounds": [4e-5, 8e-5, 5e-5], "built": 0.1, "peak": 2**20},
            "graphflow-jax-gpu": {"rounds": [5e-5, 9e-5, 6e-5], "built": 0.1, "peak": 2**20},
            "jax": {"note": "nothing in 60 s"},
        },
    },
}  # fmt: skip


def test_a_page_has_ratios_of_the_same_round_and_says_who_is_faster():
    text = report.tables(RESULT)
    assert "1.50 (1.50–2.00)" in text  # medians of 1.5, 1.5, 2.0, not 1.5e-5 / 1e-5 of medians
    assert "| W3 | 1.50 | 1.1 | 1.36 times | PyTorch 1.25 |" in text
    assert "* JAX jit: nothing in 60 s" in text
    assert "| JAX jit |" not in text  # a column needs a figure
    assert "Not installed, so left out: tf1" in text
    assert "| W3 | 2.00 |" in text  # backward over forward: (3 - 1) / 1 in the median
    assert "| W3 | 50 µs | 1.20 (1.12–1.25) | +10 µs |" in text  # on JAX beside JAX by hand


def test_a_page_is_written_between_its_marks_alone(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{report.BEGIN}\nold\n{report.END}\nbelow\n")
    report.write(page, report.tables(RESULT))
    text = page.read_text()
    assert text.startswith(f"above\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nbelow\n")
    assert "old" not in text
    report.write(page, "new")
    assert page.read_text().count(report.BEGIN) == 1
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no lines"):
        report.write(page, "new")


def test_processes_are_compared_timed_and_ended(tmp_path: Path):
    engines = dict.fromkeys(["numpy", "numpy-plain", "graphflow"], sys.executable)
    found = compare("W2", engines, Budget(rounds=2, seconds=0.01, limit=60), str(tmp_path))
    assert list(found) == ["numpy", "graphflow"]  # W2 has no plain variant
    assert [len(of["rounds"]) for of in found.values()] == [2, 2]


def test_on_the_clock_of_the_cpu_waiting_takes_no_time():
    step = Step(lambda: sleep(1e-3))
    assert seconds_per_step(step, 0.01) >= 1e-3
    assert seconds_per_step(step, 0.01, process_time) < 5e-4
    assert "0.1 s of CPU time, beside other work, engines" in report.tables(RESULT | {"cpu": True})


def test_an_engine_that_fails_or_is_late_is_noted(tmp_path: Path):
    failing = Child("W2", "numpy-plain", sys.executable, str(tmp_path))
    failing.start(0, limit=60)
    failing.stop()
    assert failing.note == "failed: KeyError: 'numpy-plain'"
    late = Child("W2", "graphflow", sys.executable, str(tmp_path))
    late.start(0, limit=0)
    late.stop()
    assert late.note == "nothing in 0 s"


def test_what_a_step_over_devices_exchanges_is_its_gradients():
    pytest.importorskip("jax")
    problem = scaling.network(4)
    parameters = sum(value.nbytes for value in problem.parameters)
    assert parameters <= scaling.exchanged(4, devices=2) <= parameters + 16  # and the loss


def test_all_reduces_are_found_in_what_xla_prints():
    text = """
      %all-reduce.1 = (f32[8,3]{1,0}, f64[]) all-reduce(%a, %b), channel_id=1
      ROOT %add.2 = f32[9]{0} add(%all-reduce.1, %c)
      %all-reduce.3 = bf16[5]{0} all-reduce(%d), to_apply=%sum
    """
    assert scaling.reduced_bytes(text) == 8 * 3 * 4 + 8 + 5 * 2


def test_the_estimate_is_that_of_a_ring():
    # 4 devices: 6 messages a device, each of a quarter of the bytes
    assert scaling.estimate(1.0, 4000, 4, (1000.0, 0.5)) == pytest.approx(1 + 6 * (1 + 0.5))
