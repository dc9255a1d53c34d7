#!/bin/sh
# The sender's side of receive_webhooks.py. First "set-up URL", which tells the secret, once; then, with the receiver
# running, "try WEBHOOK", which has a test sent and waits half a minute for it to arrive.
#     sh examples/receive_webhooks.sh set-up https://erp.example.com/hooks
set -eu
: "${1:?is missing: see the top of $0}"
. "$(dirname "$0")/api.sh"

case $1 in
  set-up)
    api "$SCORING_URL/v1/webhooks" -d "{\"url\": \"$2\", \"events\": [\"risk_tier.changed\", \"allocation.approved\"]}" ;;
  try)
    sent=$(api "$SCORING_URL/v1/webhooks/$2/test" -X POST | field id)
    waited=0
    while state=$(api "$SCORING_URL/v1/webhooks/$2/deliveries/$sent") &&
      [ "$(printf '%s' "$state" | field status)" = pending ] && [ $waited -lt 30 ]; do
      sleep 1
      waited=$((waited + 1))
    done
    printf '%s\n' "$state"
    [ "$(printf '%s' "$state" | field status)" = delivered ] ;;
esac
