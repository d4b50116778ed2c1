/** Of each kind. */
const most = 4096;

/**
 * Rows that were used lately, as they were read or written: nobody else has the file open. When there are too many, all are
 * dropped; those in use are soon back. Who undoes what was written clears them.
 */
export class RecentRows<Key, Row> extends Map<Key, Row> {
  override set(key: Key, row: Row): this {
    if (this.size >= most) this.clear();
    return super.set(key, row);
  }
}
