#!/bin/sh
# The curl twin of weekly_enews.py: sh examples/weekly_enews.sh examples/data/enews.json [--send]
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"
reference=enews-$(date -u +%G-W%V)

issues=$ENGAGEMENT_URL/v1/newsletters cursor=

find_issue() { # page by page, the id of the one that bears the week's name
  while :; do
    page=$(api "$issues?limit=200${cursor:+&cursor=$cursor}")
    printf '%s' "$page" | python3 -S -c 'import json, sys
print(*(each["id"] for each in json.load(sys.stdin)["items"] if each["newsletter_ref"] == sys.argv[1]))' "$reference"
    cursor=$(printf '%s' "$page" | field next_cursor)
    [ "$cursor" != null ] || return 0
  done
}

id=$(find_issue | tr -d '\n')
if [ -z "$id" ]; then
  content=$(cat "$1")
  id=$(printf '{"newsletter_ref": "%s", %s' "$reference" "${content#?}" | api "$issues" --data-binary @- | field id)
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
