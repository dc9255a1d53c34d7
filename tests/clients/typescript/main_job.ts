// The main job by the types that openapi-typescript makes of our description: strict types, no client of our own.
import type { operations, paths } from "./bellwether";

type Created = operations["create_supplier"]["responses"]["201"]["content"]["application/json"];
type Body<Path extends keyof paths> = paths[Path] extends {
  post: { requestBody?: { content: { "application/json": infer Json } } };
}
  ? Json
  : never;
type Answer<Path extends keyof paths, Method extends "get" | "post", Status extends number> = paths[Path] extends {
  [M in Method]: { responses: { [S in Status]: { content: { "application/json": infer Json } } } };
}
  ? Json
  : never;

const door: string = process.argv[2]!;
const token: string = process.argv[3]!;

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(door + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function post<Path extends keyof paths, Reply>(path: Path, url: string, body: Body<Path>): Promise<Reply> {
  return call<Reply>("POST", url || path, body);
}

async function main(): Promise<void> {
  const supplier = await post<"/registry/v1/suppliers", Created>("/registry/v1/suppliers", "", {
    code: "SP-207",
    name: "Jade Creek Circuits Co., Ltd.",
    country: "TW",
  });
  const audit = await post<"/audit/v1/audits", Answer<"/audit/v1/audits", "post", 201>>("/audit/v1/audits", "", {
    supplier_id: supplier.id,
    kind: "vap",
    standard: "RBA VAP 8.0",
    conducted_on: "2026-03-02",
  });
  const found: Body<"/audit/v1/audits/{audit_id}/findings"> = {
    provision: "A3",
    code_version: "8.0",
    severity: "priority",
    discovered_on: "2026-03-02",
  };
  await call("POST", `/audit/v1/audits/${audit.id}/findings`, found);
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      const score = await call<Answer<"/scoring/v1/scores/{supplier_id}", "get", 200>>(
        "GET",
        `/scoring/v1/scores/${supplier.id}`,
      );
      if (score.risk_tier === "high") {
        console.log(`${score.supplier_code} ${score.risk_tier}`);
        return;
      }
    } catch (error) {
      if (!String(error).includes("404")) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no tier came");
}

void main();
