#!/bin/sh
# The curl twin of push_audits.py: sh examples/push_audits.sh examples/data/audit-2026-07.json
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"

push() { # URL NAME REFERENCE, the body on standard input: prints what is there by that reference, or pushes it
  body=$(cat)
  api "$AUDIT_URL/v1/${1##*/}" -G -d "$2=$(printf '%s' "$3" | sed 's/#/%23/')" | field items.0 2>/dev/null ||
    # --retry: the key makes a second attempt harmless
    printf '%s' "$body" | api "$1" --retry 5 --retry-connrefused -H "Idempotency-Key: push $3" --data-binary @-
}

reference=$(field audit.audit_ref <"$1")
audit=$(field audit <"$1" | push "$AUDIT_URL/v1/audits" audit_ref "$reference")
id=$(printf '%s' "$audit" | field id)
supplier=$(printf '%s' "$audit" | field supplier_id)

number=0
while finding=$(field "findings.$number" <"$1" 2>/dev/null); do
  number=$((number + 1))
  known="\"finding_ref\": \"$reference#$number\", \"code_version\": \"8.0\", \"discovered_on\": \"$(field audit.conducted_on <"$1")\""
  pushed=$(printf '{%s, %s' "$known" "${finding#?}" | push "$AUDIT_URL/v1/audits/$id/findings" finding_ref "$reference#$number")
  echo "$reference#$number: due on $(printf '%s' "$pushed" | field due_on)"
done

until [ "$(api "$SCORING_URL/v1/freshness" | field fresh)" = true ]; do sleep 1; done
api "$SCORING_URL/v1/scores/$supplier"
