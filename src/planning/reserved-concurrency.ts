/*
 * Which reserved concurrency AWS would refuse: functions of an account may not reserve all of it.
 */
import { type Diagnostic, diagnoseAt } from "../diagnostics/diagnostic.js";
import type { ServiceFacts } from "../service/service-facts.js";
import { formatCount } from "../units/format-quantity.js";
import type { Workload } from "../workload/schema.js";

/** In the order of the file, the first function with which they reserve too much. */
export function findOverReserved({ consumers }: Workload, facts: ServiceFacts): Diagnostic[] {
  const account = facts.value("lambda.accountConcurrency");
  const unreserved = facts.value("lambda.unreservedConcurrency");
  let reserved = 0;
  for (const [index, { kind, name, concurrency = 0 }] of consumers.entries()) {
    if (kind !== "lambda") continue;
    const before = reserved;
    reserved += concurrency;
    if (concurrency === 0 || reserved <= account - unreserved) continue;
    const others = before > 0 ? `, and the functions before it ${formatCount(before)}` : "";
    const message = `${name} reserves ${formatCount(concurrency)} of the account's ${formatCount(account)} concurrent invocations${others}; ${formatCount(unreserved)} must be left unreserved`;
    const fix = `reserve at most ${formatCount(Math.max(0, account - unreserved - before))}, or state the account's quota (\`--limits lambda.accountConcurrency\`)`;
    return [diagnoseAt("out-of-range", ["consumers", index, "concurrency"], message, fix)];
  }
  return [];
}
