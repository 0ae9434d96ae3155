const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of milliseconds in its two largest units: `42 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export const formatDuration = (milliseconds: number): string => {
  const span = Math.max(0, milliseconds);
  if (span < MINUTE) {
    return `${Math.floor(span / SECOND)} s`;
  }
  if (span < HOUR) {
    return inUnits(span, [MINUTE, 'min'], [SECOND, 's']);
  }
  return span < DAY ? inUnits(span, [HOUR, 'h'], [MINUTE, 'min']) : inUnits(span, [DAY, 'd'], [HOUR, 'h']);
};

type Unit = readonly [milliseconds: number, name: string];

const inUnits = (span: number, [large, largeName]: Unit, [small, smallName]: Unit): string => {
  const rest = Math.floor((span % large) / small);
  const whole = `${Math.floor(span / large)} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
};
