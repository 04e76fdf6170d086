import {
  GAS_BASE,
  GAS_BLOCK_HASH,
  GAS_CREATE,
  GAS_EXP,
  GAS_HIGH,
  GAS_JUMPDEST,
  GAS_KECCAK,
  GAS_LOG,
  GAS_LOG_PER_TOPIC,
  GAS_LOW,
  GAS_MID,
  GAS_TRANSIENT,
  GAS_VERY_LOW,
  GAS_ZERO,
  type GasSchedule,
} from '../../config/gas.ts'
import type { Hardfork, Rules } from '../../config/hardforks.ts'
import type { ThreadGas } from '../../config/thread-rules.ts'
import { JOIN_POINTS } from '../threads/join-points.ts'
import type { Exit } from './exit.ts'
import type { Frame, SubMessage } from './frame.ts'
import * as arithmetic from './instructions/arithmetic.ts'
import * as bitwise from './instructions/bitwise.ts'
import * as block from './instructions/block.ts'
import { call, callCode, delegateCall, staticCall } from './instructions/call.ts'
import * as comparison from './instructions/comparison.ts'
import * as flow from './instructions/control-flow.ts'
import { create, create2 } from './instructions/create.ts'
import * as environment from './instructions/environment.ts'
import { keccak } from './instructions/keccak.ts'
import { log } from './instructions/log.ts'
import * as memory from './instructions/memory.ts'
import { selfDestruct } from './instructions/self-destruct.ts'
import * as stack from './instructions/stack.ts'
import * as storage from './instructions/storage.ts'
import * as threads from './instructions/threads.ts'
import { STACK_LIMIT } from './stack.ts'

/**
 * What is peculiar to an instruction. The loop has checked the stack and taken the base gas. `undefined` goes on with
 * the next instruction, an exit ends the frame, and a message suspends it until the message's result is there.
 */
export type Handler = (frame: Frame) => Exit | SubMessage | undefined

type BaseGas = bigint | ((gas: GasSchedule) => bigint)

/** Opcode, name, words taken, words given, immediate bytes, base gas, first hardfork, handler. */
type Row = readonly [number, string, number, number, number, BaseGas, Hardfork, Handler]

/** Every instruction, once; where two have the same opcode the later one replaces the earlier. */
const ROWS: readonly Row[] = [
  [0x00, 'STOP', 0, 0, 0, GAS_ZERO, 'frontier', flow.stop],
  [0x01, 'ADD', 2, 1, 0, GAS_VERY_LOW, 'frontier', arithmetic.add],
  [0x02, 'MUL', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.multiply],
  [0x03, 'SUB', 2, 1, 0, GAS_VERY_LOW, 'frontier', arithmetic.subtract],
  [0x04, 'DIV', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.divide],
  [0x05, 'SDIV', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.signedDivide],
  [0x06, 'MOD', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.modulo],
  [0x07, 'SMOD', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.signedModulo],
  [0x08, 'ADDMOD', 3, 1, 0, GAS_MID, 'frontier', arithmetic.addModulo],
  [0x09, 'MULMOD', 3, 1, 0, GAS_MID, 'frontier', arithmetic.multiplyModulo],
  [0x0a, 'EXP', 2, 1, 0, GAS_EXP, 'frontier', arithmetic.exponentiate],
  [0x0b, 'SIGNEXTEND', 2, 1, 0, GAS_LOW, 'frontier', arithmetic.signExtend],

  [0x10, 'LT', 2, 1, 0, GAS_VERY_LOW, 'frontier', comparison.lessThan],
  [0x11, 'GT', 2, 1, 0, GAS_VERY_LOW, 'frontier', comparison.greaterThan],
  [0x12, 'SLT', 2, 1, 0, GAS_VERY_LOW, 'frontier', comparison.signedLessThan],
  [0x13, 'SGT', 2, 1, 0, GAS_VERY_LOW, 'frontier', comparison.signedGreaterThan],
  [0x14, 'EQ', 2, 1, 0, GAS_VERY_LOW, 'frontier', comparison.equal],
  [0x15, 'ISZERO', 1, 1, 0, GAS_VERY_LOW, 'frontier', comparison.isZero],
  [0x16, 'AND', 2, 1, 0, GAS_VERY_LOW, 'frontier', bitwise.and],
  [0x17, 'OR', 2, 1, 0, GAS_VERY_LOW, 'frontier', bitwise.or],
  [0x18, 'XOR', 2, 1, 0, GAS_VERY_LOW, 'frontier', bitwise.xor],
  [0x19, 'NOT', 1, 1, 0, GAS_VERY_LOW, 'frontier', bitwise.not],
  [0x1a, 'BYTE', 2, 1, 0, GAS_VERY_LOW, 'frontier', bitwise.byte],
  [0x1b, 'SHL', 2, 1, 0, GAS_VERY_LOW, 'constantinople', bitwise.shiftLeft],
  [0x1c, 'SHR', 2, 1, 0, GAS_VERY_LOW, 'constantinople', bitwise.shiftRight],
  [0x1d, 'SAR', 2, 1, 0, GAS_VERY_LOW, 'constantinople', bitwise.shiftRightSigned],
  [0x1e, 'CLZ', 1, 1, 0, GAS_LOW, 'osaka', bitwise.countLeadingZeros],

  [0x20, 'KECCAK256', 2, 1, 0, GAS_KECCAK, 'frontier', keccak],

  [0x30, 'ADDRESS', 0, 1, 0, GAS_BASE, 'frontier', environment.address],
  [0x31, 'BALANCE', 1, 1, 0, (gas) => gas.balance, 'frontier', environment.balance],
  [0x32, 'ORIGIN', 0, 1, 0, GAS_BASE, 'frontier', environment.origin],
  [0x33, 'CALLER', 0, 1, 0, GAS_BASE, 'frontier', environment.caller],
  [0x34, 'CALLVALUE', 0, 1, 0, GAS_BASE, 'frontier', environment.callValue],
  [0x35, 'CALLDATALOAD', 1, 1, 0, GAS_VERY_LOW, 'frontier', environment.callDataLoad],
  [0x36, 'CALLDATASIZE', 0, 1, 0, GAS_BASE, 'frontier', environment.callDataSize],
  [0x37, 'CALLDATACOPY', 3, 0, 0, GAS_VERY_LOW, 'frontier', environment.callDataCopy],
  [0x38, 'CODESIZE', 0, 1, 0, GAS_BASE, 'frontier', environment.codeSize],
  [0x39, 'CODECOPY', 3, 0, 0, GAS_VERY_LOW, 'frontier', environment.codeCopy],
  [0x3a, 'GASPRICE', 0, 1, 0, GAS_BASE, 'frontier', environment.gasPrice],
  [0x3b, 'EXTCODESIZE', 1, 1, 0, (gas) => gas.externalCode, 'frontier', environment.externalCodeSize],
  [0x3c, 'EXTCODECOPY', 4, 0, 0, (gas) => gas.externalCode, 'frontier', environment.externalCodeCopy],
  [0x3d, 'RETURNDATASIZE', 0, 1, 0, GAS_BASE, 'byzantium', environment.returnDataSize],
  [0x3e, 'RETURNDATACOPY', 3, 0, 0, GAS_VERY_LOW, 'byzantium', environment.returnDataCopy],
  [0x3f, 'EXTCODEHASH', 1, 1, 0, (gas) => gas.externalCodeHash, 'constantinople', environment.externalCodeHash],

  [0x40, 'BLOCKHASH', 1, 1, 0, GAS_BLOCK_HASH, 'frontier', block.blockHash],
  [0x41, 'COINBASE', 0, 1, 0, GAS_BASE, 'frontier', block.coinbase],
  [0x42, 'TIMESTAMP', 0, 1, 0, GAS_BASE, 'frontier', block.timestamp],
  [0x43, 'NUMBER', 0, 1, 0, GAS_BASE, 'frontier', block.number],
  [0x44, 'DIFFICULTY', 0, 1, 0, GAS_BASE, 'frontier', block.difficulty],
  [0x44, 'PREVRANDAO', 0, 1, 0, GAS_BASE, 'paris', block.prevRandao],
  [0x45, 'GASLIMIT', 0, 1, 0, GAS_BASE, 'frontier', block.gasLimit],
  [0x46, 'CHAINID', 0, 1, 0, GAS_BASE, 'istanbul', block.chainId],
  [0x47, 'SELFBALANCE', 0, 1, 0, GAS_LOW, 'istanbul', environment.selfBalance],
  [0x48, 'BASEFEE', 0, 1, 0, GAS_BASE, 'london', block.baseFee],
  [0x49, 'BLOBHASH', 1, 1, 0, GAS_VERY_LOW, 'cancun', block.blobHash],
  [0x4a, 'BLOBBASEFEE', 0, 1, 0, GAS_BASE, 'cancun', block.blobBaseFee],

  [0x50, 'POP', 1, 0, 0, GAS_BASE, 'frontier', stack.pop],
  [0x51, 'MLOAD', 1, 1, 0, GAS_VERY_LOW, 'frontier', memory.memoryLoad],
  [0x52, 'MSTORE', 2, 0, 0, GAS_VERY_LOW, 'frontier', memory.memoryStore],
  [0x53, 'MSTORE8', 2, 0, 0, GAS_VERY_LOW, 'frontier', memory.memoryStoreByte],
  [0x54, 'SLOAD', 1, 1, 0, (gas) => gas.storageLoad, 'frontier', storage.storageLoad],
  [0x55, 'SSTORE', 2, 0, 0, GAS_ZERO, 'frontier', storage.storageStore],
  [0x56, 'JUMP', 1, 0, 0, GAS_MID, 'frontier', flow.jump],
  [0x57, 'JUMPI', 2, 0, 0, GAS_HIGH, 'frontier', flow.jumpIf],
  [0x58, 'PC', 0, 1, 0, GAS_BASE, 'frontier', flow.programCounter],
  [0x59, 'MSIZE', 0, 1, 0, GAS_BASE, 'frontier', memory.memorySize],
  [0x5a, 'GAS', 0, 1, 0, GAS_BASE, 'frontier', flow.gasLeft],
  [0x5b, 'JUMPDEST', 0, 0, 0, GAS_JUMPDEST, 'frontier', flow.jumpDestination],
  [0x5c, 'TLOAD', 1, 1, 0, GAS_TRANSIENT, 'cancun', storage.transientLoad],
  [0x5d, 'TSTORE', 2, 0, 0, GAS_TRANSIENT, 'cancun', storage.transientStore],
  [0x5e, 'MCOPY', 3, 0, 0, GAS_VERY_LOW, 'cancun', memory.memoryCopy],
  [0x5f, 'PUSH0', 0, 1, 0, GAS_BASE, 'shanghai', stack.pushZero],

  ...series(32, (n): Row => [0x5f + n, `PUSH${n}`, 0, 1, n, GAS_VERY_LOW, 'frontier', stack.push(n)]),
  ...series(16, (n): Row => [0x7f + n, `DUP${n}`, n, n + 1, 0, GAS_VERY_LOW, 'frontier', stack.duplicate(n)]),
  ...series(16, (n): Row => [0x8f + n, `SWAP${n}`, n + 1, n + 1, 0, GAS_VERY_LOW, 'frontier', stack.swap(n)]),

  [0xa0, 'LOG0', 2, 0, 0, GAS_LOG, 'frontier', log(0)],
  ...series(4, (n): Row => [0xa0 + n, `LOG${n}`, 2 + n, 0, 0, logGas(n), 'frontier', log(n)]),

  [0xf0, 'CREATE', 3, 1, 0, GAS_CREATE, 'frontier', create],
  [0xf1, 'CALL', 7, 1, 0, (gas) => gas.call, 'frontier', call],
  [0xf2, 'CALLCODE', 7, 1, 0, (gas) => gas.call, 'frontier', callCode],
  [0xf3, 'RETURN', 2, 0, 0, GAS_ZERO, 'frontier', flow.returnOutput],
  [0xf4, 'DELEGATECALL', 6, 1, 0, (gas) => gas.call, 'homestead', delegateCall],
  [0xf5, 'CREATE2', 4, 1, 0, GAS_CREATE, 'constantinople', create2],
  [0xfa, 'STATICCALL', 6, 1, 0, (gas) => gas.call, 'byzantium', staticCall],
  [0xfd, 'REVERT', 2, 0, 0, GAS_ZERO, 'byzantium', flow.revert],
  [0xfe, 'INVALID', 0, 0, 0, GAS_ZERO, 'frontier', flow.invalid],
  [0xff, 'SELFDESTRUCT', 1, 0, 0, (gas) => gas.selfDestruct, 'frontier', selfDestruct],
]

function series(count: number, row: (n: number) => Row): Row[] {
  return Array.from({ length: count }, (_, index) => row(index + 1))
}

function logGas(topicCount: number): bigint {
  return GAS_LOG + GAS_LOG_PER_TOPIC * BigInt(topicCount)
}

/** Opcode, name, words taken, words given, base gas, handler. */
type ThreadRow = readonly [number, string, number, number, keyof ThreadGas, Handler]

/** pavm's own, on chains whose genesis has them (`docs/threads.md`). */
const THREAD_ROWS: readonly ThreadRow[] = [
  [0xb1, 'SUBSOL', 3, 0, 'subsol', threads.subsol],
  [0xb2, 'SLEEP', 2, 0, 'sleep', threads.sleep],
  [0xb3, 'REVERTT', 1, 0, 'revertt', threads.revertThread],
  [0xb4, 'AFTERW', 5, 0, 'afterw', threads.afterSlot('afterw')],
  [0xb5, 'AFTERR', 5, 0, 'afterr', threads.afterSlot('afterr')],
  [0xb6, 'AFTERA', 4, 0, 'aftera', threads.afterAll],
  [0xb7, 'RR', 0, 0, 'rr', threads.recordSets],
  [0xb8, 'RPHASH', 0, 1, 'rphash', threads.recordHash],
  [0xb9, 'RDR', 1, 1, 'rdr', threads.readData],
  [0xba, 'WTR', 2, 0, 'wtr', threads.writeData],
  [0xbb, 'JOIN', 3, 1, 'join', threads.join],
  [0xbc, 'TID', 0, 1, 'tid', threads.threadId],
  [0xbd, 'RWS', 0, 1, 'rws', threads.countLocations],
]

/** A row under one hardfork's rules, in the form that the loop reads. */
export interface Instruction {
  readonly opcode: number
  readonly name: string
  /** Words that must be on the stack. */
  readonly pops: number
  /** Words there afterwards in place of those. */
  readonly pushes: number
  /** More words than this on the stack and the results would not fit. */
  readonly maxStackSize: number
  readonly immediateBytes: number
  readonly gas: bigint
  readonly execute: Handler
  /** Sub-threads of the frame are joined before it. */
  readonly joins: boolean
}

function instruction(row: Row, rules: Rules): Instruction {
  const [opcode, name, pops, pushes, immediateBytes, baseGas, , execute] = row
  return {
    opcode,
    name,
    pops,
    pushes,
    maxStackSize: STACK_LIMIT - Math.max(0, pushes - pops),
    immediateBytes,
    gas: typeof baseGas === 'bigint' ? baseGas : baseGas(rules.gas),
    execute,
    joins: JOIN_POINTS.has(name),
  }
}

/** What a byte that is no instruction does: nothing but halt. */
function unassigned(opcode: number, rules: Rules): Instruction {
  return instruction([opcode, 'INVALID', 0, 0, 0, GAS_ZERO, 'frontier', flow.invalid], rules)
}

const tables = new WeakMap<Rules, readonly Instruction[]>()

/** The 256 instructions under these rules, by opcode. Computed once for each rules object. */
export function instructionsFor(rules: Rules): readonly Instruction[] {
  const known = tables.get(rules)
  if (known !== undefined) return known
  const table = Array.from({ length: 256 }, (_, opcode) => unassigned(opcode, rules))
  for (const row of ROWS) {
    if (rules.atLeast(row[6])) table[row[0]] = instruction(row, rules)
  }
  if (rules.threads !== undefined) {
    const { gas } = rules.threads
    for (const [opcode, name, pops, pushes, price, execute] of THREAD_ROWS) {
      table[opcode] = instruction([opcode, name, pops, pushes, 0, gas[price], 'frontier', execute], rules)
    }
  }
  tables.set(rules, table)
  return table
}
