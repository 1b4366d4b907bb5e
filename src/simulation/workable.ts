/**
 * What a processor could do in a chunk, in user records per second of the chunk: what it holds from the start on, and what it is given
 * after `wait` seconds from then on.
 */
export function workable(held: number, given: number, wait: number, seconds: number, speed: number): number {
  const before = wait > 0 ? Math.min(held, speed * wait) : 0;
  const after = wait < seconds ? Math.min(held - before + given, speed * (seconds - wait)) : 0;
  return (before + after) / seconds;
}
