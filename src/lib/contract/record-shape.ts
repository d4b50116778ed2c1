import type { Field, RecordShape } from './field.ts';
import { badShape, describeField, judgeFields, judgeType } from './node.ts';
import { signatureOf } from './signature.ts';

/**
 * Makes a shape of its fields: one with an empty name for bare values, else named ones.
 *
 * @throws {TypeError} `bad_shape` for what B.1 excludes.
 */
export function makeShape(fields: readonly Field[]): RecordShape {
  const descriptors = fields.map(describeField);
  const text = descriptors.join(',');
  const bare = fields.length === 1 && fields[0]?.name === '';
  if (bare) {
    if (fields[0]?.type.kind === 'struct') throw badShape(text, 'a bare struct; name its fields instead');
  } else {
    judgeFields(fields, text);
  }
  for (const field of fields) judgeType(field.type, describeField(field));
  return Object.freeze({ fields: Object.freeze([...fields]), bare, descriptors, signature: signatureOf(descriptors) });
}
