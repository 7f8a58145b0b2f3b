const DAY_MS = 86_400_000;

/** Days from one day or instant to another, ISO 8601; below 0 when the other is earlier. */
export const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS;

/** The instant so many days before a day or instant, ISO 8601 UTC. */
export const daysBefore = (instant: string, days: number): string =>
  new Date(Date.parse(instant) - days * DAY_MS).toISOString();

/** The day so many days before a day, `YYYY-MM-DD`; after it, for a negative number. */
export const dayBefore = (day: string, days: number): string => daysBefore(day, days).slice(0, 10);
