// Error against a cost, seconds or an axis: zoomed by wheel, drag, pinch, buttons and keys; a click or Enter chooses a point.
Explore.scatter = (view, place, tip) => {
  const { data, measures } = view;
  const margin = { left: 52, right: 14, top: 12, bottom: 40 };
  const svg = Explore.svg("svg", { tabindex: 0, role: "application", class: "chart" }, place);
  const clip = Explore.svg("rect", {}, Explore.svg("clipPath", { id: "explore-inside" }, svg));
  const frame = Explore.svg("g", {}, svg);
  const inside = Explore.svg("g", { "clip-path": "url(#explore-inside)" }, svg);
  const over = Explore.svg("g", { class: "over" }, svg);
  let x, y, pixels = [], current = null, width = 0, height = 0;

  const full = () => {
    const { values } = measures.get(view.x);
    const shown = values.map((value, i) => (data.error[i] === null ? null : value));
    const ends = data.error.concat(data.points.length <= 400 ? data.low.concat(data.high) : []);
    return [...Explore.range(shown, logX(), 0.06), ...Explore.range(ends, logY, 0.05)];
  };
  const logX = () => !measures.get(view.x).words && Explore.wantsLog(measures.get(view.x).values, 6);
  const logY = Explore.wantsLog(data.error, 4);

  const draw = () => {
    width = Math.max(280, place.clientWidth);
    height = Math.round(Math.min(430, Math.max(300, width * 0.52)));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    const measure = measures.get(view.x);
    svg.setAttribute("aria-label", `Error against ${measure.name}: left and right arrows go from point to point, Enter chooses one, plus and minus zoom, shift with arrows moves, 0 shows all`);
    const [x0, x1, y0, y1] = view.zoom || full();
    x = Explore.scale([x0, x1], logX(), margin.left, width - margin.right);
    y = Explore.scale([y0, y1], logY, height - margin.bottom, margin.top);
    svg.classList.toggle("zoomed", view.zoom !== null);
    Object.entries({ x: margin.left, y: margin.top, width: width - margin.left - margin.right, height: height - margin.top - margin.bottom }).forEach(([key, value]) => clip.setAttribute(key, value));
    axes(measure);
    marks(measure);
    point();
  };

  const axes = (measure) => {
    frame.replaceChildren();
    const bottom = height - margin.bottom;
    Explore.ticks(y.range, logY, 8).forEach((tick) => {
      Explore.svg("path", { class: "grid", d: `M${margin.left} ${y(tick)}H${width - margin.right}` }, frame);
      Explore.svg("text", { x: margin.left - 6, y: y(tick) + 4, "text-anchor": "end" }, frame).textContent = Explore.short(tick);
    });
    const most = Math.floor((width - margin.left) / 62);
    const known = [...new Set(measure.values)].filter((value) => value !== null && value >= x.range[0] && value <= x.range[1]);
    const ticks = measure.words || known.length <= most ? known : Explore.ticks(x.range, x.log, most);
    const room = (width - margin.left) / Math.max(1, ticks.length) / 7;
    let last = -Infinity;
    ticks.sort((a, b) => a - b).forEach((tick) => {
      Explore.svg("path", { class: "tick", d: `M${x(tick)} ${bottom}v4` }, frame);
      const text = measure.words ? measure.words[tick] : Explore.short(tick);
      if (x(tick) - last < 30) return;
      last = x(tick);
      Explore.svg("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, frame).textContent = text.length > room && text.length > 6 ? `${text.slice(0, Math.max(5, Math.floor(room)))}\u2026` : text;
    });
    Explore.svg("path", { class: "axis", d: `M${margin.left} ${margin.top}V${bottom}H${width - margin.right}` }, frame);
    Explore.svg("text", { class: "name", x: (margin.left + width - margin.right) / 2, y: height - 6, "text-anchor": "middle" }, frame).textContent = measure.name + (x.log ? " (log scale)" : "");
    Explore.svg("text", { class: "name", x: -(margin.top + bottom) / 2, y: 12, transform: "rotate(-90)", "text-anchor": "middle" }, frame).textContent = `${data.metric.label}${logY ? " (log scale)" : ""}`;
  };

  const marks = (measure) => {
    inside.replaceChildren();
    pixels = [];
    data.points.forEach((_, i) => {
      if (view.shows(i) && measure.values[i] !== null) pixels.push({ i, x: x(measure.values[i]), y: y(data.error[i]) });
    });
    const many = pixels.length > 1000, few = pixels.length <= 400;
    const front = (data.fronts[measure.key] || []).map((i) => [x(measure.values[i]), y(data.error[i])]);
    if (front.length) Explore.svg("path", { class: "front", d: `M${front.map(([a, b], n) => (n ? `H${a}V${b}` : `${a} ${b}`)).join("")}H${width - margin.right}` }, inside);
    data.groups.forEach((group, number) => {
      const mine = pixels.filter(({ i }) => data.group[i] === number);
      const colour = `var(--${group.colour})`;
      if (few) {
        const bars = mine.filter(({ i }) => data.low[i] !== null).map((place) => `M${place.x} ${y(data.low[place.i])}V${y(data.high[place.i])}`);
        Explore.svg("path", { class: "bars", stroke: colour, d: bars.join("") }, inside);
      }
      Explore.svg("path", { class: "points", "data-group": group.name, "data-points": mine.length, fill: colour, opacity: many ? 0.45 : 0.9, d: mine.map((place) => Explore.mark(group.mark, place.x, place.y, many ? 2.4 : 4.6)).join("") }, inside);
    });
  };

  // Rings around the chosen points and the current one.
  const point = () => {
    over.replaceChildren();
    view.chosen.forEach((i, n) => {
      const found = pixels.find((place) => place.i === i);
      if (!found || !within(found)) return;
      Explore.svg("circle", { class: `chosen ${"ab"[n]}`, cx: found.x, cy: found.y, r: 9 }, over);
      Explore.svg("text", { class: `chosen ${"ab"[n]}`, x: found.x + 11, y: found.y - 8 }, over).textContent = "AB"[n];
    });
    const found = current === null ? undefined : pixels.find((place) => place.i === current);
    if (!found || !within(found)) { tip.hide(); return; }
    Explore.svg("circle", { class: "current", cx: found.x, cy: found.y, r: 7 }, over);
    const box = svg.getBoundingClientRect();
    const measure = measures.get(view.x);
    tip.show(`${data.points[current]}: ${data.told[current]}, ${measure.name.split(" (")[0]} ${Explore.value(measure, measure.values[current])}`, box.left + (found.x * box.width) / width, box.top + (found.y * box.height) / height);
  };
  const within = (found) => found.x >= margin.left - 1 && found.x <= width - margin.right + 1 && found.y >= margin.top - 1 && found.y <= height - margin.bottom + 1;
  const look = (i) => { current = i; point(); };

  const at = (event) => {
    const box = svg.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * width) / box.width, y: ((event.clientY - box.top) * height) / box.height };
  };
  const nearest = (spot, least) => {
    let best = null;
    pixels.forEach((found) => {
      const far = (found.x - spot.x) ** 2 + (found.y - spot.y) ** 2;
      if (far < least * least && within(found) && (!best || far < best.far)) best = { far, i: found.i };
    });
    return best && best.i;
  };

  // Shows what lies between pixels, not beyond what there is; all of it where nearly all would be shown.
  const between = (left, right, top, bottom) => {
    const [x0, x1, y0, y1] = full();
    const zoom = [Math.max(x0, x.invert(left)), Math.min(x1, x.invert(right)), Math.max(y0, y.invert(bottom)), Math.min(y1, y.invert(top))];
    const whole = zoom[0] <= x0 && zoom[1] >= x1 && zoom[2] <= y0 && zoom[3] >= y1;
    if (!whole && !(zoom[0] < zoom[1] && zoom[2] < zoom[3])) return;
    view.set({ zoom: whole ? null : zoom });
  };
  const zoomBy = (factor, spot) => {
    const centre = spot || { x: (margin.left + width - margin.right) / 2, y: (margin.top + height - margin.bottom) / 2 };
    const ends = (low, middle, high) => [middle - (middle - low) * factor, middle + (high - middle) * factor];
    between(...ends(margin.left, centre.x, width - margin.right), ...ends(margin.top, centre.y, height - margin.bottom));
  };
  const moveBy = (dx, dy) => {
    if (!view.zoom) return;
    const all = full().map((value, n) => (n < 2 ? x(value) : y(value)));
    const across = Math.min(Math.max(dx, all[0] - margin.left), all[1] - (width - margin.right));
    const down = Math.min(Math.max(dy, all[3] - margin.top), all[2] - (height - margin.bottom));
    between(margin.left + across, width - margin.right + across, margin.top + down, height - margin.bottom + down);
  };

  // A wheel that only passes by scrolls the page.
  svg.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== svg) return;
    event.preventDefault();
    zoomBy(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.002))), at(event));
  }, { passive: false });

  const pointers = new Map();
  let start = null, band = null, pinch = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, at(event));
    svg.setPointerCapture(event.pointerId);
    start = { ...at(event), moved: false, touch: event.pointerType === "touch" };
    if (pointers.size === 2) pinch = apart();
  });
  const apart = () => {
    const [one, two] = [...pointers.values()];
    return { far: Math.hypot(one.x - two.x, one.y - two.y), x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  };
  svg.addEventListener("pointermove", (event) => {
    const spot = at(event), before = pointers.get(event.pointerId);
    if (!before) { look(nearest(spot, 24)); return; }
    pointers.set(event.pointerId, spot);
    if (pointers.size === 2) {
      const now = apart();
      start.moved = true;
      zoomBy(pinch.far / Math.max(now.far, 1), now);
      moveBy(pinch.x - now.x, pinch.y - now.y);
      pinch = now;
      return;
    }
    if (!start.moved && Math.hypot(spot.x - start.x, spot.y - start.y) < 6) return;
    start.moved = true;
    look(null);
    if (start.touch || event.shiftKey) { moveBy(before.x - spot.x, before.y - spot.y); return; }
    band = band || Explore.svg("rect", { class: "band" }, svg);
    Object.entries({ x: Math.min(spot.x, start.x), y: Math.min(spot.y, start.y), width: Math.abs(spot.x - start.x), height: Math.abs(spot.y - start.y) }).forEach(([key, value]) => band.setAttribute(key, value));
  });
  const end = (event, whole) => {
    if (!pointers.delete(event.pointerId)) return;
    const spot = at(event);
    if (whole && !start.moved) {
      const found = nearest(spot, 24);
      look(found);
      if (found !== null) view.toggle(found);
    } else if (whole && band && Math.abs(spot.x - start.x) > 8 && Math.abs(spot.y - start.y) > 8) {
      between(Math.min(spot.x, start.x), Math.max(spot.x, start.x), Math.min(spot.y, start.y), Math.max(spot.y, start.y));
    }
    if (band) { band.remove(); band = null; }
    pinch = null;
  };
  svg.addEventListener("pointerup", (event) => end(event, true));
  svg.addEventListener("pointercancel", (event) => end(event, false));
  svg.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") look(null); });
  svg.addEventListener("blur", () => look(null));

  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (arrow && event.shiftKey) moveBy(arrow[0] * 60, arrow[1] * 60);
    else if (arrow) step(arrow[0] || arrow[1], arrow[0] ? "x" : "y");
    else if (event.key === "+" || event.key === "=") zoomBy(0.7);
    else if (event.key === "-") zoomBy(1 / 0.7);
    else if (event.key === "0") view.set({ zoom: null });
    else if (event.key === "Enter" || event.key === " ") { if (current !== null) view.toggle(current); }
    else if (event.key === "Escape") { if (current !== null) look(null); else view.set({ chosen: [] }); }
    else return;
    event.preventDefault();
  });
  const step = (by, along) => {
    const other = along === "x" ? "y" : "x";
    const places = pixels.filter(within).sort((a, b) => a[along] - b[along] || a[other] - b[other]);
    if (!places.length) return;
    const now = places.findIndex((found) => found.i === current);
    look(places[now < 0 ? (by > 0 ? 0 : places.length - 1) : (now + by + places.length) % places.length].i);
  };

  view.listen(draw);
  return { draw, zoomBy };
};
