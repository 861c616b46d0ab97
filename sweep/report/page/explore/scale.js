// Scales from values to pixels, their ticks, and how numbers are written; small helpers for SVG and HTML elements.
const Explore = {};

Explore.svg = (name, attributes, parent) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes || {}).forEach(([key, value]) => element.setAttribute(key, value));
  if (parent) parent.appendChild(element);
  return element;
};

Explore.html = (name, properties, ...children) => {
  const element = document.createElement(name);
  Object.entries(properties || {}).forEach(([key, value]) => {
    if (key in element) element[key] = value; else element.setAttribute(key, value);
  });
  element.append(...children);
  return element;
};

// Whether values want a logarithmic axis: all positive, and the largest many times the smallest.
Explore.wantsLog = (values, times) => {
  const known = values.filter((value) => value !== null);
  const least = known.reduce((a, b) => Math.min(a, b), Infinity);
  return least > 0 && known.reduce((a, b) => Math.max(a, b), 0) / least > times;
};

// The range of values with a margin at both ends.
Explore.range = (values, log, margin) => {
  let low = Infinity, high = -Infinity;
  values.forEach((value) => {
    if (value === null || (log && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) {
    const pad = Math.pow(high / low || 1, margin) || 1;
    return low === high ? [low / 1.5, high * 1.5] : [low / pad, high * pad];
  }
  const pad = (high - low) * margin || Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
};

// A scale from a range of values to a range of pixels.
Explore.scale = ([low, high], log, from, to) => {
  const go = log ? Math.log : (value) => value;
  const back = log ? Math.exp : (value) => value;
  const a = go(low), b = go(high);
  const scale = (value) => from + ((go(value) - a) / (b - a)) * (to - from);
  scale.invert = (pixel) => back(a + ((pixel - from) / (to - from)) * (b - a));
  scale.range = [low, high];
  scale.log = log;
  return scale;
};

// Round values inside a range, at most so many.
Explore.ticks = ([low, high], log, most) => {
  if (log && high / low > 3) {
    for (const digits of [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
      const found = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
        digits.forEach((digit) => found.push(digit * Math.pow(10, power)));
      }
      const inside = found.filter((value) => value >= low && value <= high);
      if (inside.length <= most) return inside;
    }
  }
  const rough = (high - low) / most;
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 2.5, 5, 10].map((digit) => digit * power).find((size) => size >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) {
    found.push(Number(value.toPrecision(12)));
  }
  return found;
};

// 1 234 567 as 1.23M, 0.05 as 0.05; a minus sign as in print.
Explore.short = (value) => {
  const size = Math.abs(value);
  const [unit, letter] = [[1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([each]) => size >= each) || [1, ""];
  return String(Number((value / unit).toPrecision(3))).replace("-", "\u2212") + letter;
};

// A measured number to so many decimals; a dash if there is none.
Explore.number = (value, digits) => (value === null || value === undefined
  ? "\u2013" : value.toFixed(digits).replace(/^-(?=0(\.0*)?$)/, "").replace("-", "\u2212"));

// The value of a measure as text: of words the word.
Explore.value = (measure, value) => {
  if (value === null) return "\u2013";
  if (measure.words) return measure.words[value];
  return Number.isInteger(value) && value >= 1e4 ? value.toLocaleString("en").replace(/,/g, "\u202f") : String(Number(value.toPrecision(6)));
};

// A shape of a family's markers around a place, as a part of a path.
Explore.mark = (kind, x, y, r) => {
  const at = (dx, dy) => `${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`;
  const shape = (...corners) => `M${corners.map(([dx, dy]) => at(dx, dy)).join("L")}Z`;
  switch (kind) {
    case "s": return shape([-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]);
    case "^": return shape([0, -1.15], [1.1, 0.85], [-1.1, 0.85]);
    case "v": return shape([0, 1.15], [1.1, -0.85], [-1.1, -0.85]);
    case "<": return shape([-1.15, 0], [0.85, 1.1], [0.85, -1.1]);
    case ">": return shape([1.15, 0], [-0.85, 1.1], [-0.85, -1.1]);
    case "D": return shape([0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]);
    case "P": return shape([-0.4, -1.1], [0.4, -1.1], [0.4, -0.4], [1.1, -0.4], [1.1, 0.4], [0.4, 0.4], [0.4, 1.1], [-0.4, 1.1], [-0.4, 0.4], [-1.1, 0.4], [-1.1, -0.4], [-0.4, -0.4]);
    case "X": return shape([-1.1, -0.6], [-0.6, -1.1], [0, -0.5], [0.6, -1.1], [1.1, -0.6], [0.5, 0], [1.1, 0.6], [0.6, 1.1], [0, 0.5], [-0.6, 1.1], [-1.1, 0.6], [-0.5, 0]);
    default: return `M${at(-1, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
};
