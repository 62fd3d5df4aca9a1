// What pages of the console do beyond links and forms. Everything works without it, slower.
"use strict";

// An error of a request made by a script is told where a screen reader hears it.
document.addEventListener("htmx:responseError", (event) => {
  // Whoever signed in anew in another tab goes on here with the form token of that session.
  const token = event.detail.xhr.getResponseHeader("X-Form-Token");
  if (token) {
    document.body.setAttribute("hx-headers", JSON.stringify({"X-CSRF-Token": token}));
    document.querySelectorAll("input[name=csrf]").forEach((field) => { field.value = token; });
  }
  const said = document.getElementById("said");
  const line = document.createElement("p");
  line.textContent = event.detail.xhr.responseText;
  said.replaceChildren(line);
});
