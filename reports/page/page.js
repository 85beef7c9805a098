"use strict";
// Parts that open where a link leads and for printing; search, keys, pages and the count of the cards.
// Everything can be reached without it: parts and cards are details, filters and pages rules of style. Nothing here makes HTML.
(() => {
  const open = (element) => {
    for (let one = element; one; one = one.parentElement) if (one.matches("details")) one.open = true;
  };
  const linked = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const follow = () => {
    const element = linked();
    if (!element) return;
    open(element);
    element.scrollIntoView({ block: "start" });
  };
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });

  // A map of cells too small to be links: a cell is chosen by pointer, arrow keys or two lists, and said in words.
  const readMap = (figure) => {
    const table = figure.parentElement.querySelector("table.outcomes");
    const list = figure.parentElement.querySelector("ol.columns");
    const head = figure.parentElement.querySelector("code.head");
    if (!table || !list || !head) return;
    const [pad, pick, said] = [".pad", ".pick", ".said"].map((name) => figure.querySelector(name));
    const [items, variants] = pick.querySelectorAll("select");
    const heat = pad.firstElementChild;
    const rows = [...table.tBodies[0].rows];
    const columns = [...list.children];
    const means = new Map(
      [...figure.querySelectorAll(".legend .key-item code")].map((one) => [one.textContent, one.nextSibling.textContent.trim()]),
    );
    const fill = (select, texts) => {
      for (const text of texts) select.append(new Option(text));
    };
    const cursor = document.createElementNS(heat.namespaceURI, "rect");
    const cell = () => {
      const [row, column] = [rows[items.selectedIndex], columns[variants.selectedIndex]];
      let at = variants.selectedIndex;
      const letters = row.querySelector(".cells");
      const found = [...letters.childNodes].find((one) => (at -= one.textContent.length) < 0);
      const letter = letters.textContent[variants.selectedIndex];
      return { row, column, letter, link: found && found.nodeName === "A" ? found.getAttribute("href") : "" };
    };
    const say = () => {
      const { row, column, letter, link } = cell();
      cursor.setAttribute("x", variants.selectedIndex);
      cursor.setAttribute("y", items.selectedIndex);
      const name = row.cells[0];
      said.textContent = `${name.textContent}, ${column.querySelector(".name").textContent}: ${means.get(letter) || letter}. `;
      const next = document.createElement(link ? "a" : "code");
      if (link) next.setAttribute("href", link);
      const command = [head.textContent, name.dataset.quoted || name.textContent, column.querySelector("code").textContent];
      next.textContent = link ? "Open its card" : command.join(" ");
      const isFlip = "fgomu".includes(letter);
      said.append(link ? "" : isFlip ? "Not among the cards of this page; to see it: " : "To see it: ", next);
    };
    const choose = (x, y) => {
      const [column, row] = [[x, columns], [y, rows]].map(([at, all]) => Math.min(Math.max(at, 0), all.length - 1));
      const isSame = column === variants.selectedIndex && row === items.selectedIndex;
      [variants.selectedIndex, items.selectedIndex] = [column, row];
      if (!isSame) say();
      return isSame;
    };
    const point = (event) => {
      const box = heat.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      return choose(Math.floor(x * columns.length), Math.floor(y * rows.length));
    };
    const enter = () => {
      const { link } = cell();
      if (location.hash === link) dispatchEvent(new Event("hashchange"));
      else if (link) location.hash = link;
    };
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    pad.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter") enter();
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      choose(variants.selectedIndex + step[0], items.selectedIndex + step[1]);
    });
    pad.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse") point(event);
    });
    pad.addEventListener("click", (event) => {
      if (point(event)) enter();
    });
    said.addEventListener("click", (event) => {
      if (!event.target.closest("a")) return;
      event.preventDefault();
      enter();
    });
    pick.addEventListener("change", say);
    fill(items, rows.map((row) => row.cells[0].textContent));
    fill(variants, columns.map((column) => column.querySelector(".name").textContent));
    for (const [name, value] of [["class", "cursor"], ["width", 1], ["height", 1]]) cursor.setAttribute(name, value);
    heat.append(cursor);
    pad.tabIndex = 0;
    pad.setAttribute("role", "application");
    pad.setAttribute("aria-label", "Cells of the map: arrow keys choose one, Enter opens its flip");
    pick.hidden = false;
    say();
  };
  for (const figure of document.querySelectorAll("figure.map")) readMap(figure);

  const section = document.getElementById("flips");
  const search = document.getElementById("search");
  if (!section || !search) {
    addEventListener("hashchange", follow);
    follow();
    return;
  }
  const cards = [...section.querySelectorAll(".flip")];
  const data = JSON.parse(document.getElementById("flips-data").textContent);
  const facts = new Map(data.cards.map((one) => [one.id, one]));
  const within = document.getElementById("search-in");
  for (const [place, name] of Object.entries(data.places)) within.append(new Option(name, place));
  const words = (text) => text.toLowerCase().replace(/\s+/g, " ");
  const inner = (card) => card.querySelector("article");
  const texts = cards.map((card) => {
    const own = facts.get(inner(card).id) || {};
    return Object.keys(data.places).map((place) => [place, words(own[place] || "")]);
  });
  const status = document.getElementById("shown");
  const shown = () => cards.filter((card) => card.offsetParent !== null);
  const choose = (box) => {
    if (box) box.checked = true;
  };
  const isSifted = () => section.matches(".searched, :has(.filter input:checked:not([id$='-any']))");
  const tell = () => {
    const number = shown().length;
    status.textContent = number === cards.length ? `all ${number} shown` : `${number} of ${cards.length} shown`;
  };
  const sift = () => {
    const wanted = words(search.value).trim();
    const counts = new Map();
    section.classList.toggle("searched", wanted !== "");
    cards.forEach((card, k) => {
      const hits = texts[k].filter(([place, text]) => (within.value || place) === place && text.includes(wanted));
      const named = wanted ? hits.map(([place]) => data.places[place]) : [];
      card.classList.toggle("unfound", wanted !== "" && !hits.length);
      card.querySelector(".hit").textContent = named.length ? "found in " + named.join(", ") : "";
      for (const name of named) counts.set(name, (counts.get(name) || 0) + 1);
    });
    const found = [...counts].map(([name, number]) => `${name} ${number}`).join(", ");
    document.getElementById("where").textContent = found && `found in: ${found}`;
    tell();
  };
  const showAll = () => {
    search.value = within.value = "";
    for (const box of section.querySelectorAll('.filter input[id$="-any"]')) choose(box);
    sift();
  };
  const turnTo = (card) => {
    const page = [...card.classList].find((name) => name.startsWith("page-"));
    if (card.offsetParent === null) choose(document.getElementById("show-" + page));
    tell();
  };
  const go = (card) => {
    const article = inner(card);
    turnTo(card);
    open(card);
    history.replaceState(null, "", "#" + article.id);
    article.focus({ preventScroll: true });
    card.scrollIntoView({ block: "start" });
    for (const other of cards) other.classList.toggle("current", other === card);
  };
  const step = (by) => {
    const all = isSifted() ? shown() : cards;
    if (!all.length) return;
    const at = all.findIndex((card) => card.classList.contains("current") || card.contains(document.activeElement));
    const first = all.findIndex((card) => card.offsetParent !== null);
    go(all[at < 0 ? Math.max(first, 0) : Math.min(Math.max(at + by, 0), all.length - 1)]);
  };
  const followCard = () => {
    const element = linked();
    const card = element && element.closest(".flip");
    if (!card) return follow();
    if (card.offsetParent === null) showAll();
    go(card);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      showAll();
      search.blur();
      return;
    }
    if (event.target.closest("input, textarea, select") && event.target.type !== "radio") return;
    if (event.key === "/") {
      event.preventDefault();
      search.focus();
      search.select();
    }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
  });
  search.addEventListener("input", sift);
  within.addEventListener("change", sift);
  section.addEventListener("change", tell);
  addEventListener("hashchange", followCard);
  search.parentElement.hidden = false;
  sift();
  followCard();
})();
