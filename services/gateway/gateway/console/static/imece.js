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
    form.dataset.sure = "yes";
    form.requestSubmit();
  }, { once: true });
  dialog.showModal();
});

/* Put a freshly drawn piece in the place of the one with the same id; its bar goes on from where it stood, the focus stays. */
function renew(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  const old = fresh && document.getElementById(fresh.id);
  if (!old) return null;
  const [bar, before] = [find("progress[value]", fresh), find("progress[value]", old)];
  const value = bar?.value;
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("a, button") : null;
  const place = focused ? [...old.querySelectorAll("a, button")].indexOf(focused) : -1;
  if (bar && before && before.max === bar.max) bar.value = before.value;
  old.replaceWith(fresh);
  if (bar) requestAnimationFrame(() => requestAnimationFrame(() => { bar.value = value; }));
  if (place >= 0) fresh.querySelectorAll("a, button")[place]?.focus();
  return fresh;
}

async function load(address, into) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (answer.redirected || answer.status === 401) { location.reload(); return; }
  if (answer.ok) into.innerHTML = await answer.text();
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
    if (!details.contains(document.activeElement) && !open) await load(details.dataset.details, details);
  }, 2500);
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
    if (chosen.size > Number(upload.dataset.max)) { show(upload.dataset.tooLarge); return; }
    button.disabled = true;
    sending.hidden = false;
    const company = form.get("company") ? { company: form.get("company") } : {};
    try {
      const wish = { workbook: await send(chosen, company), send: form.get("send") === "on", locale: form.get("locale") };
      for (const field of ["as_of", "currency", "notify_email"]) if (form.get(field)) wish[field] = form.get(field);
      text.textContent = upload.dataset.starting;
      const answer = await fetch(`/v1/jobs/documents.prepare_letters?${new URLSearchParams(company)}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf(), "Idempotency-Key": wish.workbook.split("/")[2] },
        body: JSON.stringify(wish),
      });
      const body = await answer.json();
      if (answer.ok) location.assign(`/jobs/${body.id}`); else show(said(body));
    } catch (error) {
      show(error instanceof TypeError ? upload.dataset.lost : error.message);
    }
  });
}
