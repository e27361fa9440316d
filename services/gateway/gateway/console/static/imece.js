// The console without this file: lists, pages and forms all work. With it: uploads, live rows, search while typing, a question before what cannot be undone.
"use strict";

document.documentElement.classList.add("js");
const find = (selector, inside = document) => inside.querySelector(selector);
const csrf = () => find('meta[name="csrf"]').content;

/* Light or dark: the choice is a cookie, so that the server draws the next page right from its first byte. */
find("[data-theme-switch]")?.addEventListener("click", () => {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  document.cookie = `imece_theme=${theme};path=/;max-age=31536000;samesite=lax`;
});

/* On a telephone the navigation is one row: where we are is in sight. */
{
  const here = find(".top nav [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
}

/* Another language, the same search: it may have changed since the page came. */
{
  const came = location.search;
  find('form[action="/language"]')?.addEventListener("submit", ({ target }) => {
    if (location.search !== came) target.elements.next.value = location.pathname + location.search;
  });
}

/* Back from an error by the browser's own way, which keeps what was written into the form. */
find("[data-back]")?.addEventListener("click", (event) => {
  if (history.length < 2) return;
  event.preventDefault();
  history.back();
});

/* A question before a form that changes something. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = find("#confirm");
  if (!form.dataset.confirm || form.dataset.sure) return;
  event.preventDefault();
  find("#confirm-text").textContent = form.dataset.confirm;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    if (!form.isConnected) { form.hidden = true; document.body.append(form); } // the page was renewed behind the question
    form.dataset.sure = "yes";
    form.requestSubmit();
  }, { once: true });
  dialog.showModal();
});

/*
 * Make `old` look like `fresh` by touching only what differs: whatever stays the same stays in its place, so that no click is lost on a button
 * that is renewed under the finger, the focus stays, and a bar glides to its new value.
 */
function morph(old, fresh, isTop = true) {
  if (old.isEqualNode(fresh)) return;
  const bare = [...fresh.childNodes].every((node) => node.nodeType === Node.ELEMENT_NODE || !node.textContent.trim());
  const alike = old.nodeName === fresh.nodeName && old.childElementCount === fresh.childElementCount && bare;
  if (!alike && !isTop) { old.replaceWith(fresh); return; }
  for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
  if (!alike) { old.replaceChildren(...fresh.childNodes); return; }
  const [mine, theirs] = [[...old.children], [...fresh.children]];
  mine.forEach((child, place) => morph(child, theirs[place], false));
}

/* Renew the element that has the id of the one in `html`. */
function renew(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  const old = fresh && document.getElementById(fresh.id);
  if (old) morph(old, fresh);
  return old;
}

async function load(address, into) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (answer.redirected || answer.status === 401) { location.reload(); return; }
  if (!answer.ok) return;
  const fresh = into.cloneNode(false);
  fresh.innerHTML = await answer.text();
  morph(into, fresh);
}

/* At most one run at a time and one more after it, `pause` ms apart. */
function calmly(action, pause) {
  let [busy, again] = [false, false];
  return async function run() {
    if (busy) { again = true; return; }
    busy = true;
    try { await action(); } catch { /* the server is away for a moment; the next one comes */ }
    await new Promise((done) => setTimeout(done, pause));
    busy = false;
    if (again) { again = false; run(); }
  };
}

/* The list: rows as they change, search while typing, older ones on demand. */
const rows = find("[data-rows]");
if (rows) {
  const filter = find("[data-filter]");
  const lamp = find("[data-live-lamp]");
  let stream = null;
  let older = false;
  const wanted = () => new URLSearchParams([...new FormData(filter)].filter(([, value]) => value)).toString();
  const open = () => {
    stream?.close();
    const ids = [...rows.querySelectorAll("[data-job]")].slice(0, 200).map((row) => `job=${row.dataset.job}`);
    stream = new EventSource(`/live?${ids.join("&")}`);
    stream.onopen = () => lamp.classList.add("on");
    stream.onerror = () => lamp.classList.remove("on");
    stream.addEventListener("row", (event) => renew(event.data));
    stream.addEventListener("news", () => { if (!older && !location.search.includes("before=")) refresh(); });
  };
  const refresh = calmly(async () => { await load(`/rows?${wanted()}`, rows); older = false; open(); }, 700);
  let typing = 0;
  const changed = () => {
    history.replaceState(null, "", wanted() ? `/?${wanted()}` : "/");
    refresh();
  };
  filter.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(changed, 250); });
  filter.addEventListener("submit", (event) => { event.preventDefault(); changed(); });
  rows.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-more]");
    if (!link) return;
    event.preventDefault();
    const more = document.createElement("div");
    await load(link.dataset.more, more);
    find(".rows", rows).append(...more.querySelectorAll(".row"));
    const next = find(".more", more);
    if (next) link.closest(".more").replaceWith(next); else link.closest(".more").remove();
    older = true;
    open();
  });
  open();
  addEventListener("pagehide", () => stream?.close());
}

/* One job: its head from the stream, what stands below it asked for when something has moved. */
const follow = find("[data-follow]");
if (follow) {
  const details = find("[data-details]");
  const reload = calmly(async () => {
    const open = details.querySelectorAll("details[open]").length;
    if (!open) await load(details.dataset.details, details);
  }, 1000);
  let first = true;
  const stream = new EventSource(follow.dataset.follow);
  stream.addEventListener("row", (event) => {
    const was = find("[data-job]", follow).dataset.state;
    const head = renew(event.data);
    if (!first || (head && head.dataset.state !== was)) reload();
    first = false;
  });
  addEventListener("pagehide", () => stream.close());
}

/* A part that is asked for again every five seconds while somebody looks. */
const part = find("[data-refresh]");
if (part) setInterval(() => { if (!document.hidden) load(part.dataset.refresh, part).catch(() => {}); }, 5000);

/* A search whose answer stands in a part of the same page. */
const search = find("[data-search]");
if (search) {
  const into = find(search.dataset.search);
  const address = (more = {}) => {
    const wanted = new URLSearchParams([...new FormData(search), ...Object.entries(more)].filter(([, value]) => value)).toString();
    return search.getAttribute("action") + (wanted && `?${wanted}`);
  };
  const again = calmly(async () => {
    history.replaceState(null, "", address());
    await load(address({ part: 1 }), into);
  }, 250);
  let typing = 0;
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(again, 250); });
  search.addEventListener("submit", (event) => { event.preventDefault(); again(); });
}

/* Upload: drop or choose, send with progress, start the job, go to its page. */
const upload = find("#upload");
if (upload) {
  const drop = find("[data-drop]", upload);
  const file = find('input[type="file"]', upload);
  const sending = find(".sending", upload);
  const text = find("#sending-text");
  const fault = find('.go [role="alert"]', upload);
  const button = find("button.primary", upload);
  const name = () => { if (file.files[0]) find("[data-file-name]", drop).textContent = file.files[0].name; };
  file.addEventListener("change", name);
  for (const kind of ["dragover", "dragenter"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; name(); } });

  const show = (message) => { fault.textContent = message; fault.hidden = false; sending.hidden = true; button.disabled = false; };
  const said = (problem) => [problem.detail, ...(problem.errors ?? []).map((one) => `${one.pointer.replace("#/", "")}: ${one.detail}`)].join(" ");
  const send = (chosen, company) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/files?${new URLSearchParams({ name: chosen.name, ...company })}`);
    request.setRequestHeader("X-CSRF-Token", csrf());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      const percent = Math.round((100 * event.loaded) / Math.max(event.total, 1));
      find("progress", sending).value = percent;
      text.textContent = `${upload.dataset.uploading} ${percent} %`;
    };
    request.onload = () => (request.status === 201 ? done(request.response.key) : failed(new Error(said(request.response ?? { detail: `HTTP ${request.status}` }))));
    request.onerror = () => failed(new Error(upload.dataset.lost));
    request.send(chosen);
  });

  upload.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = file.files[0];
    const form = new FormData(upload);
    fault.hidden = true;
    if (upload.dataset.max && chosen.size > Number(upload.dataset.max)) { show(upload.dataset.tooLarge); return; }
    button.disabled = true;
    sending.hidden = false;
    const company = form.get("company") ? { company: form.get("company") } : {};
    try {
      const wish = { [upload.dataset.fileAs]: await send(chosen, company) };
      for (const { name, type, value, checked } of upload.elements) {
        if (!name || name === "file" || name === "company") continue;
        if (type === "checkbox") wish[name] = checked; else if (value) wish[name] = value;
      }
      text.textContent = upload.dataset.starting;
      const answer = await fetch(`/v1/jobs/${upload.dataset.job}?${new URLSearchParams(company)}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf(), "Idempotency-Key": wish[upload.dataset.fileAs].split("/")[2] },
        body: JSON.stringify(wish),
      });
      const body = await answer.json();
      if (answer.ok) location.assign(`/jobs/${body.id}`); else show(said(body));
    } catch (error) {
      show(error instanceof TypeError ? upload.dataset.lost : error.message);
    }
  });
}
