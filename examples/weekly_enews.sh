#!/bin/sh
# The curl twin of weekly_enews.py: sh examples/weekly_enews.sh examples/data/enews.json [--send]
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"
reference=enews-$(date -u +%G-W%V)

issues=$ENGAGEMENT_URL/v1/newsletters

found=$(api "$issues?newsletter_ref=$reference")
if [ "$(printf '%s' "$found" | field items)" = '[]' ]; then
  content=$(cat "$1")
  id=$(printf '{"newsletter_ref": "%s", %s' "$reference" "${content#?}" | api "$issues" --data-binary @- | field id)
else
  id=$(printf '%s' "$found" | field items.0.id)
fi
path=$issues/$id

if [ "$(api "$path" | field status)" = draft ]; then
  etag=$(api "$path" -X PATCH -H "If-Match: $(api "$path" -o /dev/null -D - | header etag)" --data-binary @"$1" \
    -o /dev/null -D - | header etag)
  api "$path/preview" -X POST | field recipients
  api "$path/rendered?format=text&language=en"
  [ "${2:-}" != --send ] || api "$path/send" -X POST -H "If-Match: $etag" >/dev/null
fi
echo "$reference is $(api "$path" | field status): $(api "$path/deliveries/counts")"
