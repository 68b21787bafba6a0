/** An alert as one of the two sources has it. */
interface SourcedAlert {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  since: Date | undefined;
}

/** As the rule that raises it knows it. */
export interface RaisedAlert extends SourcedAlert {
  state: 'firing' | 'pending';
  value: number;
  query: string;
  forSeconds: number;
}

/** As the Alertmanager holds it. */
export interface HeldAlert extends SourcedAlert {
  fingerprint: string;
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
}

/** One alert of both sources together. */
export interface JoinedAlert {
  name: string;
  state: 'firing' | 'pending';
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  since: Date | undefined;
  /** Undefined where only the Alertmanager knows it: another server raised it, or it has been resolved just now. */
  raised: RaisedAlert | undefined;
  held: HeldAlert | undefined;
}

/**
 * Puts together what rules raise and what an Alertmanager holds. Servers add labels of their own on the way (a cluster, a
 * replica), so an alert is the same where all labels of the rule's stand on the other. Firing first, the oldest first.
 */
export function joinAlerts(raised: readonly RaisedAlert[], held: readonly HeldAlert[]): JoinedAlert[] {
  const byName = Map.groupBy(held, ({ labels }) => labels['alertname'] ?? '');
  const used = new Set<HeldAlert>();
  const joined = raised.map((alert): JoinedAlert => {
    const name = alert.labels['alertname'] ?? '';
    const same =
      alert.state === 'firing'
        ? byName.get(name)?.find(other => !used.has(other) && isWithin(alert.labels, other.labels))
        : undefined;
    if (same !== undefined) used.add(same);
    const { labels, annotations, since, state } = alert;
    return { name, state, labels, annotations, since, raised: alert, held: same };
  });
  const others = held
    .filter(alert => !used.has(alert))
    .map((alert): JoinedAlert => {
      const { labels, annotations, since } = alert;
      return {
        name: labels['alertname'] ?? '',
        state: 'firing',
        labels,
        annotations,
        since,
        raised: undefined,
        held: alert,
      };
    });
  return [...joined, ...others].toSorted(
    (a, b) =>
      Number(a.state === 'pending') - Number(b.state === 'pending') ||
      (a.since?.getTime() ?? 0) - (b.since?.getTime() ?? 0) ||
      (a.name < b.name ? -1 : 1),
  );
}

function isWithin(labels: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => more[name] === value);
}
