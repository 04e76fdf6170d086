import { addressToWord, hashToWord } from '../../../primitives/hex.ts'
import type { Frame } from '../frame.ts'

/** How many blocks back BLOCKHASH sees. */
const RECENT_BLOCKS = 256n

/** BLOCKHASH: of one of the 256 blocks before this one; 0 for any other. */
export function blockHash({ stack, context }: Frame): undefined {
  const number = stack.peek()
  const age = context.block.number - number
  const hash = age > 0n && age <= RECENT_BLOCKS ? context.block.blockHash(number) : undefined
  stack.setTop(hash === undefined ? 0n : hashToWord(hash))
}

/** COINBASE. */
export function coinbase({ stack, context }: Frame): undefined {
  stack.push(addressToWord(context.block.coinbase))
}

/** TIMESTAMP, in seconds. */
export function timestamp({ stack, context }: Frame): undefined {
  stack.push(context.block.timestamp)
}

/** NUMBER. */
export function number({ stack, context }: Frame): undefined {
  stack.push(context.block.number)
}

/** DIFFICULTY, before the Merge. */
export function difficulty({ stack, context }: Frame): undefined {
  stack.push(context.block.difficulty)
}

/** PREVRANDAO (EIP-4399). */
export function prevRandao({ stack, context }: Frame): undefined {
  stack.push(hashToWord(context.block.prevRandao))
}

/** GASLIMIT of the block. */
export function gasLimit({ stack, context }: Frame): undefined {
  stack.push(context.block.gasLimit)
}

/** CHAINID (EIP-1344). */
export function chainId({ stack, context }: Frame): undefined {
  stack.push(context.block.chainId)
}

/** BASEFEE (EIP-3198). */
export function baseFee({ stack, context }: Frame): undefined {
  stack.push(context.block.baseFeePerGas)
}

/** BLOBHASH: versioned hash number `index` of the transaction; 0 past the end (EIP-4844). */
export function blobHash({ stack, context }: Frame): undefined {
  const index = stack.peek()
  const hashes = context.blobVersionedHashes
  const hash = index < hashes.length ? hashes[Number(index)] : undefined
  stack.setTop(hash === undefined ? 0n : hashToWord(hash))
}

/** BLOBBASEFEE (EIP-7516). */
export function blobBaseFee({ stack, context }: Frame): undefined {
  stack.push(context.blobBaseFee)
}
