// Shows one of the descriptions that the page links to: the one that `?urls.primaryName=` names, or the first.
"use strict";
const links = [...document.querySelectorAll("#documents a")];
const wanted = new URLSearchParams(location.search).get("urls.primaryName");
const shown = links.find((link) => link.textContent === wanted) ?? links[0];
SwaggerUIBundle({
  url: shown.getAttribute("href"),
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
for (const link of links) {
  link.href = "?urls.primaryName=" + encodeURIComponent(link.textContent);
}
shown.setAttribute("aria-current", "page");
