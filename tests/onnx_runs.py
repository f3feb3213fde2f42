"""Models run by onnxruntime, and how close they must come."""

import numpy as np
import onnx
import onnxruntime

import graphflow as gf

_QUIET = onnxruntime.SessionOptions()
_QUIET.log_severity_level = 4
_QUIET.intra_op_num_threads = 1


def loaded(model):
    """A checked model, ready to run."""
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString(), _QUIET)


def run(runner, arrays):
    """The results for arrays, one for each input."""
    names = [item.name for item in runner.get_inputs()]
    return runner.run(None, dict(zip(names, arrays, strict=True)))


def assert_close(got, expected, what="", roundings=64):
    """Equal up to some roundings of what is largest, and exactly where not finite."""
    assert len(got) == len(expected), what
    for a, b in zip(got, map(np.asarray, expected), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), what
        if b.dtype.kind != "f":
            np.testing.assert_array_equal(a, b, err_msg=what)
            continue
        eps = np.finfo(b.dtype).eps
        largest = np.max(np.abs(b), where=np.isfinite(b), initial=0.0)
        np.testing.assert_allclose(a, b, roundings * eps, 4 * eps * largest, err_msg=what)


def assert_same(fetches, inputs, *points, session=None, **options):
    """The model gives what the session does, at points that have an array for each input."""
    session = gf.Session(seed=0) if session is None else session
    runner = loaded(gf.io.to_onnx(fetches, inputs, session=session))
    nodes = list(inputs)
    for arrays in points:
        expected = session.run(list(fetches), dict(zip(nodes, arrays, strict=True)))
        assert_close(run(runner, arrays), expected, **options)
    return runner
