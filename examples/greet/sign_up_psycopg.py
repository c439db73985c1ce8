"""Signs a person up and has them greeted, in one transaction, by psycopg: DATABASE_URL=… sign_up_psycopg.py NAME"""

import os
import sys

import psycopg
from psycopg.types.json import Jsonb

ENQUEUE = "select id, created, conflict from windlass.enqueue('greet', %s, key => %s)"


def sign_up(db: psycopg.Connection, name: str) -> str:
    with db.transaction():
        (person,) = db.execute("insert into shop.people (name) values (%s) returning id", [name]).fetchone()
        job, _created, conflict = db.execute(ENQUEUE, [Jsonb({"person_id": person}), f"greet:{person}"]).fetchone()
        if conflict:
            raise ValueError(f"job {job} has the same key and other arguments")
    db.execute("select windlass.wake()")  # after the commit; without it a worker finds the job within a second or so
    return str(job)


with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as db:
    print(sign_up(db, sys.argv[1]))
