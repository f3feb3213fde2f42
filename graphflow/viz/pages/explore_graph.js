/** What is upstream and downstream of nodes, and where nodes are shown; by their numbers. */
const consumers = data.nodes.map(() => []);
data.nodes.forEach((node, number) => {
  for (const source of new Set(node.inputs)) consumers[source].push(number);
});

/** All that is reached from nodes along a relation, without them. */
function reached(starts, relation) {
  const found = new Set();
  const todo = [...starts];
  while (todo.length) {
    for (const next of relation(todo.pop())) {
      if (!found.has(next)) {
        found.add(next);
        todo.push(next);
      }
    }
  }
  for (const start of starts) found.delete(start);
  return found;
}

const upstream = (starts) => reached(starts, (number) => data.nodes[number].inputs);
const downstream = (starts) => reached(starts, (number) => consumers[number]);

/** The nodes of an item: pairs of a first number and a count. */
function membersOf(item) {
  if (!item.members) {
    item.members = [];
    for (let i = 0; i < item.runs.length; i += 2) {
      for (let k = 0; k < item.runs[i + 1]; k++) item.members.push(item.runs[i] + k);
    }
  }
  return item.members;
}

/** By node: the first view that shows it in a box of its own, or else in the smallest box. */
let shownIn = null;

function viewOf(number) {
  if (!shownIn) {
    shownIn = data.nodes.map(() => ({ view: 0, size: Infinity }));
    data.views.forEach((view, at) => {
      for (const item of view.items.filter((one) => !one.outside)) {
        const members = membersOf(item);
        for (const member of members) {
          if (members.length < shownIn[member].size) {
            shownIn[member] = { view: at, size: members.length };
          }
        }
      }
    });
  }
  return shownIn[number].view;
}

/** The numbers of nodes in which every word occurs; exact names first. */
function matches(text, most) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  data.nodes.forEach((node, number) => {
    node.text ??= [node.name, node.op, node.type, ...(node.line ?? [])].join(" ").toLowerCase();
    if (words.every((word) => node.text.includes(word))) found.push(number);
  });
  const rank = (number) => {
    const name = data.nodes[number].name.toLowerCase();
    return name === words[0] ? 0 : name.includes(words[0]) ? 1 : 2;
  };
  return found.sort((a, b) => rank(a) - rank(b) || a - b).slice(0, most);
}
