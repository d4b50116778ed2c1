// A driver whose fsync fails while a file of that name lies beside the database.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type Libsql from 'libsql';

// From the repository: bundled, this lies elsewhere.
const Database = createRequire(join(process.cwd(), 'package.json'))('libsql') as typeof Libsql;

// biome-ignore lint/style/noDefaultExport: so a driver module gives its class
export default class extends Database {
  private readonly sign: string;

  constructor(path: string) {
    super(path);
    this.sign = join(dirname(path), 'fsync-fails');
  }

  override exec(sql: string): this {
    if (sql === 'COMMIT' && existsSync(this.sign)) {
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC', rawCode: 1034 });
    }
    super.exec(sql);
    return this;
  }
}
