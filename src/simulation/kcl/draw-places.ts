import type { RandomStream } from "../kernel/random-stream.js";

/**
 * Draws some of the places, without putting them back, in random order: the first steps of a Fisher-Yates shuffle. Rearranges `places`.
 *
 * @param count how many; all of them, where there are fewer
 */
export function drawPlaces(places: number[], count: number, random: RandomStream): number[] {
  const drawn = Math.min(count, places.length);
  for (let place = 0; place < drawn; place += 1) {
    const other = place + Math.floor(random.nextUniform() * (places.length - place));
    const lease = places[other] as number;
    places[other] = places[place] as number;
    places[place] = lease;
  }
  return places.slice(0, drawn);
}
