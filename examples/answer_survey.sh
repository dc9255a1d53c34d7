#!/bin/sh
# The curl twin of answer_survey.py, as the supplier: CLIENT_FILE=supplier.json sh examples/answer_survey.sh ANSWERS
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"

survey=$(api "$AUDIT_URL/v1/surveys?limit=200" | field items.-1.id) # the latest year
supplier=$(api "$AUDIT_URL/v1/surveys/$survey/responses" | field items.0.supplier_id)
response=$AUDIT_URL/v1/surveys/$survey/responses/$supplier

etag() { api "$response" -o /dev/null -D - | header etag; }

if [ "$(api "$response" | field status)" != submitted ]; then
  printf '{"answers": %s}' "$(cat "$1")" | api "$response" -X PUT -H "If-Match: $(etag)" --data-binary @- >/dev/null
  api "$response/submit" -X POST -H "If-Match: $(etag)" >/dev/null
fi
api "$response" | field scores
