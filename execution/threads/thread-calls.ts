import type { ThreadGas } from '../../config/thread-rules.ts'
import { bigintToBytes, bytesToBigint, concatBytes, EMPTY_BYTES } from '../../primitives/bytes.ts'
import { type Address, bytesToHex } from '../../primitives/hex.ts'
import { keccak256 } from '../../primitives/keccak.ts'
import type { Frame } from '../evm/frame.ts'
import { JOIN_POINTS } from './join-points.ts'
import {
  currentThread,
  dropThread,
  joinedThread,
  OUT_OF_GAS,
  type RequestOutcome,
  readThreadData,
  recordedHash,
  recordedLocations,
  sleepThread,
  startThread,
  writeThreadData,
} from './requests.ts'
import type { ThreadEdge, ThreadFault, ThreadOrigin } from './thread-group.ts'

/**
 * A CALL of this address ("PaVM" in ASCII) from a contract is a request of the calling frame itself: what the instructions do, for code that
 * solc alone has compiled (`contracts/PaVM.sol`).
 */
export const THREADS_ADDRESS: Address = '0x000000000000000000000000000000005061564d'

const WORD_BYTES = 32
const SELECTOR_BYTES = 4
/** What a request without a result answers, so that a chain without threads, which answers nothing, shows. */
const DONE = bigintToBytes(1n, WORD_BYTES)

/** The output of a request that was granted, or why not. */
export type Answer = { readonly output: Uint8Array } | Exclude<RequestOutcome, undefined>

interface Request {
  /** As the instruction that does the same. */
  readonly name: string
  readonly gas: keyof ThreadGas
  readonly words: number
  /** `bytes` come after the words. */
  readonly hasData: boolean
  answer(frame: Frame, words: readonly bigint[], data: Uint8Array): Answer
}

const done = (outcome: RequestOutcome): Answer => outcome ?? { output: DONE }
const word = (value: bigint): Answer => ({ output: bigintToBytes(value, WORD_BYTES) })

function start(frame: Frame, id: bigint, origin: ThreadOrigin, data: Uint8Array, edge?: ThreadEdge): Answer {
  return done(startThread(frame, { id, origin, edge, length: BigInt(data.length), data: () => data }))
}

/** Signature, instruction and price, and what it does. */
const ROWS: readonly (readonly [string, string, keyof ThreadGas, Request['answer']])[] = [
  ['subsol(uint256,bytes)', 'SUBSOL', 'subsol', (frame, [id], data) => start(frame, id!, 'subsol', data)],
  ['sleep(uint256,uint256)', 'SLEEP', 'sleep', (frame, [id, turns]) => done(sleepThread(frame, id!, turns!))],
  ['revertt(uint256)', 'REVERTT', 'revertt', (frame, [id]) => done(dropThread(frame, id!))],
  [
    'afterw(uint256,uint256,uint256,bytes)',
    'AFTERW',
    'afterw',
    (frame, [id, after, slot], data) => start(frame, id!, 'afterw', data, { after: after!, slot }),
  ],
  [
    'afterr(uint256,uint256,uint256,bytes)',
    'AFTERR',
    'afterr',
    (frame, [id, after, slot], data) => start(frame, id!, 'afterr', data, { after: after!, slot }),
  ],
  [
    'aftera(uint256,uint256,bytes)',
    'AFTERA',
    'aftera',
    (frame, [id, after], data) => start(frame, id!, 'aftera', data, { after: after! }),
  ],
  ['rr()', 'RR', 'rr', () => done(undefined)],
  ['rphash()', 'RPHASH', 'rphash', (frame) => word(recordedHash(frame))],
  ['rdr(uint256)', 'RDR', 'rdr', (frame, [key]) => word(readThreadData(frame, key!))],
  [
    'wtr(uint256,uint256)',
    'WTR',
    'wtr',
    (frame, [key, value]) => {
      writeThreadData(frame, key!, value!)
      return done(undefined)
    },
  ],
  ['join(uint256)', 'JOIN', 'join', (frame, [id]) => joined(frame, id!)],
  ['tid()', 'TID', 'tid', (frame) => word(currentThread(frame))],
  ['rws()', 'RWS', 'rws', (frame) => word(recordedLocations(frame))],
]

const REQUESTS: ReadonlyMap<string, Request> = new Map(
  ROWS.map(([signature, name, gas, answer]) => {
    const types = signature
      .slice(signature.indexOf('(') + 1, -1)
      .split(',')
      .filter(Boolean)
    const hasData = types.at(-1) === 'bytes'
    const selector = keccak256(Buffer.from(signature, 'ascii')).subarray(0, SELECTOR_BYTES)
    return [bytesToHex(selector), { name, gas, words: types.length - (hasData ? 1 : 0), hasData, answer }]
  }),
)

/** `(bool, bytes)`. */
function joined(frame: Frame, id: bigint): Answer {
  const thread = joinedThread(frame, id)
  if ('message' in thread) return thread
  const { output, state } = thread
  const padding = new Uint8Array((WORD_BYTES - (output.length % WORD_BYTES)) % WORD_BYTES)
  const head = [state === 'return' ? 1n : 0n, BigInt(2 * WORD_BYTES), BigInt(output.length)]
  return { output: concatBytes(...head.map((each) => bigintToBytes(each, WORD_BYTES)), output, padding) }
}

/** Whether a request with this input has to be made after all threads have been joined. */
export function joinsFirst(selector: Uint8Array): boolean {
  const request = REQUESTS.get(bytesToHex(selector))
  return request !== undefined && JOIN_POINTS.has(request.name)
}

const MALFORMED: ThreadFault = { message: 'PaVM: a request that is none' }

/** Does what the input asks for, and takes its gas. */
export function answerRequest(frame: Frame, input: Uint8Array): Answer {
  const request = REQUESTS.get(bytesToHex(input.subarray(0, SELECTOR_BYTES)))
  if (request === undefined) return MALFORMED
  if (!frame.charge(frame.context.rules.threads!.gas[request.gas])) return OUT_OF_GAS
  const parameters = input.subarray(SELECTOR_BYTES)
  const count = request.words + (request.hasData ? 1 : 0)
  if (parameters.length < count * WORD_BYTES) return MALFORMED
  const words = Array.from({ length: count }, (_, index) => {
    return bytesToBigint(parameters.subarray(index * WORD_BYTES, (index + 1) * WORD_BYTES))
  })
  const data = request.hasData ? bytesAt(parameters, words.pop()!) : EMPTY_BYTES
  return data === undefined ? MALFORMED : request.answer(frame, words, data)
}

/** ABI: a length and so many bytes. `undefined` where they are not all there. */
function bytesAt(parameters: Uint8Array, offset: bigint): Uint8Array | undefined {
  const size = BigInt(parameters.length)
  if (offset + BigInt(WORD_BYTES) > size) return undefined
  const start = Number(offset) + WORD_BYTES
  const length = bytesToBigint(parameters.subarray(start - WORD_BYTES, start))
  return length > size - BigInt(start) ? undefined : parameters.slice(start, start + Number(length))
}
