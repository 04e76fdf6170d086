import { z } from 'zod'
import { RpcError } from './errors.ts'
import { Refusal, readerOf } from './parameter-reader.ts'

/** Who calls: a WebSocket can carry subscriptions, a POST cannot. */
export interface Caller {
  readonly connection?: Connection | undefined
  /** Address of another machine; `undefined`: this one. */
  readonly client?: string | undefined
  /** Says when nobody waits for the answer any more. */
  readonly gone?: AbortSignal | undefined
  /** Runs when the answer is on its way; where there is no such thing, whoever asks must not wait for it. */
  readonly onAnswered?: ((listener: () => void) => void) | undefined
}

/** The part of a WebSocket that subscriptions need. */
export interface Connection {
  /** Queues one message. */
  send(text: string): void
  /** Whether little waits for the peer to read it. Who sends more than answers asks before each message. */
  readonly hasRoom: boolean
  /** Runs once, when there is room again. */
  onRoom(listener: () => void): void
  /** Runs once, when the connection is gone. */
  onClose(listener: () => void): void
  /** Ends the connection and tells the peer why, in at most 123 bytes. */
  close(reason: string): void
}

/** What `results.ts` has. */
export type Results = typeof import('./results.ts')

/** What a method says of itself: `rpc.discover` tells it, tests hold the method to it. */
export interface MethodAbout {
  /** One sentence. */
  readonly summary: string
  /** Of the JSON value that it answers with: made of the schemas of results, which nobody has before they are asked for. */
  readonly result: (results: Results) => z.ZodType
}

/** One RPC method: takes the positional parameters as they came and answers with a JSON value or a `JsonStream`. */
export interface Method {
  /** The parameters by name, in order. */
  readonly parameters: z.ZodObject
  readonly about: MethodAbout
  /** Whether it waits itself until what was answered before is done. */
  readonly takesTurn?: boolean | undefined
  call(parameters: readonly unknown[], caller: Caller): unknown
  /** What it can answer before all is done that was answered before; `undefined`: nothing, or the parameters are not good. */
  readonly early?: ((parameters: readonly unknown[]) => unknown) | undefined
}

/** Methods by their full name. */
export type MethodTable = Readonly<Record<string, Method>>

/**
 * What the parameters of one request may cost to read, before they are: a value 1, an object as much as ten, since its
 * schema looks for each member that it may have. 1.7 million empty calls fit into a body, and took 45 s; what costs
 * this much takes 0.1 s, and 1.3 s where most of it is wrong.
 */
const MAX_COST = 100_000
const OBJECT_COST = 10

/**
 * A method whose positional parameters are named, in order, by the keys of `shape`. The handler gets them parsed, by
 * name. A parameter that is not as its schema wants is answered with -32602, its position, name and the reason;
 * `null` counts as absent, as in geth.
 */
export function method<Shape extends z.ZodRawShape>(
  about: MethodAbout,
  shape: Shape,
  handle: (parameters: z.output<z.ZodObject<Shape>>, caller: Caller) => unknown,
  early?: Method['early'],
): Method {
  const names = Object.keys(shape)
  const readers = names.map((name) => readerOf(shape[name] as z.ZodType))
  return {
    // Asked for by nobody but `rpc.discover`, and makes a node start later.
    get parameters() {
      return z.object(shape)
    },
    about,
    early,
    call(parameters, caller) {
      if (parameters.length > names.length) {
        throw new RpcError('invalid-params', `too many arguments, want at most ${names.length}`)
      }
      if (!isAffordable(parameters)) throw new RpcError('limit-exceeded', 'too many values in the parameters')
      const named: Record<string, unknown> = {}
      for (let position = 0; position < names.length; position++) {
        const name = names[position]!
        try {
          named[name] = readers[position]!(parameters[position] ?? undefined)
        } catch (error) {
          throw error instanceof Refusal ? invalidArgument(position, name, parameters[position], error) : error
        }
      }
      return handle(named as z.output<z.ZodObject<Shape>>, caller)
    },
  }
}

function isAffordable(parameters: readonly unknown[]): boolean {
  const left: unknown[] = [parameters]
  let cost = 0
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null) continue
    const members = Array.isArray(value) ? value : Object.values(value)
    cost += members.length + (Array.isArray(value) ? 0 : OBJECT_COST)
    if (cost > MAX_COST) return false
    for (const member of members) if (typeof member === 'object') left.push(member)
  }
  return true
}

function invalidArgument(position: number, name: string, given: unknown, { path, message }: Refusal): RpcError {
  if ((given ?? undefined) === undefined) {
    return new RpcError('invalid-params', `missing value for required argument ${position} (${name})`)
  }
  const place = [name, ...path].map(String).join('.').slice(0, 100)
  return new RpcError('invalid-params', `invalid argument ${position} (${place}): ${message}`)
}
