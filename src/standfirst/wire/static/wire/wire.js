// The wire list where scripts run: it renews itself, shows items beside itself, and obeys single keys.
import { ask, countDown } from "./shared.js";

const room = document.querySelector("[data-wire]");
const settings = JSON.parse(document.getElementById("wire-settings").textContent);
const list = room.querySelector("[data-wire-list]");
const form = room.querySelector("[data-wire-rows]");
const listing = room.querySelector("[data-wire-listing]");
const pane = room.querySelector("[data-wire-pane]");
const said = room.querySelector("[data-wire-said]");
const toasts = room.querySelector("[data-wire-toasts]");
const newBar = room.querySelector("[data-wire-new]");
const wide = window.matchMedia("(min-width: 62rem)");
const PAUSE = 3000;
const KEPT = 200;

room.classList.add("wire-room--scripted");

// --- rows -------------------------------------------------------------------------------------------------------------

const rows = () => (list ? [...list.querySelectorAll("li.wire-row[data-id]:not(.is-leaving)")] : []);
const link = (row) => row?.querySelector("h2 a");
const rowOf = (id) => list?.querySelector(`li.wire-row[data-id="${id}"]`) ?? null;
const current = () => list?.querySelector("li.wire-row.is-current") ?? null;
const headline = (row) => link(row)?.textContent.trim() ?? "";
const made = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
};

let touched = false; // Somebody has chosen a row or ticked one: nothing may move under their hands.

const choose = (row, { focus = true, scroll = true } = {}) => {
  current()?.classList.remove("is-current");
  if (!row) return;
  touched = true;
  row.classList.add("is-current");
  if (focus) link(row)?.focus({ preventScroll: true });
  if (scroll) row.scrollIntoView({ block: "nearest" });
};

const step = (by) => {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const row = all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  choose(row);
  if (!pane.hidden && wide.matches) preview(row, { soon: true });
  if (all.indexOf(row) > all.length - 6) older();
};

const empty = () => {
  const line = room.querySelector("[data-wire-empty]");
  if (line) line.hidden = Boolean(list.querySelector("li"));
};

// --- what is new ------------------------------------------------------------------------------------------------------

let tag = "";
let waiting = new Map(); // Items that came in and are not shown yet: id -> HTML, the newest first.
let many = false;
let timer = 0;

// An answer that was under way while somebody did something with an item tells of it as it was before, or as new.
const handled = new Map(); // Item's id -> how many things are being done with it, and when the last was done.
const handling = async (ids, work) => {
  const note = (by) => {
    for (const id of ids) handled.set(String(id), { now: (handled.get(String(id))?.now ?? 0) + by, at: performance.now() });
  };
  note(1);
  try {
    return await work();
  } finally {
    note(-1);
  }
};
const outdated = (began) => ({ id }) => {
  const doing = handled.get(String(id));
  return Boolean(doing && (doing.now || doing.at > began));
};

const resting = () => !touched && (wide.matches ? listing.scrollTop : window.scrollY) < 40 && !list.querySelector("input:checked") && !list.contains(document.activeElement);

const tell = () => {
  const number = waiting.size;
  newBar.hidden = !number && !many;
  newBar.textContent = many ? "Many new items: show the newest" : `${number} new item${number === 1 ? "" : "s"}`;
};

const insert = () => {
  if (many) {
    location.reload();
    return;
  }
  let first = null;
  for (const [id, html] of [...waiting].reverse()) {
    const before = rowOf(id);
    const row = made(html);
    row.classList.add("is-new");
    if (before?.classList.contains("is-current")) row.classList.add("is-current");
    before?.remove();
    list.prepend(row);
    first = row;
  }
  waiting = new Map();
  tell();
  empty();
  countDown(list);
  for (const row of rows().slice(KEPT)) row.remove();
  return first;
};

const showNew = () => {
  const first = insert();
  if (!first) return;
  touched = false;
  (wide.matches ? listing : window).scrollTo({ top: 0 });
  link(first)?.focus({ preventScroll: true });
  list.querySelectorAll(".is-current").forEach((row) => row.classList.remove("is-current"));
  first.classList.add("is-current");
};

const replace = (id, html, fits) => {
  const before = rowOf(id);
  if (!before || before.classList.contains("is-leaving")) return;
  const row = made(html);
  const place = before.contains(document.activeElement) ? [...before.querySelectorAll("a, button, input")].indexOf(document.activeElement) : -1;
  const tick = row.querySelector('input[name="item"]');
  if (tick) tick.checked = before.querySelector('input[name="item"]')?.checked ?? false;
  row.classList.toggle("is-current", before.classList.contains("is-current"));
  row.classList.toggle("is-gone", !fits);
  before.replaceWith(row);
  if (place >= 0) (row.querySelectorAll("a, button, input")[place] ?? link(row))?.focus({ preventScroll: true });
};

const follow = async () => {
  const known = [...rows().slice(0, KEPT).map((row) => `${row.dataset.id}.${row.dataset.state}`), ...[...waiting].map(([id, html]) => `${id}.${made(html).dataset.state}`)];
  const address = `${settings.fresh}?${settings.query}&since=${room.dataset.cursor}&urgent=${room.querySelector("[data-wire-urgent]").dataset.wireUrgent}&rows=${known.join(",")}`;
  const began = performance.now();
  const { answer, told } = await ask(address, tag ? { headers: { "If-None-Match": tag } } : {});
  if (!told) return;
  tag = answer.headers.get("ETag") ?? "";
  if ([...told.new, ...told.changed].some(outdated(began))) {
    tag = ""; // The next answer tells of them again.
    told.new = told.new.filter((item) => !outdated(began)(item));
    told.changed = told.changed.filter((item) => !outdated(began)(item));
  }
  for (const { id, html, fits } of told.changed) {
    if (waiting.has(id)) waiting.set(id, html);
    else replace(id, html, fits);
  }
  for (const [key, count] of Object.entries(told.counts)) {
    const badge = room.querySelector(`[data-count="${key}"]`);
    if (badge) { badge.textContent = count; badge.hidden = !count; }
  }
  if (told.urgent) {
    room.querySelector("[data-wire-urgent]").replaceWith(made(told.urgent));
    if (room.querySelector(".wire-urgent")) said.textContent = "Something is to be seen to: it stands above the list.";
  }
  const fresh = told.new.filter(({ id }) => !waiting.has(id)).length;
  if (told.new.length) waiting = new Map([...told.new.map(({ id, html }) => [id, html]), ...waiting]);
  many = told.many;
  if (!fresh && !many) return;
  said.textContent = many ? "Many new items" : `${fresh} new item${fresh === 1 ? "" : "s"}: ${headline(made(told.new[0].html))}`;
  if (resting() && !many) insert();
  else tell();
};

const tick = () => {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!document.hidden) {
      try {
        await follow();
        room.classList.remove("is-cut-off");
      } catch (error) {
        room.classList.add("is-cut-off");
        room.dataset.cutOff = error.message;
      }
    }
    tick();
  }, PAUSE);
};

// --- the preview ------------------------------------------------------------------------------------------------------

let asked = 0;
let soonTimer = 0;
let shownAddress = "";
let dismissed = false;

const fetchItem = async (address) => {
  const url = new URL(address, location.href);
  url.searchParams.set("pane", "1");
  url.hash = "";
  const answer = await fetch(url, { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error("This item could not be shown. Open its page.");
  return answer.text();
};

const open = async (address) => {
  const mine = ++asked;
  room.classList.add("has-pane");
  pane.hidden = false;
  pane.setAttribute("aria-busy", "true");
  try {
    const html = await fetchItem(address);
    if (mine !== asked) return;
    pane.innerHTML = html;
    shownAddress = address;
    countDown(pane);
  } catch (error) {
    if (mine === asked) pane.replaceChildren(Object.assign(document.createElement("p"), { className: "wire-empty", textContent: error.message }));
  } finally {
    if (mine === asked) {
      pane.removeAttribute("aria-busy");
      pane.scrollTop = 0;
    }
  }
};

const preview = (row, { soon = false } = {}) => {
  clearTimeout(soonTimer);
  if (!row) return;
  dismissed = false;
  choose(row, { focus: !pane.contains(document.activeElement) });
  if (soon) soonTimer = setTimeout(() => open(link(row).href), 120);
  else open(link(row).href);
};

const closePane = () => {
  asked++;
  dismissed = true;
  pane.hidden = true;
  pane.replaceChildren();
  shownAddress = "";
  room.classList.remove("has-pane");
  link(current())?.focus({ preventScroll: true });
};

// --- doing something with an item -------------------------------------------------------------------------------------

const undone = []; // What can be undone, the last first: { id, row, after, says }

const toast = (text, { wrong = false, actions = [] } = {}) => {
  const note = Object.assign(document.createElement("div"), { className: `wire-toast${wrong ? " wire-toast--wrong" : ""}` });
  note.append(Object.assign(document.createElement("p"), { textContent: text }));
  for (const action of actions) note.append(action);
  const close = Object.assign(document.createElement("button"), { type: "button", className: "wire-toast__close", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => note.remove());
  note.append(close);
  toasts.prepend(note);
  while (toasts.children.length > 3) toasts.lastElementChild.remove();
  if (!wrong) setTimeout(() => { if (!note.matches(":hover, :focus-within")) note.remove(); }, 9000);
};

const button = (text, act) => {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "wire-toast__do", textContent: text });
  made.addEventListener("click", act);
  return made;
};

const send = (id, verb, fields = {}) => {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return ask(`${settings.item.replace("/0/", `/${id}/`)}${verb}/`, { method: "POST", body }).then(({ told }) => told);
};

const leave = (row) => {
  // The next row moves up: it is the one to decide on now.
  const all = rows();
  const next = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1] ?? null;
  const was = row.classList.contains("is-current") || row.contains(document.activeElement) || pane.contains(document.activeElement);
  row.classList.add("is-leaving");
  row.inert = true;
  if (was) {
    choose(next);
    if (!pane.hidden && next) preview(next, { soon: true });
    else if (!pane.hidden) closePane();
  }
};

const stay = (row) => {
  row.classList.remove("is-leaving");
  row.inert = false;
  choose(row);
};

const goes = (verb) => settings.show !== "all" && !(settings.show === "taken" && verb === "take");

const act = async (row, verb, fields = {}) => {
  if (!row || !settings.mayTake) return;
  const id = row.dataset.id;
  const going = goes(verb);
  if (going) leave(row);
  row.classList.add("is-busy");
  try {
    const told = await handling([id], () => send(id, verb.replace("_", "-"), fields));
    row.classList.remove("is-busy");
    if (going) {
      const place = row.nextElementSibling;
      row.remove();
      empty();
      if (told.undo) undone.push({ id, row, place });
    } else {
      replace(id, told.html, true);
      if (told.undo) undone.push({ id, row: null });
    }
    if (!going && !pane.hidden && pane.querySelector(`[data-wire-item="${id}"]`)) open(shownAddress);
    const actions = [];
    if (told.draft) actions.push(Object.assign(document.createElement("a"), { href: told.draft, className: "wire-toast__do", textContent: "Open the draft" }));
    if (told.undo) actions.push(button("Undo", undo));
    toast(told.says, { actions });
  } catch (error) {
    row.classList.remove("is-busy");
    if (going) stay(row);
    if (error.told?.choose) chooser(row, error.message);
    else toast(error.message, { wrong: true });
  }
};

const undo = async () => {
  const last = undone.pop();
  if (!last) {
    toast("There is nothing to undo here. Items that were spiked or put on hold can be put back from their lists.");
    return;
  }
  try {
    const told = await handling([last.id], () => send(last.id, "put-back"));
    const row = made(told.html);
    const here = rowOf(last.id);
    if (here) here.replaceWith(row);
    else if (settings.show === "waiting" || settings.show === "all") {
      if (last.place?.isConnected) last.place.before(row);
      else list.append(row);
    }
    if (row.isConnected) choose(row);
    empty();
    toast(told.says);
  } catch (error) {
    toast(error.message, { wrong: true });
  }
};

const ticked = () => rows().filter((row) => row.querySelector('input[name="item"]:checked'));

const several = async (verb) => {
  const chosen = ticked();
  if (!chosen.length) return;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.set("do", verb);
  for (const row of chosen) body.append("item", row.dataset.id);
  chosen.forEach((row) => row.classList.add("is-busy"));
  try {
    const { told } = await handling(chosen.map((row) => row.dataset.id), () => ask(settings.several, { method: "POST", body }));
    for (const row of chosen) {
      row.classList.remove("is-busy");
      row.querySelector('input[name="item"]').checked = false;
      if (!told.done.includes(Number(row.dataset.id))) continue;
      if (verb !== "put_back") undone.push({ id: row.dataset.id, row, place: row.nextElementSibling });
      if (goes(verb)) row.remove();
    }
    count();
    empty();
    choose(rows()[0] ?? null);
    toast(told.says, { wrong: told.refused > 0, actions: verb === "put_back" ? [] : [button("Undo the last", undo)] });
  } catch (error) {
    chosen.forEach((row) => row.classList.remove("is-busy"));
    toast(error.message, { wrong: true });
  }
};

const count = () => {
  const number = ticked().length;
  const bar = room.querySelector("[data-wire-several]");
  if (!bar) return;
  bar.classList.toggle("is-on", number > 0);
  bar.querySelector("[data-wire-ticked]").textContent = number ? `${number} ticked` : "With what is ticked:";
};

// --- choosing a section -----------------------------------------------------------------------------------------------

const chooserBox = room.querySelector("[data-wire-chooser]");

const chooser = (row, why = "") => {
  if (!chooserBox || !row) return;
  const input = chooserBox.querySelector("input");
  const options = chooserBox.querySelector("ul");
  chooserBox.querySelector("[data-wire-chooser-what]").textContent = why || headline(row);
  let shown = [];
  let at = 0;
  const render = () => {
    const typed = input.value.trim().toLowerCase();
    const key = settings.sections.filter((section) => section.key === typed);
    const begins = settings.sections.filter((section) => !key.includes(section) && section.title.toLowerCase().split(/[\s›]+/).some((word) => word.startsWith(typed)));
    const likely = settings.sections.filter((section) => String(section.id) === row.dataset.section);
    shown = typed ? [...key, ...begins] : [...likely, ...settings.sections.filter((section) => !likely.includes(section))];
    at = Math.min(at, Math.max(0, shown.length - 1));
    options.replaceChildren(...shown.map((section, place) => {
      const option = Object.assign(document.createElement("li"), { id: `wire-section-${section.id}` });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(place === at));
      option.append(Object.assign(document.createElement("kbd"), { textContent: section.key || " " }), ` ${section.title}`);
      option.addEventListener("click", () => done(section));
      return option;
    }));
    if (!shown.length) options.append(Object.assign(document.createElement("li"), { className: "wire-quiet", textContent: "No section begins so." }));
    input.setAttribute("aria-activedescendant", shown[at] ? `wire-section-${shown[at].id}` : "");
    options.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const done = (section) => {
    chooserBox.close();
    act(row, "take", { section: section.id });
  };
  input.oninput = () => { at = 0; render(); };
  input.onkeydown = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.min(shown.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1)));
      render();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown[at]) done(shown[at]);
    }
  };
  input.value = "";
  render();
  chooserBox.onclose = () => { if (row.isConnected && !row.inert) link(row)?.focus({ preventScroll: true }); };
  chooserBox.showModal();
  input.focus();
};

const whyBox = room.querySelector("[data-wire-why]");
const why = (row) => {
  if (!whyBox || !row) return;
  const input = whyBox.querySelector("input");
  input.value = "";
  whyBox.returnValue = "";
  whyBox.onclose = () => {
    if (whyBox.returnValue === "hold") act(row, "hold", { because: input.value });
    else if (row.isConnected) link(row)?.focus({ preventScroll: true });
  };
  whyBox.showModal();
  input.focus();
};

const keysBox = room.querySelector("[data-wire-keys]");
const help = () => keysBox.showModal();

// --- older items ------------------------------------------------------------------------------------------------------

let loading = false;
const older = async () => {
  const next = room.querySelector("[data-wire-older]");
  if (!next || loading) return;
  loading = true;
  try {
    const { told } = await ask(`${next.href}&rows=1`);
    const holder = document.createElement("template");
    holder.innerHTML = told.rows;
    for (const row of [...holder.content.children]) {
      if (!row.dataset.id || !rowOf(row.dataset.id)) list.append(row);
    }
    if (told.older) next.href = `?${told.older}`;
    else next.remove();
  } catch (error) {
    toast(error.message, { wrong: true });
  }
  loading = false;
};

// --- what people do ---------------------------------------------------------------------------------------------------

room.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const target = event.target.closest("a, button");
  if (!target) {
    const row = event.target.closest("li.wire-row[data-id]");
    if (row && !event.target.closest("label, input") && !String(getSelection())) {
      if (wide.matches) preview(row);
    }
    return;
  }
  if (target.matches("[data-wire-close]")) return target.closest("dialog").close();
  if (target.matches("[data-wire-close-pane]")) return closePane();
  if (target.matches("[data-wire-help]")) return help();
  if (target.matches("[data-wire-new]")) return showNew();
  if (target.matches("[data-wire-older]")) { event.preventDefault(); return void older(); }
  const verb = target.dataset.do;
  const row = target.closest("li.wire-row[data-id]") ?? rowOf(target.closest("[data-wire-item]")?.dataset.wireItem);
  if (verb && row) {
    event.preventDefault();
    return void act(row, verb);
  }
  if (target.closest("[data-wire-several]")) {
    event.preventDefault();
    return void several(target.value);
  }
  if (target.matches("h2 a:not([data-whole])") && target.closest("li.wire-row[data-id]") && wide.matches) {
    event.preventDefault();
    const chosen = target.closest("li.wire-row");
    if (!pane.hidden && shownAddress === target.href && event.detail === 0) location.href = target.href;
    else preview(chosen);
  }
  if (target.matches("[data-wire-in-pane]") && pane.contains(target)) {
    event.preventDefault();
    open(target.href);
  }
});

room.addEventListener("change", (event) => {
  if (event.target.matches('input[name="item"]')) { touched = true; count(); }
});
list?.addEventListener("focusin", (event) => {
  const row = event.target.closest("li.wire-row[data-id]");
  if (row && row !== current()) choose(row, { focus: false, scroll: false });
});

// Menus close when something else is wanted; only one is open.
document.addEventListener("click", (event) => {
  for (const menu of room.querySelectorAll("[data-wire-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Subjects and places, by the letters typed.
let facetTimer = 0;
room.addEventListener("input", (event) => {
  const kind = event.target.dataset?.wireFacet;
  if (!kind) return;
  clearTimeout(facetTimer);
  facetTimer = setTimeout(async () => {
    const { told } = await ask(`${settings.facets}?kind=${kind}&q=${encodeURIComponent(event.target.value)}`).catch(() => ({ told: { labels: [] } }));
    event.target.list.replaceChildren(...told.labels.map((label) => Object.assign(document.createElement("option"), { value: label })));
  }, 150);
});

const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], dialog, [data-wire-menu]");

const keys = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  t: (row) => act(row, "take"), T: (row) => chooser(row), h: (row) => act(row, "hold"), H: (row) => why(row), s: (row) => act(row, "spike"), u: () => undo(), n: () => showNew(),
  x: (row) => { const box = row?.querySelector('input[name="item"]'); if (box) { box.checked = !box.checked; count(); } },
  "/": () => room.querySelector("#wire-q").select(), "?": () => help(),
};
const NEED_ROW = new Set(["t", "T", "h", "H", "s", "x"]);

// Before Wagtail's own keys, one of which is “?” too.
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    const menu = room.querySelector("[data-wire-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
    if (event.target.id === "wire-q") { link(current() ?? rows()[0])?.focus(); return; }
    if (!pane.hidden) closePane();
    return;
  }
  if (!settings.keys || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("aside.sidebar, #wagtail-sidebar")) return;
  const key = event.key.length === 1 && /[a-z]/i.test(event.key) && !event.shiftKey ? event.key.toLowerCase() : event.key;
  const does = keys[key];
  if (!does || (!list && !"/?".includes(key))) return;
  if (key.startsWith("Arrow") && pane.contains(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const row = current() ?? (NEED_ROW.has(key) ? rows()[0] : null);
  if (NEED_ROW.has(key) && !row) return;
  if (NEED_ROW.has(key) && row !== current()) { choose(row); return; }
  if (key.toLowerCase() !== "x" && NEED_ROW.has(key) && ticked().length && (key === "s" || key === "h")) {
    several(key === "s" ? "spike" : "hold");
    return;
  }
  does(row);
}, true);

const helpButton = room.querySelector("[data-wire-help]");
if (helpButton) helpButton.hidden = !settings.keys;
countDown(room);
setInterval(() => countDown(room), 1000);
count();
if (list && "live" in room.dataset && room.dataset.cursor) {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) follow().catch(() => {}); });
  tick();
}
// Wide screens show the first item's text at once: a list alone leaves half of them empty.
if (wide.matches && list && rows().length && !dismissed) {
  rows()[0].classList.add("is-current");
  open(link(rows()[0]).href);
}
