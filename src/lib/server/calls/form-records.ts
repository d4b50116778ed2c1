import type { Field, RecordShape, TypeNode } from '../../contract/field.ts';
import { type FormNode, formNode } from './form-tree.ts';
import { jsonValue } from './json-records.ts';

const empty = formNode();

/**
 * Reads a form as records: one, or where records are bare values, as many as the form has. What a text cannot mean stays
 * a text, for the shape to refuse it by its path.
 */
export function recordsOfForm(shape: RecordShape | null, form: FormNode): unknown[] {
  if (!shape) return [];
  const [only] = shape.fields;
  if (!shape.bare || !only) return [structOf(shape.fields, form)];
  // Such records have no field names: whatever stands in the form is one.
  const nodes = [...form.children.values()];
  return nodes.flatMap((node) => itemsOf(only.type, node));
}

function structOf(fields: readonly Field[], node: FormNode): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const { name, type, fallback } of fields) {
    const child = node.children.get(name);
    if (!child && fallback) continue;
    record[name] = formValue(type, child ?? empty);
  }
  return record;
}

function formValue(type: TypeNode, node: FormNode): unknown {
  const [text] = node.texts;
  switch (type.kind) {
    case 'optional':
      return isLeftOpen(type.inner, node) ? undefined : formValue(type.inner, node);
    case 'nullable':
      return isLeftOpen(type.inner, node) ? null : formValue(type.inner, node);
    case 'list':
      return itemsOf(type.inner, node);
    case 'struct':
      return node.children.size > 0 || text === undefined ? structOf(type.fields, node) : parsed(type, text);
    case 'file':
      return node.files[0];
    case 'bool':
      return boolOf(text);
    case 'json':
      return text === undefined ? undefined : parsed(type, text);
    default:
      return text === undefined ? undefined : scalarOf(type, text);
  }
}

function itemsOf(type: TypeNode, node: FormNode): unknown[] {
  const numbered = [...node.children].filter(([key]) => /^\d+$/.test(key)).sort(([a], [b]) => Number(a) - Number(b));
  if (numbered.length > 0) return numbered.map(([, child]) => formValue(type, child));
  const texts = node.texts.map((text) => formValue(type, { ...formNode(), texts: [text] }));
  return [...texts, ...node.files.map((file) => formValue(type, { ...formNode(), files: [file] }))];
}

/** A form sends an empty text for whatever was not filled in; only where texts are wanted it is one. */
function isLeftOpen({ kind }: TypeNode, { texts, files, children }: FormNode): boolean {
  if (files.length > 0 || children.size > 0) return false;
  return texts.length === 0 || (texts[0] === '' && kind !== 'string' && kind !== 'symbol');
}

/** A box that is not ticked is not sent. */
function boolOf(text: string | undefined): unknown {
  if (text === undefined || /^(false|off|no|0|)$/i.test(text)) return false;
  return /^(true|on|yes|1)$/i.test(text) ? true : text;
}

function scalarOf(type: TypeNode, text: string): unknown {
  switch (type.kind) {
    case 'string':
    case 'symbol':
    case 'enum':
    case 'unixid':
      return text;
    case 'i64':
    case 'bytes':
    case 'date':
      return jsonValue(type, text);
    case 'timestamp':
      return numberOf(text) ?? (Number.isNaN(Date.parse(text)) ? text : Date.parse(text));
    default:
      return numberOf(text) ?? text;
  }
}

function numberOf(text: string): number | undefined {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;
}

function parsed(type: TypeNode, text: string): unknown {
  try {
    return jsonValue(type, JSON.parse(text));
  } catch {
    return text;
  }
}
