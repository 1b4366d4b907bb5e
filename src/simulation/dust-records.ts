/** What sums of the same fractions of records, taken in different orders, may differ by: what is left of one when nothing is left. */
export const DUST_RECORDS = 1e-6;
