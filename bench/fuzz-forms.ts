import fc from 'fast-check';

/** A request body, and, where it was built from fields, the fields it carries. */
export interface FuzzedForm {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly fields?: ReadonlyMap<string, string>;
}

const SPECIAL = [
  'é',
  '😀',
  '\u202Eשלום',
  'e\u0301',
  '\0',
  '\x1b',
  '€[]{}^~|\\',
  '+',
  '%',
  '&=',
  '%zz',
];
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...SPECIAL), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.constant('x'.repeat(1_600)),
  fc.constant('\x01'.repeat(2_000)),
);
const number = fc.oneof(
  fc.constantFrom('+61400000001', ' 61400000002', 'ACME', '1300 000 000', ''),
  text,
);
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'extra', 'webhook_url', 'webhook_url_fallback'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
);

/** Forms that are valid, or nearly. */
const built = fc
  .record({
    message_id: fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: text }),
    from: number,
    sms_number: number,
    body: text,
    timestamp: fc.oneof(fc.nat().map(String), fc.constantFrom('', '1576391654123'), text),
    others: fc.array(fc.tuple(name, text), { maxLength: 4 }),
  })
  .map(({ others, ...known }): FuzzedForm => {
    const fields = new Map([...others, ...Object.entries(known)]);
    const body = Buffer.from(String(new URLSearchParams([...fields])));
    return { body, contentType: 'application/x-www-form-urlencoded', fields };
  });

const contentType = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=iso-8859-1',
  'application/json',
  undefined,
);

/** Bytes that are anything, or a form with a few bytes changed. */
const raw = fc.record({ body: fc.uint8Array({ maxLength: 300 }), contentType });
const damaged = fc
  .tuple(built, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
  .map(([{ body, contentType: type }, changes]): FuzzedForm => {
    const bytes = Uint8Array.from(body);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return { body: bytes, contentType: type };
  });

export const fuzzedForm: fc.Arbitrary<FuzzedForm> = fc.oneof(
  { weight: 5, arbitrary: built },
  { weight: 3, arbitrary: damaged },
  { weight: 2, arbitrary: raw },
);
