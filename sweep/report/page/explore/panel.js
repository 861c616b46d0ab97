// What is told of the chosen points: error, setting, costs and runs of each, a space.yaml of it, and how two differ.
Explore.panel = (view, place) => {
  const { data, measures } = view;
  const { html } = Explore;

  const draw = () => {
    place.replaceChildren();
    if (!view.chosen.length) {
      place.append(html("p", { className: "hint" }, "Choose a point for its runs, its setting and a space.yaml of it; choose a second one for their difference."));
      return;
    }
    if (view.chosen.length === 2) place.append(difference(...view.chosen));
    place.append(html("div", { className: "chosen-points" }, ...view.chosen.map(about)));
  };

  const difference = (first, second) => {
    const [a, b] = [first, second].map((i) => data.points[i]);
    const told = Explore.difference(data.pairs, first, second);
    let text = `${a} vs ${b}: their paired difference is not in this page.`;
    if (told && !told.seeds) text = `${a} vs ${b}: not compared, since they have no seed in common, or one is not settled.`;
    else if (told) {
      const size = `${told.mean > 0 ? "+" : ""}${Explore.number(told.mean, data.metric.digits)} ${data.metric.points}`;
      const paired = told.seeds === 1 ? "one seed, which gives no interval" : `${told.seeds} seeds, paired`;
      if (told.half === null) text = `${a} vs ${b}: ${size} of ${data.metric.noun} (${paired}${told.seeds > 1 ? ", no interval" : ""}).`;
      else {
        const [low, high] = [told.mean - told.half, told.mean + told.half];
        const verdict = low > 0 ? `${a} has more ${data.metric.noun}` : high < 0 ? `${a} has less ${data.metric.noun}` : "inconclusive";
        text = `${a} vs ${b}: ${size} of ${data.metric.noun} [${Explore.number(low, data.metric.digits)}, ${Explore.number(high, data.metric.digits)}], ${verdict} (${paired}).`;
      }
    }
    return html("p", { className: "difference", role: "status" }, text);
  };

  const about = (i, n) => {
    const facts = html("dl");
    const fact = (name, value) => facts.append(html("div", {}, html("dt", {}, name), html("dd", {}, value)));
    fact(data.metric.noun, data.told[i]);
    if (data.setting[i] >= 0 && data.settings[data.setting[i]]) fact("best setting", data.settings[data.setting[i]]);
    data.measures.forEach((measure) => { if (measure.values[i] !== null) fact(measure.name.split(" (")[0], Explore.value(measure, measure.values[i])); });
    const close = html("button", { type: "button", className: "small", "aria-label": `Close ${data.points[i]}` }, "Close");
    close.addEventListener("click", () => view.toggle(i));
    const parts = [html("div", { className: "above" }, html("h3", {}, html("span", { className: `letter ${"ab"[n]}` }, "AB"[n]), ` ${data.points[i]}`), close), facts, runs(i)];
    const text = Explore.spaceOf(data, i);
    if (text) parts.push(space(text, data.points[i]));
    return html("section", { className: "point", "aria-label": data.points[i] }, ...parts);
  };

  const runs = (i) => {
    const { point, setting, seed, status, error, seconds, reason, statuses } = data.runs;
    const body = html("tbody");
    let count = 0;
    for (let run = 0; run < point.length; run++) {
      if (point[run] !== i) continue;
      count += 1;
      const state = statuses[status[run]];
      const row = html("tr", { className: setting[run] === data.setting[i] ? "own" : "" });
      const cells = [data.settings[setting[run]] || "\u2013", String(seed[run]), state === "done" ? `${Explore.number(error[run], data.metric.digits)}${data.metric.sign}` : reason[run] ? `${state} (${reason[run]})` : state, Explore.number(seconds[run], 1)];
      cells.forEach((cell, at) => row.append(html("td", { className: at ? "n" : "" }, cell)));
      body.append(row);
    }
    const head = html("thead", {}, html("tr", {}, ...["setting", "seed", data.metric.noun, "seconds"].map((title, at) => html("th", { scope: "col", className: at ? "n" : "" }, title))));
    const scroll = html("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": `Runs of ${data.points[i]}` }, html("table", {}, head, body));
    return html("details", { open: count <= 12 }, html("summary", {}, count === 1 ? "1 run" : `${count} runs`), scroll);
  };

  const space = (text, label) => {
    const area = html("textarea", { readOnly: true, rows: Math.min(16, text.split("\n").length), value: text, spellcheck: false, "aria-label": `space.yaml of ${label}` });
    const copy = html("button", { type: "button", className: "small" }, "Copy space.yaml");
    const told = html("output");
    const details = html("details", {}, html("summary", {}, "space.yaml"), area);
    copy.addEventListener("click", () => {
      const byHand = () => {
        details.open = true;
        area.focus();
        area.select();
        told.textContent = "Selected: copy it with Ctrl+C.";
      };
      if (!navigator.clipboard) { byHand(); return; }
      navigator.clipboard.writeText(text).then(() => { told.textContent = "Copied."; }, byHand);
    });
    return html("div", { className: "space" }, html("div", { className: "above" }, copy, told), details);
  };

  view.elsewhere(draw);
  return { draw };
};
