import { z } from 'zod'
import { RpcError } from './errors.ts'

/** Who calls: a WebSocket can carry subscriptions, a POST cannot. */
export interface Caller {
  readonly connection?: Connection | undefined
}

/** The part of a WebSocket that subscriptions need. */
export interface Connection {
  /** Queues one message. A connection whose peer does not read is cut instead of buffering without bound. */
  send(text: string): void
  /** Runs once, when the connection is gone. */
  onClose(listener: () => void): void
}

/** One RPC method: takes the positional parameters as they came and answers with a JSON value. */
export interface Method {
  call(parameters: readonly unknown[], caller: Caller): unknown
}

/** Methods by their full name. */
export type MethodTable = Readonly<Record<string, Method>>

/**
 * A method whose positional parameters are named, in order, by the keys of `shape`. The handler gets them parsed, by
 * name. A parameter that is not as its schema wants is answered with -32602, its position, name and the reason;
 * `null` counts as absent, as in geth.
 */
export function method<Shape extends z.ZodRawShape>(
  shape: Shape,
  handle: (parameters: z.output<z.ZodObject<Shape>>, caller: Caller) => unknown,
): Method {
  const names = Object.keys(shape)
  const schema = z.object(shape)
  return {
    call(parameters, caller) {
      if (parameters.length > names.length) {
        throw new RpcError('invalid-params', `too many arguments, want at most ${names.length}`)
      }
      const named = Object.fromEntries(names.map((name, position) => [name, parameters[position] ?? undefined]))
      const parsed = schema.safeParse(named)
      if (!parsed.success) throw invalidArgument(names, parameters, parsed.error)
      return handle(parsed.data, caller)
    },
  }
}

function invalidArgument(names: readonly string[], parameters: readonly unknown[], error: z.ZodError): RpcError {
  const issue = error.issues[0]
  const name = String(issue?.path[0])
  const position = names.indexOf(name)
  if ((parameters[position] ?? undefined) === undefined) {
    return new RpcError('invalid-params', `missing value for required argument ${position} (${name})`)
  }
  const path = (issue?.path ?? []).map(String).join('.').slice(0, 100)
  return new RpcError('invalid-params', `invalid argument ${position} (${path}): ${issue?.message ?? 'not understood'}`)
}
