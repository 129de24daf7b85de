// Keeps the page up to date: the server says by the event "changed" that something shown here is different, and the
// page is asked for again and merged into what stands here. A form that somebody is filling in is never touched; when
// what it orders has become impossible, it says so.
const main = document.getElementById("main");
const said = document.getElementById("said");
const FIELDS = "input:not([type=hidden]), textarea, select";

function changedByHand(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const options = [...field.options];
  const first = Math.max(0, options.findIndex((option) => option.defaultSelected));
  return options.length > 0 && field.selectedIndex !== first;
}
const inUse = (form) =>
  form.dataset.entered !== undefined || form.contains(document.activeElement) ||
  [...form.querySelectorAll(FIELDS)].some(changedByHand);
const formsInUse = (node) =>
  node.nodeType !== Node.ELEMENT_NODE ? [] :
  [...(node.matches("form") ? [node] : []), ...node.querySelectorAll("form")].filter(inUse);

function close(form) {
  if (form.dataset.closed !== undefined) return;
  const note = document.createElement("p");
  note.className = "notice warn closed";
  note.id = `${form.id || "form"}-closed`;
  note.textContent = form.closest("[data-gone]").dataset.gone;
  form.dataset.closed = "";
  form.append(note);
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-describedby", note.id);
  }
  said.textContent = note.textContent;
}
function reopen(form) {
  if (form.dataset.closed === undefined) return;
  delete form.dataset.closed;
  form.querySelector(".closed").remove();
  for (const button of form.querySelectorAll("button")) {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-describedby");
  }
}
document.addEventListener("submit", (event) => {
  if (event.target.dataset.closed !== undefined) event.preventDefault();
});

function merge(old, fresh) {
  const gone = new Set();
  Idiomorph.morph(old, fresh, {
    morphStyle: "innerHTML",
    callbacks: {
      beforeNodeMorphed: (node, next) => {
        if (node.nodeType !== Node.ELEMENT_NODE || !node.matches("form") || !inUse(node)) return true;
        reopen(node);
        for (const field of node.querySelectorAll("input[type=hidden]")) {
          const other = [...next.querySelectorAll("input[type=hidden]")].find((each) => each.name === field.name);
          if (other) field.value = other.value;
        }
        return false;
      },
      beforeNodeRemoved: (node) => {
        const forms = formsInUse(node);
        for (const form of forms) gone.add(form);
        return forms.length === 0;
      },
      beforeAttributeUpdated: (name, node, change) =>
        !(name === "open" && change === "remove" && node.tagName === "DETAILS"),
    },
  });
  for (const form of gone) {
    for (let around = form; around && around !== old; around = around.parentElement) around.hidden = false;
    close(form);
  }
}

let asking = false;
let askAgain = false;
async function follow() {
  if (asking) { askAgain = true; return; }
  asking = true;
  try {
    const part = main.querySelector("[data-follow]");
    const answer = await fetch(part ? part.dataset.follow : main.dataset.page, { headers: { "X-Follows": "1" } });
    if (answer.ok && part) merge(part, await answer.text());
    else if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = fresh.getElementById("main");
      // Whoever was signed out meanwhile keeps the forms: sending one leads to signing in, and back.
      if (next && next.dataset.person === main.dataset.person) {
        main.dataset.gone = next.dataset.gone;
        merge(main, [...next.childNodes]);
        const clock = document.getElementById("clock");
        if (clock) clock.textContent = fresh.getElementById("clock")?.textContent ?? "";
      }
    }
  } catch (error) {
    console.warn("the page could not be asked for again", error);
  } finally {
    asking = false;
    if (askAgain) { askAgain = false; follow(); }
  }
}

// A browser opens few connections to one server: only a page that is looked at holds one.
let stream = null;
function listen() {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream) {
    stream = new EventSource(`/live?watch=${encodeURIComponent(main.dataset.watch)}`);
    stream.addEventListener("changed", follow);
  }
}
if (main.dataset.watch) {
  document.addEventListener("visibilitychange", listen);
  listen();
}
// A choice that only changes what is shown takes effect at once; without scripts the button beside it does it.
for (const chooser of document.querySelectorAll("[data-submit-on-change]")) {
  chooser.addEventListener("change", () => chooser.form.requestSubmit());
}
