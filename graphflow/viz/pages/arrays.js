// Runs a program of array calls, as NumPy would: the values of its outputs for numbers fed.

const logaddexp = (a, b) => {
  if (a === b) return a + Math.LN2;
  const [low, high] = a < b ? [a, b] : [b, a];
  return high + Math.log1p(Math.exp(low - high));
};

// The nearest integer, of two as near the even one.
const rint = (x) => {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};

const negative = (x) => x < 0 || Object.is(x, -0);

const ELEMENTWISE = {
  absolute: Math.abs, arccos: Math.acos, arccosh: Math.acosh, arcsin: Math.asin, arcsinh: Math.asinh,
  arctan: Math.atan, arctanh: Math.atanh, cbrt: Math.cbrt, ceil: Math.ceil, cos: Math.cos,
  cosh: Math.cosh, exp: Math.exp, expm1: Math.expm1, floor: Math.floor, log: Math.log,
  log10: Math.log10, log1p: Math.log1p, log2: Math.log2, sign: Math.sign, sin: Math.sin,
  sinh: Math.sinh, sqrt: Math.sqrt, tan: Math.tan, tanh: Math.tanh, trunc: Math.trunc, rint,
  exp2: (x) => 2 ** x,
  negative: (x) => -x,
  positive: (x) => x,
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  isfinite: (x) => Number.isFinite(x),
  isinf: (x) => x === Infinity || x === -Infinity,
  isnan: (x) => Number.isNaN(x),
  logical_not: (x) => x === 0,
  signbit: negative,
  add: (a, b) => a + b,
  arctan2: Math.atan2,
  bitwise_and: (a, b) => a & b, // of booleans: there are no integers here
  bitwise_or: (a, b) => a | b,
  bitwise_xor: (a, b) => a ^ b,
  copysign: (a, b) => (negative(b) ? -Math.abs(a) : Math.abs(a)),
  divide: (a, b) => a / b,
  equal: (a, b) => a === b,
  greater: (a, b) => a > b,
  greater_equal: (a, b) => a >= b,
  hypot: (a, b) => Math.hypot(a, b),
  less: (a, b) => a < b,
  less_equal: (a, b) => a <= b,
  logaddexp,
  logical_and: (a, b) => a !== 0 && b !== 0,
  logical_or: (a, b) => a !== 0 || b !== 0,
  logical_xor: (a, b) => (a !== 0) !== (b !== 0),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  multiply: (a, b) => a * b,
  not_equal: (a, b) => a !== b,
  power: (a, b) => (a === 1 ? 1 : a ** b),
  subtract: (a, b) => a - b,
  masked: (x, mask) => (mask ? x : 0),
  where: (mask, a, b) => (mask ? a : b),
};

const REDUCTIONS = {
  sum: [(a, b) => a + b, 0],
  mean: [(a, b) => a + b, 0],
  prod: [(a, b) => a * b, 1],
  max: [(a, b) => Math.max(a, b), -Infinity],
  min: [(a, b) => Math.min(a, b), Infinity],
};

const ARRAYS = { Float64Array, Float32Array, Uint8Array };

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}

function emptyLike(spec) {
  return { shape: spec.shape, items: new ARRAYS[spec.type](product(spec.shape)) };
}

// How far to go in an array of a shape for one step along each axis of a wider one; 0 repeats.
function stridesIn(shape, wide) {
  const strides = new Array(wide.length).fill(0);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    if (shape[axis] !== 1) strides[axis + wide.length - shape.length] = step;
    step *= shape[axis];
  }
  return strides;
}

// Where each element of an array of shape `wide` is found, going by these strides.
function places(wide, strides) {
  let found = [0];
  wide.forEach((size, axis) => {
    const next = [];
    for (const start of found) for (let i = 0; i < size; i += 1) next.push(start + i * strides[axis]);
    found = next;
  });
  return found;
}

function elementwise(compute, args, out) {
  const at = args.map((arg) => places(out.shape, stridesIn(arg.shape, out.shape)));
  for (let i = 0; i < out.items.length; i += 1) {
    out.items[i] = compute(...args.map((arg, k) => arg.items[at[k][i]]));
  }
}

function reduce(call, [arg], out) {
  const [combine, neutral] = REDUCTIONS[call.do];
  const kept = arg.shape.map((size, axis) => (call.axes.includes(axis) ? 1 : size));
  const at = places(arg.shape, stridesIn(kept, arg.shape));
  const sums = new Float64Array(out.items.length).fill(call.initial ?? neutral);
  arg.items.forEach((item, i) => { sums[at[i]] = combine(sums[at[i]], item); });
  const count = call.do === "mean" ? arg.items.length / sums.length : 1;
  sums.forEach((sum, i) => { out.items[i] = sum / count; });
}

function matmul([a, b], out) {
  const inner = a.shape[a.shape.length - 1];
  const rows = a.shape.length === 2 ? a.shape[0] : 1;
  const columns = b.shape.length === 2 ? b.shape[1] : 1;
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      let sum = 0;
      for (let k = 0; k < inner; k += 1) sum += a.items[i * inner + k] * b.items[k * columns + j];
      out.items[i * columns + j] = sum;
    }
  }
}

function runCall(call, args, out) {
  if (call.do === "reshape") out.items.set(args[0].items);
  else if (call.do === "stack") args.forEach((arg, i) => { out.items[i] = arg.items[0]; }); // of numbers
  else if (call.do === "matmul") matmul(args, out);
  else if (REDUCTIONS[call.do]) reduce(call, args, out);
  else elementwise(ELEMENTWISE[call.do], args, out);
}

// The outputs, as plain arrays of numbers, for a number per feed.
function runProgram(program, numbers) {
  const values = {};
  for (const [place, items] of Object.entries(program.constants)) {
    values[place] = emptyLike(program.specs[place]);
    values[place].items.set(items.map((item) => (item === null ? NaN : item)));
  }
  program.feeds.forEach((place, k) => {
    if (place === null) return;
    values[place] = emptyLike(program.specs[place]);
    values[place].items[0] = numbers[k];
  });
  const operand = (arg) => (typeof arg === "number" ? { shape: [], items: [arg] } : values[arg.value]);
  for (const call of program.calls) {
    const out = emptyLike(program.specs[call.output]);
    runCall(call, call.args.map(operand), out);
    values[call.output] = out;
  }
  return program.outputs.map((place) => Array.from(values[place].items));
}
