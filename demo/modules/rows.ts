/** For `IN (SELECT value FROM json_each(?))`: one statement, and one parameter, whatever the number of ids. */
export function idList(records: readonly { readonly id: string }[]): string {
  return JSON.stringify(records.map(({ id }) => id));
}

export function byId<R extends { readonly id: string }>(records: readonly R[]): Map<string, R> {
  return new Map(records.map((record) => [record.id, record]));
}
