import { isCalendarDate } from '../paper.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MAIL_DATE =
  /^([A-Z][a-z]{2}), (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) ([01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60) (?:GMT|UTC?|E[SD]T|[+-](?:0\d|1[0-4])[0-5]\d)$/;

/**
 * The day of a date as mail headers and RSS write it (RFC 5322, section 3.3), `Wed, 02 Apr 2025 10:00:00 GMT`, as it is
 * said: in its own time zone. Null for any other text, for days that are not in the calendar, and for another weekday
 * than the day's.
 */
export function dayOfMailDate(text: string): string | null {
  const [, weekday = '', day = '', monthName = '', year = ''] = MAIL_DATE.exec(text.trim()) ?? [];
  const month = MONTHS.indexOf(monthName) + 1;
  const date = `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (month === 0 || !isCalendarDate(date)) return null;
  return WEEKDAYS[new Date(date).getUTCDay()] === weekday ? date : null;
}
