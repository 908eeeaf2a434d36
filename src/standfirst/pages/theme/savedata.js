// Where a browser asks to save data, the server sends placeholders for pictures. Without this script a tap on one in
// an article leads to the picture; with it, the picture comes into its place.
if (navigator.connection?.saveData) {
  document.documentElement.classList.add("saving");
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".figure-full:not(.loaded)");
    if (!link || event.button || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.classList.add("loaded");
    for (const part of link.querySelectorAll("source, img")) {
      part.loading = "eager";
      for (const name of ["srcset", "src"]) {
        const value = part.getAttribute(name);
        if (value) part.setAttribute(name, value.replace(/[^\s,?]+\.(avif|webp|jpg)(?=[\s,]|$)/g, "$&?full"));
      }
    }
  });
}
