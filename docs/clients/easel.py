"""Orders a picture from an Easel server, waits for it and saves it.

pip install requests
EASEL_URL=http://127.0.0.1:8080 python easel.py 'a red fox in the snow' fox.png

The credential: EASEL_KEY is sent as a bearer key. Without one, requests to an API Gateway's own address are signed with
AWS credentials, and requests to any address are with EASEL_SIGN=always (AWS_REGION names the region then). Otherwise
there is none. A signature needs botocore: pip install botocore
"""

import json
import os
import re
import sys
import time
import uuid

import requests

base = os.environ.get("EASEL_URL", "http://127.0.0.1:8080").rstrip("/")
key = os.environ.get("EASEL_KEY", "").strip()
gateway = re.match(r"https://[^/]*\.execute-api\.([^./]+)\.amazonaws\.", base)


def bearer(method, url, headers, body):
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def signer():
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import Session

    session = Session()
    found = session.get_credentials() or sys.exit("no AWS credentials: sign in with aws sso login, or set AWS_PROFILE")
    region = gateway[1] if gateway else os.environ.get("AWS_REGION") or session.get_config_variable("region")
    if not region:
        sys.exit("a signature names the region of the API: set AWS_REGION")

    def sign(method, url, headers, body):
        request = AWSRequest(method, url, headers, body)
        SigV4Auth(found.get_frozen_credentials(), "execute-api", region).add_auth(request)
        return dict(request.headers)

    return sign


signed = not key and (gateway or os.environ.get("EASEL_SIGN") == "always")
authorize = signer() if signed else bearer


def call(method, path, headers={}, body=None):
    """A signature holds for five minutes, so every attempt has its own."""
    for attempt in range(4):
        headed = authorize(method, base + path, headers, body)
        answer = requests.request(method, base + path, headers=headed, data=body, timeout=60, allow_redirects=False)
        if answer.status_code not in (429, 500, 502, 503, 504):
            break
        time.sleep(2**attempt)
    if answer.status_code >= 300:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


prompt, file = sys.argv[1:3]
# The same key again is the same job: whatever breaks, one picture is made and paid for.
order = sys.argv[3] if len(sys.argv) > 3 else str(uuid.uuid4())
headers = {"Content-Type": "application/json", "Idempotency-Key": order}
job = call("POST", "/jobs", headers, json.dumps({"prompt": prompt}))
while job["status"] not in ("succeeded", "failed", "canceled"):
    job = call("GET", f"/jobs/{job['id']}?wait=10")
if job["status"] != "succeeded":
    sys.exit(f"job {job['id']} {job['status']}: {job['error'] and job['error']['message']}")

picture = requests.get(job["images"][-1]["url"], timeout=60)  # signed by itself: it takes no other credential
picture.raise_for_status()
with open(file, "wb") as f:
    f.write(picture.content)
print(job["id"], file)
