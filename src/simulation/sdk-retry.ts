/*
 * The standard retry strategy of the AWS SDK for JavaScript v3 (@smithy/core 3.40 and later): which failed calls are tried again, how
 * long each retry waits, and the quota of retries that a client has. Left out: Retry-After headers, errors that carry a retry trait of
 * their own (none of Kinesis's does), corrected clocks, and the adaptive mode.
 */
import type { ServiceFacts } from "../service/service-facts.js";
import type { RandomStream } from "./kernel/random-stream.js";

/** What speaks for trying a failed call again; nothing does for `none`. */
export type RetryReason = "throttling" | "transient" | "none";

type Retryable = Exclude<RetryReason, "none">;

/**
 * @property names the error's name and, where it has one, the code that Node.js gave it
 * @property status of the HTTP response; undefined where none came
 */
export interface FailedCall {
  readonly names: readonly string[];
  readonly status: number | undefined;
}

/** Times in seconds. */
export interface SdkRetrySettings {
  /** Of a call in all. */
  readonly attempts: number;
  /** The longest wait before the first retry; it doubles with each further one. */
  readonly backoffSeconds: Readonly<Record<Retryable, number>>;
  readonly backoffSecondsMax: number;
  /** Tokens of one client. */
  readonly quota: number;
  /** Tokens that a retry takes. */
  readonly cost: Readonly<Record<Retryable, number>>;
}

const TOO_MANY_REQUESTS = 429;
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

const THROTTLING_NAMES: ReadonlySet<string> = new Set([
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException",
]);

/** Timeouts, and what Node.js calls connections that broke or never came about. */
const TRANSIENT_NAMES: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "RequestTimeout",
  "RequestTimeoutException",
  "TimeoutError",
]);

export function sdkRetrySettings(facts: ServiceFacts): SdkRetrySettings {
  return {
    attempts: facts.value("sdk.attempts"),
    backoffSeconds: {
      throttling: facts.value("sdk.throttlingBackoffSeconds"),
      transient: facts.value("sdk.transientBackoffSeconds"),
    },
    backoffSecondsMax: facts.value("sdk.backoffSecondsMax"),
    quota: facts.value("sdk.retryQuota"),
    cost: { throttling: facts.value("sdk.throttlingRetryCost"), transient: facts.value("sdk.transientRetryCost") },
  };
}

/** A throttled call counts as that whatever its status. */
export function retryReason({ names, status }: FailedCall): RetryReason {
  if (status === TOO_MANY_REQUESTS || names.some((name) => THROTTLING_NAMES.has(name))) return "throttling";
  if (status !== undefined && TRANSIENT_STATUSES.has(status)) return "transient";
  return names.some((name) => TRANSIENT_NAMES.has(name)) ? "transient" : "none";
}

/** The longest wait before each retry, in seconds; one entry less than there are attempts. */
export function longestBackoffs(settings: SdkRetrySettings, reason: Retryable): readonly number[] {
  const retries = Math.max(0, settings.attempts - 1);
  return Array.from({ length: retries }, (_, retry) => longestBackoff(settings, reason, retry));
}

/**
 * The wait before a retry, in seconds: evenly between none and the longest one.
 * @param retry from 0
 */
export function backoffSeconds(
  settings: SdkRetrySettings,
  reason: Retryable,
  retry: number,
  random: RandomStream,
): number {
  return random.nextUniform() * longestBackoff(settings, reason, retry);
}

function longestBackoff(settings: SdkRetrySettings, reason: Retryable, retry: number): number {
  return Math.min(settings.backoffSeconds[reason] * 2 ** retry, settings.backoffSecondsMax);
}

/** The tokens for retries that one client has left; all its calls share them. */
export class SdkRetryQuota {
  readonly #settings: SdkRetrySettings;
  #tokens: number;

  constructor(settings: SdkRetrySettings) {
    this.#settings = settings;
    this.#tokens = settings.quota;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Whether a call that failed is tried again; the tokens are then taken.
   * @param attempts that the call has made, at least 1
   */
  grants(reason: RetryReason, attempts: number): boolean {
    const { attempts: most, cost } = this.#settings;
    if (reason === "none" || attempts >= most || this.#tokens < cost[reason]) return false;
    this.#tokens -= cost[reason];
    return true;
  }

  /** @param lastRetry why the call's last retry was made; undefined where its first attempt succeeded */
  succeed(lastRetry?: Retryable): void {
    const gain = lastRetry === undefined ? 1 : this.#settings.cost[lastRetry];
    this.#tokens = Math.min(this.#settings.quota, this.#tokens + gain);
  }
}
