import type { HeadChange } from '../consensus/head-change.ts'
import { bytesToBigint } from '../primitives/bytes.ts'
import { type Address, bytesToHex, type Hash, hexToBytes, toChecksumAddress } from '../primitives/hex.ts'
import { keccak256 } from '../primitives/keccak.ts'
import { follow } from './follow.ts'
import type { RpcModules } from './modules.ts'
import type { RpcOptions } from './options.ts'

/** "console.log" as text: where `console.sol` of Hardhat and of Forge sends what it is to write. There is no code. */
export const CONSOLE: Address = '0x000000000000000000636f6e736f6c652e6c6f67'

const WORD = 32
/** Of a trace that is read for it. */
const MAX_TRACE_BYTES = 16 * 1024 * 1024
/** Of one line, and lines of one block. */
const MAX_CHARACTERS = 10_000
const MAX_LINES = 10_000

/** All frames of each transaction. */
const REPORT = { kind: 'tracer', tracer: { name: 'callTracer', onlyTopCall: false, withLog: false } } as const

interface Frame {
  readonly to?: string
  readonly input: string
  readonly calls?: readonly Frame[]
}

/** Writes what contracts say by `console.log` in transactions that are mined, those that fail included. */
export class ConsoleLog {
  readonly #options: Pick<RpcOptions, 'traceTimeoutMs'>
  readonly #modules: Pick<RpcModules, 'calls' | 'log'> & { readonly write: (line: string) => void }
  readonly #unfollow: () => void
  /** Blocks are written in their order. */
  #turn: Promise<void> = Promise.resolve()

  constructor(
    options: Pick<RpcOptions, 'traceTimeoutMs'>,
    modules: Pick<RpcModules, 'calls' | 'chain' | 'pool' | 'log'> & { readonly write: (line: string) => void },
  ) {
    this.#options = options
    this.#modules = modules
    this.#unfollow = follow(modules, { onHead: (change) => this.#onHead(change) })
  }

  close(): void {
    this.#unfollow()
  }

  /** The list of accounts that a block touches says whether there is anything to look for: most blocks cost nothing. */
  #onHead({ added }: HeadChange): void {
    for (const { block, hash } of added) {
      if (block.accessList?.some(({ address }) => address === CONSOLE) !== true) continue
      this.#turn = this.#turn.then(() => this.#writeBlock(hash))
    }
  }

  async #writeBlock(hash: Hash): Promise<void> {
    const { log, write } = this.#modules
    try {
      let left = MAX_LINES
      for (const { result } of await this.#trace(hash)) {
        for (const input of consoleCalls(result)) {
          const line = consoleLine(hexToBytes(input))
          if (line !== undefined && left-- > 0) write(line)
        }
      }
    } catch (error) {
      log.warn({ err: error, block: hash }, 'what contracts logged in this block could not be read')
    }
  }

  async #trace(hash: Hash): Promise<readonly { readonly result: Frame }[]> {
    const work = { kind: 'mined', blocks: [hash], report: REPORT } as const
    const pieces: Uint8Array[] = []
    let length = 0
    for await (const piece of this.#modules.calls.trace({ work, timeoutMs: this.#options.traceTimeoutMs })) {
      length += piece.length
      if (length > MAX_TRACE_BYTES) throw new RangeError(`the trace is longer than ${MAX_TRACE_BYTES} bytes`)
      pieces.push(piece)
    }
    return JSON.parse(Buffer.concat(pieces).toString())
  }
}

/** Call data of the console's calls, in their order. */
function* consoleCalls({ to, input, calls = [] }: Frame): Generator<string> {
  if (to === CONSOLE) yield input
  for (const call of calls) yield* consoleCalls(call)
}

/**
 * What a call of the console is to write: a first text is a pattern, whose `%s` and the like are replaced by what follows; what is left
 * over follows with blanks. `undefined` where the call data is of no function of the console. Characters that control a terminal are
 * left out.
 */
export function consoleLine(input: Uint8Array): string | undefined {
  const types = input.length < 4 ? undefined : consoleFunctions().get(bytesToHex(input.subarray(0, 4)))
  if (types === undefined) return undefined
  const data = input.subarray(4)
  const values = types.map((type, index) => decodeValue(type, data, index * WORD))
  if (values.includes(undefined)) return undefined
  const line = types[0] === 'string' ? filledIn(values as string[]) : values.join(' ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  return line.slice(0, MAX_CHARACTERS).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}

function filledIn([pattern = '', ...values]: readonly string[]): string {
  const filled = pattern.replaceAll(/%([sdiofj%])/g, (placeholder, kind) =>
    kind === '%' ? '%' : (values.shift() ?? placeholder),
  )
  return [filled, ...values].join(' ')
}

/** At that place of the arguments. `undefined` where they are cut. */
function decodeValue(type: string, data: Uint8Array, at: number): string | undefined {
  const word = data.subarray(at, at + WORD)
  if (word.length < WORD) return undefined
  if (type === 'string' || type === 'bytes') {
    const bytes = decodeBytes(data, bytesToBigint(word))
    return bytes && (type === 'bytes' ? bytesToHex(bytes) : Buffer.from(bytes).toString())
  }
  const value = bytesToBigint(word)
  if (type === 'uint256') return value.toString()
  if (type === 'int256') return BigInt.asIntN(256, value).toString()
  if (type === 'bool') return String(value !== 0n)
  if (type === 'address') return toChecksumAddress(bytesToHex(word.subarray(WORD - 20)))
  return bytesToHex(word.subarray(0, Number(type.slice('bytes'.length))))
}

function decodeBytes(data: Uint8Array, offset: bigint): Uint8Array | undefined {
  if (offset > BigInt(data.length - WORD)) return undefined
  const start = Number(offset) + WORD
  const length = bytesToBigint(data.subarray(start - WORD, start))
  return length > BigInt(data.length - start) ? undefined : data.subarray(start, start + Number(length))
}

let functions: ReadonlyMap<string, readonly string[]> | undefined

/** The types of what each function takes, by its selector: made when the first line is written. */
function consoleFunctions(): ReadonlyMap<string, readonly string[]> {
  functions ??= new Map(
    signatures().map((types) => [bytesToHex(keccak256(Buffer.from(`log(${types.join(',')})`)).subarray(0, 4)), types]),
  )
  return functions
}

/** Up to four of the usual types in every order, and some that take one. */
function signatures(): (readonly string[])[] {
  const usual = ['uint256', 'string', 'bool', 'address']
  const all: (readonly string[])[] = [[]]
  let ofLength: (readonly string[])[] = [[]]
  for (let length = 1; length <= 4; length++) {
    ofLength = ofLength.flatMap((types) => usual.map((type) => [...types, type]))
    all.push(...ofLength)
  }
  const sized = Array.from({ length: WORD }, (_, index) => [`bytes${index + 1}`])
  return [...all, ['int256'], ['string', 'int256'], ['bytes'], ...sized]
}
