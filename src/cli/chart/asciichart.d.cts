/** What is used of it; the package has no types. */
declare module 'asciichart' {
  export function plot(
    series: readonly (readonly number[])[],
    settings: { height: number; min: number; max: number; format(value: number): string },
  ): string;
}
