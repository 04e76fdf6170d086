import { z } from 'zod'
import { hardforkAt } from '../../../config/chain.ts'
import { quantityToHex } from '../../../primitives/hex.ts'
import type { ForkPoint } from '../../../storage/fork/fork-point.ts'
import { requireHeader } from '../../block-lookup.ts'
import type { forkedNetwork } from '../../results.ts'
import { type ControlRows, control } from './control.ts'

function formatFork({ chainId, number, hash }: ForkPoint): z.input<typeof forkedNetwork> {
  return { chainId: Number(chainId), forkBlockNumber: Number(number), forkBlockHash: hash }
}

/** What the node says of itself in the way of anvil and the Hardhat node. */
export const NODE_CONTROLS: ControlRows = [
  [
    ['anvil_nodeInfo'],
    control(
      { summary: 'The head, the hardfork and what a block has.', result: (r) => r.anvilNodeInfo },
      {},
      (_, { controls: { fork }, modules, options }) => {
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
          forkConfig: {
            forkUrl: fork?.name ?? null,
            forkBlockNumber: fork === undefined ? null : Number(fork.point.number),
            forkRetryBackoff: null,
          },
        }
      },
    ),
  ],
  [
    ['anvil_metadata', 'hardhat_metadata'],
    control(
      { summary: 'Name of the node, the run of it, its head and its snapshots.', result: (r) => r.anvilMetadata },
      {},
      (_, { controls, modules, options }) => {
        const { header, hash } = modules.chain.head()
        return {
          clientVersion: options.clientVersion,
          chainId: Number(options.chainId),
          instanceId: controls.instanceId,
          latestBlockNumber: Number(header.number),
          latestBlockHash: hash,
          forkedNetwork: controls.fork === undefined ? null : formatFork(controls.fork.point),
          snapshots: Object.fromEntries(
            controls.snapshots().map(({ id, block, number }) => [quantityToHex(id), [Number(number), block]]),
          ),
        }
      },
    ),
  ],
  [
    ['anvil_getGenesisTime'],
    control({ summary: 'The timestamp of the genesis.', result: () => z.int() }, {}, (_, { modules }) =>
      Number(requireHeader({ number: 0n }, modules).header.timestamp),
    ),
  ],
  [
    ['anvil_setLoggingEnabled', 'hardhat_setLoggingEnabled'],
    control(
      { summary: 'Whether the node writes what it does.', result: () => z.null() },
      { isOn: z.boolean() },
      (p, { controls }) => {
        controls.setLogging(p.isOn)
        return null
      },
    ),
  ],
  [
    ['anvil_enableTraces', 'hardhat_enableTraces'],
    control({ summary: 'Does nothing: every transaction can be traced.', result: () => z.null() }, {}, () => null),
  ],
]
