import { dayBefore, daysBetween } from '../days.ts';

/** What one listing of Daily Papers covers. */
export interface Period {
  /** As it is asked for: `2025-02-03`, `2025-W06`, `2025-02`. */
  name: string;
  firstDay: string;
  lastDay: string;
  /** The parameters that ask for it; several where no one parameter does. */
  queries: readonly string[];
}

/** The periods from the one that holds a day to the one that holds another, in order. */
export function* periodsBetween(
  firstDay: string,
  lastDay: string,
  by: 'date' | 'week' | 'month',
): Generator<Period> {
  for (let day = firstDay; day <= lastDay; ) {
    const period = periodOf(day, by);
    yield period;
    day = dayBefore(period.lastDay, -1);
  }
}

/** The period that holds a day. The names of those that follow it are greater, as texts. */
export function periodOf(day: string, by: 'date' | 'week' | 'month'): Period {
  if (by === 'date') return { name: day, firstDay: day, lastDay: day, queries: [`date=${day}`] };
  if (by === 'week') return weekOf(day);
  const name = day.slice(0, 7);
  const [year = 0, month = 1] = name.split('-').map(Number);
  const lastDay = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
  return { name, firstDay: `${name}-01`, lastDay, queries: [`month=${name}`] };
}

/** ISO 8601: a week is of the year that its Thursday is in. */
function weekOf(day: string): Period {
  const weekday = (new Date(day).getUTCDay() + 6) % 7;
  const firstDay = dayBefore(day, weekday);
  const thursday = dayBefore(firstDay, -3);
  const year = thursday.slice(0, 4);
  const number = Math.floor(daysBetween(`${year}-01-01`, thursday) / 7) + 1;
  const name = `${year}-W${String(number).padStart(2, '0')}`;
  const days = Array.from({ length: 7 }, (_, index) => dayBefore(firstDay, -index));
  // The API knows the weeks from W01 to W52: a 53rd is asked for by its days.
  const queries = number === 53 ? days.map((each) => `date=${each}`) : [`week=${name}`];
  return { name, firstDay, lastDay: dayBefore(firstDay, -6), queries };
}
