"""Has a person greeted, over HTTP by httpx: WINDLASS_API=… WINDLASS_TOKEN=… greet_httpx.py PERSON

What was not answered is sent again: the key makes one job of any number of requests.
"""

import os
import sys
import time

import httpx


def greet(api: httpx.Client, person: int) -> str:
    job = {"kind": "greet", "args": {"person_id": person}, "key": f"greet:{person}"}
    for _ in range(5):
        try:
            answer = api.post("/v1/jobs", json=job)
        except httpx.TransportError:
            time.sleep(1)
            continue
        if "retry-after" not in answer.headers:
            break
        time.sleep(float(answer.headers["retry-after"]))
    else:
        raise TimeoutError("the API did not answer")
    if not answer.is_success:
        raise ValueError(answer.json()["detail"])
    return answer.json()["id"]


headers = {"authorization": f"Bearer {os.environ['WINDLASS_TOKEN']}"}
with httpx.Client(base_url=os.environ["WINDLASS_API"], headers=headers) as api:
    print(greet(api, int(sys.argv[1])))
