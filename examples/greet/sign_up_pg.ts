// Signs a person up and has them greeted, in one transaction, by pg: DATABASE_URL=… node sign_up_pg.js NAME
import pg from "pg";

const ENQUEUE = "select id, created, conflict from windlass.enqueue('greet', $1, key => $2)";

async function signUp(db: pg.Client, name: string): Promise<string> {
  await db.query("begin");
  try {
    const people = await db.query<{ id: string }>("insert into shop.people (name) values ($1) returning id", [name]);
    const person = Number(people.rows[0]!.id);
    const jobs = await db.query<{ id: string; conflict: boolean }>(ENQUEUE, [{ person_id: person }, `greet:${person}`]);
    const job = jobs.rows[0]!;
    if (job.conflict) throw new Error(`job ${job.id} has the same key and other arguments`);
    await db.query("commit");
    await db.query("select windlass.wake()"); // after the commit; without it a worker finds the job within a second or so
    return job.id;
  } catch (error) {
    await db.query("rollback");
    throw error;
  }
}

const db = new pg.Client({ connectionString: process.env.DATABASE_URL });
await db.connect();
try {
  console.log(await signUp(db, process.argv[2] ?? ""));
} finally {
  await db.end();
}
