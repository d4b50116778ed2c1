import type { FileValue } from '../../contract/file.ts';

/** What a form has under one name: texts and files in their order, and names that go on from there. */
export interface FormNode {
  readonly texts: string[];
  readonly files: FileValue[];
  readonly children: Map<string, FormNode>;
}

export function formNode(): FormNode {
  return { texts: [], files: [], children: new Map() };
}

/** Names may not lead deeper than shapes may be nested. */
const maxDepth = 16;

/**
 * The node of a field's name: `title`, `lines[0][sku]`, `lines.0.sku`.
 *
 * @returns null for a name that leads too deep: such a field is nobody's.
 */
export function nodeOf(root: FormNode, name: string): FormNode | null {
  const parts = name.split(/[.[\]]/).filter((part) => part !== '');
  if (parts.length > maxDepth) return null;
  let node = root;
  for (const part of parts) {
    const child = node.children.get(part) ?? formNode();
    node.children.set(part, child);
    node = child;
  }
  return node;
}
