// What the wire's list and an item's page share.

/** Time left, beside a fixed time that stands there anyway. */
export const countDown = (root = document) => {
  for (const element of root.querySelectorAll("[data-wire-until]")) {
    element.dataset.wireSays ??= element.textContent;
    const left = Math.round((new Date(element.dataset.wireUntil) - Date.now()) / 1000);
    let says = "over now";
    if (left > 172800) says = "";
    else if (left > 5400) says = `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min left`;
    else if (left > 0) says = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left`;
    const text = says ? `${element.dataset.wireSays} · ${says}` : element.dataset.wireSays;
    if (element.textContent !== text) element.textContent = text;
  }
};

/** Ask our own server for JSON. Throws an `Error` whose message people can read. */
export const ask = async (address, options = {}) => {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store", ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch {
    throw new Error("The newsroom does not answer. Nothing was changed: try again.");
  }
  if (answer.status === 304) return { answer, told: null };
  if (answer.redirected || !answer.headers.get("Content-Type")?.includes("json")) {
    throw new Error(answer.redirected ? "You are signed out. Reload the page and sign in." : `The newsroom answered with ${answer.status}. Reload the page.`);
  }
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.says ?? `Error ${answer.status}`), { told });
  return { answer, told };
};
