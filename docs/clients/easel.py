"""Orders a picture from an Easel on AWS, waits for it and saves it.

pip install requests botocore
EASEL_URL=https://….execute-api.us-west-2.amazonaws.com python easel.py 'a red fox in the snow' fox.png
"""

import json
import os
import re
import sys
import time
import uuid

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session

base = os.environ["EASEL_URL"]
named = re.search(r"\.execute-api\.([^.]+)\.", base)
region = named[1] if named else os.environ["AWS_REGION"]
credentials = Session().get_credentials() or sys.exit("no AWS credentials: sign in with aws sso login, or set AWS_PROFILE")


def call(method, path, headers=None, body=None):
    """A signature holds for five minutes, so every attempt has its own."""
    for attempt in range(4):
        signed = AWSRequest(method, base + path, headers, body)
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(signed)
        answer = requests.request(
            method, base + path, headers=dict(signed.headers), data=body, timeout=60, allow_redirects=False
        )
        if answer.status_code not in (429, 500, 502, 503, 504):
            break
        time.sleep(2**attempt)
    if answer.status_code >= 300:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


prompt, file = sys.argv[1:3]
# The same key again is the same job: whatever breaks, one picture is made and paid for.
key = sys.argv[3] if len(sys.argv) > 3 else str(uuid.uuid4())
headers = {"Content-Type": "application/json", "Idempotency-Key": key}
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
