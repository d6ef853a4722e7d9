"use strict";
// Renews the parts of a page as the server says that they have changed: one stream, closed while
// nobody looks, because a browser opens only six to one host.
(() => {
  const main = document.querySelector("main[data-stream]");
  if (!main || !window.EventSource) return;
  const live = document.getElementById("live");
  const said = document.getElementById("said");
  let seen = main.dataset.seen;
  let source = null;
  let over = false;

  const tell = (words, on) => { live.textContent = words; live.className = on ? "on" : ""; };

  // What an element is, wherever it stands.
  const sign = (one) => [one.tagName, one.getAttribute("href"), one.getAttribute("aria-label"),
    one.tagName === "DIV" ? "" : one.textContent].join("\n");

  // What has the focus, is open or is scrolled stays so in the part that takes its place.
  const replace = (old, fresh) => {
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    for (const box of old.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector("#" + CSS.escape(box.id));
      if (same) same.open = true;
    }
    const lefts = [...old.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
    old.replaceWith(fresh);
    fresh.querySelectorAll(".scroll").forEach((box, i) => { box.scrollLeft = lefts[i] || 0; });
    if (active) {
      const known = sign(active);
      const all = [...fresh.querySelectorAll("a, button, summary, [tabindex]")];
      all.find((one) => sign(one) === known)?.focus({ preventScroll: true });
    }
    if (fresh.dataset.say && fresh.dataset.say !== old.dataset.say) said.textContent = fresh.dataset.say;
  };

  const show = (parts) => {
    for (const [id, html] of Object.entries(parts)) {
      const old = document.getElementById(id);
      const box = document.createElement("template");
      box.innerHTML = html;
      const fresh = box.content.firstElementChild;
      if (!old || !fresh || old.outerHTML === fresh.outerHTML) continue;
      replace(old, fresh);
    }
  };

  const close = (words) => {
    if (source) source.close();
    source = null;
    tell(words, false);
  };

  // The last state may offer what no earlier one did, so the page is asked for as a whole.
  const finish = async () => {
    over = true;
    close("ended");
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of page.querySelectorAll("main > section[id]")) {
      const old = document.getElementById(fresh.id);
      if (old && old.outerHTML !== fresh.outerHTML) replace(old, document.adoptNode(fresh));
    }
  };

  const open = () => {
    if (source || over || document.hidden) return;
    source = new EventSource(`${main.dataset.stream}?seen=${encodeURIComponent(seen)}`);
    source.addEventListener("open", () => tell("live", true));
    source.addEventListener("error", () => tell("not connected", false));
    source.addEventListener("regions", (event) => {
      seen = event.lastEventId;
      show(JSON.parse(event.data));
    });
    source.addEventListener("ended", finish);
  };

  document.addEventListener("visibilitychange", () => document.hidden ? close("paused") : open());
  window.addEventListener("pagehide", () => close("paused"));
  window.addEventListener("pageshow", open);
  open();
})();
