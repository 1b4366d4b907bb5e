/*
 * GetRecords calls that a plain reader makes through the AWS SDK, which tries refused ones again after a back-off, as long as its client
 * has tokens left. The KCL's poller and Lambda's wait for their next turn instead.
 */
import type { ConsumerModel } from "./consumer-model.js";
import type { RandomStream } from "./kernel/random-stream.js";
import type { ReadAccount } from "./read-account.js";
import { backoffSeconds, retryReason, type SdkRetryQuota, type SdkRetrySettings } from "./sdk-retry.js";

/** What the service answers to a call that a shard refuses. */
const REFUSED = retryReason({ names: ["ProvisionedThroughputExceededException"], status: undefined });

export class ReadRetries {
  readonly #settings: SdkRetrySettings;
  readonly #quota: SdkRetryQuota;
  readonly #random: RandomStream;
  /** Of the present call. */
  #attempts = 1;

  /** @param quota of all that read through the same clients */
  constructor(settings: SdkRetrySettings, quota: SdkRetryQuota, random: RandomStream) {
    this.#settings = settings;
    this.#quota = quota;
    this.#random = random;
  }

  /** In how many seconds a call that was refused is tried again; undefined where it is given up. */
  refuse(): number | undefined {
    if (REFUSED === "none" || !this.#quota.grants(REFUSED, this.#attempts)) {
      this.#attempts = 1;
      return undefined;
    }
    this.#attempts += 1;
    return backoffSeconds(this.#settings, REFUSED, this.#attempts - 2, this.#random);
  }

  succeed(): void {
    this.#quota.succeed(this.#attempts > 1 && REFUSED !== "none" ? REFUSED : undefined);
    this.#attempts = 1;
  }
}

/** Those of one reader; undefined where it does not read through the SDK. */
export function readRetries(
  { readRetry }: Pick<ConsumerModel, "readRetry">,
  { retryQuota }: Pick<ReadAccount, "retryQuota">,
  random: RandomStream,
): ReadRetries | undefined {
  if (readRetry === undefined || retryQuota === undefined) return undefined;
  return new ReadRetries(readRetry, retryQuota, random.child("retries"));
}
