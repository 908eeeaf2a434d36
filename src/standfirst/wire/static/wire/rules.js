// The line above a rule's form says in plain words what the rule does, as it stands in the form.

const form = document.querySelector("[data-rule]");
const said = form?.querySelector("[data-rule-said]");
let later;
let asked = 0;

async function say() {
  const mine = ++asked;
  const response = await fetch(form.dataset.rule, { method: "POST", body: new FormData(form) });
  if (!response.ok || mine !== asked) return;
  const { said: words } = await response.json();
  if (words) said.textContent = words.charAt(0).toUpperCase() + words.slice(1);
  said.classList.toggle("rules-summary__said--old", !words);
}

if (form && said) {
  form.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(() => say().catch(() => {}), 400);
  });
  form.querySelector("[data-rule-tried]")?.focus();
}
