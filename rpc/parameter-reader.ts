import type { z } from 'zod'

/** Why a value is refused; its message goes to the client. No `Error`: a list can have many, and stacks cost 9 us each. */
export class Refusal {
  readonly message: string
  /** Where in the value. */
  readonly path: readonly PropertyKey[]

  constructor(message: string, path: readonly PropertyKey[] = []) {
    this.message = message
    this.path = path
  }
}

/** Gives the value that is meant, or throws a `Refusal`. */
export type Reader<T> = (value: unknown) => T

/** Functions that give what their schemas give: an address in half the time, a transaction in a fifth, a block in a tenth. */
const KNOWN = new WeakMap<z.ZodType, Reader<unknown>>()

/** From now on the schema's values are read so. What `read` refuses, in any words, the schema must refuse. */
export function readBy<Schema extends z.ZodType>(schema: Schema, read: Reader<z.output<Schema>>): void {
  KNOWN.set(schema, read)
}

/** Reads as the schema does. What is refused is refused in the schema's words. */
export function readerOf<T>(schema: z.ZodType<T>): Reader<T> {
  const known = KNOWN.get(schema) as Reader<T> | undefined
  if (known === undefined) return (value) => parse(schema, value)
  return (value) => {
    try {
      return known(value)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return parse(schema, value)
    }
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Refusal(issue?.message ?? 'not understood', issue?.path)
}

/** Reads an object of members that may all be absent, and makes something of it. */
export function membersReader<Shape extends z.ZodRawShape, T>(
  { shape }: z.ZodObject<Shape>,
  make: (members: z.output<z.ZodObject<Shape>>) => T,
): Reader<T> {
  const readers = Object.entries(shape).map(([name, schema]) => [name, readerOf(schema as z.ZodType)] as const)
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal('must be an object')
    const members: Record<string, unknown> = {}
    for (const [name, read] of readers) {
      const member = (value as Readonly<Record<string, unknown>>)[name]
      if (member !== undefined) members[name] = read(member)
    }
    return make(members as z.output<z.ZodObject<Shape>>)
  }
}
