"use strict";
// Search, filter, sort, page and copy the findings. Text enters the page through textContent alone.
(() => {
  const byId = (id) => document.getElementById(id);
  const { say, rows: total, left, columns } = JSON.parse(byId("page-setup").textContent);
  const language = document.documentElement.lang;
  const ROWS = 50;
  const PRINTED = 2000;
  const FORMULA = /^[=+\-@\t\r]/;
  const table = byId("findings-table");
  const view = { query: "", picks: {}, sort: "", down: false, page: 0, rows: ROWS };
  let data = {};
  let order = [];

  const fill = (text, facts) =>
    text.replace(/\{(\w+)\}/g, (_, name) =>
      typeof facts[name] === "number" ? facts[name].toLocaleString(language) : String(facts[name]));
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const textOf = (name, row) => {
    const column = data[name];
    return column.values[column.at ? column.at[row] : row];
  };

  async function unpack() {
    const packed = atob(byId("page-rows").textContent);
    const bytes = Uint8Array.from({ length: packed.length }, (_, place) => packed.charCodeAt(place));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  // which rows hold every word of the search, in any column
  function matching() {
    const found = new Uint8Array(total).fill(1);
    for (const [name, wanted] of Object.entries(view.picks)) {
      if (!wanted) continue;
      const column = data[name];
      for (let row = 0; row < total; row += 1) if (column.values[column.at[row]] !== wanted) found[row] = 0;
    }
    for (const word of view.query.toLowerCase().split(/\s+/).filter(Boolean)) {
      const hit = new Uint8Array(total);
      for (const column of Object.values(data)) {
        column.lower ??= column.values.map((value) => value.toLowerCase());
        const has = Uint8Array.from(column.lower, (value) => (value.includes(word) ? 1 : 0));
        if (column.at) for (let row = 0; row < total; row += 1) hit[row] |= has[column.at[row]];
        else for (let row = 0; row < total; row += 1) hit[row] |= has[row];
      }
      for (let row = 0; row < total; row += 1) found[row] &= hit[row];
    }
    return found;
  }

  // per value of a column its place when sorted; code words keep the order they came in
  function ranks(name) {
    const column = data[name];
    if (column.rank) return column.rank;
    const places = column.values.map((_, place) => place);
    if (!column.ordered) {
      const collator = new Intl.Collator(language, { numeric: true });
      const plain = places.length > 20000;
      const { values } = column;
      places.sort((a, b) =>
        plain ? (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0) : collator.compare(values[a], values[b]));
    }
    column.rank = new Uint32Array(places.length);
    places.forEach((place, rank) => { column.rank[place] = rank; });
    return column.rank;
  }

  function arrange() {
    const found = matching();
    order = [];
    for (let row = 0; row < total; row += 1) if (found[row]) order.push(row);
    if (view.sort) {
      const { at } = data[view.sort];
      const rank = ranks(view.sort);
      const sign = view.down ? -1 : 1;
      const of = (row) => rank[at ? at[row] : row];
      order.sort((a, b) => sign * (of(a) - of(b)) || a - b);
    }
    view.page = 0;
    draw();
  }

  const shownColumns = () => columns.filter((column) => column.shown);

  function heads() {
    const line = element("tr");
    line.setAttribute("role", "row");
    for (const { name, label } of shownColumns()) {
      const head = element("th");
      head.scope = "col";
      head.setAttribute("role", "columnheader");
      head.dataset.name = name;
      if (view.sort === name) head.setAttribute("aria-sort", view.down ? "descending" : "ascending");
      const button = element("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => {
        view.down = view.sort === name && !view.down;
        view.sort = name;
        arrange();
        heads();
        table.querySelector(`th[data-name="${name}"] button`).focus();
      });
      head.append(button);
      line.append(head);
    }
    table.tHead.replaceChildren(line);
  }

  function cell(name, row) {
    const text = textOf(name, row);
    const made = element("td", ["rule", "due_on", "finding_id", "serial_no", "merchant_no"].includes(name) ? "id" : "");
    made.setAttribute("role", "cell");
    made.dataset.name = name;
    if (name === "severity") {
      made.append(element("span", `pill ${data.severity.codes[data.severity.at[row]]}`, text));
    } else if (name === "rule") {
      const link = element("a", "", text);
      link.href = `#about-${text}`;
      made.append(link);
    } else if (name === "finding_id") {
      const link = element("a", "", text);
      link.href = `#${text}`;
      made.append(link);
    } else {
      made.textContent = text;
      const more = { detail: "remedy", source: "place" }[name];
      if (more && textOf(more, row)) made.append(element("div", "why", textOf(more, row)));
    }
    return made;
  }

  function draw() {
    const first = view.page * view.rows;
    const lines = order.slice(first, first + view.rows).map((row) => {
      const line = element("tr");
      line.id = textOf("finding_id", row);
      line.setAttribute("role", "row");
      line.append(...shownColumns().map(({ name }) => cell(name, row)));
      return line;
    });
    table.tBodies[0].replaceChildren(...lines);
    const facts = { count: order.length, total, first: first + 1, last: first + lines.length, left };
    const told = order.length ? fill(order.length === total ? say.all : say.some, facts) : say.none;
    byId("findings-told").textContent = told + (left ? ` ${fill(say.left, facts)}` : "");
    byId("page-place").textContent = order.length ? fill(say.place, facts) : "";
    byId("page-before").disabled = view.page === 0;
    byId("page-after").disabled = first + view.rows >= order.length;
    byId("findings-pager").hidden = order.length <= view.rows;
  }

  function choices() {
    for (const select of document.querySelectorAll("#findings-tools select")) {
      const column = data[select.name];
      const counts = new Uint32Array(column.values.length);
      for (const place of column.at) counts[place] += 1;
      column.values.forEach((value, place) => {
        if (!counts[place]) return;
        const option = element("option", "", fill(say.option, { value, count: counts[place] }));
        option.value = value;
        select.append(option);
      });
      select.addEventListener("change", () => { view.picks[select.name] = select.value; arrange(); });
    }
    const box = byId("findings-columns");
    for (const column of columns) {
      const label = element("label");
      const tick = element("input");
      tick.type = "checkbox";
      tick.checked = column.shown;
      tick.addEventListener("change", () => {
        column.shown = tick.checked;
        if (!shownColumns().length) tick.checked = column.shown = true;
        heads();
        draw();
      });
      label.append(tick, column.label);
      box.append(label);
    }
  }

  function reset() {
    view.query = byId("findings-search").value = "";
    view.picks = {};
    for (const select of document.querySelectorAll("#findings-tools select")) select.value = "";
  }

  // tab-separated for a spreadsheet, in which no text may become a formula
  function copied() {
    const names = shownColumns();
    const clean = (text) => (FORMULA.test(text) ? `'${text}` : text).replace(/[\t\r\n]+/g, " ");
    const lines = order.map((row) => names.map(({ name }) => clean(textOf(name, row))).join("\t"));
    return [names.map(({ label }) => label).join("\t"), ...lines].join("\n");
  }

  async function copy() {
    const told = byId("findings-told");
    try {
      await navigator.clipboard.writeText(copied());
      told.textContent = fill(say.copied, { count: order.length });
    } catch {
      told.textContent = say.not_copied;
    }
  }

  // #REG-01 shows the findings of a rule, #123456 those of a device or merchant, #<finding> the one
  function follow() {
    let wanted;
    try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    if (!wanted) return;
    const isRule = data.rule.values.includes(wanted);
    const names = ["finding_id", "serial_no", "merchant_no", "terminal_id"];
    if (!isRule && !names.some((name) => data[name].values.includes(wanted))) return;
    reset();
    if (isRule) view.picks.rule = document.querySelector("#findings-tools select[name=rule]").value = wanted;
    else view.query = byId("findings-search").value = wanted;
    arrange();
    byId("findings").scrollIntoView();
    table.tBodies[0].rows[0]?.classList.toggle("aimed", order.length === 1);
  }

  function start() {
    choices();
    let waiting;
    byId("findings-search").addEventListener("input", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { view.query = event.target.value; arrange(); }, 150);
    });
    byId("findings-reset").addEventListener("click", () => {
      reset();
      view.sort = "";
      heads();
      arrange();
      byId("findings-search").focus();
    });
    byId("findings-copy").addEventListener("click", copy);
    byId("page-before").addEventListener("click", () => { view.page -= 1; draw(); });
    byId("page-after").addEventListener("click", () => { view.page += 1; draw(); });
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", () => { view.rows = PRINTED; view.page = 0; draw(); });
    addEventListener("afterprint", () => { view.rows = ROWS; draw(); });
    heads();
    arrange();
    byId("findings-left")?.remove();
    byId("findings-tools").hidden = false;
    follow();
    document.documentElement.dataset.ready = "yes";
  }

  if (!table) return;
  unpack().then((unpacked) => { data = unpacked; start(); }, () => {
    byId("findings-told").textContent = say.too_old;
  });
})();
