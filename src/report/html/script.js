(function () {
  "use strict";
  var root = document.documentElement;
  var button = document.querySelector("button.theme");
  function dark() {
    var set = root.getAttribute("data-theme");
    return set ? set === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function label() {
    button.textContent = dark() ? "Light theme" : "Dark theme";
  }
  if (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      root.setAttribute("data-theme", dark() ? "light" : "dark");
      label();
    });
    label();
  }
  // The timeline's cursor reads the table of segments aloud; it holds no figures of its own.
  document.querySelectorAll(".timeline").forEach(function (line) {
    var table = document.getElementById(line.getAttribute("data-rows"));
    var readout = document.getElementById(line.id.replace("timeline", "readout"));
    var plot = line.querySelector(".plot");
    var cursor = line.querySelector(".cursor");
    if (!table || !readout || !plot) return;
    var rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
    var heads = Array.prototype.slice.call(table.querySelectorAll("thead th"));
    var at = -1;
    function show(index) {
      if (index < 0 || index >= rows.length) return;
      at = index;
      var row = rows[index];
      var parts = [];
      Array.prototype.forEach.call(row.cells, function (cell, column) {
        var text = cell.textContent.trim();
        parts.push(column === 0 ? text : heads[column].textContent.trim() + ": " + text);
      });
      readout.textContent = parts.join("  ·  ");
      readout.hidden = false;
      var box = plot.getBoundingClientRect();
      var middle = (Number(row.getAttribute("data-from")) + Number(row.getAttribute("data-to"))) / 2;
      cursor.style.left = box.left - line.getBoundingClientRect().left + box.width * middle + "px";
      cursor.hidden = false;
    }
    function pointed(event) {
      var box = plot.getBoundingClientRect();
      var share = (event.clientX - box.left) / box.width;
      for (var i = 0; i < rows.length; i++) {
        if (share >= Number(rows[i].getAttribute("data-from")) && share < Number(rows[i].getAttribute("data-to"))) {
          if (i !== at) show(i);
          return;
        }
      }
    }
    line.addEventListener("pointermove", pointed);
    line.addEventListener("pointerdown", pointed);
    line.addEventListener("keydown", function (event) {
      var by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      show(Math.min(rows.length - 1, Math.max(0, at + by)));
    });
  });
})();
