#!/usr/bin/env bash
# Orders a picture from an Easel server, waits for it and saves it. Needs curl 7.76 or later, and jq.
#
#   EASEL_URL=http://127.0.0.1:8080 ./curl.sh 'a red fox in the snow' fox.png
#
# The credential: EASEL_KEY is sent as a bearer key. Without one, requests to an API Gateway's own address are signed with
# AWS credentials, and requests to any address are with EASEL_SIGN=always (AWS_REGION names the region then). Otherwise
# there is none. Where the AWS credentials are in no variables: eval "$(aws configure export-credentials --format env)"
set -euo pipefail
prompt=$1 file=$2
key=${3:-$(tr -dc a-z0-9 </dev/urandom | head -c 32 || true)}
url=${EASEL_URL:-http://127.0.0.1:8080} url=${url%/}
region=$(sed -nE 's/^https:\/\/[^/]*\.execute-api\.([^./]+)\.amazonaws\..*/\1/p' <<<"$url")
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# These are lines of a file for curl, since the arguments of a program can be seen by every user of a machine.
credential() {
  if [ -n "${EASEL_KEY:-}" ]; then
    jq -nr '"header = " + ("Authorization: Bearer " + (env.EASEL_KEY | gsub("^\\s+|\\s+$"; "")) | tojson)'
  elif [ -n "$region" ] || [ "${EASEL_SIGN:-}" = always ]; then
    printf 'aws-sigv4 = "aws:amz:%s:execute-api"\n' "${region:-${AWS_REGION:?a signature names the region of the API}}"
    printf 'user = "%s:%s"\n' "${AWS_ACCESS_KEY_ID:?a signature needs AWS credentials}" "$AWS_SECRET_ACCESS_KEY"
    if [ -n "${AWS_SESSION_TOKEN:-}" ]; then printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"; fi
  fi
}
lines=$(credential)

# A retry is signed anew.
easel() {
  curl --silent --show-error --fail-with-body --retry 3 --max-time 60 --output "$answer" \
    --config <(printf '%s\n' "$lines") "$@" || { cat "$answer" >&2; exit 1; }
}

# The same key again is the same job: whatever breaks, one picture is made and paid for.
jq -nc --arg prompt "$prompt" '{prompt: $prompt}' | easel "$url/jobs" --data-binary @- \
  --header 'Content-Type: application/json' --header "Idempotency-Key: $key"
id=$(jq -r .id "$answer")
until jq -e '.status | IN("succeeded", "failed", "canceled")' "$answer" >/dev/null; do
  easel "$url/jobs/$id?wait=10"
done
if ! jq -e '.status == "succeeded"' "$answer" >/dev/null; then
  jq -r '"job \(.id) \(.status): \(.error.message)"' "$answer" >&2
  exit 1
fi

# The address of the picture is signed by itself: it takes no other credential.
curl --silent --show-error --fail --retry 3 --output "$file" "$(jq -r '.images[-1].url' "$answer")"
echo "$id $file"
