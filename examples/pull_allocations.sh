#!/bin/sh
# The curl twin of pull_allocations.py: sh examples/pull_allocations.sh FOLDER, from cron. It may be killed anywhere:
# each page becomes a file in one step (mv), and the file's name is how far the page reaches.
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"
mkdir -p "$1"

while :; do
  after=$(ls "$1" | sed -n 's/^\([0-9][0-9]*\)\.json$/\1/p' | sort -n | tail -n 1)
  epoch=${after:+$(field epoch <"$1/$after.json")}
  tag=$(cat "$1/etag-${after:-0}" 2>/dev/null || :)
  rm -f "$1"/*.part
  api "$SCORING_URL/v1/allocations?status=approved&after=${after:-0}${epoch:+&epoch=$epoch}" \
    ${tag:+-H "If-None-Match: $tag"} -o "$1/page.part" -D "$1/head.part" >"$1/said.part" 2>&1 || :
  case $(awk 'NR == 1 { print $2 }' "$1/head.part" 2>/dev/null) in
    200)
      next=$(field next_after <"$1/page.part")
      if [ "$next" = "${after:-0}" ]; then # nothing new: asked again with the ETag, the answer is 304
        rm -f "$1"/etag-*
        header etag <"$1/head.part" >"$1/etag.part"
        mv "$1/etag.part" "$1/etag-$next"
        exit
      fi
      mv "$1/page.part" "$1/$next.json"
      echo "$1/$next.json" ;;
    304) exit ;;
    410) # restored from a backup: what is here is set aside, and everything is read again
      before=$1/before-$(date +%s)
      mkdir -p "$before"
      mv "$1"/*.json "$before/" ;;
    *)
      cat "$1"/*.part >&2
      exit 1 ;;
  esac
done
