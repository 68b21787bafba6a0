const bars = '▁▂▃▄▅▆▇█';

/** A course from its lowest value to its highest, a character a value; a dot where it has none. Empty: it has none at all. */
export function sparkline(course: readonly (number | undefined)[]): string {
  const known = course.filter(value => value !== undefined);
  if (known.length === 0) return '';
  const low = Math.min(...known);
  const height = Math.max(...known) - low;
  return course
    .map(value => {
      if (value === undefined) return '·';
      // A series that stands still is a line in the middle, not on the floor.
      const level = height === 0 ? 3 : Math.min(7, Math.floor(((value - low) / height) * 8));
      return bars.charAt(level);
    })
    .join('');
}
