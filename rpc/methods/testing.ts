import { z } from 'zod'
import type { PayloadBuilder } from '../../consensus/payload-builder.ts'
import { EMPTY_BYTES } from '../../primitives/bytes.ts'
import { transactionHash } from '../../primitives/transaction.ts'
import { findHeader } from '../block-lookup.ts'
import { decodeRaw } from '../decode-raw.ts'
import { RpcError } from '../errors.ts'
import { formatPayload } from '../format/payload.ts'
import type { MethodTable } from '../method.ts'
import { method } from '../method.ts'
import type { RpcModules } from '../modules.ts'
import { address, data, hash, MAX_LIST_ITEMS, optional, uint64, withdrawals } from '../parameters.ts'

const MAX_EXTRA_DATA_BYTES = 32

const payloadAttributes = z.object({
  timestamp: uint64,
  prevRandao: hash,
  suggestedFeeRecipient: address,
  withdrawals,
  parentBeaconBlockRoot: hash,
})

/** testing_ of execution-apis: for those who write tests, not for the public; each call has the miner's thread make a block. */
export function testingMethods(
  modules: Pick<RpcModules, 'blocks' | 'chain' | 'pool'> & { readonly payloads: PayloadBuilder },
): MethodTable {
  const { payloads, pool } = modules
  return {
    testing_buildBlockV1: method(
      { summary: 'Makes a block upon another, and takes it in nowhere.', result: (r) => r.builtPayload },
      {
        parentBlockHash: hash,
        payloadAttributes,
        transactions: optional(z.array(data).max(MAX_LIST_ITEMS)),
        extraData: optional(data),
      },
      async (p) => {
        const { suggestedFeeRecipient: coinbase, ...attributes } = p.payloadAttributes
        const { extraData = EMPTY_BYTES } = p
        const parent = findHeader({ hash: p.parentBlockHash, requireCanonical: false }, modules)
        if (parent === undefined) throw new RpcError('invalid-params', 'parent block not found')
        const { number, timestamp } = parent.header
        if (attributes.timestamp <= timestamp)
          throw new RpcError('invalid-params', `timestamp is not above ${timestamp}`)
        if (!payloads.hasPayloads(number + 1n, attributes.timestamp)) {
          throw new RpcError('not-supported', 'there are no such payloads before Cancun')
        }
        if (extraData.length > MAX_EXTRA_DATA_BYTES) {
          throw new RpcError('invalid-params', `extraData is longer than ${MAX_EXTRA_DATA_BYTES} bytes`)
        }
        const given = p.transactions?.map((raw, index) => decodeRaw(raw, `2 (transactions.${index})`))
        const payload = await payloads.build(
          parent,
          { ...attributes, coinbase, extraData },
          given?.map(({ transaction }) => transaction),
        )
        const sidecarOf = new Map(given?.map(({ transaction, sidecar }) => [transactionHash(transaction), sidecar]))
        const sidecars = payload.block.transactions.flatMap((transaction) => {
          const key = transactionHash(transaction)
          return sidecarOf.get(key) ?? pool.pooled(key)?.sidecar ?? []
        })
        return formatPayload(payload, sidecars)
      },
    ),
  }
}
