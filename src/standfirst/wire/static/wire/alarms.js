// Alarms on every screen of the newsroom: an agency killed or withheld copy. Without scripts they stand there after a reload.
(() => {
  "use strict";

  const frame = document.getElementById("wire-alarms");
  if (!frame) return;
  const PAUSE = 4000;
  const now = frame.querySelector("[data-wire-alarms-now]");
  const said = frame.querySelector("[data-wire-alarms-said]");
  const title = document.title;
  const favicon = document.querySelector('link[rel~="icon"]');
  const icon = favicon?.href;
  let tag = "";
  let known = new Set([...now.querySelectorAll('[data-wire-alarm-grave] input[name="alarm"]')].map((input) => input.value));

  // Into the page's own column, above everything: the side bar stays usable.
  const place = () => {
    const content = document.querySelector("#main .content");
    if (content && frame.parentElement !== content) content.prepend(frame);
  };

  const mark = (grave) => {
    document.title = grave ? `⚠ KILL (${grave}) ${title}` : title;
    if (favicon) favicon.href = grave ? frame.dataset.icon : icon;
  };

  const ring = () => {
    if (!("sound" in frame.dataset)) return;
    try {
      const audio = new AudioContext();
      for (const [at, pitch] of [[0, 880], [0.28, 660], [0.56, 880]]) {
        const tone = audio.createOscillator();
        const loudness = audio.createGain();
        tone.frequency.value = pitch;
        loudness.gain.setValueAtTime(0.0001, audio.currentTime + at);
        loudness.gain.exponentialRampToValueAtTime(0.25, audio.currentTime + at + 0.02);
        loudness.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + at + 0.24);
        tone.connect(loudness).connect(audio.destination);
        tone.start(audio.currentTime + at);
        tone.stop(audio.currentTime + at + 0.25);
      }
      setTimeout(() => audio.close(), 2000);
    } catch {
      // A browser without sound, or one that does not allow it yet: the banner is there all the same.
    }
  };

  const show = ({ html, grave }) => {
    const open = [...now.querySelectorAll("details")].map((details) => details.open);
    const focused = now.contains(document.activeElement);
    const fresh = grave.filter((key) => !known.has(String(key)));
    if (!focused || fresh.length || !html) {
      now.innerHTML = html;
      now.querySelectorAll("details").forEach((details, place) => { details.open = open[place] ?? false; });
      if (focused) now.querySelector("button")?.focus();
    }
    known = new Set(grave.map(String));
    mark(grave.length);
    if (fresh.length) {
      said.textContent = `Kill: ${now.querySelector(".wire-alarm__what")?.textContent.replace(/\s+/g, " ").trim() ?? "an agency took copy back"}`;
      ring();
    } else if (!grave.length) {
      said.textContent = "";
    }
  };

  const look = async () => {
    try {
      const headers = { Accept: "application/json" };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch(frame.dataset.wireAlarms, { headers, credentials: "same-origin", cache: "no-store" });
      if (answer.status === 200 && !answer.redirected) {
        const told = await answer.json();
        tag = answer.headers.get("ETag") ?? "";
        show(told);
      }
    } catch {
      // The newsroom does not answer: its own pages say so.
    }
  };

  // Hidden tabs look too, but seldom: a kill is worth the mark on the tab.
  let timer = 0;
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => { await look(); again(); }, document.hidden ? 15000 : PAUSE);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look().then(again);
  });

  frame.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-wire-acknowledge]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin",
      });
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.says);
      form.closest(".wire-alarm").remove();
      known = new Set([...now.querySelectorAll('[data-wire-alarm-grave] input[name="alarm"]')].map((input) => input.value));
      mark(known.size);
      said.textContent = told.says;
      await look();
    } catch (error) {
      button.disabled = false;
      said.textContent = button.textContent = `Not saved: ${error.message || "try again"}`;
    }
  });

  place();
  mark(known.size);
  again();
})();
