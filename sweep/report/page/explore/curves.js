// Learning curves: the training loss of each epoch, a line a point; the chosen ones stand out, with a band over seeds.
Explore.curves = (view, place) => {
  const { data } = view;
  const { unit, first, every, points, mean, low, high } = data.losses;
  const margin = { left: 52, right: 24, top: 10, bottom: 38 };
  const height = 260;
  const svg = Explore.svg("svg", { role: "img", class: "chart" }, place);
  const all = mean.flat().map((value) => (value === null ? null : value * unit));
  const log = Explore.wantsLog(all, 4);
  const rowOf = new Map(points.map((point, row) => [point, row]));
  const longest = Math.max(...mean.map((curve) => curve.length));
  const epoch = (n) => first + n * every;

  const draw = () => {
    const width = Math.max(280, place.clientWidth);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.replaceChildren();
    const bottom = height - margin.bottom;
    const x = Explore.scale([epoch(0), Math.max(epoch(0) + 1, epoch(longest - 1))], false, margin.left, width - margin.right);
    const y = Explore.scale(Explore.range(all, log, 0.04), log, bottom, margin.top);
    const up = (value) => y(Math.max(value * unit, y.range[0])).toFixed(1);
    Explore.ticks(y.range, log, 6).forEach((tick) => {
      Explore.svg("path", { class: "grid", d: `M${margin.left} ${y(tick)}H${width - margin.right}` }, svg);
      Explore.svg("text", { x: margin.left - 6, y: y(tick) + 4, "text-anchor": "end" }, svg).textContent = Explore.short(tick);
    });
    Explore.ticks(x.range, false, Math.floor(width / 80)).filter(Number.isInteger).forEach((tick) => {
      Explore.svg("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, svg).textContent = tick;
    });
    Explore.svg("path", { class: "axis", d: `M${margin.left} ${margin.top}V${bottom}H${width - margin.right}` }, svg);
    Explore.svg("text", { class: "name", x: (margin.left + width) / 2, y: height - 6, "text-anchor": "middle" }, svg).textContent = "epoch";
    Explore.svg("text", { class: "name", x: -(margin.top + bottom) / 2, y: 12, transform: "rotate(-90)", "text-anchor": "middle" }, svg).textContent = `training loss${log ? " (log scale)" : ""}`;
    const line = (curve) => {
      let pen = "M";
      return curve.map((value, n) => {
        if (value === null) { pen = "M"; return ""; }
        const part = `${pen}${x(epoch(n)).toFixed(1)} ${up(value)}`;
        pen = "L";
        return part;
      }).join("");
    };
    data.groups.forEach((group, number) => {
      const mine = points.map((point, row) => [point, row]).filter(([point]) => data.group[point] === number && view.shows(point));
      Explore.svg("path", { class: "lines", "data-points": mine.length, style: `stroke: var(--${group.colour})`, opacity: mine.length > 500 ? 0.12 : view.chosen.length ? 0.3 : 0.65, d: mine.map(([, row]) => line(mean[row])).join("") }, svg);
    });
    view.chosen.forEach((point, n) => {
      const row = rowOf.get(point);
      if (row === undefined) return;
      if (low[row]) {
        const known = low[row].map((_, at) => at).filter((at) => low[row][at] !== null);
        const edge = (part, at) => `${x(epoch(at)).toFixed(1)} ${up(part[at])}`;
        const corners = [...known.map((at) => edge(low[row], at)), ...known.reverse().map((at) => edge(high[row], at))];
        Explore.svg("path", { class: `spread ${"ab"[n]}`, d: `M${corners.join("L")}Z` }, svg);
      }
      Explore.svg("path", { class: `chosen ${"ab"[n]}`, d: line(mean[row]) }, svg);
      const last = mean[row].length - 1;
      if (mean[row][last] !== null) Explore.svg("text", { class: `chosen ${"ab"[n]}`, x: x(epoch(last)) + 5, y: Number(up(mean[row][last])) + 4 + 6 * n }, svg).textContent = "AB"[n];
    });
    const names = view.chosen.map((point) => data.points[point]).join(" and ");
    svg.setAttribute("aria-label", `Training loss of each epoch, a line a point${names ? `; ${names} stand out` : ""}`);
  };

  view.elsewhere(draw);
  return { draw };
};
