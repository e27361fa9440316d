// The pages of notify without this file: everything works but uploads. With it: a text is priced while it is written, a list goes up with progress.
"use strict";

{
  const token = () => document.querySelector('meta[name="csrf"]').content;

  /* A form whose outcome is looked at while it is filled in. */
  const live = document.querySelector("form[data-live]");
  if (live) {
    const into = document.querySelector(live.dataset.into);
    let [timer, asked] = [0, 0];
    const look = async () => {
      const mine = ++asked;
      const body = new URLSearchParams([...new FormData(live)].filter(([, value]) => typeof value === "string"));
      try {
        const answer = await fetch(live.dataset.live, { method: "POST", body, headers: { "X-CSRF-Token": token(), Accept: "text/html" } });
        const text = await answer.text();
        if (answer.ok && mine === asked) into.innerHTML = text;
      } catch { /* the server is away for a moment; the next letter asks again */ }
    };
    live.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 180); });
    look();
  }

  /* Choosing is asking: a form of choices goes by itself. */
  for (const form of document.querySelectorAll("form[data-auto]")) form.addEventListener("change", () => form.requestSubmit());

  /* A place for a variable, put where the cursor is. */
  let last = document.querySelector("textarea");
  document.addEventListener("focusin", (event) => { if (event.target.matches("textarea")) last = event.target; });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-insert]");
    if (!chip || !last) return;
    last.setRangeText(chip.dataset.insert, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const stored = (file, company, progress) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/files?${new URLSearchParams({ name: file.name, ...(company && { company }) })}`);
    request.setRequestHeader("X-CSRF-Token", token());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => progress(event.loaded / Math.max(event.total, 1));
    request.onload = () => (request.status === 201 ? done(request.response.key) : failed(new Error(request.response?.detail ?? `HTTP ${request.status}`)));
    request.onerror = () => failed(new Error(document.body.dataset.lost ?? "…"));
    request.send(file);
  });

  /* A list of recipients: up it goes, and on to its columns. */
  const list = document.querySelector("form[data-list]");
  if (list) {
    const [file, drop, fault, button] = ['input[type="file"]', "[data-drop]", '[role="alert"]', "button.primary"].map((what) => list.querySelector(what));
    const name = () => { if (file.files[0]) drop.querySelector("[data-file-name]").textContent = file.files[0].name; };
    file.addEventListener("change", name);
    for (const kind of ["dragover", "dragenter"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; name(); } });
    list.addEventListener("submit", async (event) => {
      event.preventDefault();
      const sending = list.querySelector(".sending");
      [fault.hidden, sending.hidden, button.disabled] = [true, false, true];
      try {
        const key = await stored(file.files[0], list.dataset.company, (share) => { list.querySelector("progress").value = 100 * share; });
        location.assign(`${list.dataset.list}?${new URLSearchParams({ channel: new FormData(list).get("channel"), key })}`);
      } catch (error) {
        [fault.textContent, fault.hidden, sending.hidden, button.disabled] = [error.message, false, true, false];
      }
    });
  }

  /* Files that go with a mail: each goes up when it is chosen, its key with the form. */
  const files = document.querySelector("[data-files]");
  files?.querySelector('input[type="file"]').addEventListener("change", async (event) => {
    const [shown, fault] = [files.querySelector(".files"), files.querySelector('[role="alert"]')];
    fault.hidden = true;
    for (const file of event.target.files) {
      const item = document.createElement("li");
      item.innerHTML = "<span></span>";
      item.firstChild.textContent = `${file.name} …`;
      shown.append(item);
      try {
        const key = await stored(file, files.dataset.company, (share) => { item.firstChild.textContent = `${file.name} ${Math.round(100 * share)} %`; });
        const field = Object.assign(document.createElement("input"), { type: "hidden", name: `file.${shown.childElementCount}`, value: key });
        item.append(field);
        item.firstChild.textContent = file.name;
      } catch (error) {
        item.remove();
        [fault.textContent, fault.hidden] = [error.message, false];
      }
    }
    event.target.value = "";
  });
}
