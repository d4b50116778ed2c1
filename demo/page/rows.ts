export interface Row {
  readonly id: string;
  readonly revision: number;
}

/** The rows that the server has confirmed, as far as this page has heard. */
export class Rows<R extends Row> {
  private readonly rows: Map<string, R>;
  /** Ids are never used again, so what is gone stays gone, whatever arrives late. */
  private readonly gone = new Set<string>();

  constructor(rows: readonly R[] = []) {
    this.rows = new Map(rows.map((row) => [row.id, row]));
  }

  get all(): ReadonlyMap<string, R> {
    return this.rows;
  }

  /** Takes what is newer: the same change comes as a result, as a push and by another tab, in any order. */
  put(rows: readonly R[]): void {
    for (const row of rows) {
      const known = this.rows.get(row.id);
      if (!this.gone.has(row.id) && (!known || known.revision < row.revision)) this.rows.set(row.id, row);
    }
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) {
      this.gone.add(id);
      this.rows.delete(id);
    }
  }

  /**
   * Takes a complete list.
   *
   * @param since Rows that were known when the list was asked for; others came since then and stay.
   */
  reset(rows: readonly R[], since: ReadonlySet<string>): void {
    const listed = new Set(rows.map(({ id }) => id));
    for (const id of since) if (!listed.has(id)) this.rows.delete(id);
    this.put(rows);
  }
}
