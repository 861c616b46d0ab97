// Puts the parts together: what can be set above, the figure, what is told of chosen points, and two more figures below.
Explore.start = (data, place) => {
  const { html, svg } = Explore;
  const view = Explore.view(data);
  const tip = html("div", { className: "tip", role: "status", hidden: true });
  document.body.append(tip);
  const told = {
    hide: () => { tip.hidden = true; },
    show: (text, x, y) => {
      tip.textContent = text;
      tip.hidden = false;
      const wide = document.documentElement.clientWidth;
      const left = Math.min(Math.max(8, x - tip.offsetWidth / 2), wide - tip.offsetWidth - 8);
      const above = y - tip.offsetHeight - 14;
      tip.style.left = `${left + window.scrollX}px`;
      tip.style.top = `${(above < 4 ? y + 16 : above) + window.scrollY}px`;
    },
  };

  const pick = html("select", {}, ...[...view.measures.values()].filter((measure) => measure.key !== "error").map((measure) => html("option", { value: measure.key }, measure.name)));
  pick.addEventListener("change", () => view.set({ x: pick.value }));
  const button = (text, label, act) => {
    const made = html("button", { type: "button", className: "small", "aria-label": label, title: label }, text);
    made.addEventListener("click", act);
    return made;
  };
  const search = html("input", { type: "search", autocomplete: "off", spellcheck: false, placeholder: "words of its name" });
  search.setAttribute("list", "explore-names");
  const names = html("datalist", { id: "explore-names" });
  const link = html("a", { href: "#explore" }, "Link to this view");
  const count = html("output");
  const figure = html("div", { className: "plot" });
  const bar = html("div", { className: "bar" },
    html("label", {}, "against ", pick),
    html("span", { className: "buttons" }, button("+", "Zoom in", () => scatter.zoomBy(0.7)), button("\u2212", "Zoom out", () => scatter.zoomBy(1 / 0.7)), button("Show all", "Show all points, unzoomed", () => view.reset())),
    html("label", {}, "find ", search), names, link, count);

  const legend = html("div", { className: "legend", role: "group", "aria-label": "Families: press one to hide it" });
  data.groups.forEach((group, number) => {
    const mark = svg("svg", { viewBox: "-8 -8 16 16", width: 14, height: 14, "aria-hidden": "true" });
    svg("path", { d: Explore.mark(group.mark, 0, 0, 5.5), fill: `var(--${group.colour})` }, mark);
    const one = html("button", { type: "button", className: "small" }, mark, ` ${group.name}`);
    one.addEventListener("click", () => {
      const hidden = new Set(view.hidden);
      if (!hidden.delete(number)) hidden.add(number);
      view.set({ hidden });
    });
    view.listen(() => one.setAttribute("aria-pressed", String(!view.hidden.has(number))));
    legend.append(one);
  });

  const matching = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return words.length ? data.points.map((label, i) => [label, i]).filter(([label]) => words.every((word) => label.toLowerCase().includes(word))) : [];
  };
  search.addEventListener("input", () => {
    const found = matching();
    names.replaceChildren(...found.slice(0, 8).map(([label]) => html("option", { value: label })));
    const exact = found.find(([label]) => label === search.value);
    if (exact && !view.chosen.includes(exact[1])) { view.toggle(exact[1]); search.value = ""; }
  });
  search.addEventListener("keydown", (event) => {
    const [first] = matching();
    if (event.key === "Enter" && first && !view.chosen.includes(first[1])) { view.toggle(first[1]); search.value = ""; }
  });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const whole = location.href.split("#")[0] + view.address();
    if (navigator.clipboard) navigator.clipboard.writeText(whole).then(() => { count.textContent = "Link copied."; }, () => {});
  });

  const panel = html("div", { className: "told" });
  const parallel = html("div", { className: "plot wide-plot", tabIndex: 0, role: "group", "aria-label": "Figure: parallel coordinates" });
  place.append(bar, legend, figure, panel, html("h3", {}, "All axes at once"), parallel);
  const parts = [];
  const scatter = Explore.scatter(view, figure, told);
  parts.push(scatter, Explore.panel(view, panel), Explore.parallel(view, parallel));
  if (data.losses.mean) {
    const curves = html("div", { className: "plot" });
    place.append(html("h3", {}, "Training loss"), curves);
    parts.push(Explore.curves(view, curves));
  }
  view.listen(() => {
    pick.value = view.x;
    link.href = view.address();
    const all = data.error.filter((value) => value !== null).length;
    const shown = data.points.filter((_, i) => view.shows(i)).length;
    count.textContent = shown < all ? `${shown} of ${all} points` : "";
  });
  if (view.read()) place.scrollIntoView(); else view.tell();
  window.addEventListener("hashchange", view.read);
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    parts.forEach((part) => part.draw());
  }).observe(place);
};

Explore.unpack = (text) => {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
};

document.querySelectorAll(".explorer").forEach((place) => {
  if (!window.DecompressionStream) return;
  Explore.unpack(place.dataset.gz).then((data) => {
    place.removeAttribute("data-gz");
    place.previousElementSibling.remove();
    Explore.start(data, place);
    place.dataset.ready = "yes";
  });
});
