import { z } from 'zod'
import { isRecord } from './suite.ts'

/** A recorded file of JSON-RPC requests, each with its answer. */
export interface RpcConversation {
  /** Only the shape of the answers is to be checked (a comment `speconly:`). */
  readonly isSpecOnly: boolean
  readonly exchanges: readonly RpcExchange[]
}

export interface RpcExchange {
  readonly method: string
  /** As it is sent. */
  readonly request: string
  readonly answer: unknown
}

/** Reads `// comment`, `>> request` and `<< answer` lines (execution-apis, tests/README). */
export function parseConversation(text: string): RpcConversation {
  const exchanges: RpcExchange[] = []
  let isSpecOnly = false
  let request = ''
  for (const line of text.split('\n')) {
    if (/^\/\/\s*speconly:/.test(line)) isSpecOnly = true
    if (line.startsWith('>> ')) request = line.slice(3)
    if (!line.startsWith('<< ')) continue
    const { method } = JSON.parse(request) as { readonly method: string }
    exchanges.push({ method, request, answer: JSON.parse(line.slice(3)) })
  }
  return { isSpecOnly, exchanges }
}

/** What an OpenRPC document says of results. */
export class ResultSchemas {
  readonly #document: OpenRpcDocument
  readonly #schemas = new Map<string, z.ZodType | undefined>()

  constructor(document: unknown) {
    this.#document = document as OpenRpcDocument
  }

  /** What is wrong with a result; `undefined` if nothing is. */
  problem(method: string, result: unknown): string | undefined {
    const schema = this.#schemaOf(method)
    if (schema === undefined) return `the OpenRPC document has no ${method}`
    const parsed = schema.safeParse(result)
    return parsed.success ? undefined : `result is not of its schema:\n${z.prettifyError(parsed.error)}`
  }

  #schemaOf(name: string): z.ZodType | undefined {
    if (!this.#schemas.has(name)) {
      const { methods, components } = this.#document
      const schema = methods.find((method) => method.name === name)?.result.schema
      this.#schemas.set(name, schema && z.fromJSONSchema(withDefinitions(schema, components?.schemas ?? {})))
    }
    return this.#schemas.get(name)
  }
}

type JsonSchema = z.core.JSONSchema.JSONSchema

interface OpenRpcDocument {
  readonly methods: readonly { readonly name: string; readonly result: { readonly schema: JsonSchema } }[]
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> }
}

/** The schema with what it refers to, where JSON Schema has that. */
function withDefinitions(schema: JsonSchema, $defs: Readonly<Record<string, JsonSchema>>): JsonSchema {
  if (!JSON.stringify(schema).includes('"$ref"')) return schema
  return JSON.parse(JSON.stringify({ ...schema, $defs }).replaceAll('#/components/schemas/', '#/$defs/')) as JsonSchema
}

/** How many differences of an answer are told. */
const MAX_TOLD = 8

/**
 * What is wrong with an answer as hive's rpc-compat judges it, by its shape alone where there are schemas; `undefined` if
 * nothing is.
 */
export function judge(
  actual: unknown,
  { method, answer }: RpcExchange,
  schemas: ResultSchemas | undefined,
): string | undefined {
  if (schemas === undefined) {
    const [left, right] = withoutMessages(actual, answer)
    return tell(differences(left, right))
  }
  if (!isRecord(actual) || !isRecord(answer)) return 'is no JSON-RPC answer'
  if ('error' in answer) return 'error' in actual ? undefined : 'is no error, should be one'
  if ('error' in actual) return `is an error: ${JSON.stringify(actual.error)}`
  return schemas.problem(method, actual.result)
}

/** Messages of errors are free, where both answers are errors. */
function withoutMessages(actual: unknown, expected: unknown): readonly [unknown, unknown] {
  if (!isRecord(actual) || !isRecord(expected)) return [actual, expected]
  if (!isRecord(actual.error) || !isRecord(expected.error)) return [actual, expected]
  const { message: _, ...actualError } = actual.error
  const { message: __, ...expectedError } = expected.error
  return [
    { ...actual, error: actualError },
    { ...expected, error: expectedError },
  ]
}

function tell(all: readonly string[]): string | undefined {
  if (all.length === 0) return undefined
  const more = all.length > MAX_TOLD ? [`and ${all.length - MAX_TOLD} more`] : []
  return [...all.slice(0, MAX_TOLD), ...more].join('\n')
}

/** Where two JSON values differ, in words. */
function differences(actual: unknown, expected: unknown, path = 'answer'): string[] {
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length) {
    return actual.flatMap((each, index) => differences(each, expected[index], `${path}[${index}]`))
  }
  if (isRecord(actual) && isRecord(expected)) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)])
    return [...keys].flatMap((key) => differences(actual[key], expected[key], `${path}.${key}`))
  }
  return actual === expected ? [] : [`${path} is ${short(actual)}, should be ${short(expected)}`]
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent'
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text
}
