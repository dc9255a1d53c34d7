#!/bin/sh
# The curl twin of weekly_enews.py: sh examples/weekly_enews.sh examples/data/enews.json [--send]
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"
reference=enews-$(date -u +%G-W%V)

content=$(cat "$1")
body="{\"newsletter_ref\": \"$reference\", ${content#?}"
if issue=$(printf '%s' "$body" | api "$ENGAGEMENT_URL/v1/newsletters" --data-binary @- 2>/dev/null); then
  path=$ENGAGEMENT_URL/v1/newsletters/$(printf '%s' "$issue" | field id)
else # the week has its issue already; the newest are listed first
  path=$ENGAGEMENT_URL/v1/newsletters/$(api "$ENGAGEMENT_URL/v1/newsletters?limit=200" | python3 -c 'import json, sys
print(next(each["id"] for each in json.load(sys.stdin)["items"] if each["newsletter_ref"] == sys.argv[1]))' "$reference")
fi

if [ "$(api "$path" | field status)" = draft ]; then
  etag=$(api "$path" -X PATCH -H "If-Match: $(api "$path" -o /dev/null -D - | header etag)" --data-binary @"$1" \
    -o /dev/null -D - | header etag)
  api "$path/preview" -X POST | field recipients
  api "$path/rendered?format=text&language=en"
  [ "${2:-}" != --send ] || api "$path/send" -X POST -H "If-Match: $etag" >/dev/null
fi
echo "$reference is $(api "$path" | field status): $(api "$path/deliveries/counts")"
