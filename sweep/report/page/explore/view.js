// What is looked at: the x axis, hidden families, brushed axes, the zoom, and up to two chosen points. It is written into
// the address of the page, so that a link leads to the same view.
Explore.MOST = 2;
const HASH = "#explore?";

Explore.view = (data) => {
  const measures = new Map(data.measures.map((measure) => [measure.key, measure]));
  measures.set("error", { key: "error", name: data.metric.label, values: data.error });
  const plain = () => ({ x: data.measures.length ? data.measures[0].key : "error", hidden: new Set(), brush: {}, zoom: null, chosen: [] });
  const view = { data, measures, ...plain() };
  const listeners = [];

  view.listen = (listener) => listeners.push(listener);
  // Listeners are told what changed; the zoom and the x axis are the first figure's alone.
  view.tell = (change) => listeners.forEach((listener) => listener(change || {}));
  view.elsewhere = (draw) => view.listen((change) => {
    const keys = Object.keys(change);
    if (!keys.length || keys.some((key) => key !== "zoom" && key !== "x")) draw();
  });
  view.set = (change) => {
    if (change.x !== undefined && change.x !== view.x) view.zoom = null;
    Object.assign(view, change);
    write();
    view.tell(change);
  };
  view.reset = () => view.set(plain());
  // Whether a point has an error, its family is shown, and it lies within every brush.
  view.shows = (i) => data.error[i] !== null && !view.hidden.has(data.group[i]) && Object.entries(view.brush).every(([key, [low, high]]) => {
    const value = measures.get(key).values[i];
    return value !== null && value >= low && value <= high;
  });
  view.toggle = (i) => {
    const others = view.chosen.filter((other) => other !== i);
    view.set({ chosen: others.length < view.chosen.length ? others : [...others.slice(1 - Explore.MOST), i] });
  };
  view.address = () => {
    const parts = new URLSearchParams();
    if (view.x !== plain().x) parts.set("x", view.x);
    view.hidden.forEach((group) => parts.append("hide", data.groups[group].name));
    Object.entries(view.brush).forEach(([key, limits]) => parts.append("only", [key, ...limits].join("~")));
    if (view.zoom) parts.set("zoom", view.zoom.map((value) => Number(value.toPrecision(6))).join("~"));
    view.chosen.forEach((i) => parts.append("point", data.points[i]));
    const text = parts.toString();
    return text ? HASH + text : "#explore";
  };
  // What an address asks for, as far as this sweep has it.
  view.read = () => {
    if (!location.hash.startsWith(HASH)) return false;
    const parts = new URLSearchParams(location.hash.slice(HASH.length));
    const asked = plain();
    if (measures.has(parts.get("x"))) asked.x = parts.get("x");
    parts.getAll("hide").forEach((name) => {
      const group = data.groups.findIndex((one) => one.name === name);
      if (group >= 0) asked.hidden.add(group);
    });
    parts.getAll("only").forEach((text) => {
      const [key, low, high] = text.split("~");
      if (measures.has(key) && low && high && isFinite(low) && isFinite(high)) asked.brush[key] = [Number(low), Number(high)];
    });
    const zoom = (parts.get("zoom") || "").split("~").map(Number);
    if (zoom.length === 4 && zoom.every(isFinite) && zoom[0] < zoom[1] && zoom[2] < zoom[3]) asked.zoom = zoom;
    asked.chosen = parts.getAll("point").map((label) => data.points.indexOf(label)).filter((i) => i >= 0).slice(0, Explore.MOST);
    Object.assign(view, asked);
    view.tell();
    return true;
  };
  const write = () => {
    // a page in a frame without rights has no history to write to
    try { history.replaceState(null, "", view.address()); } catch { /* the link below the figure still leads here */ }
  };
  return view;
};

// The paired difference of two points as analysis computed it, the first less the second; null if it is not told.
Explore.difference = ({ points, mean, half, n }, first, second) => {
  const [a, b] = [points.indexOf(first), points.indexOf(second)];
  if (a < 0 || b < 0 || a === b) return null;
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  // row by row of the triangle above the diagonal
  const at = low * points.length - (low * (low + 1)) / 2 + (high - low - 1);
  const seeds = Array.isArray(n) ? n[at] : n;
  return { seeds, half: half[at], mean: a < b || mean[at] === null ? mean[at] : -mean[at] };
};

// The space.yaml of one point at its own setting, from the parts that the page carries.
Explore.spaceOf = ({ space, setting }, i) => (space.title ? space.title[i] + space.network + space.grid[i] + space.recipe[setting[i]] : "");
