import {
  GAS_COPY_PER_WORD,
  GAS_KECCAK_PER_WORD,
  GAS_MEMORY_PER_WORD,
  MEMORY_QUADRATIC_DIVISOR,
} from '../../config/gas.ts'
import type { Rules } from '../../config/hardforks.ts'
import type { FunctionBody, Local, ModuleBuilder, ValueType } from '../../primitives/wasm/encoder.ts'
import { addKeccak } from '../../primitives/wasm/keccak-function.ts'
import { CONTROL, FRAME, MEMORY_BYTES, REGION } from '../state/linear-memory.ts'
import { defineSlotFunctions, type SlotHost } from '../state/slot-functions.ts'
import { expand, FRAME_PARAMETER, GAS_PARAMETER, MAX_FRAME_MEMORY, memoryAddress, outOfGas } from './frame-memory.ts'
import { defineLogFunctions, LOG_SIGNATURES, type LogFunctions } from './logs.ts'
import { defineStorageFunctions, STORAGE_SIGNATURES, type StorageFunctions } from './storage.ts'
import { defineWordFunctions, WORD_FUNCTIONS, type WordFunctions } from './words.ts'

/** Functions that the interpreter and compiled code call: they know the layout of memory, and no instruction. */
export interface RuntimeFunctions extends WordFunctions, StorageFunctions, LogFunctions {
  /** frame, gas, offset, length (i64, > 0) -> gas, below 0 if there was too little. The range is accessible then. */
  readonly expandMemory: number
  /** frame, offset (i64) -> address of 32 bytes of call data, padded with zeros */
  readonly callDataWord: number
  /** frame, gas, offset, source offset, length -> gas. CALLDATACOPY. */
  readonly copyCallData: number
  /** The same: MCOPY. */
  readonly copyMemory: number
  /** frame, gas, offset, length -> gas, address of the big-endian digest */
  readonly hash: number
  /** -> address of the balance of the account that the innermost frame works on */
  readonly selfBalance: number
  /** index (i64) -> address of the versioned hash of the transaction's blob, a word; 0 past the end */
  readonly blobHash: number
}

/** The host's functions. */
export interface HostFunctions extends SlotHost {
  /** Called where memory has been paid for that the machine does not have; does not return. */
  readonly memoryExhausted: number
  /** address, length, address of the digest */
  readonly notePreimage: number
  /** Writes the balance of the innermost frame's account to the scratch area. */
  readonly readSelfBalance: number
  /** Writes the versioned hash of a blob to the scratch area. */
  readonly readBlobHash: number
}

const MAX_BLOBS = 0xffff

const WORD: readonly ValueType[] = ['i64', 'i64', 'i64', 'i64']
const COPY: readonly ValueType[] = ['i32', 'i64', 'i64', 'i64', 'i64']

export function defineRuntime(module: ModuleBuilder, host: HostFunctions, rules: Rules): RuntimeFunctions {
  const words = defineWordFunctions(module)
  const slots = defineSlotFunctions(module, host)
  const { keccak256 } = addKeccak(module)
  const expandMemory = module.function(
    ['i32', 'i64', 'i64', 'i64'],
    ['i64'],
    (body) => expansion(body, host),
    'expandMemory',
  )
  return {
    ...words,
    ...defineStorageFunctions(module, slots, rules),
    ...defineLogFunctions(module, { host, slots, expandMemory }),
    expandMemory,
    callDataWord: module.function(['i32', 'i64'], ['i32'], callDataWord, 'callDataWord'),
    copyCallData: module.function(COPY, ['i64'], (body) => copyCallData(body, expandMemory), 'copyCallData'),
    copyMemory: module.function(COPY, ['i64'], (body) => copyMemory(body, expandMemory), 'copyMemory'),
    hash: module.function(
      ['i32', 'i64', 'i64', 'i64'],
      ['i64', 'i32'],
      (body) => hash(body, { expandMemory, keccak256, host }),
      'hash',
    ),
    selfBalance: module.function(
      [],
      ['i32'],
      (body) => body.call(host.readSelfBalance).i32(CONTROL.scratch),
      'selfBalance',
    ),
    blobHash: module.function(
      ['i64'],
      ['i32'],
      (body) => {
        // More than any transaction has, as it fits an i32.
        body.get(0).i64(MAX_BLOBS).get(0).i64(MAX_BLOBS).emit('i64.lt_u').emit('select').emit('i32.wrap_i64')
        body.call(host.readBlobHash).i32(CONTROL.scratch)
      },
      'blobHash',
    ),
  }
}

interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** What another module has to know of them to import them by name. */
export const RUNTIME_SIGNATURES: Readonly<Record<keyof RuntimeFunctions, Signature>> = {
  ...(Object.fromEntries(
    Object.entries(WORD_FUNCTIONS).map(([name, parameters]) => [name, { parameters, results: WORD }]),
  ) as Record<keyof WordFunctions, Signature>),
  ...STORAGE_SIGNATURES,
  ...LOG_SIGNATURES,
  expandMemory: { parameters: ['i32', 'i64', 'i64', 'i64'], results: ['i64'] },
  callDataWord: { parameters: ['i32', 'i64'], results: ['i32'] },
  copyCallData: { parameters: COPY, results: ['i64'] },
  copyMemory: { parameters: COPY, results: ['i64'] },
  hash: { parameters: ['i32', 'i64', 'i64', 'i64'], results: ['i64', 'i32'] },
  selfBalance: { parameters: [], results: ['i32'] },
  blobHash: { parameters: ['i64'], results: ['i32'] },
}

/** Yellow Paper, appendix H, C_mem: of the whole memory, less what has been paid. */
function expansion(body: FunctionBody, host: HostFunctions): void {
  const [offset, length] = [2, 3]
  const [end, words, cost] = [body.local('i64'), body.local('i64'), body.local('i64')]
  for (const part of [offset, length]) {
    body.get(part).i64(MAX_FRAME_MEMORY).emit('i64.gt_u')
    body.if(() => outOfGas(body))
  }
  body.get(offset).get(length).emit('i64.add').tee(end)
  body.get(FRAME_PARAMETER).memory('i64.load32_u', FRAME.memorySize).emit('i64.le_u')
  body.if(() => body.get(GAS_PARAMETER).emit('return'))
  body.get(end).i64(MAX_FRAME_MEMORY).emit('i64.gt_u')
  body.if(() => outOfGas(body))
  body.get(end).i64(31).emit('i64.add').i64(5).emit('i64.shr_u').tee(words)
  body.i64(GAS_MEMORY_PER_WORD).emit('i64.mul')
  body.get(words).get(words).emit('i64.mul').i64(MEMORY_QUADRATIC_DIVISOR).emit('i64.div_u').emit('i64.add').set(cost)
  body.get(GAS_PARAMETER).get(cost).emit('i64.sub')
  body.get(FRAME_PARAMETER).memory('i64.load', FRAME.memoryGas).emit('i64.add').tee(GAS_PARAMETER)
  body.i64(0).emit('i64.lt_s')
  body.if(() => outOfGas(body))
  body.get(words).i64(5).emit('i64.shl').tee(end)
  body.get(FRAME_PARAMETER).memory('i64.load32_u', FRAME.memoryBase).emit('i64.add')
  body.i64(MEMORY_BYTES).emit('i64.gt_u')
  body.if(() => body.call(host.memoryExhausted))
  body.get(FRAME_PARAMETER).get(cost).memory('i64.store', FRAME.memoryGas)
  body.get(FRAME_PARAMETER).get(end).memory('i64.store32', FRAME.memorySize)
  body.get(GAS_PARAMETER)
}

function callDataWord(body: FunctionBody): void {
  const offset = 1
  const available = body.local('i32')
  body.get(offset).i64(32).emit('i64.add').get(FRAME_PARAMETER).memory('i64.load32_u', FRAME.inputLength)
  body.emit('i64.le_u').get(offset).i64(0).emit('i64.ge_s').emit('i32.and')
  body.if(() => {
    body.get(FRAME_PARAMETER).memory('i32.load', FRAME.input).get(offset).emit('i32.wrap_i64').emit('i32.add')
    body.emit('return')
  })
  for (const at of [0, 8, 16, 24]) body.i32(CONTROL.inputWord).i64(0).memory('i64.store', at)
  body.get(offset).get(FRAME_PARAMETER).memory('i64.load32_u', FRAME.inputLength).emit('i64.lt_u')
  body.if(() => {
    body.get(FRAME_PARAMETER).memory('i32.load', FRAME.inputLength)
    body.get(offset).emit('i32.wrap_i64').emit('i32.sub').set(available)
    body.i32(CONTROL.inputWord)
    body.get(FRAME_PARAMETER).memory('i32.load', FRAME.input).get(offset).emit('i32.wrap_i64').emit('i32.add')
    body.get(available).memoryCopy()
  })
  body.i32(CONTROL.inputWord)
}

const [TO, FROM, LENGTH] = [2, 3, 4]

/** Charges for the words of a length; leaves with too little gas. */
function chargeWords(body: FunctionBody, length: Local, perWord: bigint): void {
  body.get(length).i64(MAX_FRAME_MEMORY).emit('i64.gt_u')
  body.if(() => outOfGas(body))
  body.get(GAS_PARAMETER).get(length).i64(31).emit('i64.add').i64(5).emit('i64.shr_u').i64(perWord).emit('i64.mul')
  body.emit('i64.sub').tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
  body.if(() => outOfGas(body))
}

function copyCallData(body: FunctionBody, expandMemory: number): void {
  const available = body.local('i32')
  chargeWords(body, LENGTH, GAS_COPY_PER_WORD)
  body.get(LENGTH).emit('i64.eqz')
  body.if(() => body.get(GAS_PARAMETER).emit('return'))
  expand(body, TO, LENGTH, expandMemory)
  memoryAddress(body, TO).i32(0).get(LENGTH).emit('i32.wrap_i64').memoryFill()
  body.get(FROM).get(FRAME_PARAMETER).memory('i64.load32_u', FRAME.inputLength).emit('i64.lt_u')
  body.if(() => {
    body.get(FRAME_PARAMETER).memory('i32.load', FRAME.inputLength).get(FROM).emit('i32.wrap_i64').emit('i32.sub')
    body.tee(available).get(LENGTH).emit('i32.wrap_i64').get(available).get(LENGTH).emit('i32.wrap_i64')
    body.emit('i32.lt_u').emit('select').set(available)
    memoryAddress(body, TO)
    body.get(FRAME_PARAMETER).memory('i32.load', FRAME.input).get(FROM).emit('i32.wrap_i64').emit('i32.add')
    body.get(available).memoryCopy()
  })
  body.get(GAS_PARAMETER)
}

function copyMemory(body: FunctionBody, expandMemory: number): void {
  chargeWords(body, LENGTH, GAS_COPY_PER_WORD)
  body.get(LENGTH).emit('i64.eqz')
  body.if(() => body.get(GAS_PARAMETER).emit('return'))
  expand(body, TO, LENGTH, expandMemory)
  expand(body, FROM, LENGTH, expandMemory)
  memoryAddress(body, TO)
  memoryAddress(body, FROM).get(LENGTH).emit('i32.wrap_i64').memoryCopy()
  body.get(GAS_PARAMETER)
}

/** Entries of the memo: input of up to 64 bytes, digest, whether there is one. */
const MEMO_ENTRY_BYTES = 128
const MEMO = { input: 0, digest: 64, isKnown: 96 } as const
/** Lengths that are remembered, and how many inputs of each: slots of mappings are keccak of 64 bytes, of arrays of 32. */
const MEMOS = [
  { length: 64, bits: 15, address: REGION.hashMemo },
  { length: 32, bits: 10, address: REGION.hashMemo + MEMO_ENTRY_BYTES * 32_768 },
] as const
/** Odd numbers without a pattern (the fraction of the golden ratio, and one of its multiples). */
const MIX = 0x9e37_79b9_7f4a_7c15n

/**
 * KECCAK256 with a memo of short inputs. The whole input is compared, so a digest from it is right; keccak is a function, so it
 * is never out of date; and who fills it with inputs of his own only causes misses.
 */
function hash(
  body: FunctionBody,
  {
    expandMemory,
    keccak256,
    host,
  }: { readonly expandMemory: number; readonly keccak256: number; readonly host: HostFunctions },
): void {
  const [offset, length] = [2, 3]
  const [address, digest, entry] = [body.local('i32'), body.local('i32'), body.local('i32')]
  const mixed = body.local('i64')
  const fail = (): void => {
    body.i64(-1).i32(0).emit('return')
  }
  body.get(length).i64(MAX_FRAME_MEMORY).emit('i64.gt_u')
  body.if(fail)
  body.get(GAS_PARAMETER).get(length).i64(31).emit('i64.add').i64(5).emit('i64.shr_u')
  body.i64(GAS_KECCAK_PER_WORD).emit('i64.mul').emit('i64.sub').tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
  body.if(fail)
  body.get(length).emit('i64.eqz').emit('i32.eqz')
  body.if(() => {
    body.get(FRAME_PARAMETER).get(GAS_PARAMETER).get(offset).get(length).call(expandMemory)
    body.tee(GAS_PARAMETER).i64(0).emit('i64.lt_s')
    body.if(fail)
  })
  // The offset of nothing is anywhere, and its address may be outside of linear memory.
  memoryAddress(body, offset).i32(0).get(length).emit('i64.eqz').emit('i32.eqz').emit('select').set(address)
  body.block((hashed) => {
    for (const memo of MEMOS) {
      body.get(length).i64(memo.length).emit('i64.eq')
      body.if(() => {
        const limbs = Array.from({ length: memo.length / 8 }, (_, limb) => 8 * limb)
        body.i64(0)
        for (const limb of limbs) {
          body.get(address).memory('i64.load', limb).emit('i64.xor').i64(MIX).emit('i64.mul').i64(23).emit('i64.rotl')
        }
        body.set(mixed)
        body
          .get(mixed)
          .i64(MIX)
          .emit('i64.mul')
          .i64(64 - memo.bits)
          .emit('i64.shr_u')
          .emit('i32.wrap_i64')
        body.i32(MEMO_ENTRY_BYTES).emit('i32.mul').i32(memo.address).emit('i32.add').tee(entry)
        body.i32(MEMO.digest).emit('i32.add').set(digest)
        body.i64(0)
        for (const limb of limbs) {
          body
            .get(entry)
            .memory('i64.load', MEMO.input + limb)
            .get(address)
            .memory('i64.load', limb)
          body.emit('i64.xor').emit('i64.or')
        }
        body.get(entry).memory('i64.load', MEMO.isKnown).i64(1).emit('i64.xor').emit('i64.or').emit('i64.eqz')
        body.brIf(hashed)
        for (const limb of limbs) {
          body
            .get(entry)
            .get(address)
            .memory('i64.load', limb)
            .memory('i64.store', MEMO.input + limb)
        }
        body.get(entry).i64(1).memory('i64.store', MEMO.isKnown)
        body.get(entry).i32(memo.length).get(digest).call(keccak256)
        body.br(hashed)
      })
    }
    body.i32(CONTROL.keccakOutput).set(digest)
    body.get(address).get(length).emit('i32.wrap_i64').get(digest).call(keccak256)
  })
  body.i32(0).memory('i32.load', CONTROL.keepsPreimages)
  body.if(() => body.get(address).get(length).emit('i32.wrap_i64').get(digest).call(host.notePreimage))
  body.get(GAS_PARAMETER).get(digest)
}
