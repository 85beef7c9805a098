"use strict";
// Search, keys and the count of what is shown. Filters are rules of style and work without it; nothing here makes HTML.
(() => {
  const section = document.getElementById("flips");
  const search = document.getElementById("search");
  if (!section || !search) return;
  const cards = [...section.querySelectorAll(".flip")];
  const facts = new Map(JSON.parse(document.getElementById("flips-data").textContent).map((one) => [one.id, one.text]));
  const words = (text) => text.toLowerCase().replace(/\s+/g, " ");
  const texts = cards.map((card) => {
    const prompts = [...card.querySelectorAll("pre")].map((one) => one.textContent);
    return words([facts.get(card.id) || "", ...prompts].join(" "));
  });
  const status = document.getElementById("shown");
  const shown = () => cards.filter((card) => card.offsetParent !== null);
  const tell = () => {
    const number = shown().length;
    status.textContent = number === cards.length ? `all ${number} shown` : `${number} of ${cards.length} shown`;
  };
  const sift = () => {
    const wanted = words(search.value).trim();
    cards.forEach((card, k) => card.classList.toggle("unfound", wanted !== "" && !texts[k].includes(wanted)));
    tell();
  };
  const showAll = () => {
    search.value = "";
    for (const box of section.querySelectorAll('.filter input[id$="-any"]')) box.checked = true;
    sift();
  };
  const go = (card) => {
    history.replaceState(null, "", "#" + card.id);
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "start" });
    for (const other of cards) other.classList.toggle("current", other === card);
  };
  const step = (by) => {
    const open = shown();
    if (!open.length) return;
    const at = open.findIndex((card) => card.classList.contains("current") || card === document.activeElement);
    go(open[at < 0 ? 0 : Math.min(Math.max(at + by, 0), open.length - 1)]);
  };
  const follow = () => {
    const card = cards.find((one) => "#" + one.id === location.hash);
    if (!card) return;
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
  window.addEventListener("hashchange", follow);
  search.parentElement.hidden = false;
  sift();
  follow();
})();
