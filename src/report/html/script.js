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
  function list(nodes) {
    return Array.prototype.slice.call(nodes);
  }
  function number(element, name) {
    return Number(element.getAttribute("data-" + name));
  }
  function bytes(text) {
    try {
      return window.atob(text || "");
    } catch (e) {
      return "";
    }
  }
  function clock(t) {
    var tenths = Math.round(t * 10), s = Math.floor(tenths / 10), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    function two(n) {
      return (n < 10 ? "0" : "") + n;
    }
    return (h ? h + ":" + two(m) : m) + ":" + two(s % 60) + "." + (tenths % 10);
  }
  // The hand of a timeline. It holds no figures of its own: it shows what the table of segments, the pictures and
  // the series beside it say of a moment.
  document.querySelectorAll(".timeline").forEach(function (line) {
    var of = function (name) {
      return document.getElementById(line.id.replace("timeline", name));
    };
    var table = of("segments"), panel = of("moment"), slider = of("hand"), series = of("series"), events = of("happenings");
    var plot = line.querySelector(".plot"), cursor = line.querySelector(".cursor");
    if (!table || !panel || !slider || !plot) return;
    var whole = number(line, "duration");
    var rows = list(table.querySelectorAll("tbody tr"));
    var heads = list(table.querySelectorAll("thead th"));
    var pictures = list(document.querySelectorAll("figure.face[data-of='" + line.id + "']"));
    var looks = list(document.querySelectorAll("a.at[data-timeline='" + line.id + "']"));
    var mouth = series ? bytes(series.getAttribute("data-mouth")) : "";
    var sound = series ? bytes(series.getAttribute("data-sound")) : "";
    var drawing = panel.querySelector(".moment-plot"), picture = panel.querySelector(".moment-picture");
    var said = panel.querySelector(".said"), output = panel.querySelector("output");
    if (!mouth && !sound) drawing.hidden = true;
    function rowAt(share) {
      var low = 0, high = rows.length - 1;
      while (low < high) {
        var middle = (low + high + 1) >> 1;
        if (number(rows[middle], "from") <= share) low = middle;
        else high = middle - 1;
      }
      return rows[low] && share < number(rows[low], "to") + 1e-9 ? rows[low] : null;
    }
    function say(name, text) {
      var dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = name;
      dd.textContent = text;
      said.appendChild(dt);
      said.appendChild(dd);
    }
    // Values of two seconds to each side, stretched to the drawing; 255 stands where nothing was measured.
    function values(text, t) {
      var step = number(series, "step"), first = Math.round((t - 2 - number(series, "start")) / step), count = Math.round(4 / step);
      var out = [], low = 255, high = 0, i, v;
      for (i = 0; i < count; i++) {
        v = first + i >= 0 && first + i < text.length ? text.charCodeAt(first + i) : 255;
        out.push(v);
        if (v !== 255) {
          low = Math.min(low, v);
          high = Math.max(high, v);
        }
      }
      var reach = Math.max(high - low, 12);
      return out.map(function (v) {
        return v === 255 ? null : 91 - (86 * (v - low)) / reach;
      });
    }
    function draw(t) {
      var wave = "", lips = "", last = -9;
      var heard = values(sound, t), seen = values(mouth, t);
      heard.forEach(function (y, i) {
        var x = (600 / heard.length) * i, to = (600 / heard.length) * (i + 1);
        if (y !== null) wave += "M" + x.toFixed(1) + " 96V" + y.toFixed(1) + "H" + to.toFixed(1) + "V96Z";
      });
      seen.forEach(function (y, i) {
        if (y === null) return;
        lips += (i - last <= 4 ? "L" : "M") + ((600 / seen.length) * (i + 0.5)).toFixed(1) + " " + y.toFixed(1);
        last = i;
      });
      drawing.querySelector(".wave").setAttribute("d", wave);
      drawing.querySelector(".lips-line").setAttribute("d", lips);
    }
    function showPicture(t) {
      picture.textContent = "";
      pictures.forEach(function (figure) {
        if (t < number(figure, "from") || t >= number(figure, "to") || picture.firstChild) return;
        var copy = figure.querySelector(".look").cloneNode(true);
        // The copy's drawing refers to the shapes of the first one.
        list(copy.querySelectorAll("[id]")).forEach(function (e) {
          e.removeAttribute("id");
        });
        copy.removeAttribute("tabindex");
        picture.appendChild(copy);
      });
    }
    function show(t) {
      t = Math.max(0, Math.min(whole, t));
      var row = rowAt(t / whole), time = clock(t);
      slider.value = t;
      output.textContent = time;
      said.textContent = "";
      list(row ? row.cells : []).forEach(function (cell, column) {
        say(column === 0 ? "Segment" : heads[column].textContent.trim(), cell.textContent.trim());
      });
      list(events ? events.children : []).forEach(function (e) {
        if (t >= number(e, "from") && t < number(e, "to")) say("Meanwhile", e.textContent);
      });
      var spoken = row && row.cells.length > 1 ? ", " + heads[1].textContent.trim() + " " + row.cells[1].textContent.trim() : "";
      slider.setAttribute("aria-valuetext", time + spoken);
      showPicture(t);
      if (series) draw(t);
      cursor.style.left = (100 * t) / whole + "%";
      cursor.hidden = false;
    }
    function pointed(event) {
      var box = plot.getBoundingClientRect(), share = (event.clientX - box.left) / box.width;
      if (share >= 0 && share <= 1) show(share * whole);
    }
    panel.hidden = false;
    line.addEventListener("pointermove", pointed);
    line.addEventListener("pointerdown", pointed);
    slider.addEventListener("input", function () {
      show(Number(slider.value));
    });
    var starts = looks.map(function (a) {
      return number(a, "at");
    }).sort(function (a, b) {
      return a - b;
    });
    var next = panel.querySelector(".next");
    next.hidden = starts.length === 0;
    next.addEventListener("click", function () {
      var now = Number(slider.value), later = starts.filter(function (t) {
        return t > now + 0.3;
      });
      show(later.length ? later[0] : starts[0]);
    });
    looks.forEach(function (a) {
      a.addEventListener("click", function () {
        show(number(a, "at"));
        slider.focus({ preventScroll: true });
      });
    });
    show(starts.length ? starts[0] : 0);
  });
  // Tables that say so are sorted by their heads; the order of the page stays until somebody asks.
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var body = table.tBodies[0];
    table.classList.add("sorts");
    list(table.querySelectorAll("thead th")).forEach(function (head, column) {
      var press = document.createElement("button");
      press.type = "button";
      press.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(press);
      press.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        list(table.querySelectorAll("thead th")).forEach(function (h) {
          h.removeAttribute("aria-sort");
        });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        function key(row) {
          var cell = row.cells[column], given = cell.getAttribute("data-sort");
          return given === null ? cell.textContent.trim().toLowerCase() : given === "" ? null : Number(given);
        }
        list(body.rows)
          .map(function (row, i) {
            return [key(row), i, row];
          })
          .sort(function (a, b) {
            // What was not measured comes last whichever way it is sorted.
            if (a[0] === null || b[0] === null) return (a[0] === null) - (b[0] === null) || a[1] - b[1];
            var by = a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
            return (up ? by : -by) || a[1] - b[1];
          })
          .forEach(function (entry) {
            body.appendChild(entry[2]);
          });
      });
    });
  });
})();
