// Tells the page's live parts, by the event "changed", that the server has something new.
// htmx asks for the parts; a part in which the keyboard stands is left alone until it is left.
if (document.querySelector("[data-live]")) {
  new EventSource("/live").addEventListener("changed", () => {
    if (!document.hidden) htmx.trigger(document.body, "changed");
  });
}
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (part.contains(document.activeElement) && part !== document.activeElement) event.detail.shouldSwap = false;
});
// A choice that only changes what is shown takes effect at once; without scripts the button beside it does it.
for (const chooser of document.querySelectorAll("[data-submit-on-change]")) {
  chooser.addEventListener("change", () => chooser.form.requestSubmit());
}
