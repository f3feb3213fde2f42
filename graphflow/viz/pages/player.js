// Plays pictures one after the other: play, pause, step, a slider for the place, and keys.

function makePlayer() {
  const chart = makeChart();
  const controls = document.getElementById("controls");
  const total = data.frames.length;
  let at = 0;
  let timer = null;

  function button(id, text, label, act) {
    const made = document.createElement("button");
    made.id = id;
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function show(place) {
    at = Math.min(Math.max(place, 0), total - 1);
    slider.value = at;
    count.textContent = `${at + 1} of ${total}`;
    chart.draw(data.frames[at].marks, data.frames[at].title);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
  }

  function toggle() {
    if (timer !== null) {
      pause();
      return;
    }
    if (at === total - 1) show(0);
    play.textContent = "❚❚ Pause";
    timer = setInterval(() => {
      show(at + 1);
      if (at === total - 1) pause();
    }, 1000 / data.fps);
  }

  function go(place) {
    pause();
    show(place);
  }

  const play = button("play", "▶ Play", "play or pause", toggle);
  const back = button("back", "‹", "one step back", () => go(at - 1));
  const next = button("next", "›", "one step on", () => go(at + 1));
  const slider = document.createElement("input");
  slider.type = "range";
  slider.id = "place";
  slider.min = 0;
  slider.max = total - 1;
  slider.setAttribute("aria-label", "which picture");
  slider.addEventListener("input", () => go(Number(slider.value)));
  const count = document.createElement("output");
  controls.append(back, play, next, slider, count);

  const keys = { ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), Home: () => go(0), End: () => go(total - 1) };
  addEventListener("keydown", (event) => {
    const act = event.key === " " && event.target.tagName !== "BUTTON" ? toggle : keys[event.key];
    if (!act || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    act();
  });
  show(0);
}

makeLegend();
makePlayer();
