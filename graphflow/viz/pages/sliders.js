// A slider per parameter; the picture follows. Pictures are computed here, or looked up.

// A number as Python writes it with so many digits.
function written(value, { kind, digits }) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (kind === "f") return value.toFixed(digits);
  const power = value === 0 ? 0 : Number(value.toExponential(Math.max(digits - 1, 0)).split("e")[1]);
  const twoDigits = (text) => text.replace(/e([+-])(\d)$/, "e$10$2");
  if (kind === "e") return twoDigits(value.toExponential(digits));
  const wanted = Math.max(digits, 1);
  const cut = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (power >= -4 && power < wanted) return cut(value.toFixed(Math.max(wanted - 1 - power, 0)));
  const [mantissa, exponent] = value.toExponential(wanted - 1).split("e");
  return twoDigits(`${cut(mantissa)}e${exponent}`);
}

// The picture for numbers, computed by the page.
function computed(numbers) {
  const outputs = runProgram(data.program, numbers);
  const array = (part) => (Array.isArray(part) ? part : outputs[part.output]);
  const number = (part) => (typeof part === "number" ? part : outputs[part.output][0]);
  const marks = data.moving.map((mark) => ({ kind: mark.kind, x: array(mark.x), y: array(mark.y) }));
  const title = data.title.map((part) => (typeof part === "string" ? part : written(number(part.value), part)));
  return { marks, title: title.join("") };
}

// The picture for places of the sliders, among those that came with the page.
function lookedUp(at) {
  const place = data.parameters.reduce((sum, parameter, k) => sum * parameter.places.length + at[k], 0);
  return data.pictures[place];
}

function makeSliders() {
  const chart = makeChart();
  const controls = document.getElementById("controls");
  const starts = data.parameters.map((parameter) => parameter.start);
  const at = [...starts];
  const shown = [];

  function show() {
    const numbers = data.parameters.map((parameter, k) => parameter.places[at[k]]);
    shown.forEach(({ slider, output }, k) => {
      slider.value = at[k];
      output.textContent = String(numbers[k]).replace("-", "−");
      slider.setAttribute("aria-valuetext", String(numbers[k]));
    });
    const picture = data.program ? computed(numbers) : lookedUp(at);
    chart.draw(picture.marks, picture.title);
  }

  data.parameters.forEach((parameter, k) => {
    const row = document.createElement("div");
    row.className = "slider";
    const label = document.createElement("label");
    label.textContent = parameter.name;
    label.htmlFor = `slider-${k}`;
    const slider = document.createElement("input");
    slider.type = "range";
    slider.id = `slider-${k}`;
    slider.min = 0;
    slider.max = parameter.places.length - 1;
    slider.addEventListener("input", () => {
      at[k] = Number(slider.value);
      show();
    });
    const output = document.createElement("output");
    output.htmlFor = slider.id;
    row.append(label, slider, output);
    controls.append(row);
    shown.push({ slider, output });
  });
  const reset = document.createElement("button");
  reset.type = "button";
  reset.textContent = "Back to the start";
  reset.addEventListener("click", () => {
    starts.forEach((start, k) => { at[k] = start; });
    show();
  });
  controls.append(reset);
  show();
}

makeLegend();
makeSliders();
