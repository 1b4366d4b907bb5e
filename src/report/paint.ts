/** How to set words off. Without colour each returns its text as it is. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asIs = (text: string): string => text;

/** The colours of a terminal, or none; the library is loaded only where there is colour. */
export async function choosePaint(color: boolean): Promise<Paint> {
  if (!color) return { bold: asIs, dim: asIs, good: asIs, warn: asIs, bad: asIs };
  const { Chalk } = await import("chalk");
  const chalk = new Chalk({ level: 1 });
  return { bold: chalk.bold, dim: chalk.dim, good: chalk.green.bold, warn: chalk.yellow.bold, bad: chalk.red.bold };
}
