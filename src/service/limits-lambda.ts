import type { Fact } from "./fact.js";
import { adjustable, client, hard, OWN_CHOICE } from "./limits-sources.js";

const LAMBDA_QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const LAMBDA_RESERVING = "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionConcurrency.html";

/** What Lambda does with batches, beyond what can be configured: AWS publishes the quotas alone. */
export const lambdaFacts = [
  adjustable("lambda.accountConcurrency", 1_000, "invocations", LAMBDA_QUOTAS, {
    readOn: "2026-11-23",
    meaning: "All functions of an account in a region have at most this many invocations under way at a time.",
    dispute: "New accounts begin with less; AWS raises it to tens of thousands.",
  }),
  hard("lambda.unreservedConcurrency", 100, "invocations", LAMBDA_RESERVING, {
    readOn: "2026-11-24",
    meaning: "Functions may reserve all of the account's concurrency but this much.",
  }),
  client("lambda.invocationSeconds", 0, "seconds", OWN_CHOICE, {
    meaning: "An invocation takes this long besides the time of its records.",
    certainty: "assumption",
    dispute:
      "The time per record of the workload is taken to hold all of it; calls that set up connections, and cold starts, take longer.",
  }),
  client("lambda.retryBackoffSeconds", 1, "seconds", OWN_CHOICE, {
    meaning: "An event source mapping waits this long before the first retry of a batch, and twice as long each time.",
    certainty: "assumption",
    dispute: "No text of AWS's was found that says how long it waits.",
  }),
  client("lambda.retryBackoffSecondsMax", 60, "seconds", OWN_CHOICE, {
    meaning: "An event source mapping waits at most this long before a retry of a batch.",
    certainty: "assumption",
    dispute: "No text of AWS's was found that says how long it waits.",
  }),
] as const satisfies readonly Fact[];
