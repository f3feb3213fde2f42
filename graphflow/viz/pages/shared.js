/** The element with this id. */
const byId = (id) => document.getElementById(id);

const data = JSON.parse(byId("data").textContent);

/** An HTML element with a class and, as children, elements or plain text. */
function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** The theme that is shown: the reader's choice, or else the system's. */
function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function toggleTheme() {
  document.documentElement.dataset.theme = currentTheme() === "dark" ? "light" : "dark";
}

/** Call the action of a key, unless the reader is typing or holds a modifier. */
function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input[type=search], input[type=text]");
    const action = actions[event.key];
    if (!action || (typing && event.key !== "Escape")) return;
    event.preventDefault();
    action();
  });
}

byId("theme").addEventListener("click", toggleTheme);
