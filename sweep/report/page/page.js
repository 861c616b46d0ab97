// Sorts and filters tables, names the points of figures, and saves the data that the page carries. Without it tables
// are as they are, browsers name the points that the pointer rests on by themselves, and data are the files beside it.
"use strict";

var MINUS = /\u2212/g;

function number(cell) {
  var text = cell.dataset.s === undefined ? cell.textContent.replace(MINUS, "-") : cell.dataset.s;
  return text.trim() === "" ? NaN : Number(text);
}

// Clicking a heading sorts by its column: numbers first, text after them, what is blank last whichever way.
function sortable(table) {
  var heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    while (head.firstChild) button.appendChild(head.firstChild);
    head.appendChild(button);
    button.addEventListener("click", function () {
      var up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      var body = table.tBodies[0];
      var rows = Array.from(body.rows).map(function (row, index) {
        var cell = row.cells[column];
        return { row: row, index: index, number: number(cell), text: cell.textContent.trim() };
      });
      rows.sort(function (a, b) {
        var blank = (a.text === "" || a.text === "\u2013") - (b.text === "" || b.text === "\u2013");
        if (blank) return blank;
        var kind = isNaN(a.number) - isNaN(b.number);
        if (kind) return kind;
        var order = isNaN(a.number) ? a.text.localeCompare(b.text, "en", { numeric: true }) : a.number - b.number;
        return (up ? order : -order) || a.index - b.index;
      });
      rows.forEach(function (entry) { body.appendChild(entry.row); });
    });
  });
}

// The word that a filter calls a column by: of 'error, %' the first.
function first(title) {
  return title.trim().split(/[\s,]/)[0];
}

var COMPARED = /^(.+?)(<=|>=|\u2264|\u2265|<|>|=)(\S+)$/;

// What a filter asks for: words that a row must have, and columns compared with a number, such as error<6.
function filter(text, heads) {
  var tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(function (word) {
    var parts = COMPARED.exec(word);
    var limit = parts ? Number(parts[3].replace(MINUS, "-")) : NaN;
    var column = isNaN(limit) ? -1 : heads.findIndex(function (head) {
      return [head.textContent.trim(), head.dataset.also || ""].some(function (name) {
        return first(name.toLowerCase()) === parts[1];
      });
    });
    if (column < 0) return function (row) { return row.textContent.toLowerCase().includes(word); };
    return function (row) {
      var value = number(row.cells[column]);
      switch (parts[2]) {
        case "<": return value < limit;
        case ">": return value > limit;
        case "=": return value === limit;
        case "<=": case "\u2264": return value <= limit;
        default: return value >= limit;
      }
    };
  });
  return function (row) { return tests.every(function (test) { return test(row); }); };
}

// What may be asked of the first column that one word names alone: error<6.49, where 6.49 is the middle of what it holds.
function example(rows, heads) {
  var names = heads.map(function (head) { return first(head.textContent); });
  for (var column = 1; column < heads.length; column++) {
    if (names.indexOf(names[column]) !== names.lastIndexOf(names[column])) continue;
    var values = rows.map(function (row) { return number(row.cells[column]); });
    values = values.filter(function (value) { return !isNaN(value); }).sort(function (a, b) { return a - b; });
    if (values.length) return [names[column] + "<" + Number(values[values.length >> 1].toPrecision(3))];
  }
  return [];
}

function filterable(table) {
  var rows = Array.from(table.tBodies[0].rows);
  if (rows.length < 6) return;
  var heads = Array.from(table.tHead.rows[0].cells);
  var bar = document.createElement("div");
  bar.className = "filter";
  var label = document.createElement("label");
  label.textContent = "Filter ";
  var input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = ["words"].concat(example(rows, heads)).join(", or ");
  var told = document.createElement("output");
  label.appendChild(input);
  bar.appendChild(label);
  bar.appendChild(told);
  table.closest(".table").querySelector(".above").appendChild(bar);
  function apply() {
    var wanted = filter(input.value, heads), shown = 0;
    rows.forEach(function (row) {
      row.hidden = !wanted(row);
      shown += !row.hidden;
    });
    told.textContent = input.value.trim() ? shown + " of " + rows.length : "";
  }
  input.addEventListener("input", apply);
}

// The point nearest to the pointer is named beside it, and with the arrow keys one point after the other.
function named(panel) {
  var tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  var points = Array.from(panel.querySelectorAll("use > title")).map(function (title) {
    var point = { mark: title.parentNode, name: title.textContent };
    // else the browser would name it a second time
    title.remove();
    return point;
  });
  if (!points.length) return;
  document.body.appendChild(tip);
  var current = null;

  function seen() {
    return points.map(function (point) {
      var box = point.mark.getBoundingClientRect();
      return { point: point, x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, width: box.width };
    }).filter(function (place) { return place.width > 0; });
  }
  function hide() {
    if (current) current.mark.classList.remove("at");
    current = null;
    tip.hidden = true;
  }
  function show(place) {
    if (current !== place.point) {
      hide();
      current = place.point;
      current.mark.classList.add("at");
      tip.textContent = current.name;
      tip.hidden = false;
    }
    var wide = document.documentElement.clientWidth;
    var left = Math.min(Math.max(8, place.x - tip.offsetWidth / 2), wide - tip.offsetWidth - 8);
    var above = place.y - tip.offsetHeight - 12;
    tip.style.left = left + window.scrollX + "px";
    tip.style.top = (above < 4 ? place.y + 14 : above) + window.scrollY + "px";
  }
  function near(event) {
    var best = null, least = 24 * 24;
    seen().forEach(function (place) {
      var far = Math.pow(place.x - event.clientX, 2) + Math.pow(place.y - event.clientY, 2);
      if (far < least) { least = far; best = place; }
    });
    if (best) show(best); else hide();
  }
  panel.addEventListener("pointermove", near);
  panel.addEventListener("pointerdown", near);
  // a finger leaves as soon as it is lifted, and what it found stays until the next tap
  panel.addEventListener("pointerleave", function (event) { if (event.pointerType !== "touch") hide(); });
  document.addEventListener("pointerdown", function (event) { if (!panel.contains(event.target)) hide(); });
  panel.addEventListener("blur", hide);
  panel.addEventListener("keydown", function (event) {
    if (event.key === "Escape") hide();
    var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    var places = seen().sort(function (a, b) { return a.x - b.x || a.y - b.y; });
    if (!places.length) return;
    var at = places.findIndex(function (place) { return place.point === current; });
    show(places[at < 0 ? (step > 0 ? 0 : places.length - 1) : (at + step + places.length) % places.length]);
  });
}

// A click on a file of data saves the copy that the page carries, so that it works where the page is alone.
function carried(link) {
  link.addEventListener("click", function (event) {
    event.preventDefault();
    var packed = Uint8Array.from(atob(link.dataset.gz), function (letter) { return letter.charCodeAt(0); });
    var stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    new Response(stream).blob().then(function (blob) {
      var save = document.createElement("a");
      save.href = URL.createObjectURL(new Blob([blob], { type: "text/csv" }));
      save.download = link.getAttribute("href").split("/").pop();
      save.click();
      setTimeout(function () { URL.revokeObjectURL(save.href); }, 60000);
    });
  });
}

// A link to a card opens what is folded in it, and paper shows all.
function unfold(where) {
  where.querySelectorAll("details.more").forEach(function (details) { details.open = true; });
}

function unfoldTarget(hash) {
  var card = /^#card-\d+$/.test(hash) && document.querySelector(hash);
  if (card) unfold(card);
}

unfoldTarget(location.hash);
document.querySelectorAll("nav a[href^='#card-']").forEach(function (link) {
  link.addEventListener("click", function () { unfoldTarget(link.hash); });
});
window.matchMedia("print").addEventListener("change", function (media) { if (media.matches) unfold(document); });

document.querySelectorAll("table.sortable").forEach(function (table) {
  filterable(table);
  sortable(table);
});
document.querySelectorAll(".panel").forEach(named);
if (window.DecompressionStream) document.querySelectorAll("a[data-gz]").forEach(carried);
