// What the desk's screens do when scripts run. Without them every screen still says the same, once.
(() => {
  "use strict";

  const json = async (url) => {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  };

  // The worker's heartbeat: a banner in every screen while it is away or held up.
  const watchWorker = () => {
    const banner = document.getElementById("sf-worker");
    if (!banner) return;
    const content = document.querySelector("#main .content");
    if (content) content.prepend(banner);
    const look = async () => {
      if (!document.hidden) {
        try {
          const beat = await json(banner.dataset.sfWorker);
          const says = banner.querySelector("[data-sf-worker-says]");
          if (says.textContent !== beat.says) says.textContent = beat.says;
          banner.hidden = !beat.says;
        } catch {
          // The newsroom itself does not answer: its own pages say so.
        }
      }
      setTimeout(look, 5000);
    };
    setTimeout(look, 5000);
  };

  const milliseconds = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

  const fill = (list, { surfaces, down }) => {
    list.replaceChildren(
      ...surfaces.map(({ name, path, ms }) => {
        const item = document.createElement("li");
        const title = Object.assign(document.createElement("span"), { className: "sf-surfaces__name", textContent: name });
        const link = Object.assign(document.createElement("a"), { href: path, textContent: path, target: "_blank", rel: "noreferrer", dir: "ltr" });
        const took = Object.assign(document.createElement("span"), { className: "sf-surfaces__ms", textContent: `${down ? "clean " : ""}after ${milliseconds(ms)}` });
        item.append(title, " ", link, " ", took);
        return item;
      }),
    );
  };

  // “Publishing…” becomes “Live on 7 pages in 0.2 s”.
  const follow = (element) => {
    let list = element.parentElement.querySelector("[data-sf-surfaces]");
    let more = null;
    const offer = (report) => {
      if (!report.surfaces.length || more) return;
      if (list) return fill(list, report);
      more = Object.assign(document.createElement("button"), { type: "button", className: "sf-more", textContent: "Which?" });
      more.setAttribute("aria-expanded", "false");
      element.after(more);
      more.addEventListener("click", () => {
        if (list) {
          list.hidden = !list.hidden;
        } else {
          list = Object.assign(document.createElement("ol"), { className: "sf-surfaces" });
          fill(list, report);
          element.closest("li")?.append(list);
        }
        more.setAttribute("aria-expanded", String(!list.hidden));
      });
    };
    // What readers get, once the pages are written: green or red, in words. Red turns green by itself.
    let sight = element.parentElement.querySelector("[data-sf-sight]");
    const judge = ({ state, says }) => {
      if (!sight && state) {
        sight = Object.assign(document.createElement("span"), { hidden: true });
        sight.setAttribute("role", "status");
        element.after(" ", sight);
      }
      if (!sight) return;
      sight.className = `sf-sight sf-sight--${state}`;
      if (sight.textContent !== says) sight.textContent = says;
      sight.hidden = !says;
    };
    const look = async () => {
      let pause = 300;
      try {
        const report = await json(element.dataset.sfProgress);
        if (element.textContent !== report.says) element.textContent = report.says;
        element.classList.toggle("sf-progress--stopped", report.state === "stopped");
        if (list && report.surfaces.length) fill(list, report);
        judge(report.sight);
        if (report.state === "done") {
          offer(report);
          if (report.sight.state !== "due" && report.sight.state !== "red") return;
          pause = report.sight.state === "red" ? 5000 : 500;
        }
        if (report.state === "stopped") pause = 3000;
      } catch {
        pause = 3000;
      }
      setTimeout(look, pause);
    };
    look();
  };

  // Time left, beside a fixed time that stands there anyway.
  const countDown = () => {
    for (const element of document.querySelectorAll("[data-sf-until]")) {
      const left = Math.round((new Date(element.dataset.sfUntil) - Date.now()) / 1000);
      element.title ||= element.textContent;
      if (left <= 0) element.textContent = "now";
      else if (left < 90) element.textContent = `in ${left} s`;
      else if (left < 5400) element.textContent = `in ${Math.round(left / 60)} min`;
      else if (left < 172800) {
        const minutes = Math.round(left / 60);
        element.textContent = `in ${Math.floor(minutes / 60)} h ${minutes % 60} min`;
      }
    }
  };

  // The list renews itself while nobody is typing or choosing in it.
  const renew = () => {
    const look = async () => {
      const board = document.querySelector("[data-sf-refresh]");
      if (board && !document.hidden && !board.contains(document.activeElement)) {
        try {
          const answer = await fetch(location.href, { credentials: "same-origin" });
          if (answer.ok && !answer.redirected) {
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-sf-refresh]");
            if (fresh && !board.contains(document.activeElement)) {
              board.replaceWith(fresh);
              countDown();
            }
          }
        } catch {
          // Next time.
        }
      }
      setTimeout(look, 15000);
    };
    if (document.querySelector("[data-sf-refresh]")) setTimeout(look, 15000);
  };

  // How a public note will read, while it is typed.
  const previewNote = () => {
    const form = document.querySelector("[data-sf-note]");
    if (!form) return;
    const kinds = JSON.parse(document.getElementById("sf-note-kinds").textContent);
    const shown = form.querySelector("[data-sf-note-preview]");
    const show = () => {
      const text = form.elements.text.value.trim();
      const [kind, where] = kinds[form.elements.kind.value] ?? ["", ""];
      form.querySelector("[data-sf-note-kind]").textContent = kind;
      form.querySelector("[data-sf-note-where]").textContent = where;
      form.querySelector("[data-sf-note-text]").textContent = text;
      shown.hidden = !text;
    };
    form.querySelector("[data-sf-note-button]").hidden = true;
    form.addEventListener("input", show);
    show();
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-sf-submit]")) event.target.form.requestSubmit();
  });
  watchWorker();
  document.querySelectorAll("[data-sf-progress]").forEach(follow);
  countDown();
  setInterval(countDown, 1000);
  renew();
  previewNote();
})();
