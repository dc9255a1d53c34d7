"""The page that shows the OpenAPI documents of all services, one at a time."""

import json

SWAGGER_UI = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bellwether</title>
<link rel="stylesheet" href="{ui}/swagger-ui.css">
</head>
<body>
<noscript>The OpenAPI documents: {links}.</noscript>
<div id="swagger-ui">The OpenAPI documents: {links}.</div>
<script src="{ui}/swagger-ui-bundle.js"></script>
<script src="{ui}/swagger-ui-standalone-preset.js"></script>
<script>
SwaggerUIBundle({{
  urls: {urls},
  dom_id: "#swagger-ui",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout"
}});
</script>
</body>
</html>
"""


def documentation_page(services: list[str]) -> str:
    """HTML with a selector of the services; without scripts, links to their documents."""
    links = ", ".join(f'<a href="/{service}/openapi.json">{service}</a>' for service in services)
    urls = json.dumps([{"name": service, "url": f"/{service}/openapi.json"} for service in services])
    return PAGE.format(ui=SWAGGER_UI, links=links, urls=urls)
