// Sorts a table by the column whose heading is clicked. Without it the tables are as they are.
document.querySelectorAll("table.sortable").forEach(function (table) {
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
        var number = cell.dataset.sort === undefined ? NaN : Number(cell.dataset.sort);
        return { row: row, index: index, number: number, text: cell.textContent.trim() };
      });
      // Numbers first, text after them, what is blank last whichever way.
      rows.sort(function (a, b) {
        var blank = (a.text === "" || a.text === "–") - (b.text === "" || b.text === "–");
        if (blank) return blank;
        var kind = isNaN(a.number) - isNaN(b.number);
        if (kind) return kind;
        var order = isNaN(a.number) ? a.text.localeCompare(b.text, "en", { numeric: true }) : a.number - b.number;
        return (up ? order : -order) || a.index - b.index;
      });
      rows.forEach(function (entry) { body.appendChild(entry.row); });
    });
  });
});
