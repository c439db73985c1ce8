// HTTP by TypeScript: sends the contract's cases by fetch and says what became of them, a JSON line a case.
//
//     node client.js CASES API APP_TOKEN NOBODY_TOKEN STRANGER_TOKEN
import { readFileSync } from "node:fs";

type Send = { text: string; many: boolean };
type Case = { as: "app" | "nobody" | "stranger"; together: boolean; send: Send[] };
type Accepted = { id: string; created: boolean; standing?: string };
type Problem = { type: string; detail: string; place?: number };

const [cases, api, app, nobody, stranger] = process.argv.slice(2) as [string, string, string, string, string];
const tokens = { app, nobody, stranger };

const accepted = (job: Accepted) => (job.created ? "created" : `existing, ${job.standing}`);

function said(status: number, problem: Problem): string {
  if (status === 401) return "unauthorised";
  if (status === 403) return "forbidden";
  if (problem.type === "urn:windlass:problem:key-conflict") return "conflict";
  const place = problem.place === undefined ? "" : ` at ${problem.place}`;
  return status < 500 ? `refused${place}: ${problem.detail}` : `broken: ${problem.detail}`;
}

async function post(token: string, path: string, body: string): Promise<string> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${api}${path}`, { method: "POST", headers, body });
  const answer: unknown = await response.json();
  if (!response.ok) return said(response.status, answer as Problem);
  if (path === "/v1/jobs") return accepted(answer as Accepted);
  return (answer as { results: Accepted[] }).results.map(accepted).join("; ");
}

async function run({ as, together, send }: Case): Promise<string[]> {
  const token = tokens[as];
  // A transaction's jobs are one request.
  if (together) return [await post(token, "/v1/jobs:batch", `{"jobs": [${send.map((job) => job.text).join(",")}]}`)];
  const answers: string[] = [];
  for (const { text, many } of send) {
    answers.push(many ? await post(token, "/v1/jobs:batch", `{"jobs": ${text}}`) : await post(token, "/v1/jobs", text));
  }
  return answers;
}

for (const line of readFileSync(cases, "utf8").trim().split("\n")) {
  console.log(JSON.stringify(await run(JSON.parse(line) as Case)));
}
