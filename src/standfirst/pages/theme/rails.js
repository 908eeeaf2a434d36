// Story pages that are not read much are not printed anew for every new story, so they carry a link instead of rails.
// This fetches the section's rails once, when the browser has nothing else to do, and puts them in its place: while what
// stands below is not on the screen, so nothing moves before anybody's eyes. Whatever fails, the link stays.
const link = document.querySelector(".rail-link[data-rails]");
const below = document.querySelector("main ~ *");

function section(name, list, heading, lines) {
  const made = document.createElement("section");
  made.className = name;
  made.setAttribute("aria-label", heading.textContent);
  const title = document.createElement("h2");
  title.append(heading);
  const listed = document.createElement(list);
  listed.append(...lines);
  made.append(title, listed);
  return made;
}

async function renew() {
  const answer = await fetch(link.dataset.rails, { credentials: "omit", priority: "low" });
  if (!answer.ok) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  const others = (line) => line.querySelector("a[href]")?.pathname !== location.pathname;
  const rail = [...found.querySelectorAll(".rail .line")].filter(others);
  const top = [...found.querySelectorAll(".top .line")].filter(others).slice(0, 3);
  if (!rail.length) return;
  const place = () => {
    const made = [section("rail", "ul", link.firstElementChild, rail)];
    if (top.length) made.push(section("top", "ol", document.createTextNode(link.dataset.top), top));
    link.replaceWith(...made);
  };
  if (!below) return place();
  const watch = new IntersectionObserver(
    (seen) => {
      if (seen.at(-1).isIntersecting) return;
      watch.disconnect();
      place();
    },
    { rootMargin: "200px" },
  );
  watch.observe(below);
}

if (link && !navigator.connection?.saveData) {
  const idle = window.requestIdleCallback ?? setTimeout;
  const begin = () => idle(() => renew().catch(() => {}));
  if (document.readyState === "complete") begin();
  else addEventListener("load", begin, { once: true });
}
