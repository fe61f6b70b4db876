// A job as it goes on: the page asks for itself until the job is over, then shows what came of it.
"use strict";

(() => {
  const EVERY_MS = 1000;
  const RUNNING = ["queued", "running"];
  const job = document.getElementById("job");
  if (!job || !RUNNING.includes(job.dataset.status)) return;

  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
      if (answer.redirected) location.reload();
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("job");
        const onward = fresh.querySelector("a")?.href;
        if (fresh.dataset.status === "done" && onward) {
          location.replace(onward);
          return;
        }
        if (!RUNNING.includes(fresh.dataset.status)) {
          location.reload();
          return;
        }
        window.safelight.morph(job, fresh.innerHTML);
      }
    } catch {
      // The service may be on its way back; the job goes on without it.
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
})();
