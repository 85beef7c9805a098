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

  const section = document.getElementById("flips");
  const search = document.getElementById("search");
  if (!section || !search) {
    addEventListener("hashchange", follow);
    follow();
    return;
  }
  const cards = [...section.querySelectorAll(".flip")];
  const facts = new Map(JSON.parse(document.getElementById("flips-data").textContent).map((one) => [one.id, one.text]));
  const words = (text) => text.toLowerCase().replace(/\s+/g, " ");
  const inner = (card) => card.querySelector("article");
  const texts = cards.map((card) => {
    const prompts = [...card.querySelectorAll("pre")].map((one) => one.textContent);
    return words([facts.get(inner(card).id) || "", ...prompts].join(" "));
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
    section.classList.toggle("searched", wanted !== "");
    cards.forEach((card, k) => card.classList.toggle("unfound", wanted !== "" && !texts[k].includes(wanted)));
    tell();
  };
  const showAll = () => {
    search.value = "";
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
  section.addEventListener("change", tell);
  addEventListener("hashchange", followCard);
  search.parentElement.hidden = false;
  sift();
  followCard();
})();
