import { describe } from 'vitest';
import { codecs } from './each-codec.ts';
import { sameBytes } from './same-bytes.ts';

describe.each(codecs.slice(0, 2))('%s codec', (_name, codec) => sameBytes(codec));
