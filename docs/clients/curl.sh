#!/usr/bin/env bash
# Orders a picture from an Easel on AWS, waits for it and saves it. Needs curl 7.76 or later, and jq.
#
#   eval "$(aws configure export-credentials --format env)"    # where the keys are not in the environment already
#   EASEL_URL=https://….execute-api.us-west-2.amazonaws.com ./curl.sh 'a red fox in the snow' fox.png
set -euo pipefail
prompt=$1 file=$2
key=${3:-$(tr -dc a-z0-9 </dev/urandom | head -c 32 || true)}
region=$(sed -nE 's/.*\.execute-api\.([^.]+)\..*/\1/p' <<<"$EASEL_URL")
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

# Keys go in through a file: everybody on a machine sees the arguments of a program. A retry is signed anew.
easel() {
  curl --silent --show-error --fail-with-body --retry 3 --max-time 60 --output "$answer" \
    --aws-sigv4 "aws:amz:${region:-$AWS_REGION}:execute-api" --config <(
      printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
      if [ -n "${AWS_SESSION_TOKEN:-}" ]; then printf 'header = "X-Amz-Security-Token: %s"\n' "$AWS_SESSION_TOKEN"; fi
    ) "$@" || { cat "$answer" >&2; exit 1; }
}

# The same key again is the same job: whatever breaks, one picture is made and paid for.
jq -nc --arg prompt "$prompt" '{prompt: $prompt}' | easel "$EASEL_URL/jobs" --data-binary @- \
  --header 'Content-Type: application/json' --header "Idempotency-Key: $key"
id=$(jq -r .id "$answer")
until jq -e '.status | IN("succeeded", "failed", "canceled")' "$answer" >/dev/null; do
  easel "$EASEL_URL/jobs/$id?wait=10"
done
if ! jq -e '.status == "succeeded"' "$answer" >/dev/null; then
  jq -r '"job \(.id) \(.status): \(.error.message)"' "$answer" >&2
  exit 1
fi

# The address of the picture is signed by itself: it takes no other credential.
curl --silent --show-error --fail --retry 3 --output "$file" "$(jq -r '.images[-1].url' "$answer")"
echo "$id $file"
