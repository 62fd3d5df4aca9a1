// Follows a training by server-sent events; without this the page loads itself anew every few seconds.
"use strict";

const training = document.getElementById("training");
if (training) {
  const stream = new EventSource(training.dataset.events);
  const show = (event) => {
    const told = JSON.parse(event.data);
    const share = Math.floor(100 * told.share);
    training.querySelector("progress").value = share;
    training.querySelector("[data-share]").textContent = share;
    training.querySelector("[data-elapsed]").textContent =
      `${Math.floor(told.elapsed_s / 60)} min ${told.elapsed_s % 60} s`;
    for (const step of training.querySelectorAll("[data-step]")) {
      if (step.dataset.step === told.step) {
        step.setAttribute("aria-current", "step");
      } else {
        step.removeAttribute("aria-current");
      }
    }
    if (told.log.length) {
      document.getElementById("log").textContent = told.log.join("\n");
    }
  };
  stream.addEventListener("progress", show);
  stream.addEventListener("ended", () => {
    stream.close();
    location.reload();
  });
}
