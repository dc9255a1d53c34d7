# The API from a shell. `. examples/api.sh` gives you
#   api URL [curl's options]       a request as the API client of CLIENT_FILE (.run/client.json, or what the answer
#                                  to POST /v1/clients said)
#   api_as FILE URL [options]      the same as somebody else; FILE#0 is the first in a list of people
#   field PATH                     a value of the JSON that comes in: field id, field items.0.code
#   header NAME                    a header of what `api URL -o /dev/null -D -` gives: header etag
#   finished URL                   waits for work that was answered 202, and prints what became of it
# An error goes to standard error as the service tells it, with curl's exit code 22. Needs curl (7.76) and python3.
: "${CLIENT_FILE:=.run/client.json}"
: "${PORT_BASE:=8000}" # that of `make serve`
: "${REGISTRY_URL:=http://127.0.0.1:$((PORT_BASE + 1))}" "${AUDIT_URL:=http://127.0.0.1:$((PORT_BASE + 2))}"
: "${ENGAGEMENT_URL:=http://127.0.0.1:$((PORT_BASE + 3))}" "${SCORING_URL:=http://127.0.0.1:$((PORT_BASE + 4))}"

field() {
  python3 -S -c 'import json, sys
try:
    value = json.load(sys.stdin)
    for step in sys.argv[1].split("."):
        value = value[int(step) if isinstance(value, list) else step]
except (ValueError, LookupError, TypeError):
    sys.exit("field: there is no " + sys.argv[1])
print(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))' "$1"
}

header() {
  tr -d '\r' | awk -v name="$1:" 'tolower($1) == name { print $2 }'
}

token_of() { # a token lives for five minutes; it is kept beside the credentials and asked for again after four
  file=${1%#*} number=${1#"${1%#*}"}
  kept=$file.token$number
  [ -r "$file" ] || { echo "There is no $file here: is \`make serve\` running, and is this its folder?" >&2; return 2; }
  if [ -z "$(find "$kept" -mmin -4 2>/dev/null)" ]; then
    of=${number:+${number#?}.}
    answer=$(curl -sS --fail-with-body -d grant_type=client_credentials \
      "$(field "${of}token_url" <"$file" 2>/dev/null || echo "$REGISTRY_URL/oauth2/token")" \
      -d "client_id=$(field "${of}client_id" <"$file")" -d "client_secret=$(field "${of}client_secret" <"$file")") ||
      { printf '%s\n' "$answer" >&2; return 22; }
    (umask 077 && printf '%s' "$answer" | field access_token >"$kept.new" && mv "$kept.new" "$kept")
  fi
  cat "$kept"
}

api_as() {
  bearer=$(token_of "$1") || return
  shift
  case "$*" in *Content-Type:*) ;; *) set -- -H 'Content-Type: application/json' "$@" ;; esac
  answer=$(mktemp) || return
  curl -sS --fail-with-body -w '\n' -H "Authorization: Bearer $bearer" "$@" >"$answer" && outcome=0 || outcome=$?
  if [ $outcome = 0 ]; then cat "$answer"; else cat "$answer" >&2; fi
  rm -f "$answer"
  return $outcome
}

api() { api_as "$CLIENT_FILE" "$@"; }

finished() {
  while :; do
    state=$(api "$1") || return
    case $(printf '%s' "$state" | field status) in
      queued | running | computing) sleep 1 ;;
      *) printf '%s\n' "$state"; return ;;
    esac
  done
}
