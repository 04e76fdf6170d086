import { z } from 'zod'
import { hardforkAt } from '../../../config/chain.ts'
import { quantityToHex } from '../../../primitives/hex.ts'
import * as results from '../../results.ts'
import { type ControlRows, control } from './control.ts'

const nodeInfo = z.strictObject({
  currentBlockNumber: results.quantity,
  currentBlockTimestamp: z.int(),
  currentBlockHash: results.hash,
  hardFork: z.string(),
  transactionOrder: z.literal('fees'),
  environment: z.strictObject({
    baseFee: results.quantity,
    chainId: z.int(),
    gasLimit: results.quantity,
    gasPrice: results.quantity,
  }),
  forkConfig: z.strictObject({ forkUrl: z.null(), forkBlockNumber: z.null(), forkRetryBackoff: z.null() }),
})

const metadata = z.strictObject({
  clientVersion: z.string(),
  chainId: z.int(),
  instanceId: results.hash,
  latestBlockNumber: z.int(),
  latestBlockHash: results.hash,
  forkedNetwork: z.null(),
  snapshots: z.record(results.quantity, z.tuple([z.int(), results.hash])),
})

/** What the node says of itself in the way of anvil and the Hardhat node. */
export const NODE_CONTROLS: ControlRows = [
  [
    ['anvil_nodeInfo'],
    control(
      { summary: 'The head, the hardfork and what a block has.', result: nodeInfo },
      {},
      (_, { modules, options }) => {
        const { header, hash } = modules.chain.head()
        const baseFee = modules.fees.nextBaseFee(header)
        return {
          currentBlockNumber: quantityToHex(header.number),
          currentBlockTimestamp: Number(header.timestamp),
          currentBlockHash: hash,
          hardFork: hardforkAt(modules.config, header.number, header.timestamp),
          transactionOrder: 'fees',
          environment: {
            baseFee: quantityToHex(baseFee),
            chainId: Number(options.chainId),
            gasLimit: quantityToHex(header.gasLimit),
            gasPrice: quantityToHex(baseFee),
          },
          forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
        }
      },
    ),
  ],
  [
    ['anvil_metadata', 'hardhat_metadata'],
    control(
      { summary: 'Name of the node, the run of it, its head and its snapshots.', result: metadata },
      {},
      (_, { controls, modules, options }) => {
        const { header, hash } = modules.chain.head()
        return {
          clientVersion: options.clientVersion,
          chainId: Number(options.chainId),
          instanceId: controls.instanceId,
          latestBlockNumber: Number(header.number),
          latestBlockHash: hash,
          forkedNetwork: null,
          snapshots: Object.fromEntries(
            controls.snapshots().map(({ id, block, number }) => [quantityToHex(id), [Number(number), block]]),
          ),
        }
      },
    ),
  ],
  [
    ['anvil_setLoggingEnabled', 'hardhat_setLoggingEnabled'],
    control(
      { summary: 'Whether the node writes what it does.', result: z.null() },
      { isOn: z.boolean() },
      (p, { controls }) => {
        controls.setLogging(p.isOn)
        return null
      },
    ),
  ],
  [
    ['anvil_enableTraces', 'hardhat_enableTraces'],
    control({ summary: 'Does nothing: every transaction can be traced.', result: z.null() }, {}, () => null),
  ],
]
