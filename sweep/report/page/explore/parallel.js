// Parallel coordinates: a line a point, from axis to axis, coloured by error. Two handles an axis keep what lies between.
Explore.parallel = (view, place) => {
  const { data, measures } = view;
  const keys = [...data.measures.filter((measure) => measure.key !== "activations").map((measure) => measure.key), "error"];
  const [above, below, height, shades] = [34, 30, 300, 8];
  const svg = Explore.svg("svg", { role: "group", "aria-label": "Parallel coordinates: a line a point; each axis has two handles that keep what lies between them", class: "chart" }, place);
  // the share of points with less error decides the colour
  const ranks = new Map(data.error.map((value, i) => [i, value]).filter(([, value]) => value !== null).sort((a, b) => a[1] - b[1]).map(([i], n, all) => [i, n / all.length]));
  const axes = keys.map((key) => {
    const measure = measures.get(key);
    const log = !measure.words && Explore.wantsLog(measure.values, 6);
    const steps = [...new Set(measure.values)].filter((value) => value !== null).sort((a, b) => a - b);
    const range = steps.length > 1 ? [steps[0], steps[steps.length - 1]] : Explore.range(measure.values, log, 0.1);
    const blank = measure.values.some((value, i) => value === null && data.error[i] !== null);
    return { measure, key, steps, blank, y: Explore.scale(range, log, height - below - (blank ? 14 : 0), above) };
  });

  const draw = () => {
    const kept = document.activeElement && svg.contains(document.activeElement) ? document.activeElement.id : "";
    const width = Math.max(place.clientWidth, 72 * keys.length);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const gap = (width - 80) / Math.max(1, keys.length - 1);
    axes.forEach((axis, n) => { axis.x = 40 + n * gap; });
    const line = (i) => axes.map(({ measure, x, y, blank }, n) => `${n ? "L" : "M"}${x.toFixed(1)} ${(measure.values[i] === null ? height - below : y(measure.values[i])).toFixed(1)}`).join("");
    const paths = Array.from({ length: shades + 1 }, () => []);
    data.points.forEach((_, i) => {
      if (data.error[i] === null || view.hidden.has(data.group[i])) return;
      paths[view.shows(i) ? Math.min(shades - 1, Math.floor(ranks.get(i) * shades)) : shades].push(line(i));
    });
    const many = data.points.length > 500;
    Explore.svg("path", { class: "left-out", d: many ? "" : paths[shades].join("") }, svg);
    // those with the least error are drawn last
    for (let shade = shades - 1; shade >= 0; shade--) {
      Explore.svg("path", { class: "lines", "data-points": paths[shade].length, style: `stroke: color-mix(in oklab, var(--vermilion) ${(100 * shade) / (shades - 1)}%, var(--blue))`, opacity: many ? 0.25 : 0.75, d: paths[shade].join("") }, svg);
    }
    view.chosen.forEach((i, n) => { if (data.error[i] !== null) Explore.svg("path", { class: `chosen ${"ab"[n]}`, d: line(i) }, svg); });
    axes.forEach((axis, n) => drawAxis(axis, n, gap));
    if (kept) { const again = document.getElementById(kept); if (again) again.focus(); }
  };

  const drawAxis = (axis, n, gap) => {
    const { measure, x, y, steps, blank } = axis;
    const group = Explore.svg("g", {}, svg);
    const name = axis.key === "error" ? `${data.metric.noun}, ${data.metric.unit}` : measure.name.split(" (")[0], fit = Math.max(6, Math.floor(gap / 7));
    Explore.svg("text", { class: "name", x, y: 14, "text-anchor": "middle" }, group).textContent = name.length > fit ? `${name.slice(0, fit - 1)}\u2026` : name;
    Explore.svg("path", { class: "axis", d: `M${x} ${above}V${y(y.range[0])}` }, group);
    const ticks = measure.words || steps.length <= 8 ? steps : Explore.ticks(y.range, y.log, 6);
    ticks.forEach((tick) => {
      Explore.svg("path", { class: "tick", d: `M${x - 3} ${y(tick)}h6` }, group);
      Explore.svg("text", { class: "halo", x: x + 6, y: y(tick) + 3.5 }, group).textContent = measure.words ? measure.words[tick].slice(0, fit) : Explore.short(tick);
    });
    if (blank) Explore.svg("text", { class: "halo", x, y: height - below + 16, "text-anchor": "middle" }, group).textContent = "none";
    const brush = view.brush[axis.key];
    if (brush) Explore.svg("rect", { class: "band", x: x - 6, y: y(Math.min(brush[1], y.range[1])), width: 12, height: Math.max(2, y(Math.max(brush[0], y.range[0])) - y(Math.min(brush[1], y.range[1]))) }, group);
    const hit = Explore.svg("rect", { class: "hit", x: x - 14, y: above - 8, width: 28, height: y(y.range[0]) - above + 16 }, group);
    hit.addEventListener("pointerdown", (event) => drag(event, axis, null));
    ["from", "to"].forEach((side, end) => {
      const value = brush ? brush[end] : y.range[end];
      const inside = Math.min(y.range[1], Math.max(y.range[0], value));
      const [at, up] = [y(inside), end ? -1 : 1];
      const handle = Explore.svg("path", {
        id: `explore-${side}-${n}`, class: "handle", tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-label": `${name} ${side}`,
        "aria-valuemin": y.range[0], "aria-valuemax": y.range[1], "aria-valuenow": inside, "aria-valuetext": Explore.value(measure, measure.words ? Math.round(inside) : inside),
        d: `M${x - 8} ${at + up * 2}h16l-8 ${up * 9}z`,
      }, group);
      handle.addEventListener("pointerdown", (event) => drag(event, axis, end));
      handle.addEventListener("keydown", (event) => {
        const by = { ArrowUp: 1, ArrowRight: 1, PageUp: 5, ArrowDown: -1, ArrowLeft: -1, PageDown: -5 }[event.key];
        if (event.key === "Home") limit(axis, end, y.range[0]);
        else if (event.key === "End") limit(axis, end, y.range[1]);
        else if (event.key === "Escape" || event.key === "Delete") limit(axis, null);
        else if (by) limit(axis, end, stepped(axis, value, by));
        else return;
        event.preventDefault();
      });
    });
  };

  // The value so many steps away: of the axis's own values where they are few, else of pixels.
  const stepped = ({ steps, y }, value, by) => {
    if (steps.length > 60) return y.invert(y(value) - 4 * by);
    const near = steps.reduce((best, step, n) => (Math.abs(step - value) < Math.abs(steps[best] - value) ? n : best), 0);
    return steps[Math.min(steps.length - 1, Math.max(0, near + by))];
  };
  const limit = (axis, end, value) => {
    const { key, y } = axis;
    const { [key]: before, ...brush } = view.brush;
    if (end !== null) {
      const limits = [...(before || y.range)];
      limits[end] = Math.min(y.range[1], Math.max(y.range[0], value));
      limits[1 - end] = end ? Math.min(limits[0], limits[1]) : Math.max(limits[0], limits[1]);
      // all of the axis is no limit
      if (limits[0] > y.range[0] || limits[1] < y.range[1]) brush[key] = limits;
    }
    view.set({ brush });
  };

  // A handle is dragged, or a new stretch of an axis; a click beside the handles takes the limits away.
  const drag = (event, axis, end) => {
    event.preventDefault();
    const { y } = axis;
    const value = (moved) => {
      const box = svg.getBoundingClientRect();
      return Math.min(y.range[1], Math.max(y.range[0], y.invert(((moved.clientY - box.top) * height) / box.height)));
    };
    const first = value(event), from = event.clientY;
    let moved = false;
    const move = (other) => {
      if (!moved && Math.abs(other.clientY - from) < 4) return;
      moved = true;
      if (end !== null) { limit(axis, end, value(other)); return; }
      const now = value(other);
      view.set({ brush: { ...view.brush, [axis.key]: [Math.min(first, now), Math.max(first, now)] } });
    };
    const done = () => {
      document.removeEventListener("pointermove", move);
      document.removeEventListener("pointerup", done);
      document.removeEventListener("pointercancel", done);
      if (!moved && end === null) limit(axis, null);
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", done);
    document.addEventListener("pointercancel", done);
  };

  view.elsewhere(draw);
  return { draw };
};
