import { deserialize, serialize } from 'node:v8'
import { rulesFor } from '../../config/hardforks.ts'
import type { BlockEnvironment } from '../block/environment.ts'
import type { TransactionContext } from '../evm/context.ts'
import type { Message } from '../evm/message.ts'

/** What the tasks of an offer have in common, but for the block and the code. */
export interface TaskHead {
  readonly message: Omit<Message, 'code' | 'data' | 'thread'>
  readonly transaction: Omit<TransactionContext, 'block'>
  /** Stands for the block: the same key, the same environment. */
  readonly blockKey: number
}

/** Written for every offer: JSON takes a third of the time of structured cloning. */
export function encodeHead({ message, transaction, blockKey }: TaskHead): Uint8Array {
  const { value, gas, ...others } = message
  const { gasPrice, blobBaseFee, ...rest } = transaction
  return Buffer.from(
    JSON.stringify([others, `${value}`, `${gas}`, rest, `${gasPrice}`, `${blobBaseFee}`, blockKey]),
    'latin1',
  )
}

export function decodeHead(bytes: Uint8Array): TaskHead {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const [others, value, gas, rest, gasPrice, blobBaseFee, blockKey] = JSON.parse(text)
  return {
    message: { ...others, value: BigInt(value), gas: BigInt(gas) },
    transaction: { ...rest, gasPrice: BigInt(gasPrice), blobBaseFee: BigInt(blobBaseFee) },
    blockKey,
  }
}

export function encodeBlock({ rules, blockHash: _, precompiles: __, ...environment }: BlockEnvironment): Uint8Array {
  const { hardfork, blobSchedule, threads } = rules
  return serialize({ environment, rules: { hardfork, blobSchedule, threads } })
}

/**
 * The environment knows no block before this one, nor precompiled contracts of its own: code that looks at blocks is not offered, and nothing
 * comes of a thread that calls.
 */
export function decodeBlock(bytes: Uint8Array): BlockEnvironment {
  const { environment, rules } = deserialize(bytes)
  return {
    ...environment,
    rules: rulesFor(rules.hardfork, rules.blobSchedule, rules.threads),
    blockHash: () => undefined,
  }
}
