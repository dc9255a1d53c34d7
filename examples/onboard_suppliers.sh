#!/bin/sh
# The curl twin of onboard_suppliers.py: sh examples/onboard_suppliers.sh examples/data/suppliers-corrected.csv
set -eu
: "${1:?is missing: see the top of $0}"
here=$(dirname "$0")
. "$here/api.sh"
mapping=$REGISTRY_URL/v1/import-mappings/suppliers/old-erp

# how such files are read; what was said before is replaced, and that needs its version
known=$(api "$mapping" -o /dev/null -D - 2>/dev/null | header etag) || known=
api "$mapping" -X PUT ${known:+-H "If-Match: $known"} --data-binary @"$here/data/suppliers-mapping.json" >/dev/null

take_in() { # FILE QUERY: hands the file in, and prints what became of it
  run=$(api "$REGISTRY_URL/v1/imports/suppliers?mapping=old-erp$2" -H 'Content-Type: text/csv' --data-binary @"$1")
  finished "$REGISTRY_URL/v1/imports/$(printf '%s' "$run" | field id)"
}

tried=$(take_in "$1" "&dry_run=true")
if [ "$(printf '%s' "$tried" | field status)" != succeeded ]; then
  echo "$(printf '%s' "$tried" | field failed) lines are at fault; nothing was taken in:"
  api "$REGISTRY_URL/v1/imports/$(printf '%s' "$tried" | field id)/errors?limit=200"
  exit 1
fi
done=$(take_in "$1" "")
echo "$(printf '%s' "$done" | field succeeded) lines taken in, $(printf '%s' "$done" | field unchanged) of them as they were"
