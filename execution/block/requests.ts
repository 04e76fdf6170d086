import { hash } from 'node:crypto'
import { bytesToBigint, concatBytes } from '../../primitives/bytes.ts'
import { EMPTY_REQUESTS_HASH } from '../../primitives/header.ts'
import { type Address, bytesToHash, type Hash } from '../../primitives/hex.ts'
import type { Log } from '../../primitives/receipt.ts'
import { BlockError } from './block-error.ts'

const DEPOSIT_REQUEST_TYPE = 0
/** keccak256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
const DEPOSIT_EVENT: Hash = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5'
const DEPOSIT_LOG_BYTES = 576
const WORD_BYTES = 32

/** Where the deposit contract's ABI encoding has each field: key, credentials, amount, signature, index. */
const DEPOSIT_FIELDS = [
  { offset: 160, length: 48 },
  { offset: 256, length: 32 },
  { offset: 320, length: 8 },
  { offset: 384, length: 96 },
  { offset: 512, length: 8 },
] as const

/**
 * A block's requests (EIP-7685): each its type byte and its data, ascending by type, those without data left out.
 * `systemRequests` are what the system calls returned; deposits (EIP-6110) come from the logs of `depositContract`. Throws
 * BlockError `system-call-failed` when one of these is malformed.
 */
export function blockRequests(
  systemRequests: readonly Uint8Array[],
  logs: Iterable<Log>,
  depositContract: Address | undefined,
): Uint8Array[] {
  return [depositRequest(logs, depositContract), ...systemRequests].filter(({ length }) => length > 1)
}

/** EIP-7685: sha256 of the sha256 of every request. */
export function hashRequests(requests: readonly Uint8Array[]): Hash {
  // Of most blocks: to hash takes 20 to 40 us.
  if (requests.length === 0) return EMPTY_REQUESTS_HASH
  return bytesToHash(sha256(concatBytes(...requests.map(sha256))))
}

function depositRequest(logs: Iterable<Log>, depositContract: Address | undefined): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(DEPOSIT_REQUEST_TYPE)]
  for (const { address, topics, data } of logs) {
    if (address === depositContract && topics[0] === DEPOSIT_EVENT) parts.push(...depositFields(data))
  }
  return concatBytes(...parts)
}

function depositFields(data: Uint8Array): Uint8Array[] {
  if (data.length !== DEPOSIT_LOG_BYTES)
    throw malformedDeposit(`expected ${DEPOSIT_LOG_BYTES} bytes, not ${data.length}`)
  return DEPOSIT_FIELDS.map(({ offset, length }, field) => {
    if (word(data, field * WORD_BYTES) !== BigInt(offset)) throw malformedDeposit(`field ${field} is out of place`)
    if (word(data, offset) !== BigInt(length))
      throw malformedDeposit(`field ${field} has another length than ${length}`)
    return data.subarray(offset + WORD_BYTES, offset + WORD_BYTES + length)
  })
}

function word(data: Uint8Array, offset: number): bigint {
  return bytesToBigint(data.subarray(offset, offset + WORD_BYTES))
}

function malformedDeposit(problem: string): BlockError {
  return new BlockError('system-call-failed', `deposit log: ${problem}`, { problem })
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}
