// Has a person greeted, over HTTP by fetch: WINDLASS_API=… WINDLASS_TOKEN=… node greet_fetch.js PERSON
//
// What was not answered is sent again: the key makes one job of any number of requests.
import { setTimeout } from "node:timers/promises";

async function greet(api: string, token: string, person: number): Promise<string> {
  const body = JSON.stringify({ kind: "greet", args: { person_id: person }, key: `greet:${person}` });
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await fetch(`${api}/v1/jobs`, { method: "POST", headers, body }).catch(() => undefined);
    const wait = answer === undefined ? "1" : answer.headers.get("retry-after");
    if (answer !== undefined && wait === null) {
      const said = (await answer.json()) as { id: string; detail?: string };
      if (!answer.ok) throw new Error(said.detail);
      return said.id;
    }
    await setTimeout(Number(wait) * 1000);
  }
  throw new Error("the API did not answer");
}

console.log(await greet(process.env.WINDLASS_API ?? "", process.env.WINDLASS_TOKEN ?? "", Number(process.argv[2])));
