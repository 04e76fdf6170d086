import type { z } from 'zod'
import { inputSchema, type JsonSchema, outputSchema } from './json-schema.ts'
import type { Method } from './method.ts'
import * as results from './results.ts'

export interface DocumentInfo {
  readonly title: string
  readonly version: string
}

const OPENRPC_VERSION = '1.3.2'

/** What this server can be asked, as an OpenRPC document: made from the same schemas by which it reads what it is asked. */
export function describeMethods(methods: ReadonlyMap<string, Method>, info: DocumentInfo): JsonSchema {
  const components = new Components()
  const described = [...methods]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { about, parameters }]) => ({
      name,
      summary: about.summary,
      paramStructure: 'by-position',
      params: describeParameters(parameters, components),
      result: { name: 'result', schema: components.take(outputSchema(about.result(results))) },
    }))
  return { openrpc: OPENRPC_VERSION, info, methods: described, components: { schemas: components.schemas } }
}

function describeParameters(parameters: z.ZodObject, components: Components) {
  const { properties = {}, required = [] } = components.take(inputSchema(parameters)) as {
    readonly properties?: Readonly<Record<string, JsonSchema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => {
    return { name, required: required.includes(name), schema }
  })
}

/** Schemas with a name of their own, which others refer to. */
class Components {
  readonly schemas: Record<string, unknown> = {}

  /** The schema without the definitions that stand in it, which are from now on here. */
  take(schema: JsonSchema): JsonSchema {
    const { definitions = {}, ...rest } = referringHere(schema)
    Object.assign(this.schemas, definitions)
    return rest
  }
}

function referringHere(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/')
  return JSON.parse(text) as JsonSchema
}
