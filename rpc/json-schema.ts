import { z } from 'zod'

/** A JSON Schema (draft 7, as OpenRPC has it). */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Of what a client may send for this schema. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, 'input')
}

/** Of what a value of this schema looks like. */
export function outputSchema(schema: z.ZodType): JsonSchema {
  return toJsonSchema(schema, 'output')
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const {
    $schema: _,
    '~standard': __,
    ...json
  } = z.toJSONSchema(schema, { io, target: 'draft-7', unrepresentable: 'any' })
  return json
}
