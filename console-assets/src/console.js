// What the console's pages do better with JavaScript. Everything works without it.
"use strict";

// A form is sent once: the second click of a double click would lose the page that the first one gets.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.hasAttribute("data-again")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

// Escape closes a dialogue, as its Close link does.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) document.querySelector("dialog[open] .dialog__close")?.click();
});

// A page that comes back from the browser's memory may send its forms again, but says nothing secret.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) delete form.dataset.sent;
  const reveal = document.querySelector("[data-reveal]");
  if (reveal) location.replace(reveal.dataset.reveal);
});

const reveal = document.querySelector("[data-reveal]");
if (reveal) guardTheValue(reveal);

function guardTheValue(reveal) {
  const said = reveal.querySelector("[data-said]");
  let kept = false;

  for (const button of reveal.querySelectorAll("[data-toggle]")) {
    const field = document.getElementById(button.dataset.toggle);
    const toggle = () => {
      // Not a password field: a browser would offer to save it.
      button.textContent = field.classList.toggle("secret__value--masked") ? "Show" : "Hide";
    };
    toggle();
    button.hidden = false;
    button.addEventListener("click", toggle);
  }

  for (const button of reveal.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      kept = await copied(field);
      said.textContent = kept ? "Copied." : "Your browser does not let this page copy. Select the value and copy it.";
    });
  }

  for (const field of reveal.querySelectorAll("input[readonly]")) {
    field.addEventListener("focus", () => field.select());
    field.addEventListener("copy", (event) => {
      // Of a masked field the browser would copy the dots.
      event.preventDefault();
      event.clipboardData.setData("text/plain", field.value);
      kept = true;
      said.textContent = "Copied.";
    });
    if (field === document.activeElement) field.select();
  }

  for (const form of reveal.querySelectorAll("form")) form.addEventListener("submit", () => (kept = true));

  window.addEventListener("beforeunload", (event) => {
    if (!kept) event.preventDefault();
  });

  // Whatever the browser keeps of this page, it keeps without the value.
  window.addEventListener("pagehide", () => {
    for (const field of reveal.querySelectorAll("input")) field.value = "";
  });
}

async function copied(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Over plain http there is no clipboard to write to, only the older way.
    field.select();
    return document.execCommand("copy");
  }
}
