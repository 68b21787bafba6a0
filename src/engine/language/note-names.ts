/** What a run keeps under a step for itself: how it ended, since when, until when, who was asked at a gate. No step is called so. */
export const noteNames = 'over|begun|since|seat\\d+';

const noteName = new RegExp(`^(${noteNames})$`);

/** Whether an id would be taken for a note. */
export function isNoteName(id: string): boolean {
  return noteName.test(id);
}
