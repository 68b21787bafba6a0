/** What a system says of itself, for whoever checks that it is the right one. */
export interface About {
  /** `Prometheus`, `VictoriaMetrics`; as found out by asking. */
  product: string;
  /** Empty where it does not say. */
  version: string;
  /** By its clock, of the answer's date; undefined where it sends none. */
  time: Date | undefined;
}
