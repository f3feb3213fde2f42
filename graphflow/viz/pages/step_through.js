const SECONDS = 1.6; // a step takes while playing
const SVG = "http://www.w3.org/2000/svg";

const steps = data.passes.flatMap((pass, number) =>
  pass.steps.map((step) => ({ ...step, pass: number })),
);
const drawings = [...document.querySelectorAll("#picture svg")].map(readDrawing);

let at = 0;
let timer = null;

/** The elements of a drawing by the places of their nodes. */
function readDrawing(svg, number) {
  const nodes = new Map();
  const edges = new Map();
  for (const group of svg.querySelectorAll("g.node")) {
    const place = /^n(\d+)$/.exec(group.querySelector("title").textContent);
    if (place) nodes.set(Number(place[1]), readNode(group, data.passes[number], Number(place[1])));
  }
  for (const group of svg.querySelectorAll("g.edge")) {
    const ends = group.querySelector("title").textContent;
    edges.set(ends, [...(edges.get(ends) ?? []), group]);
  }
  const view = new PanZoom(svg, (event) => about(number, event.target.closest("g.node")));
  return { svg, nodes, edges, view, places: new Map([...nodes].map(([p, n]) => [n.group, p])) };
}

/** A node's element, its two last lines of text, and a badge at its corner. */
function readNode(group, pass, place) {
  const onTheWay = pass.steps.some((step) => "gradient" in step && step.at === place);
  const lines = [...group.querySelectorAll("text")].slice(onTheWay ? -2 : -1);
  const box = group.getBBox();
  const badge = document.createElementNS(SVG, "g");
  badge.setAttribute("class", "badge");
  badge.setAttribute("transform", `translate(${box.x + box.width} ${box.y})`);
  const circle = document.createElementNS(SVG, "circle");
  circle.setAttribute("r", "9");
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("text-anchor", "middle");
  text.setAttribute("dy", "4");
  badge.append(circle, text);
  group.parentNode.append(badge);
  lines[1]?.classList.add("grad");
  return { group, value: lines[0], gradient: lines[1] ?? null, badge, mark: text };
}

/** What is known after the steps up to `last`, of the pass it belongs to. */
function stateAt(last) {
  const pass = steps[last].pass;
  const state = { values: new Map(), pending: new Map(), sums: new Map(), done: new Map() };
  Object.assign(state, { ready: [], sent: new Map(), now: null });
  for (const step of steps.slice(0, last + 1)) {
    if (step.pass !== pass) continue;
    state.now = null;
    for (const [place, text] of step.values ?? []) state.values.set(place, text);
    for (const [place, count] of step.pending ?? []) state.pending.set(place, count);
    if (step.ready) state.ready = step.ready;
    if (step.kind === "send") receive(state, step);
    if (step.kind === "take") state.done.set(step.at, step.gradient ?? "None");
  }
  return state;
}

function receive(state, step) {
  state.sums.set(step.at, step.gradient);
  state.pending.set(step.at, step.left);
  if (!("from" in step)) return;
  const ends = `n${step.at}->n${step.from}`;
  state.sent.set(ends, (state.sent.get(ends) ?? 0) + 1);
  state.now = ends;
}

function show(number) {
  at = Math.max(0, Math.min(steps.length - 1, number));
  const step = steps[at];
  const state = stateAt(at);
  drawings.forEach((drawing, pass) => {
    drawing.svg.classList.toggle("away", pass !== step.pass);
  });
  paint(drawings[step.pass], state, step);
  const node = drawings[step.pass].nodes.get(step.at);
  if (node) drawings[step.pass].view.keepInSight(node.group);
  tell(step, state);
  byId("slider").value = at;
  byId("count").textContent = `${at + 1} / ${steps.length}`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("last").disabled = byId("next").disabled = at === steps.length - 1;
  history.replaceState(null, "", `#${at + 1}`);
}

function paint(drawing, state, step) {
  for (const [place, node] of drawing.nodes) {
    const waiting = state.sums.has(place) && !state.done.has(place);
    const marks = node.group.classList;
    marks.toggle("at", step.at === place);
    marks.toggle("from", step.from === place);
    marks.toggle("early", step.kind === "compare" && step.at === place);
    marks.toggle("queued", state.ready.includes(place));
    marks.toggle("done", state.done.has(place));
    node.value.textContent = state.values.has(place) ? `= ${state.values.get(place)}` : "";
    if (node.gradient) node.gradient.textContent = gradientText(state, place, waiting);
    badge(node, state, place);
  }
  for (const [ends, groups] of drawing.edges) {
    const count = state.sent.get(ends) ?? 0;
    groups.forEach((group, slot) => {
      group.classList.toggle("sent", slot < count);
      group.classList.toggle("now", ends === state.now && slot === count - 1);
    });
  }
}

function gradientText(state, place, waiting) {
  if (state.done.has(place)) return `grad ${state.done.get(place)}`;
  return waiting ? `sum ${state.sums.get(place)}` : "";
}

/** Pending consumers at a node's corner; ready and done have marks. */
function badge(node, state, place) {
  const left = state.pending.get(place);
  node.badge.classList.toggle("shown", left !== undefined);
  node.badge.classList.toggle("none", !left);
  node.mark.textContent = state.done.has(place) ? "✓" : String(left ?? "");
}

function tell(step, state) {
  const pass = data.passes[step.pass];
  const several = data.passes.length > 1 ? ` · pass ${step.pass + 1} of ${data.passes.length}` : "";
  const part = { given: "Forward", forward: "Forward", count: "Counting", end: "Result" };
  byId("where").textContent = (part[step.kind] ?? "Backward") + several;
  byId("heading").textContent = step.title;
  const words = step.kind === "given" ? [...step.text, ...pass.notes] : step.text;
  byId("words").replaceChildren(...words.map((text) => element("p", "", text)));
  byId("numbers").replaceChildren(...numbers(step));
  byId("queue").replaceChildren(...queue(step, state, pass));
  byId("about").replaceChildren();
}

function numbers(step) {
  const parts = [];
  if (step.formula) {
    parts.push(element("div", "formula wrap", ...step.formula.map((t) => element("div", "", t))));
  }
  if (step.versus) parts.push(versus(step.versus));
  if (step.sums) parts.push(rows(["contribution of", "is", "sum so far"], step.sums));
  if (step.table) parts.push(matrix(step.table));
  if (step.differences?.length) {
    const head = ["entry", "gradient", "finite difference", ""];
    parts.push(rows(head, step.differences, "differences"));
  }
  if (step.results) {
    parts.push(rows(["by", "gradient", "finite differences"], step.results));
    parts.push(...orders(step));
  }
  return parts;
}

function versus([plain, counted]) {
  const side = (kind, name, text) =>
    element("div", kind, element("b", "", name), element("span", "wrap", text));
  return element(
    "div",
    "versus",
    side("wrong", "✗ plain breadth-first", plain),
    side("right", "✓ counting consumers", counted),
  );
}

function rows(head, body, className = "") {
  const line = (cells, tag) => element("tr", "", ...cells.map((text) => element(tag, "", text)));
  return element(
    "table",
    className,
    element("thead", "", line(head, "th")),
    element("tbody", "", ...body.map((cells) => line(cells, "td"))),
  );
}

/** An array: its type, its first entries, and what they leave out. */
function matrix(table) {
  const lines = table.rows.map((row) =>
    element("tr", "", ...row.map((text) => element("td", "", text))),
  );
  const facts = [table.type, table.norm && `norm ${table.norm}`, table.more].filter(Boolean);
  return element(
    "figure",
    "",
    element("table", "matrix", element("tbody", "", ...lines)),
    element("figcaption", "faint", facts.join(" · ")),
  );
}

function orders(step) {
  const plain = step.plain.map(([name, early, came]) =>
    element("li", early ? "early" : "", early ? `${name} ✗ ${came} arrived` : name),
  );
  const counted = step.counting.map((name) => element("li", "", name));
  return [
    element("h3", "", "Order of plain breadth-first"),
    element("ol", "chips", ...plain),
    element("h3", "", "Order of counting consumers (what ran)"),
    element("ol", "chips", ...counted),
  ];
}

function queue(step, state, pass) {
  if (!state.pending.size || step.kind === "end") return [];
  const name = (place) => pass.nodes[place].name;
  const waiting = [...state.sums.keys()].filter((p) => !state.done.has(p) && state.pending.get(p));
  const ready = state.ready.map((place) => element("li", "ready", name(place)));
  const held = waiting.map((p) => element("li", "held", `${name(p)}: ${state.pending.get(p)} pending`));
  const none = () => element("li", "faint", "empty");
  const parts = [
    element("h3", "", "Ready, first out on the left"),
    element("ol", "chips", ...(ready.length ? ready : [none()])),
  ];
  if (held.length) parts.push(element("h3", "", "Waiting"), element("ol", "chips", ...held));
  return parts;
}

/** Tell of a node that was clicked. */
function about(pass, group) {
  const place = group && drawings[pass].places.get(group);
  if (place === undefined || place === null) return;
  const node = data.passes[pass].nodes[place];
  byId("about").replaceChildren(
    element("h3", "wrap", node.name),
    element("p", "wrap", node.full),
    element("pre", "wrap", node.line),
    matrix(node.table),
  );
  byId("about").scrollIntoView({ block: "nearest" });
}

function play() {
  if (timer !== null) return pause();
  if (at === steps.length - 1) show(0);
  timer = setInterval(() => (at < steps.length - 1 ? show(at + 1) : pause()), SECONDS * 1000);
  byId("play").textContent = "❚❚ pause";
}

function pause() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "▶ play";
}

function go(number) {
  pause();
  show(number);
}

byId("title").textContent = `Backpropagation of ${data.title}`;
byId("slider").max = steps.length - 1;
byId("slider").addEventListener("input", (event) => go(Number(event.target.value)));
const moves = { first: () => 0, back: () => at - 1, next: () => at + 1, last: () => steps.length - 1 };
for (const [id, target] of Object.entries(moves)) {
  byId(id).addEventListener("click", () => go(target()));
}
byId("play").addEventListener("click", play);
onKeys({
  ArrowRight: () => go(at + 1),
  ArrowLeft: () => go(at - 1),
  Home: () => go(0),
  End: () => go(steps.length - 1),
  " ": play,
  "+": () => drawings[steps[at].pass].view.zoom(1.25),
  "-": () => drawings[steps[at].pass].view.zoom(0.8),
  0: () => drawings[steps[at].pass].view.fit(),
  t: toggleTheme,
});
addEventListener("hashchange", () => go(Number(location.hash.slice(1)) - 1 || 0));
for (const { view } of drawings) view.begin();
show(Number(location.hash.slice(1)) - 1 || 0);
