// Two more ways to share, beside the links that need no script. Their places are kept in the page, so nothing moves when
// they come; a browser that cannot do the one or the other does not show it.
const address = document.querySelector('link[rel="canonical"]')?.href ?? location.href;
const title = document.querySelector('meta[property="og:title"]')?.content ?? document.title;

function offer(button, act) {
  if (!button) return;
  button.closest(".share-script").classList.add("share-ready");
  button.addEventListener("click", act);
}

if (navigator.clipboard) {
  const copy = document.querySelector(".share-copy");
  const label = copy?.textContent;
  offer(copy, async () => {
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      return;
    }
    copy.textContent = copy.dataset.done;
    setTimeout(() => (copy.textContent = label), 3000);
  });
}
if (navigator.share) {
  // It fails where the reader thinks better of it, which is no fault.
  offer(document.querySelector(".share-other"), () => navigator.share({ title, url: address }).catch(() => {}));
}
