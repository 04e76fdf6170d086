import { z } from 'zod'
import { quantityToHex } from '../../../primitives/hex.ts'
import { RpcError } from '../../errors.ts'
import type { Caller, MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import { logQuery, optional, uint256 } from '../../parameters.ts'
import type { SubscriptionHub, SubscriptionSubject } from '../../subscriptions.ts'

/** What may be subscribed to, each with how its second parameter is read. */
const SUBJECTS: Readonly<Record<string, z.ZodType<SubscriptionSubject>>> = {
  newHeads: z.unknown().transform(() => ({ kind: 'newHeads' as const })),
  syncing: z.unknown().transform(() => ({ kind: 'syncing' as const })),
  logs: logQuery.transform((query) => ({ kind: 'logs' as const, query })),
  newPendingTransactions: z
    .boolean({ error: 'must be true or false' })
    .transform((full) => ({ kind: 'newPendingTransactions' as const, full })),
}

/** The second parameter where the client leaves it out. */
const DEFAULTS: Readonly<Record<string, unknown>> = { logs: {}, newPendingTransactions: false }

/** eth_subscribe and eth_unsubscribe, over WebSocket only. */
export function subscribeMethods(hub: SubscriptionHub): MethodTable {
  const connectionOf = ({ connection }: Caller) => {
    if (connection === undefined) throw new RpcError('not-supported', 'notifications not supported: use a WebSocket')
    return connection
  }
  return {
    eth_subscribe: method(
      { summary: 'Sends what happens from now on over this WebSocket.', result: (r) => r.quantity },
      { subject: z.string().max(100), options: optional(z.unknown()) },
      (p, caller) => {
        const connection = connectionOf(caller)
        const schema = Object.hasOwn(SUBJECTS, p.subject) ? SUBJECTS[p.subject] : undefined
        if (schema === undefined) {
          throw new RpcError('invalid-params', `invalid argument 0 (subject): no "${p.subject}" subscription`)
        }
        const parsed = schema.safeParse(p.options ?? DEFAULTS[p.subject])
        if (!parsed.success) {
          const [issue] = parsed.error.issues
          const path = ['options', ...(issue?.path ?? [])].map(String).join('.')
          throw new RpcError('invalid-params', `invalid argument 1 (${path}): ${issue?.message ?? 'not understood'}`)
        }
        const { id, announce } = hub.subscribe(connection, parsed.data)
        if (caller.onAnswered === undefined) announce()
        else caller.onAnswered(announce)
        return id
      },
    ),
    eth_unsubscribe: method(
      { summary: 'Ends a subscription; whether there was one.', result: () => z.boolean() },
      { id: uint256 },
      (p, caller) => hub.unsubscribe(connectionOf(caller), quantityToHex(p.id)),
    ),
  }
}
