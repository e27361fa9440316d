// The pages of recordings without this file: lists, search, transcripts, corrections and downloads all work. With it: uploads with their progress,
// what is said as it is heard, and words that go along with the sound.
"use strict";

{
  const one = (selector, inside = document) => inside.querySelector(selector);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const token = () => one('meta[name="csrf"]').content;
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const parsed = (html) => { const template = document.createElement("template"); template.innerHTML = html.trim(); return template.content; };
  /* `1:02:03,5` as seconds; what is no clock is sent as it is, and refused there. */
  const seconds = (text) => {
    const parts = text.replace(",", ".").split(":").map(Number);
    return parts.some(Number.isNaN) ? text : parts.reduce((sum, part) => sum * 60 + part, 0);
  };
  /* Letters under which spellings meet: IŞIK, ışık and isik. */
  const folded = (text) => text.replace(/[İIı]/g, "i").toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const said = (problem, status) => [problem?.detail ?? `HTTP ${status}`, ...(problem?.errors ?? []).map((fault) => fault.detail)].join(" ");

  async function asked(address, options = {}) {
    const answer = await fetch(address, { ...options, headers: { Accept: "application/json", "X-CSRF-Token": token(), ...options.headers } });
    if (answer.redirected) { location.reload(); throw new Error(""); }
    const body = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new Error(said(body, answer.status));
    return body;
  }
  const json = (method, body) => ({ method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  async function html(address) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 401) { location.reload(); return null; }
    return answer.ok ? parsed(await answer.text()) : null;
  }

  /* Ask again every `ms` while somebody looks, until `look` says that it is enough. A server that is away is asked more and more rarely. */
  async function again(ms, look) {
    for (let wait = ms; ;) {
      await pause(wait);
      if (document.hidden) continue;
      try { if (await look()) return; wait = ms; } catch { wait = Math.min(wait * 1.6, 30000); }
    }
  }

  /* Upload: any number of files, one after another, each with its own bar and its own job. */
  const form = one("form[data-recordings]");
  if (form) {
    const words = form.dataset;
    const [place, input, list, fault, button] = [one("[data-place]", form), one('input[type="file"]', form), one("[data-sendings]", form), one("[data-fault]", form), one("button.primary", form)];
    const chosen = new Map();

    const wish = () => {
      const found = { locale: document.documentElement.lang };
      for (const name of ["language", "model", "initial_prompt", "notify_email"]) if (form.elements[name].value.trim()) found[name] = form.elements[name].value.trim();
      const terms = form.elements.hotwords.value.split(",").map((term) => term.trim()).filter(Boolean);
      if (terms.length) found.hotwords = terms;
      if (form.elements.trim.value !== "none") {
        found.trim = form.elements.trim.value;
        for (const name of ["start", "end"]) if (form.elements[name].value.trim()) found[name] = seconds(form.elements[name].value.trim());
        if (form.elements.trim_silence.checked) found.trim_silence = true;
      }
      if (form.elements.translate.checked) found.translate = true;
      if (form.elements.priority.checked) found.priority = "high";
      return found;
    };
    const add = (files) => {
      for (const file of files) {
        const line = parsed('<li><span class="name"></span><progress max="100" value="0"></progress><span class="percent"></span></li>').firstElementChild;
        one(".name", line).textContent = one(".name", line).title = file.name;
        one(".percent", line).textContent = `${(file.size / 1048576).toFixed(1)} MB`;
        chosen.set(line, file);
        list.append(line);
      }
      list.hidden = !list.children.length;
      fault.hidden = true;
    };
    input.addEventListener("change", () => { add(input.files); input.value = ""; });
    for (const kind of ["dragover", "dragenter"]) place.addEventListener(kind, (event) => { event.preventDefault(); place.classList.add("over"); });
    for (const kind of ["dragleave", "drop"]) place.addEventListener(kind, () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });

    const send = (file, line) => new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/v1/files?${new URLSearchParams({ name: file.name, company: words.company })}`);
      request.setRequestHeader("X-CSRF-Token", token());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        const percent = Math.floor((100 * event.loaded) / Math.max(event.total, 1));
        one("progress", line).value = percent;
        one(".percent", line).textContent = `${words.uploading} ${percent} %`;
      };
      request.onload = () => (request.status === 201 ? done(request.response.key) : failed(new Error(said(request.response, request.status))));
      request.onerror = () => failed(new Error(words.lost));
      request.onabort = () => failed(new Error(words.stopped));
      const stop = parsed(`<button type="button" class="small quiet"></button>`).firstElementChild;
      stop.textContent = words.stop;
      stop.addEventListener("click", () => request.abort());
      line.append(stop);
      request.onloadend = () => stop.remove();
      request.send(file);
    });
    const begin = async (line, file, asks) => {
      try {
        const recording = await send(file, line);
        one(".percent", line).textContent = words.starting;
        const job = await asked(`/v1/jobs/${words.job}?company=${words.company}`, {
          ...json("POST", { ...asks, recording }),
          headers: { "Content-Type": "application/json", "Idempotency-Key": recording.split("/")[2] },
        });
        const link = parsed('<a class="button small"></a>').firstElementChild;
        link.href = `/transcription/started/${job.id}`;
        link.textContent = words.open;
        one("progress", line).replaceWith(parsed(`<span class="percent"></span>`));
        one(".percent", line).textContent = words.begun;
        all(".percent", line).slice(1).forEach((extra) => extra.remove());
        line.append(link);
        return job.id;
      } catch (error) {
        one("progress", line)?.remove();
        all(".percent", line).forEach((percent) => percent.remove());
        const sentence = parsed('<span class="bad" role="alert"></span>').firstElementChild;
        sentence.textContent = error instanceof TypeError ? words.lost : error.message;
        line.append(sentence);
        return null;
      }
    };

    form.addEventListener("submit", async (event) => {
      if (!chosen.size) {
        if (form.elements.recording.value.trim()) return; // an address goes the way of all forms
        event.preventDefault();
        fault.textContent = words.nothing;
        fault.hidden = false;
        return;
      }
      event.preventDefault();
      button.disabled = true;
      const [lines, asks, jobs] = [[...chosen], wish(), []];
      chosen.clear();
      for (const [line, file] of lines) { jobs.push(await begin(line, file, asks)); refresh(); }
      button.disabled = false;
      if (jobs.length === 1 && jobs[0] && !chosen.size) location.assign(`/transcription/started/${jobs[0]}`);
    });
    addEventListener("beforeunload", (event) => { if (button.disabled) event.preventDefault(); });
  }

  /* The list, as it moves. */
  const listed = one("[data-listed]");
  async function refresh() {
    if (!listed || location.search.includes("text=")) return;
    const fresh = await html(`/transcription?${new URLSearchParams([...new URLSearchParams(location.search), ["part", "1"]])}`);
    if (fresh && !location.search.includes("text=")) listed.replaceChildren(fresh);
  }
  if (listed) again(2500, async () => { if (one("[data-moving]", listed)?.dataset.moving === "yes") await refresh(); });

  /* A page that goes on by itself. */
  const until = one("[data-until]");
  if (until) {
    again(1000, async () => {
      const answer = await fetch(until.dataset.until, { headers: { Accept: "text/html" } });
      if (answer.redirected && !answer.url.includes("/started/")) { location.replace(answer.url); return true; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-until]");
      if (!fresh) { location.reload(); return true; }
      return false;
    });
  }

  /* One recording. */
  const reader = one("[data-reader]");
  if (reader) {
    const lines = one("[data-lines]", reader);
    const audio = one("[data-player] audio", reader);
    let [words, starts, segments] = [[], [], []];

    const index = () => {
      words = all("[data-t]", lines);
      starts = words.map((word) => Number(word.dataset.t));
      segments = all(".said-at", lines).map((line) => ({ line, start: Number(line.dataset.start), end: Number(line.dataset.end) }));
    };
    const before = (sorted, value, of = (item) => item) => { // the last one that is not after `value`
      let [low, high] = [0, sorted.length];
      while (low < high) { const middle = (low + high) >> 1; if (of(sorted[middle]) <= value) low = middle + 1; else high = middle; }
      return low - 1;
    };
    index();

    /* What is said as it is heard: each line goes where its time is. */
    const take = (line) => {
      const old = document.getElementById(line.id);
      if (old) {
        if (old.dataset.version !== line.dataset.version && !one(".correcting", old)) old.replaceWith(line);
        return false;
      }
      line.classList.add("fresh");
      const place = before(segments, Number(line.dataset.start), (segment) => segment.start);
      if (place < 0) lines.prepend(line); else segments[place].line.after(line);
      index();
      return true;
    };
    if (one("#reach")?.dataset.final === "no") {
      again(1500, async () => {
        const fresh = await html(`${reader.dataset.live}?${new URLSearchParams(reader.dataset.cursor ? { since: reader.dataset.cursor } : {})}`);
        if (!fresh) return false;
        const root = fresh.firstElementChild;
        reader.dataset.cursor = root.dataset.cursor;
        const came = all(".said-at", root).map(take).some(Boolean);
        if (came) one("[data-empty]")?.remove();
        const [reach, state] = [one("#reach", root), one("#state", root)];
        const bar = one("#reach progress[value]");
        if (bar && one("progress[value]", reach)) { // the bar glides to its new value
          bar.max = one("progress", reach).max;
          bar.value = one("progress", reach).value;
          one("#reach .count").textContent = one(".count", reach).textContent;
          one("#reach").dataset.final = reach.dataset.final;
        } else one("#reach").replaceWith(reach);
        one("#state").className = state.className;
        one("#state").textContent = state.textContent;
        if (one("#reach").dataset.final === "yes") { if (!one(".correcting")) location.reload(); return true; }
        return false;
      });
    }

    /* Words that go along with the sound, and sound that goes where a word is clicked. */
    if (audio) {
      let [word, segment, chapter, touched] = [null, null, null, 0];
      const mark = (old, fresh) => { if (old !== fresh) { old?.classList.remove("now"); fresh?.classList.add("now"); } return fresh; };
      const chapters = all(".chapters li", reader).map((line) => ({ line, start: Number(one("[data-seek]", line).dataset.seek) }));
      const follow = () => {
        const time = audio.currentTime + 0.05;
        const at = segments[before(segments, time, (item) => item.start)];
        const fresh = at && time < at.end + 1 ? at.line : null;
        if (fresh && fresh !== segment && !audio.paused && performance.now() - touched > 4000 && !one(".correcting")) {
          const box = fresh.getBoundingClientRect();
          if (box.top < 90 || box.bottom > innerHeight - 60) fresh.scrollIntoView({ block: "center", behavior: "smooth" });
        }
        segment = mark(segment, fresh);
        const said = words[before(starts, time)];
        word = mark(word, said && fresh?.contains(said) ? said : null);
        chapter = mark(chapter, chapters[before(chapters, time, (item) => item.start)]?.line ?? null);
        if (!audio.paused) requestAnimationFrame(follow);
      };
      const seek = (time, play = true) => { audio.currentTime = time; if (play) audio.play().catch(() => {}); };
      for (const kind of ["play", "seeked"]) audio.addEventListener(kind, () => requestAnimationFrame(follow));
      for (const kind of ["wheel", "touchmove"]) addEventListener(kind, () => { touched = performance.now(); }, { passive: true });
      one("[data-speed]").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });
      reader.addEventListener("click", (event) => {
        const link = event.target.closest("[data-seek]");
        const spoken = event.target.closest("[data-t]");
        if (link) { event.preventDefault(); seek(Number(link.dataset.seek)); } else if (spoken && !getSelection().toString()) seek(Number(spoken.dataset.t));
      });
      const wanted = new URLSearchParams(location.search).get("t");
      if (wanted) {
        const go = () => seek(Number(wanted), false);
        if (audio.readyState) go(); else audio.addEventListener("loadedmetadata", go, { once: true });
      }
    }

    /* A correction in its place. */
    lines.addEventListener("click", async (event) => {
      const link = event.target.closest("[data-correct]");
      if (!link) return;
      event.preventDefault();
      const line = link.closest(".said-at");
      const [text, id] = [one("p", line), line.id.slice(2)];
      const box = parsed('<div class="correcting"><textarea rows="3" maxlength="5000"></textarea><p class="notice bad" role="alert" hidden></p><div class="acts"><button type="button" class="primary small"></button><button type="button" class="small"></button><a class="hint"></a></div></div>').firstElementChild;
      const [area, alert, [save, leave], history] = [one("textarea", box), one("p", box), all("button", box), one("a", box)];
      area.value = text.textContent.trim();
      area.setAttribute("aria-label", link.title);
      [save.textContent, leave.textContent, history.textContent, history.href] = [reader.dataset.save, reader.dataset.leave, reader.dataset.history, link.href];
      const close = () => { box.remove(); text.hidden = false; link.focus(); };
      const keep = async () => {
        save.disabled = true;
        try {
          await asked(`/v1/transcription/segments/${id}?company=${reader.dataset.company}`, json("PATCH", { text: area.value, version: Number(line.dataset.version) }));
          const fresh = (await html(`${link.getAttribute("href")}?part=1`))?.firstElementChild;
          if (fresh) { line.replaceWith(fresh); index(); one("[data-correct]", fresh)?.focus(); } else location.reload();
        } catch (error) {
          alert.textContent = error instanceof TypeError ? reader.dataset.lost : error.message;
          alert.hidden = false;
          save.disabled = false;
        }
      };
      save.addEventListener("click", keep);
      leave.addEventListener("click", close);
      area.addEventListener("keydown", (pressed) => {
        if (pressed.key === "Escape") close();
        if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) keep();
      });
      text.hidden = true;
      text.after(box);
      area.focus();
      area.style.height = `${area.scrollHeight + 4}px`;
    });

    /* Find in this recording: what does not hold it steps aside. */
    const search = one("[data-find]", reader);
    const count = one("[data-found]", reader);
    search.addEventListener("input", () => {
      const wanted = folded(search.value.trim());
      let found = 0;
      for (const { line } of segments) {
        const holds = !wanted || folded(one("p", line).textContent).includes(wanted);
        line.hidden = !holds;
        if (wanted && holds) found += 1;
        for (const word of all("[data-t]", line)) word.classList.toggle("hit-word", Boolean(wanted) && wanted.split(/\s+/).some((part) => folded(word.textContent).includes(part)));
      }
      count.textContent = wanted ? (found ? `${found} ${reader.dataset.places}` : reader.dataset.none) : "";
    });

    /* A part that is only asked for when somebody opens it. */
    for (const box of all("details[data-load]", reader)) {
      box.addEventListener("toggle", async () => {
        const fresh = await html(box.dataset.load).catch(() => null);
        if (fresh) one("[data-loaded]", box).replaceChildren(fresh);
      }, { once: true });
    }

    /* Windows that are being heard again: the page shows what they say when that is done. */
    for (const notice of all("[data-rehearing]")) {
      again(1500, async () => {
        const job = await asked(notice.dataset.rehearing);
        if (job.final && job.error) { notice.textContent = job.error.message; notice.classList.add("bad"); return true; }
        if (job.final) { location.reload(); return true; }
        return false;
      });
    }
  }

  /* Something to be copied; a menu that closes when one looks elsewhere. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      const text = one(button.dataset.copy);
      try { await navigator.clipboard.writeText(text.textContent); } catch { getSelection().selectAllChildren(text); document.execCommand("copy"); }
      const label = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 1600);
    }
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
}
