// What pages of the console do beyond links and forms. Everything works without it, slower.
"use strict";

// An error of a request made by a script is told where a screen reader hears it.
document.addEventListener("htmx:responseError", (event) => {
  const said = document.getElementById("said");
  const line = document.createElement("p");
  line.textContent = event.detail.xhr.responseText;
  said.replaceChildren(line);
});
