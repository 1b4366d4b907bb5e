/** What a shard's two buckets of writes hold. */
export interface WriteTokens {
  records: number;
  bytes: number;
}
