"""SQL by Python: sends the contract's cases by psycopg and says what became of them, a JSON line a case.

    client.py CASES APP_URL NOBODY_URL STRANGER_URL
"""

import json
import re
import sys

import psycopg

FIELDS = {"args": "::jsonb", "key_scope": "::jsonb", "run_at": "::timestamptz", "expires_at": "::timestamptz"}


def answer(row):
    _, created, conflict, standing = row
    if conflict:
        return "conflict"
    return "created" if created else f"existing, {standing}"


def enqueue(db, text):
    """One job, by its fields."""
    job = json.loads(text)
    named = ", ".join(f"{field} => %s{FIELDS.get(field, '')}" for field in job)
    values = [json.dumps(value) if FIELDS.get(field) == "::jsonb" else value for field, value in job.items()]
    call = f"select id, created, conflict, standing from windlass.enqueue({named})"
    return answer(db.execute(call, values).fetchone())


def enqueue_many(db, text):
    call = "select id, created, conflict, standing from windlass.enqueue_many(%s::jsonb) order by place"
    return "; ".join(answer(row) for row in db.execute(call, [text]).fetchall())


def said(error, place):
    """What is wrong, in the contract's words."""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "forbidden"
    message = error.diag.message_primary or str(error)
    found = re.match(r"job (\d+): (.*)", message, re.DOTALL)
    at, message = (int(found[1]), found[2]) if found else (1, message)
    if not isinstance(error, psycopg.DataError):
        return f"broken: {message}"
    return f"refused at {place or at}: {message}" if place is not None else f"refused: {message}"


def send(db, job, place):
    if job["many"]:
        place = 0
    try:
        if job["many"]:
            return enqueue_many(db, job["text"])
        return enqueue_many(db, f"[{job['text']}]") if job["raw"] else enqueue(db, job["text"])
    except psycopg.Error as error:
        raise Refused(said(error, place)) from error


class Refused(Exception):
    pass


def case(url, case):
    try:
        db = psycopg.connect(url)
    except psycopg.OperationalError as error:
        return ["unauthorised" if "does not exist" in str(error) else f"broken: {error}"]
    with db:
        answers = []
        for place, job in enumerate(case["send"], 1):
            try:
                answers.append(send(db, job, place if case["together"] else None))
            except Refused as refused:
                db.rollback()
                if case["together"]:
                    return [str(refused)]
                answers.append(str(refused))
            if not case["together"]:
                db.commit()
        return answers


def main():
    cases, *urls = sys.argv[1:]
    whose = dict(zip(["app", "nobody", "stranger"], urls, strict=True))
    for line in open(cases, encoding="utf-8"):
        one = json.loads(line)
        print(json.dumps(case(whose[one["as"]], one)), flush=True)


main()
