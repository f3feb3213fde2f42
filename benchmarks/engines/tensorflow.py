"""TensorFlow 1: a static graph, run by a callable of a session."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import tensorflow as tensorflow_2

from ..problem import Problem, Step

tf = tensorflow_2.compat.v1
tf.disable_eager_execution()
tf.disable_control_flow_v2()


def _cross_entropy(scores: Any, labels: Any) -> Any:
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
    return tf.reduce_mean(each)


OPS = SimpleNamespace(
    tanh=tf.tanh, exp=tf.exp, log=tf.math.log, log1p=tf.math.log1p, sqrt=tf.sqrt,
    sum=tf.reduce_sum, mean=tf.reduce_mean, relu=tf.nn.relu, softmax=tf.nn.softmax,
    softplus=tf.math.softplus, matvec=tf.linalg.matvec, swap_last=tf.linalg.matrix_transpose,
    reshape=tf.reshape, cross_entropy=_cross_entropy,
    conv=lambda x, kernel: tf.nn.conv2d(x, kernel, strides=1, padding="VALID"),
    pool=lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"),
)  # fmt: skip


def build(problem: Problem, variant: str) -> Step:
    """A step of the problem."""
    batch = [tf.placeholder(a.dtype, a.shape) for a in problem.batches[0]]
    arrays = [np.asarray(value) for value in problem.parameters]
    if problem.fed:
        parameters = [tf.placeholder(a.dtype, a.shape) for a in arrays]
    else:
        parameters = [tf.Variable(a, use_resource=True) for a in arrays]
    loss = problem.loss(OPS, parameters, *batch)
    slopes = tf.gradients(loss, parameters)
    if problem.direction is not None:
        direction = tf.constant(problem.direction)
        fetches = tf.gradients(tf.reduce_sum(slopes[0] * direction), parameters)
    elif problem.rate is None:
        fetches = [loss, *slopes]
    else:
        rate = np.asarray(problem.rate, arrays[0].dtype)  # a Python number would be float32
        pairs = list(zip(slopes, parameters, strict=True))
        fetches = [loss, tf.train.GradientDescentOptimizer(rate).apply_gradients(pairs)]
    session = tf.Session(config=_one_thread())
    session.run(tf.global_variables_initializer())
    f = session.make_callable(fetches, [*parameters, *batch] if problem.fed else batch)
    feeds = problem.feeds()
    given = arrays if problem.fed else []
    if problem.rate is None:
        return Step(lambda: f(*given, *next(feeds)))
    return Step(lambda: f(*next(feeds))[0], lambda: session.run(parameters))


def _one_thread() -> Any:
    return tf.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
